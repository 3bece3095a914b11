//! `fleet license pak`: what a portal knows of a product authorization key.
//!
//! The form is that of the answer to `GetPak`. Source: reference licensing, section 5.6.

use emulator::license::{
    LicenseKind,
    line::{FEATURE_VERSION, is_feature},
};
use serde::Serialize;

use super::complain_of;
use crate::{arguments::license::PakArguments, commands::print, exit::Exit};

#[derive(Serialize)]
struct PakData<'a> {
    pak: &'a str,
    fulfillment: &'static str,
    skus: Vec<Sku<'a>>,
}

#[derive(Serialize)]
struct Sku<'a> {
    n: usize,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    description: String,
    ordered: u32,
    available: u32,
    features: Vec<Feature<'a>>,
    platforms: &'a [String],
}

#[derive(Serialize)]
struct Feature<'a> {
    name: &'a str,
    version: &'static str,
    count: Option<u32>,
}

/// Runs the command.
pub(super) fn execute(arguments: &PakArguments) -> Exit {
    let available = arguments.available.unwrap_or(arguments.quantity);
    if available > arguments.quantity {
        complain_of(
            format!(
                "of {} ordered, {available} cannot be left",
                arguments.quantity
            ),
            "lower --available, or raise --quantity",
        );
        return Exit::Usage;
    }
    let mut skus = Vec::new();
    for (n, text) in (1..).zip(&arguments.sku) {
        let Some(sku) = sku(n, text, available, arguments) else {
            complain_of(
                format!("`{text}` names no SKU with its features"),
                "write, say, SL-29-SEC-K9=securityk9",
            );
            return Exit::Usage;
        };
        skus.push(sku);
    }
    let data = PakData {
        pak: arguments.pak.as_str(),
        fulfillment: match arguments.single {
            true => "SINGLE",
            false => "PARTIAL",
        },
        skus,
    };
    match serde_json::to_string_pretty(&data) {
        Ok(text) => {
            print(&format!("{text}\n"));
            Exit::Passed
        }
        Err(error) => {
            complain_of(error.to_string(), "this is a defect of the program");
            Exit::Internal
        }
    }
}

/// The SKU number `n` that is written as `text`.
fn sku<'a>(
    n: usize,
    text: &'a str,
    available: u32,
    arguments: &'a PakArguments,
) -> Option<Sku<'a>> {
    let (name, features) = text.split_once('=')?;
    let features: Vec<&str> = features.split(',').collect();
    if name.is_empty() || !features.iter().all(|feature| is_feature(feature)) {
        return None;
    }
    let mut kinds = LicenseKind::ALL.into_iter();
    let kind = kinds.find(|kind| kind.keyword() == arguments.kind)?;
    Some(Sku {
        n,
        name,
        kind: kind.shown(),
        description: format!("{} license for {}", kind.shown(), features.join(", ")),
        ordered: arguments.quantity,
        available,
        features: features
            .into_iter()
            .map(|name| Feature {
                name,
                version: FEATURE_VERSION,
                count: arguments.count,
            })
            .collect(),
        platforms: &arguments.platform,
    })
}
