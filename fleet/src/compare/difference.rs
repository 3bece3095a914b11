//! Whether runs are of the same kind: only then is a difference of figures one of the servers.

use toml::{Table, Value};

use super::{Pairing, Refusal, Stored};

/// Tables of a scenario that say where messages go and what is demanded, not what is sent.
const FREE_KEYS: [&str; 6] = [
    "targets",
    "hosts",
    "threshold",
    "journal",
    "ssh",
    "validity",
];

/// Refuses runs of different kinds.
pub(super) fn check(base: &[Stored], new: &[Stored], pairing: Pairing) -> Result<(), Refusal> {
    let Some(first) = base.first() else {
        return Ok(());
    };
    for run in base.iter().chain(new) {
        check_one(first, run)?;
        // What differs between interleaved sides is what was asked for.
        if pairing == Pairing::Independent {
            check_scenario(first, run)?;
        }
    }
    check_copies(base)?;
    check_copies(new)
}

/// A run that is counted twice looks like two runs without any noise.
fn check_copies(side: &[Stored]) -> Result<(), Refusal> {
    for (number, run) in side.iter().enumerate() {
        let before = side[..number].iter();
        if let Some(other) = before
            .into_iter()
            .find(|other| other.summary == run.summary)
        {
            return Err(Refusal::new(
                &run.path,
                format!("it is a copy of {}", other.path.display()),
                "remove it: a run that counts twice makes noise look smaller",
            ));
        }
    }
    Ok(())
}

fn check_one(first: &Stored, run: &Stored) -> Result<(), Refusal> {
    let with = first.path.display();
    if run.name != first.name {
        return Err(Refusal::new(
            &run.path,
            format!(
                "a run of `{}`, and {with} is one of `{}`",
                run.name, first.name
            ),
            "compare runs of one scenario",
        ));
    }
    if run.devices != first.devices {
        return Err(Refusal::new(
            &run.path,
            format!("{} devices, and {with} has {}", run.devices, first.devices),
            "run both with the same --devices",
        ));
    }
    if run.fingerprint != first.fingerprint {
        return Err(Refusal::new(
            &run.path,
            format!(
                "its fingerprint is not that of {with}: the devices decided otherwise, so the servers were sent something else"
            ),
            "run both with the same scenario, device configurations, seed, rate and duration",
        ));
    }
    Ok(())
}

fn check_scenario(first: &Stored, run: &Stored) -> Result<(), Refusal> {
    let Some((base, new)) = first.scenario.as_ref().zip(run.scenario.as_ref()) else {
        return Ok(());
    };
    let differs =
        |key: &&String| !FREE_KEYS.contains(&key.as_str()) && base.get(*key) != new.get(*key);
    let Some(key) = base.keys().chain(new.keys()).find(differs) else {
        return Ok(());
    };
    let (path, one, other) = first_difference(key, base.get(key), new.get(key));
    Err(Refusal::new(
        &run.path,
        format!(
            "its scenario.toml has {path} {other}, and that of {} {one}",
            first.path.display()
        ),
        "run both with the same scenario; only [targets], [hosts], [[threshold]], [ssh], [validity] and `journal` may differ",
    ))
}

/// Where `base` and `new` differ first: the key, and what either has there.
fn first_difference(
    key: &str,
    base: Option<&Value>,
    new: Option<&Value>,
) -> (String, String, String) {
    if let (Some(Value::Table(base)), Some(Value::Table(new))) = (base, new)
        && let Some(inner) = first_key(base, new)
    {
        return first_difference(&format!("{key}.{inner}"), base.get(inner), new.get(inner));
    }
    if let (Some(Value::Array(base)), Some(Value::Array(new))) = (base, new)
        && let Some(place) = base.iter().zip(new).position(|(one, other)| one != other)
    {
        let key = format!("{key}.{place}");
        return first_difference(&key, base.get(place), new.get(place));
    }
    let shown = |value: Option<&Value>| match value {
        None => "unset".to_owned(),
        Some(Value::Table(_) | Value::Array(_)) => "otherwise".to_owned(),
        Some(value) => format!("= {value}"),
    };
    (format!("`{key}`"), shown(base), shown(new))
}

fn first_key<'t>(base: &'t Table, new: &'t Table) -> Option<&'t String> {
    let mut keys = base.keys().chain(new.keys());
    keys.find(|key| base.get(*key) != new.get(*key))
}

/// What is worth knowing about runs that may be compared.
pub(super) fn remarks(base: &[Stored], new: &[Stored], pairing: Pairing) -> Vec<String> {
    let mut remarks = Vec::new();
    let first = &base[0];
    if let Some(other) = base.iter().chain(new).find(|run| run.host != first.host) {
        remarks.push(format!(
            "another machine or kernel: {} ({}), {} ({})",
            first.path.display(),
            first.host,
            other.path.display(),
            other.host
        ));
    }
    if base
        .iter()
        .any(|run| new.iter().any(|other| other.summary == run.summary))
    {
        remarks.push("a run is on both sides".to_owned());
    }
    if base.iter().chain(new).any(|run| run.scenario.is_none()) {
        remarks.push(
            "no scenario.toml beside a summary: compared by name, devices and fingerprint alone"
                .to_owned(),
        );
    }
    if pairing == Pairing::Independent && base.len() > 1 && new.len() > 1 {
        let last = |runs: &[Stored]| runs.iter().map(|run| run.started.clone()).max();
        let first = |runs: &[Stored]| runs.iter().map(|run| run.started.clone()).min();
        if last(base) < first(new) || last(new) < first(base) {
            remarks.push("one side ran after the other: a machine that drifts looks like a regression; --interleave runs them in turn".to_owned());
        }
    }
    remarks
}
