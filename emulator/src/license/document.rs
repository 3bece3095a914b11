//! License files: XML around license lines, as portals hand them out and `license save` writes them.
//!
//! Files are foreign input: their size is bounded, document type definitions are refused, and
//! nothing they say is believed before the line itself has been verified.
//! Source: reference licensing, section 1.3 (the root element is known, the rest is our decision).

use base64::{Engine, engine::general_purpose::STANDARD};
use roxmltree::{Document, Node, ParsingOptions};
use sha1::{Digest, Sha1};

use super::line::{Pak, Udi};
use crate::text::push_xml_text;

/// Largest license file that is read, in bytes; one of a hundred lines has a tenth of it.
pub const FILE_BYTES_MAX: usize = 1 << 20;
/// Most elements and texts of a file.
const NODES_MAX: u32 = 100_000;
const ROOT: &str = "CISCO_WT_LICENSES";
const VERSION: &str = "1.0";
/// Longest text of an element beside the line, in bytes; a longer one counts as none.
const TEXT_BYTES_MAX: usize = 512;
/// Characters of an identifier or a hash that are read.
const ID_CHARACTERS_MAX: usize = 64;
/// Most lines of a file, several times what any store holds.
const LINES_MAX: usize = 1_000;
/// Most characters of a comment, which the file repeats for whoever edits it.
pub const COMMENT_CHARACTERS_MAX: usize = 99;

/// Why a file is no license file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidFile {
    /// It is larger than any license file.
    #[error("it is larger than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    /// It begins with a byte order mark, as files that went through some mail programs do.
    #[error("it begins with a byte order mark; remove the first three bytes")]
    ByteOrderMark,
    /// It is no text.
    #[error("it is no text")]
    NoText,
    /// It is no well-formed XML.
    #[error("it is no well-formed XML: {0}")]
    Syntax(String),
    /// It is another document.
    #[error("its root element is no {ROOT}")]
    WrongRoot,
    /// It has more license lines than any store holds.
    #[error("it has more than {LINES_MAX} license lines")]
    TooManyLines,
    /// It has no license line.
    #[error("it has no license line")]
    NoLine,
}

/// A license in a file, with what the file says of it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FileEntry {
    /// `LICENSE id`.
    pub id: String,
    /// The device it is for.
    pub udi: Option<Udi>,
    /// The feature.
    pub feature: Option<String>,
    /// The stock keeping unit it was ordered as.
    pub sku: Option<String>,
    /// The product authorization key it was ordered with.
    pub pak: Option<Pak>,
    /// The kind in capital letters.
    pub license_type: Option<String>,
    /// The comment that is stored with it.
    pub comment: String,
    /// SHA-1 of the line in base64.
    pub hash: Option<String>,
    /// The license line.
    pub line: String,
}

/// Base64 of SHA-1 of `line`, which a file carries beside it.
pub fn line_hash(line: &str) -> String {
    STANDARD.encode(Sha1::digest(line.as_bytes()))
}

/// The licenses of a file, in its order.
///
/// # Errors
/// If it is no license file, whatever the reason.
pub fn read(bytes: &[u8]) -> Result<Vec<FileEntry>, InvalidFile> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(InvalidFile::TooLarge);
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Err(InvalidFile::ByteOrderMark);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| InvalidFile::NoText)?;
    let options = ParsingOptions {
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| InvalidFile::Syntax(error.to_string()))?;
    let root = document.root_element();
    if root.tag_name().name() != ROOT {
        return Err(InvalidFile::WrongRoot);
    }
    let licenses = root.children().filter(|node| node.has_tag_name("LICENSE"));
    let entries: Vec<_> = licenses.flat_map(entries).take(LINES_MAX + 1).collect();
    if entries.is_empty() {
        return Err(InvalidFile::NoLine);
    }
    if entries.len() > LINES_MAX {
        return Err(InvalidFile::TooManyLines);
    }
    Ok(entries)
}

