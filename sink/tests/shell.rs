//! Listening, arguments and the store, against the real system.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use sink::listener::{self, EXIT_ADDRESS_IN_USE, ListenError, Reach};
use sink::program::{WebChoice, bind_web, parse_address};
use sink::{Store, StoreError};

const ANY_PORT: &str = "127.0.0.1:0";

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A directory of this test's own, removed with it.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn an_address_in_use_is_told_with_its_exit_code() {
    let taken = listener::bind(address(ANY_PORT), Reach::Loopback).unwrap();
    let error = listener::bind(taken.local_addr().unwrap(), Reach::Loopback).unwrap_err();
    assert!(matches!(error, ListenError::AddressInUse { .. }), "{error}");
    assert_eq!(error.exit_code(), EXIT_ADDRESS_IN_USE);
    assert!(error.to_string().contains("port 0"), "{error}");
}

#[tokio::test]
async fn an_address_others_can_reach_needs_permission() {
    let error = listener::bind(address("0.0.0.0:0"), Reach::Loopback).unwrap_err();
    assert!(matches!(error, ListenError::NotLoopback { .. }), "{error}");
    assert_eq!(error.exit_code(), 2);
    assert!(listener::bind(address("0.0.0.0:0"), Reach::Anyone).is_ok());
}

#[tokio::test]
async fn a_web_address_that_was_asked_for_must_be_free() {
    let taken = listener::bind(address(ANY_PORT), Reach::Loopback).unwrap();
    let choice = WebChoice::Address(taken.local_addr().unwrap());
    assert!(bind_web(Some(choice), Reach::Loopback).is_err());
}

#[tokio::test]
async fn the_web_address_can_be_turned_off() {
    let choice: WebChoice = "off".parse().unwrap();
    assert!(bind_web(Some(choice), Reach::Loopback).unwrap().is_none());
}

#[test]
fn addresses_are_read_without_looking_up_names() {
    assert_eq!(
        parse_address("localhost:25").unwrap(),
        address("127.0.0.1:25")
    );
    assert_eq!(parse_address("[::1]:25").unwrap(), address("[::1]:25"));
    for text in [
        "",
        "localhost",
        "127.0.0.1",
        "example.com:25",
        "127.0.0.1:99999",
    ] {
        assert!(parse_address(text).is_err(), "{text}");
    }
}

#[tokio::test]
async fn stored_messages_are_numbered_files() {
    let directory = Directory::new("numbered");
    let store = Store::open(&directory.0, "eml", 10).unwrap();
    assert_eq!(store.save(b"one".to_vec()).await.unwrap(), 1);
    assert_eq!(store.save(b"two".to_vec()).await.unwrap(), 2);
    assert_eq!(directory.names(), ["00000001.eml", "00000002.eml"]);
    assert_eq!(fs::read(directory.0.join("00000002.eml")).unwrap(), b"two");
}

#[tokio::test]
async fn a_store_goes_on_behind_the_files_it_finds() {
    let directory = Directory::new("goes-on");
    fs::write(directory.0.join("00000041.eml"), "old").unwrap();
    fs::write(directory.0.join("note.txt"), "not ours").unwrap();
    let store = Store::open(&directory.0, "eml", 100).unwrap();
    assert_eq!(store.save(Vec::new()).await.unwrap(), 42);
}

#[tokio::test]
async fn a_full_store_takes_nothing_more() {
    let directory = Directory::new("full");
    let store = Store::open(&directory.0, "eml", 1).unwrap();
    store.save(b"one".to_vec()).await.unwrap();
    let error = store.save(b"two".to_vec()).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Full { files_max: 1 }),
        "{error}"
    );
    assert_eq!(directory.names(), ["00000001.eml"]);
}

#[tokio::test]
async fn a_store_that_cannot_write_says_so_and_leaves_nothing() {
    let directory = Directory::new("vanishes");
    let store = Store::open(directory.0.join("inner"), "eml", 10).unwrap();
    fs::remove_dir(directory.0.join("inner")).unwrap();
    let error = store.save(b"one".to_vec()).await.unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }), "{error}");
    assert!(directory.names().is_empty());
}
