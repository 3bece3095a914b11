//! Answers requests: the Call Home endpoint, and the pages about it.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode, Version};
use sink::fault::{Decision, Orders, Stage};
use sink::{Arrival, Books, Disposition, Pages, Recorded};
use tokio::time::{sleep, timeout};
use tracing::debug;

use crate::body::{BodyError, Budget, Encoding};
use crate::fault::{self, Dropped};
use crate::intake::{self, IntakeError, Message};
use crate::reply::{self, Answer, Status};
use crate::settings::{ENDPOINT, Paths, Settings, TenKb};
use crate::ten_kb;

/// The media types a Call Home message comes in.
const MEDIA_TYPES: [&str; 3] = ["text/xml", "application/xml", "application/soap+xml"];

/// The account of messages that the 10 KB rule drops.
const OVERSIZE_DROPPED: &str = "oversize_dropped";

/// Everything the connections of one sink share.
pub(crate) struct Service {
    pub(crate) settings: Settings,
    pub(crate) books: Arc<Books>,
    pages: Pages,
    budget: Budget,
}

/// What was decided about a body.
enum Judgement {
    /// It is in the books.
    Taken { answer: Answer, status: Status },
    /// It is no message.
    Refused(IntakeError),
}

impl Service {
    pub(crate) fn new(settings: Settings, books: Arc<Books>) -> Self {
        Self {
            pages: crate::pages(Arc::clone(&books), &settings),
            budget: Budget::new(settings.limits.bodies_bytes),
            settings,
            books,
        }
    }

