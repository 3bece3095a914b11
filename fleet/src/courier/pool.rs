//! How many connections there may be, and those at rest.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The connections of one transport: `K` tells what a connection is good for.
///
/// All courier threads share it, and with it the limit: those in use and those at rest together are
/// never more. A connection is used again only by the courier thread that opened it, which is told of
/// its events; any of them may close it to make room.
pub(super) struct Pool<K, C> {
    limit: usize,
    permits: Arc<Semaphore>,
    /// The one used last at the back.
    resting: Mutex<VecDeque<Resting<K, C>>>,
}

struct Resting<K, C> {
    thread: u32,
    key: K,
    connection: C,
}

impl<K: PartialEq, C> Pool<K, C> {
    /// A pool of `limit` connections, at least 1.
    pub(super) fn new(limit: u32) -> Self {
        let limit = limit.max(1) as usize;
        Self {
            limit,
            permits: Arc::new(Semaphore::new(limit)),
            resting: Mutex::new(VecDeque::new()),
        }
    }

    /// Waits for leave to use a connection; first come, first served.
    pub(super) async fn permit(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .expect("nobody closes the semaphore")
    }

    /// The connection of `thread` for `key` that was used last: the one least likely to have been
    /// closed.
    pub(super) fn take(&self, thread: u32, key: &K) -> Option<C> {
        let mut resting = self.resting();
        let position = resting
            .iter()
            .rposition(|one| one.thread == thread && one.key == *key)?;
        resting.remove(position).map(|one| one.connection)
    }

    /// Closes connections at rest until there is room for one more in use. The caller has a permit.
    pub(super) fn make_room(&self) {
        let mut resting = self.resting();
        let room = self.permits.available_permits();
        while resting.len() > room {
            resting.pop_front();
        }
    }

    /// Lays a connection to rest. The caller still has its permit.
    pub(super) fn put(&self, thread: u32, key: K, connection: C) {
        let mut resting = self.resting();
        if resting.len() == self.limit {
            resting.pop_front();
        }
        resting.push_back(Resting {
            thread,
            key,
            connection,
        });
    }

    /// Closes the connections at rest of a thread that ends.
    pub(super) fn clear(&self, thread: u32) {
        self.resting().retain(|one| one.thread != thread);
    }

    fn resting(&self) -> MutexGuard<'_, VecDeque<Resting<K, C>>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, C> fmt::Debug for Pool<K, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pool")
            .field("limit", &self.limit)
            .field("permits", &self.permits)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connection_used_last_is_used_next() {
        let pool = Pool::new(3);
        for connection in ["first", "second"] {
            pool.put(0, "a", connection);
        }
        pool.put(0, "b", "other");
        assert_eq!(pool.take(0, &"a"), Some("second"));
        assert_eq!(pool.take(0, &"c"), None);
        assert_eq!(pool.take(0, &"a"), Some("first"));
        assert_eq!(pool.take(0, &"a"), None);
    }

    #[test]
    fn a_connection_is_used_again_only_by_its_thread() {
        let pool = Pool::new(3);
        pool.put(0, "a", ());
        assert_eq!(pool.take(1, &"a"), None);
        pool.clear(1);
        assert_eq!(pool.take(0, &"a"), Some(()));
    }

    #[test]
    fn a_thread_that_ends_leaves_no_connections() {
        let pool = Pool::new(3);
        pool.put(0, "a", ());
        pool.put(1, "a", ());
        pool.clear(0);
        assert_eq!((pool.take(0, &"a"), pool.take(1, &"a")), (None, Some(())));
    }

    #[tokio::test]
    async fn connections_in_use_and_at_rest_keep_within_the_limit() {
        let pool = Pool::new(3);
        for thread in 0..3 {
            pool.put(thread, "a", ());
        }
        let _first = pool.permit().await;
        pool.make_room();
        assert_eq!(pool.resting().len(), 2);
        let _second = pool.permit().await;
        pool.make_room();
        assert_eq!(pool.resting().len(), 1);
        assert_eq!(pool.take(2, &"a"), Some(()));
    }

    #[test]
    fn no_more_than_the_limit_rest() {
        let pool = Pool::new(2);
        for key in 0..10 {
            pool.put(0, key, ());
        }
        assert_eq!(pool.resting().len(), 2);
        assert_eq!(pool.take(0, &9), Some(()));
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
