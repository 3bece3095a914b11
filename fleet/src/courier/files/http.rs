//! One file by HTTP: a request, and its response up to a size.

use bytes::Bytes;
use emulator::{AttemptOutcome, FileUrl, device::files::WhyNot};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::{
    Request, StatusCode,
    client::conn::http1::handshake,
    header::{ACCEPT, CONNECTION, HOST, USER_AGENT as AGENT},
};
use hyper_util::rt::TokioIo;

use super::{FILE_BYTES_MAX, FileServer};
use crate::courier::{
    CourierSettings,
    dial::{self, Budget, Caller},
    failure::Failure,
    https::USER_AGENT,
    stream::TracedStream,
    tls,
};

impl CourierSettings {
    /// Fetches the file at `url` from `server`.
    pub(super) async fn get(
        &self,
        server: &FileServer,
        caller: Caller,
        url: &FileUrl,
    ) -> Result<Vec<u8>, WhyNot> {
        let stream = self.open(server, caller, url).await;
        let stream =
            stream.map_err(
                |failure| match failure.outcome == AttemptOutcome::TimedOut {
                    true => WhyNot::TimedOut,
                    false => WhyNot::Broken,
                },
            )?;
        let (mut sender, wire) = handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let answer = async {
            let response = sender.send_request(request(url)?).await.map_err(broken)?;
            match response.status() {
                StatusCode::OK => {}
                StatusCode::NOT_FOUND | StatusCode::GONE => return Err(WhyNot::NotFound),
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(WhyNot::ReadOnly),
                _ => return Err(WhyNot::Refused),
            }
            let body = Limited::new(response.into_body(), FILE_BYTES_MAX)
                .collect()
                .await;
            match body {
                Ok(body) => Ok(body.to_bytes().to_vec()),
                Err(error) if error.is::<LengthLimitError>() => Err(WhyNot::TooLarge),
                Err(_) => Err(WhyNot::Broken),
            }
        };
        // The connection is done when the answer is.
        tokio::select! {
            answer = answer => answer,
            Err(_) = wire => Err(WhyNot::Broken),
        }
    }

    async fn open(
        &self,
        server: &FileServer,
        caller: Caller,
        url: &FileUrl,
    ) -> Result<TracedStream, Failure> {
        let budget = Budget::starting_now(self.https.connect_timeout);
        let stream = dial::connect(&server.server, caller, budget).await?;
        if !server.secured {
            return Ok(TracedStream::plain(stream));
        }
        let config = self.tls.config(true, &[])?;
        let (stream, _) = tls::secure(stream, &config, &url.server(), budget).await?;
        Ok(TracedStream::secured(stream))
    }
}

fn broken(_: hyper::Error) -> WhyNot {
    WhyNot::Broken
}

/// What a device asks for: the path as it was typed, of the host without the user before it.
fn request(url: &FileUrl) -> Result<Request<Empty<Bytes>>, WhyNot> {
    let host = url.host().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let request = Request::get(format!("/{}", url.path()))
        .header(HOST, host)
        .header(AGENT, USER_AGENT)
        .header(ACCEPT, "*/*")
        .header(CONNECTION, "close");
    request.body(Empty::new()).map_err(|_| WhyNot::BadName)
}
