//! A way through an HTTP proxy: the CONNECT method (RFC 9110, 9.3.6).

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{
    dial::Budget,
    failure::{ErrorKind, Failure},
};

/// Longest head of a proxy's answer, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Asks the proxy behind `stream` for a way to `authority`, host and port.
pub(super) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    authority: &str,
    budget: Budget,
) -> Result<(), Failure> {
    let exchange = async {
        let request = format!(
            "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {}\r\n\r\n",
            super::https::USER_AGENT
        );
        stream.write_all(request.as_bytes()).await?;
        read_head(stream).await
    };
    match budget.run(exchange).await {
        None => Err(Failure::timed_out(
            ErrorKind::Proxy,
            "CONNECT: the proxy did not answer in time",
        )),
        Some(Err(error)) => Err(Failure::failed(
            ErrorKind::Proxy,
            &format!("CONNECT: {error}"),
        )),
        Some(Ok(head)) => judge(&head),
    }
}

async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    while !contains_end(&head) && head.len() <= HEAD_BYTES_MAX {
        let count = stream.read(&mut chunk).await?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(&chunk[..count]);
    }
    Ok(head)
}

fn contains_end(head: &[u8]) -> bool {
    memchr::memmem::find(head, b"\r\n\r\n").is_some()
}

/// 200 opens the way; anything else does not.
fn judge(head: &[u8]) -> Result<(), Failure> {
    let failed = |what: &str| Failure::failed(ErrorKind::Proxy, &format!("CONNECT: {what}"));
    let end = memchr::memmem::find(head, b"\r\n\r\n").ok_or_else(|| failed("an endless answer"))?;
    let text = String::from_utf8_lossy(&head[..end]);
    let status_line = text.lines().next().unwrap_or_default();
    let code = status_line
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.get(2..5)?.parse::<u16>().ok());
    match code {
        // The server has nothing to say before the client's first TLS record.
        Some(200) if head.len() > end + 4 => Err(failed("bytes behind the answer")),
        Some(200) => Ok(()),
        Some(code) => Err(failed(status_line).with_code(code)),
        None => Err(failed("the answer is not HTTP")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(head: &str) -> Option<u16> {
        judge(head.as_bytes()).unwrap_err().error.code
    }

    #[test]
    fn only_200_opens_the_way() {
        assert_eq!(
            judge(b"HTTP/1.0 200 Connection established\r\n\r\n"),
            Ok(())
        );
        assert_eq!(code("HTTP/1.1 403 Forbidden\r\n\r\n"), Some(403));
        assert_eq!(code("HTTP/1.1 204 No Content\r\n\r\n"), Some(204));
        assert_eq!(code("SSH-2.0-x\r\n\r\n"), None);
        assert_eq!(code("HTTP/1.1 200 OK\r\n\r\nmore"), None);
    }

    #[tokio::test]
    async fn an_endless_answer_is_given_up() {
        let head = read_head(&mut tokio::io::repeat(b'x')).await.unwrap();
        assert!(head.len() <= HEAD_BYTES_MAX + 1024 && judge(&head).is_err());
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_reader_panic(head in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = judge(&head);
        }
    }
}
