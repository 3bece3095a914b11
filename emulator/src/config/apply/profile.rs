//! Commands of the call-home profile mode.

use jiff::civil::Weekday;

use super::{Position, Refusal, Values, checked};
use crate::{
    alert_group::{AlertGroup, AlertGroupSet},
    config::{
        CallHomeSettings, LIST_ENTRIES_MAX, MessageFormat, Pattern, Profile, ProfileKind, Schedule,
        Subscriptions, SyslogSubscription,
        grammar::{Token, Verb, severity},
        names,
        profile::MESSAGE_SIZE_LIMIT_MAX,
    },
    severity::Severity,
};

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar gives this mode its own commands only"
)]
pub(super) fn carry_out(
    settings: &mut CallHomeSettings,
    position: &Position,
    verb: Verb,
    values: &Values<'_, '_>,
) -> Result<(), Refusal> {
    let contact_known = settings.contact_email.is_some();
    let licensing_taken = settings.profiles.iter().any(|profile| {
        let this = position.profile.as_deref() == Some(&*profile.name);
        !this && profile.active && profile.reports_licensing
    });
    let name = position.profile.as_deref().unwrap_or_default();
    let Some(profile) = settings.profile_mut(name) else {
        return Err(Refusal::NoSuchProfile(name.to_owned()));
    };
    let sets = values.sets();
    match verb {
        Verb::Active => activate(profile, values, licensing_taken)?,
        Verb::Anonymous if !sets && profile.anonymous && !contact_known => {
            return Err(Refusal::ContactMissing);
        }
        Verb::Anonymous => profile.anonymous = sets,
        Verb::DestinationEmail => destination_email(profile, values)?,
        Verb::DestinationUrl => destination_url(profile, values)?,
        Verb::SizeLimit => {
            profile.size_limit_bytes = values
                .integer(0)
                .filter(|_| sets)
                .and_then(|bytes| u32::try_from(bytes).ok())
                .unwrap_or(MESSAGE_SIZE_LIMIT_MAX);
        }
        Verb::Format => set_format(profile, values)?,
        Verb::Transport => set_transport(profile, values),
        Verb::Reporting => set_reporting(profile, values, licensing_taken)?,
        _ if profile.kind == ProfileKind::Tac => return Err(Refusal::TacIsFixed),
        _ => subscribe(&mut profile.subscriptions, verb, values)?,
    }
    Ok(())
}

fn activate(
    profile: &mut Profile,
    values: &Values<'_, '_>,
    licensing_taken: bool,
) -> Result<(), Refusal> {
    let by_default = profile.kind == ProfileKind::User && !values.negates();
    let active = values.sets() || by_default;
    if active && profile.kind == ProfileKind::User && profile.reports_licensing && licensing_taken {
        return Err(Refusal::TwoLicensingProfiles);
    }
    profile.active = active;
    Ok(())
}

fn destination_email(profile: &mut Profile, values: &Values<'_, '_>) -> Result<(), Refusal> {
    let Some(address) = values.text(0) else {
        if !values.sets() {
            profile.email_addresses.clear();
        }
        return Ok(());
    };
    let address = checked(address, names::is_email, Refusal::Email)?;
    let same = |known: &str| known.eq_ignore_ascii_case(&address.source());
    if !values.sets() {
        profile
            .email_addresses
            .retain(|known| !same(&known.source()));
        return Ok(());
    }
    let mut known = profile.email_addresses.iter();
    if known.any(|known| same(&known.source())) {
        return Ok(());
    }
    if profile.email_addresses.len() >= LIST_ENTRIES_MAX {
        return Err(Refusal::TooMany(LIST_ENTRIES_MAX));
    }
    profile.email_addresses.push(address);
    Ok(())
}

fn destination_url(profile: &mut Profile, values: &Values<'_, '_>) -> Result<(), Refusal> {
    let Some(url) = values.text(0) else {
        profile.http_url = None;
        profile.default_url |= profile.kind == ProfileKind::Tac && !values.negates();
        return Ok(());
    };
    let url = checked(url, names::is_url, Refusal::Url)?;
    let predefined = url.source() == crate::config::profile::TAC_URL;
    match (values.sets(), profile.kind) {
        // `default` brings back what the profile ships with.
        (false, ProfileKind::Tac) if predefined && !values.negates() => profile.default_url = true,
        (true, ProfileKind::Tac) if predefined => {
            profile.http_url = None;
            profile.default_url = true;
        }
        (false, ProfileKind::Tac) if predefined => profile.default_url = false,
        (true, _) => profile.http_url = Some(url),
        (false, _) => profile.http_url = profile.http_url.take().filter(|known| *known != url),
    }
    Ok(())
}

fn set_format(profile: &mut Profile, values: &Values<'_, '_>) -> Result<(), Refusal> {
    let chosen = values.keyword(0).filter(|_| values.sets());
    let format = chosen
        .and_then(MessageFormat::from_keyword)
        .unwrap_or(MessageFormat::Xml);
    if profile.kind == ProfileKind::Tac && format != MessageFormat::Xml {
        return Err(Refusal::TacIsXml);
    }
    profile.format = format;
    Ok(())
}

/// A user's profile may use both transports, the predefined one exactly one; a profile that would
/// be left without any uses mail.
fn set_transport(profile: &mut Profile, values: &Values<'_, '_>) {
    let mail = values.keyword(0) == Some("email");
    let on = values.sets() || (mail && !values.negates());
    if mail {
        profile.email = on;
    } else {
        profile.http = on;
    }
    if profile.kind == ProfileKind::Tac && on {
        profile.email = mail;
        profile.http = !mail;
    }
    if !profile.email && !profile.http {
        profile.email = true;
    }
}

