//! The Call Home engine of one device: alert in, messages out.
//!
//! An alert passes the stages of the reference, section 3.1: gates, subscriptions, throttling, rate
//! limit, queue. What leaves a stage early goes into exactly one account. Messages wait as small
//! descriptions; [`crate::message`] renders one when it is about to be sent.

mod gates;
mod queue;
mod rate_limit;
pub(crate) mod schedule;
mod statistics;
mod throttle;
pub(crate) mod triggered;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use schedule::DerivedMonthly;
pub use statistics::{Counter, Statistics};

pub(crate) use queue::{Destination, QueuedMessage};

use crate::{
    alert::{Alert, Audience},
    alert_group::{AlertGroup, AlertGroupSet, MessageType},
    config::{Configuration, MAIL_SERVERS_MAX, ProfileId, SyslogSubscription},
    output::{DropAccount, Output},
    policy::{Policy, RateUnit},
    syslog::SyslogText,
    transport::{MessageId, OutstandingMessage, Settlement, Transport},
};
use gates::Candidate;
use queue::Queue;
use rate_limit::{Admission, RateLimit};
use throttle::Throttle;
use triggered::{Event, LastTriggered};

/// How long the failure of a mail server is not reported by a trap again.
const SERVER_TRAP_INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// What the engine needs to know of its device to judge an alert.
pub(crate) struct Surroundings<'a> {
    pub(crate) configuration: &'a Configuration,
    /// The alert groups that the model has.
    pub(crate) groups: AlertGroupSet,
    pub(crate) policy: &'a Policy,
    /// Makes the identifier of a message: number, instant, and whether it is anonymous.
    pub(crate) identify: &'a dyn Fn(u32, Timestamp, bool) -> MessageId,
}

/// What raising an alert asks of the device.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Raised {
    /// The rate limit has begun to drop messages: to be logged once in a window.
    pub(crate) rate_limit_reached: bool,
}

/// State of the engine since boot. A device that has sent nothing owns no memory here.
#[derive(Debug)]
pub(crate) struct Engine {
    next_number: u32,
    rate_limit: RateLimit,
    throttle: Option<Box<Throttle>>,
    queue: Queue,
    statistics: Option<Box<Statistics>>,
    last_sent: Option<Timestamp>,
    triggered: LastTriggered,
    /// When the failure of each mail server was last reported by a trap.
    servers_reported: Option<Box<[Option<Timestamp>; MAIL_SERVERS_MAX]>>,
}

impl Engine {
    pub(crate) fn new() -> Self {
        Self {
            next_number: 1,
            rate_limit: RateLimit::default(),
            throttle: None,
            queue: Queue::default(),
            statistics: None,
            last_sent: None,
            triggered: LastTriggered::default(),
            servers_reported: None,
        }
    }

    /// Takes `alert` through the pipeline. `line` is the log line behind a syslog alert.
    pub(crate) fn raise(
        &mut self,
        around: &Surroundings<'_>,
        alert: &Arc<Alert>,
        audience: Audience,
        line: Option<&SyslogText<'_>>,
        outputs: &mut Vec<Output>,
    ) -> Raised {
        let mut candidates = gates::judge(around, alert, audience);
        outputs.push(Output::Trigger {
            kind: alert.kind,
            severity: alert.severity,
            at: alert.at,
            candidates: u32::try_from(candidates.len()).unwrap_or(u32::MAX),
        });
        self.throttle(around, alert, line, &mut candidates);
        let first = outputs.len();
        let mut raised = Raised::default();
        let mut event_admission = None;
        for candidate in candidates {
            let verdict = candidate.verdict.and_then(|()| {
                let admission = match (around.policy.rate_unit, event_admission) {
                    (RateUnit::Event, Some(admission)) => admission,
                    _ => self.rate_limit.ask(
                        alert.at,
                        around.configuration.call_home.rate_limit_per_minute,
                    ),
                };
                event_admission = Some(admission);
                raised.rate_limit_reached |= admission == Admission::FirstRefused;
                match admission {
                    Admission::Granted => Ok(()),
                    Admission::FirstRefused | Admission::Refused => Err(DropAccount::RateLimited),
                }
            });
            match verdict {
                Ok(()) => self.enqueue(around, alert, &candidate, outputs),
                Err(account) => self.drop_candidate(alert, &candidate, account, None, outputs),
            }
        }
        self.note_triggered(around, alert, audience, &outputs[first..]);
        raised
    }

