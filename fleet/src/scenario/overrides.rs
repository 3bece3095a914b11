//! Flags that change a scenario: applied to its text, so that the scenario as run is a file again.

mod assign;
mod rate;

use assign::assign;
use rate::share_out_rate;
use toml_edit::{DocumentMut, Item, Key, TableLike, Value};

use crate::units::Period;

/// Changes to a scenario, from flags and environment.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--devices`: devices in all, shared out in the proportion of the fleets.
    pub devices: Option<u32>,
    /// `--rate`: events per second in all, shared out in the proportion of the traffic.
    pub rate: Option<f64>,
    /// `--duration`.
    pub duration: Option<Period>,
    /// `--seed`.
    pub seed: Option<u64>,
    /// `--smtp`.
    pub smtp: Option<String>,
    /// `--https`.
    pub https: Option<String>,
    /// `--ca`.
    pub ca: Option<String>,
    /// `--insecure`.
    pub insecure: bool,
    /// `--ssh`.
    pub ssh: Option<String>,
    /// `--set KEY=VALUE`.
    pub set: Vec<String>,
    /// `--allow-target`: hosts that may be targets though they are neither loopback nor private.
    pub allowed_targets: Vec<String>,
}

/// Most parts of a key; the deepest key of a scenario has four.
const KEY_PARTS_MAX: usize = 8;

/// Why an override cannot be applied.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum OverrideError {
    /// `--set` without `=`.
    #[error("`--set {0}` has no `=`; write KEY=VALUE, as in --set clock.speed=60")]
    NoValue(String),
    /// A key that leads nowhere.
    #[error("`{flag}`: {what}")]
    Path {
        /// The flag as given, with the key if it has one.
        flag: String,
        /// What is wrong with it.
        what: String,
    },
    /// `--rate` without traffic that has one.
    #[error("--rate has nothing to set: no traffic of the scenario has an arrival rate")]
    NoRate,
    /// `--devices` without a fleet.
    #[error("--devices has nothing to set: the scenario has no fleet")]
    NoFleet,
}

/// A flag that stands for one key: itself, the key's path, the value.
type KeyFlag = (&'static str, &'static [&'static str], Value);

impl Overrides {
    /// Whether there is anything to apply.
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            devices,
            rate,
            duration,
            seed,
            smtp,
            https,
            ca,
            insecure,
            ssh,
            set,
            allowed_targets: _,
        } = self;
        devices.is_none()
            && rate.is_none()
            && duration.is_none()
            && seed.is_none()
            && smtp.is_none()
            && https.is_none()
            && ca.is_none()
            && !insecure
            && ssh.is_none()
            && set.is_empty()
    }

    /// Applies everything to `document`; `--set` last, so that it wins.
    pub(super) fn apply(&self, document: &mut DocumentMut) -> Result<(), OverrideError> {
        for (flag, path, value) in self.values()? {
            assign(document.as_item_mut(), path, value).map_err(|what| OverrideError::Path {
                flag: flag.to_owned(),
                what,
            })?;
        }
        if let Some(devices) = self.devices {
            share_out_devices(document, devices)?;
        }
        if let Some(rate) = self.rate {
            share_out_rate(document, rate)?;
        }
        self.set
            .iter()
            .try_for_each(|setting| set(document, setting))
    }

    /// The flags that stand for one key each, with it and its value.
    fn values(&self) -> Result<Vec<KeyFlag>, OverrideError> {
        let seed = self.seed.map(i64::try_from).transpose().map_err(|_| {
            // TOML has no larger whole numbers.
            OverrideError::Path {
                flag: "--seed".to_owned(),
                what: format!("write a number of at most {}", i64::MAX),
            }
        })?;
        let text = |value: &Option<String>| value.as_deref().map(Value::from);
        let duration = self.duration.map(|duration| duration.to_string());
        let all: [(&str, &[&str], Option<Value>); 7] = [
            ("--duration", &["duration"], text(&duration)),
            ("--seed", &["seed"], seed.map(Value::from)),
            ("--smtp", &["targets", "smtp"], text(&self.smtp)),
            ("--https", &["targets", "https"], text(&self.https)),
            ("--ca", &["targets", "ca"], text(&self.ca)),
            ("--ssh", &["ssh", "listen"], text(&self.ssh)),
            (
                "--insecure",
                &["targets", "insecure"],
                self.insecure.then(|| Value::from(true)),
            ),
        ];
        let given = |(flag, path, value): (_, _, Option<Value>)| Some((flag, path, value?));
        Ok(all.into_iter().filter_map(given).collect())
    }
}