    /// Answers a request; `orders` says afterwards what is to be done to the bytes of the answer.
    ///
    /// # Errors
    /// When a fault has the connection closed instead.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        orders: &Orders,
    ) -> Result<Answer, Dropped> {
        orders.give(None);
        let (head, body) = request.into_parts();
        // The framing guard does not follow chunks, so a chunked request is the last of its
        // connection.
        let is_last = head.headers.contains_key(header::TRANSFER_ENCODING);
        let answer = self.route(&head, body, orders).await?;
        Ok(if is_last {
            reply::ending(answer)
        } else {
            answer
        })
    }

    async fn route(
        &self,
        head: &Parts,
        body: Incoming,
        orders: &Orders,
    ) -> Result<Answer, Dropped> {
        if !names_one_host(head) {
            self.books.count("bad_request");
            let text = "a request names exactly one host\n";
            return Ok(reply::ending(reply::plain(StatusCode::BAD_REQUEST, text)));
        }
        let path = head.uri.path();
        let is_endpoint = path == ENDPOINT || self.settings.paths == Paths::Any;
        if head.method == Method::POST && is_endpoint {
            fault::pass(&self.settings.faults, Stage::Head).await?;
            return self.receive(head, body, orders).await;
        }
        let page = self.pages.answer(&head.method, path, head.uri.query());
        let answer = match page {
            Some(page) => page,
            None if is_endpoint => service_page(&head.method),
            None => reply::plain(StatusCode::NOT_FOUND, "nothing is served here\n"),
        };
        Ok(if body.is_end_stream() {
            answer
        } else {
            reply::ending(answer)
        })
    }

    async fn receive(
        &self,
        head: &Parts,
        body: Incoming,
        orders: &Orders,
    ) -> Result<Answer, Dropped> {
        if !is_xml(&head.headers) {
            self.books.reject("content_type");
            let text = "a message is text/xml, application/xml or application/soap+xml in UTF-8\n";
            let answer = reply::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
            return Ok(reply::ending(answer));
        }
        let Some(encoding) = Encoding::of(&head.headers) else {
            self.books.reject("content_encoding");
            let text = "Content-Encoding is gzip, deflate or absent\n";
            let mut answer = reply::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
            answer.headers_mut().insert(
                header::ACCEPT_ENCODING,
                HeaderValue::from_static("gzip, deflate"),
            );
            return Ok(reply::ending(answer));
        };
        let bytes_max = self.settings.limits.body_bytes;
        let mut share = self.budget.share();
        let receiving = timeout(self.settings.timeouts.body, share.receive(body, bytes_max));
        let body = match receiving.await {
            Ok(Ok(body)) => body,
            Ok(Err(error)) => return Ok(self.no_body(&error)),
            Err(_) => {
                self.books.reject("body_timeout");
                let text = "the body took too long\n";
                return Ok(reply::ending(reply::plain(
                    StatusCode::REQUEST_TIMEOUT,
                    text,
                )));
            }
        };
        let received = Instant::now();
        fault::pass(&self.settings.faults, Stage::Body).await?;
        match encoding.undo(body, bytes_max) {
            Ok(body) => self.take_or_not(body, received, orders).await,
            Err(error) => Ok(self.no_body(&error)),
        }
    }

    fn no_body(&self, error: &BodyError) -> Answer {
        let status = match error {
            BodyError::TooLarge { .. } => {
                self.books.reject("too_large");
                StatusCode::PAYLOAD_TOO_LARGE
            }
            BodyError::Busy => {
                self.books.reject("busy");
                StatusCode::SERVICE_UNAVAILABLE
            }
            BodyError::CutOff => {
                self.books.count("aborted");
                StatusCode::BAD_REQUEST
            }
            BodyError::Corrupt => {
                self.books.reject("content_encoding");
                StatusCode::BAD_REQUEST
            }
        };
        reply::ending(reply::plain(status, format!("{error}\n")))
    }

    /// Takes a message, unless a fault has it otherwise.
    async fn take_or_not(
        &self,
        body: Bytes,
        received: Instant,
        orders: &Orders,
    ) -> Result<Answer, Dropped> {
        let Some(decision) = self.settings.faults.at(Stage::Reply) else {
            return Ok(self.take(body, received).await);
        };
        let right = if fault::records(&decision) {
            Some(self.take(body, received).await)
        } else {
            self.books.reject(fault::FAULT);
            None
        };
        let Decision { delay, effect } = decision;
        sleep(delay).await;
        let (answer, order) = fault::spoil(right, effect)?;
        orders.give(order);
        Ok(answer)
    }

    async fn take(&self, body: Bytes, received: Instant) -> Answer {
        match self.judge(&body, received) {
            Judgement::Refused(error) => {
                debug!(%error, "message refused");
                self.books.reject(error.fault.account());
                reply::fault(&error.to_string())
            }
            Judgement::Taken { answer, status } => {
                if status != Status::Dropped {
                    self.store(&body).await;
                }
                answer
            }
        }
    }

    /// Decides about a complete body and enters it in the books.
    fn judge(&self, body: &[u8], received: Instant) -> Judgement {
        let is_dropped = match self.settings.ten_kb {
            TenKb::Enforce => ten_kb::exceeds(body),
            TenKb::Log => {
                if ten_kb::exceeds(body) {
                    self.books.count("oversize_logged");
                }
                false
            }
            TenKb::Off => false,
        };
        let message = match intake::read(body, &self.settings.limits.intake) {
            Ok(message) => Some(message),
            // The rule comes before the look at the message, which is read for its id only.
            Err(_) if is_dropped => None,
            Err(error) => return Judgement::Refused(error),
        };
        let status = self.record(message.as_ref(), body.len() as u64, received, is_dropped);
        let id = message.as_ref().map_or("", |message| &message.message_id);
        Judgement::Taken {
            answer: reply::taken(id, status),
            status,
        }
    }

    fn record(
        &self,
        message: Option<&Message<'_>>,
        bytes: u64,
        received: Instant,
        is_dropped: bool,
    ) -> Status {
        let recorded = self.books.record(Arrival {
            received,
            id: message.map(|message| message.message_id.as_ref()),
            message_type: message.map_or("unreadable", |message| &message.kind),
            format: "xml",
            device: message.map_or("", |message| &message.device_id),
            subject: message.map_or("", |message| &message.description),
            bytes,
            disposition: if is_dropped {
                Disposition::Dropped(OVERSIZE_DROPPED)
            } else {
                Disposition::Accepted
            },
        });
        match (is_dropped, recorded) {
            (true, _) => Status::Dropped,
            (false, Recorded::Duplicate) => Status::Duplicate,
            (false, Recorded::First) => {
                if let Some(message) = message {
                    self.settings.devices.note(message, SystemTime::now());
                }
                Status::Accepted
            }
        }
    }

    async fn store(&self, body: &Bytes) {
        let Some(store) = &self.settings.store else {
            return;
        };
        if let Err(error) = store.save(body.to_vec()).await {
            debug!(%error, "message not stored");
            self.books.count("not_stored");
        }
    }
}

/// HTTP/1.1 asks for exactly one; with several, two readers could choose differently.
fn names_one_host(head: &Parts) -> bool {
    let hosts = head.headers.get_all(header::HOST).iter().count();
    hosts == 1 || (hosts == 0 && head.version == Version::HTTP_10)
}

/// Whether the one content type is XML, in UTF-8 as far as it says.
fn is_xml(headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(content_type), None) = (named.next(), named.next()) else {
        return false;
    };
    let Ok(content_type) = content_type.to_str() else {
        return false;
    };
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let charset = parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("charset")
            .then(|| value.trim_matches('"'))
    });
    let is_readable = charset.is_none_or(|charset| {
        charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("us-ascii")
    });
    is_readable
        && MEDIA_TYPES
            .iter()
            .any(|known| media_type.eq_ignore_ascii_case(known))
}

fn service_page(method: &Method) -> Answer {
    if method == Method::GET || method == Method::HEAD {
        let text = "DDCEService: POST a Call Home message here\n";
        return reply::plain(StatusCode::OK, text);
    }
    let text = "only GET, HEAD and POST are answered here\n";
    let mut answer = reply::plain(StatusCode::METHOD_NOT_ALLOWED, text);
    answer
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    answer
}
