//! What an image and its hardware know of licensing: features, levels and packages, the licenses that
//! come with the image, and how much room there is for more.
//!
//! Part of a platform file. Source: reference licensing, sections 1.4, 1.10 and 4.1.

use std::sync::Arc;

use serde::Deserialize;

use super::{
    kind::LicenseKind,
    line::{Terms, parse},
};

/// Name of the store that licenses are installed into.
pub const PRIMARY_STORE: &str = "Primary License Storage";
/// Time of use of a built-in evaluation license, in hours: 60 days.
const EVALUATION_HOURS: u32 = 1440;
/// Most features of an image.
pub(crate) const FEATURES_MAX: usize = 64;

/// How licenses decide what an image does.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packaging {
    /// Technology packages of a module, each with a license of its own: the ISR G2 routers.
    TechnologyPackages,
    /// One image level, which contains those below it.
    Levels,
    /// Features only.
    Features,
}

/// How the end user license agreement asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgreementStyle {
    /// `ACCEPT? [yes/no]: `.
    Ios,
    /// `ACCEPT? (yes/[no]): `, behind the name of the feature.
    Xe,
}

/// A licensed feature of an image.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Feature {
    /// As licenses name it.
    pub name: Arc<str>,
    /// The technology package it is, as `show version` names the row.
    pub package: Option<String>,
    /// Its rank among image levels; a higher one contains the lower.
    pub level: Option<u8>,
    /// What `?` says of it.
    #[serde(default)]
    pub help: String,
    /// Whether the image enforces a license for it.
    #[serde(default)]
    pub enforced: bool,
    /// Whether there are evaluation licenses for it.
    #[serde(default)]
    pub evaluation: bool,
    /// Whether there are subscriptions to it.
    #[serde(default)]
    pub subscription: bool,
    /// Whether there is a right to use it.
    #[serde(default)]
    pub right_to_use: bool,
    /// Whether its licenses count.
    #[serde(default)]
    pub counted: bool,
    /// Whether devices leave the factory with a permanent license for it.
    #[serde(default)]
    pub factory: bool,
    /// Hours of the built-in license; 0 where none comes with the image. By default 60 days for
    /// features with an evaluation or a right to use.
    pub built_in_hours: Option<u32>,
    /// Whether the agreement of the built-in license has been accepted, and the feature runs on it.
    #[serde(default)]
    pub accepted: bool,
    /// Hours for which the built-in license had been used when the device came into the fleet.
    #[serde(default)]
    pub used_hours: u32,
}

/// What an image and its hardware know of licensing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LicensedImage {
    /// How licenses decide what the image does.
    pub packaging: Packaging,
    /// The module that technology packages belong to, `c2951` and so on.
    #[serde(default)]
    pub module: String,
    /// Name of the store of the licenses that come with the image.
    pub built_in_store: String,
    /// How the agreement asks.
    pub agreement: AgreementStyle,
    /// Whether `show license feature` has a column for rights to use, and states begin with `Active,`.
    #[serde(default)]
    pub right_to_use: bool,
    /// Room for licenses in NVRAM, in bytes.
    pub store_bytes: u32,
    /// Room for configurations in NVRAM, in bytes.
    pub nvram_bytes: u32,
    /// Room for licenses once `license expand nvram` has been used; 0 where there is no such command.
    #[serde(default)]
    pub expanded_store_bytes: u32,
    /// The features, in the order in which the image registers them.
    #[serde(rename = "feature")]
    pub features: Vec<Feature>,
}

impl Feature {
    /// The license that comes with the image.
    pub(crate) fn built_in(&self) -> Option<Terms> {
        let kind = if self.right_to_use {
            LicenseKind::EvalRightToUse
        } else if self.evaluation {
            LicenseKind::Evaluation
        } else {
            return None;
        };
        let hours = self.built_in_hours.unwrap_or(EVALUATION_HOURS);
        let terms = Terms::metered(&self.name, kind, hours);
        (hours > 0).then_some(terms)
    }

    /// The package or level that it is, as configurations name it; `None` for a mere feature.
    pub(crate) fn is_image_level(&self) -> bool {
        self.package.is_some() || self.level.is_some()
    }
}

impl LicensedImage {
    /// The feature called `name` and its position.
    pub fn feature(&self, name: &str) -> Option<(usize, &Feature)> {
        let mut features = self.features.iter().enumerate();
        features.find(|(_, feature)| *feature.name == *name)
    }

    /// The feature that is technology package `name`, by its license or by its row.
    pub(crate) fn package(&self, name: &str) -> Option<(usize, &Feature)> {
        let mut features = self.features.iter().enumerate();
        features.find(|(_, feature)| {
            feature.package.is_some()
                && (feature.name.eq_ignore_ascii_case(name)
                    || feature.package.as_deref() == Some(name))
        })
    }

    /// Licenses that devices leave the factory with.
    pub(crate) fn factory(&self) -> impl Iterator<Item = Terms> {
        let features = self.features.iter().filter(|feature| feature.factory);
        features.map(|feature| Terms::permanent(&feature.name))
    }

    /// What is wrong with the description.
    pub(crate) fn fault(&self) -> Option<String> {
        if self.features.len() > FEATURES_MAX {
            return Some(format!("more than {FEATURES_MAX} licensed features"));
        }
        let wrong = self.features.iter().find(|feature| {
            !parse::is_feature(&feature.name)
                || (feature.package.is_some() != (self.packaging == Packaging::TechnologyPackages)
                    && feature.package.is_some())
                || (feature.level.is_some() && self.packaging != Packaging::Levels)
                || (feature.accepted && feature.built_in().is_none())
        });
        if let Some(feature) = wrong {
            return Some(format!(
                "the licensed feature `{}` is contradictory",
                feature.name
            ));
        }
        let needs_module = self.packaging == Packaging::TechnologyPackages;
        (needs_module == self.module.is_empty())
            .then(|| "technology packages belong to a module, others to none".to_owned())
    }
}