/// The tables of the array `name`, however the array is written.
pub(super) fn tables<'a>(document: &'a mut DocumentMut, name: &str) -> Vec<&'a mut dyn TableLike> {
    match document.get_mut(name) {
        Some(Item::ArrayOfTables(array)) => array
            .iter_mut()
            .map(|table| table as &mut dyn TableLike)
            .collect(),
        Some(Item::Value(Value::Array(array))) => array
            .iter_mut()
            .filter_map(Value::as_inline_table_mut)
            .map(|table| table as &mut dyn TableLike)
            .collect(),
        _ => Vec::new(),
    }
}

/// Gives every fleet its part of `devices`, at least one, so that the parts add up where they can.
fn share_out_devices(document: &mut DocumentMut, devices: u32) -> Result<(), OverrideError> {
    let count = |table: &dyn TableLike| {
        let count = table.get("count").and_then(Item::as_integer).unwrap_or(0);
        i128::from(count.max(0))
    };
    let mut fleets = tables(document, "fleet");
    let total: i128 = fleets.iter().map(|table| count(&**table)).sum();
    if total == 0 {
        return Err(OverrideError::NoFleet);
    }
    let (mut seen, mut given) = (0, 0);
    for table in &mut fleets {
        seen += count(&**table);
        // Rounding the running sum shares out every device exactly once.
        let target = (seen * i128::from(devices) / total) as i64;
        let part = if devices == 0 {
            0
        } else {
            (target - given).max(1)
        };
        given += part;
        table.insert("count", toml_edit::value(part));
    }
    Ok(())
}

