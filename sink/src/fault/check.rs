//! From a fault as it is written to one that makes sense, or to everything that is wrong with it.

use std::fmt;
use std::time::Duration;

use super::table::{
    DelayTable, DistributionWord, FaultTable, LimitTable, StallTable, WorkersTable,
};
use super::workers::WORKERS_MAX;
use super::{Action, Delay, Fault, Protocol, REPLY_BYTES_MAX, Stage, TlsFlaw};
use crate::units::Period;

/// Longest text of a reply, in bytes: with its code it fits into a reply line of RFC 5321.
const TEXT_BYTES_MAX: usize = 400;

/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;

const TRUNCATED_BYTES_DEFAULT: usize = 2;
const SLICE_BYTES_DEFAULT: usize = 1;
const SLICE_PAUSE_DEFAULT: Duration = Duration::from_millis(10);
const GARBAGE_BYTES_DEFAULT: usize = 64;

/// What a sink can do with handshakes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TlsAbility {
    /// It has none.
    None,
    /// It has them, with a certificate that is not of its own making.
    Foreign,
    /// It has them, and makes its certificates itself.
    Own,
}

/// One thing that is wrong with a fault.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FaultError {
    /// The key it is about, as in `reply.code`; empty for the fault as a whole.
    pub key: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Everything that is wrong with a fault.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FaultErrors(pub Vec<FaultError>);

impl fmt::Display for FaultErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.0.iter().enumerate() {
            let separator = if number == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{}; {}", error.message, error.help)?;
        }
        Ok(())
    }
}

impl std::error::Error for FaultErrors {}

impl FaultTable {
    /// The fault that this means to a sink that speaks `protocol`. What `target` says is not looked
    /// at.
    ///
    /// # Errors
    /// With everything that is wrong.
    pub fn check(&self, protocol: Protocol, tls: TlsAbility) -> Result<Fault, FaultErrors> {
        let mut check = Check {
            protocol,
            tls,
            errors: Vec::new(),
        };
        let fault = check.fault(self);
        match fault {
            Some(fault) if check.errors.is_empty() => Ok(fault),
            _ => Err(FaultErrors(check.errors)),
        }
    }
}

struct Check {
    protocol: Protocol,
    tls: TlsAbility,
    errors: Vec<FaultError>,
}

impl Check {
    fn wrong(&mut self, key: &'static str, message: impl Into<String>, help: impl Into<String>) {
        self.errors.push(FaultError {
            key,
            message: message.into(),
            help: help.into(),
        });
    }

    fn fault(&mut self, table: &FaultTable) -> Option<Fault> {
        let plain = |name: &&String| {
            name.len() <= NAME_BYTES_MAX && !name.is_empty() && !name.contains(char::is_control)
        };
        if table.name.as_ref().is_some_and(|name| !plain(&name)) {
            self.wrong("name", "a name is 1 to 64 bytes of text", "shorten it");
        }
        match table.actions()[..] {
            [_] => {}
            [] => {
                self.wrong(
                    "",
                    "a fault without an action does nothing",
                    "add one of refuse, delay, stall, reply, status, limit, workers, drop, truncate, slice, \
                     garbage, endless, tls, slow-read, slow-write, restart",
                );
                return None;
            }
            [first, second, ..] => {
                self.wrong(
                    second,
                    format!("a fault has one action, and this one has `{first}` already"),
                    "write a [[fault]] for each",
                );
                return None;
            }
        }
        let action = self.action(table)?;
        let lasts = self.lasts(table);
        self.share(table, &action);
        Some(Fault {
            name: table.name.clone(),
            at: table.at.unwrap_or_default().0,
            lasts,
            share: table.share.map_or(1.0, crate::units::Share::fraction),
            action,
        })
    }

