//! Which message ids were seen lately.

use std::collections::{HashSet, VecDeque};

use super::MessageKey;

/// The last so many distinct keys; the one seen first is forgotten first.
pub(super) struct Memory {
    keys: HashSet<MessageKey>,
    by_age: VecDeque<MessageKey>,
    keys_max: usize,
}

impl Memory {
    pub(super) fn new(keys_max: usize) -> Self {
        Self {
            keys: HashSet::new(),
            by_age: VecDeque::new(),
            keys_max,
        }
    }

    /// Remembers a key; says whether it is new.
    pub(super) fn insert(&mut self, key: MessageKey) -> bool {
        if self.keys_max == 0 {
            return true;
        }
        if !self.keys.insert(key) {
            return false;
        }
        if self.by_age.len() == self.keys_max
            && let Some(oldest) = self.by_age.pop_front()
        {
            self.keys.remove(&oldest);
        }
        self.by_age.push_back(key);
        true
    }

    /// Keys held in the set and in the queue, which are the same ones.
    #[cfg(test)]
    pub(super) fn len(&self) -> (usize, usize) {
        (self.keys.len(), self.by_age.len())
    }
}
