//! What happened, about second by second: `timeline.csv`, and the responses as an HdrHistogram interval
//! log in `latency.hlog`. Both are appended to as the run goes on.

use std::{
    fs::File,
    io::{BufWriter, Write},
    time::Duration,
};

use emulator::{Settlement, Transport};
use hdrhistogram::serialization::{
    V2Serializer,
    interval_log::{IntervalLogWriterBuilder, Tag},
};

use super::{
    directory::{DirectoryError, RunDirectory},
    summary::transport_name,
};
use crate::{
    clock,
    record::{Gathered, Latency},
};

/// Least length of a row; a row ends with the next report of an arbiter.
const ROW: Duration = Duration::from_secs(1);

const HEADER: &str = "begin_s,length_s,events,triggers,dropped,messages,delivered,failed,unconfirmed,outstanding,\
smtp_p50_ms,smtp_p99_ms,https_p50_ms,https_p99_ms,lag_p99_ms\n";

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
        let mut serializer = V2Serializer::new();
        IntervalLogWriterBuilder::new()
            .add_comment("responses in microseconds, from due to accepted, by transport")
            .with_start_time(clock::system_now())
            .begin_log_with(&mut log, &mut serializer)
            .map_err(fail)?;
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
        let quantile = |latency: &Latency, quantile| {
            latency
                .quantile_ms(quantile)
                .map(|ms| format!("{ms:.3}"))
                .unwrap_or_default()
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
            quantile(&row.histograms.lag, 0.99),
        )?;
        self.rows.flush()
    }

    fn write_log(&mut self, row: &Gathered, elapsed: Duration) -> std::io::Result<()> {
        let mut serializer = V2Serializer::new();
        let mut text = Vec::new();
        let mut writer =
            IntervalLogWriterBuilder::new().begin_log_with(&mut text, &mut serializer)?;
        let mut empty = true;
        for transport in Transport::ALL {
            let response = &row.histograms.transport(transport).response;
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
