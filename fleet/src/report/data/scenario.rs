//! What a report wants to know of the scenario that ran: when something was to happen, and how fast the
//! devices' time went.
//!
//! Read loosely: a report of an old run must not fail for a key that scenarios have no more.

use std::{collections::BTreeMap, fs, io, path::Path};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use toml::{Table, Value};

use super::{ReportError, inert::inert};
use crate::units::Period;

/// Most bands of one kind in a picture.
const BANDS_MAX: usize = 12;

/// Why a stretch of time is marked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BandKind {
    /// An event that the scenario brings once.
    Event,
    /// A fault of an embedded sink.
    Fault,
    /// What somebody did while the run went on.
    Intervention,
    /// What is left out of the figures.
    WarmUp,
}

/// A stretch of time in which something was the matter.
#[derive(Clone, Debug)]
pub(crate) struct Band {
    /// What it was.
    pub kind: BandKind,
    /// What to call it.
    pub name: String,
    /// When it began, in seconds since the start.
    pub begin_s: f64,
    /// When it was over; `None` if never.
    pub end_s: Option<f64>,
}

/// What the scenario says.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The scenario's name; `None` when that is not said.
    pub name: Option<String>,
    /// What is left out of the figures, from the start on.
    pub warm_up_s: f64,
    /// Device seconds per second.
    pub speed: f64,
    /// How long traffic was to last, in seconds; 0 when that is not said.
    pub duration_s: f64,
    /// Seconds since midnight on the devices' clocks at the start; `None` when that is not said.
    pub time_of_day_s: Option<f64>,
    /// Events that come once.
    pub events: Vec<Band>,
    /// Faults that were to be, for runs whose end nobody recorded.
    pub faults: Vec<Band>,
    /// How many sites the devices of each fleet are spread over, by the fleet's name.
    pub sites: BTreeMap<String, u32>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            name: None,
            warm_up_s: 0.0,
            speed: 1.0,
            duration_s: 0.0,
            time_of_day_s: None,
            events: Vec::new(),
            faults: Vec::new(),
            sites: BTreeMap::new(),
        }
    }
}

impl Plan {
    /// Reads the scenario at `path`; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read or is no TOML.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, ReportError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                let path = path.to_owned();
                return Err(ReportError::Open { path, source });
            }
        };
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let path = path.to_owned();
            let reason = inert(error.message());
            ReportError::Scenario { path, reason }
        })?;
        Ok(Some(Self::of(&table)))
    }

    fn of(table: &Table) -> Self {
        let clock = table.get("clock").and_then(Value::as_table);
        let speed = clock.and_then(|clock| clock.get("speed")).and_then(number);
        Self {
            name: table.get("name").and_then(Value::as_str).map(inert),
            warm_up_s: seconds(table, "warm-up").unwrap_or(0.0),
            speed: speed.filter(|speed| *speed > 0.0).unwrap_or(1.0),
            duration_s: seconds(table, "duration").unwrap_or(0.0),
            time_of_day_s: clock.and_then(time_of_day_s),
            events: bands(table, "traffic", BandKind::Event),
            faults: bands(table, "fault", BandKind::Fault),
            sites: sites(table),
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    let whole = value.as_integer().map(|number| number as f64);
    value
        .as_float()
        .or(whole)
        .filter(|number| number.is_finite())
}

fn seconds(table: &Table, key: &str) -> Option<f64> {
    let period: Period = table.get(key)?.as_str()?.parse().ok()?;
    Some(period.0.as_secs_f64())
}

/// A start without an offset is local time.
fn time_of_day_s(clock: &Table) -> Option<f64> {
    let start = clock.get("start")?.as_str()?;
    let zone = clock.get("zone").and_then(Value::as_str).unwrap_or("UTC");
    let local: Option<DateTime> = match start.parse::<Timestamp>() {
        Ok(start) => Some(start.to_zoned(TimeZone::get(zone).ok()?).datetime()),
        Err(_) => start.parse().ok(),
    };
    let time = local?.time();
    let [hour, minute, second] = [time.hour(), time.minute(), time.second()].map(f64::from);
    Some((hour * 60.0 + minute) * 60.0 + second)
}

/// The sites of each fleet; never more than it has devices.
fn sites(table: &Table) -> BTreeMap<String, u32> {
    let fleets = table.get("fleet").and_then(Value::as_array);
    let fleets = fleets.into_iter().flatten().filter_map(Value::as_table);
    let sites = fleets.filter_map(|fleet| {
        let whole = |key: &str| u32::try_from(fleet.get(key)?.as_integer()?).ok();
        let name = fleet.get("name").and_then(Value::as_str).map(inert)?;
        let devices = whole("count").unwrap_or(u32::MAX);
        Some((name, whole("sites").unwrap_or(1).min(devices).max(1)))
    });
    sites.collect()
}

/// What the tables of array `key` say of when they are.
fn bands(table: &Table, key: &str, kind: BandKind) -> Vec<Band> {
    let tables = table.get(key).and_then(Value::as_array);
    let tables = tables.into_iter().flatten().filter_map(Value::as_table);
    let bands = tables.filter_map(|table| {
        let begin_s = seconds(table, "at")?;
        let words = ["name", "event", "target"].map(|key| table.get(key).and_then(Value::as_str));
        let name = words.into_iter().flatten().next().unwrap_or("unnamed");
        let length = seconds(table, "for").or(seconds(table, "within"));
        let open_ended = kind == BandKind::Fault;
        let length = length.or((!open_ended).then_some(0.0));
        Some(Band {
            kind,
            name: inert(name),
            begin_s,
            end_s: length.map(|length| begin_s + length),
        })
    });
    bands.take(BANDS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_understood_is_taken_and_the_rest_left() {
        let text = "warm-up = \"5s\"\nduration = \"1m\"\nunheard-of = 3\n[clock]\nspeed = 60\n\
                    start = \"2026-03-14T10:50:00Z\"\nzone = \"America/Denver\"\n\
                    [[traffic]]\nname = \"noise\"\n[[traffic]]\nname = \"out\u{202e}age\"\nat = \"20s\"\nwithin = \"2s\"\n\
                    [[fault]]\ntarget = \"smtp\"\nat = \"30s\"\n[[fault]]\ntarget = 7\nat = \"soon\"\n\
                    [[fleet]]\nname = \"a\"\ncount = 3\nsites = 40\n[[fleet]]\nname = \"b\"\ncount = 9\n";
        let plan = Plan::of(&text.parse().unwrap());
        assert_eq!(
            (plan.warm_up_s, plan.speed, plan.duration_s),
            (5.0, 60.0, 60.0)
        );
        // 10:50 UTC is 04:50 in Denver, where summer time has begun.
        assert_eq!(plan.time_of_day_s, Some(f64::from((4 * 60 + 50) * 60)));
        let local = text.replace("T10:50:00Z", "T10:50:00");
        let local = Plan::of(&local.parse().unwrap());
        assert_eq!(local.time_of_day_s, Some(f64::from((10 * 60 + 50) * 60)));
        assert_eq!(plan.events.len(), 1);
        assert_eq!(plan.events[0].name, "out\\u{202e}age");
        assert_eq!(plan.events[0].end_s, Some(22.0));
        assert_eq!(plan.faults.len(), 1);
        assert_eq!(plan.faults[0].end_s, None);
        let sites = [("a", 3), ("b", 1)].map(|(name, sites)| (name.to_owned(), sites));
        assert_eq!(plan.sites, BTreeMap::from(sites));
    }
}
