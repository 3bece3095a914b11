//! Commands of the high-availability reference that are not about Call Home.

use crate::{
    cli::call::{Call, Next, Typed},
    config::{
        Mode,
        grammar::{
            Argument, Row,
            Token::{Argument as Value, Word},
        },
        matching::{Form, Value as Typing},
    },
};

/// How long a crash dump may take unless configured otherwise, in minutes; also the least.
const CRASHDUMP_MINUTES_MIN: i64 = 5;
/// The longest that a crash dump may take, in minutes.
const CRASHDUMP_MINUTES_MAX: i64 = 1080;
const MINUTES: Argument = Argument::Integer {
    min: CRASHDUMP_MINUTES_MIN,
    max: CRASHDUMP_MINUTES_MAX,
};
const CRASHDUMP: &str = "crashdump-timeout";
const AUTO_SYNC: &str = "frame-relay redundancy auto-sync lmi-sequence-numbers";

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::configuration(Mode::Redundancy, &[Word("crashdump-timeout")], crashdump_timeout, "Longest wait for a crash dump"),
    Row::configuration(Mode::Redundancy, &[Word("crashdump-timeout"), Value(MINUTES)], crashdump_timeout, "Longest wait for a crash dump").with_help(&[("<5-1080>", "Minutes")]),
    Row::configuration(Mode::Redundancy, &[Word("crashdump-timeout"), Value(Argument::TimeOfDay)], crashdump_timeout, "Longest wait for a crash dump").with_help(&[("hh:mm", "Hours and minutes, up to 18:00")]),
    Row::configuration(Mode::Global, &[Word("frame-relay"), Word("redundancy"), Word("auto-sync"), Word("lmi-sequence-numbers")], auto_sync, "").with_help(&[("redundancy", "Redundancy of frame relay")]),
    Row::exec(15, &[Word("clear"), Word("ip"), Word("rsvp"), Word("high-availability"), Word("counters")], clear_counters, "Reset functions").with_help(&[("ip", "IP information")]),
];

/// The time in minutes or in hours and minutes; the default is not printed.
fn crashdump_timeout(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let minutes = match typed.command.values.first() {
        Some(Typing::Integer(minutes)) => *minutes,
        Some(Typing::Time(time)) => i64::from(time.hour) * 60 + i64::from(time.minute),
        Some(Typing::Keyword(_) | Typing::Flag(_) | Typing::Text(_)) | None => {
            CRASHDUMP_MINUTES_MIN
        }
    };
    if !(CRASHDUMP_MINUTES_MIN..=CRASHDUMP_MINUTES_MAX).contains(&minutes) {
        return Next::Invalid { value: 0 };
    }
    let sets = typed.command.form == Form::Set && minutes != CRASHDUMP_MINUTES_MIN;
    keep(call, Form::No, Some("redundancy"), CRASHDUMP);
    if sets {
        let line = format!("{CRASHDUMP} {minutes}");
        return keep(call, Form::Set, Some("redundancy"), &line);
    }
    Next::Prompt
}

fn auto_sync(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    let form = match typed.command.form {
        Form::Set => Form::Set,
        Form::No | Form::Default => Form::No,
    };
    keep(call, form, None, AUTO_SYNC)
}

/// No model runs RSVP, so there is nothing to clear; devices say nothing either.
fn clear_counters(_: &mut Call<'_>, _: &Typed<'_>) -> Next {
    Next::Prompt
}

fn keep(call: &mut Call<'_>, form: Form, header: Option<&str>, line: &str) -> Next {
    let kept = call.device.change_configuration(call.now, |configuration| {
        configuration.keep(header, form, line)
    });
    match kept {
        Ok(()) => Next::Prompt,
        Err(refusal) => call.refuse(&refusal.to_string()),
    }
}
