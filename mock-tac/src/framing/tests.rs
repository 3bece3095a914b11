//! What passes the guard, and that slicing never changes the verdict.

use proptest::prelude::*;

use super::Framing;

/// Whether the guard spoils something in `input` when it arrives in pieces of at most `piece`
/// bytes.
fn spoils(input: &str, piece: usize) -> bool {
    let mut bytes = input.as_bytes().to_vec();
    let mut framing = Framing::new();
    for piece in bytes.chunks_mut(piece) {
        framing.inspect(piece);
    }
    bytes != input.as_bytes()
}

fn request(headers: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\n")
}

#[test]
fn requests_with_one_length_pass_one_after_the_other() {
    let one = request("Content-Length: 5\r\n") + "12345";
    assert!(!spoils(&one.repeat(3), 4096));
}

#[test]
fn a_body_may_hold_what_a_head_may_not() {
    assert!(!spoils(
        &(request("Content-Length: 6\r\n") + "a\nb\rc\n"),
        4096
    ));
}

#[test]
fn a_request_after_a_body_is_looked_at_again() {
    let first = request("Content-Length: 5\r\n") + "12345";
    assert!(spoils(
        &(first + &request("Content-Length: 1\r\nContent-Length: 2\r\n")),
        4096
    ));
}

#[test]
fn one_chunked_coding_passes() {
    assert!(!spoils(
        &(request("Transfer-Encoding: Chunked\r\n") + "0\r\n\r\n"),
        4096
    ));
}

#[test]
fn an_empty_line_before_a_request_passes() {
    assert!(!spoils(&format!("\r\n{}", request("")), 4096));
}

#[test]
fn a_long_harmless_header_passes() {
    assert!(!spoils(
        &request(&format!("X-Long: {}\r\n", "x".repeat(5000))),
        4096
    ));
}

/// Heads that two readers could understand differently, one reason each.
const AMBIGUOUS: [&str; 15] = [
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "Content-Length: 5\r\nContent-Length: 6\r\n",
    "Content-Length: 5\r\ncontent-length: 5\r\n",
    "Content-Length: 5, 5\r\n",
    "Content-Length: +5\r\n",
    "Content-Length: \r\n",
    "Content-Length: 18446744073709551616\r\n",
    "Content-Length : 5\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "X: a\r\n folded\r\n",
    "X: a\nContent-Length: 5\r\n",
    "X: a\rb\r\n",
];

#[test]
fn ambiguous_heads_are_spoilt() {
    for headers in AMBIGUOUS {
        assert!(spoils(&request(headers), 4096), "{headers:?}");
    }
}

#[test]
fn a_length_behind_more_blanks_than_are_kept_is_spoilt() {
    let blanks = " ".repeat(super::LINE_KEPT_BYTES);
    assert!(spoils(
        &request(&format!("Content-Length:{blanks}5\r\n")),
        4096
    ));
}

proptest! {
    #[test]
    fn the_verdict_does_not_depend_on_slicing(
        which in 0..AMBIGUOUS.len(), piece in 1_usize..40, good in any::<bool>(),
    ) {
        let headers = if good { "Content-Length: 3\r\n" } else { AMBIGUOUS[which] };
        let input = request("Content-Length: 2\r\n") + "ab" + &request(headers);
        prop_assert_eq!(spoils(&input, piece), !good);
    }

    #[test]
    fn any_bytes_are_survived(input in proptest::collection::vec(any::<u8>(), 0..300), piece in 1_usize..50) {
        let mut bytes = input;
        let mut framing = Framing::new();
        for piece in bytes.chunks_mut(piece) {
            framing.inspect(piece);
        }
    }
}
