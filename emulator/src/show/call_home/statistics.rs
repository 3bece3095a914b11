//! `show call-home statistics`. Reference, section 5.6.

use super::{Writer, push_stamp};
use crate::{
    alert_group::{AlertGroup, MessageType},
    call_home::Counter,
    platform::Vintage,
    text::push,
    transport::Transport,
};

/// The blocks of the output, with the counter behind each; none counts the queue.
const BLOCKS: [(&str, Option<Counter>); 4] = [
    ("Total Success", Some(Counter::Success)),
    ("Total In-Queue", None),
    ("Total Failed", Some(Counter::Failed)),
    (
        "Total Ratelimit\n      -dropped",
        Some(Counter::RateLimited),
    ),
];

/// Messages by mail and by HTTP.
#[derive(Clone, Copy, Default)]
struct Counts {
    email: u32,
    http: u32,
}

impl Counts {
    fn total(self) -> u32 {
        self.email.saturating_add(self.http)
    }
}

impl Writer<'_, '_> {
    pub(super) fn statistics(&mut self) {
        self.line("Message Types    Total                Email                HTTP");
        self.line("-------------   -------------------- -------------------- ------------------");
        for (title, counter) in BLOCKS {
            self.block(title, counter);
            self.line("");
        }
        push(self.out, "Last call-home message sent time: ");
        push_stamp(self.out, self.view, self.view.device.last_sent());
        self.line("");
    }

    fn block(&mut self, title: &str, counter: Option<Counter>) {
        let counts: Vec<_> = MessageType::ALL
            .into_iter()
            .map(|kind| (kind, self.counts(kind, counter)))
            .collect();
        let mut total = Counts::default();
        for (_, own) in &counts {
            total.email += own.email;
            total.http += own.http;
        }
        // The title of the last block goes over two lines; its counts stand on the second.
        let (first, last) = title.rsplit_once('\n').unwrap_or(("", title));
        if !first.is_empty() {
            self.line(first);
        }
        self.row(last, total);
        for (kind, own) in counts {
            if self.is_listed(kind) {
                self.row(&format!("    {:<12}", name(kind)), own);
            }
        }
        if self.vintage() == Vintage::V3 {
            self.row(&format!("    {:<12}", "SCH"), Counts::default());
        }
    }

    fn is_listed(&self, kind: MessageType) -> bool {
        let added_later = matches!(
            kind,
            MessageType::Group(AlertGroup::Crash | AlertGroup::Snapshot)
        );
        // Totals are sums: what an older layout has no row for gets one as soon as it counts.
        let counted = || {
            let mut blocks = BLOCKS.iter();
            blocks.any(|(_, counter)| self.counts(kind, *counter).total() > 0)
        };
        !added_later || self.vintage() == Vintage::V3 || counted()
    }

    fn counts(&self, kind: MessageType, counter: Option<Counter>) -> Counts {
        let device = self.view.device;
        let of = |transport| match counter {
            Some(counter) => device.statistics().get(counter, kind, transport),
            None => device.queued_of(kind, transport),
        };
        Counts {
            email: of(Transport::Email),
            http: of(Transport::Http),
        }
    }

    fn row(&mut self, label: &str, counts: Counts) {
        let total = counts.total();
        let Counts { email, http } = counts;
        self.line(&format!("{label:<16}{total:<21}{email:<21}{http:<21}"));
    }
}

fn name(kind: MessageType) -> &'static str {
    match kind {
        MessageType::Group(AlertGroup::Configuration) => "Config",
        MessageType::Group(AlertGroup::Crash) => "Crash",
        MessageType::Group(AlertGroup::Diagnostic) => "Diagnostic",
        MessageType::Group(AlertGroup::Environment) => "Environment",
        MessageType::Group(AlertGroup::Inventory) => "Inventory",
        MessageType::Group(AlertGroup::Snapshot) => "Snapshot",
        MessageType::Group(AlertGroup::Syslog) => "SysLog",
        MessageType::Test => "Test",
        MessageType::Request => "Request",
        MessageType::CommandOutput => "Send-CLI",
    }
}
