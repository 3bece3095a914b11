//! Objectives as they are written on the command line, `METRIC <= VALUE`, and as thresholds of a scenario.

use std::fmt;

use crate::units::Period;

/// A bound on a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    metric: String,
    relation: Relation,
    value: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Relation {
    AtMost,
    AtLeast,
    Exactly,
}

impl Relation {
    /// How each may be written; the longer ones first, so that `<=` is not taken for `<`.
    const WRITTEN: [(&str, Self); 5] = [
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("<", Self::AtMost),
        (">", Self::AtLeast),
        ("=", Self::Exactly),
    ];

    fn sign(self) -> &'static str {
        match self {
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
            Self::Exactly => "=",
        }
    }
}

impl Objective {
    /// Reads an objective, as in `smtp.response.p99<=100ms` or `ledger.failed=0`. Bounds belong to what
    /// they allow: `<` is the same as `<=`. Whether there is such a metric the scenario says.
    ///
    /// # Errors
    /// With what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = || {
            let form = "write METRIC<=VALUE, as in smtp.response.p99<=100ms, or METRIC>=VALUE, METRIC=VALUE";
            match text.ends_with(".toml") {
                true => format!("{form}; the scenario comes before --slo"),
                false => form.to_owned(),
            }
        };
        let at = text.find(['<', '>', '=']).ok_or_else(form)?;
        let (metric, rest) = text.split_at(at);
        let mut written = Relation::WRITTEN.into_iter();
        let (sign, relation) = written
            .find(|(sign, _)| rest.starts_with(sign))
            .ok_or_else(form)?;
        let (metric, value) = (metric.trim(), rest[sign.len()..].trim());
        if metric.is_empty() || value.is_empty() {
            return Err(form());
        }
        let number = value.parse::<f64>().is_ok_and(f64::is_finite);
        if !number && value.parse::<Period>().is_err() {
            return Err(format!(
                "`{value}` is neither a time, as in 100ms, nor a number"
            ));
        }
        Ok(Self {
            metric: metric.to_owned(),
            relation,
            value: value.to_owned(),
        })
    }

    /// The setting, as `--set` takes it, by which a run has these objectives and no other thresholds.
    #[must_use]
    pub fn as_setting(objectives: &[Self]) -> String {
        let tables: toml_edit::Array = objectives.iter().map(Self::as_table).collect();
        format!("threshold={tables}")
    }

    fn as_table(&self) -> toml_edit::InlineTable {
        let value = || match self.value.parse::<f64>() {
            Ok(number) => toml_edit::Value::from(number),
            Err(_) => toml_edit::Value::from(self.value.as_str()),
        };
        let mut table = toml_edit::InlineTable::new();
        table.insert("metric", self.metric.as_str().into());
        if self.relation != Relation::AtLeast {
            table.insert("max", value());
        }
        if self.relation != Relation::AtMost {
            table.insert("min", value());
        }
        table
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            metric,
            relation,
            value,
        } = self;
        write!(text, "{metric} {} {value}", relation.sign())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objectives_become_thresholds() {
        let written = [
            "smtp.response.p99 < 100ms",
            "ledger.failed=0",
            "smtp.rate>=12.5",
        ];
        let objectives = written.map(|text| Objective::parse(text).unwrap());
        let setting = Objective::as_setting(&objectives);
        let table: toml::Table = setting.parse().unwrap();
        let expected: toml::Table = "threshold = [\
             { metric = \"smtp.response.p99\", max = \"100ms\" }, \
             { metric = \"ledger.failed\", max = 0.0, min = 0.0 }, \
             { metric = \"smtp.rate\", min = 12.5 }]"
            .parse()
            .unwrap();
        assert_eq!(table, expected);
        assert_eq!(objectives[0].to_string(), "smtp.response.p99 <= 100ms");
    }

    #[test]
    fn what_is_no_objective_is_told_how_to_be_one() {
        for wrong in ["", "smtp.response.p99", "<5ms", "x<", "x!5", "x<=>5"] {
            assert!(Objective::parse(wrong).is_err(), "{wrong}");
        }
        let value = Objective::parse("smtp.response.p99<=fast").unwrap_err();
        assert!(value.contains("`fast` is neither a time"), "{value}");
    }

    #[test]
    fn a_metric_cannot_break_out_of_its_setting() {
        let hostile = Objective::parse("a\"}, {#<=5ms").unwrap();
        let table: toml::Table = Objective::as_setting(&[hostile]).parse().unwrap();
        let metric = table["threshold"][0]["metric"].as_str();
        assert_eq!(metric, Some("a\"}, {#"));
    }
}
