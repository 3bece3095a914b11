//! A courier thread: it carries the messages of one arbiter's devices.
//!
//! Apart from the devices, because a burst of TLS handshakes would otherwise make events wait: what
//! devices decide must be as punctual under load as without. What devices fetch from file servers goes the
//! same way. An errand comes with its permit and its
//! bytes, and goes back to the arbiter with its outcome. Both ways are queues that are emptied in
//! batches: to wake the other thread costs as much as a command on a connection.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use actix::Addr;
use emulator::{Rendered, Transfer, TransferOutcome, Transmission};
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    REPORT_EVERY, Report,
    device::{AttemptEnded, DeviceActor, Fetched},
};
use crate::{
    clock::RunClock,
    courier::{CourierSettings, Couriers, FilePermit, Parcel, Permit},
    record::{Message, Recorder},
    scenario::Scenario,
};

/// How many errands are taken at once before those under way get their turn.
const BATCH_MAX: usize = 64;

/// Something to be done on the network.
pub(super) enum Task {
    /// A message to be sent.
    Message(Errand),
    /// A file to be fetched.
    File(FileErrand),
}

/// One file to be fetched. Each holds a permit, as messages do.
pub(super) struct FileErrand {
    /// Number of the device over all fleets.
    pub(super) device: u32,
    /// Which file.
    pub(super) transfer: Transfer,
    /// Leave to do so.
    pub(super) permit: FilePermit,
    /// Who wants it.
    pub(super) address: Addr<DeviceActor>,
}

/// One message to be sent once. Each holds a permit, so there are never more than connections.
pub(super) struct Errand {
    /// Number of the device over all fleets.
    pub(super) device: u32,
    /// What and where to.
    pub(super) transmission: Transmission,
    /// What is needed besides the bytes.
    pub(super) rendered: Rendered,
    /// The bytes; the memory comes back with the outcome.
    pub(super) buffer: Vec<u8>,
    /// Leave to use a connection.
    pub(super) permit: Permit,
    /// Who wants to know.
    pub(super) address: Addr<DeviceActor>,
}

/// What a courier thread needs to begin.
pub(crate) struct CourierSetup {
    /// Which courier thread this is, from 0.
    pub(crate) index: u32,
    /// How messages are sent.
    pub(crate) settings: Arc<CourierSettings>,
    /// The clock of the run, which is set when all devices are ready.
    pub(crate) clock: oneshot::Receiver<RunClock>,
    /// What is run.
    pub(crate) scenario: Arc<Scenario>,
    /// Whether a journal is kept.
    pub(crate) journal: bool,
    /// The arbiter.
    pub(crate) line: CourierEnd,
    /// Turns true when outcomes are no longer waited for.
    pub(crate) closing: watch::Receiver<bool>,
    /// Reports to the conductor.
    pub(crate) reports: mpsc::Sender<Report>,
}

/// An errand that has been run: who waits for its outcome, and leave for the next one. Permits are given
/// back on the arbiter's thread, where most of those live that wait for one.
pub(super) enum Carried {
    /// Of a message.
    Message {
        address: Addr<DeviceActor>,
        ended: AttemptEnded,
        _permit: Permit,
    },
    /// Of a file.
    File {
        address: Addr<DeviceActor>,
        fetched: Fetched,
        _permit: FilePermit,
    },
}

/// The end of the line between an arbiter and its courier thread that the arbiter holds.
pub(crate) struct ArbiterEnd {
    /// Where messages go to be sent.
    pub(super) errands: mpsc::UnboundedSender<Task>,
    /// What became of them.
    pub(super) carried: mpsc::UnboundedReceiver<Carried>,
}

/// The end that the courier thread holds.
pub(crate) struct CourierEnd {
    /// What there is to carry; no more once the arbiter has let go.
    errands: mpsc::UnboundedReceiver<Task>,
    carried: mpsc::UnboundedSender<Carried>,
}

/// The line between an arbiter and its courier thread. What is on it holds permits, which bound it.
pub(crate) fn line() -> (ArbiterEnd, CourierEnd) {
    let (errands, to_carry) = mpsc::unbounded_channel();
    let (done, carried) = mpsc::unbounded_channel();
    let arbiter = ArbiterEnd { errands, carried };
    let courier = CourierEnd {
        errands: to_carry,
        carried: done,
    };
    (arbiter, courier)
}

