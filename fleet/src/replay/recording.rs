//! A recording: what was logged, by which source, how long after the first line; and its file.
//!
//! The file has one line for each: seconds, the source's number from 0, and the log line, with tabs
//! between. Lines that begin with `#` are comments.

use std::{collections::BTreeMap, fmt::Write, sync::Arc, time::Duration};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::line::{Stamp, Unread, read_line};

/// Most lines of a recording.
const LINES_MAX: usize = 50_000_000;
/// Rejected lines that are shown.
const EXAMPLES_MAX: usize = 5;
/// Longest part of a rejected line that is shown, in characters.
const EXAMPLE_CHARACTERS_MAX: usize = 100;

/// One line of a recording.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Recorded {
    /// How long after the first line.
    pub after: Duration,
    /// The source's number.
    pub source: u32,
    /// `%FACILITY-LEVEL-MNEMONIC: text`.
    pub line: Arc<str>,
}

/// Lines in the order of time. Equal lines share their text.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Recording {
    /// The lines.
    pub lines: Vec<Recorded>,
    /// How many sources there are.
    pub sources: u32,
}

/// Why a file is no recording.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {number} is no `SECONDS<tab>SOURCE<tab>%FACILITY-LEVEL-MNEMONIC: text`: {text}")]
pub struct NotARecording {
    number: usize,
    text: String,
}

impl Recording {
    /// From the first line to the last.
    pub fn length(&self) -> Duration {
        self.lines.last().map_or(Duration::ZERO, |last| last.after)
    }

    /// The recording as a file.
    pub fn to_text(&self) -> String {
        let mut text = String::from("# seconds\tsource\tlog line\n");
        for recorded in &self.lines {
            let (seconds, source, line) = (
                recorded.after.as_secs_f64(),
                recorded.source,
                &recorded.line,
            );
            // Writing to a string does not fail.
            let _ = writeln!(text, "{seconds:.6}\t{source}\t{line}");
        }
        text
    }

    /// Reads what [`Recording::to_text`] wrote, or somebody else in the same form.
    ///
    /// # Errors
    /// At the first line of another form.
    pub fn parse(text: &str) -> Result<Self, NotARecording> {
        let mut shared = Shared::default();
        let mut lines = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let recorded = shared
                .parse(line)
                .filter(|_| lines.len() < LINES_MAX)
                .ok_or_else(|| NotARecording {
                    number,
                    text: shortened(line),
                })?;
            lines.push(recorded);
        }
        // Lines of one instant stay in the order in which they were written.
        lines.sort_by_key(|line: &Recorded| line.after);
        let sources = lines.iter().map(|line| line.source + 1).max();
        Ok(Self {
            sources: sources.unwrap_or(0),
            lines,
        })
    }
}

/// Texts of lines, each once.
#[derive(Debug, Default)]
struct Shared(BTreeMap<Arc<str>, ()>);

impl Shared {
    fn text(&mut self, line: &str) -> Arc<str> {
        if let Some((known, ())) = self.0.get_key_value(line) {
            return Arc::clone(known);
        }
        let text: Arc<str> = line.into();
        self.0.insert(Arc::clone(&text), ());
        text
    }

    fn parse(&mut self, line: &str) -> Option<Recorded> {
        let mut parts = line.splitn(3, '\t');
        let seconds: f64 = parts.next()?.trim().parse().ok()?;
        let source: u32 = parts.next()?.trim().parse().ok()?;
        let line = parts.next()?;
        emulator::syslog::SyslogText::parse(line).ok()?;
        Some(Recorded {
            after: Duration::try_from_secs_f64(seconds).ok()?,
            source: Some(source).filter(|source| *source < u32::MAX)?,
            line: self.text(line),
        })
    }
}

/// Lines that were not taken, by reason, with the first of them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Rejected {
    /// How many for which reason.
    pub counts: BTreeMap<Unread, u64>,
    /// File, number and beginning of the first few.
    pub examples: Vec<(String, usize, String)>,
}

/// Collects lines from files and makes a recording of them.
#[derive(Debug)]
pub struct Collector {
    lines: Vec<(Timestamp, u32, Arc<str>)>,
    sources: BTreeMap<String, u32>,
    shared: Shared,
    rejected: Rejected,
    /// The year of stamps that have none, as it is known at first.
    year: i16,
}

impl Collector {
    /// A collector for which stamps without a year begin in `year`.
    pub fn new(year: i16) -> Self {
        Self {
            lines: Vec::new(),
            sources: BTreeMap::new(),
            shared: Shared::default(),
            rejected: Rejected::default(),
            year,
        }
    }

    /// Takes the lines of `text`, the content of `file`. Lines that name no source are of the file.
    pub fn take(&mut self, file: &str, text: &str) {
        let (mut year, mut month) = (self.year, None);
        for (number, raw) in (1..).zip(text.lines()) {
            if raw.trim().is_empty() {
                continue;
            }
            let read = match read_line(raw) {
                Ok(line) => line,
                Err(reason) => {
                    self.reject(file, number, raw, reason);
                    continue;
                }
            };
            let at = match read.stamp {
                Stamp::Instant(instant) => instant,
                Stamp::WithoutYear(civil) => {
                    // Files are written in order: from December to January is into the next year,
                    // and back for a line that came late.
                    year = year.saturating_add(match (month, civil.month()) {
                        (Some(12), 1) => 1,
                        (Some(1), 12) => -1,
                        _ => 0,
                    });
                    month = Some(civil.month());
                    match in_year(civil, year) {
                        Some(instant) => instant,
                        None => {
                            self.reject(file, number, raw, Unread::NoTime);
                            continue;
                        }
                    }
                }
            };
            let next = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
            let name = read.source.unwrap_or(file).to_owned();
            let source = *self.sources.entry(name).or_insert(next);
            let text = self.shared.text(read.text);
            self.lines.push((at, source, text));
        }
    }

