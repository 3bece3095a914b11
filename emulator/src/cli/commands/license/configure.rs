//! Licensing in the configuration: image levels and packages, features, the agreement, and where the
//! portal and the license agent are. Source: reference licensing, sections 2.2 and 2.3.

use super::{
    FEATURE, LICENSE, MEMBER, SWITCH, ask_agreement, levelled, licensed, member, modular,
    otherwise, stackable_levelled,
};
use crate::{
    cli::call::{Call, Next, Typed},
    config::{
        Mode,
        grammar::{
            Argument, Row,
            Token::{self, Argument as Value, OneOf, Word},
        },
        matching::Form,
    },
    license::{course, kind::LicenseKind, shelf::Shelf},
};

const NAME: Token = Value(Argument::Text { max: 64 });
const PATH: Token = Value(Argument::Text { max: 128 });
const HELP: &[(&str, &str)] = &[
    ("accept", "Accept end user agreement"),
    ("end", "Accept end user agreement"),
    ("user", "Accept end user agreement"),
    ("agreement", "Accept end user agreement"),
    ("agent", "License agent"),
    ("default", "Defaults of the license agent"),
    ("max-sessions", "Most sessions at once"),
    ("<1-25>", "Number of sessions"),
    ("notify", "Whom to notify of license events"),
    ("smart", "Smart Licensing"),
    ("enable", "Enable Smart Licensing"),
    ("listener", "Listen for a license manager"),
    ("http", "By HTTP"),
    ("plaintext", "Without encryption"),
    ("secure", "With encryption"),
    ("authenticate", "How a license manager proves who it is"),
    ("none", "It does not"),
    ("boot", "Configure what is booted"),
    ("level", "Image level"),
    ("module", "Technology package of a module"),
    ("technology-package", "Technology package"),
    ("disable", "Do not boot the package"),
    ("call-home", "Licensing portal"),
    ("url", "Address of the licensing portal"),
    ("feature", "Enable a feature"),
    ("udi", "Device identifier, which is never configured"),
    ("pid", "Product identifier"),
    ("sn", "Serial number"),
    ("switch", "Member of the stack"),
    ("<1-9>", "Number of the member"),
    ("WORD", "Name"),
    ("LINE", "Command of another kind of licensing"),
    ("license", "Configure license features"),
];

const SESSIONS: Token = Value(Argument::Integer { min: 1, max: 25 });

const fn global(tokens: &'static [Token], run: crate::cli::Run) -> Row {
    Row::configuration(Mode::Global, tokens, run, "").with_help(HELP)
}

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    global(&[LICENSE, Word("accept"), Word("end"), Word("user"), Word("agreement")], accept).on(licensed),
    global(&[LICENSE, Word("agent"), Word("listener"), Word("http"), OneOf(&["plaintext", "secure"]), PATH, Word("authenticate"), OneOf(&["none"])], keep).on(licensed),
    global(&[LICENSE, Word("agent"), Word("default"), Word("authenticate"), OneOf(&["none"])], keep).on(licensed),
    global(&[LICENSE, Word("agent"), Word("max-sessions"), SESSIONS], keep).on(licensed),
    global(&[LICENSE, Word("agent"), Word("notify"), Value(Argument::Url)], keep).on(licensed),
    global(&[LICENSE, Word("boot"), Word("level"), NAME], level).on(levelled),
    global(&[LICENSE, Word("boot"), Word("level"), NAME, SWITCH, MEMBER], level).on(stackable_levelled),
    global(&[LICENSE, Word("boot"), Word("module"), NAME, Word("technology-package"), NAME], package).on(modular),
    global(&[LICENSE, Word("boot"), Word("module"), NAME, Word("technology-package"), NAME, Word("disable")], package).on(modular),
    global(&[LICENSE, Word("call-home"), Word("url"), Value(Argument::Url)], keep).on(licensed),
    global(&[LICENSE, Word("feature"), FEATURE], feature).on(licensed),
    global(&[LICENSE, Word("smart"), Word("enable")], no_smart_licensing).on(licensed),
    global(&[LICENSE, Word("udi"), Word("pid"), NAME, Word("sn"), NAME], udi).on(licensed),
    // Models without license lines keep what they are told of other kinds of licensing.
    Row::kept(Mode::Global, &[LICENSE, Value(Argument::Line)]).with_help(HELP).on(otherwise),
];

/// The models with license lines have no Smart Licensing. Source: reference licensing, 2.3 and 6.1.
fn no_smart_licensing(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    call.refuse("% Smart Licensing is not supported on this platform")
}

/// Keeps the command in the running configuration, or takes it out.
fn keep(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let line = typed.command.canonical();
    keep_line(call, typed.command.form, &line)
}

fn keep_line(call: &mut Call<'_>, form: Form, line: &str) -> Next {
    let kept = call.device.change_configuration(call.now, |configuration| {
        configuration.keep(None, form, line)
    });
    match kept {
        Ok(()) => Next::Prompt,
        Err(refusal) => call.refuse(&refusal.to_string()),
    }
}

fn accept(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let line = typed.command.canonical();
    if typed.command.form != Form::Set {
        // What was accepted stays accepted.
        return keep_line(call, typed.command.form, &line);
    }
    ask_agreement(call, &[], move |call, agreed| {
        if !agreed {
            return Next::Refused;
        }
        call.device
            .change_licenses(call.now, call.outputs, course::accept_all);
        keep_line(call, Form::Set, &line)
    })
}

fn level(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    if let Err(next) = member(call, typed) {
        return next;
    }
    let named = typed.text(0).unwrap_or_default();
    let image = call.device.model().platform.licensed.as_ref();
    let known = image.and_then(|image| image.feature(named));
    if known.is_none_or(|(_, feature)| feature.level.is_none()) {
        return Next::Invalid { value: 0 };
    }
    boot_line(call, typed, named)
}

