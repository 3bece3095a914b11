//! Waiting for something that takes a network: what is typed meanwhile, and going on.

use std::fmt;

use jiff::Timestamp;

use super::{
    After, Port, Session, State,
    call::{Call, Next},
    filter::Filter,
};
use crate::{
    device::{Device, Input},
    output::Output,
    probe::{ProbeId, ProbeOutcome},
};

/// Most bytes that may be typed ahead while a session waits; more are dropped.
const TYPED_AHEAD_BYTES_MAX: usize = 1024;
/// `^C`, which ends the waiting.
const INTERRUPT: u8 = 0x03;

/// What happens with an outcome.
type Then = Box<dyn FnOnce(&mut Call<'_>, &ProbeOutcome) -> Next + Send + Sync>;

/// What a session waits for, and what that leads to.
pub(crate) struct Waiting {
    id: ProbeId,
    then: Then,
    /// What the whole output passes through, and what of it there is already.
    filter: Option<(Filter, Vec<u8>)>,
    /// What was typed since.
    typed: Vec<u8>,
}

impl Waiting {
    /// Waits for the probe `id`; its outcome goes to `then`.
    pub(crate) fn new(
        id: ProbeId,
        then: impl FnOnce(&mut Call<'_>, &ProbeOutcome) -> Next + Send + Sync + 'static,
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
    /// The probe whose outcome the session waits for; see [`crate::probe`].
    pub fn waits_for(&self) -> Option<ProbeId> {
        match &self.state {
            State::Waiting(waiting) | State::Paging(_, After::Wait(waiting)) => Some(waiting.id),
            State::Prompt | State::Paging(..) | State::Asking(_) | State::Ended => None,
        }
    }

    /// Takes the outcome of a probe at `now`, shows it, and takes up what was typed meanwhile. An
    /// outcome that the session does not wait for is dropped.
    pub fn resume(
        &mut self,
        device: &mut Device,
        now: Timestamp,
        outcome: &ProbeOutcome,
        out: &mut Vec<u8>,
        outputs: &mut Vec<Output>,
    ) {
        if self.waits_for() != Some(outcome.id) {
            return;
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
            return;
        }
        let typed = match std::mem::replace(&mut self.state, State::Prompt) {
            State::Waiting(waiting) => self.go_on_with(waiting, outcome, None, &mut port),
            State::Paging(pager, After::Wait(waiting)) => {
                self.go_on_with(waiting, outcome, Some(pager), &mut port)
            }
            state @ (State::Prompt | State::Paging(..) | State::Asking(_) | State::Ended) => {
                self.state = state;
                return;
            }
        };
        self.take_up(&typed, &mut port);
    }

    /// Shows the outcome, behind the pages that are still to be shown; what was typed meanwhile.
    fn go_on_with(
        &mut self,
        waiting: Waiting,
        outcome: &ProbeOutcome,
        pager: Option<super::pager::Pager>,
        port: &mut Port<'_>,
    ) -> Vec<u8> {
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
        let next = then(&mut self.call(port, &mut text), outcome);
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
        typed
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
