//! The form of a scenario as JSON Schema (draft 2020-12), for editors.
//!
//! It says which keys there are and what each looks like. What values mean together only
//! [`super::validate`] knows, so a file may fit the schema and be wrong all the same.

use emulator::{
    AlertGroup, Severity,
    license::{LicenseKind, issue::Flaw},
};
use schemars::{
    Schema, SchemaGenerator, generate::SchemaSettings, json_schema, transform::RecursiveTransform,
};
use serde_json::Value;

use super::file::ScenarioFile;

/// The schema of scenario files.
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(without_null));
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<ScenarioFile>();
    let title = "Scenario of fleet".to_owned();
    schema.insert("title".to_owned(), title.into());
    schema.to_value()
}

/// TOML has no null: a key that has no value is not there.
fn without_null(schema: &mut Schema) {
    let is_null = |value: &Value| value == "null" || value["type"] == "null";
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|own| !is_null(own));
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    let Some(Value::Array(choices)) = schema.get_mut("anyOf") else {
        return;
    };
    choices.retain(|own| !is_null(own));
    if let [Value::Object(only)] = choices.as_slice() {
        let only = only.clone();
        schema.remove("anyOf");
        for (key, value) in only {
            // A description of the key says more than that of its kind.
            if schema.get(&key).is_none() {
                schema.insert(key, value);
            }
        }
    }
}

fn words<'w>(words: impl IntoIterator<Item = &'w str>) -> Schema {
    let words: Vec<&str> = words.into_iter().collect();
    json_schema!({ "type": "string", "enum": words })
}

/// Severities of Call Home.
pub(super) fn severities(_: &mut SchemaGenerator) -> Schema {
    words(Severity::ALL.into_iter().map(Severity::keyword))
}

/// Alert groups.
pub(super) fn groups(_: &mut SchemaGenerator) -> Schema {
    words(AlertGroup::ALL.into_iter().map(AlertGroup::keyword))
}

/// Kinds of licenses that are granted.
pub(super) fn license_kinds(_: &mut SchemaGenerator) -> Schema {
    let kinds = LicenseKind::ALL.into_iter();
    let kinds = kinds.filter(|kind| !kind.is_image_only());
    words(kinds.map(LicenseKind::keyword))
}

/// What can be wrong with a license file.
pub(super) fn flaws(_: &mut SchemaGenerator) -> Schema {
    words(Flaw::ALL.iter().map(|(word, _)| *word))
}
