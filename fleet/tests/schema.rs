//! `fleet schema`: what the program takes fits it, what it does not take mostly does not, and every key of
//! the one is in the documents, and the other way round.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use fleet::{
    scenario,
    units::{Period, Rate, Share, Size},
};
use jsonschema::Validator;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&scenario::schema()).unwrap()
}

/// What the schema has against the scenario `text`.
fn findings(validator: &Validator, text: &str) -> Vec<String> {
    let table: toml::Table = text.parse().unwrap();
    let value = serde_json::to_value(table).unwrap();
    let errors = validator.iter_errors(&value);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

fn scenarios(folder: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|own| own == "toml"));
    paths
        .map(|path| (path.clone(), fs::read_to_string(&path).unwrap()))
        .collect()
}

#[test]
fn the_command_prints_the_schema() {
    let output = Command::new(env!("CARGO_BIN_EXE_fleet"))
        .arg("schema")
        .output()
        .unwrap();
    assert!(output.status.success());
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, scenario::schema());
    assert_eq!(
        printed["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert!(jsonschema::meta::is_valid(&printed));
}

#[test]
fn every_scenario_that_the_program_takes_fits() {
    let validator = validator();
    let mut sound = scenarios("scenarios");
    sound.extend(scenarios("fleet/tests/cmd/sound.in"));
    assert!(sound.len() > 12);
    for (path, text) in sound {
        assert_eq!(findings(&validator, &text), [""; 0], "{}", path.display());
    }
}

#[test]
fn examples_of_the_documents_fit() {
    let document = fs::read_to_string(root().join("docs/scenario.md")).unwrap();
    let validator = validator();
    let base = "version = 1\nname = \"x\"\nduration = \"1s\"\n";
    let fleet = "[[fleet]]\nname = \"x\"\ncount = 1\nplatform = \"x\"\nconfig = \"x\"\n";
    let tables = document.split("```toml\n").skip(1);
    let tables = tables.map(|rest| rest.split("```").next().unwrap().to_owned());
    let arrivals = document.lines().filter_map(|line| {
        let arrival = line.strip_prefix("| `{ process")?.split('`').next()?;
        Some(format!(
            "[[traffic]]\nname = \"x\"\narrival = {{ process{arrival}\n"
        ))
    });
    let all: Vec<String> = tables.chain(arrivals).collect();
    assert!(all.len() > 10);
    for text in all {
        // The part about editors shows the beginning of a whole file.
        let whole = match text.contains("version") {
            true => format!("{text}\n{fleet}"),
            false => format!("{base}{fleet}{text}"),
        };
        assert_eq!(findings(&validator, &whole), [""; 0], "{whole}");
    }
}

/// What may be wrong: in front of a sound scenario, behind it, and the place that is told.
const WRONG: [(&str, &str, &str); 16] = [
    ("unheard-of = 1", "", "unheard-of"),
    ("warm-up = \"30\"", "", "/warm-up"),
    ("warm-up = 30", "", "/warm-up"),
    ("journal = \"8 GB\"", "", "/journal"),
    ("drain = \"soon\"", "", "/drain"),
    ("", "[smtp]\nconnections = 0", "/smtp/connections"),
    ("", "[smtp]\nreuse = \"yes\"", "/smtp/reuse"),
    ("", "[ssh]\nport = 22", "/ssh"),
    ("", "[call-home]\nseverity = \"bad\"", "/call-home/severity"),
    (
        "",
        "[[traffic]]\nname = \"a\"\nevent = \"power-lose\"",
        "/event",
    ),
    ("", "[[traffic]]\nname = \"a\"\nshare = \"a lot\"", "/share"),
    (
        "",
        "[[traffic]]\nname = \"a\"\narrival = { process = \"poison\" }",
        "/arrival/process",
    ),
    (
        "",
        "[[traffic]]\nname = \"a\"\narrival = { process = \"poisson\", rate = 50 }",
        "/arrival/rate",
    ),
    (
        "",
        "[[fault]]\ntarget = \"smtp\"\ntls = \"old\"",
        "/fault/0/tls",
    ),
    (
        "",
        "[[fault]]\ntarget = \"smtp\"\nreply = { stage = \"lunch\" }",
        "/fault/0/reply/stage",
    ),
    (
        "",
        "[[threshold]]\nmetric = \"lag.p99\"\nmax = true",
        "/threshold/0/max",
    ),
];

#[test]
fn what_is_written_wrongly_does_not_fit_and_is_told_where() {
    let validator = validator();
    let base = "version = 1\nname = \"x\"\nduration = \"1s\"\n[[fleet]]\nname = \"x\"\ncount = 1\nplatform = \"x\"\nconfig = \"x\"\n";
    assert_eq!(findings(&validator, base), [""; 0]);
    for (before, behind, place) in WRONG {
        let text = format!("{before}\n{base}{behind}\n");
        let found = findings(&validator, &text);
        let told = found.iter().any(|finding| finding.contains(place));
        assert!(told, "{place}: {found:?} in {text}");
    }
    for key in ["version", "name", "duration", "platform"] {
        let text = base.replace(key, "nothing");
        let found = findings(&validator, &text);
        let told = found.iter().any(|finding| finding.contains(key));
        assert!(told, "{key}: {found:?}");
    }
}

#[test]
fn values_with_units_that_the_program_takes_fit() {
    let validator = validator();
    let base = "version = 1\nname = \"x\"\n[[fleet]]\nname = \"x\"\ncount = 1\nplatform = \"x\"\nconfig = \"x\"\n";
    for period in [
        "0s",
        "30s",
        "1.5s",
        "500ms",
        "500 µs",
        "1h 30m",
        "1h30m",
        "2 minutes, 3 seconds",
        "1d",
        "00:01:30",
        "PT5M",
        " 5s ",
    ] {
        assert!(period.parse::<Period>().is_ok(), "{period}");
        let text = format!("duration = \"{period}\"\n{base}");
        assert_eq!(findings(&validator, &text), [""; 0]);
    }
    for rate in ["50/s", "0.5/s", "1e3/min", "10 / hour", "3000/m", "2/day"] {
        assert!(rate.parse::<Rate>().is_ok(), "{rate}");
        let text = format!(
            "duration = \"1s\"\n{base}[[traffic]]\nname = \"x\"\narrival = {{ process = \"poisson\", rate = \"{rate}\" }}\n"
        );
        assert_eq!(findings(&validator, &text), [""; 0]);
    }
    for share in ["25%", "0.1 %", "100%", "33.3%"] {
        assert!(share.parse::<Share>().is_ok(), "{share}");
        let text =
            format!("duration = \"1s\"\n{base}[[traffic]]\nname = \"x\"\nshare = \"{share}\"\n");
        assert_eq!(findings(&validator, &text), [""; 0]);
    }
    for size in ["0 B", "512 KiB", "8GiB", "1 TiB"] {
        assert!(size.parse::<Size>().is_ok(), "{size}");
        let text = format!("duration = \"1s\"\njournal = \"{size}\"\n{base}");
        assert_eq!(findings(&validator, &text), [""; 0]);
    }
}

/// Every key that the schema has, at any place.
fn keys(schema: &Value) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(Value::Object(properties)) = fields.get("properties") {
                    keys.extend(properties.keys().cloned());
                }
                open.extend(fields.values());
            }
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    keys
}

