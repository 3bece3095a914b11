//! When events happen: every arrival is what it says, exactly or as chance has it.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::collections::BTreeMap;

use emulator::SystemEvent;
use fleet::{
    plan::Plan,
    scenario::{Overrides, Scenario, Source},
};

/// The events of a run of 100 s with `arrival` on 40 devices at 4 sites: seconds and devices.
fn events(arrival: &str) -> Vec<(f64, u32)> {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("scenario.toml");
    std::fs::write(folder.path().join("device.ios"), "hostname edge\n").unwrap();
    std::fs::write(
        folder.path().join("times.txt"),
        "# recorded\n0.25\n3\n1.5\n",
    )
    .unwrap();
    let text = format!(
        "version = 1\nname = \"arrivals\"\nseed = 11\nduration = \"100s\"\n\
         [[fleet]]\nname = \"x\"\ncount = 40\nsites = 4\nplatform = \"CISCO2951\"\nconfig = \"device.ios\"\n\
         [[traffic]]\nname = \"t\"\narrival = {{ {arrival} }}\nsyslog = \"%SYS-5-X: y\"\n"
    );
    std::fs::write(&path, text).unwrap();
    let loaded = Scenario::load(&Source::File(path), &Overrides::default());
    let scenario = loaded.unwrap_or_else(|found| panic!("{found:?}")).scenario;
    let events = Plan::new(&scenario).map(|event| (event.elapsed.as_secs_f64(), event.device));
    events.collect()
}

/// How many of `events` are from `from_s` on and before `to_s`.
fn between(events: &[(f64, u32)], from_s: f64, to_s: f64) -> usize {
    let within = |(at, _): &&(f64, u32)| (from_s..to_s).contains(at);
    events.iter().filter(within).count()
}

/// The largest distance between the distribution of `samples` and the even one on 0 to 1, times the
/// root of their number: above 1.95 by chance in one of a thousand cases.
fn kolmogorov_smirnov(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    let count = samples.len() as f64;
    let distance = samples.iter().enumerate().map(|(place, sample)| {
        let (below, above) = (place as f64 / count, (place as f64 + 1.0) / count);
        (sample - below).abs().max((above - sample).abs())
    });
    distance.fold(0.0, f64::max) * count.sqrt()
}

#[test]
fn equal_spacing_gives_exactly_what_is_asked_for() {
    let constant = events("process = \"constant\", rate = \"30/s\"");
    assert_eq!(constant.len(), 3_000);
    let steps = "process = \"steps\", rates = [\"10/s\", \"50/s\", \"20/s\"], every = \"10s\"";
    let steps = events(&format!("{steps}, spacing = \"equal\""));
    let counts = [(0.0, 10.0), (10.0, 20.0), (20.0, 100.0)].map(|(a, b)| between(&steps, a, b));
    assert_eq!(counts, [100, 500, 1_600]);
    let ramp = events("process = \"ramp\", from = \"20/s\", to = \"100/s\", spacing = \"equal\"");
    // The area below the ramp is 973.2 by then, and the first event is at its beginning.
    assert_eq!(between(&ramp, 0.0, 30.3), 974);
    assert_eq!(ramp.len(), 6_000);
    let spike =
        "process = \"spike\", rate = \"10/s\", peak = \"500/s\", after = \"40s\", lasts = \"2s\"";
    let spike = events(&format!("{spike}, spacing = \"equal\""));
    assert_eq!(between(&spike, 40.0, 42.0), 1_000);
    assert_eq!(spike.len(), 980 + 1_000);
    let on_off = "process = \"on-off\", rate = \"100/s\", on = \"2s\", off = \"8s\"";
    let on_off = events(&format!("{on_off}, spacing = \"equal\""));
    assert_eq!(on_off.len(), 2_000);
    assert!(on_off.iter().all(|(at, _)| at % 10.0 < 2.0));
}

