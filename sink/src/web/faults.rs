//! `/api/faults`: faults given and taken away while a sink runs.
//!
//! A web page in somebody's browser must not be able to do that. JSON is a content type that pages
//! cannot send to others without asking first, which is not answered here.

use std::sync::Arc;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, StatusCode};
use serde::Serialize;

use super::{Answer, closing, finished, to_json};
use crate::fault::{FaultBoard, FaultId, FaultTable};

/// The list of faults; one of them is this, a slash and its id.
pub(super) const PATH: &str = "/api/faults";

/// Largest fault in JSON, in bytes.
const BODY_BYTES_MAX: usize = 16 * 1024;

const JSON: &str = "application/json";

#[derive(Serialize)]
struct Added {
    id: FaultId,
}

#[derive(Serialize)]
struct Refused {
    error: String,
}

/// Whether a request is about a change of faults.
pub(super) fn is_change(request: &Request<Incoming>) -> bool {
    let path = request.uri().path();
    let about_faults = path == PATH || one(path).is_some();
    about_faults && request.method() != Method::GET && request.method() != Method::HEAD
}

/// What follows the path of the list.
fn one(path: &str) -> Option<&str> {
    path.strip_prefix(PATH)?.strip_prefix('/')
}

/// Adds or removes a fault.
pub(super) async fn change(board: &Arc<FaultBoard>, request: Request<Incoming>) -> Answer {
    match (request.method().as_str(), one(request.uri().path())) {
        ("POST", None) => add(board, request).await,
        ("DELETE", Some(id)) => {
            let id = id.parse().map(FaultId);
            match id.is_ok_and(|id| board.remove(id)) {
                true => finished(StatusCode::NO_CONTENT, JSON, String::new()),
                false => refuse(StatusCode::NOT_FOUND, "there is no fault of this id"),
            }
        }
        (_, one) => {
            let mut answer = refuse(
                StatusCode::METHOD_NOT_ALLOWED,
                "GET the list, POST to it, DELETE one of it",
            );
            let allowed = one.map_or("GET, HEAD, POST", |_| "DELETE");
            let headers = answer.headers_mut();
            headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
            answer
        }
    }
}

async fn add(board: &FaultBoard, request: Request<Incoming>) -> Answer {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let media_type = content_type.and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next());
    if !media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(JSON)) {
        let text = "a fault is sent with Content-Type: application/json";
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
    }
    let Ok(body) = Limited::new(request.into_body(), BODY_BYTES_MAX)
        .collect()
        .await
    else {
        return refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            "a fault is smaller than 16 KiB",
        );
    };
    let added = table_in(&body.to_bytes()).and_then(|table| {
        board
            .add_written(&table)
            .map_err(|errors| errors.to_string())
    });
    match added {
        Ok(id) => finished(StatusCode::CREATED, JSON, to_json(&Added { id })),
        Err(error) => refuse(StatusCode::BAD_REQUEST, &error),
    }
}

/// The fault in `body`. A list of values would be taken for one, too.
fn table_in(body: &[u8]) -> Result<FaultTable, String> {
    let value: serde_json::Value =
        serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if !value.is_object() {
        return Err("write one fault, as an object".to_owned());
    }
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn refuse(status: StatusCode, error: &str) -> Answer {
    let error = error.to_owned();
    // What came of a body may be unread.
    closing(finished(status, JSON, to_json(&Refused { error })))
}
