//! What happened when, ready to be drawn: from the journal, or as far as `timeline.csv` has it.

use std::{fs, io, path::Path};

use super::{
    ReportError,
    spread::{STEPS_PER_DECADE, Spread, begin_ms},
};
use crate::journal::record::TRANSPORTS;

/// Most columns of a heat map.
const COLUMNS_MAX: usize = 120;
/// Rows of a heat map for each factor of ten.
const ROWS_PER_DECADE: usize = 10;
/// Steps of a spread in one row.
const STEPS_PER_ROW: usize = STEPS_PER_DECADE / ROWS_PER_DECADE;
/// Most rows of `timeline.csv` that are drawn one by one.
const MOMENTS_MAX: usize = 240;
/// What the backlog is when it comes from single messages.
pub(crate) const BACKLOG_EXACT: &str = "at the end of each stretch";

/// What happened in one stretch of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moment {
    /// Events that were to happen.
    pub events: f64,
    /// Messages that were due.
    pub due: f64,
    /// Messages accepted.
    pub accepted: f64,
    /// Messages given up.
    pub failed: f64,
    /// Messages that may have arrived.
    pub unconfirmed: f64,
    /// Candidates that became no message.
    pub dropped: f64,
    /// Messages without an outcome at the end of it.
    pub backlog: f64,
    /// Of these, messages being sent; `None` where that is not known.
    pub sending: Option<f64>,
    /// Median and p99 of responses in milliseconds, by transport.
    pub response: [Option<(f64, f64)>; TRANSPORTS.len()],
    /// The 99th percentile of the generator's lag, in milliseconds.
    pub lag_p99_ms: Option<f64>,
    /// Its largest, where that is known.
    pub lag_max_ms: Option<f64>,
}

/// The course of a run.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// Length of one stretch.
    pub width_s: f64,
    /// What the backlog of a moment is.
    pub backlog: &'static str,
    /// The stretches, from the start on.
    pub moments: Vec<Moment>,
    /// How responses spread over time, by transport.
    pub heat: [Option<Heat>; TRANSPORTS.len()],
}

impl Series {
    /// How long it is.
    pub(crate) fn length_s(&self) -> f64 {
        self.width_s * self.moments.len() as f64
    }

    /// Reads the timeline at `path`; `None` when there is none, or nothing in it.
    ///
    /// # Errors
    /// When it cannot be read, or is something else.
    pub(crate) fn read_timeline(path: &Path) -> Result<Option<Self>, ReportError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                let path = path.to_owned();
                return Err(ReportError::Open { path, source });
            }
        };
        Self::parse_timeline(&text).map_err(|reason| ReportError::Timeline {
            path: path.to_owned(),
            reason,
        })
    }

    fn parse_timeline(text: &str) -> Result<Option<Self>, String> {
        let mut lines = text.lines();
        let header = lines.next().unwrap_or_default();
        if header != super::super::timeline::HEADER.trim_end() {
            return Err("its first line is not that of a timeline".to_owned());
        }
        let mut rows = Vec::new();
        for (number, line) in lines.enumerate() {
            match Row::parse(line) {
                Some(row) => rows.push(row),
                // The last row of a run that was killed may be incomplete.
                None if !text.ends_with('\n') && number + 2 == text.lines().count() => {}
                None => return Err(format!("line {} is no row of a timeline", number + 2)),
            }
        }
        Ok(Self::of_rows(&rows))
    }

    fn of_rows(rows: &[Row]) -> Option<Self> {
        let end_s = rows.last().map(|row| row.begin_s + row.length_s)?;
        let widest = rows.iter().map(|row| row.length_s).fold(0.1, f64::max);
        let width_s = widest.max(end_s / MOMENTS_MAX as f64);
        let count = ((end_s / width_s).ceil() as usize).clamp(1, MOMENTS_MAX + 1);
        let mut moments = vec![Moment::default(); count];
        for row in rows {
            let last = count - 1;
            let index = |at_s: f64| ((at_s / width_s).max(0.0) as usize).min(last);
            let (from, to) = (index(row.begin_s), index(row.begin_s + row.length_s));
            for (at, moment) in moments.iter_mut().enumerate().take(to + 1).skip(from) {
                let begin = (at as f64 * width_s).max(row.begin_s);
                let end = ((at + 1) as f64 * width_s).min(row.begin_s + row.length_s);
                row.add_to(moment, (end - begin).max(0.0) / row.length_s.max(1e-6));
            }
        }
        Some(Self {
            width_s,
            backlog: "at the end of a row of timeline.csv",
            moments,
            heat: [None, None],
        })
    }
}

