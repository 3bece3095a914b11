//! What events do to the licenses of a whole fleet, and what the results say of it.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use emulator::{
    LicenseFileOutcome,
    license::{LicenseKind, LineCondition, install::InstallError, install::InstallOutcome},
};
use fleet::{
    scenario::{Overrides, Scenario, Source},
    simulation::{Forecast, simulate},
};
use serde_json::Value;
use tempfile::TempDir;

/// Routers whose gatekeeper runs on a license.
const CONFIGURATION: &str = include_str!("../../scenarios/configs/licensed.ios");
/// Devices of a scenario.
const DEVICES: u32 = 12;

/// A scenario of [`DEVICES`] routers and `tables`.
fn text(tables: &str) -> String {
    format!(
        "version = 1\nname = \"licenses\"\nseed = 5\nduration = \"1s\"\n\
         [clock]\nspeed = 3600\n[validity]\nlag-budget = \"10m\"\n\
         [[fleet]]\nname = \"edge\"\ncount = {DEVICES}\nplatform = \"CISCO2951\"\nconfig = \"edge.ios\"\n\
         {tables}"
    )
}

fn scenario(tables: &str) -> Scenario {
    let source = Source::Composed {
        name: "test",
        text: text(tables),
        files: vec![("edge.ios".to_owned(), CONFIGURATION.to_owned())],
    };
    Scenario::load(&source, &Overrides::default())
        .unwrap()
        .scenario
}

fn forecast(tables: &str) -> Forecast {
    let scenario = scenario(tables);
    simulate(&scenario, 0..scenario.device_count())
}

/// A traffic that makes `event` happen on every device within a tenth of a second from `at`.
fn everywhere(at: &str, event: &str) -> String {
    format!("[[traffic]]\nname = \"{at}\"\nat = \"{at}\"\nwithin = \"100ms\"\nevent = {event}\n")
}

/// How many licenses of `kind` are in `condition`.
fn count(forecast: &Forecast, kind: LicenseKind, condition: LineCondition) -> u64 {
    let mut rows = forecast.licenses.iter();
    let row = rows.find(|(own, state, _)| (*own, *state) == (kind, condition));
    row.map_or(0, |(_, _, count)| count)
}

fn outcomes(forecast: &Forecast) -> BTreeMap<LicenseFileOutcome, u64> {
    forecast.ledger.license_files.clone()
}

const DATA: &str = "\"license-install\"\nlicense = { feature = \"datak9\" }";

#[test]
fn every_device_installs_a_license_of_its_own_once() {
    let all = u64::from(DEVICES);
    let twice = everywhere("0ms", DATA) + &everywhere("200ms", DATA);
    let forecast = forecast(&twice);
    let installed = LicenseFileOutcome::Line(InstallOutcome::Supported);
    let duplicate = LicenseFileOutcome::Line(InstallOutcome::Duplicate);
    let expected = BTreeMap::from([(installed, all), (duplicate, all)]);
    assert_eq!(outcomes(&forecast), expected);
    // One from the factory serves; the installed one waits for a boot into its package.
    let served = count(&forecast, LicenseKind::Permanent, LineCondition::InUse);
    let waiting = count(&forecast, LicenseKind::Permanent, LineCondition::NotInUse);
    assert_eq!((served, waiting), (all, all));
}

#[test]
fn files_with_flaws_are_refused_for_the_cause_that_is_theirs() {
    let failed = |error| LicenseFileOutcome::Line(InstallOutcome::Failed(error));
    for (keys, expected) in [
        ("flaw = \"byte-order-mark\"", LicenseFileOutcome::Invalid),
        ("flaw = \"empty\"", LicenseFileOutcome::Invalid),
        ("flaw = \"truncated\"", failed(InstallError::InvalidLine)),
        ("flaw = \"tampered\"", failed(InstallError::NotVerified)),
        ("issuer = 3", failed(InstallError::NotVerified)),
        ("issuer = 9", failed(InstallError::NotVerified)),
        (
            "flaw = \"inconsistent\"",
            failed(InstallError::Inconsistent),
        ),
        ("flaw = \"other-device\"", failed(InstallError::OtherDevice)),
        (
            "kind = \"paid-subscription\", end = \"2026-03-01\"",
            failed(InstallError::InvalidPeriod),
        ),
        (
            "issuer = 2",
            LicenseFileOutcome::Line(InstallOutcome::Supported),
        ),
    ] {
        let license = format!("license = {{ feature = \"datak9\", {keys} }}");
        let forecast = forecast(&everywhere(
            "0ms",
            &format!("\"license-install\"\n{license}"),
        ));
        let all = u64::from(DEVICES);
        assert_eq!(
            outcomes(&forecast),
            BTreeMap::from([(expected, all)]),
            "{keys}"
        );
    }
}

