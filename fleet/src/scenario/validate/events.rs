//! Traffic: when events happen, and what they are.

mod arrival;
mod chains;
mod keys;
mod licenses;

use std::{sync::Arc, time::Duration};

use emulator::{AlertGroup, ManualMessage, Sensor, Severity, SystemEvent, alert::RequestKind};
use jiff::Timestamp;
use toml::Spanned;

use super::Findings;
use crate::{
    diagnostic::closest,
    scenario::{
        Emission, Fleet, Source, SyslogPattern, Traffic,
        file::{EventWord, RequestWord, ScenarioFile, SensorWord, TrafficTable},
    },
};

pub(super) fn traffic(
    source: &Source,
    file: &ScenarioFile,
    fleets: &[Fleet],
    (starts_at, duration): (Timestamp, Duration),
    findings: &mut Findings,
) -> Vec<Traffic> {
    let mut traffic: Vec<Traffic> = Vec::new();
    for table in &file.traffic {
        check_name(table, &traffic, findings);
        let fleet = match fleet(table, file, fleets, findings) {
            Concerned::All => None,
            Concerned::Fleet(position) => Some(position),
            // Whatever could be said about its devices has been said of the fleet.
            Concerned::Faulty => continue,
        };
        let begin = table
            .at
            .as_ref()
            .map_or(Duration::ZERO, |at| at.get_ref().0);
        if begin >= duration {
            findings.warn(
                table.at.as_ref().map_or(0..0, Spanned::span),
                format!(
                    "`{}` begins when the run is over: it does not happen",
                    table.name.get_ref()
                ),
                "let it begin earlier or lengthen `duration`",
            );
        }
        keys::check(table, findings);
        arrival::check_end(table, begin, duration, findings);
        let lasts = table.lasts.as_ref().map(|lasts| lasts.get_ref().0);
        let end = lasts.map_or(duration, |lasts| (begin + lasts).min(duration));
        let concerned: Vec<&Fleet> = match fleet {
            Some(position) => fleets.get(position).into_iter().collect(),
            None => fleets.iter().collect(),
        };
        let (Some(arrival), Some(emission)) = (
            arrival::arrival(
                source,
                table,
                &concerned,
                end.saturating_sub(begin),
                findings,
            ),
            emission(table, &concerned, starts_at, findings),
        ) else {
            continue;
        };
        traffic.push(Traffic {
            name: table.name.get_ref().clone(),
            fleet,
            begin,
            end,
            site_share: table.sites,
            share: table.share,
            arrival,
            emission,
        });
    }
    traffic
}

fn check_name(table: &TrafficTable, before: &[Traffic], findings: &mut Findings) {
    let name = table.name.get_ref();
    if before.iter().any(|traffic| traffic.name == *name) {
        findings.add(
            table.name.span(),
            format!("there are two traffics called `{name}`"),
            "rename one: chance is drawn by name",
        );
    }
}

/// Whose devices a traffic concerns.
enum Concerned {
    All,
    /// Those of the fleet at this position.
    Fleet(usize),
    /// Those of a fleet that is wrong itself, or of none that there is.
    Faulty,
}

fn fleet(
    table: &TrafficTable,
    file: &ScenarioFile,
    fleets: &[Fleet],
    findings: &mut Findings,
) -> Concerned {
    let Some(name) = &table.fleet else {
        return Concerned::All;
    };
    let sound = |fleet: &Fleet| fleet.name == *name.get_ref();
    if let Some(position) = fleets.iter().position(sound) {
        return Concerned::Fleet(position);
    }
    let tables = file.fleet.get_ref().iter();
    let written: Vec<&str> = tables.map(|fleet| fleet.name.get_ref().as_str()).collect();
    if !written.contains(&name.get_ref().as_str()) {
        let help = match closest(name.get_ref(), written.iter().copied()) {
            Some(like) => format!("did you mean `{like}`?"),
            None => format!("known are {}", written.join(", ")),
        };
        findings.add(
            name.span(),
            format!("there is no fleet `{}`", name.get_ref()),
            help,
        );
    }
    Concerned::Faulty
}

fn emission(
    table: &TrafficTable,
    concerned: &[&Fleet],
    starts_at: Timestamp,
    findings: &mut Findings,
) -> Option<Emission> {
    if table.recording.is_some() {
        return Some(Emission::Recorded);
    }
    match (&table.syslog, &table.event) {
        (Some(pattern), None) => match SyslogPattern::parse(pattern.get_ref()) {
            Ok(pattern) => Some(Emission::Syslog(pattern)),
            Err(error) => {
                findings.add(pattern.span(), error.to_string(), "write, say, \"%LINK-3-UPDOWN: Interface Gi0/{0..3}, changed state to {up|down}\"");
                None
            }
        },
        (None, Some(word)) if chains::is_chain(*word.get_ref()) => {
            chains::chain(table, *word.get_ref(), concerned, findings).map(Emission::Chain)
        }
        (None, Some(word)) => {
            event(table, *word.get_ref(), concerned, starts_at, findings).map(Emission::Event)
        }
        _ => {
            findings.add(
                table.name.span(),
                format!(
                    "`{}` must have either `syslog` or `event`",
                    table.name.get_ref()
                ),
                "write syslog = \"%FACILITY-LEVEL-MNEMONIC: text\" or event = \"reload\"",
            );
            None
        }
    }
}

