//! Messages that wait to be sent, first come first served.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    alert::Alert,
    alert_group::MessageType,
    config::ProfileId,
    transport::{MessageId, Transport},
};

/// Where a message goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Destination {
    /// To the addresses of this profile.
    Profile(ProfileId),
    /// To the address that the request itself names.
    Direct,
}

/// A message as a description; its bytes do not exist yet.
#[derive(Clone, Debug)]
pub(crate) struct QueuedMessage {
    pub(crate) id: MessageId,
    pub(crate) alert: Arc<Alert>,
    pub(crate) destination: Destination,
    pub(crate) transport: Transport,
    pub(crate) anonymous: bool,
    /// Attempts made, which is also the position of the next mail server.
    pub(crate) attempt: u8,
    /// An attempt ended without telling whether the message arrived.
    pub(crate) unconfirmed: bool,
    pub(crate) in_flight: bool,
    /// It was on its way when the device lost its memory: its end is reported, but neither counted
    /// nor followed by another attempt.
    pub(crate) forgotten: bool,
}

/// The queue of one device. Empty, it owns no memory.
#[derive(Debug, Default)]
pub(super) struct Queue {
    messages: VecDeque<QueuedMessage>,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &QueuedMessage> {
        self.messages.iter()
    }

    #[cfg(test)]
    pub(super) fn owns_nothing(&self) -> bool {
        self.messages.capacity() == 0
    }

    pub(super) fn push(&mut self, message: QueuedMessage) {
        self.messages.push_back(message);
    }

    pub(super) fn front_mut(&mut self) -> Option<&mut QueuedMessage> {
        self.messages.front_mut()
    }

    /// How many messages of `kind` by `transport` wait or are being sent.
    pub(super) fn count_of(&self, kind: MessageType, transport: Transport) -> usize {
        let messages = self.messages.iter();
        messages
            .filter(|message| message.alert.kind == kind && message.transport == transport)
            .count()
    }

    pub(super) fn find(&self, id: MessageId) -> Option<&QueuedMessage> {
        self.messages.iter().find(|message| message.id == id)
    }

    pub(super) fn pop(&mut self) -> Option<QueuedMessage> {
        let message = self.messages.pop_front();
        if self.messages.is_empty() {
            self.messages = VecDeque::new();
        }
        message
    }

    /// Takes out all messages but the one that is being sent, which is forgotten from here on.
    pub(super) fn take_waiting(&mut self) -> VecDeque<QueuedMessage> {
        let front = self.messages.front_mut();
        let sending = front.filter(|message| message.in_flight);
        let kept = usize::from(sending.is_some());
        if let Some(message) = sending {
            message.forgotten = true;
        }
        self.messages.split_off(kept)
    }
}
