//! What the books promise.

use std::sync::{Arc, Mutex};

use super::*;

fn arrival(id: Option<&str>) -> Arrival<'_> {
    Arrival {
        received: Instant::now(),
        id,
        message_type: "syslog",
        format: "xml",
        device: "CSR1000V@C@9S1NMSF22DW",
        subject: "a subject",
        bytes: 100,
        disposition: Disposition::Accepted,
    }
}

#[test]
fn the_second_message_with_an_id_is_a_duplicate() {
    let books = Books::default();
    assert_eq!(
        books.record(arrival(Some("M1:S:00000001"))),
        Recorded::First
    );
    assert_eq!(
        books.record(arrival(Some("M1:S:00000001"))),
        Recorded::Duplicate
    );
    let totals = books.totals();
    assert_eq!(
        (totals.received, totals.accepted, totals.duplicates),
        (2, 1, 1)
    );
    assert_eq!(totals.bytes, 200);
}

#[test]
fn ids_that_differ_in_one_letter_are_different() {
    let books = Books::default();
    books.record(arrival(Some("M1:S:0000000A")));
    assert_eq!(
        books.record(arrival(Some("M1:S:0000000a"))),
        Recorded::First
    );
}

#[test]
fn messages_without_an_id_are_never_duplicates() {
    let books = Books::default();
    assert_eq!(books.record(arrival(None)), Recorded::First);
    assert_eq!(books.record(arrival(None)), Recorded::First);
    assert_eq!(
        (books.totals().without_id, books.totals().duplicates),
        (2, 0)
    );
}

#[test]
fn the_id_seen_first_is_forgotten_first() {
    let books = Books::new(BooksLimits {
        remembered_ids: 2,
        recent_messages: 0,
    });
    for id in ["M1:S:1", "M2:S:1", "M3:S:1"] {
        books.record(arrival(Some(id)));
    }
    assert_eq!(books.record(arrival(Some("M2:S:1"))), Recorded::Duplicate);
    assert_eq!(books.record(arrival(Some("M3:S:1"))), Recorded::Duplicate);
    assert_eq!(books.record(arrival(Some("M1:S:1"))), Recorded::First);
}

#[test]
fn the_memory_holds_no_more_than_its_limit() {
    let mut memory = Memory::new(3);
    for key in 1..=100 {
        memory.insert(MessageKey(key));
    }
    assert_eq!(memory.len(), (3, 3));
}

#[test]
fn the_observer_hears_of_every_message_before_record_returns() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&heard);
    let books = Books::with_observer(Box::new(move |receipt| sink.lock().unwrap().push(receipt)));
    let first = arrival(Some("M1:S:00000001"));
    books.record(first);
    books.record(first);
    books.record(arrival(None));
    let heard = heard.lock().unwrap();
    let seen: Vec<_> = heard
        .iter()
        .map(|receipt| (receipt.key, receipt.duplicate))
        .collect();
    let key = MessageKey::of("M1:S:00000001");
    assert_eq!(seen, [(key, false), (key, true), (MessageKey::NONE, false)]);
    assert_eq!((heard[0].received, heard[0].bytes), (first.received, 100));
}

#[test]
fn an_observer_may_look_at_the_books() {
    let books = Arc::new(Mutex::new(None::<Arc<Books>>));
    let seen = Arc::new(Mutex::new(0));
    let (inner, counted) = (Arc::clone(&books), Arc::clone(&seen));
    let observed = Arc::new(Books::with_observer(Box::new(move |_| {
        let books = inner.lock().unwrap().clone().unwrap();
        *counted.lock().unwrap() = books.totals().received;
    })));
    *books.lock().unwrap() = Some(Arc::clone(&observed));
    observed.record(arrival(None));
    assert_eq!(*seen.lock().unwrap(), 1);
}

#[test]
fn received_is_accepted_and_duplicates_and_dropped() {
    let books = Books::default();
    let dropped = |id| Arrival {
        disposition: Disposition::Dropped("oversize_dropped"),
        ..arrival(id)
    };
    books.record(arrival(Some("M1:S:1")));
    books.record(dropped(Some("M3:S:1")));
    books.record(dropped(Some("M3:S:1")));
    books.record(dropped(None));
    books.reject("oversize");
    let totals = books.totals();
    assert_eq!(totals.received, 4);
    assert_eq!((totals.accepted, totals.duplicates), (1, 1));
    assert_eq!(totals.dropped["oversize_dropped"], 2);
    assert_eq!(totals.rejected["oversize"], 1);
}

#[test]
fn types_beyond_the_limit_are_counted_as_other() {
    let books = Books::default();
    let types = DISTINCT_NAMES_MAX + 10;
    for number in 0..types {
        let message_type = format!("type-{number}");
        books.record(Arrival {
            message_type: &message_type,
            ..arrival(None)
        });
    }
    let by_type = books.totals().by_type;
    assert_eq!(by_type.len(), DISTINCT_NAMES_MAX + 1);
    assert_eq!(by_type[OTHER], 10);
    assert_eq!(by_type.values().sum::<u64>(), types as u64);
}

#[test]
fn texts_are_cut_between_characters() {
    let books = Books::default();
    let subject = "ä".repeat(TEXT_BYTES_MAX);
    books.record(Arrival {
        subject: &subject,
        ..arrival(None)
    });
    assert_eq!(books.recent(1)[0].subject, "ä".repeat(TEXT_BYTES_MAX / 2));
}

#[test]
fn the_latest_messages_come_newest_first_and_are_limited() {
    let books = Books::new(BooksLimits {
        remembered_ids: 10,
        recent_messages: 2,
    });
    for id in ["M1:S:1", "M2:S:1", "M3:S:1"] {
        books.record(arrival(Some(id)));
    }
    let ids = |limit| {
        books
            .recent(limit)
            .into_iter()
            .map(|m| m.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(10), ["M3:S:1", "M2:S:1"]);
    assert_eq!(ids(1), ["M3:S:1"]);
    assert_eq!(books.recent(1)[0].number, 3);
}

#[test]
fn one_connection_above_the_limit_is_refused_until_another_ends() {
    let books = Arc::new(Books::default());
    let first = books.admit(1);
    assert!(first.is_some());
    assert!(books.admit(1).is_none());
    drop(first);
    assert!(books.admit(1).is_some());
    let expected = Connections {
        open: 0,
        total: 2,
        refused: 1,
    };
    assert_eq!(books.totals().connections, expected);
}

#[test]
fn the_key_of_an_id_never_changes() {
    // Other programs compute the same digest; it is part of what they rely on.
    let key = MessageKey::of("M8:9S1NMSF22DW:51AEAC68");
    assert_eq!(
        key,
        MessageKey(65_756_313_048_651_603_456_607_390_873_341_946_587)
    );
}

#[test]
fn the_printed_totals_keep_one_line_per_name() {
    let books = Books::default();
    books.record(Arrival {
        message_type: "a\nreceived 9",
        ..arrival(None)
    });
    books.count("aborted");
    assert_eq!(
        books.totals().to_string(),
        "received 1 messages, 100 bytes\n  accepted    1\n  duplicates  0\n  without id  1\n\
         by type\n  a\\nreceived 9 1\nby format\n  xml 1\nevents\n  aborted 1\n\
         connections 0, refused 0, open 0"
    );
}
