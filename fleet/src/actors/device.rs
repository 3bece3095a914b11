//! One device as an actor: it translates messages into inputs and outputs into deeds.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use actix::{Actor, AsyncContext, Context, Handler, Message, MessageResult};
use emulator::{
    Asker, AttemptOutcome, Device, Input, MessageId, Output, Rendered, SystemEvent, TooLarge,
    TransferOutcome,
    cli::{LineResult, Session},
    license::LicenseCensus,
};
use jiff::Timestamp;

use super::{
    arbiter::Arbiter,
    talk::{Said, Talk, Told, Wanted},
};
use crate::ledger::AtSink;

/// Something happens, or time passes.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) enum Feed {
    /// An event.
    Event {
        at: Timestamp,
        intended: Instant,
        event: SystemEvent,
    },
    /// Device time has come to this instant.
    Advance { to: Timestamp },
}

/// The bytes of a message, please.
#[derive(Debug, Message)]
#[rtype(result = "RenderedInto")]
pub(super) struct Render {
    pub(super) id: MessageId,
    /// Where the bytes go; its memory is reused.
    pub(super) buffer: Vec<u8>,
}

/// The answer to [`Render`].
#[derive(Debug)]
pub(super) struct RenderedInto {
    pub(super) buffer: Vec<u8>,
    /// `None` when the device knows no such message.
    pub(super) result: Option<Result<Rendered, TooLarge>>,
}

/// Has the device read what came before?
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Heard;

/// The run is over: messages that have not ended are entered as such, and the device's licenses at
/// this instant are counted.
#[derive(Debug, Message)]
#[rtype(result = "LicenseCensus")]
pub(super) struct TakeLeave {
    pub(super) at: Timestamp,
    /// What the licenses are added to.
    pub(super) census: LicenseCensus,
}

/// An attempt has ended.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct AttemptEnded {
    pub(super) id: MessageId,
    pub(super) outcome: AttemptOutcome,
    /// Whether it went to an embedded sink.
    pub(super) embedded: bool,
    /// From due to its end, as the courier measured it; `None` when nothing was attempted.
    pub(super) since_due: Option<Duration>,
    /// The memory that the bytes were in.
    pub(super) buffer: Vec<u8>,
}

/// How the last attempt to send a message ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastAttempt {
    pub(super) outcome: AttemptOutcome,
    /// From due to its end, as the courier measured it.
    pub(super) since_due: Duration,
}

/// A file that the device asked for has been fetched, or has not.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Fetched(pub(super) TransferOutcome);

/// A device and where it is.
pub(super) struct DeviceActor {
    device: Device,
    /// Position on its arbiter.
    position: u32,
    /// What the attempts to send the present message mean for the books of embedded sinks.
    at_sink: AtSink,
    /// The present message.
    sending: Option<MessageId>,
    arbiter: Rc<Arbiter>,
}

impl DeviceActor {
    pub(super) fn new(device: Device, position: u32, arbiter: Rc<Arbiter>) -> Self {
        arbiter.set_deadline(position, None, device.next_deadline());
        Self {
            device,
            position,
            at_sink: AtSink::Not,
            sending: None,
            arbiter,
        }
    }

    fn handle_input(&mut self, now: Timestamp, input: Input, context: &Context<Self>) {
        self.use_device(context, None, |device, outputs| {
            device.handle(now, input, outputs);
        });
    }

    /// Lets `work` do something to the device, and does what the device says. `attempt` is how an
    /// attempt ended, if that is what the device learns.
    fn use_device<T>(
        &mut self,
        context: &Context<Self>,
        attempt: Option<LastAttempt>,
        work: impl FnOnce(&mut Device, &mut Vec<Output>) -> T,
    ) -> T {
        let before = self.device.next_deadline();
        let queued_before = self.device.queued_messages();
        let logged_before = self.device.lines_logged();
        let mut outputs = self.arbiter.lend_outputs();
        let result = work(&mut self.device, &mut outputs);
        let number = self.device.identity().device;
        for output in outputs.drain(..) {
            // A device sends one message at a time; others that end meanwhile were never sent.
            let settles = |id| matches!(&output, Output::Settled { id: own, .. } if *own == id);
            let (at_sink, last) = match self.sending {
                Some(id) if settles(id) => (self.at_sink, attempt),
                _ => (AtSink::Not, None),
            };
            self.arbiter.observe(number, &output, at_sink, last);
            if let Output::Transmit(transmission) = output {
                if self.sending != Some(transmission.id) {
                    self.sending = Some(transmission.id);
                    self.at_sink = AtSink::Not;
                }
                self.arbiter
                    .dispatch(number, transmission, context.address());
            } else if let Output::Transfer(transfer) = output
                && matches!(transfer.asker, Asker::Event(_))
            {
                self.arbiter.fetch(number, transfer, context.address());
            }
        }
        self.arbiter.return_outputs(outputs);
        if self.device.lines_logged() != logged_before {
            self.arbiter.logged(self.position);
        }
        self.arbiter
            .queue_changed(queued_before, self.device.queued_messages());
        let after = self.device.next_deadline();
        self.arbiter.set_deadline(self.position, before, after);
        result
    }
}

impl Actor for DeviceActor {
    type Context = Context<Self>;
}

impl Handler<Feed> for DeviceActor {
    type Result = ();

