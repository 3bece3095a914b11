//! Devices of a fleet and file servers that really exist.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

#[allow(dead_code, reason = "every test program uses its own part of them")]
#[path = "support/file_servers.rs"]
mod servers;

use std::{path::Path, process::Command, sync::Arc};

use emulator::{
    Asker, Errand, FileUrl, Transfer, TransferId,
    device::files::WhyNot,
    license::{Issuer, Terms, Udi, issue::Delivery, signature::TEST_KEY_ID},
};
use fleet::{
    courier::{CourierSettings, EmbeddedAddresses, FILE_BYTES_MAX},
    scenario::{Overrides, Scenario, Source},
};
use serde_json::Value;
use servers::Content;
use tempfile::TempDir;

const DEVICES: u32 = 40;

fn text(tables: &str) -> String {
    format!(
        "version = 1\nname = \"files\"\nseed = 5\nduration = \"500ms\"\n\
         [validity]\nlag-budget = \"10m\"\n\
         [[fleet]]\nname = \"edge\"\ncount = {DEVICES}\nplatform = \"CISCO2951\"\nconfig = \"edge.ios\"\n\
         {tables}"
    )
}

fn scenario(tables: &str) -> Scenario {
    let source = Source::Composed {
        name: "test",
        text: text(tables),
        files: vec![("edge.ios".to_owned(), "hostname {hostname}\n".to_owned())],
    };
    let loaded = Scenario::load(&source, &Overrides::default());
    loaded.unwrap().scenario
}

/// Whether there is no file for the router with this serial number.
fn is_forgotten(serial: &str) -> bool {
    serial.bytes().map(u32::from).sum::<u32>() % 5 == 0
}

/// Files called `SERIAL.lic`: a license for the router of that serial number, unless it is forgotten.
fn licenses() -> Content {
    let delivery = Delivery {
        issuer: Issuer::for_tests(TEST_KEY_ID),
        terms: vec![Terms::permanent("securityk9")],
        pak: None,
        issued_at_s: 1_767_000_000,
        flaw: None,
    };
    Arc::new(move |name| {
        let serial = name.strip_suffix(".lic")?;
        (!is_forgotten(serial)).then(|| delivery.file(&Udi::new("CISCO2951/K9", serial)))
    })
}

fn run(folder: &Path, tables: &str) -> (Value, String) {
    std::fs::write(folder.join("edge.ios"), "hostname {hostname}\n").unwrap();
    let path = folder.join("files.toml");
    std::fs::write(&path, text(tables)).unwrap();
    let out = folder.join("out");
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command
        .args(["run", "--plain"])
        .arg(path)
        .arg("--out")
        .arg(&out);
    let output = command.env_clear().output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let summary = std::fs::read_to_string(out.join("summary.json")).unwrap();
    (serde_json::from_str(&summary).unwrap(), shown)
}

#[test]
fn every_device_fetches_its_own_license_and_every_outcome_is_counted() {
    let scenario = scenario("");
    let devices = fleet::simulation::devices(&scenario, 0..DEVICES);
    let missing = devices
        .filter(|own| is_forgotten(own.serial().as_str()))
        .count() as u64;
    assert!(missing > 0, "the test wants some");
    let (tftp, _) = servers::tftp(licenses());
    let http = servers::http(licenses());
    for (scheme, address) in [("tftp", tftp), ("http", http)] {
        let folder = TempDir::new().unwrap();
        let tables = format!(
            "[[file-server]]\nhost = \"files\"\ntarget = \"{scheme}://{address}\"\n\
             [[traffic]]\nname = \"rollout\"\nat = \"0s\"\nwithin = \"200ms\"\n\
             event = \"license-install\"\nurl = \"{scheme}://files/{{serial}}.lic\"\n"
        );
        let (summary, shown) = run(folder.path(), &tables);
        let files = &summary["licenses"]["files"];
        let installed = u64::from(DEVICES) - missing;
        assert_eq!(files["installed"], installed, "{scheme}: {files}");
        assert_eq!(
            files["not_opened_invalidLicenseFilePath"], missing,
            "{files}"
        );
        assert_eq!(files["unfinished"], Value::Null);
        assert!(shown.contains(&format!("installed {installed}")), "{shown}");
    }
}

async fn couriers(tables: &str) -> CourierSettings {
    let scenario = scenario(tables);
    CourierSettings::prepare(&scenario, &EmbeddedAddresses::default())
        .await
        .unwrap()
}

async fn transfer(
    couriers: &CourierSettings,
    url: &str,
    errand: Errand,
) -> Result<Vec<u8>, WhyNot> {
    let transfer = Transfer {
        asker: Asker::Session(TransferId(1)),
        url: FileUrl::parse(url).unwrap(),
        errand,
    };
    let permit = couriers.file_permit().await;
    let result = couriers.transfer(&permit, 3, &transfer).await;
    result.map(|bytes| bytes.to_vec())
}

