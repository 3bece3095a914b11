//! The names of servers in the configurations of fleets, and which of them a fleet cannot do without.

use std::collections::BTreeSet;

use emulator::{Transport, config::Profile};

use super::{Fleet, Scenario, split_authority};

impl Fleet {
    /// Its mail servers, in lower case; `None` for one whose name differs from device to device.
    pub(crate) fn mail_servers(&self) -> impl Iterator<Item = Option<String>> {
        let servers = self.model.startup.call_home.mail_servers.iter();
        servers.map(|server| {
            let host = server.host.source();
            // Credentials stand before the name.
            known(host.rsplit('@').next().unwrap_or_default())
        })
    }

    /// The hosts in the URLs of its profiles, likewise.
    pub(crate) fn receivers(&self) -> impl Iterator<Item = Option<String>> {
        let profiles = self.model.startup.call_home.profiles.iter();
        profiles.filter_map(receiver)
    }

    /// Where its devices connect to when they send by `transport`; nowhere if they never do.
    fn contacts(&self, transport: Transport) -> BTreeSet<Option<String>> {
        let settings = &self.model.startup.call_home;
        let mut profiles = settings.profiles.iter();
        match transport {
            Transport::Email if profiles.any(mails) => self.mail_servers().collect(),
            Transport::Email => BTreeSet::new(),
            Transport::Http => {
                let receivers = profiles.filter(|profile| profile.http).filter_map(receiver);
                match &settings.http_proxy {
                    Some(proxy) => receivers.map(|_| known(&proxy.host.source())).collect(),
                    None => receivers.collect(),
                }
            }
        }
    }
}

fn mails(profile: &Profile) -> bool {
    profile.email && !profile.email_addresses.is_empty()
}

/// The host in the URL of `profile`, if it has one.
fn receiver(profile: &Profile) -> Option<Option<String>> {
    let url = profile.url()?;
    let source = url.source();
    let rest = source.split_once("://").map_or(&*source, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    Some(split_authority(authority).and_then(|(host, _)| known(host)))
}

/// A name in lower case, unless it has slots.
fn known(host: &str) -> Option<String> {
    (!host.is_empty() && !host.contains('{')).then(|| host.to_ascii_lowercase())
}

impl Scenario {
    /// The names among those that `is_dead` knows without which some fleet could not send at all by
    /// a transport: all the servers that it has for it are dead.
    pub(crate) fn indispensable(&self, is_dead: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for fleet in &self.fleets {
            for transport in Transport::ALL {
                let contacts = fleet.contacts(transport);
                let dead = |name: &Option<String>| name.as_deref().is_some_and(&is_dead);
                if contacts.iter().all(dead) {
                    names.extend(contacts.into_iter().flatten());
                }
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, Source};

    const BOTH: [&str; 2] = ["smtp1.example.net", "smtp2.example.net"];

    fn indispensable(dead: &[&str]) -> Vec<String> {
        let scenario = Scenario::load(&Source::BuiltIn, &Overrides::default()).unwrap();
        let names = scenario.scenario.indispensable(|name| dead.contains(&name));
        names.into_iter().collect()
    }

    #[test]
    fn a_fleet_can_do_without_a_server_but_not_without_all() {
        assert_eq!(indispensable(&[]), [""; 0]);
        // Campus devices have the first mail server only.
        assert_eq!(indispensable(&BOTH[..1]), BOTH[..1]);
        assert_eq!(indispensable(&BOTH[1..]), [""; 0]);
        assert_eq!(indispensable(&BOTH), BOTH);
        assert_eq!(indispensable(&["elsewhere.example.net"]), [""; 0]);
    }
}