#[test]
fn a_feature_that_the_image_does_not_know_is_stored_all_the_same() {
    let unknown = "\"license-install\"\nlicense = { feature = \"teleportk9\" }";
    let stored = LicenseFileOutcome::Line(InstallOutcome::NotSupported);
    let expected = BTreeMap::from([(stored, u64::from(DEVICES))]);
    assert_eq!(outcomes(&forecast(&everywhere("0ms", unknown))), expected);
}

#[test]
fn a_license_of_an_event_is_for_the_stack_member_that_it_names() {
    let source = |member: &str| Source::Composed {
        name: "test",
        text: text(&everywhere(
            "0ms",
            &format!("\"license-install\"\nmember = {member}\nlicense = {{ feature = \"extra\" }}"),
        ))
        .replace(
            "platform = \"CISCO2951\"",
            "platform = \"WS-C3750E\"\nstack-members = 3",
        ),
        files: vec![("edge.ios".to_owned(), "hostname {hostname}\n".to_owned())],
    };
    let load = |member| Scenario::load(&source(member), &Overrides::default());
    let scenario = load("3").unwrap().scenario;
    let forecast = simulate(&scenario, 0..DEVICES);
    let stored = LicenseFileOutcome::Line(InstallOutcome::NotSupported);
    assert_eq!(
        outcomes(&forecast),
        BTreeMap::from([(stored, DEVICES.into())])
    );
    let findings = load("4").unwrap_err();
    let mut messages = findings.iter().map(|own| &*own.message);
    assert!(messages.any(|own| own == "`edge` has no stack member 4"));
}

#[test]
fn what_was_installed_is_cleared_and_what_was_not_is_unheard() {
    let clear = "\"license-clear\"\nfeature = \"datak9\"";
    let installed = everywhere("0ms", DATA) + &everywhere("200ms", clear);
    let forecast = forecast(&(installed + &everywhere("400ms", clear)));
    assert_eq!(forecast.ledger.unheard, u64::from(DEVICES));
    let waiting = count(&forecast, LicenseKind::Permanent, LineCondition::NotInUse);
    assert_eq!(waiting, 0);
}

#[test]
fn a_flipped_bit_is_noticed_at_the_next_boot_and_not_before() {
    let damaged =
        |forecast: &Forecast| count(forecast, LicenseKind::Permanent, LineCondition::Damaged);
    let tampered = everywhere("0ms", DATA) + &everywhere("200ms", "\"license-tamper\"");
    assert_eq!(damaged(&forecast(&tampered)), 0);
    let rebooted = tampered.clone() + &everywhere("400ms", "\"reload\"");
    assert_eq!(damaged(&forecast(&rebooted)), u64::from(DEVICES));
    // Without an installed license there is nothing to flip a bit of.
    let nothing = forecast(&everywhere("0ms", "\"license-tamper\""));
    assert_eq!(nothing.ledger.unheard, u64::from(DEVICES));
}

#[test]
fn time_that_is_over_ends_what_a_feature_runs_on_and_devices_mail_it() {
    let all = u64::from(DEVICES);
    let extension = "\"license-install\"\n\
         license = { feature = \"gatekeeper\", kind = \"extension\", period = \"60d\" }";
    let expire = "\"license-expiry-wave\"\nfeature = \"gatekeeper\"";
    let installed = forecast(&everywhere("0ms", extension));
    let serving = count(&installed, LicenseKind::Extension, LineCondition::InUse);
    assert_eq!((serving, installed.ledger.messages()), (all, 0));
    let over = forecast(&(everywhere("0ms", extension) + &everywhere("200ms", expire)));
    let ended = count(&over, LicenseKind::Extension, LineCondition::ExpiredInUse);
    assert_eq!((ended, over.ledger.messages()), (all, all));
}

