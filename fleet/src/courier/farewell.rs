//! Connections that have done their work and wait for the server to close them.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, time::timeout};

/// Longest wait for a server to close a connection that has done its work.
///
/// The side that closes first keeps the port for a minute, so servers get the chance to.
const FAREWELL_WAIT: Duration = Duration::from_millis(100);

/// Most connections of one courier thread that are parting at once; further ones are dropped. They are open
/// files besides those within the connection limits.
pub const FAREWELLS_MAX: usize = 1024;

/// The farewells of one courier thread. They belong to no attempt and hold no permit.
#[derive(Clone)]
pub(super) struct Farewells {
    free: Arc<Semaphore>,
}

impl Farewells {
    pub(super) fn new() -> Self {
        Self {
            free: Arc::new(Semaphore::new(FAREWELLS_MAX)),
        }
    }

    /// Runs `farewell`, which owns its connection, in a task of its own and for no longer than
    /// [`FAREWELL_WAIT`]; drops it when [`FAREWELLS_MAX`] are under way.
    pub(super) fn begin(&self, farewell: impl Future<Output = ()> + Send + 'static) {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            tokio::spawn(async move {
                let _ = timeout(FAREWELL_WAIT, farewell).await;
                drop(place);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::sleep;

    use super::*;

    /// A farewell that no server answers, and a token that is alive as long as its connection.
    fn unanswered() -> (
        impl Future<Output = ()> + Send + 'static,
        std::sync::Weak<()>,
    ) {
        let connection = Arc::new(());
        let watch = Arc::downgrade(&connection);
        let farewell = async move {
            pending::<()>().await;
            drop(connection);
        };
        (farewell, watch)
    }

    #[tokio::test(start_paused = true)]
    async fn a_farewell_without_an_answer_ends() {
        let farewells = Farewells::new();
        let (farewell, watch) = unanswered();
        farewells.begin(farewell);
        assert!(watch.upgrade().is_some());
        sleep(FAREWELL_WAIT * 2).await;
        assert!(watch.upgrade().is_none());
        assert_eq!(farewells.free.available_permits(), FAREWELLS_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn more_than_the_most_are_dropped_at_once() {
        let farewells = Farewells::new();
        for _ in 0..FAREWELLS_MAX {
            farewells.begin(unanswered().0);
        }
        let (farewell, watch) = unanswered();
        farewells.begin(farewell);
        assert!(watch.upgrade().is_none());
    }
}
