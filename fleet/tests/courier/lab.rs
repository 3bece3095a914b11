//! What the tests start from: a scenario, sinks, couriers, messages.

use std::{net::SocketAddr, sync::Arc};

use emulator::{Rendered, Route, Transport, transport::Credentials};
use fleet::{
    courier::{Attempt, CourierSettings, Couriers, EmbeddedAddresses, Parcel},
    scenario::{Endpoint, Overrides, Scenario, Scheme, Source, SourceAddresses, TargetChoice},
};
use sink::{Books, TestAuthority, Totals};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub(crate) const MAIL_HOST: &str = "mail.example.com";
pub(crate) const URL: &str = "https://tools.example.com/its/service/oddce/services/DDCEService";
pub(crate) const XML: &str = include_str!("../../../mock-tac/tests/data/syslog.xml");
pub(crate) const TEXT: &str = "Subject: a test\r\nMessage-ID: \
    <M8.9S1NMSF22DW.51AEAC68@CSR>\r\n\r\n.a line that begins with a dot\r\n..\r\nthe last line";

/// More than the buffers of both ends of a connection can hold.
pub(crate) const HUGE_BYTES: usize = 32 * 1024 * 1024;

/// The built-in scenario; everything goes to embedded sinks.
pub(crate) fn scenario() -> Scenario {
    let loaded = Scenario::load(&Source::BuiltIn, &Overrides::default());
    let mut scenario = loaded.unwrap().scenario;
    scenario.sources = SourceAddresses::System;
    scenario
}

/// A target at `address`, as a URL with `scheme` or without one.
pub(crate) fn target(scheme: Option<Scheme>, address: SocketAddr) -> TargetChoice {
    TargetChoice::Server {
        scheme,
        endpoint: Endpoint {
            host: address.ip().to_string(),
            port: address.port(),
        },
    }
}

pub(crate) async fn couriers(scenario: &Scenario, embedded: &EmbeddedAddresses) -> Couriers {
    let settings = CourierSettings::prepare(scenario, embedded).await.unwrap();
    Couriers::new(Arc::new(settings), 0)
}

/// Couriers whose mail goes to `address`.
pub(crate) async fn mail_couriers(
    address: SocketAddr,
    change: impl FnOnce(&mut Scenario),
) -> Couriers {
    let mut scenario = scenario();
    scenario.targets.smtp = target(Some(Scheme::Smtp), address);
    change(&mut scenario);
    couriers(&scenario, &EmbeddedAddresses::default()).await
}

/// Couriers whose requests go to `address` without TLS.
pub(crate) async fn web_couriers(
    address: SocketAddr,
    change: impl FnOnce(&mut Scenario),
) -> Couriers {
    let mut scenario = scenario();
    scenario.targets.https = target(Some(Scheme::Http), address);
    change(&mut scenario);
    couriers(&scenario, &EmbeddedAddresses::default()).await
}

pub(crate) fn mail_route(tls: bool) -> Route {
    Route::Mail {
        host: MAIL_HOST.into(),
        tls,
        credentials: None,
    }
}

/// A route to another mail server, without TLS.
pub(crate) fn mail_route_to(host: &str) -> Route {
    Route::Mail {
        host: host.into(),
        tls: false,
        credentials: None,
    }
}

pub(crate) fn login_route(user: &str, password: &str) -> Route {
    Route::Mail {
        host: MAIL_HOST.into(),
        tls: false,
        credentials: Some(Arc::new(Credentials {
            user: user.to_owned(),
            password: password.to_owned(),
        })),
    }
}

pub(crate) fn http_route(url: &str) -> Route {
    Route::Http {
        url: url.into(),
        proxy: None,
        identity_check: true,
        authorities: Vec::new(),
    }
}

/// Sends `text` from `device` to `recipients`.
pub(crate) async fn send_mail(
    couriers: &Couriers,
    device: u32,
    route: &Route,
    recipients: &[&str],
    text: &str,
) -> Attempt {
    let rendered = Rendered::Mail {
        hello_name: "router.example.com".into(),
        sender: "router@example.com".into(),
        recipients: recipients.iter().map(|&text| text.into()).collect(),
    };
    let mut body = text.as_bytes().to_vec();
    let permit = couriers.settings().permit(Transport::Email).await;
    let parcel = Parcel {
        device,
        route,
        rendered: &rendered,
        body: &mut body,
    };
    couriers.send(&permit, parcel).await
}

/// Sends [`TEXT`] to one recipient.
pub(crate) async fn mail(couriers: &Couriers, route: &Route) -> Attempt {
    send_mail(couriers, 0, route, &["noc@example.com"], TEXT).await
}

/// Posts `text` from `device`.
pub(crate) async fn send_post(
    couriers: &Couriers,
    device: u32,
    route: &Route,
    text: &str,
) -> Attempt {
    let rendered = Rendered::Http {
        content_type: "text/xml; charset=\"utf-8\"",
    };
    let mut body = text.as_bytes().to_vec();
    let permit = couriers.settings().permit(Transport::Http).await;
    let parcel = Parcel {
        device,
        route,
        rendered: &rendered,
        body: &mut body,
    };
    couriers.send(&permit, parcel).await
}

/// Posts [`XML`].
pub(crate) async fn post(couriers: &Couriers, route: &Route) -> Attempt {
    send_post(couriers, 0, route, XML).await
}

/// The names of the phases that came to their end.
pub(crate) fn phases(attempt: &Attempt) -> Vec<&'static str> {
    let order = attempt.phases.in_order();
    let names = fleet::courier::Phases::NAMES.into_iter();
    names
        .zip(order)
        .filter_map(|(name, phase)| phase.map(|_| name))
        .collect()
}

/// Asserts that the parts of an attempt fit into the whole.
pub(crate) fn assert_adds_up(attempt: &Attempt) {
    let parts: std::time::Duration = attempt.phases.in_order().into_iter().flatten().sum();
    assert!(parts <= attempt.ended - attempt.started, "{attempt:?}");
}

/// A running sink.
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Totals>,
}

impl Sink {
    pub(crate) async fn smtp(settings: mock_smtp::Settings) -> Self {
        Self::smtp_with(settings, Books::default()).await
    }

    pub(crate) async fn smtp_with(settings: mock_smtp::Settings, books: Books) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let books = Arc::new(books);
        let running = tokio::spawn(mock_smtp::run(listener, settings, books, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            stop,
            running,
        }
    }

    pub(crate) async fn https(settings: mock_tac::Settings) -> Self {
        Self::https_with(settings, Books::default()).await
    }

    pub(crate) async fn https_with(settings: mock_tac::Settings, books: Books) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let books = Arc::new(books);
        let running = tokio::spawn(mock_tac::run(listener, settings, books, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            stop,
            running,
        }
    }

    pub(crate) async fn stop(self) -> Totals {
        drop(self.stop);
        self.running.await.unwrap()
    }
}

/// An authority and the settings of a server that it vouches for under the names the tests use.
pub(crate) fn authority() -> (TestAuthority, Arc<rustls::ServerConfig>) {
    let authority = TestAuthority::generate().unwrap();
    let names = [MAIL_HOST.to_owned(), "tools.example.com".to_owned()];
    let config = authority.server_config(&names).unwrap();
    (authority, config)
}