    fn lasts(&mut self, table: &FaultTable) -> Option<Duration> {
        let Some(restart) = &table.restart else {
            if table.r#for.is_some_and(|lasts| lasts.0.is_zero()) {
                self.wrong("for", "a fault of no duration never happens", "lengthen it");
            }
            return table.r#for.map(|lasts| lasts.0);
        };
        if table.r#for.is_some() {
            let help = "leave out `for`";
            self.wrong("for", "a restart lasts as long as its `down` says", help);
        }
        match restart.down {
            Some(Period(down)) if !down.is_zero() => Some(down),
            _ => {
                let help = "write, say, restart = { down = \"2s\" }";
                self.wrong("restart", "a restart takes some time", help);
                None
            }
        }
    }

    fn share(&mut self, table: &FaultTable, action: &Action) {
        let concerns_all =
            action.closes_port() || matches!(action, Action::Stall { .. } | Action::Limit { .. });
        if concerns_all && table.share.is_some() {
            let key = table.actions().first().copied().unwrap_or_default();
            self.wrong(
                "share",
                format!("`{key}` concerns everybody, not a share"),
                "leave out `share`",
            );
        }
    }

    fn action(&mut self, table: &FaultTable) -> Option<Action> {
        if let Some(refusal) = table.refuse {
            return Some(Action::Refuse(refusal));
        }
        if let Some(delay) = &table.delay {
            return self.delay(delay);
        }
        if let Some(stall) = &table.stall {
            return self.stall(stall);
        }
        if let Some(limit) = &table.limit {
            return self.limit(limit);
        }
        if let Some(workers) = &table.workers {
            return self.workers(workers);
        }
        if let Some(flaw) = table.tls {
            return self.tls(flaw);
        }
        if let Some(speed) = table.slow_read {
            return Some(Action::SlowRead(speed.bytes_per_second()));
        }
        if let Some(speed) = table.slow_write {
            return Some(Action::SlowWrite(speed.bytes_per_second()));
        }
        if table.restart.is_some() {
            return Some(Action::Restart);
        }
        self.answer(table)
    }

    /// The actions that take the place of an answer.
    fn answer(&mut self, table: &FaultTable) -> Option<Action> {
        if table.reply.is_some() {
            return self.reply(table);
        }
        if table.status.is_some() {
            return self.status(table);
        }
        if let Some(drop) = &table.drop {
            let stage = self.stage("drop.stage", drop.stage, Places::All)?;
            if drop.recorded.is_some() && stage != self.protocol.last_word() {
                let last = self.protocol.last_word().name();
                self.wrong(
                    "drop.recorded",
                    format!("at `{}` there is no message to record", stage.name()),
                    format!("leave out `recorded`, or write stage = \"{last}\""),
                );
            }
            let recorded = drop.recorded.unwrap_or(false);
            return Some(Action::Drop { stage, recorded });
        }
        if let Some(truncate) = &table.truncate {
            let stage = self.stage("truncate.stage", truncate.stage, Places::Replies)?;
            let bytes = truncate.bytes.unwrap_or(TRUNCATED_BYTES_DEFAULT);
            let bytes = self.bytes("truncate.bytes", bytes, 0)?;
            return Some(Action::Truncate { stage, bytes });
        }
        if let Some(slice) = &table.slice {
            let stage = self.stage("slice.stage", slice.stage, Places::Replies)?;
            let bytes = slice.bytes.unwrap_or(SLICE_BYTES_DEFAULT);
            let bytes = self.bytes("slice.bytes", bytes, 1)?;
            let pause = slice.pause.map_or(SLICE_PAUSE_DEFAULT, |pause| pause.0);
            return Some(Action::Slice {
                stage,
                bytes,
                pause,
            });
        }
        if let Some(garbage) = &table.garbage {
            let stage = self.stage("garbage.stage", garbage.stage, Places::Replies)?;
            let bytes = garbage.bytes.unwrap_or(GARBAGE_BYTES_DEFAULT);
            let bytes = self.bytes("garbage.bytes", bytes, 1)?;
            return Some(Action::Garbage { stage, bytes });
        }
        let endless = table.endless.as_ref()?;
        let stage = self.stage("endless.stage", endless.stage, Places::Replies)?;
        Some(Action::Endless { stage })
    }

    fn stage(&mut self, key: &'static str, stage: Option<Stage>, at: Places) -> Option<Stage> {
        let last = self.protocol.last_word();
        let known = match (self.protocol, at) {
            (Protocol::Https, Places::Replies) => &[Stage::Reply][..],
            (Protocol::Smtp | Protocol::Https, _) => self.protocol.stages(),
        };
        let stage = stage.unwrap_or(last);
        if known.contains(&stage) {
            return Some(stage);
        }
        let names: Vec<&str> = known.iter().map(|stage| stage.name()).collect();
        let there = if self.protocol.stages().contains(&stage) {
            "has no reply that could be changed"
        } else {
            "is no stage"
        };
        self.wrong(
            key,
            format!("`{}` {there} of {}", stage.name(), self.protocol.name()),
            format!("write one of {}", names.join(", ")),
        );
        None
    }

    fn bytes(&mut self, key: &'static str, bytes: usize, least: usize) -> Option<usize> {
        if (least..=REPLY_BYTES_MAX).contains(&bytes) {
            return Some(bytes);
        }
        let help = format!("write a number from {least} to {REPLY_BYTES_MAX}");
        self.wrong(key, format!("{bytes} bytes are not possible"), help);
        None
    }

    fn delay(&mut self, table: &DelayTable) -> Option<Action> {
        let stage = self.stage("delay.stage", table.stage, Places::All)?;
        let word = table.distribution.unwrap_or(DistributionWord::Fixed);
        let (name, needed): (_, &[&str]) = match word {
            DistributionWord::Fixed => ("fixed", &["time"]),
            DistributionWord::Uniform => ("uniform", &["min", "max"]),
            DistributionWord::Exponential => ("exponential", &["mean"]),
            DistributionWord::Lognormal => ("lognormal", &["median", "p99"]),
        };
        let given = [
            ("time", table.time),
            ("min", table.min),
            ("max", table.max),
            ("mean", table.mean),
            ("median", table.median),
            ("p99", table.p99),
        ];
        let fits = given
            .iter()
            .all(|(key, value)| value.is_some() == needed.contains(key));
        if !fits {
            let keys = needed.join(" and ");
            self.wrong(
                "delay",
                format!("a {name} delay is given by {keys}"),
                "name the distribution, and give its keys and no others: fixed has time; uniform min \
                 and max; exponential mean; lognormal median and p99",
            );
            return None;
        }
        let time = |value: Option<Period>| value.unwrap_or_default().0;
        let delay = match word {
            DistributionWord::Fixed => Delay::Fixed(time(table.time)),
            DistributionWord::Uniform => Delay::Uniform {
                min: time(table.min),
                max: time(table.max),
            },
            DistributionWord::Exponential => Delay::Exponential {
                mean: time(table.mean),
            },
            DistributionWord::Lognormal => Delay::Lognormal {
                median: time(table.median),
                p99: time(table.p99),
            },
        };
        let (key, sound) = match delay {
            Delay::Uniform { min, max } => ("delay.max", min <= max),
            Delay::Lognormal { median, p99 } => ("delay.p99", median <= p99 && !median.is_zero()),
            Delay::Fixed(_) | Delay::Exponential { .. } => ("delay", true),
        };
        if !sound {
            let help = "the second is at least as long as the first, and a median is above 0";
            self.wrong(key, "the delay is given the wrong way round", help);
            return None;
        }
        Some(Action::Delay { stage, delay })
    }

    fn stall(&mut self, table: &StallTable) -> Option<Action> {
        let (time, every) = (
            table.time.map(|time| time.0),
            table.every.map(|every| every.0),
        );
        let wrong = match (time, every) {
            (Some(time), _) if time.is_zero() => Some(("stall.time", "a stall takes some time")),
            (Some(time), Some(every)) if every <= time => Some((
                "stall.every",
                "the stalls would follow one another without a gap",
            )),
            (None, Some(_)) => Some(("stall", "a stall that comes again needs a `time`")),
            _ => None,
        };
        if let Some((key, message)) = wrong {
            let help = "write, say, stall = { time = \"400ms\", every = \"4s\" }";
            self.wrong(key, message, help);
            return None;
        }
        Some(Action::Stall { time, every })
    }

    fn limit(&mut self, table: &LimitTable) -> Option<Action> {
        let Some(rate) = table.rate else {
            let help = "write, say, limit = { rate = \"100/s\" }";
            self.wrong("limit", "a limit has a rate", help);
            return None;
        };
        if table.burst == Some(0) {
            let help = "write 1 or more";
            self.wrong("limit.burst", "a burst of 0 lets nothing through", help);
            return None;
        }
        let per_second = rate.per_second();
        // A second's worth, so that messages that come unevenly keep to the rate.
        let burst = table.burst.unwrap_or(per_second.ceil().max(1.0) as u32);
        Some(Action::Limit { per_second, burst })
    }

    fn workers(&mut self, table: &WorkersTable) -> Option<Action> {
        let time = match (table.time, table.mean) {
            (Some(time), None) => Delay::Fixed(time.0),
            (None, Some(mean)) => Delay::Exponential { mean: mean.0 },
            (None, None) | (Some(_), Some(_)) => {
                let help = "write, say, workers = { count = 4, time = \"10ms\" }";
                self.wrong("workers", "workers take either a `time` or a `mean`", help);
                return None;
            }
        };
        let count = table.count.unwrap_or(1);
        if !(1..=WORKERS_MAX).contains(&count) {
            let help = format!("write a number from 1 to {WORKERS_MAX}");
            self.wrong(
                "workers.count",
                format!("{count} workers are not possible"),
                help,
            );
            return None;
        }
        Some(Action::Workers { count, time })
    }

    fn tls(&mut self, flaw: TlsFlaw) -> Option<Action> {
        match (self.tls, flaw.needs_certificate()) {
            (TlsAbility::None, _) => {
                let help = "leave out the fault, or let the sink speak TLS";
                self.wrong("tls", "this sink speaks no TLS", help);
                None
            }
            (TlsAbility::Foreign, true) => {
                let help = "leave out the certificate, so that the sink makes its own";
                self.wrong("tls", "this sink cannot make bad certificates", help);
                None
            }
            (TlsAbility::Foreign | TlsAbility::Own, _) => Some(Action::Tls(flaw)),
        }
    }

    fn reply(&mut self, table: &FaultTable) -> Option<Action> {
        let reply = table.reply.as_ref()?;
        if self.protocol == Protocol::Https {
            let help = "write status = { code = 503 }";
            self.wrong("reply", "`reply` is about replies of SMTP", help);
            return None;
        }
        let stage = self.stage("reply.stage", reply.stage, Places::Replies)?;
        let code = self.code("reply", "reply.code", reply.code)?;
        if (300..400).contains(&code) && stage != Stage::Data {
            let help = "write a code from 200 to 299 or from 400 to 599";
            self.wrong("reply.code", format!("{code} answers DATA only"), help);
            return None;
        }
        if let Some(text) = &reply.text
            && (text.len() > TEXT_BYTES_MAX
                || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)))
        {
            let help = "shorten it, and leave out control characters";
            let message = "the text of a reply is one line of at most 400 ASCII characters";
            self.wrong("reply.text", message, help);
            return None;
        }
        Some(Action::Reply {
            stage,
            code,
            text: reply.text.clone(),
        })
    }

    fn status(&mut self, table: &FaultTable) -> Option<Action> {
        let status = table.status.as_ref()?;
        if self.protocol == Protocol::Smtp {
            let help = "write reply = { stage = \"message\", code = 451 }";
            self.wrong("status", "`status` is about replies of HTTP", help);
            return None;
        }
        Some(Action::Status {
            code: self.code("status", "status.code", status.code)?,
            retry_after: status.retry_after.map(|time| time.0),
        })
    }

    fn code(&mut self, whole: &'static str, key: &'static str, code: Option<u16>) -> Option<u16> {
        match code {
            Some(code @ 200..=599) => Some(code),
            Some(code) => {
                let help = "write a number from 200 to 599";
                self.wrong(key, format!("{code} is no code of a reply"), help);
                None
            }
            None => {
                self.wrong(whole, format!("`{whole}` needs a code"), "add `code`");
                None
            }
        }
    }
}

/// Where an action can happen.
#[derive(Clone, Copy)]
enum Places {
    /// At every stage.
    All,
    /// Where the sink says something.
    Replies,
}
