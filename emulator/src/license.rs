//! A device's licenses: lines with real signatures, the stores that hold them, what is in use, and
//! what time does to it.
//!
//! Nothing is refused because a flag says so: a line is refused because its signature does not
//! verify, a store is full because its records fill it, a license ends because its time of use was
//! used. Like everything of a device this takes time and files as arguments.
//! Source: the guide's chapters 1, 2 and 6; reference licensing.

pub mod census;
pub(crate) mod course;
pub mod document;
pub(crate) mod ending;
pub mod image;
pub mod inspect;
pub mod install;
pub(crate) mod installed;
pub mod issue;
pub mod kind;
pub mod line;
pub(crate) mod log;
pub(crate) mod period;
pub(crate) mod removal;
pub(crate) mod shelf;
pub mod signature;
pub(crate) mod space;
pub(crate) mod store;
pub mod ticket;

pub use census::{LicenseCensus, LineCondition};
pub use issue::Order;
pub use kind::LicenseKind;
pub use line::{Addition, LicenseId, Pak, Terms, Udi};
pub use signature::{Issuer, KeyRing, TrustedKey};

use image::LicensedImage;

/// What the devices of a fleet have in common in licensing. Shared, never changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LicensingModel {
    /// Whose licenses are trusted.
    pub ring: KeyRing,
    /// Licenses that are on the devices from the start; their lines are derived, each its own.
    pub factory: Vec<Terms>,
    /// Members of each stack; 1 without stacks.
    pub members: u8,
    /// What the devices' own keys are derived from.
    pub secret: [u8; 32],
}

impl LicensingModel {
    /// What devices with `image` have when they leave the factory, one by one.
    pub fn of(image: Option<&LicensedImage>) -> Self {
        Self {
            ring: KeyRing::default(),
            factory: image.map(|own| own.factory().collect()).unwrap_or_default(),
            members: 1,
            secret: [0; 32],
        }
    }
}
