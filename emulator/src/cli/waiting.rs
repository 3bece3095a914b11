//! Waiting for something that takes a network: what is typed meanwhile, and going on.

use std::{fmt, sync::Arc};

use jiff::Timestamp;

use super::{
    After, LineResult, Port, Session, State,
    call::{Call, Next},
    filter::Filter,
};
use crate::{
    device::files::WhyNot,
    device::{Device, Input},
    output::Output,
    probe::{ProbeId, ProbeOutcome},
    transfer::{Asker, TransferId, TransferOutcome},
};

/// Most bytes that may be typed ahead while a session waits; more are dropped.
const TYPED_AHEAD_BYTES_MAX: usize = 1024;
/// `^C`, which ends the waiting.
const INTERRUPT: u8 = 0x03;

/// What a session waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Awaited {
    /// A probe of mail servers.
    Probe(ProbeId),
    /// A file that is fetched or stored.
    Transfer(TransferId),
}

/// What a session that waits is resumed with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Arrival {
    /// The outcome of a probe.
    Probe(ProbeOutcome),
    /// The outcome of a transfer.
    Transfer(TransferOutcome),
}

impl Arrival {
    /// What waits for it, if a session does.
    fn of(&self) -> Option<Awaited> {
        match self {
            Self::Probe(outcome) => Some(Awaited::Probe(outcome.id)),
            Self::Transfer(outcome) => match outcome.asker {
                Asker::Session(id) => Some(Awaited::Transfer(id)),
                Asker::Event(_) => None,
            },
        }
    }
}