/// A row of `timeline.csv`.
struct Row {
    begin_s: f64,
    length_s: f64,
    /// Events, triggers, dropped, messages, delivered, failed, unconfirmed, outstanding.
    counts: [f64; 8],
    response: [Option<(f64, f64)>; TRANSPORTS.len()],
    lag_p99_ms: Option<f64>,
}

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |at: usize| {
            let number: f64 = fields.get(at)?.parse().ok()?;
            (number.is_finite() && (0.0..1e15).contains(&number)).then_some(number)
        };
        let mut counts = [0.0; 8];
        for (at, count) in counts.iter_mut().enumerate() {
            *count = number(at + 2)?;
        }
        (fields.len() == 15).then_some(())?;
        Some(Self {
            begin_s: number(0)?,
            length_s: number(1)?,
            counts,
            response: [number(10).zip(number(11)), number(12).zip(number(13))],
            lag_p99_ms: number(14),
        })
    }

    /// Adds `share` of the row to `moment`.
    fn add_to(&self, moment: &mut Moment, share: f64) {
        let [
            events,
            _,
            dropped,
            messages,
            delivered,
            failed,
            unconfirmed,
            outstanding,
        ] = self.counts;
        moment.events += events * share;
        moment.due += messages * share;
        moment.accepted += delivered * share;
        moment.failed += failed * share;
        moment.unconfirmed += unconfirmed * share;
        moment.dropped += dropped * share;
        moment.backlog = outstanding;
        // Percentiles of rows do not add; the worst row stands for the stretch.
        for (own, theirs) in moment.response.iter_mut().zip(self.response) {
            let worse = |(p50, p99): (f64, f64), (half, most): (f64, f64)| {
                (f64::max(p50, half), f64::max(p99, most))
            };
            *own = own
                .zip(theirs)
                .map(|(own, theirs)| worse(own, theirs))
                .or(*own)
                .or(theirs);
        }
        let lags = [moment.lag_p99_ms, self.lag_p99_ms];
        moment.lag_p99_ms = lags.into_iter().flatten().reduce(f64::max);
    }
}

/// How responses spread over time.
#[derive(Clone, Debug)]
pub(crate) struct Heat {
    /// Length of one column.
    pub width_s: f64,
    /// Where the lowest row begins, in milliseconds.
    pub least_ms: f64,
    /// Where the highest row ends, in milliseconds.
    pub most_ms: f64,
    /// How many responses in each row, from the fastest, by column.
    pub columns: Vec<Vec<u64>>,
}

impl Heat {
    /// The heat map of `spreads`, one for each stretch of `width_s`; `None` when all are empty.
    pub(crate) fn new<'a>(width_s: f64, spreads: impl Iterator<Item = &'a Spread>) -> Option<Self> {
        let spreads: Vec<&Spread> = spreads.collect();
        let row = |step: usize| step / STEPS_PER_ROW;
        let rows = || spreads.iter().flat_map(|spread| spread.steps());
        let least = rows().map(|(step, _)| row(step)).min()?;
        let most = rows().map(|(step, _)| row(step)).max()?;
        let merged = spreads.len().div_ceil(COLUMNS_MAX).max(1);
        let columns = spreads.chunks(merged).map(|chunk| {
            let mut column = vec![0; most - least + 1];
            for (step, count) in chunk.iter().flat_map(|spread| spread.steps()) {
                column[row(step) - least] += count;
            }
            column
        });
        Some(Self {
            width_s: width_s * merged as f64,
            least_ms: begin_ms(least * STEPS_PER_ROW),
            most_ms: begin_ms((most + 1) * STEPS_PER_ROW),
            columns: columns.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str =
        "0.000,1.000,10,10,2,8,6,1,1,4,5.0,7.0,,,0.5\n1.000,1.000,4,4,0,4,8,0,0,0,,,9.0,9.5,\n";

    fn timeline(rows: &str) -> Result<Option<Series>, String> {
        let header = super::super::super::timeline::HEADER;
        Series::parse_timeline(&format!("{header}{rows}"))
    }

    #[test]
    fn a_timeline_becomes_moments() {
        let series = timeline(ROWS).unwrap().unwrap();
        assert_eq!((series.width_s, series.moments.len()), (1.0, 2));
        let [first, second] = &series.moments[..] else {
            panic!("two moments");
        };
        assert_eq!((first.due, first.accepted, first.backlog), (8.0, 6.0, 4.0));
        assert_eq!(first.response, [Some((5.0, 7.0)), None]);
        assert_eq!((second.due, second.response[1]), (4.0, Some((9.0, 9.5))));
    }

    #[test]
    fn a_torn_last_row_is_left_out_and_any_other_is_told() {
        let torn = format!("{ROWS}2.0,1.0,3");
        assert_eq!(timeline(&torn).unwrap().unwrap().moments.len(), 2);
        assert_eq!(timeline("").unwrap().map(|series| series.width_s), None);
        assert!(timeline("x\n1,2\n").is_err());
        assert!(Series::parse_timeline("a,b\n").is_err());
    }
}
