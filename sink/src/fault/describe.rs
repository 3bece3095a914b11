//! A fault in words: for lists, pages and reports.

use std::fmt;
use std::time::Duration;

use super::{Action, Delay, Fault, Refusal, TlsFlaw};
use crate::units::Period;

impl Action {
    /// The key that it is written with.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Refuse(_) => "refuse",
            Self::Delay { .. } => "delay",
            Self::Stall { .. } => "stall",
            Self::Reply { .. } => "reply",
            Self::Status { .. } => "status",
            Self::Limit { .. } => "limit",
            Self::Workers { .. } => "workers",
            Self::Drop { .. } => "drop",
            Self::Truncate { .. } => "truncate",
            Self::Slice { .. } => "slice",
            Self::Garbage { .. } => "garbage",
            Self::Endless { .. } => "endless",
            Self::Tls(_) => "tls",
            Self::SlowRead(_) => "slow-read",
            Self::SlowWrite(_) => "slow-write",
            Self::Restart => "restart",
        }
    }
}

/// A duration as it would be written.
fn time(duration: Duration) -> Period {
    Period(duration)
}

impl fmt::Display for Action {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refuse(Refusal::PortClosed) => out.write_str("port closed"),
            Self::Refuse(Refusal::Reset) => out.write_str("connections reset at once"),
            Self::Refuse(Refusal::Close) => out.write_str("connections closed at once"),
            Self::Delay { stage, delay } => write!(out, "{delay} more at {}", stage.name()),
            Self::Stall { time: None, .. } => out.write_str("stalled"),
            Self::Stall {
                time: Some(length),
                every,
            } => {
                write!(out, "stalled for {}", time(*length))?;
                every.map_or(Ok(()), |every| write!(out, " every {}", time(every)))
            }
            Self::Reply { stage, code, .. } => write!(out, "{code} at {}", stage.name()),
            Self::Status { code, .. } => write!(out, "status {code}"),
            Self::Limit { per_second, burst } => {
                write!(out, "at most {per_second} messages/s, {burst} at once")
            }
            Self::Workers { count, time } => {
                write!(out, "{count} workers, {time} for a message")
            }
            Self::Drop { stage, recorded } => {
                let recorded = if *recorded { ", recorded" } else { "" };
                write!(out, "connection closed at {}{recorded}", stage.name())
            }
            Self::Truncate { stage, bytes } => {
                write!(out, "reply at {} cut after {bytes} bytes", stage.name())
            }
            Self::Slice {
                stage,
                bytes,
                pause,
            } => write!(
                out,
                "reply at {} in slices of {bytes} B, one each {}",
                stage.name(),
                time(*pause)
            ),
            Self::Garbage { stage, bytes } => {
                write!(out, "{bytes} bytes of garbage at {}", stage.name())
            }
            Self::Endless { stage } => write!(out, "endless reply at {}", stage.name()),
            Self::Tls(flaw) => write!(out, "TLS: {flaw}"),
            Self::SlowRead(bytes) => write!(out, "reads {bytes} bytes/s of a connection"),
            Self::SlowWrite(bytes) => write!(out, "writes {bytes} bytes/s to a connection"),
            Self::Restart => out.write_str("restart"),
        }
    }
}

impl fmt::Display for TlsFlaw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Expired => "expired certificate",
            Self::NotYetValid => "certificate not valid yet",
            Self::WrongName => "certificate for another name",
            Self::UnknownCa => "certificate of an unknown authority",
            Self::Reset => "handshake reset",
            Self::Stall => "handshake stalled",
        })
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Fixed(length) => write!(out, "{}", time(length)),
            Self::Uniform { min, max } => write!(out, "{} to {}", time(min), time(max)),
            Self::Exponential { mean } => write!(out, "{} on average", time(mean)),
            Self::Lognormal { median, p99 } => {
                write!(out, "{} (p99 {})", time(median), time(p99))
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.action.fmt(out)?;
        if self.share < 1.0 {
            // To a millionth, as shares are shown.
            let percent = (self.share * 1e8).round() / 1e6;
            write!(out, " for {percent}%")?;
        }
        match (self.at, self.lasts) {
            (Duration::ZERO, None) => out.write_str(", throughout"),
            (at, None) => write!(out, ", from {} to the end", time(at)),
            (at, Some(lasts)) => write!(out, ", from {} for {}", time(at), time(lasts)),
        }
    }
}
