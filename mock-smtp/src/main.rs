//! mock-smtp
fn main() {}
