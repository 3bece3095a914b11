//! The metrics that thresholds can name.

use emulator::{DropAccount, MessageType};

/// A figure of the summary that thresholds can name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Metric {
    /// A statistic of a transport's interval, in milliseconds: `smtp.response.p99`.
    Interval(TransportName, IntervalName, Statistic),
    /// A counter or rate of a transport: `https.delivered`.
    Transport(TransportName, TransportFigure),
    /// A figure of the ledger: `ledger.failed`.
    Ledger(LedgerFigure),
    /// An account of dropped candidates: `ledger.throttled`.
    Account(DropAccount),
    /// A figure of a message type: `by_type.syslog.delivered`.
    Type(MessageType, TypeFigure),
    /// A statistic of the responses to a message type: `by_type.syslog.response.p99`.
    TypeResponse(MessageType, Statistic),
    /// License lines and files that events brought: `licenses.installed`.
    Licenses(LicenseFigure),
    /// A figure of the fleet with that number: `by_fleet.branch.delivered`.
    Fleet(usize, TypeFigure),
    /// A statistic of the responses to a fleet: `by_fleet.branch.response.p99`.
    FleetResponse(usize, Statistic),
    /// What the run itself took: `run.cpu_s`.
    Run(RunFigure),
    /// The generator's lag in milliseconds: `lag.p99`.
    Lag(Statistic),
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[expect(missing_docs, reason = "the names are those of the summary")]
        pub enum $name { $($variant),* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in the summary.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|own| own.name() == text)
            }
        }
    };
}

named!(
    /// A transport.
    TransportName { Smtp = "smtp", Https = "https" }
);
named!(
    /// A measured interval.
    IntervalName {
        Response = "response",
        Service = "service",
        Queue = "queue",
        Connect = "connect",
        Tls = "tls",
        Greeting = "greeting",
        Envelope = "envelope",
        Data = "data",
        Request = "request",
        Reply = "reply",
    }
);
named!(
    /// A statistic of an interval.
    Statistic {
        Count = "count",
        Mean = "mean",
        P50 = "p50",
        P90 = "p90",
        P99 = "p99",
        P99_9 = "p99_9",
        Max = "max",
    }
);
named!(
    /// A figure of a transport.
    TransportFigure {
        Delivered = "delivered",
        Failed = "failed",
        Unconfirmed = "unconfirmed",
        Attempts = "attempts",
        Rate = "rate",
        Bytes = "bytes",
        Connections = "connections",
        Resumed = "resumed",
    }
);
named!(
    /// A figure of the ledger besides its accounts of dropped candidates.
    LedgerFigure {
        Events = "events",
        Unheard = "unheard",
        Triggers = "triggers",
        Candidates = "candidates",
        Dropped = "dropped",
        Oversize = "oversize",
        Messages = "messages",
        Delivered = "delivered",
        Failed = "failed",
        Unconfirmed = "unconfirmed",
        Outstanding = "outstanding",
        Traps = "traps",
        SinkReceived = "sink_received",
        SinkDuplicates = "sink_duplicates",
        SinkUnknown = "sink_unknown",
        SinkMissing = "sink_missing",
    }
);
named!(
    /// A figure of a message type.
    TypeFigure {
        Queued = "queued",
        Delivered = "delivered",
        Failed = "failed",
        Unconfirmed = "unconfirmed",
        Dropped = "dropped",
    }
);
named!(
    /// What became of the license lines and files that events brought.
    LicenseFigure {
        Installed = "installed",
        Duplicates = "duplicates",
        Refused = "refused",
        NotOpened = "not_opened",
    }
);
named!(
    /// What the run itself took.
    RunFigure {
        CpuSeconds = "cpu_s",
        PeakRssBytes = "peak_rss_bytes",
        StartupSeconds = "startup_s",
        RssBytesPerDevice = "rss_bytes_per_device",
        WallSeconds = "wall_s",
    }
);

fn message_type(word: &str) -> Option<MessageType> {
    MessageType::ALL
        .into_iter()
        .find(|kind| kind.word() == word)
}

impl Metric {
    /// The metric called `name`, in a scenario with `fleets`.
    pub fn parse(name: &str, fleets: &[&str]) -> Option<Self> {
        if let Some(of_fleet) = name.strip_prefix("by_fleet.") {
            return Self::of_fleet(of_fleet, fleets);
        }
        let parts: Vec<&str> = name.split('.').collect();
        match parts.as_slice() {
            ["ledger", figure] => match LedgerFigure::parse(figure) {
                Some(figure) => Some(Self::Ledger(figure)),
                None => DropAccount::ALL
                    .into_iter()
                    .find(|account| account.name() == *figure)
                    .map(Self::Account),
            },
            ["licenses", figure] => LicenseFigure::parse(figure).map(Self::Licenses),
            ["run", figure] => RunFigure::parse(figure).map(Self::Run),
            ["by_type", kind, figure] => {
                Some(Self::Type(message_type(kind)?, TypeFigure::parse(figure)?))
            }
            ["by_type", kind, "response", statistic] => Some(Self::TypeResponse(
                message_type(kind)?,
                Statistic::parse(statistic)?,
            )),
            ["lag", statistic] => Statistic::parse(statistic).map(Self::Lag),
            [transport, figure] => Some(Self::Transport(
                TransportName::parse(transport)?,
                TransportFigure::parse(figure)?,
            )),
            [transport, interval, statistic] => Some(Self::Interval(
                TransportName::parse(transport)?,
                IntervalName::parse(interval)?,
                Statistic::parse(statistic)?,
            )),
            _ => None,
        }
    }