fn set_reporting(
    profile: &mut Profile,
    values: &Values<'_, '_>,
    licensing_taken: bool,
) -> Result<(), Refusal> {
    let what = values.keyword(0).unwrap_or("all");
    let (sets, defaults) = (values.sets(), !values.sets() && !values.negates());
    if what != "smart-call-home-data" {
        let on = sets || (defaults && profile.kind == ProfileKind::Tac);
        if on && profile.active && licensing_taken {
            return Err(Refusal::TwoLicensingProfiles);
        }
        profile.reports_licensing = on;
    }
    if what != "smart-licensing-data" {
        profile.reports_call_home = sets || defaults;
    }
    Ok(())
}

fn subscribe(
    subscriptions: &mut Subscriptions,
    verb: Verb,
    values: &Values<'_, '_>,
) -> Result<(), Refusal> {
    let group = values.keyword(0).and_then(AlertGroup::from_keyword);
    let threshold = values
        .keyword(1)
        .and_then(severity)
        .unwrap_or(Severity::Debugging);
    match (verb, group) {
        (Verb::SubscribeAll, _) => subscribe_all(subscriptions, values.sets())?,
        (Verb::SubscribeGroup, Some(group)) if values.sets() => subscriptions.normal.insert(group),
        (Verb::SubscribeGroup, Some(group)) => subscriptions.remove_group(group),
        (Verb::SubscribeSeverity, Some(group)) => {
            let threshold = values.sets().then_some(threshold);
            if group == AlertGroup::Diagnostic {
                subscriptions.diagnostic = threshold;
            } else {
                subscriptions.environment = threshold;
            }
        }
        (Verb::SubscribeSyslog, _) => subscribe_syslog(subscriptions, values)?,
        (Verb::Periodic, Some(group)) => {
            let schedule = values.sets().then(|| schedule(values)).flatten();
            subscriptions.set_schedule(group, schedule);
        }
        _ => {}
    }
    Ok(())
}

fn subscribe_all(subscriptions: &mut Subscriptions, sets: bool) -> Result<(), Refusal> {
    *subscriptions = Subscriptions::default();
    if sets {
        subscriptions.normal = AlertGroupSet::default();
        for group in [
            AlertGroup::Configuration,
            AlertGroup::Crash,
            AlertGroup::Inventory,
            AlertGroup::Snapshot,
        ] {
            subscriptions.normal.insert(group);
        }
        subscriptions.diagnostic = Some(Severity::Debugging);
        subscriptions.environment = Some(Severity::Debugging);
        subscriptions.add_pattern(pattern(".*")?, Severity::Debugging);
    }
    Ok(())
}

fn subscribe_syslog(
    subscriptions: &mut Subscriptions,
    values: &Values<'_, '_>,
) -> Result<(), Refusal> {
    let typed = (0..2).find_map(|position| values.text(position));
    if values.sets() {
        let threshold = values
            .keyword(0)
            .and_then(severity)
            .unwrap_or(Severity::Debugging);
        let pattern = pattern(typed.unwrap_or(".*"))?;
        let known = |entry: &SyslogSubscription| entry.pattern == pattern;
        let full = subscriptions.syslog.len() >= LIST_ENTRIES_MAX;
        if full && !subscriptions.syslog.iter().any(known) {
            return Err(Refusal::TooMany(LIST_ENTRIES_MAX));
        }
        subscriptions.add_pattern(pattern, threshold);
    } else {
        let removed = |source: &str| typed.is_none_or(|typed| typed == source);
        subscriptions
            .syslog
            .retain(|entry| !removed(entry.pattern.source()));
    }
    Ok(())
}

fn pattern(source: &str) -> Result<Pattern, Refusal> {
    if source.chars().count() > names::PATTERN_MAX {
        return Err(Refusal::TooLong(names::PATTERN_MAX));
    }
    if !names::is_text(source) {
        return Err(Refusal::NotPrintable);
    }
    Pattern::new(source).map_err(|error| {
        // The explanation draws the pattern over several lines; the last one says what is wrong.
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default();
        Refusal::Pattern(last.trim_start_matches("error: ").to_owned())
    })
}

/// The schedule that the values behind `periodic` spell.
fn schedule(values: &Values<'_, '_>) -> Option<Schedule> {
    let number = values
        .integer(1)
        .and_then(|number| u8::try_from(number).ok());
    let kinds = ["daily", "weekly", "monthly", "hourly", "interval"];
    let kind = kinds.into_iter().find(|kind| {
        let is_kind = |token: &Token| matches!(token, Token::Word(word) if word == kind);
        values.command.row.tokens.iter().any(is_kind)
    });
    match (kind?, values.time(), number) {
        ("daily", Some(at), _) => Some(Schedule::Daily(at)),
        ("weekly", Some(at), _) => Some(Schedule::Weekly(weekday(values.keyword(1)?)?, at)),
        ("monthly", Some(at), Some(date)) => Some(Schedule::Monthly { date, at }),
        ("hourly", _, Some(minute)) => Some(Schedule::Hourly(minute)),
        ("interval", _, Some(minutes)) => Some(Schedule::Interval(minutes)),
        _ => None,
    }
}

fn weekday(keyword: &str) -> Option<Weekday> {
    Some(match keyword {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}
