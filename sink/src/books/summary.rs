//! Summaries of the latest messages, for people who look at the web address.

use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::{Arrival, shortened};

/// One recorded message, in a line. Texts are cut to [`super::TEXT_BYTES_MAX`] bytes.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Summary {
    /// Running number of the message at this sink, from 1.
    pub number: u64,
    /// When it arrived, in milliseconds since 1970 UTC.
    pub received_unix_ms: u64,
    /// The message id; empty when it carries none.
    pub id: String,
    /// The message type.
    #[serde(rename = "type")]
    pub message_type: String,
    /// The message format.
    pub format: String,
    /// The device that sent it, as far as the message tells.
    pub device: String,
    /// What it is about.
    pub subject: String,
    /// Size in bytes.
    pub bytes: u64,
    /// `accepted`, `duplicate`, or why it was dropped.
    pub disposition: &'static str,
}

pub(super) struct RecentMessages {
    summaries: VecDeque<Summary>,
    summaries_max: usize,
}

impl RecentMessages {
    pub(super) fn new(summaries_max: usize) -> Self {
        Self {
            summaries: VecDeque::new(),
            summaries_max,
        }
    }

    pub(super) fn push(
        &mut self,
        number: u64,
        received_at: SystemTime,
        arrival: &Arrival<'_>,
        disposition: &'static str,
    ) {
        if self.summaries_max == 0 {
            return;
        }
        // The evicted entry's strings are used again: a busy sink must not allocate per message.
        let mut entry = if self.summaries.len() == self.summaries_max {
            self.summaries.pop_front().unwrap_or_default()
        } else {
            Summary::default()
        };
        entry.number = number;
        entry.received_unix_ms = unix_ms(received_at);
        refill(&mut entry.id, arrival.id.unwrap_or_default());
        refill(&mut entry.message_type, arrival.message_type);
        refill(&mut entry.format, arrival.format);
        refill(&mut entry.device, arrival.device);
        refill(&mut entry.subject, arrival.subject);
        entry.bytes = arrival.bytes;
        entry.disposition = disposition;
        self.summaries.push_back(entry);
    }

    pub(super) fn newest(&self, limit: usize) -> Vec<Summary> {
        self.summaries.iter().rev().take(limit).cloned().collect()
    }
}

fn refill(target: &mut String, text: &str) {
    target.clear();
    target.push_str(shortened(text));
}

fn unix_ms(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
