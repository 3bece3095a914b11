//! Facts about a run, for people and for machines.

mod directory;
mod faults;
pub(crate) mod licenses;
mod remarks;
mod screen;
mod summary;
mod terminal;
mod timeline;

pub use directory::{DirectoryError, RunDirectory};
pub use summary::Summary;
pub(crate) use summary::transport_name;
pub use terminal::{Progress, Style, closing};
pub use timeline::Timeline;
