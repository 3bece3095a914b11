//! The test vectors of the Call Home reference that concern the engine.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test ends at the unexpected, and picks out what it is about"
)]

#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "support/lab.rs"]
mod lab;

use emulator::{
    AttemptOutcome, DropAccount, Output, Policy, Route, Settlement, Severity, SystemEvent,
    Transport, Trap, call_home::Counter,
};
use jiff::{SignedDuration, ToSpan};
use lab::Lab;

const NOC: &str = "service call-home\n\
    snmp-server enable traps call-home\n\
    call-home\n \
     contact-email-addr noc@example.com\n \
     mail-server smtp1.example.com priority 1\n \
     mail-server smtp2.example.com priority 2\n \
     profile noc\n  \
      destination address email noc@example.com\n  \
      subscribe-to-alert-group syslog severity debugging\n";

fn count(lab: &Lab, wanted: impl Fn(&Output) -> bool) -> usize {
    lab.outputs.iter().filter(|output| wanted(output)).count()
}

fn dropped(lab: &Lab, wanted: DropAccount) -> usize {
    count(
        lab,
        |output| matches!(output, Output::Dropped { account, .. } if *account == wanted),
    )
}

fn settled(lab: &Lab, wanted: Settlement) -> usize {
    count(
        lab,
        |output| matches!(output, Output::Settled { settlement, .. } if *settlement == wanted),
    )
}

#[test]
fn identifiers_carry_the_event_s_second_and_the_group_the_next_number() {
    let mut lab = Lab::seeded(1)
        .on("CSR1000V")
        .with_config(NOC)
        .up_since("2013-06-05T03:11:30Z");
    lab.advance(SignedDuration::from_secs(6));
    lab.syslog("%CLEAR-5-COUNTERS: Clear counter on all interfaces by console");
    let serial = lab.device.serial();
    let message = lab.deliver_next().unwrap();
    assert!(message.contains(&format!(
        "<aml-session:MessageId>M1:{serial}:51AEAC68</aml-session:MessageId>"
    )));
    assert!(message.contains(&format!(
        "<aml-block:GroupId>G2:{serial}:51AEAC68</aml-block:GroupId>"
    )));
    assert!(message.contains("<ch:EventTime>2013-06-05 03:11:36 GMT+00:00</ch:EventTime>"));
}

#[test]
fn log_levels_decide_what_the_predefined_profile_gets() {
    let mut lab = Lab::seeded(1).with_config(
        "service call-home\ncall-home\n contact-email-addr a@example.com\n mail-server s priority 1\n \
         profile CiscoTAC-1\n  active\n",
    );
    for (line, severity, passes) in [
        ("%CLEAR-5-COUNTERS: x", Severity::Notification, false),
        ("%LINK-3-UPDOWN: x", Severity::Minor, false),
        ("%SYS-2-MALLOCFAIL: x", Severity::Major, true),
        ("%SYS-5-CONFIG_I: x", Severity::Notification, false),
        ("%APF-4-WLC_UP: x", Severity::Warning, true),
        ("%APF-3-WLC_DOWN: x", Severity::Minor, true),
    ] {
        lab.outputs.clear();
        lab.syslog(line);
        assert!(
            matches!(&lab.outputs[0], Output::Trigger { severity: found, .. } if *found == severity)
        );
        let queued = count(&lab, |output| matches!(output, Output::Queued { .. }));
        assert_eq!(queued == 1, passes, "{line}");
    }
}

#[test]
fn of_twenty_five_messages_in_one_second_twenty_are_sent_and_five_dropped() {
    let mut lab = Lab::seeded(1).with_config(NOC);
    lab.raise_syslog(25);
    lab.answer(|_| AttemptOutcome::Accepted);
    assert_eq!(settled(&lab, Settlement::Delivered), 20);
    assert_eq!(dropped(&lab, DropAccount::RateLimited), 5);
    let statistics = lab.device.statistics();
    assert_eq!(statistics.total(Counter::Success), 20);
    assert_eq!(statistics.total(Counter::RateLimited), 5);
    assert_eq!(lab.device.queued_messages(), 0);
    assert_eq!(
        lab.show("show logging")
            .matches("%CALL_HOME-4-RATE_LIMIT")
            .count(),
        1
    );
}

#[test]
fn the_limit_opens_again_a_minute_after_the_window_s_first_message() {
    let mut lab = Lab::seeded(1).with_config(NOC);
    lab.raise_syslog(25);
    lab.advance(SignedDuration::from_secs(60));
    lab.syslog("%SYS-3-NEW: another");
    assert_eq!(dropped(&lab, DropAccount::RateLimited), 5);
}

