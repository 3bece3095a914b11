//! Faults: whether their targets are embedded sinks, and whether they happen within the run.

use std::{ops::Range, time::Duration};

use emulator::Transport;
use sink::fault::{FAULTS_MAX, Fault, FaultError, FaultErrors, FaultTable, TlsAbility};
use toml::Spanned;
use toml_edit::{Document, Item};

use super::Findings;
use crate::{
    diagnostic::closest,
    scenario::{Fleet, PlannedFault, TargetChoice, Targets, fault::protocol, file::ScenarioFile},
    units::Period,
};

/// What to do about a fault that is not in this process.
const STANDALONE: &str =
    "a standalone sink takes --fault FILE; or write \"embedded\" for the target here";

/// The faults of a scenario whose traffic lasts for `duration`.
pub(super) fn faults(
    file: &ScenarioFile,
    targets: &Targets,
    fleets: &[Fleet],
    duration: Duration,
    findings: &mut Findings,
) -> Vec<PlannedFault> {
    let text = findings.text.clone();
    let document = Document::parse(&*text).ok();
    let mut planned = Vec::new();
    if let Some(beyond) = file.fault.get(FAULTS_MAX) {
        findings.add(
            beyond.span(),
            format!("a scenario has at most {FAULTS_MAX} faults"),
            "leave some out",
        );
    }
    for (number, table) in file.fault.iter().enumerate() {
        let places = Places {
            item: document
                .as_ref()
                .and_then(|document| document.get("fault")?.get(number)),
            whole: table.span(),
        };
        let mut look = Look {
            targets,
            fleets,
            places,
            findings: &mut *findings,
        };
        let found = look.fault(table);
        for fault in &found {
            look.check_window(&fault.fault, duration);
        }
        planned.extend(found);
    }
    planned
}

/// Where the keys of a fault are written.
struct Places<'a> {
    item: Option<&'a Item>,
    whole: Range<usize>,
}

impl Places<'_> {
    /// The value of `key`, as in `reply.code`, or what is nearest to it.
    fn of(&self, key: &str) -> Range<usize> {
        let mut place = self.whole.clone();
        let mut item = self.item;
        for part in key.split('.').filter(|part| !part.is_empty()) {
            item = item.and_then(|item| item.get(part));
            if let Some(span) = item.and_then(Item::span) {
                place = span;
            }
        }
        place
    }
}

struct Look<'a> {
    targets: &'a Targets,
    fleets: &'a [Fleet],
    places: Places<'a>,
    findings: &'a mut Findings,
}

impl Look<'_> {
    fn wrong(&mut self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        let place = self.places.of(key);
        self.findings.add(place, message, help);
    }

    fn fault(&mut self, table: &Spanned<FaultTable>) -> Vec<PlannedFault> {
        let table = table.get_ref();
        let Some(target) = &table.target else {
            let help = "write target = \"smtp\", \"https\" or the name of an embedded host";
            self.wrong("", "a fault of a scenario needs a target", help);
            return Vec::new();
        };
        let Some((host, transports)) = self.concerned(target) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let mut refused = Vec::new();
        for transport in transports {
            match table.check(protocol(transport), TlsAbility::Own) {
                Ok(fault) => found.push(PlannedFault {
                    target: target.clone(),
                    host: host.clone(),
                    transport,
                    fault,
                }),
                Err(FaultErrors(errors)) => refused.push(errors),
            }
        }
        // A host that is spoken to in two ways has the faults that fit one of them.
        if found.is_empty() {
            for FaultError { key, message, help } in refused.into_iter().next().unwrap_or_default()
            {
                self.wrong(key, message, help);
            }
        }
        found
    }

    /// The host whose sink `target` is, and the transports.
    fn concerned(&mut self, target: &str) -> Option<(Option<String>, Vec<Transport>)> {
        let transport = match target {
            "smtp" => Transport::Email,
            "https" => Transport::Http,
            host => return self.host(host),
        };
        if self.targets.embeds(transport) {
            return Some((None, vec![transport]));
        }
        let message = format!("no sink for {target} runs in this process");
        self.wrong("target", message, STANDALONE);
        None
    }

    fn host(&mut self, target: &str) -> Option<(Option<String>, Vec<Transport>)> {
        let name = target.to_ascii_lowercase();
        match self.targets.hosts.get(&name) {
            Some(TargetChoice::Embedded) => {}
            Some(TargetChoice::Server { endpoint, .. }) => {
                let message = format!(
                    "`{target}` is {}:{}, which is no sink of this process",
                    endpoint.host, endpoint.port
                );
                self.wrong("target", message, STANDALONE);
                return None;
            }
            None => {
                let known = self.targets.hosts.keys().map(String::as_str);
                let known = ["smtp", "https"].into_iter().chain(known);
                let help = match closest(&name, known) {
                    Some(like) => format!("did you mean `{like}`?"),
                    None => "write \"smtp\", \"https\" or a name that [hosts] has as \"embedded\""
                        .to_owned(),
                };
                let message = format!("there is no target `{target}`");
                self.wrong("target", message, help);
                return None;
            }
        }
        let is_used = |transport: Transport| {
            let is_it = |host: Option<String>| host.is_none_or(|host| host == name);
            self.fleets.iter().any(|fleet| match transport {
                Transport::Email => fleet.mail_servers().any(is_it),
                Transport::Http => fleet.receivers().any(is_it),
            })
        };
        let used: Vec<Transport> = Transport::ALL
            .into_iter()
            .filter(|one| is_used(*one))
            .collect();
        if used.is_empty() {
            let help = "name it in a device configuration, or another target here";
            self.wrong("target", format!("no device sends to `{target}`"), help);
            return None;
        }
        Some((Some(name), used))
    }

    fn check_window(&mut self, fault: &Fault, duration: Duration) {
        let run = Period(duration);
        if fault.at >= duration {
            self.wrong(
                "at",
                format!("the fault begins when the run of {run} is over"),
                "let it begin earlier, or lengthen `duration`",
            );
        } else if let Some(lasts) = fault.lasts
            && lasts > duration - fault.at
        {
            let key = if fault.action.kind() == "restart" {
                "restart.down"
            } else {
                "for"
            };
            self.wrong(
                key,
                format!("the fault ends behind the end of the run of {run}"),
                "shorten it, or leave out `for` when it should last to the end",
            );
        }
    }
}
