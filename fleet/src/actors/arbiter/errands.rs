//! What devices have done on the network: messages that are sent, files that are fetched.

use std::rc::Rc;

use actix::Addr;
use emulator::{AttemptOutcome, Transfer, Transmission};
use tokio::sync::mpsc;

use super::{
    super::{
        courier::{Errand, FileErrand, Task},
        device::{AttemptEnded, DeviceActor, Render},
    },
    Arbiter,
};

/// Buffers kept for reuse; more are only in use while more messages are being sent.
const BUFFERS_KEPT_MAX: usize = 256;
/// Largest buffer kept for reuse, in bytes.
const BUFFER_BYTES_KEPT_MAX: usize = 1 << 20;

impl Arbiter {
    /// Has a message sent once, beside everything else. A device has one message on its way at most,
    /// so there are never more of these tasks than devices.
    pub(in super::super) fn dispatch(
        self: &Rc<Self>,
        device: u32,
        transmission: Transmission,
        address: Addr<DeviceActor>,
    ) {
        let arbiter = Rc::clone(self);
        actix_rt::spawn(async move {
            let transport = transmission.route.transport();
            // Bytes exist only while a message is being sent, and waiting for a connection is not.
            let permit = arbiter.courier_settings.permit(transport).await;
            let id = transmission.id;
            let buffer = arbiter.buffers.borrow_mut().pop().unwrap_or_default();
            let Ok(rendered) = address.send(Render { id, buffer }).await else {
                return;
            };
            let (outcome, buffer) = match rendered.result {
                Some(Ok(message)) => {
                    let errand = Errand {
                        device,
                        transmission,
                        rendered: message,
                        buffer: rendered.buffer,
                        permit,
                        address: address.clone(),
                    };
                    match arbiter.hand_over(errand) {
                        None => return,
                        Some(refused) => (AttemptOutcome::Failed, refused.buffer),
                    }
                }
                Some(Err(_)) => (AttemptOutcome::TooLarge, rendered.buffer),
                None => (AttemptOutcome::Failed, rendered.buffer),
            };
            address.do_send(AttemptEnded {
                id,
                outcome,
                embedded: false,
                since_due: None,
                buffer,
            });
        });
    }

    /// Hands `errand` to the courier thread; gives it back when that is gone.
    fn hand_over(&self, errand: Errand) -> Option<Errand> {
        let Some(errands) = &*self.errands.borrow() else {
            return Some(errand);
        };
        let (device, transmission) = (errand.device, &errand.transmission);
        let message = (transmission.route.transport(), transmission.id);
        match errands.send(Task::Message(errand)) {
            Ok(()) => {
                self.in_flight.borrow_mut().insert(device, message);
                None
            }
            Err(mpsc::error::SendError(Task::Message(refused))) => Some(refused),
            Err(mpsc::error::SendError(Task::File(_))) => None,
        }
    }

    /// Has a file fetched, beside everything else.
    pub(in super::super) fn fetch(
        self: &Rc<Self>,
        device: u32,
        transfer: Transfer,
        address: Addr<DeviceActor>,
    ) {
        self.fetching.set(self.fetching.get() + 1);
        self.recorder.borrow_mut().fetch_begun();
        let arbiter = Rc::clone(self);
        actix_rt::spawn(async move {
            let permit = arbiter.courier_settings.file_permit().await;
            if let Some(errands) = &*arbiter.errands.borrow() {
                // A courier that is gone has been stopped, and nobody waits for what it did.
                let _ = errands.send(Task::File(FileErrand {
                    device,
                    transfer,
                    permit,
                    address,
                }));
            }
        });
    }

    /// A device has what it asked a server for, or knows that it will not get it.
    pub(in super::super) fn fetch_over(&self) {
        self.fetching.set(self.fetching.get().saturating_sub(1));
        self.recorder.borrow_mut().fetch_ended();
    }

    /// Device number `device` knows what became of its message.
    pub(in super::super) fn attempt_over(&self, device: u32) {
        self.in_flight.borrow_mut().remove(&device);
    }

    /// Keeps the memory of a message for another.
    pub(in super::super) fn keep_buffer(&self, buffer: Vec<u8>) {
        let mut buffers = self.buffers.borrow_mut();
        if buffers.len() < BUFFERS_KEPT_MAX && buffer.capacity() <= BUFFER_BYTES_KEPT_MAX {
            buffers.push(buffer);
        }
    }
}
