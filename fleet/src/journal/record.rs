//! The records of a journal, and their bytes: a tag, then fields of fixed width, little-endian.
//!
//! Times are microseconds since the start of the run. What a field names, it names by its position in
//! one of the tables here, which may grow at their ends only.

/// Transports.
pub const TRANSPORTS: [&str; 2] = ["smtp", "https"];

/// Accounts of candidates that became no message.
pub const ACCOUNTS: [&str; 11] = [
    "service_disabled",
    "group_disabled",
    "profile_inactive",
    "reporting_disabled",
    "not_subscribed",
    "below_severity",
    "pattern",
    "anonymous",
    "throttled",
    "rate_limited",
    "queue_full",
];

/// How messages end.
pub const SETTLEMENTS: [&str; 4] = ["delivered", "failed", "unconfirmed", "oversize"];

/// How attempts end.
pub const OUTCOMES: [&str; 6] = [
    "accepted",
    "refused",
    "failed",
    "timed_out",
    "unconfirmed",
    "too_large",
];

/// What a settled message means for the books of embedded sinks.
pub const AT_SINK: [&str; 3] = ["not", "possible", "certain"];

/// What an embedded sink did with a message.
pub const TAKEN: [&str; 3] = ["kept", "again", "dropped"];

/// The record of an attempt with this bit went to an embedded sink.
pub const EMBEDDED: u8 = 1;
/// The record of an attempt with this bit opened a connection.
pub const OPENED: u8 = 2;
/// The record of an attempt with this bit was its message's first.
pub const FIRST: u8 = 4;

/// A message: the 128-bit digest of its identifier.
pub type Key = u128;

/// One thing that happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Record {
    /// An event reached device number `device`.
    Event {
        /// Which device.
        device: u32,
        /// When it was to happen.
        intended_us: u64,
        /// How much later it did.
        lag_us: u32,
    },
    /// A deadline of device number `device` was served.
    Deadline {
        /// Which device.
        device: u32,
        /// When it was to happen.
        intended_us: u64,
        /// How much later it did.
        lag_us: u32,
    },
    /// An alert was offered to the policy of a device.
    Trigger {
        /// Which device.
        device: u32,
        /// Message type.
        kind: u8,
        /// How many candidates it has.
        candidates: u32,
    },
    /// A candidate became no message.
    Dropped {
        /// Which device.
        device: u32,
        /// Message type.
        kind: u8,
        /// See [`TRANSPORTS`].
        transport: u8,
        /// See [`ACCOUNTS`].
        account: u8,
    },
    /// A candidate became a message.
    Queued {
        /// Which device.
        device: u32,
        /// Message type.
        kind: u8,
        /// See [`TRANSPORTS`].
        transport: u8,
        /// Which message.
        key: Key,
        /// When it was due.
        due_us: u64,
    },
    /// A message was sent once, or was to be.
    Attempt(Attempt),
    /// A message ended.
    Settled {
        /// Message type.
        kind: u8,
        /// See [`TRANSPORTS`].
        transport: u8,
        /// See [`SETTLEMENTS`].
        settlement: u8,
        /// See [`AT_SINK`].
        at_sink: u8,
        /// Whether it had no answer to the last, which makes its stay a lower bound.
        unanswered: bool,
        /// Which message.
        key: Key,
        /// When it was due.
        due_us: u64,
        /// How long it stayed from then on.
        stayed_us: u64,
    },
    /// A message had not ended when the run did.
    Outstanding {
        /// Message type.
        kind: u8,
        /// See [`TRANSPORTS`].
        transport: u8,
        /// Which message.
        key: Key,
        /// When it was due.
        due_us: u64,
        /// How long it had stayed by then.
        stayed_us: u64,
    },
    /// An embedded sink took a message.
    Received {
        /// See [`TRANSPORTS`].
        transport: u8,
        /// See [`TAKEN`].
        taken: u8,
        /// Which message; 0 for one without an identifier.
        key: Key,
        /// When its last byte had come.
        at_us: u64,
    },
    /// An event came to a device that was down or rejected it.
    Unheard {
        /// Which device.
        device: u32,
    },
}

/// A message was sent once, or was to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// Message type.
    pub kind: u8,
    /// See [`TRANSPORTS`].
    pub transport: u8,
    /// See [`OUTCOMES`].
    pub outcome: u8,
    /// [`EMBEDDED`], [`OPENED`], [`FIRST`].
    pub flags: u8,
    /// Which message.
    pub key: Key,
    /// When it was due.
    pub due_us: u64,
    /// When the attempt began.
    pub started_us: u64,
    /// When it was over.
    pub ended_us: u64,
    /// Bytes of the message handed over.
    pub bytes: u64,
}

/// Bytes that are no record.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DecodeError {
    /// No record begins with this byte.
    #[error("no record begins with the byte {0}")]
    Tag(u8),
    /// The bytes end within a record.
    #[error("the bytes end within a record")]
    End,
}

