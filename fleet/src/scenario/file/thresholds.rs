//! The `[[threshold]]` tables as they are written: what must hold.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::units::Period;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::scenario) struct ThresholdTable {
    /// What is judged.
    #[schemars(with = "String")]
    pub(in crate::scenario) metric: Spanned<String>,
    /// Largest value that passes.
    #[serde(default)]
    #[schemars(with = "Option<BoundValue>")]
    pub(in crate::scenario) max: Option<Spanned<BoundValue>>,
    /// Smallest value that passes.
    #[serde(default)]
    #[schemars(with = "Option<BoundValue>")]
    pub(in crate::scenario) min: Option<Spanned<BoundValue>>,
    /// Judges every second of the run by itself, and fails when the bounds are broken for so long
    /// at a stretch; seconds in which nothing was measured count neither way.
    #[serde(default, rename = "for")]
    #[schemars(with = "Option<Period>")]
    pub(in crate::scenario) lasting: Option<Spanned<Period>>,
    /// Ends the run when it fails; what is outstanding is waited for, and the exit code is 99.
    #[serde(default)]
    pub(in crate::scenario) abort: bool,
}

/// A bound of a threshold: a number, or a duration where the metric is a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::scenario) enum BoundValue {
    Number(f64),
    Milliseconds(f64),
}

impl JsonSchema for BoundValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bound".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let period = generator.subschema_for::<Period>();
        schemars::json_schema!({ "anyOf": [{ "type": "number" }, period] })
    }
}

impl<'de> Deserialize<'de> for BoundValue {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = BoundValue;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a number, or a duration such as \"500ms\"")
            }

            fn visit_i64<E>(self, number: i64) -> Result<BoundValue, E> {
                Ok(BoundValue::Number(number as f64))
            }

            fn visit_f64<E>(self, number: f64) -> Result<BoundValue, E> {
                Ok(BoundValue::Number(number))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<BoundValue, E> {
                let period: Period = text.parse().map_err(E::custom)?;
                Ok(BoundValue::Milliseconds(period.0.as_secs_f64() * 1e3))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
