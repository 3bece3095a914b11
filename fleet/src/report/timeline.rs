//! What happened, about second by second: `timeline.csv`, and the responses as an HdrHistogram interval
//! log in `latency.hlog`. Both are appended to as the run goes on.

use std::{
    fs::File,
    io::{BufWriter, Write},
    time::Duration,
};

use emulator::{Settlement, Transport};
use hdrhistogram::serialization::{
    V2DeflateSerializer,
    interval_log::{IntervalLogWriterBuilder, Tag},
};

use super::{
    directory::{DirectoryError, RunDirectory},
    summary::transport_name,
};
use crate::{
    clock,
    record::{Gathered, Responses},
};

/// Least length of a row; a row ends with the next report of an arbiter.
const ROW: Duration = Duration::from_secs(1);

pub(super) const HEADER: &str = "begin_s,length_s,events,triggers,dropped,messages,delivered,failed,unconfirmed,outstanding,\
smtp_p50_ms,smtp_p99_ms,https_p50_ms,https_p99_ms,lag_p99_ms\n";

/// The comment by which readers know the format of an interval log.
const LOG_VERSION: &str = "[Histogram log format version 1.3]";
/// The names of its columns; readers want payloads that are compressed.
const LOG_LEGEND: &str =
    "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";

/// The timeline of a run.
#[derive(Debug)]
pub struct Timeline {
    rows: BufWriter<File>,
    log: BufWriter<File>,
    row: Gathered,
    begun: Duration,
    failed: bool,
}