#[test]
fn users_beyond_the_count_are_logged_once() {
    let counted = "\"license-install\"\n\
         license = { feature = \"gatekeeper\", kind = \"extension\", period = \"60d\", count = 25 }";
    let users =
        |count: u32| format!("\"license-users\"\nfeature = \"gatekeeper\"\nusers = {count}");
    let with = |counts: &[u32]| {
        let mut tables = everywhere("0ms", counted);
        for (step, count) in (1..).zip(counts) {
            tables += &everywhere(&format!("{}ms", step * 150), &users(*count));
        }
        forecast(&tables).ledger.triggers
    };
    let few = with(&[24]);
    assert_eq!(with(&[24, 25]), few + u64::from(DEVICES));
    assert_eq!(with(&[24, 25, 26]), few + u64::from(DEVICES));
}

#[test]
fn each_part_of_a_fleet_decides_what_it_decides_in_the_whole() {
    let install = everywhere("0ms", DATA) + &everywhere("200ms", "\"license-tamper\"");
    let scenario = scenario(&(install + &everywhere("400ms", "\"reload\"")));
    let whole = simulate(&scenario, 0..DEVICES);
    for cut in [1, DEVICES / 2, DEVICES - 1] {
        let mut first = simulate(&scenario, 0..cut);
        let second = simulate(&scenario, cut..DEVICES);
        first.fingerprint.merge(second.fingerprint);
        first.licenses.merge(&second.licenses);
        first.ledger.merge(&second.ledger);
        assert_eq!(first.fingerprint, whole.fingerprint);
        assert_eq!(first.licenses, whole.licenses);
        assert_eq!(outcomes(&first), outcomes(&whole));
    }
}

/// Writes the scenario with `tables` into `folder`; its path.
fn write(folder: &Path, tables: &str) -> PathBuf {
    std::fs::write(folder.join("edge.ios"), CONFIGURATION).unwrap();
    let path = folder.join("licenses.toml");
    std::fs::write(&path, text(tables)).unwrap();
    path
}

/// Runs `scenario` into `out` with `program` before the command.
fn run(program: &[String], scenario: &Path, out: &Path) -> Output {
    let mut words = program.to_vec();
    words.push(env!("CARGO_BIN_EXE_fleet").to_owned());
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).args(["run", "--plain"]);
    command.arg(scenario).arg("--out").arg(out);
    let path = std::env::var("PATH").unwrap();
    command.env_clear().env("PATH", path).output().unwrap()
}

