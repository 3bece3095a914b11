//! The scenario that the format was agreed on loads and means what it says.

use std::{collections::BTreeSet, path::Path, time::Duration};

use fleet::{
    plan::Plan,
    scenario::{Overrides, Scenario, Source},
};

const OUTAGE: &str = r#"
version  = 1
name     = "power-outage"
seed     = 7
duration = "60s"                  # real time
warm-up  = "5s"                   # excluded from the figures

[clock]
start = "2026-03-14T10:50:00Z"    # device time at the start
zone  = "America/Denver"
speed = 60                        # device seconds per real second

[targets]
smtp  = "embedded"                # or "smtp://127.0.0.1:2525"
https = "embedded"                # or "https://127.0.0.1:8443"

[hosts]
"smtp1.example.com" = "embedded"
"smtp2.example.com" = "127.0.0.1:2526"

[[fleet]]
name     = "branch"
count    = 2000
platform = "CISCO2951"
config   = "configs/branch.ios"
sites    = 40

[[traffic]]
name    = "background noise"
fleet   = "branch"
arrival = { process = "poisson", rate = "50/s" }
syslog  = "%LINK-3-UPDOWN: Interface GigabitEthernet0/{0..3}, changed state to {up|down}"

[[traffic]]
name   = "outage"
at     = "20s"
sites  = "25%"
within = "2s"
event  = "power-off"

[[fault]]
target = "smtp"
at     = "30s"
for    = "5s"
reply  = { stage = "data", code = 421 }

[[threshold]]
metric = "smtp.response.p99"
max    = "500ms"
"#;

#[test]
fn the_outage_loads_and_hits_each_device_of_a_quarter_of_the_sites_once() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("scenario.toml");
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/configs");
    std::fs::create_dir(folder.path().join("configs")).unwrap();
    let branch = "configs/branch.ios";
    std::fs::copy(configs.join("branch.ios"), folder.path().join(branch)).unwrap();
    std::fs::write(&path, OUTAGE).unwrap();
    let scenario = Scenario::load(&Source::File(path), &Overrides::default())
        .unwrap()
        .scenario;
    let outage: Vec<_> = Plan::new(&scenario)
        .filter(|event| matches!(event.event, emulator::SystemEvent::PowerLost))
        .collect();
    let devices: BTreeSet<u32> = outage.iter().map(|event| event.device).collect();
    assert_eq!((outage.len(), devices.len()), (500, 500));
    let within = Duration::from_secs(20)..Duration::from_secs(22);
    assert!(outage.iter().all(|event| within.contains(&event.elapsed)));
}