fn package(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let image = call.device.model().platform.licensed.as_ref();
    let Some(image) = image else {
        return Next::Invalid { value: 0 };
    };
    if typed.text(0) != Some(&image.module) {
        return Next::Invalid { value: 0 };
    }
    let Some((_, feature)) = image.package(typed.text(1).unwrap_or_default()) else {
        return Next::Invalid { value: 1 };
    };
    let feature = feature.name.to_string();
    boot_line(call, typed, &feature)
}

/// Configures what is booted, once the agreement of `feature`'s license has been accepted where it
/// only has one that asks for it.
fn boot_line(call: &mut Call<'_>, typed: &Typed<'_>, feature: &str) -> Next {
    let line = typed.command.canonical();
    let form = typed.command.form;
    let disables = line.ends_with(" disable");
    let open = call.device.read_licenses(call.now, |shelf| {
        let lines = shelf.lines(0);
        let mut own = lines.iter().filter(|line| *line.terms.feature == *feature);
        Shelf::candidate(&lines, feature).is_none() && own.any(|line| !line.is_accepted())
    });
    if form != Form::Set || disables || open != Some(true) {
        return configure_boot(call, form, &line);
    }
    let feature = feature.to_owned();
    let names = [feature.clone()];
    ask_agreement(call, &names, move |call, agreed| {
        if !agreed {
            return call.refuse("% EULA must be accepted before the license can be used");
        }
        call.device
            .change_licenses(call.now, call.outputs, |licenses, ground, log| {
                course::accept(licenses, ground, &feature, log);
            });
        configure_boot(call, form, &line)
    })
}

fn configure_boot(call: &mut Call<'_>, form: Form, line: &str) -> Next {
    let wanted = call.device.wanted_licenses();
    let before = call
        .device
        .read_licenses(call.now, |shelf| course::next_boot(shelf, &wanted));
    let before = before.unwrap_or_default();
    // The forms with and without `disable` take each other's place.
    let other = match line.strip_suffix(" disable") {
        Some(enabled) => enabled.to_owned(),
        None => format!("{line} disable"),
    };
    if let Some(level) = line.strip_prefix("license boot level ") {
        // Every member of a stack has one level.
        let member = |level: &str| {
            level
                .split_once(" switch ")
                .map_or("1", |(_, own)| own)
                .to_owned()
        };
        let kept = call
            .device
            .configuration()
            .verbatim
            .named("license boot level ");
        for own in kept
            .filter(|own| member(own) == member(level))
            .collect::<Vec<_>>()
        {
            keep_line(call, Form::No, &format!("license boot level {own}"));
        }
    } else {
        keep_line(call, Form::No, &other);
    }
    let next = keep_line(call, form, line);
    if !matches!(next, Next::Prompt) {
        return next;
    }
    let wanted = call.device.wanted_licenses();
    call.device
        .change_licenses(call.now, call.outputs, |licenses, ground, log| {
            log.extend(course::changed_levels(licenses, ground, &wanted, &before));
        });
    call.print("% use 'write' command to make license boot config take effect on next boot");
    Next::Prompt
}

fn feature(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let named = typed.text(0).unwrap_or_default().to_owned();
    let image = call.device.model().platform.licensed.as_ref();
    let known = image.and_then(|image| image.feature(&named));
    let Some((place, known)) = known else {
        return Next::Invalid { value: 0 };
    };
    if known.is_image_level() {
        return Next::Invalid { value: 0 };
    }
    let line = typed.command.canonical();
    if typed.command.form != Form::Set {
        call.device
            .change_licenses(call.now, call.outputs, |licenses, ground, _| {
                course::release(licenses, ground, place);
            });
        return keep_line(call, typed.command.form, &line);
    }
    let open = open_line(call, &named);
    if let Some(kind) = open {
        let names = [named.clone()];
        call.print(&format!(
            "{} license of feature {named} is not accepted yet",
            kind.shown()
        ));
        return ask_agreement(call, &names, move |call, agreed| {
            if !agreed {
                return call.refuse("% EULA must be accepted before the license can be used");
            }
            call.device
                .change_licenses(call.now, call.outputs, |licenses, ground, log| {
                    course::accept(licenses, ground, &named, log);
                });
            enable_feature(call, place, &line)
        });
    }
    enable_feature(call, place, &line)
}

/// The kind of license whose agreement has to be accepted before `feature` can run on anything.
fn open_line(call: &Call<'_>, feature: &str) -> Option<LicenseKind> {
    let open = call.device.read_licenses(call.now, |shelf| {
        let lines = shelf.lines(0);
        let mut own = lines.iter().filter(|line| *line.terms.feature == *feature);
        match Shelf::candidate(&lines, feature) {
            Some(_) => None,
            None => own.find(|line| !line.is_accepted()).map(|line| line.kind),
        }
    });
    open.flatten()
}

fn enable_feature(call: &mut Call<'_>, place: usize, line: &str) -> Next {
    let granted = call
        .device
        .change_licenses(call.now, call.outputs, |licenses, ground, _| {
            course::request(licenses, ground, place)
        });
    let next = keep_line(call, Form::Set, line);
    if granted == Some(false) {
        // The line stays: the feature starts once there is a license.
        call.print("% No valid license for the feature, it is not enabled");
    }
    next
}

/// `show running-config` prints this line of every device; a configuration of another one that is
/// pasted brings its own.
fn udi(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let configured = format!(
        "{}:{}",
        typed.text(0).unwrap_or_default(),
        typed.text(1).unwrap_or_default()
    );
    if let Some(warning) = call.device.udi_warning(Some(configured)) {
        call.print(&warning);
    }
    Next::Prompt
}