    fn handle(&mut self, feed: Feed, context: &mut Self::Context) {
        match feed {
            Feed::Event {
                at,
                intended,
                event,
            } => {
                let number = self.device.identity().device;
                self.arbiter.event_reached(number, intended);
                self.handle_input(at, Input::Event(event), context);
            }
            Feed::Advance { to } => {
                if let Some(deadline) = self.device.next_deadline().filter(|due| *due <= to) {
                    let number = self.device.identity().device;
                    self.arbiter.deadline_reached(number, deadline);
                }
                self.handle_input(to, Input::DeadlineReached, context);
            }
        }
        self.arbiter.handled();
    }
}

impl Handler<Render> for DeviceActor {
    type Result = MessageResult<Render>;

    fn handle(&mut self, mut render: Render, _: &mut Self::Context) -> Self::Result {
        let now = self.arbiter.device_now();
        let result = self.device.render(now, render.id, &mut render.buffer);
        MessageResult(RenderedInto {
            buffer: render.buffer,
            result,
        })
    }
}

impl Handler<AttemptEnded> for DeviceActor {
    type Result = ();

    fn handle(&mut self, ended: AttemptEnded, context: &mut Self::Context) {
        self.arbiter.keep_buffer(ended.buffer);
        // What ends now has been entered as outstanding already.
        if self.arbiter.is_over() {
            return;
        }
        if ended.embedded && self.sending == Some(ended.id) {
            self.at_sink = match ended.outcome {
                AttemptOutcome::Accepted => AtSink::Certain,
                AttemptOutcome::Unconfirmed => AtSink::Possible,
                AttemptOutcome::Refused
                | AttemptOutcome::Failed
                | AttemptOutcome::TimedOut
                | AttemptOutcome::TooLarge => self.at_sink,
            };
        }
        // Before the device decides on a further attempt.
        self.arbiter.attempt_over(self.device.identity().device);
        let input = Input::Outcome {
            id: ended.id,
            outcome: ended.outcome,
        };
        let now = self.arbiter.device_now();
        let attempt = ended.since_due.map(|since_due| LastAttempt {
            outcome: ended.outcome,
            since_due,
        });
        self.use_device(context, attempt, |device, outputs| {
            device.handle(now, input, outputs);
        });
    }
}

impl Handler<Fetched> for DeviceActor {
    type Result = ();

    fn handle(&mut self, Fetched(outcome): Fetched, context: &mut Self::Context) {
        let now = self.arbiter.device_now();
        self.handle_input(now, Input::Transferred(outcome), context);
        // Only when what follows from it has been counted.
        self.arbiter.fetch_over();
    }
}

impl Handler<Heard> for DeviceActor {
    type Result = ();

    fn handle(&mut self, _: Heard, _: &mut Self::Context) {}
}

impl Handler<TakeLeave> for DeviceActor {
    type Result = MessageResult<TakeLeave>;

    fn handle(&mut self, leave: TakeLeave, _: &mut Self::Context) -> Self::Result {
        let number = self.device.identity().device;
        for message in self.device.outstanding() {
            let at_sink = match self.sending {
                Some(id) if id == message.id => self.at_sink,
                _ => AtSink::Not,
            };
            self.arbiter.outstanding(number, &message, at_sink);
        }
        let mut census = leave.census;
        self.device.count_licenses(leave.at, &mut census);
        MessageResult(census)
    }
}

impl Handler<Talk> for DeviceActor {
    type Result = MessageResult<Talk>;

    fn handle(&mut self, talk: Talk, context: &mut Self::Context) -> Self::Result {
        // What a console would cause now could no longer be accounted for.
        if self.arbiter.is_over() {
            return MessageResult(None);
        }
        let now = self.arbiter.device_now();
        let Talk {
            mut session,
            said,
            news,
        } = talk;
        let mut shown = Vec::new();
        let (line, wanted) = self.use_device(context, None, |device, outputs| {
            let line = hear(&mut session, device, now, said, (&mut shown, outputs));
            (line, outputs.iter().rev().find_map(wanted_in))
        });
        // Behind the reply, as a device prints it: what the session caused itself included.
        session.show_log(&self.device, &mut shown);
        self.arbiter.watch(self.position, &news, session.listens());
        let idle_timeout = session.idle_timeout(&self.device);
        MessageResult(Some(Told {
            idle_timeout: idle_timeout.and_then(|timeout| timeout.try_into().ok()),
            session,
            shown,
            line,
            wanted,
        }))
    }
}

/// Lets `session` take in what came.
fn hear(
    session: &mut Session,
    device: &mut Device,
    now: Timestamp,
    said: Said,
    (shown, outputs): (&mut Vec<u8>, &mut Vec<Output>),
) -> LineResult {
    match said {
        Said::Hello => session.start(device, shown),
        Said::Keys(keys) => session.input(device, now, &keys, shown, outputs),
        Said::Line(line) => return session.line(device, now, &line, shown, outputs),
        Said::News => {}
        Said::Resized { width, length } => session.resize(width, length),
        Said::Arrived(arrival) => return session.resume(device, now, arrival, shown, outputs),
    }
    LineResult::default()
}

/// What a session wants to be done outside of its device.
fn wanted_in(output: &Output) -> Option<Wanted> {
    if let Output::Probe(probe) = output {
        return Some(Wanted::Probe(probe.clone()));
    }
    if let Output::Transfer(transfer) = output
        && matches!(transfer.asker, Asker::Session(_))
    {
        return Some(Wanted::Transfer(transfer.clone()));
    }
    None
}
