//! From a scenario file to a scenario, or to everything that is wrong with it.

mod call_home;
mod events;
mod faults;
mod file_servers;
mod fleets;
mod licenses;
mod ssh;
mod syntax;
mod targets;
mod thresholds;

use std::{ops::Range, sync::Arc};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use toml::Spanned;

use super::{
    CONNECTIONS_DEFAULT, CONNECTIONS_MAX, ClockSettings, HttpsSettings, Kept, Loaded, Overrides,
    Scenario, SmtpSettings, Source, SourceAddresses,
    file::{ClockTable, ScenarioFile},
    source::ReadError,
    targets::parse_sources,
};
use crate::diagnostic::{Diagnostic, closest};

/// Device time at the start of a scenario that names none.
const START_DEFAULT: &str = "2026-03-02T09:00:00Z";
/// Fastest that device time may pass.
const SPEED_MAX: f64 = 10_000_000.0;
/// Most findings that are kept.
const FINDINGS_MAX: usize = 200;

/// Findings, collected while a file is looked through.
struct Findings {
    file: String,
    text: Arc<str>,
    found: Vec<Diagnostic>,
    /// Fatal findings, also those beyond the limit.
    fatal: usize,
}

impl Findings {
    fn new(file: String, text: &str) -> Self {
        Self {
            file,
            text: text.into(),
            found: Vec::new(),
            fatal: 0,
        }
    }

    /// Keeps `finding` unless there are so many that nobody reads them.
    fn push(&mut self, finding: Diagnostic) {
        self.fatal += usize::from(finding.fatal);
        // A fatal finding is never lost behind warnings.
        if self.found.len() < FINDINGS_MAX || finding.fatal && self.fatal == 1 {
            self.found.push(finding);
        }
    }

    fn add(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let finding = self.finding(span, message.into(), help.into(), true);
        self.push(finding);
    }

    /// A finding that does not keep the scenario from running.
    fn warn(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let finding = self.finding(span, message.into(), help.into(), false);
        self.push(finding);
    }

    fn finding(
        &self,
        span: Range<usize>,
        message: String,
        help: String,
        fatal: bool,
    ) -> Diagnostic {
        Diagnostic {
            file: self.file.clone(),
            text: Arc::clone(&self.text),
            span,
            message,
            label: String::new(),
            help,
            fatal,
        }
    }

    /// A finding about no particular place of the file.
    fn add_general(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.add(0..0, message, help);
    }
}

pub(super) fn load(source: &Source, overrides: &Overrides) -> Result<Loaded, Vec<Diagnostic>> {
    let nowhere = |message: String, help: &str| {
        vec![Diagnostic {
            file: source.name(),
            text: Arc::default(),
            span: 0..0,
            message,
            label: String::new(),
            help: help.to_owned(),
            fatal: true,
        }]
    };
    let written = source.read().map_err(|error| {
        nowhere(
            format!("cannot read {}: {error}", source.name()),
            match error {
                ReadError::System(_) => "name a scenario file, or none for the built-in quickstart",
                ReadError::TooLarge(_) | ReadError::NotText(_) => {
                    "a scenario is a TOML file of a few kilobytes"
                }
            },
        )
    })?;
    let text = if overrides.is_empty() {
        written
    } else {
        apply(&written, overrides).map_err(|error| match error {
            Applied::Syntax(error) => vec![syntax::finding(source.name(), &written, &error)],
            Applied::Override(message) => nowhere(message, "see `fleet run --help`"),
        })?
    };
    let name = if overrides.is_empty() {
        source.name()
    } else {
        format!("{} (with the flags applied)", source.name())
    };
    let file: ScenarioFile = toml::from_str(&text)
        .map_err(|error| vec![syntax::finding(name.clone(), &text, &error)])?;
    let mut findings = Findings::new(name, &text);
    let scenario = build(source, overrides, file, &text, &mut findings);
    match scenario {
        Some(scenario) if findings.fatal == 0 => Ok(Loaded {
            scenario,
            warnings: findings.found,
        }),
        _ => Err(findings.found),
    }
}

enum Applied {
    Syntax(toml::de::Error),
    Override(String),
}

fn apply(written: &str, overrides: &Overrides) -> Result<String, Applied> {
    // The file itself must be sound before anything is changed in it.
    toml::from_str::<toml::Table>(written).map_err(Applied::Syntax)?;
    let mut document: toml_edit::DocumentMut = written
        .parse()
        .map_err(|error: toml_edit::TomlError| Applied::Override(error.to_string()))?;
    overrides
        .apply(&mut document)
        .map_err(|error| Applied::Override(error.to_string()))?;
    Ok(document.to_string())
}

