//! What people and CI servers are shown of a search for the capacity of a target.

pub use super::{
    html::capacity::page, junit::capacity::text as test_results,
    markdown::capacity::text as comment,
};
