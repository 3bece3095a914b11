//! TFTP packets as bytes. RFC 1350, section 5; RFC 2347.

/// Longest text of an error that is looked at, in bytes.
const TEXT_BYTES_MAX: usize = 256;
/// Most options of an acknowledgement that are looked at.
const OPTIONS_MAX: usize = 16;

/// Codes of errors. RFC 1350, section 5; RFC 2347.
pub(super) mod code {
    pub(in super::super) const NOT_FOUND: u16 = 1;
    pub(in super::super) const ACCESS: u16 = 2;
    pub(in super::super) const FULL: u16 = 3;
    pub(in super::super) const ILLEGAL: u16 = 4;
    pub(in super::super) const UNKNOWN_ID: u16 = 5;
    pub(in super::super) const OPTIONS: u16 = 8;
}

/// What a server sends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Packet<'a> {
    Data {
        block: u16,
        bytes: &'a [u8],
    },
    Acknowledgement {
        block: u16,
    },
    /// Options with their values, names in lower case.
    Options(Vec<(String, u64)>),
    Error {
        code: u16,
    },
}

impl<'a> Packet<'a> {
    /// Reads what came from a server; `None` if it is nothing that a server sends.
    pub(super) fn read(datagram: &'a [u8]) -> Option<Self> {
        let (operation, rest) = datagram.split_first_chunk()?;
        match u16::from_be_bytes(*operation) {
            3 => {
                let (block, bytes) = rest.split_first_chunk()?;
                let block = u16::from_be_bytes(*block);
                Some(Self::Data { block, bytes })
            }
            4 => {
                let block = u16::from_be_bytes(rest.try_into().ok()?);
                Some(Self::Acknowledgement { block })
            }
            5 => {
                let (code, text) = rest.split_first_chunk()?;
                let code = u16::from_be_bytes(*code);
                (text.len() <= TEXT_BYTES_MAX).then_some(Self::Error { code })
            }
            6 => options(rest).map(Self::Options),
            _ => None,
        }
    }
}

fn options(bytes: &[u8]) -> Option<Vec<(String, u64)>> {
    let text = std::str::from_utf8(bytes).ok()?;
    if text.is_empty() {
        return Some(Vec::new());
    }
    let mut fields = text.strip_suffix('\0')?.split('\0');
    let mut options = Vec::new();
    while let Some(name) = fields.next() {
        let value = fields.next()?.parse().ok()?;
        if options.len() == OPTIONS_MAX {
            return None;
        }
        options.push((name.to_ascii_lowercase(), value));
    }
    Some(options)
}

/// Which way a file is to go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Way {
    Read = 1,
    Write = 2,
}

/// A request for the file `path` in octets, with `options`.
pub(super) fn request(way: Way, path: &str, options: &[(&str, u64)]) -> Vec<u8> {
    let mut packet = vec![0, way as u8];
    for text in [path, "octet"] {
        push_text(&mut packet, text);
    }
    for (name, value) in options {
        push_text(&mut packet, name);
        push_text(&mut packet, &value.to_string());
    }
    packet
}

pub(super) fn data(block: u16, bytes: &[u8]) -> Vec<u8> {
    let [high, low] = block.to_be_bytes();
    [&[0, 3, high, low], bytes].concat()
}

pub(super) fn acknowledgement(block: u16) -> Vec<u8> {
    let [high, low] = block.to_be_bytes();
    vec![0, 4, high, low]
}

pub(super) fn error(code: u16, text: &str) -> Vec<u8> {
    let [high, low] = code.to_be_bytes();
    let mut packet = vec![0, 5, high, low];
    push_text(&mut packet, text);
    packet
}

/// A zero byte would end the text early.
fn push_text(packet: &mut Vec<u8>, text: &str) {
    packet.extend(text.bytes().filter(|byte| *byte != 0));
    packet.push(0);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_servers_send_is_read() {
        let read = Packet::read;
        let block = 258;
        let bytes = &b"xy"[..];
        assert_eq!(
            read(b"\0\x03\x01\x02xy"),
            Some(Packet::Data { block, bytes })
        );
        assert_eq!(
            read(b"\0\x04\x01\x02"),
            Some(Packet::Acknowledgement { block })
        );
        assert_eq!(read(b"\0\x05\0\x01no\0"), Some(Packet::Error { code: 1 }));
        let options = vec![("blksize".to_owned(), 1024), ("tsize".to_owned(), 7)];
        let packet = b"\0\x06BlkSize\x001024\0tsize\x007\0";
        assert_eq!(read(packet), Some(Packet::Options(options)));
        for wrong in [
            &b""[..],
            b"\0",
            b"\0\x01a\0octet\0",
            b"\0\x03\0",
            b"\0\x04\0\x01x",
            b"\0\x06blksize\0",
            b"\0\x06blksize\0x\0",
            b"\0\x06blksize\x008",
            b"\0\x07",
        ] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn requests_are_spelled_as_in_the_standard() {
        assert_eq!(
            request(Way::Read, "a/b", &[("blksize", 1428)]),
            b"\0\x01a/b\0octet\0blksize\x001428\0"
        );
        assert_eq!(request(Way::Write, "a\0b", &[]), b"\0\x02ab\0octet\0");
        assert_eq!(error(4, "no"), b"\0\x05\0\x04no\0");
    }

    proptest! {
        #[test]
        fn no_datagram_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = Packet::read(&bytes);
        }
    }
}
