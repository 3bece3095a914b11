//! Flags that change a scenario: applied to its text, so that the scenario as run is a file again.

use toml_edit::{DocumentMut, Item, Value};

use crate::units::{Period, Rate};

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
    /// `--set KEY=VALUE`.
    pub set: Vec<String>,
    /// `--allow-target`: hosts that may be targets though they are neither loopback nor private.
    pub allowed_targets: Vec<String>,
}

/// Why an override cannot be applied.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum OverrideError {
    /// `--set` without `=`.
    #[error("`--set {0}` has no `=`; write KEY=VALUE, as in --set clock.speed=60")]
    NoValue(String),
    /// A path that leads nowhere.
    #[error("`--set {key}`: {what}")]
    Path {
        /// The key as given.
        key: String,
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
            && set.is_empty()
    }

    /// Applies everything to `document`; `--set` last, so that it wins.
    pub(super) fn apply(&self, document: &mut DocumentMut) -> Result<(), OverrideError> {
        if let Some(duration) = self.duration {
            document["duration"] = toml_edit::value(duration.to_string());
        }
        if let Some(seed) = self.seed.and_then(|seed| i64::try_from(seed).ok()) {
            document["seed"] = toml_edit::value(seed);
        }
        let texts = [
            ("smtp", &self.smtp),
            ("https", &self.https),
            ("ca", &self.ca),
        ];
        for (key, value) in texts {
            if let Some(value) = value {
                document["targets"][key] = toml_edit::value(value);
            }
        }
        if self.insecure {
            document["targets"]["insecure"] = toml_edit::value(true);
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
}

/// The tables of the array `name`.
fn tables<'a>(
    document: &'a mut DocumentMut,
    name: &str,
) -> impl Iterator<Item = &'a mut toml_edit::Table> + use<'a> {
    let array = document
        .get_mut(name)
        .and_then(Item::as_array_of_tables_mut);
    array.into_iter().flat_map(|array| array.iter_mut())
}

/// Gives every fleet its part of `devices`, at least one, so that the parts add up where they can.
fn share_out_devices(document: &mut DocumentMut, devices: u32) -> Result<(), OverrideError> {
    let count = |table: &toml_edit::Table| {
        table
            .get("count")
            .and_then(Item::as_integer)
            .unwrap_or(0)
            .max(0)
    };
    let total: i64 = tables(document, "fleet").map(|table| count(table)).sum();
    if total == 0 {
        return Err(OverrideError::NoFleet);
    }
    let (mut seen, mut given) = (0, 0);
    for table in tables(document, "fleet") {
        let own = count(table);
        seen += own;
        // Rounding the running sum shares out every device exactly once.
        let target = (i128::from(seen) * i128::from(devices) / i128::from(total)) as i64;
        let part = if devices == 0 {
            0
        } else {
            (target - given).max(1)
        };
        given += part;
        table["count"] = toml_edit::value(part);
    }
    Ok(())
}

fn share_out_rate(document: &mut DocumentMut, rate: f64) -> Result<(), OverrideError> {
    let of = |table: &toml_edit::Table| -> Option<f64> {
        let text = table.get("arrival")?.get("rate")?.as_str()?;
        text.parse().ok().map(Rate::per_second)
    };
    let total: f64 = tables(document, "traffic")
        .filter_map(|table| of(table))
        .sum();
    if total <= 0.0 {
        return Err(OverrideError::NoRate);
    }
    for table in tables(document, "traffic") {
        if let Some(own) = of(table) {
            table["arrival"]["rate"] = toml_edit::value(format!("{}/s", own * rate / total));
        }
    }
    Ok(())
}

/// Applies one `KEY=VALUE`. Keys are dotted; a number selects an element of an array of tables. The
/// value is TOML, or text where it is no TOML.
fn set(document: &mut DocumentMut, setting: &str) -> Result<(), OverrideError> {
    let (key, value) = setting
        .split_once('=')
        .ok_or_else(|| OverrideError::NoValue(setting.to_owned()))?;
    let wrong = |what: String| OverrideError::Path {
        key: key.to_owned(),
        what,
    };
    let value: Value = value
        .trim()
        .parse()
        .unwrap_or_else(|_| Value::from(value.trim()));
    let path: Vec<&str> = key.trim().split('.').collect();
    if path.iter().any(|part| part.is_empty()) {
        return Err(wrong("a part of the key is empty".to_owned()));
    }
    assign(document.as_item_mut(), &path, value).map_err(wrong)
}

/// Puts `value` at `path` below `item`, making tables where there are none.
fn assign(item: &mut Item, path: &[&str], value: Value) -> Result<(), String> {
    let [first, rest @ ..] = path else {
        *item = Item::Value(value);
        return Ok(());
    };
    match item {
        Item::ArrayOfTables(array) => {
            let length = array.len();
            let table = first
                .parse()
                .ok()
                .and_then(|index: usize| array.get_mut(index))
                .ok_or_else(|| {
                    format!("`{first}` is not one of its {length} elements, counted from 0")
                })?;
            let [key, deeper @ ..] = rest else {
                return Err("a whole table cannot be set".to_owned());
            };
            assign(table.entry(key).or_insert(Item::None), deeper, value)
        }
        Item::Value(other) if !other.is_inline_table() => {
            Err(format!("`{first}` is below something that is no table"))
        }
        Item::Value(_) | Item::Table(_) | Item::None => assign(&mut item[*first], rest, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "seed = 1\n[[fleet]]\ncount = 100\n[[fleet]]\ncount = 50\n[[traffic]]\narrival = { process = \"poisson\", rate = \"30/s\" }\n[[traffic]]\narrival = { process = \"poisson\", rate = \"600/min\" }\n";

    fn applied(overrides: &Overrides) -> Result<toml::Table, OverrideError> {
        let mut document: DocumentMut = TEXT.parse().unwrap();
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
        ] {
            let overrides = Overrides {
                set: vec![setting.to_owned()],
                ..Overrides::default()
            };
            assert!(applied(&overrides).is_err(), "{setting}");
        }
    }
}
