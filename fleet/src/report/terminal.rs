//! What people see: a progress line while a run goes on, and the figures when it is over.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal},
    net::SocketAddr,
    time::Duration,
};

use emulator::{DropAccount, Settlement, Transport};

use super::{Summary, faults, licenses, screen::Screen, summary::transport_name};
use crate::{
    conductor::{RunResult, Watcher},
    courier::Unreachable,
    record::{Gathered, Reading},
    scenario::Scenario,
    threshold::ThresholdResult,
};

/// How often a progress line is printed where it cannot be overwritten.
const PLAIN_EVERY: Duration = Duration::from_secs(5);
/// How often the line on a terminal is refreshed.
const REFRESH_EVERY: Duration = Duration::from_millis(500);

/// Columns of a terminal that does not tell.
const COLUMNS_DEFAULT: usize = 80;

/// How to print.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Style {
    /// The progress line is overwritten in place.
    pub in_place: bool,
    /// Colours on standard output.
    pub color: bool,
    /// Colours on standard error.
    pub color_errors: bool,
    /// Nothing but the closing figures.
    pub quiet: bool,
}

impl Style {
    /// What suits standard error and standard output, given the flags.
    pub fn detect(quiet: bool, plain: bool, no_color: bool) -> Self {
        let no_color =
            no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            in_place: !plain && io::stderr().is_terminal(),
            color: !no_color && !plain && io::stdout().is_terminal(),
            color_errors: !no_color && !plain && io::stderr().is_terminal(),
            quiet,
        }
    }
}

/// Prints how a run goes on, to standard error.
#[derive(Debug)]
pub struct Progress {
    style: Style,
    screen: Screen,
    last: Duration,
    delivered: u64,
}

impl Progress {
    /// A progress line in `style`.
    pub fn new(style: Style) -> Self {
        Self {
            style,
            screen: Screen::open(),
            last: Duration::ZERO,
            delivered: 0,
        }
    }

    /// Leaves the terminal as a closing text needs it.
    pub fn finish(&mut self) {
        if self.style.in_place && !self.style.quiet {
            self.screen.show("\r\x1b[K".to_owned());
        }
        self.screen.close();
    }

    /// Waits for a moment until everything that was said can be seen.
    pub fn settle(&self) {
        self.screen.settle();
    }

    fn say(&self, text: &str) {
        if !self.style.quiet {
            let clear = if self.style.in_place { "\r\x1b[K" } else { "" };
            self.screen.show(format!("{clear}{text}\n"));
        }
    }
}

impl Progress {
    /// Says where something is to be seen.
    pub fn address(&mut self, name: &str, url: &str) {
        self.say(&format!("{name} at {url}"));
    }

    /// Says where people log in, with a host name for example.
    pub fn consoles(&mut self, address: SocketAddr, hostname: &str) {
        self.say(&format!(
            "consoles at {address}: ssh -p {} {hostname}@{}",
            address.port(),
            address.ip()
        ));
    }
}

impl Watcher for Progress {
    fn ready(&mut self, devices: u32, took: Duration) {
        self.say(&format!(
            "{devices} devices up in {:.2} s",
            took.as_secs_f64()
        ));
    }

    fn unreachable_hosts(&mut self, hosts: &[Unreachable]) {
        for host in hosts {
            self.say(&format!("warning: {host}"));
        }
    }

    fn progress(&mut self, elapsed: Duration, all: &Gathered, _: &Gathered) {
        let every = if self.style.in_place {
            REFRESH_EVERY
        } else {
            PLAIN_EVERY
        };
        let since = elapsed.saturating_sub(self.last);
        if self.style.quiet || since < every {
            return;
        }
        let delivered = all.ledger.settled(Settlement::Delivered);
        let rate = (delivered - self.delivered) as f64 / since.as_secs_f64();
        if self.style.in_place {
            let line = progress_line(elapsed, all, rate, terminal_columns());
            self.screen.show(format!("\r\x1b[K{line}"));
        } else {
            self.screen.show(format!(
                "{}\n",
                progress_line(elapsed, all, rate, usize::MAX)
            ));
        }
        self.last = elapsed;
        self.delivered = delivered;
    }

    fn draining(&mut self, outstanding: u64) {
        self.say(&format!(
            "stopping: waiting for {outstanding} outstanding messages; press ctrl-C again to stop at once"
        ));
    }
}

