//! The HTTP courier: one request on one connection, with or without TLS, directly or by a proxy.

mod exchange;

use std::{mem, sync::Arc};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Version,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT as AGENT},
};

use super::{
    CourierSettings, Log,
    dial::{self, Budget, Caller},
    dialogue,
    directory::{HttpWay, Server},
    failure::Failure,
    farewell::Farewells,
    pool::Pool,
    proxy,
    stream::TracedStream,
    tls,
    url::{DeviceUrl, authority, default_port},
};
use crate::clock;
use exchange::{Broken, HttpConnection};

/// What devices call themselves.
pub(super) const USER_AGENT: &str = "cisco-IOS";

/// One request besides its body.
pub(super) struct Post<'a> {
    pub(super) device: u32,
    pub(super) url: &'a str,
    /// Host and port.
    pub(super) proxy: Option<(&'a str, u16)>,
    pub(super) identity_check: bool,
    /// Whom the device trusts besides everybody's authorities.
    pub(super) authorities: &'a [Vec<u8>],
    pub(super) content_type: &'static str,
}

/// What a connection at rest is good for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ConnectionKey {
    /// Where TCP leads: the server or the proxy.
    peer: Arc<Server>,
    server: Arc<Server>,
    /// `None` without TLS.
    tls: Option<Secured>,
}

/// What a server had to prove.
#[derive(Clone, Debug, PartialEq)]
struct Secured {
    /// Name in its certificate.
    name: String,
    /// Whether that is compared.
    identity_check: bool,
    /// Who could vouch for it besides everybody's authorities.
    authorities: Vec<Vec<u8>>,
}

/// The HTTP connections of all courier threads.
pub(super) type HttpsPool = Pool<ConnectionKey, HttpConnection>;

/// The HTTP couriers of one thread.
pub(super) struct HttpsCourier {
    settings: Arc<CourierSettings>,
    thread: u32,
    farewells: Farewells,
}

impl HttpsCourier {
    pub(super) fn new(settings: Arc<CourierSettings>, thread: u32, farewells: Farewells) -> Self {
        Self {
            settings,
            thread,
            farewells,
        }
    }

    /// Sends one request.
    pub(super) async fn deliver(
        &self,
        post: &Post<'_>,
        body: &mut Vec<u8>,
        log: &mut Log,
    ) -> Result<(), Failure> {
        let directory = &self.settings.directory;
        let url = DeviceUrl::parse(post.url)?;
        let way = directory.http_way(&url)?;
        let peer = match post.proxy {
            None => way.server,
            Some((host, port)) => directory.proxy(host, port)?,
        };
        let key = ConnectionKey {
            peer: Arc::clone(peer),
            server: Arc::clone(way.server),
            tls: way.secured.then(|| Secured {
                name: way.tls_name.to_owned(),
                identity_check: post.identity_check,
                authorities: post.authorities.to_vec(),
            }),
        };
        let content = Bytes::from(mem::take(body));
        let form = Form {
            url,
            way: &way,
            by_proxy: post.proxy.is_some(),
            content_type: post.content_type,
            keep_alive: self.settings.https.keep_alive,
        };
        let result = self.exchange(post, &form, &key, &content, log).await;
        // Afterwards: only then is it known which of several addresses has answered.
        log.embedded = directory.is_embedded(way.server) || directory.is_embedded(peer);
        // Without a copy, unless a broken connection still holds on to the body.
        *body = Vec::from(content);
        result.map_err(|failure| dialogue::with_post(failure, post))
    }

    async fn exchange(
        &self,
        post: &Post<'_>,
        form: &Form<'_>,
        key: &ConnectionKey,
        content: &Bytes,
        log: &mut Log,
    ) -> Result<(), Failure> {
        let limit = self.settings.https.response_timeout;
        let request = Outgoing::new(form, content)?;
        if self.settings.https.keep_alive
            && let Some(mut connection) = self.take_living(key).await
        {
            match connection.post(request, limit, log).await {
                // The server closed it, and has seen nothing of this request.
                Err(Broken::Untouched) => {}
                Err(Broken::Other(failure)) => return Err(failure),
                Ok(verdict) => return self.settle(connection, key, verdict, log).await,
            }
        }
        self.settings.https_pool.make_room();
        let mut connection = self.open(post, form.way, key, log).await?;
        let request = Outgoing::new(form, content)?;
        match connection.post(request, limit, log).await {
            Ok(verdict) => self.settle(connection, key, verdict, log).await,
            Err(Broken::Other(failure)) => Err(failure),
            Err(Broken::Untouched) => Err(Failure::lost(
                "request",
                "the server closed the connection before the request",
            )),
        }
    }

    async fn take_living(&self, key: &ConnectionKey) -> Option<HttpConnection> {
        while let Some(mut connection) = self.settings.https_pool.take(self.thread, key) {
            if connection.lives().await {
                return Some(connection);
            }
        }
        None
    }

    async fn settle(
        &self,
        mut connection: HttpConnection,
        key: &ConnectionKey,
        verdict: Result<(), Failure>,
        log: &mut Log,
    ) -> Result<(), Failure> {
        log.end();
        if !self.settings.https.keep_alive {
            self.farewells.begin(connection.close());
        } else if connection.rests().await {
            self.settings
                .https_pool
                .put(self.thread, key.clone(), connection);
        }
        verdict
    }

