//! What people and CI servers are shown of a comparison.

pub use super::{html::comparison::page, junit::comparison::text as test_results};
