//! The sink as its clients see it, through real sockets.

mod framing;
mod limits;
mod messages;
mod pages;
mod server;
