//! Fleets: model, configuration, names.

use std::sync::Arc;

use emulator::{
    Catalogue, DeviceModel, Naming, Platform, Policy,
    config::{self, parse::Parsed},
    policy::{IdEpoch, RateUnit, SizePolicy},
    template::Template,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{Findings, call_home, licenses};
use crate::{
    diagnostic::{Diagnostic, closest, span_of},
    scenario::{
        ClockSettings, DEVICES_MAX, FileServer, Fleet, Source,
        file::{FleetTable, IdEpochWord, PolicyTable, RateUnitWord, ScenarioFile, SizePolicyWord},
        source::ReadError,
    },
};

pub(super) fn fleets(
    source: &Source,
    file: &ScenarioFile,
    file_servers: &[FileServer],
    clock: Option<&ClockSettings>,
    findings: &mut Findings,
) -> Vec<Fleet> {
    let catalogue = match Catalogue::built_in() {
        Ok(catalogue) => catalogue,
        Err(error) => {
            findings.add_general(error.to_string(), "this is a defect of the program");
            return Vec::new();
        }
    };
    let starts_at = clock.map_or(Timestamp::UNIX_EPOCH, |clock| clock.start);
    let mut servers = licenses::servers(source, &file.file, starts_at, findings);
    for server in file_servers {
        servers.reach(server.protocol, &server.host);
    }
    let servers = Arc::new(servers);
    let trust = licenses::trust(&file.licensing, findings);
    let spread = file.call_home.schedule_spread.unwrap_or_default();
    let spread = SignedDuration::try_from(spread.0).unwrap_or_default();
    let changes = call_home::changes(&file.call_home, findings);
    let zone = clock.map_or(TimeZone::UTC, |clock| clock.zone.clone());
    let mut fleets: Vec<Fleet> = Vec::new();
    let mut first_device = 0_u32;
    for table in file.fleet.get_ref() {
        let name = table.name.get_ref();
        check_name(table, &fleets, findings);
        let count = check_count(table, first_device, findings);
        let platform = platform(&catalogue, table, findings);
        let configuration = configuration(source, table, findings);
        let (Some(platform), Some(mut parsed)) = (platform, configuration) else {
            continue;
        };
        changes.apply(&mut parsed.configuration);
        let sites = sites(table, findings);
        let licensing = licenses::model(&platform, table, &trust, findings);
        fleets.push(Fleet {
            name: name.clone(),
            count,
            first_device,
            model: DeviceModel {
                policy: policy(&table.policy, spread),
                site_zone: zone.clone(),
                licensing: Arc::new(licensing),
                servers: Arc::clone(&servers),
                ..DeviceModel::new(platform, parsed.configuration)
            }
            .shared(),
            naming: Arc::new(naming(table, sites)),
        });
        first_device = first_device.saturating_add(count);
    }
    if file.fleet.get_ref().is_empty() {
        findings.add(
            file.fleet.span(),
            "a scenario without devices sends nothing",
            "add a [[fleet]]",
        );
    }
    fleets
}

fn check_name(table: &FleetTable, before: &[Fleet], findings: &mut Findings) {
    let name = table.name.get_ref();
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
        findings.add(
            table.name.span(),
            format!("`{name}` cannot begin a host name"),
            "use up to 32 letters, digits, dashes and underscores",
        );
    }
    if before.iter().any(|fleet| fleet.name == *name) {
        findings.add(
            table.name.span(),
            format!("there are two fleets called `{name}`"),
            "rename one",
        );
    }
}

fn check_count(table: &FleetTable, before: u32, findings: &mut Findings) -> u32 {
    let count = *table.count.get_ref();
    if count == 0 {
        findings.add(
            table.count.span(),
            "a fleet of no devices sends nothing",
            "write count = 1 or more",
        );
    } else if u64::from(before) + u64::from(count) > u64::from(DEVICES_MAX) {
        findings.add(
            table.count.span(),
            format!("{count} devices are more than one process runs"),
            format!("at most {DEVICES_MAX} in all fleets together"),
        );
    }
    count.min(DEVICES_MAX)
}

