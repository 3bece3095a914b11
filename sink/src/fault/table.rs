//! Faults as people write them: the keys of `[[fault]]`, and of a fault in JSON.
//!
//! Only the form of single values is looked at here; `check` says what they mean together.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Refusal, Stage, TlsFlaw};
use crate::units::{Period, Rate, Share, Speed};

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case", default, expecting = "a table")]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Option<$kind>,)*
        }
    )*};
}

tables! {
    /// A fault as it is written.
    FaultTable {
        /// What people call it.
        name: String,
        /// The sinks it is about.
        target: String,
        /// When it begins.
        at: Period,
        /// How long it lasts.
        r#for: Period,
        /// The part of connections or messages that it concerns.
        share: Share,
        /// Connections come to nothing.
        refuse: Refusal,
        /// Something takes longer.
        delay: DelayTable,
        /// Nothing moves.
        stall: StallTable,
        /// A reply of SMTP in place of the right one.
        reply: ReplyTable,
        /// A status of HTTP in place of the right one.
        status: StatusTable,
        /// Messages above a rate are refused.
        limit: LimitTable,
        /// So many workers do the messages.
        workers: WorkersTable,
        /// The connection is closed.
        drop: DropTable,
        /// A reply ends early.
        truncate: BytesTable,
        /// A reply comes in slices.
        slice: SliceTable,
        /// Bytes that mean nothing come in place of a reply.
        garbage: BytesTable,
        /// A reply never ends.
        endless: EndlessTable,
        /// A handshake that a client must not accept.
        tls: TlsFlaw,
        /// The sink reads slowly.
        slow_read: Speed,
        /// The sink writes slowly.
        slow_write: Speed,
        /// The sink is down and comes back.
        restart: RestartTable,
    }

    /// How much longer something takes.
    DelayTable {
        /// Before which step.
        stage: Stage,
        /// How delays are distributed.
        distribution: DistributionWord,
        /// Every delay.
        time: Period,
        /// The shortest delay.
        min: Period,
        /// The longest delay.
        max: Period,
        /// The mean of delays.
        mean: Period,
        /// The median of delays.
        median: Period,
        /// The 99th percentile of delays.
        p99: Period,
    }

    /// When nothing moves.
    StallTable {
        /// How long.
        time: Period,
        /// How often.
        every: Period,
    }

    /// A reply of SMTP.
    ReplyTable {
        /// To what.
        stage: Stage,
        /// The code.
        code: u16,
        /// What follows the code.
        text: String,
    }

    /// A status of HTTP.
    StatusTable {
        /// The code.
        code: u16,
        /// The Retry-After header.
        retry_after: Period,
    }

    /// A rate.
    LimitTable {
        /// Messages in the long run.
        rate: Rate,
        /// Messages at once.
        burst: u32,
    }

    /// Workers that do messages, each one at a time.
    WorkersTable {
        /// How many.
        count: u32,
        /// How long each message takes.
        time: Period,
        /// How long messages take on average, with an exponential distribution.
        mean: Period,
    }

    /// Where a connection is closed.
    DropTable {
        /// In place of the answer to what.
        stage: Stage,
        /// Whether the message is in the books all the same.
        recorded: bool,
    }

    /// A number of bytes in a reply.
    BytesTable {
        /// To what.
        stage: Stage,
        /// How many.
        bytes: usize,
    }

    /// The slices of a reply.
    SliceTable {
        /// To what.
        stage: Stage,
        /// The bytes of one.
        bytes: usize,
        /// The time between two.
        pause: Period,
    }

    /// A reply without end.
    EndlessTable {
        /// To what.
        stage: Stage,
    }

    /// A restart.
    RestartTable {
        /// How long the sink is down.
        down: Period,
    }
}

/// How delays are distributed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum DistributionWord {
    /// All the same.
    Fixed,
    /// Evenly between two.
    Uniform,
    /// By their mean.
    Exponential,
    /// By their median and 99th percentile.
    Lognormal,
}

impl FaultTable {
    /// The keys of the actions that are given.
    pub(super) fn actions(&self) -> Vec<&'static str> {
        let all = [
            ("refuse", self.refuse.is_some()),
            ("delay", self.delay.is_some()),
            ("stall", self.stall.is_some()),
            ("reply", self.reply.is_some()),
            ("status", self.status.is_some()),
            ("limit", self.limit.is_some()),
            ("workers", self.workers.is_some()),
            ("drop", self.drop.is_some()),
            ("truncate", self.truncate.is_some()),
            ("slice", self.slice.is_some()),
            ("garbage", self.garbage.is_some()),
            ("endless", self.endless.is_some()),
            ("tls", self.tls.is_some()),
            ("slow-read", self.slow_read.is_some()),
            ("slow-write", self.slow_write.is_some()),
            ("restart", self.restart.is_some()),
        ];
        let given = all.into_iter().filter(|(_, given)| *given);
        given.map(|(key, _)| key).collect()
    }
}