#[test]
fn a_second_mail_server_takes_what_the_first_refuses() {
    let mut lab = Lab::seeded(1).with_config(NOC);
    lab.syslog("%LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down");
    let mut hosts = Vec::new();
    lab.answer(|transmission| {
        if let Route::Mail { host, .. } = &transmission.route {
            hosts.push(host.to_string());
        }
        if transmission.attempt == 0 {
            AttemptOutcome::Refused
        } else {
            AttemptOutcome::Accepted
        }
    });
    assert_eq!(hosts, ["smtp1.example.com", "smtp2.example.com"]);
    assert_eq!(lab.device.statistics().total(Counter::Success), 1);
    assert_eq!(lab.device.statistics().total(Counter::Failed), 0);
    assert_eq!(count(&lab, |o| *o == Output::Trap(Trap::SmtpServerFail)), 1);
    assert_eq!(
        count(&lab, |o| *o == Output::Trap(Trap::SmtpMessageSendFail)),
        0
    );
    assert!(!lab.show("show logging").contains("SMTP_SEND_FAILED"));
}

#[test]
fn when_all_mail_servers_fail_the_message_fails_once_and_is_logged() {
    let mut lab = Lab::seeded(1).with_config(NOC);
    lab.syslog("%LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down");
    lab.answer(|_| AttemptOutcome::Failed);
    assert_eq!(settled(&lab, Settlement::Failed), 1);
    assert_eq!(
        count(&lab, |o| *o == Output::Trap(Trap::SmtpMessageSendFail)),
        1
    );
    let log = lab.show("show logging");
    assert_eq!(log.matches("%CALL_HOME-3-SMTP_SEND_FAILED").count(), 1);
    assert!(log.contains("(ERR 7, error in connecting to SMTP server)"));
}

#[test]
fn a_mail_server_is_reported_by_trap_once_in_ten_seconds() {
    let mut lab = Lab::seeded(1).with_config(NOC);
    lab.raise_syslog(3);
    lab.answer(|t| {
        if t.attempt == 0 {
            AttemptOutcome::Refused
        } else {
            AttemptOutcome::Accepted
        }
    });
    assert_eq!(count(&lab, |o| *o == Output::Trap(Trap::SmtpServerFail)), 1);
    lab.advance(SignedDuration::from_secs(10));
    lab.syslog("%SYS-3-NEW: another");
    lab.answer(|t| {
        if t.attempt == 0 {
            AttemptOutcome::Refused
        } else {
            AttemptOutcome::Accepted
        }
    });
    assert_eq!(count(&lab, |o| *o == Output::Trap(Trap::SmtpServerFail)), 2);
}

#[test]
fn a_lost_reply_stays_unconfirmed_unless_another_server_confirms() {
    let mut lab = Lab::seeded(1).with_config(NOC);
    lab.raise_syslog(2);
    let mut messages = Vec::new();
    lab.answer(|transmission| {
        if !messages.contains(&transmission.id) {
            messages.push(transmission.id);
        }
        match (messages.len(), transmission.attempt) {
            (1, 0) | (2, 0) => AttemptOutcome::Unconfirmed,
            (1, _) => AttemptOutcome::Failed,
            _ => AttemptOutcome::Accepted,
        }
    });
    assert_eq!(settled(&lab, Settlement::Unconfirmed), 1);
    assert_eq!(settled(&lab, Settlement::Delivered), 1);
}