#[test]
fn chance_is_a_poisson_process_whatever_the_rate_does() {
    for arrival in [
        "process = \"poisson\", rate = \"50/s\"",
        "process = \"poisson\", rate = \"1.25/s\", per = \"device\"",
        "process = \"poisson\", rate = \"12.5/s\", per = \"site\"",
        "process = \"steps\", rates = [\"50/s\", \"50/s\"], every = \"10s\"",
    ] {
        let events = events(arrival);
        // 5,000 expected; five standard deviations are 354.
        assert!(
            (4_646..5_354).contains(&events.len()),
            "{arrival}: {}",
            events.len()
        );
        let gaps = events
            .windows(2)
            .map(|pair| 1.0 - (-50.0 * (pair[1].0 - pair[0].0)).exp());
        let distance = kolmogorov_smirnov(gaps.collect());
        assert!(
            distance < 1.95,
            "{arrival}: gaps are {distance} from exponential"
        );
    }
    // With its rate straightened, a ramp's instants are spread evenly.
    let ramp = events("process = \"ramp\", from = \"0.000001/s\", to = \"100/s\"");
    let straightened = ramp.iter().map(|(at, _)| at * at / 10_000.0);
    let distance = kolmogorov_smirnov(straightened.collect());
    assert!(distance < 1.95, "a ramp is {distance} from its rate");
}

#[test]
fn a_rate_of_each_device_is_that_of_every_one() {
    let all = events("process = \"constant\", rate = \"0.5/s\", per = \"device\"");
    let mut instants: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for (at, device) in &all {
        instants.entry(*device).or_default().push(*at);
    }
    assert_eq!((instants.len(), all.len()), (40, 40 * 50));
    for (device, own) in instants {
        let even = own
            .windows(2)
            .all(|pair| (pair[1] - pair[0] - 2.0).abs() < 1e-6);
        assert!(even && own.len() == 50, "device {device}");
    }
    let sites = events("process = \"constant\", rate = \"2/s\", per = \"site\"");
    let mut by_site = [0; 4];
    for (_, device) in sites {
        by_site[(device % 4) as usize] += 1;
    }
    assert_eq!(by_site, [200; 4]);
}

/// The events of a recording of two sources on `devices` devices: seconds, device, line.
fn replayed(devices: u32) -> Vec<(f64, u32, String)> {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("scenario.toml");
    std::fs::write(folder.path().join("device.ios"), "hostname edge\n").unwrap();
    let recording = "0.5\t0\t%A-5-X: a\n1\t1\t%B-5-X: b\n9\t0\t%A-5-X: c\n";
    std::fs::write(folder.path().join("storm.tsv"), recording).unwrap();
    let text = format!(
        "version = 1\nname = \"replayed\"\nseed = 11\nduration = \"100s\"\n\
         [[fleet]]\nname = \"x\"\ncount = {devices}\nplatform = \"CISCO2951\"\nconfig = \"device.ios\"\n\
         [[traffic]]\nname = \"t\"\nat = \"10s\"\nrecording = \"storm.tsv\"\nstagger = \"2s\"\n"
    );
    std::fs::write(&path, text).unwrap();
    let loaded = Scenario::load(&Source::File(path), &Overrides::default());
    let scenario = loaded.unwrap_or_else(|found| panic!("{found:?}")).scenario;
    let events = Plan::new(&scenario).map(|event| {
        let SystemEvent::Syslog(line) = event.event else {
            panic!("{event:?}");
        };
        (event.elapsed.as_secs_f64(), event.device, line.to_string())
    });
    events.collect()
}

#[test]
fn a_recording_is_played_as_it_was_and_more_devices_play_it_again() {
    let own = |devices: u32, device: u32| -> Vec<(f64, String)> {
        let events = replayed(devices).into_iter();
        let events = events.filter(|(_, own, _)| *own == device);
        events.map(|(at, _, line)| (at, line)).collect()
    };
    let lines = |events: &[(f64, String)]| {
        let lines = events.iter().map(|(_, line)| line.clone());
        lines.collect::<Vec<_>>()
    };
    assert_eq!(
        own(2, 0),
        [(10.5, "%A-5-X: a".into()), (19.0, "%A-5-X: c".into())]
    );
    assert_eq!(own(2, 1), [(11.0, "%B-5-X: b".into())]);
    assert_eq!(own(1, 0).len(), 3, "one device stands for both sources");
    // A copy keeps its source's structure: the same lines at the same distance, somewhat later.
    let copy = own(7, 4);
    assert_eq!(lines(&copy), lines(&own(7, 0)));
    assert!((copy[1].0 - copy[0].0 - 8.5).abs() < 1e-6);
    assert!((10.5..12.5).contains(&copy[0].0) && copy[0].0 != 10.5);
    assert_eq!(replayed(7).len(), 4 * 2 + 3);
}

#[test]
fn recorded_instants_happen_as_they_were_written_down() {
    let events = events("process = \"recorded\", times = \"times.txt\"");
    let instants: Vec<f64> = events.iter().map(|(at, _)| *at).collect();
    assert_eq!(instants, [0.25, 1.5, 3.0]);
}
