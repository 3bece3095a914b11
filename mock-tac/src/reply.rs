//! What the sink answers: the SOAP bodies of the service, and refusals in plain text.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use quick_xml::escape::partial_escape;

/// A complete answer.
pub(crate) type Answer = Response<Full<Bytes>>;

/// What became of a message, as its sender is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Status {
    Accepted,
    Duplicate,
    Dropped,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Dropped => "dropped",
        }
    }
}

/// The answer to a message that was taken; `message_id` is empty when it could not be read.
pub(crate) fn taken(message_id: &str, status: Status) -> Answer {
    let text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<soap-env:Envelope xmlns:soap-env="http://www.w3.org/2003/05/soap-envelope">
<soap-env:Header>
<aml-session:Session xmlns:aml-session="http://www.cisco.com/2004/01/aml-session">
<aml-session:MessageId>{}</aml-session:MessageId>
</aml-session:Session>
</soap-env:Header>
<soap-env:Body>
<aml-block:Response xmlns:aml-block="http://www.cisco.com/2004/01/aml-block"><aml-block:Status>{}</aml-block:Status></aml-block:Response>
</soap-env:Body>
</soap-env:Envelope>
"#,
        partial_escape(message_id),
        status.word(),
    );
    finished(StatusCode::OK, r#"text/xml; charset="utf-8""#, text)
}

/// The answer to a body that is no Call Home message: a SOAP 1.2 fault that puts it down to the
/// sender.
pub(crate) fn fault(reason: &str) -> Answer {
    let text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<soap-env:Envelope xmlns:soap-env="http://www.w3.org/2003/05/soap-envelope">
<soap-env:Body>
<soap-env:Fault>
<soap-env:Code>
<soap-env:Value>soap-env:Sender</soap-env:Value>
</soap-env:Code>
<soap-env:Reason>
<soap-env:Text xml:lang="en">{}</soap-env:Text>
</soap-env:Reason>
</soap-env:Fault>
</soap-env:Body>
</soap-env:Envelope>
"#,
        partial_escape(reason),
    );
    finished(
        StatusCode::BAD_REQUEST,
        r#"text/xml; charset="utf-8""#,
        text,
    )
}

/// A short answer for people and for clients that look at the status only.
pub(crate) fn plain(status: StatusCode, text: impl Into<String>) -> Answer {
    finished(status, "text/plain; charset=utf-8", text.into())
}

/// The answer, after which the connection ends: what the client may still send is not looked at.
pub(crate) fn ending(mut answer: Answer) -> Answer {
    answer
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn finished(status: StatusCode, content_type: &'static str, text: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}
