//! Who is asked for: a web page in somebody's browser that has its own name point at this machine
//! would read everything here, and gives itself away by that name.

use hyper::Request;
use hyper::header;

/// What is said to whoever asks by another name.
pub const NAME_REFUSED: &str = "ask by an IP address or as localhost; names are refused, since any \
                                web page can have its own point here\n";

/// Whether the host that was asked for is an address or `localhost`, and no other name.
#[must_use]
pub fn names_an_address<B>(request: &Request<B>) -> bool {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    // Whoever takes this for a proxy says it twice.
    let whole = request.uri().authority();
    host.is_some_and(is_address) && whole.is_none_or(|whole| is_address(whole.as_str()))
}

/// Whether `host`, with a port or without, is an address or `localhost`.
fn is_address(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || address.parse::<std::net::IpAddr>().is_ok()
}