/// What happens with an outcome.
type Then = Box<dyn FnOnce(&mut Call<'_>, Arrival) -> Next + Send + Sync>;

/// What a session waits for, and what that leads to.
pub(crate) struct Waiting {
    id: Awaited,
    then: Then,
    /// What the whole output passes through, and what of it there is already.
    filter: Option<(Filter, Vec<u8>)>,
    /// What was typed since.
    typed: Vec<u8>,
}

impl Waiting {
    /// Waits for the probe `id`; its outcome goes to `then`.
    pub(crate) fn for_probe(
        id: ProbeId,
        then: impl FnOnce(&mut Call<'_>, &ProbeOutcome) -> Next + Send + Sync + 'static,
    ) -> Self {
        Self::new(Awaited::Probe(id), move |call, arrival| match arrival {
            Arrival::Probe(outcome) => then(call, &outcome),
            Arrival::Transfer(_) => Next::Prompt,
        })
    }

    /// Waits for the transfer `id`; its result goes to `then`.
    pub(crate) fn for_transfer(
        id: TransferId,
        then: impl FnOnce(&mut Call<'_>, Result<Arc<[u8]>, WhyNot>) -> Next + Send + Sync + 'static,
    ) -> Self {
        Self::new(Awaited::Transfer(id), move |call, arrival| match arrival {
            Arrival::Transfer(outcome) => then(call, outcome.result),
            Arrival::Probe(_) => Next::Prompt,
        })
    }

    fn new(
        id: Awaited,
        then: impl FnOnce(&mut Call<'_>, Arrival) -> Next + Send + Sync + 'static,
    ) -> Self {
        Self {
            id,
            then: Box::new(then),
            filter: None,
            typed: Vec::new(),
        }
    }

    /// Lets `filter` have the output at its end; `printed` is what there is of it.
    pub(super) fn filtered(self, filter: Filter, printed: Vec<u8>) -> Self {
        Self {
            filter: Some((filter, printed)),
            ..self
        }
    }

    fn type_ahead(&mut self, bytes: &[u8]) {
        let room = TYPED_AHEAD_BYTES_MAX.saturating_sub(self.typed.len());
        self.typed.extend(bytes.iter().take(room));
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Waiting")
            .field("id", &self.id)
            .field("typed", &self.typed.len())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// What the session waits for; see [`crate::probe`] and [`crate::transfer`].
    pub fn waits_for(&self) -> Option<Awaited> {
        match &self.state {
            State::Waiting(waiting) | State::Paging(_, After::Wait(waiting)) => Some(waiting.id),
            State::Prompt | State::Paging(..) | State::Asking(_) | State::Ended => None,
        }
    }

    /// Takes what the session waits for at `now`, goes on with it, and takes up what was typed meanwhile;
    /// says what became of the line that waited. What the session does not wait for is dropped.
    pub fn resume(
        &mut self,
        device: &mut Device,
        now: Timestamp,
        arrival: Arrival,
        out: &mut Vec<u8>,
        outputs: &mut Vec<Output>,
    ) -> LineResult {
        if arrival.of().is_none() || self.waits_for() != arrival.of() {
            return LineResult::default();
        }
        self.behind_log = false;
        device.handle(now, Input::DeadlineReached, outputs);
        let mut port = Port {
            device,
            now,
            out,
            outputs,
        };
        if !port.device.is_up() {
            self.state = State::Ended;
            return self.result(false);
        }
        let (typed, rejected) = match std::mem::replace(&mut self.state, State::Prompt) {
            State::Waiting(waiting) => self.go_on_with(waiting, arrival, None, &mut port),
            State::Paging(pager, After::Wait(waiting)) => {
                self.go_on_with(waiting, arrival, Some(pager), &mut port)
            }
            state @ (State::Prompt | State::Paging(..) | State::Asking(_) | State::Ended) => {
                self.state = state;
                return LineResult::default();
            }
        };
        self.take_up(&typed, &mut port);
        self.result(rejected)
    }

    fn result(&self, rejected: bool) -> LineResult {
        LineResult {
            rejected,
            ended: self.is_ended(),
        }
    }

    /// Goes on with what came, behind the pages that are still to be shown; what was typed meanwhile, and
    /// whether the line that waited is refused.
    fn go_on_with(
        &mut self,
        waiting: Waiting,
        arrival: Arrival,
        pager: Option<super::pager::Pager>,
        port: &mut Port<'_>,
    ) -> (Vec<u8>, bool) {
        let Waiting {
            then,
            filter,
            typed,
            ..
        } = waiting;
        let (filter, mut text) = match filter {
            Some((filter, printed)) => (Some(filter), printed),
            None => (None, Vec::new()),
        };
        let next = then(&mut self.call(port, &mut text), arrival);
        let rejected = matches!(next, Next::Refused);
        if let Some(filter) = filter {
            text = filter.apply(&text);
        }
        match pager {
            Some(mut pager) => {
                pager.append(&text);
                self.state = State::Paging(pager, After::of(next));
            }
            None => {
                self.follow(next, text, port);
            }
        }
        (typed, rejected)
    }

    fn take_up(&mut self, typed: &[u8], port: &mut Port<'_>) {
        let (now, out) = (port.now, &mut *port.out);
        if self.is_terminal() {
            self.input(port.device, now, typed, out, port.outputs);
            return;
        }
        for line in String::from_utf8_lossy(typed).lines() {
            self.line(port.device, now, line, out, port.outputs);
        }
    }

    /// Takes a byte while the session waits; whether it did.
    pub(super) fn byte_while_waiting(&mut self, byte: u8, port: &mut Port<'_>) -> bool {
        let State::Waiting(waiting) = &mut self.state else {
            return false;
        };
        if byte == INTERRUPT {
            port.out.extend_from_slice(b"\r\n");
            self.go_on(After::Prompt, port);
        } else {
            waiting.type_ahead(&[byte]);
        }
        true
    }

    /// Takes a line while the session waits.
    pub(super) fn line_while_waiting(&mut self, mut waiting: Waiting, line: &str) {
        waiting.type_ahead(line.as_bytes());
        waiting.type_ahead(b"\n");
        self.state = State::Waiting(waiting);
    }
}