    async fn open(
        &self,
        post: &Post<'_>,
        way: &HttpWay<'_>,
        key: &ConnectionKey,
        log: &mut Log,
    ) -> Result<HttpConnection, Failure> {
        let settings = &*self.settings;
        let begun = clock::now();
        let budget = Budget::starting_now(settings.https.connect_timeout);
        let caller = Caller {
            device: post.device,
            sources: settings.sources,
        };
        let mut stream = dial::connect(&key.peer, caller, budget).await?;
        log.opened = true;
        if post.proxy.is_some() && way.secured {
            proxy::ask(&mut stream, &way.server.authority(), budget).await?;
        }
        let connected = clock::now();
        log.phases.connect = Some(connected - begun);
        let stream = if way.secured {
            let config = settings.tls.config(post.identity_check, post.authorities)?;
            let (stream, resumed) = tls::secure(stream, &config, way.tls_name, budget).await?;
            log.phases.tls = Some(clock::now() - connected);
            log.resumed = Some(resumed);
            TracedStream::secured(stream)
        } else {
            TracedStream::plain(stream)
        };
        HttpConnection::begin(stream).await
    }
}

impl Drop for HttpsCourier {
    fn drop(&mut self) {
        self.settings.https_pool.clear(self.thread);
    }
}

/// What a request looks like.
struct Form<'a> {
    url: DeviceUrl<'a>,
    way: &'a HttpWay<'a>,
    by_proxy: bool,
    content_type: &'static str,
    keep_alive: bool,
}

impl Form<'_> {
    /// The target of the request line, and the host.
    ///
    /// A proxy resolves names itself and knows nothing of `[hosts]`: it is told where the target
    /// really is, lest test traffic leave for the vendor.
    fn target(&self) -> (String, String) {
        if self.by_proxy && !self.way.secured {
            let name = &self.way.server.name;
            let host = authority(&name.host, name.port, Some(default_port(false)));
            (format!("http://{host}{}", self.url.path), host)
        } else {
            (self.url.path.to_owned(), self.way.host.clone())
        }
    }
}

/// A request and how long it is on the wire.
struct Outgoing {
    request: Request<Full<Bytes>>,
    head_bytes: u64,
    body_bytes: u64,
}

impl Outgoing {
    fn new(form: &Form<'_>, content: &Bytes) -> Result<Self, Failure> {
        let (target, host) = form.target();
        let host = HeaderValue::from_str(&host)
            .map_err(|_| Failure::protocol(&format!("`{host}` cannot stand in a header")))?;
        let headers = [
            (HOST, host),
            (AGENT, HeaderValue::from_static(USER_AGENT)),
            (CONTENT_TYPE, HeaderValue::from_static(form.content_type)),
            (CONTENT_LENGTH, HeaderValue::from(content.len())),
            (
                CONNECTION,
                HeaderValue::from_static(if form.keep_alive {
                    "keep-alive"
                } else {
                    "close"
                }),
            ),
        ];
        let mut request = Request::new(Full::new(content.clone()));
        *request.method_mut() = Method::POST;
        *request.version_mut() = Version::HTTP_11;
        *request.uri_mut() = target
            .parse()
            .map_err(|error| Failure::protocol(&format!("{target}: {error}")))?;
        let mut head_bytes = format!("POST {} HTTP/1.1\r\n\r\n", request.uri()).len();
        for (name, value) in headers {
            head_bytes += name.as_str().len() + value.len() + ": \r\n".len();
            request.headers_mut().append(name, value);
        }
        Ok(Self {
            request,
            head_bytes: head_bytes as u64,
            body_bytes: content.len() as u64,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    use super::*;
    use crate::{
        courier::directory::{Directory, Place},
        scenario::Endpoint,
    };

    /// Everything that is written for a request, and how long its head was thought to be.
    async fn written(form: &Form<'_>, content: &'static [u8]) -> (Vec<u8>, u64) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stream, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let stream = TracedStream::plain(stream.unwrap());
        let mut connection = HttpConnection::begin(stream).await.unwrap();
        let outgoing = Outgoing::new(form, &Bytes::from_static(content)).unwrap();
        let head_bytes = outgoing.head_bytes;
        let mut log = Log::default();
        let post = connection.post(outgoing, Duration::from_secs(60), &mut log);
        let read = async {
            let mut server = accepted.unwrap().0;
            let mut bytes = Vec::new();
            while !bytes.ends_with(content) {
                bytes.push(server.read_u8().await.unwrap());
            }
            let reply = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
            server.write_all(reply).await.unwrap();
            drop(server);
            bytes
        };
        let (_, bytes) = tokio::join!(post, read);
        assert_eq!(log.bytes, content.len() as u64);
        (bytes, head_bytes)
    }

    #[tokio::test]
    async fn a_head_is_as_long_as_it_was_counted() {
        let name = Endpoint {
            host: "127.0.0.1".to_owned(),
            port: 8080,
        };
        let server = Arc::new(Server::new(name, Vec::new()));
        let directory = Directory {
            smtp: Place::Embedded,
            https: Place::Embedded,
            hosts: BTreeMap::new(),
            proxies: BTreeMap::new(),
            embedded_smtp: None,
            embedded_https: Some(server),
        };
        for text in [
            "http://a.example.com/x/y?z=1",
            "http://b:99",
            "https://c/%20",
        ] {
            let url = DeviceUrl::parse(text).unwrap();
            let mut way = directory.http_way(&url).unwrap();
            way.secured = false;
            for (by_proxy, keep_alive) in [(false, false), (false, true), (true, false)] {
                let form = Form {
                    url,
                    way: &way,
                    by_proxy,
                    content_type: "text/plain; charset=\"utf-8\"",
                    keep_alive,
                };
                let content = b"<the end>";
                let (bytes, head_bytes) = written(&form, content).await;
                let head = bytes.len() - content.len();
                assert_eq!(head as u64, head_bytes, "{text}");
            }
        }
    }
}