fn platform(
    catalogue: &Catalogue,
    table: &FleetTable,
    findings: &mut Findings,
) -> Option<Arc<Platform>> {
    let name = table.platform.get_ref();
    let found = catalogue.find(name);
    if found.is_none() {
        let known: Vec<&str> = catalogue
            .iter()
            .map(|platform| platform.pid.as_str())
            .collect();
        let help = match closest(name, known.iter().copied()) {
            Some(like) => format!("did you mean \"{like}\"? known are {}", known.join(", ")),
            None => format!("known are {}", known.join(", ")),
        };
        findings.add(
            table.platform.span(),
            format!("there is no platform `{name}`"),
            help,
        );
    }
    found
}

/// The number of sites; no more than there are devices, so that none is empty.
fn sites(table: &FleetTable, findings: &mut Findings) -> u32 {
    let Some(sites) = &table.sites else {
        return 1;
    };
    if *sites.get_ref() == 0 {
        findings.add(
            sites.span(),
            "devices stand at one site at least",
            "write sites = 1 or more",
        );
    }
    (*sites.get_ref()).min(*table.count.get_ref()).max(1)
}

fn naming(table: &FleetTable, sites: u32) -> Naming {
    let by_default = Naming::of_fleet(table.name.get_ref(), sites);
    match &table.hostname {
        None => by_default,
        Some(pattern) => Naming {
            hostname: Template::of_identity(pattern.get_ref()),
            ..by_default
        },
    }
}

/// Reads the configuration of a fleet; what is wrong with it is shown in its own text.
fn configuration(source: &Source, table: &FleetTable, findings: &mut Findings) -> Option<Parsed> {
    let path = table.config.get_ref();
    let file = source.resolve(path).display().to_string();
    let text = match source.read_related(path) {
        Ok(text) => text,
        Err(error) => {
            findings.add(
                table.config.span(),
                format!("cannot read {file}: {error}"),
                match error {
                    ReadError::System(_) => "paths are relative to the scenario file",
                    ReadError::TooLarge(_) | ReadError::NotText(_) => {
                        "name a file with the configuration of one device"
                    }
                },
            );
            return None;
        }
    };
    let parsed = config::parse::parse(&text);
    let text: Arc<str> = text.into();
    for found in &parsed.diagnostics {
        findings.push(Diagnostic {
            file: file.clone(),
            text: Arc::clone(&text),
            span: span_of(&text, found.line, found.column, found.length),
            message: found.message.clone(),
            label: String::new(),
            help: found.help.clone(),
            fatal: found.level == config::Level::Error,
        });
    }
    if parsed.is_clean() && !parsed.configuration.service_call_home {
        findings.warn(
            table.config.span(),
            format!("no device of `{}` can send anything", table.name.get_ref()),
            format!("{file} has no `service call-home`; add the line"),
        );
    }
    Some(parsed)
}

fn policy(table: &PolicyTable, schedule_spread: SignedDuration) -> Policy {
    let by_default = Policy::default();
    Policy {
        throttle_window: table
            .throttle_window
            .and_then(|window| SignedDuration::try_from(window.0).ok())
            .unwrap_or(by_default.throttle_window),
        schedule_spread,
        rate_unit: match table.rate_unit {
            Some(RateUnitWord::Event) => RateUnit::Event,
            Some(RateUnitWord::Message) | None => RateUnit::Message,
        },
        queue_messages_max: table
            .queue_messages_max
            .as_ref()
            .map_or(by_default.queue_messages_max, |most| *most.get_ref()),
        size_policy: match table.size_policy {
            Some(SizePolicyWord::Drop) => SizePolicy::Drop,
            Some(SizePolicyWord::Truncate) | None => SizePolicy::Truncate,
        },
        id_epoch: match table.id_epoch {
            Some(IdEpochWord::Ntp) => IdEpoch::Ntp,
            Some(IdEpochWord::Unix) | None => IdEpoch::Unix,
        },
        scrub_header: table.scrub_header,
        anonymous_keeps_udi: table.anonymous_keeps_udi,
        group_proactive: table.group_proactive,
    }
}
