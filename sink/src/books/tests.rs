//! What the books promise.
