//! One file by TFTP, as a state machine: datagrams and instants in, datagrams and deadlines out.
//!
//! It asks for larger blocks, for the size of the file and for a timeout, and does without where the
//! server does not know options. RFC 1350; RFC 1123, section 4.2; RFC 2347, 2348 and 2349.

mod packet;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use emulator::device::files::WhyNot;

use super::{FILE_BYTES_MAX, TRANSFER_TIME_MAX};
use packet::{Packet, Way, code};

/// Bytes of a block unless both sides agree on others.
const BLOCK_BYTES_DEFAULT: usize = 512;
/// Bytes of a block that are asked for: what goes through an Ethernet in one piece.
const BLOCK_BYTES_WANTED: usize = 1428;
/// Fewest bytes of a block that a server may ask for.
const BLOCK_BYTES_MIN: usize = 8;
/// How long an answer is waited for at first; twice as long each time, up to the longest.
const ANSWER_TIME_MIN: Duration = Duration::from_secs(1);
const ANSWER_TIME_MAX: Duration = Duration::from_secs(8);
/// How often a datagram is sent until the server is given up.
const SENDS_MAX: u32 = 5;

/// What is to be done.
#[derive(Clone, Debug)]
pub(super) enum Job {
    Read,
    Write(Arc<[u8]>),
}

/// Where a transfer stands.
#[derive(Debug)]
enum State {
    /// The request is out.
    Asked { with_options: bool },
    /// This block comes next.
    Reading { next: u16, bytes: Vec<u8> },
    /// This block is out; what is behind `end` is still to be sent.
    Writing { block: u16, end: usize, last: bool },
    /// It is over.
    Ended(Result<Vec<u8>, WhyNot>),
}

/// One transfer.
#[derive(Debug)]
pub(super) struct Client {
    /// Where requests go.
    server: SocketAddr,
    /// Who answers: the server at a port of its own for the transfer.
    peer: Option<SocketAddr>,
    path: String,
    job: Job,
    state: State,
    block_bytes: usize,
    /// What the server is to have, until it answers.
    pending: Vec<u8>,
    /// Datagrams to be sent.
    outgoing: Vec<(SocketAddr, Vec<u8>)>,
    sends: u32,
    answer_by: Instant,
    ends_by: Instant,
}

impl Client {
    /// Asks `server` at `now` for the file `path`, or to take it.
    pub(super) fn new(server: SocketAddr, path: &str, job: Job, now: Instant) -> Self {
        let mut client = Self {
            server,
            peer: None,
            path: path.to_owned(),
            job,
            state: State::Asked { with_options: true },
            block_bytes: BLOCK_BYTES_DEFAULT,
            pending: Vec::new(),
            outgoing: Vec::new(),
            sends: 0,
            answer_by: now,
            ends_by: now + TRANSFER_TIME_MAX,
        };
        client.ask(true, now);
        client
    }