#[tokio::test]
async fn files_of_any_size_go_there_and_come_back() {
    let (address, stored) = servers::tftp(Arc::new(|_| None));
    let tables = format!("[[file-server]]\nhost = \"files\"\ntarget = \"tftp://{address}\"\n");
    let couriers = couriers(&tables).await;
    let body = |size: usize| (0..size).map(|at| at as u8).collect::<Vec<u8>>();
    for size in [0, 1, 1427, 1428, 1429, 100_000] {
        let url = format!("tftp://FILES/{size}.bin");
        let put = transfer(&couriers, &url, Errand::Store(body(size).into())).await;
        assert_eq!(put, Ok(Vec::new()));
        assert_eq!(stored.lock().unwrap()[&format!("{size}.bin")], body(size));
        assert_eq!(
            transfer(&couriers, &url, Errand::Fetch).await,
            Ok(body(size))
        );
    }
}

#[tokio::test]
async fn what_goes_wrong_has_its_cause() {
    let huge: Content = Arc::new(|name| match name {
        "huge" => Some(vec![0; FILE_BYTES_MAX + 1]),
        "exact" => Some(vec![0; FILE_BYTES_MAX]),
        _ => None,
    });
    let (tftp, _) = servers::tftp(Arc::clone(&huge));
    let http = servers::http(huge);
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = dead.local_addr().unwrap();
    drop(dead);
    let server = |host: &str, target: String| {
        format!("[[file-server]]\nhost = \"{host}\"\ntarget = \"{target}\"\n")
    };
    let tables = server("files", format!("tftp://{tftp}"))
        + &server("files", format!("http://{http}"))
        + &server("dead", format!("http://{nobody}"));
    let couriers = couriers(&tables).await;
    for (url, why) in [
        ("tftp://files/none", WhyNot::NotFound),
        ("tftp://files/huge", WhyNot::TooLarge),
        ("http://files/none", WhyNot::NotFound),
        ("https://files/huge", WhyNot::TooLarge),
        ("http://dead/any", WhyNot::Broken),
        ("tftp://elsewhere/any", WhyNot::TimedOut),
        ("ftp://files/any", WhyNot::TimedOut),
    ] {
        assert_eq!(
            transfer(&couriers, url, Errand::Fetch).await,
            Err(why),
            "{url}"
        );
    }
    let exact = transfer(&couriers, "http://files/exact", Errand::Fetch).await;
    assert_eq!(exact.unwrap().len(), FILE_BYTES_MAX);
    let store = Errand::Store(b"x"[..].into());
    let refused = transfer(&couriers, "http://files/x", store).await;
    assert_eq!(refused, Err(WhyNot::ReadOnly));
}

#[test]
fn mistakes_in_file_servers_are_shown_where_they_are() {
    for (tables, message) in [
        (
            "[[file-server]]\nhost = \"files\"\ntarget = \"ftp://127.0.0.1\"\n",
            "devices do not reach real file servers by `ftp`",
        ),
        (
            "[[file-server]]\nhost = \"files\"\ntarget = \"tftp://192.0.2.1\"\n",
            "`192.0.2.1` is neither a loopback nor a private address",
        ),
        (
            "[[file-server]]\nhost = \"a b\"\ntarget = \"tftp://127.0.0.1\"\n",
            "`a b` is not a host",
        ),
        (
            "[[file-server]]\nhost = \"f\"\ntarget = \"http://127.0.0.1\"\n\
             [[file-server]]\nhost = \"F\"\ntarget = \"https://127.0.0.1\"\n",
            "`F` is listed twice for one protocol",
        ),
        (
            "[[traffic]]\nname = \"x\"\nat = \"0s\"\nwithin = \"1ms\"\n\
             event = \"license-install\"\nurl = \"disk7:a\"\n",
            "`disk7:a` names no file: No such device",
        ),
        (
            "[[traffic]]\nname = \"x\"\nat = \"0s\"\nwithin = \"1ms\"\nevent = \"license-install\"\n\
             url = \"flash:a\"\nlicense = { feature = \"uck9\" }\n",
            "a license file is either made or fetched",
        ),
        (
            "[[traffic]]\nname = \"x\"\nat = \"0s\"\nwithin = \"1ms\"\nevent = \"license-install\"\n\
             member = 2\nlicense = { feature = \"uck9\" }\n",
            "`edge` has no stack member 2",
        ),
    ] {
        let source = Source::Composed {
            name: "test",
            text: text(tables),
            files: vec![("edge.ios".to_owned(), "hostname {hostname}\n".to_owned())],
        };
        let findings = Scenario::load(&source, &Overrides::default()).unwrap_err();
        let found = findings.iter().any(|own| own.message == message);
        assert!(found, "{message}: {findings:?}");
    }
}