/// Columns of the terminal that standard error is.
fn terminal_columns() -> usize {
    terminal_size::terminal_size_of(io::stderr())
        .map_or(COLUMNS_DEFAULT, |(width, _)| usize::from(width.0))
}

/// How a run stands, in less than `columns` columns: a line that reaches the last one wraps, and
/// could no longer be overwritten.
fn progress_line(elapsed: Duration, all: &Gathered, rate: f64, columns: usize) -> String {
    let ledger = &all.ledger;
    let delivered = ledger.settled(Settlement::Delivered);
    let p99 = |transport| {
        let response = &all.histograms.transport(transport).response;
        response
            .quantile_ms(0.99)
            .map_or_else(|| "-".to_owned(), |reading| format!("{reading:.1} ms"))
    };
    let line = format!(
        "{:>4} s  {} triggers  {} messages  {delivered} delivered ({rate:.0}/s)  {} failed  {} outstanding  p99 smtp {} https {}",
        elapsed.as_secs(),
        ledger.triggers,
        ledger.messages(),
        ledger.settled(Settlement::Failed),
        ledger.outstanding(),
        p99(Transport::Email),
        p99(Transport::Http),
    );
    if line.chars().count() < columns {
        return line;
    }
    let short = format!(
        "{:>4} s  {delivered} delivered ({rate:.0}/s)  {} failed  {} outstanding  p99 {} {}",
        elapsed.as_secs(),
        ledger.settled(Settlement::Failed),
        ledger.outstanding(),
        p99(Transport::Email),
        p99(Transport::Http),
    );
    short.chars().take(columns.saturating_sub(1)).collect()
}

