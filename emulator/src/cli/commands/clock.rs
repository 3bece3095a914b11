//! `clock set`: the device's own clock, by hand. Command reference: `clock set`.

use jiff::civil::{DateTime, Time};

use crate::{
    cli::call::{Call, Next, Typed},
    config::grammar::{
        Argument, MONTH, Row,
        Token::{self, Argument as Value, Word},
    },
    time::MONTHS,
};

const TIME: Token = Value(Argument::Text { max: 8 });
const DAY: Token = Value(Argument::Integer { min: 1, max: 31 });
const YEAR: Token = Value(Argument::Integer {
    min: 1993,
    max: 2035,
});
const HELP: &[(&str, &str)] = &[
    ("WORD", "Current time (hh:mm:ss)"),
    ("<1-31>", "Day of the month"),
    ("<1993-2035>", "Year"),
    ("clock", "Manage the system clock"),
    ("set", "Set the time and date"),
];

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(15, &[Word("clock"), Word("set"), TIME, DAY, MONTH, YEAR], set_day_first, "Manage the system clock").with_help(HELP),
    Row::exec(15, &[Word("clock"), Word("set"), TIME, MONTH, DAY, YEAR], set_month_first, "Manage the system clock").with_help(HELP),
];

fn set_day_first(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    set(call, typed, 1, 2)
}

fn set_month_first(call: &mut Call<'_>, typed: &Typed<'_>) -> Next {
    set(call, typed, 2, 1)
}

/// Sets the clock to the time, day, month and year typed; `day` and `month` are the positions of
/// these values.
fn set(call: &mut Call<'_>, typed: &Typed<'_>, day: usize, month: usize) -> Next {
    let Some(time) = typed.text(0).and_then(time_of_day) else {
        return Next::Invalid { value: 0 };
    };
    let Some(date) = date(typed, day, month) else {
        return Next::Invalid { value: day };
    };
    let wall = DateTime::from_parts(date, time);
    let Some(wall) = call.device.at_wall_time(wall) else {
        return Next::Invalid { value: 0 };
    };
    let by = call.terminal.configured_by();
    call.device.set_clock(call.now, wall, &by, call.outputs);
    Next::Prompt
}

/// The time that `hh:mm:ss` names.
fn time_of_day(text: &str) -> Option<Time> {
    let mut parts = text.split(':').map(str::parse::<i8>);
    let mut part = || parts.next()?.ok();
    let (hour, minute, second) = (part()?, part()?, part()?);
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

fn date(typed: &Typed<'_>, day: usize, month: usize) -> Option<jiff::civil::Date> {
    let year = typed.integer(3).and_then(|year| i16::try_from(year).ok())?;
    let day = typed.integer(day).and_then(|day| i8::try_from(day).ok())?;
    let name = typed.keyword(month)?;
    let month = MONTHS.iter().position(|own| name.starts_with(own))?;
    jiff::civil::Date::new(year, i8::try_from(month + 1).ok()?, day).ok()
}