/// Defines how each record becomes bytes and comes back: one line per record, tag first.
macro_rules! layout {
    ($($tag:literal => $name:ident { $($field:ident: $type:ty),* }),* $(,)?) => {
        impl Record {
            /// Appends the record's bytes to `out`.
            pub fn encode(&self, out: &mut Vec<u8>) {
                match *self {
                    $(Self::$name { $($field),* } => {
                        out.push($tag);
                        $(<$type as Field>::put($field, out);)*
                    })*
                    Self::Attempt(attempt) => attempt.encode(out),
                }
            }

            /// Takes the first record off `bytes`.
            ///
            /// # Errors
            /// When there is none, or not all of it.
            pub fn decode(bytes: &mut &[u8]) -> Result<Self, DecodeError> {
                match u8::take(bytes)? {
                    $($tag => Ok(Self::$name { $($field: <$type as Field>::take(bytes)?),* }),)*
                    ATTEMPT => Attempt::decode(bytes).map(Self::Attempt),
                    other => Err(DecodeError::Tag(other)),
                }
            }
        }
    };
}

const ATTEMPT: u8 = 6;

layout! {
    1 => Event { device: u32, intended_us: u64, lag_us: u32 },
    2 => Deadline { device: u32, intended_us: u64, lag_us: u32 },
    3 => Trigger { device: u32, kind: u8, candidates: u32 },
    4 => Dropped { device: u32, kind: u8, transport: u8, account: u8 },
    5 => Queued { device: u32, kind: u8, transport: u8, key: Key, due_us: u64 },
    7 => Settled { kind: u8, transport: u8, settlement: u8, at_sink: u8, unanswered: bool, key: Key, due_us: u64, stayed_us: u64 },
    8 => Outstanding { kind: u8, transport: u8, key: Key, due_us: u64, stayed_us: u64 },
    9 => Received { transport: u8, taken: u8, key: Key, at_us: u64 },
    10 => Unheard { device: u32 },
}

impl Attempt {
    fn encode(self, out: &mut Vec<u8>) {
        out.extend([ATTEMPT, self.kind, self.transport, self.outcome, self.flags]);
        self.key.put(out);
        for number in [self.due_us, self.started_us, self.ended_us, self.bytes] {
            number.put(out);
        }
    }

    fn decode(bytes: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            kind: u8::take(bytes)?,
            transport: u8::take(bytes)?,
            outcome: u8::take(bytes)?,
            flags: u8::take(bytes)?,
            key: Key::take(bytes)?,
            due_us: u64::take(bytes)?,
            started_us: u64::take(bytes)?,
            ended_us: u64::take(bytes)?,
            bytes: u64::take(bytes)?,
        })
    }
}

/// A field of fixed width.
trait Field: Sized {
    fn put(self, out: &mut Vec<u8>);
    fn take(bytes: &mut &[u8]) -> Result<Self, DecodeError>;
}

macro_rules! number_field {
    ($($type:ty),*) => {
        $(impl Field for $type {
            fn put(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn take(bytes: &mut &[u8]) -> Result<Self, DecodeError> {
                let (field, rest) = bytes.split_first_chunk().ok_or(DecodeError::End)?;
                *bytes = rest;
                Ok(Self::from_le_bytes(*field))
            }
        })*
    };
}

number_field!(u8, u32, u64, u128);

impl Field for bool {
    fn put(self, out: &mut Vec<u8>) {
        out.push(u8::from(self));
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, DecodeError> {
        u8::take(bytes).map(|byte| byte != 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One record of every kind.
    fn one_of_each(number: u64) -> Vec<Record> {
        let mut records = of_events(number as u32, number);
        records.extend(of_messages(u128::from(number) << 64 | 7, number));
        records
    }

    fn of_events(device: u32, number: u64) -> Vec<Record> {
        let (kind, transport) = (1, 1);
        vec![
            Record::Event {
                device,
                intended_us: number,
                lag_us: 3,
            },
            Record::Deadline {
                device,
                intended_us: number,
                lag_us: 4,
            },
            Record::Trigger {
                device,
                kind,
                candidates: 5,
            },
            Record::Dropped {
                device,
                kind,
                transport,
                account: 9,
            },
            Record::Unheard { device },
        ]
    }

    fn of_messages(key: Key, number: u64) -> Vec<Record> {
        let (kind, transport) = (1, 1);
        vec![
            Record::Queued {
                device: 77,
                kind,
                transport,
                key,
                due_us: number,
            },
            Record::Attempt(Attempt {
                kind,
                transport,
                outcome: 2,
                flags: EMBEDDED | FIRST,
                key,
                due_us: number,
                started_us: number + 1,
                ended_us: number + 2,
                bytes: 4_000,
            }),
            Record::Settled {
                kind,
                transport,
                settlement: 2,
                at_sink: 1,
                unanswered: true,
                key,
                due_us: number,
                stayed_us: 12,
            },
            Record::Outstanding {
                kind,
                transport,
                key,
                due_us: number,
                stayed_us: 8,
            },
            Record::Received {
                transport,
                taken: 1,
                key,
                at_us: number,
            },
        ]
    }

    #[test]
    fn every_record_comes_back_from_its_bytes() {
        for record in one_of_each(0x0123_4567_89ab_cdef) {
            let mut bytes = Vec::new();
            record.encode(&mut bytes);
            assert_eq!(Record::decode(&mut bytes.as_slice()), Ok(record));
            for end in 0..bytes.len() {
                let cut = Record::decode(&mut &bytes[..end]);
                assert_eq!(cut, Err(DecodeError::End));
            }
        }
        assert_eq!(
            Record::decode(&mut [77].as_slice()),
            Err(DecodeError::Tag(77))
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_records_or_an_error(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut rest = bytes.as_slice();
            while let Ok(record) = Record::decode(&mut rest) {
                let mut again = Vec::new();
                record.encode(&mut again);
                prop_assert!(bytes.len() >= rest.len() + again.len());
            }
        }
    }
}
