//! How the page looks: on a screen, light or dark, and on paper.
//!
//! Colours are those of Okabe and Ito, which people with any colour vision tell apart; lines differ in
//! their dashes, too.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// The style sheet.
pub(crate) const STYLE: &str = include_str!("style.css");

/// The only content that the page may have besides its text and pictures: this very style sheet.
pub(crate) fn policy() -> String {
    let digest = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")
}