fn event(
    table: &TrafficTable,
    word: EventWord,
    concerned: &[&Fleet],
    starts_at: Timestamp,
    findings: &mut Findings,
) -> Option<SystemEvent> {
    Some(match word {
        EventWord::EnvironmentAlarm => {
            SystemEvent::EnvironmentAlarm(match table.sensor.as_ref().map(Spanned::get_ref) {
                Some(SensorWord::PowerSupply) => Sensor::PowerSupply,
                Some(SensorWord::Temperature) => Sensor::Temperature,
                Some(SensorWord::Voltage) => Sensor::Voltage,
                Some(SensorWord::Fan) | None => Sensor::Fan,
            })
        }
        EventWord::Crash => SystemEvent::Crash,
        EventWord::Traceback => SystemEvent::Traceback,
        EventWord::CardRemoved => SystemEvent::CardRemoved(card(table, concerned, findings)),
        EventWord::CardInserted => SystemEvent::CardInserted(card(table, concerned, findings)),
        EventWord::DiagnosticFailure => SystemEvent::DiagnosticFailure {
            card: card(table, concerned, findings),
            severity: severity(table, findings)?,
        },
        EventWord::ConfigurationChange => SystemEvent::ConfigurationChanged {
            by: "console".into(),
        },
        EventWord::Reload => SystemEvent::Reload,
        EventWord::PowerOff => SystemEvent::PowerLost,
        EventWord::PowerOn => SystemEvent::PowerRestored,
        EventWord::LicenseInstall
        | EventWord::LicenseClear
        | EventWord::LicenseTamper
        | EventWord::LicenseExpiryWave
        | EventWord::LicenseUsers => licenses::event(table, word, concerned, starts_at, findings)
            .map(SystemEvent::License)?,
        // They are no single events.
        EventWord::PowerLoss
        | EventWord::LinkFlap
        | EventWord::ReloadWave
        | EventWord::CrashWave
        | EventWord::CardFailure
        | EventWord::ConfigPush
        | EventWord::PeriodicHerd => return None,
        EventWord::Test | EventWord::Send | EventWord::Request => {
            SystemEvent::Manual(manual(table, word, concerned, findings)?)
        }
    })
}

fn card(table: &TrafficTable, concerned: &[&Fleet], findings: &mut Findings) -> u8 {
    let card = table.card.as_ref().map_or(0, |card| *card.get_ref());
    for fleet in concerned {
        let platform = &fleet.model.platform;
        if usize::from(card) >= platform.cards.len() {
            findings.add(
                table.card.as_ref().map_or(table.name.span(), Spanned::span),
                format!(
                    "a {} has {} cards, counted from 0",
                    platform.pid,
                    platform.cards.len()
                ),
                format!("choose a card of fleet `{}`", fleet.name),
            );
        }
    }
    card
}

fn severity(table: &TrafficTable, findings: &mut Findings) -> Option<Severity> {
    let Some(word) = &table.severity else {
        return Some(Severity::Major);
    };
    let found = Severity::ALL
        .into_iter()
        .find(|severity| severity.keyword() == word.get_ref());
    if found.is_none() {
        findings.add(
            word.span(),
            format!("`{}` is not a severity", word.get_ref()),
            "write normal, warning, minor or major",
        );
    }
    found
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "called for the three words of manual messages only"
)]
fn manual(
    table: &TrafficTable,
    word: EventWord,
    concerned: &[&Fleet],
    findings: &mut Findings,
) -> Option<ManualMessage> {
    let profile = profile(table, concerned, findings)?;
    match word {
        EventWord::Test => match profile {
            Some(profile) => Some(ManualMessage::Test {
                text: table
                    .text
                    .as_ref()
                    .map(|text| text.get_ref().as_str().into()),
                profile,
            }),
            None => {
                findings.add(
                    table.name.span(),
                    "a test message goes to a profile",
                    "add profile = \"NAME\"",
                );
                None
            }
        },
        EventWord::Request => Some(ManualMessage::Request {
            kind: match table.request.as_ref().map(Spanned::get_ref) {
                Some(RequestWord::BugsList) => RequestKind::BugsList,
                Some(RequestWord::CommandReference) => RequestKind::CommandReference,
                Some(RequestWord::ProductAdvisory) => RequestKind::ProductAdvisory,
                Some(RequestWord::ConfigSanity) | None => RequestKind::ConfigSanity,
            },
            profile,
            cco_id: None,
        }),
        _ => by_hand(table, profile, findings),
    }
}

/// `call-home send alert-group GROUP`.
fn by_hand(
    table: &TrafficTable,
    profile: Option<Arc<str>>,
    findings: &mut Findings,
) -> Option<ManualMessage> {
    let word = table.group.as_ref();
    let group = word.map_or("inventory", |group| group.get_ref());
    let by_hand = AlertGroup::from_keyword(group)
        .filter(|group| !matches!(group, AlertGroup::Environment | AlertGroup::Syslog));
    if by_hand.is_none() {
        findings.add(
            word.map_or(0..0, Spanned::span),
            format!("`{group}` cannot be sent by hand"),
            "write configuration, crash, diagnostic, inventory or snapshot",
        );
    }
    Some(ManualMessage::Send {
        group: by_hand?,
        profile,
    })
}

/// The named profile, which every device concerned must have.
fn profile(
    table: &TrafficTable,
    concerned: &[&Fleet],
    findings: &mut Findings,
) -> Option<Option<Arc<str>>> {
    let Some(name) = &table.profile else {
        return Some(None);
    };
    for fleet in concerned {
        if fleet
            .model
            .startup
            .call_home
            .profile(name.get_ref())
            .is_none()
        {
            findings.add(
                name.span(),
                format!(
                    "the devices of `{}` have no profile `{}`",
                    fleet.name,
                    name.get_ref()
                ),
                "name a profile of their configuration, or concern another fleet",
            );
            return None;
        }
    }
    Some(Some(name.get_ref().as_str().into()))
}
