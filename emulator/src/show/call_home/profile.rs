//! `show call-home profile`. Reference, section 5.3.

use super::{UNSET, Writer, status};
use crate::{
    alert_group::AlertGroup,
    call_home::DerivedMonthly,
    config::{Profile, ProfileKind, Schedule, TimeOfDay},
    platform::Vintage,
    severity::Severity,
    template::Template,
};

/// Columns in front of the second and any further address of a list.
const ADDRESS_INDENTATION: usize = 23;

impl Writer<'_, '_> {
    /// Everything about `profile`, and an empty line.
    pub(super) fn profile(&mut self, profile: &Profile) {
        self.line(&format!(
            "Profile Name: {}\n    Profile status: {}",
            profile.name,
            status(profile)
        ));
        let v3 = self.vintage() == Vintage::V3;
        if v3 || profile.kind == ProfileKind::Tac && self.vintage() == Vintage::V2 {
            let mode = if profile.anonymous {
                "Anonymous Reporting Only"
            } else {
                "Full Reporting"
            };
            self.line(&format!("    Profile mode: {mode}"));
        }
        if v3 {
            self.line(&format!("    Reporting Data: {}", reporting(profile)));
        }
        self.line(&format!(
            "    Preferred Message Format: {}\n    Message Size Limit: {} Bytes",
            profile.format.keyword(),
            profile.size_limit_bytes
        ));
        let transport = match (profile.http, profile.email) {
            (true, true) => "http and email",
            (true, false) => "http",
            (false, _) => "email",
        };
        self.line(&format!("    Transport Method: {transport}"));
        if v3 {
            self.addresses(profile);
        } else {
            self.email_addresses(&profile.mail_recipients());
            let url = self.value(profile.url().as_ref());
            self.line(&format!("    HTTP address(es): {url}"));
        }
        self.line("");
        self.schedules(profile);
        self.subscriptions(profile);
    }

    /// The addresses in use, and those of transports that are off.
    fn addresses(&mut self, profile: &Profile) {
        if profile.http {
            let url = self.value(profile.url().as_ref());
            self.line(&format!("    HTTP  address: {url}"));
        }
        if profile.email {
            self.email_addresses(&profile.mail_recipients());
        }
        let mut others = Vec::new();
        let predefined = profile.kind == ProfileKind::Tac;
        if !profile.http {
            match &profile.http_url {
                Some(url) => others.push(self.value(Some(url))),
                None if predefined && profile.default_url => others.push("default".to_owned()),
                None => {}
            }
        }
        if !profile.email {
            let own = &profile.email_addresses;
            others.extend(own.iter().map(|address| self.value(Some(address))));
            if predefined && own.is_empty() {
                others.push("default".to_owned());
            }
        }
        self.list("    Other address(es): ", &others);
    }

    fn email_addresses(&mut self, addresses: &[Template]) {
        let mut texts: Vec<_> = addresses
            .iter()
            .map(|address| self.value(Some(address)))
            .collect();
        if texts.is_empty() {
            texts.push(UNSET.to_owned());
        }
        self.list("    Email address(es): ", &texts);
    }

    /// A label and its values, one on each line; without values, nothing.
    fn list(&mut self, label: &str, values: &[String]) {
        for (position, value) in values.iter().enumerate() {
            if position == 0 {
                self.line(&format!("{label}{value}"));
            } else {
                self.line(&format!("{:ADDRESS_INDENTATION$}{value}", ""));
            }
        }
    }

    fn schedules(&mut self, profile: &Profile) {
        for (group, schedule) in &profile.subscriptions.periodic {
            let when = when(*schedule, DerivedMonthly::of(&self.view.serial));
            self.line(&format!(
                "    Periodic {} info message is scheduled {when}\n",
                group.keyword()
            ));
        }
    }

    fn subscriptions(&mut self, profile: &Profile) {
        self.line(
            "    Alert-group               Severity\n    ------------------------  ------------",
        );
        let subscribed: Vec<_> = AlertGroup::ALL
            .into_iter()
            .filter_map(|group| Some((group, self.threshold(profile, group)?)))
            .collect();
        if subscribed.is_empty() {
            self.line("    N/A                       N/A");
        }
        for (group, severity) in subscribed {
            self.line(&format!("    {:<24}  {severity:<12}", group.keyword()));
        }
        self.line(
            "\n    Syslog-Pattern            Severity\n    ------------------------  ------------",
        );
        if profile.subscriptions.syslog.is_empty() {
            self.line("    N/A                       N/A");
        }
        for entry in &profile.subscriptions.syslog {
            let (pattern, severity) = (entry.pattern.source(), self.word(entry.severity));
            let gap = if pattern.chars().count() > 24 {
                " "
            } else {
                "  "
            };
            self.line(&format!("    {pattern:<24}{gap}{severity:<12}"));
        }
        self.line("");
    }

    /// The severity that the table shows for `group`, if it is subscribed for its events.
    fn threshold(&self, profile: &Profile, group: AlertGroup) -> Option<&'static str> {
        let subscriptions = &profile.subscriptions;
        let fixed = |severity| subscriptions.normal.contains(group).then_some(severity);
        match group {
            AlertGroup::Diagnostic => subscriptions.diagnostic.map(|own| self.word(own)),
            AlertGroup::Environment => subscriptions.environment.map(|own| self.word(own)),
            AlertGroup::Crash if self.vintage() == Vintage::V3 => fixed("debugging"),
            AlertGroup::Configuration
            | AlertGroup::Crash
            | AlertGroup::Inventory
            | AlertGroup::Snapshot => fixed("normal"),
            AlertGroup::Syslog => None,
        }
    }

    /// The word for `severity`; the least urgent has a shorter one before version 3.
    fn word(&self, severity: Severity) -> &'static str {
        match (self.vintage(), severity) {
            (Vintage::Legacy | Vintage::V2, Severity::Debugging) => "debug",
            _ => severity.keyword(),
        }
    }
}

fn reporting(profile: &Profile) -> &'static str {
    match (profile.reports_call_home, profile.reports_licensing) {
        (true, true) => "Smart Call Home, Smart Licensing",
        (true, false) => "Smart Call Home",
        (false, true) => "Smart Licensing",
        (false, false) => "None",
    }
}

/// When periodic messages are due, in words.
fn when(schedule: Schedule, derived: DerivedMonthly) -> String {
    let time = |at: TimeOfDay| format!("{:02}:{:02}", at.hour, at.minute);
    match schedule {
        Schedule::Daily(at) => format!("daily at {}", time(at)),
        Schedule::Weekly(day, at) => {
            let days = [
                "monday",
                "tuesday",
                "wednesday",
                "thursday",
                "friday",
                "saturday",
                "sunday",
            ];
            let day = days[day.to_monday_zero_offset().unsigned_abs() as usize % 7];
            format!("every {day} at {}", time(at))
        }
        Schedule::Monthly { date, at } => {
            format!("every {date} day of the month at {}", time(at))
        }
        Schedule::Hourly(minute) => format!("hourly at minute {minute:02}"),
        Schedule::Interval(minutes) => format!("every {minutes} minutes"),
        Schedule::DerivedMonthly(minutes) => when(derived.plus_minutes(minutes), derived),
    }
}
