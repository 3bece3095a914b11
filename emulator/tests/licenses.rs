//! Licenses on devices: dialogues, outputs, and what time makes of them.

use std::sync::Arc;

use desk::Desk;
use emulator::{
    cli::{Session, Settings},
    device::files::{FileServers, Served},
    license::{
        Issuer, LicenseKind, Terms,
        issue::{Delivery, Flaw},
        signature::TEST_KEY_ID,
    },
};
use lab::Lab;

#[path = "support/desk.rs"]
mod desk;
#[path = "support/lab.rs"]
mod lab;

fn delivery(terms: Vec<Terms>, flaw: Option<Flaw>) -> Served {
    Served::Licenses(Arc::new(Delivery {
        issuer: Issuer::for_tests(TEST_KEY_ID),
        terms,
        pak: None,
        issued_at_s: 1_773_400_000,
        flaw,
    }))
}

fn desk(platform: &str, configuration: &str) -> Desk {
    let mut servers = FileServers::default();
    let permanent = Terms::permanent("securityk9");
    let extension = Terms::metered("gatekeeper", LicenseKind::Extension, 1440);
    servers.put("files", "sec.lic", delivery(vec![permanent.clone()], None));
    servers.put("files", "gate.lic", delivery(vec![extension], None));
    for (name, flaw) in Flaw::ALL {
        servers.put("files", name, delivery(vec![permanent.clone()], Some(flaw)));
    }
    Desk {
        lab: Lab::seeded(7)
            .on(platform)
            .with_config(configuration)
            .with_servers(servers),
        session: Session::open(Settings {
            privilege: 15,
            length: 0,
            ..Settings::default()
        }),
    }
}

#[test]
fn look() {
    let mut desk = desk("CISCO2951", "");
    println!(
        "{}",
        desk.transcript(&[
            "show license",
            "show license all",
            "show license detail",
            "show license feature",
            "show license file",
            "show license statistics",
            "show license status",
            "show license udi",
            "show version",
            "license install tftp://files/sec.lic",
            "license install tftp://files/gate.lic",
            "maybe",
            "yes",
            "show license all",
            "license install tftp://files/gate.lic",
            "license clear gatekeeper",
            "2",
            "yes",
            "license comment add gatekeeper \"keep this one\"",
            "license save flash:all.lic",
            "more flash:all.lic",
            "license purge gatekeeper",
            "y",
            "license install flash:all.lic",
            "yes",
            "show license statistics",
            "configure terminal",
            "license feature gatekeeper",
            "license boot module c2951 technology-package datak9",
            "y",
            "license accept end user agreement",
            "yes",
            "license boot module c2951 technology-package uck9 disable",
            "do show run | i license",
            "end",
            "show license",
            "show logging | i LICENSE",
            "show version | b Technology",
            "reload",
            "no",
            "y"
        ])
    );
    for (name, _) in Flaw::ALL {
        println!(
            "{}",
            desk.transcript(&[&format!("license install tftp://files/{name}")])
        );
    }
}
