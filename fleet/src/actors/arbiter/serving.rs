//! The course of one arbiter: inputs go to the devices, outcomes come back, reports go out.

use std::rc::Rc;

use actix::Addr;
use emulator::Transport;
use jiff::Timestamp;
use sink::MessageKey;
use tokio::sync::mpsc;

use super::Arbiter;
use crate::{
    actors::{
        REPORT_EVERY, Report,
        courier::Carried,
        device::{DeviceActor, Feed, Heard},
    },
    pacer::PacerInput,
};

/// How many inputs are taken at once before the devices get their turn.
const BATCH_MAX: usize = 256;

/// Hands inputs on and reports, until all is over or nobody listens.
pub(super) async fn serve(
    arbiter: &Rc<Arbiter>,
    devices: &[Addr<DeviceActor>],
    (mut inputs, mut carried): (mpsc::Receiver<PacerInput>, mpsc::UnboundedReceiver<Carried>),
    reports: &mpsc::Sender<Report>,
) {
    let mut finished = false;
    let mut batch = Vec::with_capacity(BATCH_MAX);
    let mut outcomes = Vec::with_capacity(BATCH_MAX);
    let mut courier_is_gone = false;
    let mut report = tokio::time::interval(REPORT_EVERY);
    loop {
        tokio::select! {
            taken = inputs.recv_many(&mut batch, BATCH_MAX), if !finished => {
                // A pacer that is gone has nothing further either.
                finished = taken == 0;
                for input in batch.drain(..) {
                    finished |= take_input(arbiter, devices, input).await;
                }
                // The devices get their turn before the next batch.
                tokio::task::yield_now().await;
            }
            taken = carried.recv_many(&mut outcomes, BATCH_MAX), if !courier_is_gone => {
                courier_is_gone = taken == 0;
                outcomes.drain(..).for_each(bring_back);
            }
            _ = report.tick() => {
                // Nothing may begin between the decision that all is over and the last report.
                let left = match arbiter.is_idle(finished) {
                    true => Some(end(arbiter, devices, &mut carried).await),
                    false => None,
                };
                if !arbiter.report(left, reports).await {
                    return;
                }
            }
        }
    }
}

/// Tells a device what became of its errand.
fn bring_back(outcome: Carried) {
    match outcome {
        // One message on its way means one such letter at most in a device's mailbox.
        Carried::Message {
            address,
            ended,
            _permit,
        } => address.do_send(ended),
        // Permits bound these.
        Carried::File {
            address,
            fetched,
            _permit,
        } => address.do_send(fetched),
    }
}

/// Nothing further is sent; returns what has no outcome and may have arrived all the same.
async fn end(
    arbiter: &Rc<Arbiter>,
    devices: &[Addr<DeviceActor>],
    carried: &mut mpsc::UnboundedReceiver<Carried>,
) -> Vec<(Transport, MessageKey)> {
    // What has an outcome already is not outstanding. Letters are read in their order, so devices have
    // read these when they have answered the next one.
    let mut devices_with_news = Vec::new();
    while let Ok(outcome) = carried.try_recv() {
        if let Carried::Message { address, .. } = &outcome {
            devices_with_news.push(address.clone());
        }
        bring_back(outcome);
    }
    for device in devices_with_news {
        // A device that is gone has no news.
        let _ = device.send(Heard).await;
    }
    let mut left = arbiter.give_up();
    left.extend(arbiter.take_leave(devices).await);
    left
}

/// Hands one input on; returns whether it was the last.
async fn take_input(
    arbiter: &Rc<Arbiter>,
    devices: &[Addr<DeviceActor>],
    input: PacerInput,
) -> bool {
    match input {
        PacerInput::Event {
            position,
            at,
            event,
        } => {
            let intended = arbiter.clock().instant_of(at);
            let feed = Feed::Event {
                at,
                intended,
                event,
            };
            deliver(arbiter, devices, position, feed).await;
        }
        PacerInput::Advance { to } => {
            for position in arbiter.due(to) {
                deliver(arbiter, devices, position, Feed::Advance { to }).await;
            }
        }
        PacerInput::Finish { to } => {
            finish(arbiter, devices, to).await;
            arbiter.ended_at.set(Some(to));
            return true;
        }
    }
    false
}

/// Lets everything happen that is due up to `to`, the end of the run: also what follows from events
/// that still lie in mailboxes, or what devices decided would depend on how busy the machine was.
async fn finish(arbiter: &Rc<Arbiter>, devices: &[Addr<DeviceActor>], to: Timestamp) {
    loop {
        while arbiter.unhandled.get() > 0 {
            tokio::task::yield_now().await;
        }
        let due = arbiter.due(to);
        if due.is_empty() {
            return;
        }
        for position in due {
            deliver(arbiter, devices, position, Feed::Advance { to }).await;
        }
    }
}

/// Puts `feed` into the mailbox of the device at `position`, waiting for room where there is none.
async fn deliver(arbiter: &Rc<Arbiter>, devices: &[Addr<DeviceActor>], position: u32, feed: Feed) {
    let Some(device) = devices.get(position as usize) else {
        return;
    };
    arbiter.unhandled.set(arbiter.unhandled.get() + 1);
    match device.try_send(feed) {
        Ok(()) => {}
        Err(actix::prelude::SendError::Full(feed)) => {
            arbiter.recorder.borrow_mut().mailbox_wait();
            if device.send(feed).await.is_err() {
                arbiter.handled();
            }
        }
        Err(actix::prelude::SendError::Closed(_)) => arbiter.handled(),
    }
}