/// The lines of a `LICENSE` element; all of them share what it says.
fn entries<'d>(license: Node<'d, '_>) -> impl Iterator<Item = FileEntry> {
    let child =
        |parent: Node<'d, '_>, name: &str| parent.children().find(|node| node.has_tag_name(name));
    let text_of =
        |node: Option<Node<'d, '_>>| node.map(|node| text(node)).filter(|text| !text.is_empty());
    let udi = child(license, "UDI").and_then(|udi| {
        let (pid, serial) = (text_of(child(udi, "PID"))?, text_of(child(udi, "SN"))?);
        Some(Udi::new(&pid, &serial))
    });
    // What all lines share is copied for each of them, so it must not be long.
    let text_of = |node| text_of(node).filter(|text: &String| text.len() <= TEXT_BYTES_MAX);
    let id = license.attribute("id").unwrap_or_default();
    let common = FileEntry {
        id: id.chars().take(ID_CHARACTERS_MAX).collect(),
        udi,
        feature: child(license, "FEATURE").and_then(|feature| text_of(child(feature, "NAME"))),
        sku: text_of(child(license, "SKU")),
        pak: text_of(child(license, "PAK")).and_then(|pak| Pak::parse(&pak)),
        license_type: text_of(child(license, "LICENSE_TYPE")),
        comment: text_of(child(license, "USER_MODIFIABLE_COMMENT")).unwrap_or_default(),
        ..FileEntry::default()
    };
    let lines: Vec<_> = license
        .children()
        .filter(|node| node.has_tag_name("LICENSE_LINE"))
        .map(|node| FileEntry {
            hash: node
                .attribute("hash")
                .map(|hash| hash.chars().take(ID_CHARACTERS_MAX).collect()),
            line: text(node),
            ..common.clone()
        })
        .collect();
    lines.into_iter()
}

/// The character data of `node`, without the white space around it.
fn text(node: Node<'_, '_>) -> String {
    let parts = node.children().filter_map(|child| child.text());
    parts.collect::<String>().trim().to_owned()
}