/// The closing figures, in ten seconds' reading.
pub fn closing(scenario: &Scenario, result: &RunResult, summary: &Summary, style: Style) -> String {
    let mut text = String::new();
    let paint = |code: &str, text: &str| {
        if style.color {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    };
    let verdict = summary.verdict.to_uppercase();
    let verdict = match summary.verdict {
        "passed" => paint("1;32", &verdict),
        _ => paint("1;31", &verdict),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{verdict}  {}  seed {}  {} devices  {:.1} s  {}",
        scenario.name,
        scenario.seed,
        scenario.device_count(),
        result.wall.as_secs_f64(),
        result.gathered.fingerprint.text(),
    );
    for reason in &summary.validity.reasons {
        let _ = writeln!(text, "  {} {reason}", paint("31", "INVALID:"));
    }
    let _ = writeln!(text);
    ledger_lines(&mut text, result, summary.ledger.balanced);
    let _ = writeln!(text);
    transport_lines(&mut text, result);
    lag_line(&mut text, result);
    license_lines(&mut text, result);
    for fault in &result.faults {
        let _ = writeln!(text, "fault      {}", faults::in_words(fault));
    }
    for intervention in &result.interventions {
        let at_s = intervention.at.as_secs_f64();
        let _ = writeln!(text, "by hand    {} at {at_s:.1} s", intervention.what);
    }
    for threshold in &summary.thresholds {
        let _ = writeln!(text, "{}", threshold_line(threshold));
    }
    for remark in &summary.validity.remarks {
        let _ = writeln!(text, "note       {remark}");
    }
    text
}

/// The licenses of the devices, where there is news of any.
fn license_lines(text: &mut String, result: &RunResult) {
    let census = licenses::in_words(&result.gathered.licenses);
    let files = licenses::files_in_words(&result.gathered.ledger);
    if !census.is_empty() {
        let _ = writeln!(text, "licenses   {census}");
    }
    if !files.is_empty() {
        let _ = writeln!(text, "  files    {files}");
    }
}

fn ledger_lines(text: &mut String, result: &RunResult, balanced: bool) {
    let ledger = &result.gathered.ledger;
    let _ = writeln!(
        text,
        "ledger     {} events, {} triggers: {} candidates dropped, {} messages",
        result.emitted,
        ledger.triggers,
        ledger.dropped_in_all(),
        ledger.messages()
    );
    let dropped: Vec<String> = DropAccount::ALL
        .into_iter()
        .map(|account| (account.name(), ledger.dropped(account)))
        .chain([("oversize", ledger.settled(Settlement::Oversize))])
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    if !dropped.is_empty() {
        let _ = writeln!(text, "  dropped  {}", dropped.join(", "));
    }
    let _ = writeln!(
        text,
        "  messages delivered {}, failed {}, unconfirmed {}, queued {}, in flight {}",
        ledger.settled(Settlement::Delivered),
        ledger.settled(Settlement::Failed),
        ledger.settled(Settlement::Unconfirmed),
        result.gathered.waiting(),
        result.gathered.in_flight(),
    );
    for (transport, reconciled) in &result.sinks {
        let totals = reconciled.totals;
        let _ = writeln!(
            text,
            "  {:<8} sink received {}, duplicates {}, dropped {}, unknown {}, missing {}",
            transport_name(*transport),
            totals.received,
            totals.duplicates,
            totals.dropped,
            totals.unknown,
            totals.missing
        );
    }
    let _ = writeln!(
        text,
        "  {}",
        if balanced {
            "balanced to the last message"
        } else {
            "DOES NOT BALANCE"
        }
    );
}

fn transport_lines(text: &mut String, result: &RunResult) {
    let _ = writeln!(
        text,
        "           {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}   milliseconds from due to accepted",
        "count", "p50", "p90", "p99", "p99.9", "max"
    );
    for transport in Transport::ALL {
        let histograms = result.gathered.histograms.transport(transport);
        let response = &histograms.response;
        if response.max_ms().is_some() {
            let figures = [0.5, 0.9, 0.99, 0.999].map(|quantile| response.quantile_ms(quantile));
            let count = response.answered.count();
            latency_line(
                text,
                transport_name(transport),
                count,
                figures,
                response.max_ms(),
            );
        }
        if response.unanswered.count() > 0 {
            let _ = writeln!(
                text,
                " unanswered {:>8}   messages had no answer; > marks what is known to be longer",
                response.unanswered.count()
            );
        }
        for (name, latency) in [
            (" service", &histograms.service),
            (" queue", &histograms.queue),
        ] {
            if latency.count() > 0 {
                let exact = |ms: Option<f64>| ms.map(Reading::exact);
                let figures = [0.5, 0.9, 0.99, 0.999].map(|q| exact(latency.quantile_ms(q)));
                latency_line(
                    text,
                    name,
                    latency.count(),
                    figures,
                    exact(latency.max_ms()),
                );
            }
        }
    }
    error_lines(text, result);
}

/// One line of percentiles.
fn latency_line(
    text: &mut String,
    label: &str,
    count: u64,
    quantiles: [Option<Reading>; 4],
    max: Option<Reading>,
) {
    let _ = write!(text, "{label:<10} {count:>9}");
    for reading in quantiles.into_iter().chain([max]) {
        let value = reading.map_or_else(|| "-".to_owned(), |reading| format!("{reading:.2}"));
        let _ = write!(text, " {value:>9}");
    }
    let _ = writeln!(text);
}

fn error_lines(text: &mut String, result: &RunResult) {
    for ((transport, kind, code), error) in &result.gathered.errors {
        let code = code.map(|code| format!(" {code}")).unwrap_or_default();
        let _ = writeln!(
            text,
            "error      {} {}{code}: {} times, e.g. {}",
            transport_name(*transport),
            kind.name(),
            error.count,
            error.example
        );
    }
}

fn lag_line(text: &mut String, result: &RunResult) {
    let lag = &result.gathered.histograms.lag;
    let value = |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.2} ms"));
    let _ = writeln!(
        text,
        "generator  lag p50 {}, p99 {}, max {}; {:.1} s of CPU, {:.0} MiB",
        value(lag.quantile_ms(0.5)),
        value(lag.quantile_ms(0.99)),
        value(lag.max_ms()),
        result.usage.cpu_s,
        result.usage.peak_rss_bytes as f64 / f64::from(1 << 20)
    );
}

fn threshold_line(threshold: &ThresholdResult) -> String {
    let mark = if threshold.passed {
        "threshold "
    } else {
        "FAILED    "
    };
    format!("{mark} {threshold}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_progress_line_never_reaches_the_last_column() {
        let mut all = Gathered::default();
        let ledger = &mut all.ledger;
        (ledger.triggers, ledger.queued) = (1_234_567, 9_876_543);
        ledger.settled.insert(Settlement::Delivered, 9_000_000);
        ledger.settled.insert(Settlement::Failed, 123_456);
        let line = |columns| progress_line(Duration::from_secs(3_600), &all, 12_345.0, columns);
        assert!(line(usize::MAX).contains("1234567 triggers"));
        for columns in [0, 1, 20, 79, 80, 118, 200] {
            let length = line(columns).chars().count();
            assert!(length < columns.max(1), "{length} of {columns} columns");
        }
        assert!(line(80).ends_with("p99 - -"), "{}", line(80));
    }
}