/// What the tasks of one courier thread share.
struct CourierThread {
    clock: RunClock,
    couriers: Couriers,
    recorder: RefCell<Recorder>,
    under_way: Cell<usize>,
    carried: mpsc::UnboundedSender<Carried>,
}

/// Carries errands until there are no more, or nobody listens to the reports.
pub(crate) async fn run_courier(setup: CourierSetup) {
    let Ok(clock) = setup.clock.await else {
        return;
    };
    let CourierEnd {
        mut errands,
        carried,
    } = setup.line;
    let mut recorder = Recorder::new(clock.origin());
    recorder.begin(clock.origin(), &setup.scenario, setup.journal);
    let thread = Rc::new(CourierThread {
        clock,
        couriers: Couriers::new(setup.settings, setup.index),
        recorder: RefCell::new(recorder),
        under_way: Cell::new(0),
        carried,
    });
    let mut batch = Vec::with_capacity(BATCH_MAX);
    let mut report = tokio::time::interval(REPORT_EVERY);
    loop {
        tokio::select! {
            taken = errands.recv_many(&mut batch, BATCH_MAX) => {
                if taken == 0 {
                    break;
                }
                for task in batch.drain(..) {
                    thread.under_way.set(thread.under_way.get() + 1);
                    let thread = Rc::clone(&thread);
                    actix_rt::spawn(async move {
                        match task {
                            Task::Message(errand) => thread.carry(errand).await,
                            Task::File(errand) => thread.fetch(errand).await,
                        }
                        thread.under_way.set(thread.under_way.get() - 1);
                    });
                }
            }
            _ = report.tick() => {
                if !thread.report(false, &setup.reports).await {
                    return;
                }
            }
        }
    }
    // No more errands means that every outcome has reached its device, and what is left are last steps
    // of their tasks; or that nobody waits for outcomes any longer.
    while thread.under_way.get() > 0 && !*setup.closing.borrow() {
        tokio::task::yield_now().await;
    }
    thread.report(true, &setup.reports).await;
}

impl CourierThread {
    async fn carry(&self, errand: Errand) {
        let Errand {
            device,
            transmission,
            rendered,
            mut buffer,
            permit,
            address,
        } = errand;
        self.recorder.borrow_mut().attempt_begun();
        let parcel = Parcel {
            device,
            route: &transmission.route,
            rendered: &rendered,
            body: &mut buffer,
        };
        let transport = transmission.route.transport();
        let attempt = self.couriers.send(&permit, parcel).await;
        let message = Message {
            id: transmission.id,
            kind: transmission.kind,
            transport,
        };
        let due = self.clock.instant_of(transmission.due);
        let mut recorder = self.recorder.borrow_mut();
        recorder.attempt(device, message, due, transmission.attempt == 0, &attempt);
        recorder.attempt_ended();
        // An arbiter that is gone has been stopped; its devices take no further part.
        let _ = self.carried.send(Carried::Message {
            address,
            ended: AttemptEnded {
                id: transmission.id,
                outcome: attempt.outcome,
                embedded: attempt.embedded,
                since_due: Some(attempt.ended.saturating_duration_since(due)),
                buffer,
            },
            _permit: permit,
        });
    }

    async fn fetch(&self, errand: FileErrand) {
        let FileErrand {
            device,
            transfer,
            permit,
            address,
        } = errand;
        let settings = self.couriers.settings();
        let outcome = TransferOutcome {
            asker: transfer.asker,
            result: settings.transfer(&permit, device, &transfer).await,
        };
        // As above.
        let _ = self.carried.send(Carried::File {
            address,
            fetched: Fetched(outcome),
            _permit: permit,
        });
    }

    /// Tells the conductor what has been gathered; returns whether it listens.
    async fn report(&self, idle: bool, reports: &mpsc::Sender<Report>) -> bool {
        let (gathered, settled, page) = self.recorder.borrow_mut().take();
        let report = Report::Gathered {
            gathered: Box::new(gathered),
            settled,
            page,
            in_flight: Vec::new(),
            idle,
        };
        reports.send(report).await.is_ok()
    }
}