    /// The next datagram to be sent, and where to.
    pub(super) fn transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        (!self.outgoing.is_empty()).then(|| self.outgoing.remove(0))
    }

    /// Until when an answer is waited for.
    pub(super) fn deadline(&self) -> Instant {
        self.answer_by.min(self.ends_by)
    }

    /// What came of it, once everything has been sent and it is over.
    pub(super) fn result(&mut self) -> Option<Result<Vec<u8>, WhyNot>> {
        match &mut self.state {
            State::Ended(result) => Some(std::mem::replace(result, Err(WhyNot::Refused))),
            State::Asked { .. } | State::Reading { .. } | State::Writing { .. } => None,
        }
    }

    /// The deadline has come.
    pub(super) fn elapse(&mut self, now: Instant) {
        if now < self.deadline() || matches!(self.state, State::Ended(_)) {
            return;
        }
        if self.sends >= SENDS_MAX || now >= self.ends_by {
            self.state = State::Ended(Err(WhyNot::TimedOut));
            return;
        }
        self.send_pending(now);
    }

    /// A datagram came.
    pub(super) fn receive(&mut self, from: SocketAddr, datagram: &[u8], now: Instant) {
        if from.ip() != self.server.ip() || matches!(self.state, State::Ended(_)) {
            return;
        }
        if self.peer.is_some_and(|peer| peer != from) {
            let stranger = packet::error(code::UNKNOWN_ID, "Unknown transfer ID");
            self.outgoing.push((from, stranger));
            return;
        }
        self.peer = Some(from);
        match Packet::read(datagram) {
            None => self.abort(code::ILLEGAL, WhyNot::Refused),
            Some(Packet::Error { code }) => self.refused(code, now),
            Some(Packet::Options(options)) => self.take_options(&options, now),
            Some(Packet::Data { block, bytes }) => self.take_data(block, bytes, now),
            Some(Packet::Acknowledgement { block }) => self.take_acknowledgement(block, now),
        }
    }

    fn ask(&mut self, with_options: bool, now: Instant) {
        let (way, bytes) = match &self.job {
            Job::Read => (Way::Read, 0),
            Job::Write(bytes) => (Way::Write, bytes.len()),
        };
        let options = [
            ("blksize", BLOCK_BYTES_WANTED as u64),
            ("timeout", ANSWER_TIME_MIN.as_secs()),
            ("tsize", bytes as u64),
        ];
        let options = if with_options { &options[..] } else { &[] };
        self.peer = None;
        self.state = State::Asked { with_options };
        let request = packet::request(way, &self.path, options);
        self.send(request, now);
    }

    /// Sends `packet` until an answer comes.
    fn send(&mut self, packet: Vec<u8>, now: Instant) {
        self.pending = packet;
        self.sends = 0;
        self.send_pending(now);
    }

    fn send_pending(&mut self, now: Instant) {
        let to = self.peer.unwrap_or(self.server);
        self.outgoing.push((to, self.pending.clone()));
        let wait = ANSWER_TIME_MIN * 2_u32.pow(self.sends);
        self.answer_by = now + wait.min(ANSWER_TIME_MAX);
        self.sends += 1;
    }

    /// Sends what is pending once more, because the server asks for it. That is no try of this side's, and
    /// gives the server no more time.
    fn repeat(&mut self) {
        let to = self.peer.unwrap_or(self.server);
        self.outgoing.push((to, self.pending.clone()));
    }

    /// Tells the server that it is over because of `why`.
    fn abort(&mut self, code: u16, why: WhyNot) {
        let to = self.peer.unwrap_or(self.server);
        self.outgoing
            .push((to, packet::error(code, "Transfer ended")));
        self.state = State::Ended(Err(why));
    }

    fn refused(&mut self, code: u16, now: Instant) {
        if code == code::OPTIONS && matches!(self.state, State::Asked { with_options: true }) {
            return self.ask(false, now);
        }
        self.state = State::Ended(Err(match code {
            code::NOT_FOUND => WhyNot::NotFound,
            code::ACCESS => WhyNot::ReadOnly,
            code::FULL => WhyNot::Full,
            _ => WhyNot::Refused,
        }));
    }

    fn take_options(&mut self, options: &[(String, u64)], now: Instant) {
        match &self.state {
            State::Asked { with_options: true } => {}
            // The server did not hear the answer, which is still the one that is pending.
            State::Reading { next: 1, .. } => return self.repeat(),
            State::Writing { .. } => return,
            State::Asked { .. } | State::Reading { .. } | State::Ended(_) => {
                return self.abort(code::ILLEGAL, WhyNot::Refused);
            }
        }
        for (name, value) in options {
            let size = usize::try_from(*value).unwrap_or(usize::MAX);
            match name.as_str() {
                "blksize" if (BLOCK_BYTES_MIN..=BLOCK_BYTES_WANTED).contains(&size) => {
                    self.block_bytes = size;
                }
                "timeout" if *value == ANSWER_TIME_MIN.as_secs() => {}
                "tsize" if size <= FILE_BYTES_MAX => {}
                "tsize" => return self.abort(code::FULL, WhyNot::TooLarge),
                // A server must not answer what nobody asked for.
                _ => return self.abort(code::OPTIONS, WhyNot::Refused),
            }
        }
        match self.job {
            Job::Read => {
                self.begin_reading();
                self.send(packet::acknowledgement(0), now);
            }
            Job::Write(_) => self.send_block(1, 0, now),
        }
    }

    fn begin_reading(&mut self) {
        self.state = State::Reading {
            next: 1,
            bytes: Vec::new(),
        };
    }

    fn take_data(&mut self, block: u16, received: &[u8], now: Instant) {
        if matches!((&self.state, &self.job), (State::Asked { .. }, Job::Read)) {
            // The server knows no options.
            self.begin_reading();
        }
        let State::Reading { next, bytes } = &mut self.state else {
            return self.abort(code::ILLEGAL, WhyNot::Refused);
        };
        if block == next.wrapping_sub(1) {
            // It did not hear that the block has come.
            return self.repeat();
        }
        if block != *next {
            return;
        }
        if received.len() > self.block_bytes {
            return self.abort(code::ILLEGAL, WhyNot::Refused);
        }
        if bytes.len() + received.len() > FILE_BYTES_MAX {
            return self.abort(code::FULL, WhyNot::TooLarge);
        }
        bytes.extend_from_slice(received);
        *next = next.wrapping_add(1);
        let whole = (received.len() < self.block_bytes).then(|| std::mem::take(bytes));
        self.send(packet::acknowledgement(block), now);
        if let Some(bytes) = whole {
            self.state = State::Ended(Ok(bytes));
        }
    }

    fn take_acknowledgement(&mut self, acknowledged: u16, now: Instant) {
        match (&self.state, &self.job) {
            (State::Asked { .. }, Job::Write(_)) if acknowledged == 0 => {
                self.send_block(1, 0, now);
            }
            // To answer one twice would double every block that follows.
            (State::Writing { block, .. }, _) if *block != acknowledged => {}
            (State::Writing { last: true, .. }, _) => {
                self.state = State::Ended(Ok(Vec::new()));
            }
            (State::Writing { block, end, .. }, _) => {
                let (block, start) = (block.wrapping_add(1), *end);
                self.send_block(block, start, now);
            }
            _ => self.abort(code::ILLEGAL, WhyNot::Refused),
        }
    }

    /// Sends `block`, the bytes from `start` on. A block that is not full is the last.
    fn send_block(&mut self, block: u16, start: usize, now: Instant) {
        let Job::Write(bytes) = &self.job else {
            return;
        };
        let end = bytes.len().min(start + self.block_bytes);
        let last = end - start < self.block_bytes;
        let packet = packet::data(block, &bytes[start..end]);
        self.state = State::Writing { block, end, last };
        self.send(packet, now);
    }
}

#[cfg(test)]
#[path = "tftp/tests.rs"]
mod tests;