#[test]
fn a_monthly_message_on_the_thirty_first_is_sent_on_the_last_of_june() {
    let mut lab = Lab::seeded(1)
        .with_config(
            "service call-home\ncall-home\n contact-email-addr a@example.com\n mail-server s priority 1\n \
             profile noc\n  destination address email noc@example.com\n  \
             subscribe-to-alert-group inventory periodic monthly 31 09:00\n",
        )
        .up_since("2026-06-01T00:00:00Z");
    lab.advance(
        30.days()
            .to_duration(jiff::SpanRelativeTo::days_are_24_hours())
            .unwrap(),
    );
    let fired: Vec<_> = lab
        .outputs
        .iter()
        .filter_map(|output| match output {
            Output::Trigger { at, .. } => Some(at.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(fired, ["2026-06-30T09:00:00Z"]);
}

#[test]
fn a_message_on_its_way_outlives_a_reload_and_is_settled_once() {
    let mut lab = Lab::seeded(1).with_config(NOC);
    lab.raise_syslog(3);
    let first = lab.next_transmission().unwrap();
    lab.raise(SystemEvent::Reload);
    assert_eq!(
        settled(&lab, Settlement::Failed),
        3,
        "the two that wait, and the reload's own line"
    );
    assert!(
        lab.device
            .render(lab.now, first.id, &mut Vec::new())
            .is_some()
    );
    lab.input(emulator::Input::Outcome {
        id: first.id,
        outcome: AttemptOutcome::Failed,
    });
    assert_eq!(settled(&lab, Settlement::Failed), 4);
    assert!(
        lab.next_transmission().is_none(),
        "a device that is down tries nothing"
    );
    lab.advance(SignedDuration::from_mins(10));
    assert_eq!(lab.device.statistics().total(Counter::Failed), 0);
}

#[test]
fn boots_in_quick_succession_never_repeat_an_identifier() {
    let mut lab = Lab::seeded(1).with_config(NOC);
    let mut identifiers = Vec::new();
    for _ in 0..4 {
        lab.raise_syslog(2);
        lab.answer(|_| AttemptOutcome::Accepted);
        lab.raise(SystemEvent::PowerLost);
        lab.raise(SystemEvent::PowerRestored);
        let up = lab.device.next_deadline().unwrap();
        lab.advance(up.duration_since(lab.now));
    }
    lab.answer(|_| AttemptOutcome::Accepted);
    for output in &lab.outputs {
        if let Output::Queued { id, .. } = output {
            assert!(!identifiers.contains(id), "{id}");
            identifiers.push(*id);
        }
    }
    assert!(identifiers.len() >= 12);
}

#[test]
fn repeated_lines_are_throttled_for_an_hour() {
    let mut lab = Lab::seeded(1).with_config(NOC);
    let line = "%LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down";
    lab.syslog(line);
    lab.syslog(line);
    lab.advance(SignedDuration::from_hours(1));
    lab.syslog(line);
    assert_eq!(dropped(&lab, DropAccount::Throttled), 1);
    assert_eq!(
        count(&lab, |output| matches!(output, Output::Queued { .. })),
        2
    );
}

#[test]
fn every_gate_has_its_account() {
    let with = |service: &str, block: &str, profile: &str| {
        let mut lab = Lab::seeded(1).with_config(&format!(
            "{service}\ncall-home\n contact-email-addr a@example.com\n mail-server s priority 1\n{block} \
             profile noc\n  destination address email noc@example.com\n{profile}"
        ));
        lab.syslog("%LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down");
        // The first candidate is that of the predefined profile.
        let accounts: Vec<_> = lab
            .outputs
            .iter()
            .filter_map(|output| match output {
                Output::Dropped { account, .. } => Some(*account),
                _ => None,
            })
            .collect();
        accounts[1..].to_vec()
    };
    let on = "service call-home";
    let all = "  subscribe-to-alert-group syslog\n";
    assert_eq!(
        with("no service call-home", "", all),
        [DropAccount::ServiceDisabled]
    );
    assert_eq!(
        with(on, " no alert-group syslog\n", all),
        [DropAccount::GroupDisabled]
    );
    assert_eq!(
        with(on, "", "  no active\n"),
        [DropAccount::ProfileInactive]
    );
    let unreported = "  no reporting smart-call-home-data\n";
    assert_eq!(with(on, "", unreported), [DropAccount::ReportingDisabled]);
    assert_eq!(with(on, "", ""), [DropAccount::NotSubscribed]);
    let critical = "  subscribe-to-alert-group syslog severity critical\n";
    assert_eq!(with(on, "", critical), [DropAccount::BelowSeverity]);
    let other = "  subscribe-to-alert-group syslog pattern ^OSPF\n";
    assert_eq!(with(on, "", other), [DropAccount::Pattern]);
    let anonymous = "  anonymous-reporting-only\n  subscribe-to-alert-group syslog\n";
    assert_eq!(with(on, "", anonymous), [DropAccount::Anonymous]);
    assert_eq!(with(on, "", all), []);
}

#[test]
fn a_full_queue_drops_the_newest_message_and_counts_it_as_failed() {
    let policy = Policy {
        queue_messages_max: 2,
        ..Policy::default()
    };
    let mut lab = Lab::seeded(1).with_config(NOC).with_policy(policy);
    lab.raise_syslog(5);
    assert_eq!(dropped(&lab, DropAccount::QueueFull), 3);
    assert_eq!(lab.device.statistics().total(Counter::Failed), 3);
    lab.answer(|_| AttemptOutcome::Accepted);
    assert_eq!(settled(&lab, Settlement::Delivered), 2);
}

#[test]
fn an_alert_group_that_the_model_lacks_reaches_nobody() {
    let mut lab = Lab::seeded(1).on("CISCO2811").with_config(
        "service call-home\ncall-home\n contact-email-addr a@example.com\n mail-server s priority 1\n \
         profile noc\n  destination address email noc@example.com\n  subscribe-to-alert-group all\n",
    );
    lab.raise(SystemEvent::DiagnosticFailure {
        card: 0,
        severity: Severity::Major,
    });
    assert!(lab.outputs.iter().any(|output| matches!(
        output,
        Output::Dropped {
            account: DropAccount::GroupDisabled,
            transport: Transport::Email,
            ..
        }
    )));
}