impl Timeline {
    /// Begins the files in `directory`.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn begin(directory: &RunDirectory) -> Result<Self, DirectoryError> {
        let mut rows = BufWriter::new(directory.append("timeline.csv")?);
        let mut log = directory.append("latency.hlog")?;
        let fail = |source| DirectoryError {
            path: directory.path().to_owned(),
            source,
        };
        rows.write_all(HEADER.as_bytes()).map_err(fail)?;
        let mut serializer = V2DeflateSerializer::new();
        IntervalLogWriterBuilder::new()
            .add_comment(LOG_VERSION)
            .add_comment("responses in microseconds, from due to accepted, by transport")
            .with_start_time(clock::system_now())
            .begin_log_with(&mut log, &mut serializer)
            .map_err(fail)?;
        log.write_all(LOG_LEGEND.as_bytes()).map_err(fail)?;
        Ok(Self {
            rows,
            log: BufWriter::new(log),
            row: Gathered::default(),
            begun: Duration::ZERO,
            failed: false,
        })
    }

    /// Adds what has been gathered lately; `all` is everything so far.
    pub fn add(&mut self, elapsed: Duration, all: &Gathered, lately: &Gathered) {
        self.row.merge(lately);
        if elapsed >= self.begun + ROW {
            self.end_row(elapsed, all);
        }
    }

    /// Writes what is left and reports whether everything could be written.
    ///
    /// # Errors
    /// When a row could not be written, now or earlier.
    pub fn finish(mut self, elapsed: Duration, all: &Gathered) -> std::io::Result<()> {
        self.end_row(elapsed, all);
        if self.failed {
            return Err(std::io::Error::other(
                "a part of timeline.csv or latency.hlog is missing",
            ));
        }
        Ok(())
    }

    fn end_row(&mut self, elapsed: Duration, all: &Gathered) {
        let row = std::mem::take(&mut self.row);
        // A disk that fills up must not stop the run; it is reported when the run is over.
        self.failed |=
            self.write_row(&row, elapsed, all).is_err() || self.write_log(&row, elapsed).is_err();
        self.begun = elapsed;
    }

    fn write_row(
        &mut self,
        row: &Gathered,
        elapsed: Duration,
        all: &Gathered,
    ) -> std::io::Result<()> {
        let ledger = &row.ledger;
        let text = |ms: Option<f64>| ms.map(|ms| format!("{ms:.3}")).unwrap_or_default();
        // A lower bound stands for itself here; the summary tells it from a value.
        let quantile = |responses: &Responses, quantile| {
            let reading = responses.quantile_ms(quantile);
            text(reading.map(|reading| reading.value))
        };
        let smtp = &row.histograms.transport(Transport::Email).response;
        let https = &row.histograms.transport(Transport::Http).response;
        writeln!(
            self.rows,
            "{:.3},{:.3},{},{},{},{},{},{},{},{},{},{},{},{},{}",
            self.begun.as_secs_f64(),
            elapsed.saturating_sub(self.begun).as_secs_f64(),
            row.events,
            ledger.triggers,
            ledger.dropped_in_all(),
            ledger.messages(),
            ledger.settled(Settlement::Delivered),
            ledger.settled(Settlement::Failed),
            ledger.settled(Settlement::Unconfirmed),
            all.ledger.outstanding(),
            quantile(smtp, 0.5),
            quantile(smtp, 0.99),
            quantile(https, 0.5),
            quantile(https, 0.99),
            text(row.histograms.lag.quantile_ms(0.99)),
        )?;
        self.rows.flush()
    }

    fn write_log(&mut self, row: &Gathered, elapsed: Duration) -> std::io::Result<()> {
        let mut serializer = V2DeflateSerializer::new();
        let mut text = Vec::new();
        let mut writer =
            IntervalLogWriterBuilder::new().begin_log_with(&mut text, &mut serializer)?;
        let mut empty = true;
        for transport in Transport::ALL {
            let response = &row.histograms.transport(transport).response.answered;
            if let Some(histogram) = response.histogram() {
                let length = elapsed.saturating_sub(self.begun);
                let tag = Tag::new(transport_name(transport));
                writer
                    .write_histogram(histogram, self.begun, length, tag)
                    .map_err(|error| std::io::Error::other(format!("{error:?}")))?;
                empty = false;
            }
        }
        if empty {
            return Ok(());
        }
        // Each stretch is written as a log of its own; only the first keeps the heading.
        let lines = String::from_utf8_lossy(&text);
        for line in lines.lines().filter(|line| line.starts_with("Tag=")) {
            writeln!(self.log, "{line}")?;
        }
        self.log.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use hdrhistogram::{
        Histogram,
        serialization::{
            Deserializer,
            interval_log::{IntervalLogIterator, LogEntry},
        },
    };

    use super::*;
    use crate::scenario::{Overrides, Scenario, Source};

    /// Responses of so many milliseconds by `transport`.
    fn responses(transport: Transport, milliseconds: &[u64]) -> Gathered {
        let mut gathered = Gathered::default();
        let response = &mut gathered.histograms.transport_mut(transport).response;
        for ms in milliseconds {
            response.record(Duration::from_millis(*ms));
        }
        gathered.events = milliseconds.len() as u64;
        gathered
    }

    /// The files of a run of two seconds, in which mail took 5 and 7 ms, and later a request 9 ms.
    fn two_seconds(folder: &Path) -> (String, String) {
        let scenario = Scenario::load(&Source::BuiltIn, &Overrides::default()).unwrap();
        let directory = RunDirectory::create(Some(folder), &scenario.scenario).unwrap();
        let mut timeline = Timeline::begin(&directory).unwrap();
        let all = Gathered::default();
        let at = Duration::from_millis;
        timeline.add(at(400), &all, &responses(Transport::Email, &[5]));
        timeline.add(at(1_100), &all, &responses(Transport::Email, &[7]));
        timeline.add(at(1_500), &all, &responses(Transport::Http, &[9]));
        timeline.finish(at(2_000), &all).unwrap();
        let read = |name| std::fs::read_to_string(folder.join(name)).unwrap();
        (read("timeline.csv"), read("latency.hlog"))
    }

    #[test]
    fn the_interval_log_can_be_read_back() {
        let folder = tempfile::TempDir::new().unwrap();
        let (_, log) = two_seconds(folder.path());
        let lines: Vec<&str> = log.lines().collect();
        assert_eq!(lines[0], "#[Histogram log format version 1.3]");
        assert!(lines[2].starts_with("#[StartTime: "), "{log}");
        assert!(lines[3].starts_with("\"StartTimestamp\","), "{log}");
        let mut found = Vec::new();
        for entry in IntervalLogIterator::new(log.as_bytes()) {
            let LogEntry::Interval(interval) = entry.unwrap() else {
                continue;
            };
            // What every reader of the format expects: a zlib stream behind its cookie.
            let payload = interval.encoded_histogram();
            assert!(payload.starts_with("HISTFAAA"), "{payload}");
            let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, payload);
            let histogram: Histogram<u64> = Deserializer::new()
                .deserialize(&mut bytes.unwrap().as_slice())
                .unwrap();
            found.push((
                interval.tag().map(|tag| tag.as_str().to_owned()),
                interval.start_timestamp(),
                histogram.len(),
                histogram.max().div_ceil(1_000),
            ));
        }
        let row = |tag: &str, begun, count, max| {
            (
                Some(tag.to_owned()),
                Duration::from_millis(begun),
                count,
                max,
            )
        };
        assert_eq!(found, [row("smtp", 0, 2, 8), row("https", 1_100, 1, 10)]);
    }

    #[test]
    fn a_row_has_the_begin_the_length_and_the_counts_of_its_stretch() {
        let folder = tempfile::TempDir::new().unwrap();
        let (rows, _) = two_seconds(folder.path());
        let rows: Vec<&str> = rows.lines().collect();
        assert_eq!(rows[0], HEADER.trim_end());
        assert_eq!(
            rows[1..],
            [
                "0.000,1.100,2,0,0,0,0,0,0,0,5.003,7.003,,,",
                "1.100,0.900,1,0,0,0,0,0,0,0,,,9.007,9.007,",
            ]
        );
    }
}