    /// Notes for every message among `outputs` which event it stands for.
    fn note_triggered(
        &mut self,
        around: &Surroundings<'_>,
        alert: &Alert,
        audience: Audience,
        outputs: &[Output],
    ) {
        for output in outputs {
            let Output::Queued {
                kind,
                destination: Some(profile),
                ..
            } = output
            else {
                continue;
            };
            let event = match (audience, kind) {
                (Audience::Periodic(_), kind) => Event::Periodic(*kind),
                (_, MessageType::Group(AlertGroup::Syslog)) => {
                    Event::Pattern(pattern_of(around, alert, *profile))
                }
                (_, kind) => Event::Normal(*kind),
            };
            self.triggered.note(*profile, event, alert.at);
        }
    }

    /// When events last became messages.
    pub(crate) fn triggered(&self) -> &LastTriggered {
        &self.triggered
    }

    /// Throttles a repeated log line once for all its candidates.
    fn throttle(
        &mut self,
        around: &Surroundings<'_>,
        alert: &Alert,
        line: Option<&SyslogText<'_>>,
        candidates: &mut [Candidate],
    ) {
        if !around.configuration.call_home.syslog_throttling {
            self.throttle = None;
            return;
        }
        let anyone = candidates.iter().any(|candidate| candidate.verdict.is_ok());
        let Some(line) = line.filter(|_| anyone) else {
            return;
        };
        let table = self.throttle.get_or_insert_default();
        if !table.admit(line, alert.at, around.policy.throttle_window) {
            for candidate in candidates
                .iter_mut()
                .filter(|candidate| candidate.verdict.is_ok())
            {
                candidate.verdict = Err(DropAccount::Throttled);
            }
        }
    }

    fn enqueue(
        &mut self,
        around: &Surroundings<'_>,
        alert: &Arc<Alert>,
        candidate: &Candidate,
        outputs: &mut Vec<Output>,
    ) {
        // The number is taken before the queue is looked at: how full it is depends on the network,
        // and the identifiers of a run must not.
        let number = self.next_number;
        self.next_number = self.next_number.wrapping_add(2);
        let id = (around.identify)(number, alert.at, candidate.anonymous);
        if self.queue.len() >= around.policy.queue_messages_max {
            self.drop_candidate(alert, candidate, DropAccount::QueueFull, Some(id), outputs);
            return;
        }
        self.queue.push(QueuedMessage {
            id,
            alert: Arc::clone(alert),
            destination: candidate.destination,
            transport: candidate.transport,
            anonymous: candidate.anonymous,
            attempt: 0,
            unconfirmed: false,
            in_flight: false,
            forgotten: false,
        });
        outputs.push(Output::Queued {
            id,
            kind: alert.kind,
            transport: candidate.transport,
            destination: candidate.profile(),
            due: alert.at,
        });
    }

    fn drop_candidate(
        &mut self,
        alert: &Alert,
        candidate: &Candidate,
        account: DropAccount,
        id: Option<MessageId>,
        outputs: &mut Vec<Output>,
    ) {
        match account {
            DropAccount::RateLimited => {
                self.count(Counter::RateLimited, alert.kind, candidate.transport);
            }
            DropAccount::QueueFull => self.count(Counter::Failed, alert.kind, candidate.transport),
            // What nobody asked for is no business of the statistics.
            DropAccount::ServiceDisabled
            | DropAccount::GroupDisabled
            | DropAccount::ProfileInactive
            | DropAccount::ReportingDisabled
            | DropAccount::NotSubscribed
            | DropAccount::BelowSeverity
            | DropAccount::Pattern
            | DropAccount::Anonymous
            | DropAccount::Throttled => {}
        }
        outputs.push(Output::Dropped {
            account,
            kind: alert.kind,
            transport: candidate.transport,
            destination: candidate.profile(),
            at: alert.at,
            id,
        });
    }

    /// The message that is next in line, if none is being sent.
    pub(crate) fn next_to_send(&mut self) -> Option<&mut QueuedMessage> {
        self.queue.front_mut().filter(|message| !message.in_flight)
    }

    /// The message with `id`, if it is still in the queue.
    pub(crate) fn message(&self, id: MessageId) -> Option<&QueuedMessage> {
        self.queue.find(id)
    }

    /// The message with `id`, if it is being sent.
    pub(crate) fn in_flight_mut(&mut self, id: MessageId) -> Option<&mut QueuedMessage> {
        self.queue
            .front_mut()
            .filter(|message| message.in_flight && message.id == id)
    }