/// The file of `entries`.
pub fn write(entries: &[FileEntry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1200 * entries.len() + 100);
    let line = |out: &mut Vec<u8>, text: &str| crate::text::push_line(out, text);
    line(&mut out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    line(&mut out, &format!("<{ROOT} version=\"{VERSION}\">"));
    for entry in entries {
        line(
            &mut out,
            &format!("  <LICENSE id=\"{}\">", escaped(&entry.id)),
        );
        if let Some(udi) = &entry.udi {
            let (pid, serial) = (escaped(&udi.pid), escaped(&udi.serial));
            line(
                &mut out,
                &format!("    <UDI><PID>{pid}</PID><SN>{serial}</SN></UDI>"),
            );
        }
        if let Some(feature) = &entry.feature {
            let name = escaped(feature);
            line(
                &mut out,
                &format!("    <FEATURE><NAME>{name}</NAME><VERSION>{VERSION}</VERSION></FEATURE>"),
            );
        }
        let pak = entry.pak.as_ref().map(|pak| pak.as_str().to_owned());
        for (name, value) in [
            ("SKU", &entry.sku),
            ("PAK", &pak),
            ("LICENSE_TYPE", &entry.license_type),
        ] {
            if let Some(value) = value {
                line(
                    &mut out,
                    &format!("    <{name}>{}</{name}>", escaped(value)),
                );
            }
        }
        line(
            &mut out,
            &format!(
                "    <USER_MODIFIABLE_COMMENT fieldRestrictions=\"Max {COMMENT_CHARACTERS_MAX} ASCII characters in length.\">{}</USER_MODIFIABLE_COMMENT>",
                escaped(&entry.comment)
            ),
        );
        let hash = entry.hash.clone().unwrap_or_else(|| line_hash(&entry.line));
        // No line has an end of a CDATA section in it: `]` is not in its alphabet.
        line(
            &mut out,
            &format!(
                "    <LICENSE_LINE hashAlgo=\"SHA1\" hash=\"{}\"><![CDATA[{}]]></LICENSE_LINE>",
                escaped(&hash),
                entry.line.replace("]]>", "")
            ),
        );
        line(&mut out, "  </LICENSE>");
    }
    line(&mut out, &format!("</{ROOT}>"));
    out
}

fn escaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    push_xml_text(&mut out, text);
    String::from_utf8_lossy(&out).replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> FileEntry {
        FileEntry {
            id: "20240105101502123.1".into(),
            udi: Some(Udi::new("CISCO2951/K9", "FTX1000A001")),
            feature: Some("securityk9".into()),
            sku: Some("SL-29-SEC-K9".into()),
            pak: Pak::parse("3XPXR9E7D30"),
            license_type: Some("PERMANENT".into()),
            comment: "rack 4 & <left>".into(),
            hash: Some(line_hash("11 securityk9")),
            line: "11 securityk9".into(),
        }
    }

    #[test]
    fn a_file_reads_back_as_it_was_written() {
        let entries = vec![
            entry(),
            FileEntry {
                line: "11 uc".into(),
                hash: Some(line_hash("11 uc")),
                ..entry()
            },
        ];
        assert_eq!(read(&write(&entries)), Ok(entries));
    }

    #[test]
    fn line_ends_and_foreign_elements_do_not_matter() {
        let text = String::from_utf8(write(&[entry()])).unwrap();
        let crlf = text.replace('\n', "\r\n");
        assert_eq!(read(crlf.as_bytes()), Ok(vec![entry()]));
        let foreign = text.replace("<SKU>", "<NEWS>none</NEWS><SKU>");
        assert_eq!(read(foreign.as_bytes()), Ok(vec![entry()]));
    }

    #[test]
    fn what_is_no_license_file_is_refused_with_a_reason() {
        let good = write(&[entry()]);
        let with_mark = [b"\xEF\xBB\xBF", good.as_slice()].concat();
        assert_eq!(read(&with_mark), Err(InvalidFile::ByteOrderMark));
        assert_eq!(
            read(&vec![b' '; FILE_BYTES_MAX + 1]),
            Err(InvalidFile::TooLarge)
        );
        assert_eq!(read(b"\xFF\xFE\x00"), Err(InvalidFile::NoText));
        assert_eq!(read(b"<LICENSES/>"), Err(InvalidFile::WrongRoot));
        assert_eq!(read(b"<CISCO_WT_LICENSES/>"), Err(InvalidFile::NoLine));
        for bad in [&b""[..], b"11 uc 1.0", &good[..good.len() - 5], &good[5..]] {
            assert!(matches!(read(bad), Err(InvalidFile::Syntax(_))));
        }
    }

    #[test]
    fn what_lines_share_is_short_however_long_it_is_written() {
        let long = FileEntry {
            sku: Some("S".repeat(TEXT_BYTES_MAX + 1)),
            id: "i".repeat(ID_CHARACTERS_MAX + 1),
            ..entry()
        };
        let read = read(&write(&[long])).unwrap();
        assert_eq!(read[0].sku, None);
        assert_eq!(read[0].id.len(), ID_CHARACTERS_MAX);
        let many = format!(
            "<{ROOT}><LICENSE>{}</LICENSE></{ROOT}>",
            "<LICENSE_LINE>11</LICENSE_LINE>".repeat(LINES_MAX + 1)
        );
        assert_eq!(super::read(many.as_bytes()), Err(InvalidFile::TooManyLines));
    }

    #[test]
    fn entities_never_expand() {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>\
                    <CISCO_WT_LICENSES><LICENSE><LICENSE_LINE>&b;</LICENSE_LINE></LICENSE></CISCO_WT_LICENSES>";
        assert!(matches!(read(bomb.as_bytes()), Err(InvalidFile::Syntax(_))));
        let wide = format!(
            "<CISCO_WT_LICENSES>{}</CISCO_WT_LICENSES>",
            "<a/>".repeat(NODES_MAX as usize + 1)
        );
        assert!(matches!(read(wide.as_bytes()), Err(InvalidFile::Syntax(_))));
    }
}
