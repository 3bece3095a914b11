//! Commands of the global configuration mode.

use super::{Mode, Position, Refusal, Values, checked_word};
use crate::{
    config::{
        CallHomeSettings, Changeover, Configuration, LOG_BUFFER_BYTES_DEFAULT, LogTimestamps,
        SummerTime, TimeZoneSetting, TrapSettings, grammar::Verb,
    },
    time::MONTHS,
};

/// Longest name of a time zone, in characters.
const ZONE_NAME_MAX: usize = 32;

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar gives this mode its own commands only"
)]
pub(super) fn carry_out(
    configuration: &mut Configuration,
    position: &mut Position,
    verb: Verb,
    values: &Values<'_, '_>,
) -> Result<(), Refusal> {
    let sets = values.sets();
    match verb {
        Verb::ServiceCallHome => configuration.service_call_home = sets,
        Verb::ServiceTimestampsLog => {
            configuration.log_timestamps = LogTimestamps {
                local_time: sets && values.has_flag("localtime"),
                show_timezone: sets && values.has_flag("show-timezone"),
                year: sets && values.has_flag("year"),
            };
        }
        Verb::EnterCallHome if sets => {
            *position = Position::at(Mode::CallHome);
        }
        Verb::EnterCallHome => configuration.call_home = CallHomeSettings::default(),
        Verb::Hostname => {
            let name = values.text(0).filter(|_| sets);
            configuration.hostname = name.map(|name| checked_word(name, 63)).transpose()?;
        }
        Verb::ClockTimezone => configuration.clock.zone = zone(values)?,
        Verb::ClockSummerTime => {
            let name = zone_name(values)?;
            configuration.clock.summer = name.map(|name| summer_time(name, values));
        }
        Verb::LoggingBuffered => {
            configuration.log_buffer_bytes = values
                .integer(0)
                .filter(|_| sets)
                .and_then(|bytes| u32::try_from(bytes).ok())
                .unwrap_or(LOG_BUFFER_BYTES_DEFAULT);
        }
        Verb::Traps => set_traps(&mut configuration.traps, values),
        Verb::HttpClientSourceInterface => {
            let name = values.text(0).filter(|_| sets);
            configuration.http_client_source_interface =
                name.map(|name| checked_word(name, 64)).transpose()?;
        }
        Verb::DomainName => {
            let name = values.text(0).filter(|_| sets);
            configuration.domain_name = name.map(|name| checked_word(name, 64)).transpose()?;
        }
        _ => {}
    }
    Ok(())
}

/// The name of a zone that a command sets; `None` behind `no` and `default`.
fn zone_name<'a>(values: &Values<'_, 'a>) -> Result<Option<&'a str>, Refusal> {
    let name = values.text(0).filter(|_| values.sets());
    name.map(|name| checked_word(name, ZONE_NAME_MAX).map(|_| name))
        .transpose()
}

fn zone(values: &Values<'_, '_>) -> Result<Option<TimeZoneSetting>, Refusal> {
    let hours = values.integer(1).and_then(|hours| i8::try_from(hours).ok());
    let minutes = values
        .integer(2)
        .and_then(|minutes| u8::try_from(minutes).ok());
    let name = zone_name(values)?;
    Ok(name.zip(hours).map(|(name, hours)| TimeZoneSetting {
        name: name.to_owned(),
        hours,
        minutes: minutes.unwrap_or(0),
    }))
}

/// The summer time `name`, with the days behind `recurring` if there are any.
fn summer_time(name: &str, values: &Values<'_, '_>) -> SummerTime {
    let default = SummerTime::recurring(name);
    SummerTime {
        begin: changeover(values, 1).unwrap_or(default.begin),
        end: changeover(values, 5).unwrap_or(default.end),
        offset_minutes: values
            .integer(9)
            .and_then(|minutes| u16::try_from(minutes).ok())
            .unwrap_or(default.offset_minutes),
        ..default
    }
}

/// The week, day, month and time that begin at value `first`.
fn changeover(values: &Values<'_, '_>, first: usize) -> Option<Changeover> {
    let week = match values.keyword(first)? {
        "first" => 1,
        "last" => 5,
        number => number.parse().ok()?,
    };
    let position = |value, names: &[&str]| {
        let name: &str = values.keyword(value)?;
        let found = names.iter().position(|own| name.starts_with(own))?;
        u8::try_from(found).ok()
    };
    Some(Changeover {
        week,
        weekday: position(
            first + 1,
            &["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
        )?,
        month: 1 + position(first + 2, &MONTHS)?,
        at: values.time_at(first + 3)?,
    })
}

/// Without keywords the command means both traps.
fn set_traps(traps: &mut TrapSettings, values: &Values<'_, '_>) {
    let means = |flag| !values.flags_given() || values.has_flag(flag);
    if means("message-send-fail") {
        traps.message_send_fail = values.sets();
    }
    if means("server-fail") {
        traps.server_fail = values.sets();
    }
}
