//! A device's licenses: lines with real signatures, the stores that hold them, what is in use, and
//! what time does to it.
//!
//! Nothing is refused because a flag says so: a line is refused because its signature does not
//! verify, a store is full because its records fill it, a license ends because its time of use was
//! used. Like everything of a device this takes time and files as arguments.
//! Source: the guide's chapters 1, 2 and 6; reference licensing.

pub mod issue;
pub mod kind;
pub mod line;
pub(crate) mod period;
pub mod signature;

pub use issue::Order;
pub use kind::LicenseKind;
pub use line::{Addition, LicenseId, Pak, Terms, Udi};
pub use signature::{Issuer, KeyRing, TrustedKey};