    fn reject(&mut self, file: &str, number: usize, raw: &str, reason: Unread) {
        *self.rejected.counts.entry(reason).or_default() += 1;
        if self.rejected.examples.len() < EXAMPLES_MAX {
            let example = (file.to_owned(), number, shortened(raw));
            self.rejected.examples.push(example);
        }
    }

    /// When the first line was logged, so far, as RFC 3339 has it.
    pub fn first(&self) -> Option<String> {
        let first = self.lines.iter().map(|(at, ..)| *at).min();
        first.map(|first| first.to_string())
    }

    /// The recording, `speed` times as fast as it was recorded, and what was not taken.
    pub fn finish(mut self, speed: f64) -> (Recording, Rejected) {
        self.lines.sort_by_key(|(at, ..)| *at);
        let first = self.lines.first().map(|(at, ..)| *at);
        let first = first.unwrap_or(Timestamp::UNIX_EPOCH);
        let lines = self.lines.into_iter().map(|(at, source, line)| {
            let seconds = at.duration_since(first).as_secs_f64() / speed;
            Recorded {
                after: Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX),
                source,
                line,
            }
        });
        let recording = Recording {
            lines: lines.collect(),
            sources: u32::try_from(self.sources.len()).unwrap_or(u32::MAX),
        };
        (recording, self.rejected)
    }
}

/// `civil` in `year`, in UTC; `None` where there is no such day.
fn in_year(civil: DateTime, year: i16) -> Option<Timestamp> {
    let date = jiff::civil::Date::new(year, civil.month(), civil.day()).ok()?;
    let zoned = date
        .to_datetime(civil.time())
        .to_zoned(TimeZone::UTC)
        .ok()?;
    Some(zoned.timestamp())
}

fn shortened(line: &str) -> String {
    let printable = line.chars().map(|c| if c.is_control() { '?' } else { c });
    printable.take(EXAMPLE_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two lines of one second, of which the text of the first is the later one in the alphabet.
    const FLAP: &str = "Mar  1 10:00:00 a %LINK-3-UPDOWN: up\n\
        Mar  1 10:00:00 a %LINK-3-UPDOWN: down\n";

    const RELAY: &str = "Dec 31 23:59:59 a %LINK-3-UPDOWN: one\n\
        Dec 31 23:59:59 b %LINK-3-UPDOWN: one\n\
        something else\n\
        Jan  1 00:00:01 a %LINK-3-UPDOWN: two\n\
        Feb 30 00:00:01 a %LINK-3-UPDOWN: never\n";

    #[test]
    fn sources_keep_their_timing_over_the_end_of_a_year() {
        let mut collector = Collector::new(2025);
        collector.take("relay.log", RELAY);
        let (recording, rejected) = collector.finish(2.0);
        let seconds: Vec<_> = recording
            .lines
            .iter()
            .map(|line| (line.after.as_secs_f64(), line.source))
            .collect();
        assert_eq!(seconds, [(0.0, 0), (0.0, 1), (1.0, 0)]);
        assert_eq!(recording.sources, 2);
        assert_eq!(rejected.counts.values().sum::<u64>(), 2);
        assert_eq!(rejected.examples[0].1, 3);
    }

    #[test]
    fn lines_of_one_second_stay_in_their_order() {
        let mut collector = Collector::new(2025);
        collector.take("relay.log", FLAP);
        let (recording, _) = collector.finish(1.0);
        let read = Recording::parse(&recording.to_text()).unwrap();
        let lines: Vec<_> = read.lines.iter().map(|line| &*line.line).collect();
        assert_eq!(lines, ["%LINK-3-UPDOWN: up", "%LINK-3-UPDOWN: down"]);
    }

    #[test]
    fn a_late_line_at_the_end_of_a_year_costs_no_year() {
        let text = [
            "Dec 31 23:59:58",
            "Jan  1 00:00:00",
            "Dec 31 23:59:59",
            "Jan  1 00:00:01",
        ]
        .map(|stamp| format!("{stamp} a %LINK-3-UPDOWN: x\n"))
        .concat();
        let mut collector = Collector::new(2025);
        collector.take("relay.log", &text);
        let (recording, _) = collector.finish(1.0);
        assert_eq!(recording.length(), Duration::from_secs(3));
    }

    #[test]
    fn a_recording_reads_back_as_it_was_written() {
        let mut collector = Collector::new(2025);
        collector.take("relay.log", RELAY);
        let (recording, _) = collector.finish(1.0);
        assert_eq!(Recording::parse(&recording.to_text()), Ok(recording));
        for wrong in [
            "x",
            "1\t2",
            "1\tx\t%A-1-B: c",
            "-1\t0\t%A-1-B: c",
            "1\t0\thello",
        ] {
            let error = Recording::parse(wrong).unwrap_err();
            assert!(error.to_string().starts_with("line 1 "), "{error}");
        }
    }
}