/// Applies one `KEY=VALUE`. Keys are dotted as in TOML; a number selects an element of an array.
/// The value is TOML, or text where it is no TOML.
fn set(document: &mut DocumentMut, setting: &str) -> Result<(), OverrideError> {
    let (key, value) = setting
        .split_once('=')
        .ok_or_else(|| OverrideError::NoValue(setting.to_owned()))?;
    let key = key.trim();
    let wrong = |what: String| OverrideError::Path {
        flag: format!("--set {key}"),
        what,
    };
    let value: Value = value
        .trim()
        .parse()
        .unwrap_or_else(|_| Value::from(value.trim()));
    let parts = Key::parse(key)
        .map_err(|_| wrong("write a dotted key, with names that hold dots in quotes".to_owned()))?;
    if parts.len() > KEY_PARTS_MAX {
        return Err(wrong(format!("no key has more than {KEY_PARTS_MAX} parts")));
    }
    let path: Vec<&str> = parts.iter().map(Key::get).collect();
    assign(document.as_item_mut(), &path, value).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "seed = 1\n[[fleet]]\ncount = 100\n[[fleet]]\ncount = 50\n[[traffic]]\narrival = { process = \"poisson\", rate = \"30/s\" }\n[[traffic]]\narrival = { process = \"poisson\", rate = \"600/min\" }\n";

    const INLINE: &str = "fleet = [{ count = 100 }, { count = 50 }]\ntraffic = [{ arrival = { rate = \"30/s\" } }, { arrival = { rate = \"10/s\" } }]\n";

    fn applied(overrides: &Overrides) -> Result<toml::Table, OverrideError> {
        applied_to(TEXT, overrides)
    }

    fn applied_to(text: &str, overrides: &Overrides) -> Result<toml::Table, OverrideError> {
        let mut document: DocumentMut = text.parse().unwrap();
        overrides.apply(&mut document)?;
        Ok(document.to_string().parse().unwrap())
    }

    #[test]
    fn devices_and_rate_keep_the_proportions() {
        let changed = applied(&Overrides {
            devices: Some(10),
            rate: Some(8.0),
            ..Overrides::default()
        })
        .unwrap();
        let counts: Vec<_> = changed["fleet"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fleet| fleet["count"].as_integer().unwrap())
            .collect();
        assert_eq!(counts, [6, 4]);
        let rates: Vec<_> = changed["traffic"]
            .as_array()
            .unwrap()
            .iter()
            .map(|traffic| traffic["arrival"]["rate"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(rates, ["6/s", "2/s"]);
    }

    #[test]
    fn any_key_can_be_set_by_its_path() {
        let set = [
            "clock.speed=60",
            "fleet.1.platform=ISR4331/K9",
            "traffic.0.arrival.rate=5/s",
            "seed = 9",
        ];
        let changed = applied(&Overrides {
            set: set.map(str::to_owned).to_vec(),
            ..Overrides::default()
        })
        .unwrap();
        assert_eq!(changed["clock"]["speed"].as_integer(), Some(60));
        assert_eq!(changed["fleet"][1]["platform"].as_str(), Some("ISR4331/K9"));
        assert_eq!(
            changed["traffic"][0]["arrival"]["rate"].as_str(),
            Some("5/s")
        );
        assert_eq!(changed["seed"].as_integer(), Some(9));
    }

    #[test]
    fn paths_that_lead_nowhere_are_refused() {
        for setting in [
            "seed",
            "seed.x=1",
            "fleet.7.count=1",
            "fleet.x.count=1",
            "a..b=1",
            "fleet.0=1",
            "threshold.0.metric=x",
            "a.b.c.d.e.f.g.h.i=1",
        ] {
            let overrides = Overrides {
                set: vec![setting.to_owned()],
                ..Overrides::default()
            };
            assert!(applied(&overrides).is_err(), "{setting}");
        }
    }

    #[test]
    fn arrays_may_be_written_inline() {
        let overrides = Overrides {
            devices: Some(10),
            rate: Some(8.0),
            set: vec!["fleet.1.platform=ISR4331/K9".to_owned()],
            ..Overrides::default()
        };
        let changed = applied_to(INLINE, &overrides).unwrap();
        assert_eq!(changed["fleet"][0]["count"].as_integer(), Some(6));
        assert_eq!(changed["fleet"][1]["count"].as_integer(), Some(4));
        assert_eq!(changed["fleet"][1]["platform"].as_str(), Some("ISR4331/K9"));
        let rate = |position: usize| changed["traffic"][position]["arrival"]["rate"].as_str();
        assert_eq!((rate(0), rate(1)), (Some("6/s"), Some("2/s")));
        for setting in ["fleet.2.count=1", "fleet.0=1"] {
            let overrides = Overrides {
                set: vec![setting.to_owned()],
                ..Overrides::default()
            };
            assert!(applied_to(INLINE, &overrides).is_err(), "{setting}");
        }
    }

    #[test]
    fn names_with_dots_stand_in_quotes() {
        let overrides = Overrides {
            set: vec!["hosts.\"smtp1.example.net\"=127.0.0.1:25".to_owned()],
            ..Overrides::default()
        };
        let changed = applied(&overrides).unwrap();
        assert_eq!(
            changed["hosts"]["smtp1.example.net"].as_str(),
            Some("127.0.0.1:25")
        );
    }

    #[test]
    fn a_flag_whose_table_is_a_plain_value_is_refused() {
        let overrides = Overrides {
            smtp: Some("127.0.0.1:25".to_owned()),
            ..Overrides::default()
        };
        let refused = applied_to("targets = 5\n", &overrides).unwrap_err();
        assert!(refused.to_string().contains("--smtp"), "{refused}");
    }

    #[test]
    fn a_seed_that_the_file_cannot_hold_is_refused() {
        let overrides = Overrides {
            seed: Some(u64::MAX),
            ..Overrides::default()
        };
        assert!(applied(&overrides).is_err());
    }

    #[test]
    fn counts_beyond_reason_do_not_overflow() {
        let text = format!("fleet = [{{ count = {0} }}, {{ count = {0} }}]", i64::MAX);
        let overrides = Overrides {
            devices: Some(10),
            ..Overrides::default()
        };
        let changed = applied_to(&text, &overrides).unwrap();
        assert_eq!(changed["fleet"][0]["count"].as_integer(), Some(5));
    }
}