fn summary(out: &Path) -> Value {
    let text = std::fs::read_to_string(out.join("summary.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A processor that this process may use.
fn a_processor() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = status.lines();
    let list = lines.find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let first = list.unwrap().trim().split([',', '-']).next();
    first.unwrap().to_owned()
}

#[test]
fn one_thread_or_several_a_run_ends_as_forecast() {
    let folder = TempDir::new().unwrap();
    let wrong = "\"license-install\"\nlicense = { feature = \"uck9\", flaw = \"tampered\" }";
    let tables = everywhere("0ms", DATA)
        + &everywhere("150ms", wrong)
        + &everywhere("300ms", "\"license-tamper\"")
        + &everywhere("450ms", "\"reload\"");
    let scenario = write(folder.path(), &tables);
    let forecast = forecast(&tables);
    let alone = ["taskset", "-c", &a_processor()].map(str::to_owned);
    for (name, program) in [("several", &[][..]), ("one", &alone[..])] {
        let out = folder.path().join(name);
        let output = run(program, &scenario, &out);
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{shown}");
        let summary = summary(&out);
        let fingerprint = summary["run"]["fingerprint"].as_str().unwrap();
        assert_eq!(fingerprint, forecast.fingerprint.text(), "{name}");
        let licenses = &summary["licenses"];
        assert_eq!(licenses["files"]["installed"], DEVICES, "{name}");
        let refused = &licenses["files"]["failed_103_invalidLicenseLine"];
        assert_eq!(*refused, DEVICES, "{name}");
        assert_eq!(licenses["census"]["permanent"]["damaged"], DEVICES);
        assert!(
            shown.contains(&format!("{DEVICES} permanent DAMAGED")),
            "{shown}"
        );
        assert!(shown.contains(&format!("installed {DEVICES}")), "{shown}");
    }
}

#[test]
fn a_run_directory_with_served_files_runs_again() {
    let folder = TempDir::new().unwrap();
    // No text: what is kept must be what was served, byte by byte.
    let served = b"\xEF\xBB\xBF\xFF\x00 no license".to_vec();
    std::fs::write(folder.path().join("bad.lic"), &served).unwrap();
    let tables = "[[file]]\nurl = \"tftp://files/bad.lic\"\nsource = \"bad.lic\"\n";
    let first = folder.path().join("first");
    let output = run(&[], &write(folder.path(), tables), &first);
    assert_eq!(output.status.code(), Some(0));
    for name in ["bad.lic", "edge.ios"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    let again = folder.path().join("again");
    let output = run(&[], &first.join("scenario.toml"), &again);
    let shown = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    let kept = again.join("configs/bad.lic");
    assert_eq!(std::fs::read(kept).unwrap(), served);
}

#[test]
fn the_wave_that_comes_along_is_sound_and_balances() {
    let folder = TempDir::new().unwrap();
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let out = folder.path().join("run");
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.args(["run", "--plain", "--devices", "20", "--duration", "3s"]);
    // Thirty times as fast, and however slow the machine.
    for set in [
        "clock.speed=108000",
        "validity.lag-budget=10m",
        "traffic.0.at=100ms",
        "traffic.0.within=33ms",
        "traffic.1.at=100ms",
        "traffic.1.within=400ms",
    ] {
        command.args(["--set", set]);
    }
    command.arg(scenarios.join("license-expiry-wave.toml"));
    let output = command.arg("--out").arg(&out).env_clear().output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    let summary = summary(&out);
    assert_eq!(summary["ledger"]["balanced"], true);
    // Two days before the end, one day before it, and at it.
    assert_eq!(summary["ledger"]["delivered"], 3 * 20);
    let extensions = &summary["licenses"]["census"]["extension"];
    assert_eq!(extensions["expired_in_use"], 20);
}

#[test]
fn the_rollout_that_comes_along_counts_what_went_wrong_by_its_cause() {
    let folder = TempDir::new().unwrap();
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let out = folder.path().join("run");
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.args(["run", "--plain", "--devices", "200", "--duration", "3s"]);
    let mut sets = vec![
        "validity.lag-budget=10m".to_owned(),
        "threshold.0.min=200".to_owned(),
    ];
    for (traffic, at) in [
        ("0", "100ms"),
        ("1", "100ms"),
        ("2", "100ms"),
        ("3", "100ms"),
        ("4", "2s"),
    ] {
        sets.push(format!("traffic.{traffic}.at={at}"));
        sets.push(format!("traffic.{traffic}.within=800ms"));
    }
    for set in &sets {
        command.args(["--set", set]);
    }
    command.arg(scenarios.join("license-rollout.toml"));
    let output = command.arg("--out").arg(&out).env_clear().output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    let summary = summary(&out);
    assert_eq!(summary["ledger"]["balanced"], true);
    let files = &summary["licenses"]["files"];
    assert_eq!(files["installed"], 200, "{files}");
    assert_eq!(files["failed_105_licenseNotValidForDevice"], 4, "{files}");
    assert_eq!(files["failed_103_invalidLicenseLine"], 2, "{files}");
    assert_eq!(files["invalid_file"], 1, "{files}");
    assert_eq!(files["duplicate"], 20, "{files}");
    // Each router mails what it got.
    assert_eq!(summary["by_type"]["syslog"]["delivered"], 200);
}
