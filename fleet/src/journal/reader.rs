//! Reading a journal block by block, and saying exactly what of it is damaged.

use std::io::{self, Read};

use super::{
    Record,
    block::{
        self, BLOCK_HEADING_BYTES, BlockHeading, BlockKind, DIGEST_BYTES, FILE_HEADING_BYTES,
        HEADING_BYTES_MAX, Heading, MAGIC, Seal, VERSION,
    },
};

/// Most damages that are told one by one.
const DAMAGE_TOLD_MAX: usize = 20;

/// Why a file is no journal.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It begins with something else.
    #[error("it does not begin as one does")]
    Magic,
    /// It is of a version that is not known here.
    #[error("it is of version {0}, and this program reads version {VERSION}")]
    Version(u32),
    /// Its heading makes no sense.
    #[error("its heading makes no sense: {0}")]
    Heading(String),
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What a journal holds besides its records.
#[derive(Debug)]
pub struct Contents {
    /// What it says of its run.
    pub heading: Heading,
    /// Bytes of the file.
    pub bytes: u64,
    /// Blocks that were read.
    pub blocks: u64,
    /// Records that were read.
    pub records: u64,
    /// Records that the run says it could not write.
    pub lost: u64,
    /// Whether the run came to its end.
    pub ended: bool,
    /// When the last block was written, in milliseconds since the file was begun.
    pub last_written_ms: u64,
    /// The last seal, in words.
    pub digest: String,
    /// The file ends within a block, as one does whose writer was killed.
    pub torn: Option<String>,
    /// What is damaged.
    pub damage: Vec<String>,
}

/// Reads the journal in `source`, and shows each record to `visit`.
///
/// # Errors
/// When it is none. Damage within one is part of the contents.
pub fn read(mut source: impl Read, visit: &mut dyn FnMut(&Record)) -> Result<Contents, ReadError> {
    let (heading, bytes) = read_heading(&mut source)?;
    let seal = block::first_seal(&bytes);
    let mut reader = Reader {
        contents: Contents {
            heading,
            bytes: bytes.len() as u64,
            blocks: 0,
            records: 0,
            lost: 0,
            ended: false,
            last_written_ms: 0,
            digest: block::in_words(&seal),
            torn: None,
            damage: Vec::new(),
        },
        seal,
        expected: 0,
        untold: 0,
    };
    while let Some(block) = reader.next_block(&mut source)? {
        reader.take(&block, visit);
    }
    if reader.untold > 0 {
        let more = format!("and {} further damages", reader.untold);
        reader.contents.damage.push(more);
    }
    Ok(reader.contents)
}

/// Reads what the journal in `source` says of its run, and nothing else.
///
/// # Errors
/// When it is none.
pub fn heading(mut source: impl Read) -> Result<Heading, ReadError> {
    read_heading(&mut source).map(|(heading, _)| heading)
}

fn read_heading(source: &mut impl Read) -> Result<(Heading, Vec<u8>), ReadError> {
    let mut bytes = vec![0; FILE_HEADING_BYTES];
    if read_fully(source, &mut bytes)? < FILE_HEADING_BYTES || !bytes.starts_with(MAGIC) {
        return Err(ReadError::Magic);
    }
    let number = |from: usize| {
        let mut field = [0; 4];
        field.copy_from_slice(&bytes[from..from + 4]);
        u32::from_le_bytes(field)
    };
    let (version, length) = (number(8), number(12) as usize);
    if version != VERSION {
        return Err(ReadError::Version(version));
    }
    if length > HEADING_BYTES_MAX {
        return Err(ReadError::Heading(format!("it is {length} bytes long")));
    }
    bytes.resize(FILE_HEADING_BYTES + length, 0);
    if read_fully(source, &mut bytes[FILE_HEADING_BYTES..])? < length {
        return Err(ReadError::Heading("the file ends within it".to_owned()));
    }
    let heading = serde_json::from_slice(&bytes[FILE_HEADING_BYTES..])
        .map_err(|error| ReadError::Heading(error.to_string()))?;
    Ok((heading, bytes))
}

