//! Sinks with faults: what became of a message on both sides, and whether the two agree.

use std::sync::{Arc, Mutex};

use emulator::{AttemptOutcome, Route};
use fleet::{
    courier::{Attempt, Couriers, EmbeddedAddresses, ErrorKind},
    ledger::{AtSink, Reconciler, Taken},
    scenario::Scenario,
};
use mock_smtp::Tls;
use sink::{
    Books, MessageKey, Receipt, TestAuthority, Totals,
    fault::{FaultBoard, FlawedTls, Protocol},
};
use tokio::time::Instant;

use crate::lab::*;

/// What an attempt came to: outcome, kind of error, code of the reply.
pub(crate) type Verdict = (AttemptOutcome, Option<ErrorKind>, Option<u16>);

pub(crate) fn verdict(attempt: &Attempt) -> Verdict {
    let error = attempt.error.as_ref();
    (
        attempt.outcome,
        error.map(|error| error.kind),
        error.and_then(|error| error.code),
    )
}

pub(crate) const ACCEPTED: Verdict = (AttemptOutcome::Accepted, None, None);
pub(crate) const UNCONFIRMED: Verdict = (
    AttemptOutcome::Unconfirmed,
    Some(ErrorKind::Unconfirmed),
    None,
);
pub(crate) const LOST: Verdict = failed(ErrorKind::Lost);
pub(crate) const PROTOCOL: Verdict = failed(ErrorKind::Protocol);
pub(crate) const TLS: Verdict = failed(ErrorKind::Tls);

pub(crate) const fn failed(kind: ErrorKind) -> Verdict {
    (AttemptOutcome::Failed, Some(kind), None)
}

pub(crate) const fn timed_out(kind: ErrorKind) -> Verdict {
    (AttemptOutcome::TimedOut, Some(kind), None)
}

pub(crate) const fn refused(kind: ErrorKind, code: u16) -> Verdict {
    (AttemptOutcome::Refused, Some(kind), Some(code))
}

/// A sink with faults, and couriers that send to it.
pub(crate) struct FaultLab {
    pub(crate) board: Arc<FaultBoard>,
    pub(crate) couriers: Couriers,
    sink: Sink,
    receipts: Arc<Mutex<Vec<Receipt>>>,
}

impl FaultLab {
    /// A sink of `protocol` with the faults that `text` lists as in a file.
    pub(crate) async fn new(protocol: Protocol, text: &str) -> Self {
        Self::changed(protocol, text, |_| {}).await
    }

