//! What the devices of one arbiter share: deadlines, the line to the courier thread, the recorder.
//!
//! Everything here lives on one thread. Inputs come from the pacer, reports go to the conductor.

mod errands;
mod serving;

use std::{
    cell::{Cell, OnceCell, RefCell},
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use actix::{Actor, Addr};
use emulator::{
    AttemptOutcome, MessageId, Output, OutstandingMessage, Settlement, Transport,
    license::LicenseCensus,
};
use jiff::Timestamp;
use sink::MessageKey;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::{
    Report,
    courier::{ArbiterEnd, Task},
    device::{DeviceActor, LastAttempt, TakeLeave},
    talk::RunningDevice,
    watchers::Watchers,
};
use crate::{
    clock::{self, RunClock, TimeScale},
    courier::CourierSettings,
    ledger::{AtSink, Ledger},
    pacer::{Alarm, PacerInput},
    record::{Message, Recorder, Stay},
    scenario::Scenario,
    simulation,
};

/// What an arbiter needs to begin.
pub(crate) struct ArbiterSetup {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// Which arbiter this is, from 0.
    pub index: u32,
    /// How many there are.
    pub count: u32,
    /// The connection limits.
    pub couriers: Arc<CourierSettings>,
    /// Where messages go to be sent.
    pub line: ArbiterEnd,
    /// The clock of the run, which is set when all arbiters are ready.
    pub clock: oneshot::Receiver<RunClock>,
    /// Inputs from the pacer.
    pub inputs: mpsc::Receiver<PacerInput>,
    /// How the pacer is told of deadlines.
    pub alarm: Arc<Alarm>,
    /// Turns true when outcomes are no longer waited for.
    pub closing: watch::Receiver<bool>,
    /// Reports to the conductor.
    pub reports: mpsc::Sender<Report>,
    /// Whether somebody wants to reach single devices.
    pub introduce: bool,
    /// Whether a journal is kept.
    pub journal: bool,
}

/// The shared part of one arbiter.
pub(super) struct Arbiter {
    scale: TimeScale,
    /// Set when the run begins; devices are started before that, but told nothing.
    clock: OnceCell<RunClock>,
    recorder: RefCell<Recorder>,
    /// What has been reported already.
    reported: RefCell<Ledger>,
    courier_settings: Arc<CourierSettings>,
    /// The line to the courier thread; given up when nothing further will be sent.
    errands: RefCell<Option<mpsc::UnboundedSender<Task>>>,
    deadlines: RefCell<BinaryHeap<Reverse<(Timestamp, u32)>>>,
    alarm: Arc<Alarm>,
    outputs: RefCell<Vec<Output>>,
    buffers: RefCell<Vec<Vec<u8>>>,
    /// Consoles to be told when the device at a position has logged something.
    watchers: RefCell<Watchers>,
    /// What the courier thread has been given and no device has heard the outcome of, by device.
    in_flight: RefCell<BTreeMap<u32, (Transport, MessageId)>>,
    /// Messages without an outcome of which an embedded sink may have a copy from an attempt before.
    may_have_arrived: RefCell<Vec<(Transport, MessageKey)>>,
    closing: watch::Receiver<bool>,
    /// Files that devices have asked for and not got.
    fetching: Cell<u64>,
    /// Inputs handed to devices that have not handled them yet.
    unhandled: Cell<u64>,
    /// The end of the run, once it has come.
    ended_at: Cell<Option<Timestamp>>,
}

impl Arbiter {
    /// Notes that a device's deadline has changed.
    pub(super) fn set_deadline(
        &self,
        position: u32,
        before: Option<Timestamp>,
        after: Option<Timestamp>,
    ) {
        if let Some(deadline) = after.filter(|_| after != before) {
            self.deadlines
                .borrow_mut()
                .push(Reverse((deadline, position)));
            self.alarm.set(self.scale.elapsed_at(deadline));
        }
    }

    /// The clock of the run.
    fn clock(&self) -> RunClock {
        *self
            .clock
            .get_or_init(|| RunClock::starting_in(Duration::ZERO, self.scale))
    }

    /// Lets the run begin by `clock`.
    fn begin(&self, clock: RunClock, scenario: &Scenario, journal: bool) {
        let _ = self.clock.set(clock);
        let mut recorder = self.recorder.borrow_mut();
        recorder.begin(clock.origin(), scenario, journal);
    }

    /// A buffer for a device's outputs; give it back with [`Arbiter::return_outputs`].
    pub(super) fn lend_outputs(&self) -> Vec<Output> {
        self.outputs.take()
    }

    pub(super) fn return_outputs(&self, outputs: Vec<Output>) {
        self.outputs.replace(outputs);
    }

    /// Books what device number `device` said. `at_sink` is what the attempts so far mean for the
    /// books of embedded sinks, and `attempt` the last of them, if the output settles their message.
    pub(super) fn observe(
        &self,
        device: u32,
        output: &Output,
        at_sink: AtSink,
        attempt: Option<LastAttempt>,
    ) {
        let mut recorder = self.recorder.borrow_mut();
        recorder.observe(device, output);
        match output {
            Output::Queued {
                id,
                kind,
                transport,
                due,
                ..
            } => {
                let due = self.clock().instant_of(*due);
                let message = Message {
                    id: *id,
                    kind: *kind,
                    transport: *transport,
                };
                recorder.entered(clock::now(), device, message, due);
            }
            Output::Settled {
                id,
                kind,
                transport,
                due,
                settlement,
            } => {
                let now = clock::now();
                let stay = stay(now, self.clock().instant_of(*due), *settlement, attempt);
                let message = Message {
                    id: *id,
                    kind: *kind,
                    transport: *transport,
                };
                recorder.left((now, device), message, Some((*settlement, at_sink)), stay);
            }
            Output::Trigger { .. }
            | Output::Dropped { .. }
            | Output::Transmit(_)
            | Output::Probe(_)
            | Output::Transfer(_)
            | Output::LicenseFile(_)
            | Output::Trap(_)
            | Output::Unheard => {}
        }
    }

    /// The run has ended, and this message of device number `device` has not. `at_sink` is what its attempts
    /// so far mean for the books of embedded sinks.
    pub(super) fn outstanding(&self, device: u32, left: &OutstandingMessage, at_sink: AtSink) {
        let now = clock::now();
        let due = self.clock().instant_of(left.due);
        let stay = Stay {
            due,
            length: now.saturating_duration_since(due),
            unanswered: true,
        };
        let message = Message {
            id: left.id,
            kind: left.kind,
            transport: left.transport,
        };
        if at_sink != AtSink::Not {
            let mut arrived = self.may_have_arrived.borrow_mut();
            arrived.push((message.transport, message.key()));
        }
        let mut recorder = self.recorder.borrow_mut();
        recorder.left((now, device), message, None, stay);
    }

    pub(super) fn queue_changed(&self, before: usize, after: usize) {
        self.recorder.borrow_mut().queue(before, after);
    }

    pub(super) fn event_reached(&self, device: u32, intended: Instant) {
        let lag = clock::now().saturating_duration_since(intended);
        self.recorder.borrow_mut().event(device, intended, lag);
    }

    /// A device has come to a deadline of its own; how late counts like the lateness of an event.
    pub(super) fn deadline_reached(&self, device: u32, deadline: Timestamp) {
        let intended = self.clock().instant_of(deadline);
        let lag = clock::now().saturating_duration_since(intended);
        self.recorder.borrow_mut().deadline(device, intended, lag);
    }

    pub(super) fn handled(&self) {
        self.unhandled.set(self.unhandled.get().saturating_sub(1));
    }

    /// The device at `position` has logged something. Where nobody looks on, this costs a look at an
    /// empty map.
    pub(super) fn logged(&self, position: u32) {
        self.watchers.borrow_mut().tell(position);
    }

    /// The console behind `news` looks on at the device at `position`, or does not.
    pub(super) fn watch(&self, position: u32, news: &Arc<Notify>, looks_on: bool) {
        self.watchers.borrow_mut().set(position, news, looks_on);
    }

    /// Whether nothing further will be sent.
    pub(super) fn is_over(&self) -> bool {
        self.errands.borrow().is_none()
    }

    pub(super) fn device_now(&self) -> Timestamp {
        self.clock().device_now()
    }

    /// Takes the devices whose deadline has come by `to`.
    fn due(&self, to: Timestamp) -> Vec<u32> {
        let mut deadlines = self.deadlines.borrow_mut();
        let mut due = Vec::new();
        while let Some(Reverse((_, position))) = pop_until(&mut deadlines, to) {
            due.push(position);
        }
        if let Some(Reverse((next, _))) = deadlines.peek() {
            self.alarm.set(self.scale.elapsed_at(*next));
        }
        due
    }

    /// Whether nothing further will happen here.
    fn is_idle(&self, finished: bool) -> bool {
        let settled = self.recorder.borrow().outstanding(&self.reported.borrow()) == 0
            && self.fetching.get() == 0;
        finished && self.unhandled.get() == 0 && (settled || *self.closing.borrow())
    }

    /// Hears from `devices` what is left at the end: messages, and licenses. Returns the messages of
    /// which an embedded sink may have a copy.
    async fn take_leave(&self, devices: &[Addr<DeviceActor>]) -> Vec<(Transport, MessageKey)> {
        let at = self.ended_at.get().unwrap_or_else(|| self.device_now());
        let mut all = LicenseCensus::default();
        for device in devices {
            let census = std::mem::take(&mut all);
            // A device that is gone, as none is, would take what was counted with it.
            all = device
                .send(TakeLeave { at, census })
                .await
                .unwrap_or_default();
        }
        self.recorder.borrow_mut().licenses(all);
        self.may_have_arrived.take()
    }

    /// Sends nothing any more; returns what has had no outcome, which it will not get now.
    fn give_up(&self) -> Vec<(Transport, MessageKey)> {
        self.errands.take();
        let messages = self.in_flight.take().into_values();
        let keys = messages.map(|(transport, id)| (transport, MessageKey::of(&id.to_string())));
        keys.collect()
    }

    /// Reports what has been gathered; the last time with what is `left` without an outcome.
    async fn report(
        &self,
        left: Option<Vec<(Transport, MessageKey)>>,
        reports: &mpsc::Sender<Report>,
    ) -> bool {
        let idle = left.is_some();
        let in_flight = left.unwrap_or_default();
        let (gathered, settled, page) = self.recorder.borrow_mut().take();
        self.reported.borrow_mut().merge(&gathered.ledger);
        let report = Report::Gathered {
            gathered: Box::new(gathered),
            settled,
            page,
            in_flight,
            idle,
        };
        reports.send(report).await.is_ok() && !idle
    }
}

/// How long a message stayed that was settled at `now`: what the courier measured, where it sent it.
fn stay(now: Instant, due: Instant, settlement: Settlement, attempt: Option<LastAttempt>) -> Stay {
    let silent = |last: LastAttempt| {
        matches!(
            last.outcome,
            AttemptOutcome::TimedOut | AttemptOutcome::Unconfirmed
        )
    };
    Stay {
        due,
        length: attempt.map_or_else(|| now.saturating_duration_since(due), |last| last.since_due),
        unanswered: settlement != Settlement::Delivered && attempt.is_some_and(silent),
    }
}

fn pop_until(
    deadlines: &mut BinaryHeap<Reverse<(Timestamp, u32)>>,
    to: Timestamp,
) -> Option<Reverse<(Timestamp, u32)>> {
    let due = deadlines
        .peek()
        .is_some_and(|Reverse((deadline, _))| *deadline <= to);
    due.then(|| deadlines.pop()).flatten()
}

/// Runs one arbiter's devices until everything is over or nobody listens to its reports.
pub(crate) async fn run_arbiter(setup: ArbiterSetup) {
    let ArbiterSetup {
        scenario,
        index,
        count,
        couriers,
        line,
        clock: begin,
        inputs,
        alarm,
        closing,
        reports,
        introduce,
        journal,
    } = setup;
    let arbiter = Rc::new(Arbiter {
        scale: TimeScale::new(&scenario.clock),
        clock: OnceCell::new(),
        recorder: RefCell::new(Recorder::new(clock::now())),
        reported: RefCell::default(),
        courier_settings: couriers,
        errands: RefCell::new(Some(line.errands)),
        deadlines: RefCell::default(),
        alarm,
        outputs: RefCell::default(),
        buffers: RefCell::default(),
        watchers: RefCell::default(),
        in_flight: RefCell::default(),
        may_have_arrived: RefCell::default(),
        closing,
        fetching: Cell::new(0),
        unhandled: Cell::new(0),
        ended_at: Cell::new(None),
    });
    let (devices, introduced) = start_devices(&scenario, (index, count), introduce, &arbiter).await;
    if reports.send(Report::Ready(introduced)).await.is_err() {
        return;
    }
    let Ok(run_clock) = begin.await else {
        return;
    };
    arbiter.begin(run_clock, &scenario, journal);
    serving::serve(&arbiter, &devices, (inputs, line.carried), &reports).await;
}

/// Starts every `count`-th device from `index` on.
async fn start_devices(
    scenario: &Arc<Scenario>,
    (index, count): (u32, u32),
    introduce: bool,
    arbiter: &Rc<Arbiter>,
) -> (Vec<Addr<DeviceActor>>, Vec<RunningDevice>) {
    let all = scenario.device_count();
    let mut addresses = Vec::with_capacity((all / count.max(1)) as usize + 1);
    let mut introduced = Vec::new();
    for number in (index..all).step_by(count.max(1) as usize) {
        for mut device in simulation::devices(scenario, number..number + 1) {
            device.skip_to(scenario.clock.start);
            let position = addresses.len() as u32;
            let hostname = introduce.then(|| device.hostname());
            let address = DeviceActor::new(device, position, Rc::clone(arbiter)).start();
            introduced.extend(hostname.map(|hostname| RunningDevice {
                number,
                hostname,
                address: address.clone(),
                couriers: Arc::clone(&arbiter.courier_settings),
            }));
            addresses.push(address);
        }
        if addresses.len() % 1024 == 0 {
            tokio::task::yield_now().await;
        }
    }
    (addresses, introduced)
}