/// Fills `buffer` as far as there is something; returns how far.
fn read_fully(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// One block as it was read.
struct Block {
    heading: BlockHeading,
    payload: Vec<u8>,
    seal: Seal,
}

struct Reader {
    contents: Contents,
    seal: Seal,
    /// The number of the next block.
    expected: u64,
    untold: usize,
}

impl Reader {
    fn damage(&mut self, what: String) {
        if self.contents.damage.len() < DAMAGE_TOLD_MAX {
            self.contents.damage.push(what);
        } else {
            self.untold += 1;
        }
    }

    /// The next block; `None` when there is none that can be read.
    fn next_block(&mut self, source: &mut impl Read) -> Result<Option<Block>, ReadError> {
        let begins_at = self.contents.bytes;
        let mut bytes = [0; BLOCK_HEADING_BYTES];
        let read = read_fully(source, &mut bytes)?;
        self.contents.bytes += read as u64;
        if read == 0 {
            return Ok(None);
        }
        if self.contents.ended {
            let further = read as u64 + io::copy(source, &mut io::sink())?;
            self.damage(format!("{further} bytes follow after the end"));
            return Ok(None);
        }
        if read < BLOCK_HEADING_BYTES {
            self.cut(begins_at, read as u64);
            return Ok(None);
        }
        let Some(heading) = BlockHeading::decode(&bytes) else {
            let rest = read as u64 + io::copy(source, &mut io::sink())?;
            self.contents.bytes = begins_at + rest;
            self.damage(format!(
                "from byte {begins_at} on nothing can be read: there is no block, and {rest} bytes are left"
            ));
            return Ok(None);
        };
        let mut payload = vec![0; heading.payload_bytes as usize];
        let mut seal = [0; DIGEST_BYTES];
        let read = read_fully(source, &mut payload)? + read_fully(source, &mut seal)?;
        self.contents.bytes += read as u64;
        if read < payload.len() + DIGEST_BYTES {
            self.cut(begins_at, (BLOCK_HEADING_BYTES + read) as u64);
            return Ok(None);
        }
        Ok(Some(Block {
            heading,
            payload,
            seal,
        }))
    }

    /// The file ends within a block, of which `bytes` are there.
    fn cut(&mut self, begins_at: u64, bytes: u64) {
        self.contents.torn = Some(format!(
            "the block at byte {begins_at} is incomplete: of it {bytes} bytes are there, and what it held is lost"
        ));
    }

    fn take(&mut self, block: &Block, visit: &mut dyn FnMut(&Record)) {
        let heading = block.heading;
        let place = format!(
            "block {} (records from {} on, written after {:.1} s)",
            heading.number,
            self.contents.records,
            heading.written_ms as f64 / 1e3
        );
        if heading.number > self.expected {
            self.damage(format!(
                "{} blocks are missing before {place}",
                heading.number - self.expected
            ));
        } else if heading.number < self.expected {
            self.damage(format!("{place} comes again"));
        }
        if heading.seal(&self.seal, &block.payload) != block.seal {
            self.damage(format!(
                "{place} does not fit its seal: it, or what is missing before it, was altered"
            ));
        }
        self.expected = heading.number.saturating_add(1);
        self.seal = block.seal;
        self.contents.blocks += 1;
        self.contents.last_written_ms = heading.written_ms;
        self.contents.digest = block::in_words(&block.seal);
        match heading.kind {
            BlockKind::Records => self.read_records(block, &place, visit),
            BlockKind::Gap => {
                self.contents.lost = self.contents.lost.saturating_add(heading.records)
            }
            BlockKind::End => {
                self.contents.ended = true;
                let (all, read) = (heading.records, self.contents.records);
                if all != read {
                    self.damage(format!("the run wrote {all} records, and {read} are there"));
                }
            }
        }
    }

    fn read_records(&mut self, block: &Block, place: &str, visit: &mut dyn FnMut(&Record)) {
        let mut rest = block.payload.as_slice();
        let mut read = 0;
        while !rest.is_empty() {
            match Record::decode(&mut rest) {
                Ok(record) => {
                    visit(&record);
                    read += 1;
                }
                Err(error) => {
                    self.damage(format!("{place}, after {read} records: {error}"));
                    break;
                }
            }
        }
        self.contents.records += read;
        if read != block.heading.records {
            let named = block.heading.records;
            self.damage(format!("{place} names {named} records, and holds {read}"));
        }
    }
}
