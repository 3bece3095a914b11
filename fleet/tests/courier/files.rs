//! Files by HTTPS: who may vouch for the server, and under which name.

use std::sync::Arc;

use emulator::{
    Asker, Errand, FileUrl, Transfer, TransferId,
    device::files::{Protocol, WhyNot},
};
use fleet::{
    courier::{CourierSettings, EmbeddedAddresses},
    scenario::{Endpoint, FileServer},
};

use crate::lab::{MAIL_HOST, Sink, authority, scenario};

/// The file `path` of a sink that serves pages, as the devices' server `host`, with `ca` trusted.
async fn fetch(
    sink: &Sink,
    host: &str,
    path: &str,
    ca: EmbeddedAddresses,
) -> Result<Arc<[u8]>, WhyNot> {
    let mut scenario = scenario();
    scenario.file_servers.push(FileServer {
        host: host.to_owned(),
        protocol: Protocol::Http,
        secured: true,
        endpoint: Endpoint {
            host: sink.address.ip().to_string(),
            port: sink.address.port(),
        },
    });
    let couriers = CourierSettings::prepare(&scenario, &ca).await.unwrap();
    let transfer = Transfer {
        asker: Asker::Session(TransferId(1)),
        url: FileUrl::parse(&format!("https://{host}/{path}")).unwrap(),
        errand: Errand::Fetch,
    };
    let permit = couriers.file_permit().await;
    couriers.transfer(&permit, 0, &transfer).await
}

#[tokio::test]
async fn a_file_server_proves_its_name() {
    let (authority, config) = authority();
    let sink = Sink::https(mock_tac::Settings {
        tls: Some(config),
        ..mock_tac::Settings::default()
    })
    .await;
    let trusted = || EmbeddedAddresses {
        ca: Some(authority.der()),
        ..EmbeddedAddresses::default()
    };
    let page = fetch(&sink, MAIL_HOST, "healthz", trusted()).await;
    assert_eq!(page.as_deref(), Ok(&b"ok"[..]));
    let missing = fetch(&sink, MAIL_HOST, "none.lic", trusted()).await;
    assert_eq!(missing, Err(WhyNot::NotFound));
    let other_name = fetch(&sink, "other.example.com", "healthz", trusted()).await;
    assert_eq!(other_name, Err(WhyNot::Broken));
    let stranger = fetch(&sink, MAIL_HOST, "healthz", EmbeddedAddresses::default()).await;
    assert_eq!(stranger, Err(WhyNot::Broken));
    sink.stop().await;
}
