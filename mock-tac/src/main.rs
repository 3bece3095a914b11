//! mock-tac
fn main() {}