    /// The metric called `name` behind `by_fleet.`; names of fleets may hold dots.
    fn of_fleet(name: &str, fleets: &[&str]) -> Option<Self> {
        let mut named = fleets.iter().enumerate().filter_map(|(number, fleet)| {
            let figure = name.strip_prefix(fleet)?.strip_prefix('.')?;
            match figure.strip_prefix("response.") {
                Some(statistic) => {
                    Statistic::parse(statistic).map(|found| Self::FleetResponse(number, found))
                }
                None => TypeFigure::parse(figure).map(|found| Self::Fleet(number, found)),
            }
        });
        named.next()
    }

    /// The statistic that it is, of an interval.
    fn statistic(self) -> Option<Statistic> {
        match self {
            Self::Interval(_, _, statistic)
            | Self::TypeResponse(_, statistic)
            | Self::FleetResponse(_, statistic)
            | Self::Lag(statistic) => Some(statistic),
            Self::Transport(..)
            | Self::Ledger(_)
            | Self::Account(_)
            | Self::Type(..)
            | Self::Fleet(..)
            | Self::Licenses(_)
            | Self::Run(_) => None,
        }
    }

    /// Samples below which the metric says too little to be judged by: with fewer, the percentile may
    /// well (with a probability above one in twenty) lie beyond the largest sample. 0 where one is
    /// enough.
    pub fn samples_needed(self) -> u64 {
        let needed = |quantile: f64| (0.05_f64.ln() / quantile.ln()).ceil() as u64;
        match self.statistic() {
            Some(Statistic::P50) => needed(0.5),
            Some(Statistic::P90) => needed(0.9),
            Some(Statistic::P99) => needed(0.99),
            Some(Statistic::P99_9) => needed(0.999),
            Some(Statistic::Count | Statistic::Mean | Statistic::Max) | None => 0,
        }
    }

    /// Whether its values are times, in milliseconds.
    pub fn is_time(self) -> bool {
        self.statistic()
            .is_some_and(|statistic| statistic != Statistic::Count)
    }

    /// The names of all metrics, in a scenario with `fleets`.
    pub fn names(fleets: &[&str]) -> Vec<String> {
        let mut names = Vec::new();
        let statistics = |head: &str| -> Vec<String> {
            let all = Statistic::ALL.iter();
            all.map(|statistic| format!("{head}.{}", statistic.name()))
                .collect()
        };
        for transport in TransportName::ALL {
            let transport = transport.name();
            for interval in IntervalName::ALL {
                names.extend(statistics(&format!("{transport}.{}", interval.name())));
            }
            let figures = TransportFigure::ALL.iter();
            names.extend(figures.map(|figure| format!("{transport}.{}", figure.name())));
        }
        let kinds = MessageType::ALL.map(|kind| format!("by_type.{}", kind.word()));
        let fleets = fleets.iter().map(|fleet| format!("by_fleet.{fleet}"));
        for head in kinds.into_iter().chain(fleets) {
            names.extend(statistics(&format!("{head}.response")));
            let figures = TypeFigure::ALL.iter();
            names.extend(figures.map(|figure| format!("{head}.{}", figure.name())));
        }
        names.extend(
            LedgerFigure::ALL
                .iter()
                .map(|figure| format!("ledger.{}", figure.name())),
        );
        names.extend(DropAccount::ALL.map(|account| format!("ledger.{}", account.name())));
        names.extend(
            LicenseFigure::ALL
                .iter()
                .map(|figure| format!("licenses.{}", figure.name())),
        );
        names.extend(
            RunFigure::ALL
                .iter()
                .map(|figure| format!("run.{}", figure.name())),
        );
        names.extend(statistics("lag"));
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_is_offered_is_understood() {
        let fleets = ["branch", "branch.east"];
        for name in Metric::names(&fleets) {
            assert!(Metric::parse(&name, &fleets).is_some(), "{name}");
        }
        assert_eq!(Metric::parse("smtp.response.p98", &fleets), None);
        assert_eq!(Metric::parse("smtp", &fleets), None);
        let east = Metric::parse("by_fleet.branch.east.failed", &fleets);
        assert_eq!(east, Some(Metric::Fleet(1, TypeFigure::Failed)));
        assert_eq!(Metric::parse("by_fleet.west.failed", &fleets), None);
    }

    #[test]
    fn high_percentiles_need_many_samples() {
        let needed = |name| Metric::parse(name, &[]).map(Metric::samples_needed);
        assert_eq!(needed("smtp.response.p50"), Some(5));
        assert_eq!(needed("lag.p90"), Some(29));
        assert_eq!(needed("https.service.p99"), Some(299));
        assert_eq!(needed("by_type.syslog.response.p99_9"), Some(2_995));
        assert_eq!(needed("smtp.response.max"), Some(0));
        assert_eq!(needed("ledger.failed"), Some(0));
    }
}
