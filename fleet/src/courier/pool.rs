//! How many connections there may be, and those at rest.

use std::{cell::RefCell, collections::VecDeque};

use tokio::sync::{Semaphore, SemaphorePermit};

/// The connections of one transport on one arbiter: `K` tells what a connection is good for.
///
/// Those in use and those at rest together are never more than the limit.
pub(super) struct Pool<K, C> {
    limit: usize,
    permits: Semaphore,
    /// The one used last at the back.
    resting: RefCell<VecDeque<(K, C)>>,
}

impl<K: PartialEq, C> Pool<K, C> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            permits: Semaphore::new(limit),
            resting: RefCell::new(VecDeque::new()),
        }
    }

    /// Waits for leave to use a connection; first come, first served.
    pub(super) async fn permit(&self) -> SemaphorePermit<'_> {
        self.permits
            .acquire()
            .await
            .expect("nobody closes the semaphore")
    }

    /// The connection for `key` that was used last: the one least likely to have been closed.
    pub(super) fn take(&self, key: &K) -> Option<C> {
        let mut resting = self.resting.borrow_mut();
        let position = resting.iter().rposition(|(own, _)| own == key)?;
        resting.remove(position).map(|(_, connection)| connection)
    }

    /// Closes connections at rest until there is room for one more in use. The caller has a permit.
    pub(super) fn make_room(&self) {
        let in_use = self.limit - self.permits.available_permits();
        let room = self.limit - in_use;
        let mut resting = self.resting.borrow_mut();
        while resting.len() > room {
            resting.pop_front();
        }
    }

    /// Lays a connection to rest.
    pub(super) fn put(&self, key: K, connection: C) {
        let mut resting = self.resting.borrow_mut();
        if resting.len() == self.limit {
            resting.pop_front();
        }
        resting.push_back((key, connection));
    }

    #[cfg(test)]
    fn resting_count(&self) -> usize {
        self.resting.borrow().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connection_used_last_is_used_next() {
        let pool = Pool::new(3);
        for connection in ["first", "second"] {
            pool.put("a", connection);
        }
        pool.put("b", "other");
        assert_eq!(pool.take(&"a"), Some("second"));
        assert_eq!(pool.take(&"c"), None);
        assert_eq!(pool.take(&"a"), Some("first"));
        assert_eq!(pool.take(&"a"), None);
    }

    #[tokio::test]
    async fn connections_in_use_and_at_rest_keep_within_the_limit() {
        let pool = Pool::new(3);
        for key in 0..3 {
            pool.put(key, ());
        }
        let _first = pool.permit().await;
        pool.make_room();
        assert_eq!(pool.resting_count(), 2);
        let _second = pool.permit().await;
        pool.make_room();
        assert_eq!(pool.resting_count(), 1);
        assert_eq!(pool.take(&2), Some(()));
    }

    #[test]
    fn no_more_than_the_limit_rest() {
        let pool = Pool::new(2);
        for key in 0..10 {
            pool.put(key, ());
        }
        assert_eq!(pool.resting_count(), 2);
        assert_eq!(pool.take(&9), Some(()));
    }

    #[tokio::test]
    async fn a_permit_is_waited_for() {
        let pool = Pool::<(), ()>::new(1);
        let held = pool.permit().await;
        let mut next = std::pin::pin!(pool.permit());
        let waits =
            std::future::poll_fn(|cx| std::task::Poll::Ready(next.as_mut().poll(cx).is_pending()));
        assert!(waits.await);
        drop(held);
        let _held = next.await;
    }
}