    /// Takes the first message out of the queue and books how it ended.
    pub(crate) fn settle_front(
        &mut self,
        now: Timestamp,
        settlement: Settlement,
        outputs: &mut Vec<Output>,
    ) {
        if let Some(message) = self.queue.pop() {
            self.book(&message, now, settlement, outputs);
        }
    }

    fn book(
        &mut self,
        message: &QueuedMessage,
        now: Timestamp,
        settlement: Settlement,
        outputs: &mut Vec<Output>,
    ) {
        let counter = match settlement {
            Settlement::Delivered => Counter::Success,
            Settlement::Failed | Settlement::Unconfirmed | Settlement::Oversize => Counter::Failed,
        };
        if !message.forgotten {
            self.count(counter, message.alert.kind, message.transport);
            if settlement == Settlement::Delivered {
                self.last_sent = Some(now);
            }
        }
        outputs.push(Output::Settled {
            id: message.id,
            kind: message.alert.kind,
            transport: message.transport,
            due: message.alert.at,
            settlement,
        });
    }

    /// Forgets what a reload forgets. Waiting messages fail; one that is being sent stays, because
    /// its bytes may have left already.
    pub(crate) fn reset(&mut self, now: Timestamp, outputs: &mut Vec<Output>) {
        for message in self.queue.take_waiting() {
            self.book(&message, now, Settlement::Failed, outputs);
        }
        self.next_number = 1;
        self.rate_limit = RateLimit::default();
        self.throttle = None;
        self.statistics = None;
        self.last_sent = None;
        self.triggered = LastTriggered::default();
        self.servers_reported = None;
    }

    /// Whether the failure of mail server `server` may be reported by a trap at `now`; if so, it
    /// counts as reported.
    pub(crate) fn may_report_server(&mut self, server: usize, now: Timestamp) -> bool {
        let reported = self.servers_reported.get_or_insert_default();
        let Some(last) = reported.get_mut(server) else {
            return true;
        };
        let due = last.is_none_or(|at| now.duration_since(at) >= SERVER_TRAP_INTERVAL);
        if due {
            *last = Some(now);
        }
        due
    }

    fn count(&mut self, counter: Counter, kind: MessageType, transport: Transport) {
        let statistics = self.statistics.get_or_insert_default();
        statistics.count(counter, kind, transport);
    }

    /// Counters since boot.
    pub(crate) fn statistics(&self) -> Statistics {
        self.statistics.as_deref().cloned().unwrap_or_default()
    }

    /// When the last message was delivered.
    pub(crate) fn last_sent(&self) -> Option<Timestamp> {
        self.last_sent
    }

    /// Whether the engine has no memory of its own.
    #[cfg(test)]
    pub(crate) fn owns_nothing(&self) -> bool {
        self.throttle.is_none()
            && self.statistics.is_none()
            && self.servers_reported.is_none()
            && self.triggered.is_empty()
            && self.queue.owns_nothing()
    }

    /// How many messages of `kind` by `transport` wait or are being sent.
    pub(crate) fn queued_of(&self, kind: MessageType, transport: Transport) -> usize {
        self.queue.count_of(kind, transport)
    }

    /// The messages that wait or are being sent, the next one first.
    pub(crate) fn outstanding(&self) -> impl Iterator<Item = OutstandingMessage> {
        self.queue.iter().map(|message| OutstandingMessage {
            id: message.id,
            kind: message.alert.kind,
            transport: message.transport,
            due: message.alert.at,
        })
    }

    /// How many messages wait or are being sent.
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }
}

/// The periodic messages of `configuration`: for which profile, which group, when.
pub(crate) fn periodic(
    configuration: &Configuration,
) -> impl Iterator<Item = (ProfileId, AlertGroup, crate::config::Schedule)> {
    let enabled = configuration.service_call_home;
    configuration
        .call_home
        .profiles
        .iter()
        .filter(move |profile| enabled && profile.active)
        .flat_map(|profile| {
            let periodic = profile.subscriptions.periodic.iter();
            periodic.map(|(group, schedule)| (profile.id, *group, *schedule))
        })
}
/// The position of the pattern by which `profile` takes the log line of `alert`.
fn pattern_of(around: &Surroundings<'_>, alert: &Alert, profile: ProfileId) -> usize {
    let settings = &around.configuration.call_home;
    let entries = settings
        .profile_by_id(profile)
        .map_or(&[][..], |profile| &profile.subscriptions.syslog);
    if entries.len() < 2 {
        return 0;
    }
    let takes = |entry: &SyslogSubscription| {
        alert.severity >= entry.severity && entry.pattern.matches(&alert.description)
    };
    entries.iter().position(takes).unwrap_or(0)
}
