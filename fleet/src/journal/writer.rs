//! The thread that appends pages to a journal, so that a slow disk slows nothing else.

use std::{
    fs::File,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    Page,
    block::{self, BlockHeading, BlockKind, Heading, Seal},
};
use crate::clock;

/// Most bytes that wait for the disk. What comes while so much waits is lost, and the journal says so.
const WAITING_BYTES_MAX: u64 = 256 << 20;
/// Largest payload of a block; pages that come together share one.
const BLOCK_BYTES: usize = 1 << 20;
/// How often what has been written is forced onto the disk, while there is something new.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// The journal could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("cannot write journal.bin")]
pub struct JournalError(#[from] io::Error);

/// What a journal came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Closed {
    /// Records written.
    pub records: u64,
    /// Records that could not be written.
    pub lost: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// The last seal, in words.
    pub digest: String,
    /// What the first failure to write said.
    pub failure: Option<String>,
}

/// What both sides of the channel count.
#[derive(Debug, Default)]
struct Queue {
    /// Bytes that wait for the disk.
    waiting: AtomicU64,
    /// Records of pages that found too many waiting.
    refused: AtomicU64,
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Writer {
    pages: Option<mpsc::Sender<Page>>,
    queue: Arc<Queue>,
    thread: thread::JoinHandle<Closed>,
}

impl Writer {
    /// Begins a journal in `file`, of at most `bytes_max` bytes.
    ///
    /// # Errors
    /// When its heading cannot be written, or there is no thread.
    pub fn begin(mut file: File, heading: &Heading, bytes_max: u64) -> Result<Self, JournalError> {
        let heading = heading.encode();
        file.write_all(&heading)?;
        let (pages, received) = mpsc::channel();
        let queue = Arc::new(Queue::default());
        let appender = Appender {
            file,
            bytes: heading.len() as u64,
            bytes_max,
            seal: block::first_seal(&heading),
            blocks: 0,
            records: 0,
            lost: 0,
            begun: clock::now(),
            failure: None,
            torn: false,
        };
        let taken = Arc::clone(&queue);
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || appender.run(&received, &taken))?;
        Ok(Self {
            pages: Some(pages),
            queue,
            thread,
        })
    }

    /// Appends `page`, soon.
    pub fn append(&self, page: Page) {
        if page.is_empty() {
            return;
        }
        let (bytes, records) = (page.bytes.len() as u64, u64::from(page.records));
        let waiting = self.queue.waiting.fetch_add(bytes, Ordering::Relaxed);
        let room = waiting + bytes <= WAITING_BYTES_MAX;
        let pages = self.pages.as_ref().filter(|_| room);
        if pages.is_none_or(|pages| pages.send(page).is_err()) {
            self.queue.waiting.fetch_sub(bytes, Ordering::Relaxed);
            self.queue.refused.fetch_add(records, Ordering::Relaxed);
        }
    }

    /// Writes what is left, and the end.
    pub fn close(mut self) -> Closed {
        drop(self.pages.take());
        self.thread.join().unwrap_or_else(|_| Closed {
            records: 0,
            lost: 0,
            bytes: 0,
            digest: String::new(),
            failure: Some("the thread that writes it ended early".to_owned()),
        })
    }
}

/// The file and what has been written to it.
struct Appender {
    file: File,
    bytes: u64,
    bytes_max: u64,
    seal: Seal,
    blocks: u64,
    records: u64,
    lost: u64,
    begun: Instant,
    failure: Option<String>,
    /// A part of a block lies at the end, and nothing may be written behind it.
    torn: bool,
}

impl Appender {
    fn run(mut self, pages: &mpsc::Receiver<Page>, queue: &Queue) -> Closed {
        let mut synced = self.begun;
        while let Ok(mut page) = pages.recv() {
            let mut taken = page.bytes.len();
            // Pages that have come meanwhile share the block.
            while page.bytes.len() < BLOCK_BYTES {
                let Ok(further) = pages.try_recv() else {
                    break;
                };
                taken += further.bytes.len();
                page.records += further.records;
                page.bytes.extend_from_slice(&further.bytes);
            }
            self.take(&page);
            queue.waiting.fetch_sub(taken as u64, Ordering::Relaxed);
            if clock::now().saturating_duration_since(synced) >= SYNC_EVERY {
                let done = self.file.sync_data();
                self.note(done);
                synced = clock::now();
            }
        }
        let refused = queue.refused.load(Ordering::Relaxed);
        if refused > 0 {
            self.lost += refused;
            self.failure.get_or_insert_with(|| {
                "the disk was too slow to take the records as they came".to_owned()
            });
        }
        self.finish()
    }

    fn take(&mut self, page: &Page) {
        let records = u64::from(page.records);
        let overhead = (block::BLOCK_HEADING_BYTES + block::DIGEST_BYTES) as u64;
        let size = page.bytes.len() as u64 + overhead;
        // The last two are kept free for a gap and the end.
        if self.failure.is_none() && self.bytes + size + 2 * overhead > self.bytes_max {
            self.failure = Some(format!(
                "it had reached its limit of {} bytes",
                self.bytes_max
            ));
        }
        if self.failure.is_some() {
            self.lost += records;
            return;
        }
        let done = self.write(BlockKind::Records, records, &page.bytes);
        if done.is_ok() {
            self.records += records;
        } else {
            self.lost += records;
        }
        self.note(done);
    }

    /// Appends one block; on failure nothing of it stays.
    fn write(&mut self, kind: BlockKind, records: u64, payload: &[u8]) -> io::Result<()> {
        let written = clock::now().saturating_duration_since(self.begun);
        let heading = BlockHeading {
            kind,
            records,
            number: self.blocks,
            // Pages are far smaller than four gibibytes.
            payload_bytes: u32::try_from(payload.len()).map_err(io::Error::other)?,
            written_ms: u64::try_from(written.as_millis()).unwrap_or(u64::MAX),
        };
        let seal = heading.seal(&self.seal, payload);
        let mut block = Vec::with_capacity(payload.len() + 64);
        block.extend_from_slice(&heading.encode());
        block.extend_from_slice(payload);
        block.extend_from_slice(&seal);
        if let Err(error) = self.file.write_all(&block) {
            // A part of a block would hide what follows; where it cannot be taken back, nothing may.
            self.torn |= self.file.set_len(self.bytes).is_err();
            return Err(error);
        }
        self.bytes += block.len() as u64;
        self.blocks += 1;
        self.seal = seal;
        Ok(())
    }

    fn note(&mut self, done: io::Result<()>) {
        if let Err(error) = done {
            self.failure.get_or_insert_with(|| error.to_string());
        }
    }

    fn finish(mut self) -> Closed {
        if self.torn {
            return self.closed();
        }
        if self.lost > 0 {
            let done = self.write(BlockKind::Gap, self.lost, &[]);
            self.note(done);
        }
        let done = self
            .write(BlockKind::End, self.records, &[])
            .and_then(|()| self.file.sync_all());
        self.note(done);
        self.closed()
    }

    fn closed(self) -> Closed {
        Closed {
            records: self.records,
            lost: self.lost,
            bytes: self.bytes,
            digest: block::in_words(&self.seal),
            failure: self.failure,
        }
    }
}
