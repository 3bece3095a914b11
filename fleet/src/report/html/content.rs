//! What pages may have besides their text and pictures: one style sheet, and one script that they are
//! complete without.
//!
//! Colours are those of Okabe and Ito, which people with any colour vision tell apart; lines differ in
//! their dashes, too.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// The style sheet.
pub(crate) const STYLE: &str = include_str!("style.css");

/// The script that zooms, as readers of HTML and readers of XML both take it for text.
pub(crate) const ZOOM: &str = concat!("/*<![CDATA[*/\n", include_str!("zoom.js"), "/*]]>*/");

/// The only content that a page may have besides its text and pictures: this very style sheet, and
/// `script`, if it has one. Nothing is fetched, and nothing sent.
pub(crate) fn policy(script: Option<&str>) -> String {
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text));
    let script = script.map_or_else(String::new, |script| {
        format!(" script-src 'sha256-{}';", digest(script))
    });
    format!(
        "default-src 'none'; style-src 'sha256-{}';{script} base-uri 'none'; form-action 'none'",
        digest(STYLE)
    )
}