#[test]
fn the_schema_and_the_documents_have_the_same_keys() {
    let document = fs::read_to_string(root().join("docs/scenario.md")).unwrap();
    let keys = keys(&scenario::schema());
    assert!(keys.len() > 120, "{}", keys.len());
    for key in &keys {
        let forms = [
            format!("`{key}`"),
            format!(".{key}`"),
            format!("`{key}."),
            format!("{key} = "),
            format!("[{key}]"),
            format!("[[{key}]]"),
        ];
        let documented = forms.iter().any(|form| document.contains(form));
        assert!(documented, "`{key}` is not documented");
    }
    // Tables of keys are those whose first column is called so.
    let mut in_keys = false;
    let mut told = 0;
    for line in document.lines() {
        if !line.starts_with('|') {
            in_keys = false;
        } else if line.starts_with("| key |") {
            in_keys = true;
        } else if in_keys && !line.starts_with("| ---") {
            let first = line.split('|').nth(1).unwrap();
            for key in first.split('`').skip(1).step_by(2) {
                let own = key.split(".\"").next().unwrap();
                let own = own.rsplit('.').next().unwrap();
                assert!(keys.contains(own), "`{key}` is in no scenario");
                told += 1;
            }
        }
    }
    assert!(told > 80, "{told}");
}

#[test]
fn every_key_is_described_and_every_table_closed() {
    let schema = scenario::schema();
    let definitions = schema["$defs"].as_object().unwrap();
    let tables = definitions
        .iter()
        .map(|(name, table)| (name.as_str(), table));
    let tables: Vec<_> = tables.chain([("the whole", &schema)]).collect();
    let mut described = 0;
    for (name, table) in tables {
        let Some(properties) = table["properties"].as_object() else {
            continue;
        };
        assert_eq!(table["additionalProperties"], false, "{name}");
        for (key, property) in properties {
            let words = property["description"].as_str().unwrap_or_default();
            assert!(!words.is_empty(), "{name}: `{key}` has no description");
            described += 1;
        }
    }
    assert!(described > 120, "{described}");
    assert!(!schema.to_string().contains("null"), "TOML has no null");
}
