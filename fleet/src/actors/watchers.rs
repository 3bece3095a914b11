//! Which consoles look on at which devices of an arbiter, so that they learn of what is logged.
//!
//! A device knows nothing of terminals, and one that nobody looks on at costs nothing: the list lives
//! beside the devices and is empty as a rule.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
};

use tokio::sync::Notify;

/// The consoles that look on, by the position of their device. A console that is gone is forgotten
/// the next time its device is looked at.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    consoles: BTreeMap<u32, Vec<Weak<Notify>>>,
}

impl Watchers {
    /// The console behind `news` looks on at the device at `position`, or does not.
    pub(super) fn set(&mut self, position: u32, news: &Arc<Notify>, looks_on: bool) {
        if self.consoles.is_empty() && !looks_on {
            return;
        }
        let consoles = self.consoles.entry(position).or_default();
        let own = Arc::downgrade(news);
        consoles.retain(|console| console.strong_count() > 0 && !console.ptr_eq(&own));
        if looks_on {
            consoles.push(own);
        }
        if consoles.is_empty() {
            self.consoles.remove(&position);
        }
    }

    /// Tells the consoles of the device at `position` that there is something to see.
    pub(super) fn tell(&mut self, position: u32) {
        let Some(consoles) = self.consoles.get_mut(&position) else {
            return;
        };
        consoles.retain(|console| {
            let living = console.upgrade();
            if let Some(console) = &living {
                console.notify_one();
            }
            living.is_some()
        });
        if consoles.is_empty() {
            self.consoles.remove(&position);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_told(news: &Notify) -> bool {
        let mut told = std::pin::pin!(news.notified());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        told.as_mut().poll(&mut context).is_ready()
    }

    #[test]
    fn those_who_look_on_are_told_and_no_others() {
        let mut watchers = Watchers::default();
        let (first, second) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        watchers.set(1, &first, true);
        watchers.set(2, &second, true);
        watchers.tell(1);
        assert!(is_told(&first) && !is_told(&second));
        watchers.set(1, &first, false);
        watchers.tell(1);
        assert!(!is_told(&first));
    }

    #[test]
    fn consoles_that_are_gone_are_forgotten() {
        let mut watchers = Watchers::default();
        watchers.set(1, &Arc::new(Notify::new()), true);
        watchers.tell(1);
        assert!(watchers.consoles.is_empty());
    }
}
