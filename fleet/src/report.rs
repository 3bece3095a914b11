//! Facts about a run, for people and for machines.

pub mod capacity;
pub mod comparison;
pub(crate) mod data;
mod directory;
mod faults;
mod html;
mod junit;
pub(crate) mod licenses;
mod markdown;
pub(crate) mod numbers;
mod rebuild;
mod remarks;
mod screen;
mod summary;
mod terminal;
mod timeline;

pub use data::ReportError;
pub(crate) use data::{Facts, Moment, RunData, TransportFacts};
pub use directory::{DirectoryError, RunDirectory};
pub use rebuild::{Rebuilt, rebuild};
pub use summary::Summary;
pub(crate) use summary::transport_name;
pub use terminal::{Progress, Style, closing};
pub use timeline::Timeline;
