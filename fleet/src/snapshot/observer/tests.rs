use emulator::Transport;

use super::*;
use crate::{
    courier::ErrorKind,
    record::ErrorCount,
    scenario::{Overrides, Source},
};

fn observer(set: &[&str]) -> Observer {
    let overrides = Overrides {
        set: set.iter().map(|setting| (*setting).to_owned()).collect(),
        ..Overrides::default()
    };
    let loaded = Scenario::load(&Source::BuiltIn, &overrides).unwrap();
    Observer::new(Arc::new(loaded.scenario))
}

/// A second in which so many messages were delivered by mail, each after `ms`.
fn second(delivered: u64, ms: u64) -> Gathered {
    let mut lately = Gathered::default();
    lately
        .ledger
        .settled
        .insert(Settlement::Delivered, delivered);
    let response = &mut lately.histograms.transport_mut(Transport::Email).response;
    (0..delivered).for_each(|_| response.record(Duration::from_millis(ms)));
    lately
}

/// Goes through seconds; returns the last snapshot.
fn through(observer: &mut Observer, seconds: &[(u64, u64)]) -> Snapshot {
    let mut all = Gathered::default();
    let mut last = None;
    for (number, (delivered, ms)) in seconds.iter().enumerate() {
        let lately = second(*delivered, *ms);
        all.merge(&lately);
        let elapsed = Duration::from_secs(number as u64 + 1);
        last = observer.take(elapsed, (&all, &lately), None).or(last);
    }
    last.unwrap()
}

#[test]
fn a_minute_of_seconds_is_remembered_and_the_latencies_of_the_last_ones() {
    let seconds: Vec<_> = (0..70)
        .map(|number| if number < 65 { (10, 500) } else { (20, 5) })
        .collect();
    let snapshot = through(&mut observer(&[]), &seconds);
    assert_eq!(snapshot.minute.len(), ROWS_MAX);
    assert_eq!(snapshot.now.delivered, 20.0);
    let mail = &snapshot.transports[0];
    assert!(mail.lately.max.unwrap().value < 10.0, "{:?}", mail.lately);
    assert!(mail.all.max.unwrap().value > 490.0, "{:?}", mail.all);
}

#[test]
fn accounts_add_up_whoever_reported_first() {
    let observer = observer(&[]);
    let seen = |created: u64, delivered: u64, begun: u64, ended: u64| {
        let mut all = second(delivered, 5);
        all.ledger.queued = created;
        all.attempts_begun = begun;
        all.attempts_ended = ended;
        let ledger = observer.snapshot(Duration::ZERO, &all, None).ledger;
        let sum = ledger.delivered + ledger.queued + ledger.in_flight;
        assert_eq!(ledger.messages, sum, "{ledger:?}");
        (ledger.queued, ledger.in_flight)
    };
    assert_eq!(seen(40, 34, 37, 34), (3, 3));
    // Couriers are ahead of devices, or behind them.
    assert_eq!(seen(35, 34, 37, 34), (0, 1));
    assert_eq!(seen(34, 34, 37, 31), (0, 0));
}

#[test]
fn a_snapshot_is_made_four_times_a_second_at_most() {
    let mut observer = observer(&[]);
    let none = Gathered::default();
    let instants = (0..100_u64).map(|number| Duration::from_millis(number * 20));
    let made = instants.filter_map(|at| observer.take(at, (&none, &none), None));
    assert!((7..=8).contains(&made.count()));
}

#[test]
fn thresholds_say_what_is_known_of_them() {
    let set = r#"threshold=[
        { metric = "ledger.delivered", min = 100 },
        { metric = "ledger.failed", max = 0 },
        { metric = "smtp.response.p50", max = "1ms" },
        { metric = "https.response.p50", max = "1ms" }]"#;
    let states = |seconds: &[(u64, u64)]| {
        let snapshot = through(&mut observer(&[set]), seconds);
        let states = snapshot.thresholds.iter();
        states.map(|one| one.state).collect::<Vec<_>>()
    };
    assert_eq!(
        states(&[(50, 5)]),
        ["not yet", "holds", "broken", "unknown"]
    );
    assert_eq!(states(&[(50, 5), (50, 5)])[0], "holds");
}

#[test]
fn what_servers_say_is_inert() {
    let mut all = Gathered::default();
    let error = ErrorCount {
        count: 3,
        example: "\u{1b}[2J\u{202e}".to_owned(),
        dialogue: String::new(),
    };
    all.errors
        .insert((Transport::Email, ErrorKind::Other, None), error);
    let snapshot = observer(&[]).snapshot(Duration::ZERO, &all, None);
    assert_eq!(snapshot.errors[0].example, "\\u{1b}[2J\\u{202e}");
}