fn build(
    source: &Source,
    overrides: &Overrides,
    file: ScenarioFile,
    text: &str,
    findings: &mut Findings,
) -> Option<Scenario> {
    check_header(&file, findings);
    let duration = file.duration.get_ref().0;
    let warm_up = file.warm_up.as_ref().map(|period| period.get_ref().0);
    let clock = clock(&file.clock, findings);
    let targets = targets::targets(&file, overrides, findings);
    targets::check_authorities(source, &file, findings);
    let smtp = SmtpSettings {
        connections: connections(file.smtp.connections.as_ref(), findings),
        reuse: file.smtp.reuse,
        pipelining: file.smtp.pipelining,
        connect_timeout: file.smtp.connect_timeout.0,
        reply_timeout: file.smtp.reply_timeout.0,
    };
    let resolve = |path: &Spanned<String>| source.resolve(path.get_ref());
    let https = HttpsSettings {
        connections: connections(file.https.connections.as_ref(), findings),
        keep_alive: file.https.keep_alive,
        resumption: file.https.resumption,
        connect_timeout: file.https.connect_timeout.0,
        response_timeout: file.https.response_timeout.0,
        ca: file.targets.ca.as_ref().map(resolve),
        insecure: file.targets.insecure,
    };
    let ssh = ssh::settings(source, &file.ssh, findings);
    let sources = sources(file.sources.addresses.as_ref(), findings);
    let file_servers = file_servers::file_servers(&file.file_server, overrides, findings);
    let fleets = fleets::fleets(source, &file, &file_servers, clock.as_ref(), findings);
    let faults = targets.as_ref().map(|targets| {
        targets::check_transports(&file, targets, &fleets, findings);
        faults::faults(&file, targets, &fleets, duration, findings)
    });
    let starts_at = clock
        .as_ref()
        .map_or(Timestamp::UNIX_EPOCH, |clock| clock.start);
    let traffic = events::traffic(source, &file, &fleets, (starts_at, duration), findings);
    let names: Vec<&str> = fleets.iter().map(|fleet| fleet.name.as_str()).collect();
    let thresholds = thresholds::thresholds(&file.threshold, &names, duration, findings);
    Some(Scenario {
        name: file.name.into_inner(),
        seed: file.seed.into_inner(),
        duration,
        warm_up: warm_up.unwrap_or_default(),
        drain: file.drain.0,
        journal_bytes_max: file.journal.0,
        clock: clock?,
        targets: targets?,
        file_servers,
        sources,
        smtp,
        https,
        lag_budget: file.validity.lag_budget.0,
        ssh,
        fleets,
        traffic,
        faults: faults?,
        thresholds,
        file: findings.file.clone(),
        text: text.to_owned(),
        kept: Kept::of(source, text),
    })
}

fn check_header(file: &ScenarioFile, findings: &mut Findings) {
    if *file.version.get_ref() != 1 {
        findings.add(
            file.version.span(),
            format!("scenario version {} is not known", file.version.get_ref()),
            "write version = 1",
        );
    }
    let name = file.name.get_ref();
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) || name.starts_with('.') {
        findings.add(
            file.name.span(),
            format!("`{name}` cannot name a run directory"),
            "use up to 64 letters, digits, dashes and underscores",
        );
    }
    let duration = file.duration.get_ref();
    if duration.0.is_zero() {
        findings.add(
            file.duration.span(),
            "a run of no duration sends nothing",
            "write, say, duration = \"30s\"",
        );
    }
    if let Some(warm_up) = file
        .warm_up
        .as_ref()
        .filter(|warm_up| warm_up.get_ref() >= duration)
    {
        findings.add(
            warm_up.span(),
            format!(
                "warm-up of {} does not fit in a run of {duration}",
                warm_up.get_ref()
            ),
            "shorten `warm-up` or lengthen `duration`",
        );
    }
}

fn clock(table: &ClockTable, findings: &mut Findings) -> Option<ClockSettings> {
    let zone = match &table.zone {
        None => TimeZone::UTC,
        Some(name) => match TimeZone::get(name.get_ref()) {
            Ok(zone) => zone,
            Err(_) => {
                findings.add(
                    name.span(),
                    format!("`{}` is not a time zone", name.get_ref()),
                    "write an IANA name such as \"America/Denver\" or \"UTC\"",
                );
                return None;
            }
        },
    };
    let speed = table.speed.as_ref().map_or(1.0, |speed| *speed.get_ref());
    if !(speed > 0.0 && speed <= SPEED_MAX) {
        findings.add(
            table.speed.as_ref().map_or(0..0, Spanned::span),
            format!("a speed of {speed} is not possible"),
            "write device seconds per real second, above 0 and at most 10,000,000",
        );
        return None;
    }
    let start = match &table.start {
        None => START_DEFAULT.parse().ok()?,
        Some(start) => match instant(start.get_ref(), &zone) {
            Some(instant) => instant,
            None => {
                findings.add(
                    start.span(),
                    format!("`{}` is not an instant", start.get_ref()),
                    "write RFC 3339, as in \"2026-03-14T10:50:00Z\"; without an offset the clock's zone is meant",
                );
                return None;
            }
        },
    };
    Some(ClockSettings { start, zone, speed })
}

/// An instant with an offset, or a local time in `zone`.
fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let local: DateTime = text.parse().ok()?;
    zone.to_timestamp(local).ok()
}

fn connections(value: Option<&Spanned<u32>>, findings: &mut Findings) -> u32 {
    let Some(value) = value else {
        return CONNECTIONS_DEFAULT;
    };
    let count = *value.get_ref();
    if count == 0 || count > CONNECTIONS_MAX {
        findings.add(
            value.span(),
            format!("{count} connections at once are not possible"),
            format!("write a number from 1 to {CONNECTIONS_MAX}"),
        );
    }
    count
}

fn sources(value: Option<&Spanned<String>>, findings: &mut Findings) -> SourceAddresses {
    let Some(value) = value else {
        return SourceAddresses::PerDevice;
    };
    parse_sources(value.get_ref()).unwrap_or_else(|| {
        findings.add(
            value.span(),
            format!("`{}` are no source addresses", value.get_ref()),
            "write \"per-device\", \"none\" or a range such as \"127.8.0.0/16\"",
        );
        SourceAddresses::PerDevice
    })
}