    pub(crate) async fn changed(
        protocol: Protocol,
        text: &str,
        change: impl FnOnce(&mut Scenario),
    ) -> Self {
        let authority = Arc::new(TestAuthority::generate().unwrap());
        let names = vec![MAIL_HOST.to_owned(), "tools.example.com".to_owned()];
        let config = authority.server_config(&names).unwrap();
        let flawed = FlawedTls::new(Arc::clone(&authority), names);
        let board = Arc::new(FaultBoard::new(protocol, 7).with_tls(flawed));
        board.add_written(&toml::from_str(text).unwrap()).unwrap();
        let receipts = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&receipts);
        let books = Books::with_observer(Box::new(move |receipt| {
            heard.lock().unwrap().push(receipt);
        }));
        let mut embedded = EmbeddedAddresses {
            ca: Some(authority.der()),
            ..EmbeddedAddresses::default()
        };
        let sink = match protocol {
            Protocol::Smtp => {
                let settings = mock_smtp::Settings {
                    tls: Tls::StartTls(config),
                    faults: Arc::clone(&board),
                    ..mock_smtp::Settings::default()
                };
                let sink = Sink::smtp_with(settings, books).await;
                embedded.smtp = Some(sink.address);
                sink
            }
            Protocol::Https => {
                let settings = mock_tac::Settings {
                    tls: Some(config),
                    faults: Arc::clone(&board),
                    ..mock_tac::Settings::default()
                };
                let sink = Sink::https_with(settings, books).await;
                embedded.https = Some(sink.address);
                sink
            }
        };
        let mut scenario = scenario();
        scenario.smtp.reuse = false;
        scenario.https.keep_alive = false;
        change(&mut scenario);
        Self {
            couriers: couriers(&scenario, &embedded).await,
            board,
            sink,
            receipts,
        }
    }

    /// From now on things go wrong.
    pub(crate) fn start(&self) {
        self.board.start(Instant::now());
    }

    pub(crate) fn applied(&self) -> u64 {
        self.board.reports()[0].applied
    }

    /// Ends when the fault has happened.
    pub(crate) async fn happened(&self) {
        while self.applied() == 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Once the fault has happened, time flies until somebody's patience is over.
    pub(crate) async fn outlast(&self) {
        self.happened().await;
        tokio::time::pause();
    }

    /// Stops the sink, and asserts that its books, what it told of them and what the attempts came
    /// to agree to the last message.
    pub(crate) async fn balanced(self, id: &str, attempts: &[&Attempt]) -> Totals {
        let totals = self.sink.stop().await;
        let mut books = Reconciler::default();
        for receipt in self.receipts.lock().unwrap().iter() {
            let taken = if receipt.duplicate {
                Taken::Again
            } else {
                Taken::Kept
            };
            books.receive(receipt.key, taken);
        }
        let at_sink = attempts.iter().map(|attempt| match attempt.outcome {
            AttemptOutcome::Accepted => AtSink::Certain,
            AttemptOutcome::Unconfirmed => AtSink::Possible,
            AttemptOutcome::Refused
            | AttemptOutcome::Failed
            | AttemptOutcome::TimedOut
            | AttemptOutcome::TooLarge => AtSink::Not,
        });
        let at_sink = at_sink.reduce(|one, other| match (one, other) {
            (AtSink::Certain, _) | (_, AtSink::Certain) => AtSink::Certain,
            (AtSink::Possible, _) | (_, AtSink::Possible) => AtSink::Possible,
            (AtSink::Not, AtSink::Not) => AtSink::Not,
        });
        books.settle(MessageKey::of(id), at_sink.unwrap_or_default());
        assert!(books.balances(|_| false), "{:?}", books.totals());
        assert!(books.agrees_with(&totals), "{totals}");
        totals
    }
}

/// One case of the matrix.
pub(crate) struct Case<'a> {
    pub(crate) protocol: Protocol,
    pub(crate) fault: &'a str,
    pub(crate) route: &'a Route,
    /// Any of these.
    pub(crate) verdicts: &'a [Verdict],
    /// Messages that the sink has in the end.
    pub(crate) received: u64,
    /// Whether it takes the end of the courier's patience.
    pub(crate) outlasts: bool,
}

impl Case<'_> {
    /// Sends one message, and asserts what both sides think of it, and that the fault happened.
    pub(crate) async fn check(&self) {
        let lab = FaultLab::new(self.protocol, self.fault).await;
        lab.start();
        let sending = async {
            match self.protocol {
                Protocol::Smtp => mail(&lab.couriers, self.route).await,
                Protocol::Https => post(&lab.couriers, self.route).await,
            }
        };
        let attempt = if self.outlasts {
            tokio::join!(sending, lab.outlast()).0
        } else {
            let attempt = sending.await;
            lab.happened().await;
            attempt
        };
        let found = verdict(&attempt);
        assert!(
            self.verdicts.contains(&found),
            "{}: {attempt:?}",
            self.fault
        );
        let id = match self.protocol {
            Protocol::Smtp => MAIL_ID,
            Protocol::Https => POST_ID,
        };
        let totals = lab.balanced(id, &[&attempt]).await;
        assert_eq!(totals.received, self.received, "{}: {totals}", self.fault);
        if self.outlasts {
            tokio::time::resume();
        }
    }
}

/// The id in the mail of the lab.
pub(crate) const MAIL_ID: &str = "M8:9S1NMSF22DW:51AEAC68";

/// The id in the request of the lab.
pub(crate) const POST_ID: &str = "M9:FTX1840ALBY:69B53F41";
