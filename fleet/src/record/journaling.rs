//! What a recorder enters into the journal, in the journal's own terms.

use std::time::{Duration, Instant};

use emulator::{
    AttemptOutcome, DropAccount, MessageId, MessageType, Output, Settlement, Transport,
};
use sink::MessageKey;

use super::Stay;
use crate::{
    courier::Attempt,
    journal::{
        Page,
        record::{self, EMBEDDED, FIRST, OPENED, Record},
    },
    ledger::{AtSink, Taken},
};

/// The journal of one thread, if anybody wants one.
#[derive(Debug, Default)]
pub(super) struct Entries {
    page: Option<Page>,
    origin: Option<Instant>,
}

impl Entries {
    /// Entries of a run that began at `origin`.
    pub(super) fn of_run(origin: Instant) -> Self {
        Self {
            page: Some(Page::default()),
            origin: Some(origin),
        }
    }

    /// What has been entered since the last time.
    pub(super) fn take(&mut self) -> Page {
        self.page.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Enters what `record` makes of the start of the run.
    fn add(&mut self, record: impl FnOnce(Instant) -> Record) {
        if let (Some(page), Some(origin)) = (&mut self.page, self.origin) {
            page.add(&record(origin));
        }
    }

    /// Something was served `lag` after its time.
    pub(super) fn served(&mut self, device: u32, event: bool, intended: Instant, lag: Duration) {
        self.add(|origin| {
            let intended_us = since(origin, intended);
            let lag_us = u32::try_from(lag.as_micros()).unwrap_or(u32::MAX);
            if event {
                Record::Event {
                    device,
                    intended_us,
                    lag_us,
                }
            } else {
                Record::Deadline {
                    device,
                    intended_us,
                    lag_us,
                }
            }
        });
    }

    /// Device number `device` said something that is no message yet, or no more.
    pub(super) fn said(&mut self, device: u32, output: &Output) {
        match output {
            Output::Trigger {
                kind, candidates, ..
            } => self.add(|_| Record::Trigger {
                device,
                kind: number_of(*kind),
                candidates: *candidates,
            }),
            Output::Dropped {
                account,
                kind,
                transport,
                ..
            } => self.add(|_| Record::Dropped {
                device,
                kind: number_of(*kind),
                transport: *transport as u8,
                account: account_number(*account),
            }),
            Output::Unheard => self.add(|_| Record::Unheard { device }),
            Output::Queued { .. }
            | Output::Settled { .. }
            | Output::Transmit(_)
            | Output::Probe(_)
            | Output::Transfer(_)
            | Output::LicenseFile(_)
            | Output::Trap(_) => {}
        }
    }

    /// A message has come into being.
    pub(super) fn queued(&mut self, device: u32, message: Message, due: Instant) {
        self.add(|origin| Record::Queued {
            device,
            kind: number_of(message.kind),
            transport: message.transport as u8,
            key: message.key().0,
            due_us: since(origin, due),
        });
    }

    /// Whether anybody wants entries.
    pub(super) fn are_kept(&self) -> bool {
        self.page.is_some()
    }

    /// The message with this `key` has ended after `stay`; without a settlement the run has ended first.
    pub(super) fn ended(
        &mut self,
        (key, message): (MessageKey, Message),
        ending: Option<(Settlement, AtSink)>,
        stay: Stay,
    ) {
        self.add(|origin| {
            let (kind, transport) = (number_of(message.kind), message.transport as u8);
            let (key, due_us) = (key.0, since(origin, stay.due));
            let stayed_us = micros(stay.length);
            match ending {
                Some((settlement, at_sink)) => Record::Settled {
                    kind,
                    transport,
                    settlement: settlement_number(settlement),
                    at_sink: at_sink_number(at_sink),
                    unanswered: stay.unanswered,
                    key,
                    due_us,
                    stayed_us,
                },
                None => Record::Outstanding {
                    kind,
                    transport,
                    key,
                    due_us,
                    stayed_us,
                },
            }
        });
    }

    /// An attempt has ended.
    pub(super) fn attempted(
        &mut self,
        message: Message,
        due: Instant,
        first: bool,
        attempt: &Attempt,
    ) {
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        self.add(|origin| {
            Record::Attempt(record::Attempt {
                kind: number_of(message.kind),
                transport: message.transport as u8,
                outcome: outcome_number(attempt.outcome),
                flags: flag(attempt.embedded, EMBEDDED)
                    | flag(attempt.opened, OPENED)
                    | flag(first, FIRST),
                key: message.key().0,
                due_us: since(origin, due),
                started_us: since(origin, attempt.started),
                ended_us: since(origin, attempt.ended),
                bytes: attempt.bytes,
            })
        });
    }
}

/// What tells a message from others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Message {
    /// Its identifier.
    pub id: MessageId,
    /// Its type.
    pub kind: MessageType,
    /// By which transport it goes.
    pub transport: Transport,
}

impl Message {
    /// The digest of its identifier, made anew: it costs as much as a record does.
    pub fn key(&self) -> MessageKey {
        MessageKey::of(&self.id.to_string())
    }
}

/// The receipt of a message at an embedded sink at `at`, for the journal of a run that began at
/// `origin`.
pub fn receipt(
    origin: Instant,
    at: Instant,
    key: MessageKey,
    (transport, taken): (Transport, Taken),
) -> Record {
    Record::Received {
        transport: transport as u8,
        taken: match taken {
            Taken::Kept => 0,
            Taken::Again => 1,
            Taken::Dropped => 2,
        },
        key: key.0,
        at_us: since(origin, at),
    }
}

fn since(origin: Instant, instant: Instant) -> u64 {
    micros(instant.saturating_duration_since(origin))
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// There are ten types.
fn number_of(kind: MessageType) -> u8 {
    kind.index() as u8
}

fn account_number(account: DropAccount) -> u8 {
    account as u8
}

fn settlement_number(settlement: Settlement) -> u8 {
    match settlement {
        Settlement::Delivered => 0,
        Settlement::Failed => 1,
        Settlement::Unconfirmed => 2,
        Settlement::Oversize => 3,
    }
}

fn at_sink_number(at_sink: AtSink) -> u8 {
    match at_sink {
        AtSink::Not => 0,
        AtSink::Possible => 1,
        AtSink::Certain => 2,
    }
}

fn outcome_number(outcome: AttemptOutcome) -> u8 {
    match outcome {
        AttemptOutcome::Accepted => 0,
        AttemptOutcome::Refused => 1,
        AttemptOutcome::Failed => 2,
        AttemptOutcome::TimedOut => 3,
        AttemptOutcome::Unconfirmed => 4,
        AttemptOutcome::TooLarge => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_what_the_format_says() {
        for account in DropAccount::ALL {
            let number = usize::from(account_number(account));
            assert_eq!(record::ACCOUNTS[number], account.name());
        }
        assert_eq!(record::ACCOUNTS.len(), DropAccount::ALL.len());
        for (transport, name) in Transport::ALL.into_iter().zip(record::TRANSPORTS) {
            let own = match transport {
                Transport::Email => "smtp",
                Transport::Http => "https",
            };
            assert_eq!(record::TRANSPORTS[transport as usize], own);
            assert_eq!(name, own);
        }
        for kind in MessageType::ALL {
            assert_eq!(MessageType::ALL[usize::from(number_of(kind))], kind);
        }
    }
}
