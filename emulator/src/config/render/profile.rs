//! Destination profiles as the configuration prints them.

use super::Writer;
use crate::{
    alert_group::AlertGroup,
    call_home::schedule::DerivedMonthly,
    config::{
        MessageFormat, Profile, ProfileKind, Schedule, Subscriptions,
        profile::{MESSAGE_SIZE_LIMIT_MAX, TAC_URL},
    },
    severity::Severity,
    text::{push, push_decimal, push_line},
};

impl Writer<'_> {
    pub(super) fn profile(&mut self, profile: &Profile) {
        let default = match profile.kind {
            ProfileKind::Tac => Profile::tac(),
            ProfileKind::User => Profile::user(&profile.name),
        };
        push(self.out, " profile \"");
        push(self.out, &profile.name);
        push_line(self.out, "\"");
        if profile.active != default.active || self.all {
            push_line(
                self.out,
                if profile.active {
                    "  active"
                } else {
                    "  no active"
                },
            );
        }
        self.when(profile.anonymous, "  anonymous-reporting-only");
        let reporting = [
            (
                "smart-call-home-data",
                profile.reports_call_home,
                default.reports_call_home,
            ),
            (
                "smart-licensing-data",
                profile.reports_licensing,
                default.reports_licensing,
            ),
        ];
        for (what, on, by_default) in reporting {
            if on != by_default || self.all {
                push(
                    self.out,
                    if on {
                        "  reporting "
                    } else {
                        "  no reporting "
                    },
                );
                push_line(self.out, what);
            }
        }
        self.destination(profile);
        if profile.kind == ProfileKind::User {
            self.subscriptions(&profile.subscriptions);
        }
    }

    fn destination(&mut self, profile: &Profile) {
        if profile.format != MessageFormat::Xml || self.all {
            push(self.out, "  destination preferred-msg-format ");
            push_line(self.out, profile.format.keyword());
        }
        if profile.size_limit_bytes != MESSAGE_SIZE_LIMIT_MAX || self.all {
            self.number_line(
                "  destination message-size-limit ",
                profile.size_limit_bytes.into(),
            );
        }
        self.when(
            self.all && profile.email,
            "  destination transport-method email",
        );
        self.when(profile.http, "  destination transport-method http");
        self.when(!profile.email, "  no destination transport-method email");
        for address in &profile.email_addresses {
            self.line_with("  destination address email ", address, "");
        }
        if profile.kind == ProfileKind::Tac && !profile.default_url {
            push(self.out, "  no destination address http ");
            push_line(self.out, TAC_URL);
        }
        match &profile.http_url {
            Some(url) => self.line_with("  destination address http ", url, ""),
            None if self.all && profile.default_url => {
                push(self.out, "  destination address http ");
                push_line(self.out, TAC_URL);
            }
            None => {}
        }
    }

    fn subscriptions(&mut self, subscriptions: &Subscriptions) {
        for group in AlertGroup::ALL {
            let threshold = match group {
                AlertGroup::Diagnostic => subscriptions.diagnostic,
                AlertGroup::Environment => subscriptions.environment,
                AlertGroup::Configuration
                | AlertGroup::Crash
                | AlertGroup::Inventory
                | AlertGroup::Snapshot
                | AlertGroup::Syslog => None,
            };
            if let Some(threshold) = threshold {
                self.subscribed(group);
                self.threshold(threshold);
                self.end_line();
            } else if subscriptions.normal.contains(group) {
                self.subscribed(group);
                self.end_line();
            }
            if let Some(schedule) = subscriptions.schedule(group) {
                self.subscribed(group);
                self.schedule(schedule);
                self.end_line();
            }
        }
        for entry in &subscriptions.syslog {
            self.subscribed(AlertGroup::Syslog);
            self.threshold(entry.severity);
            push(self.out, " pattern \"");
            push(self.out, entry.pattern.source());
            push_line(self.out, "\"");
        }
    }

    fn subscribed(&mut self, group: AlertGroup) {
        push(self.out, "  subscribe-to-alert-group ");
        push(self.out, group.keyword());
    }

    fn threshold(&mut self, severity: Severity) {
        push(self.out, " severity ");
        push(self.out, severity.keyword());
    }

    fn schedule(&mut self, schedule: Schedule) {
        push(self.out, " periodic ");
        self.schedule_text(schedule);
    }

    fn schedule_text(&mut self, schedule: Schedule) {
        const WEEKDAYS: [&str; 7] = [
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ];
        match schedule {
            Schedule::Daily(at) => {
                push(self.out, "daily ");
                self.time(at);
            }
            Schedule::Weekly(day, at) => {
                push(self.out, "weekly ");
                push(self.out, WEEKDAYS[day.to_monday_zero_offset() as usize % 7]);
                self.out.push(b' ');
                self.time(at);
            }
            Schedule::Monthly { date, at } => {
                push(self.out, "monthly ");
                push_decimal(self.out, date.into());
                self.out.push(b' ');
                self.time(at);
            }
            Schedule::Hourly(minute) => {
                push(self.out, "hourly ");
                push_decimal(self.out, minute.into());
            }
            Schedule::Interval(minutes) => {
                push(self.out, "interval ");
                push_decimal(self.out, minutes.into());
            }
            // A copy of the predefined profile keeps its schedule. No command spells it, so each
            // device prints what it amounts to there.
            Schedule::DerivedMonthly(minutes) => {
                let derived = self.derived.unwrap_or(DerivedMonthly::EARLIEST);
                self.schedule_text(derived.plus_minutes(minutes));
            }
        }
    }
}
