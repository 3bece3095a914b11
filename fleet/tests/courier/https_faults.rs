//! Every kind of fault at every stage of a request: which account the message lands in, at both ends.

use std::time::Duration;

use emulator::AttemptOutcome;
use fleet::courier::ErrorKind;
use sink::fault::{Protocol, Stage};

use crate::{
    fault_lab::*,
    lab::{URL, http_route, post},
};

async fn check(fault: &str, verdicts: &[Verdict], received: u64, outlasts: bool) {
    let case = Case {
        protocol: Protocol::Https,
        fault,
        route: &http_route(URL),
        verdicts,
        received,
        outlasts,
    };
    case.check().await;
}

#[tokio::test]
async fn a_status_that_is_no_success_is_a_definite_refusal() {
    for code in [301, 401, 403, 404, 429, 500, 503] {
        let fault = format!("status = {{ code = {code}, retry-after = '1500ms' }}");
        check(&fault, &[refused(ErrorKind::Reply, code)], 0, false).await;
    }
}

#[tokio::test]
async fn another_success_is_as_good() {
    for code in [200, 202, 204] {
        let fault = format!("status = {{ code = {code} }}");
        check(&fault, &[ACCEPTED], 1, false).await;
    }
}

#[tokio::test]
async fn a_connection_closed_at_any_stage_loses_the_message_or_leaves_it_unconfirmed() {
    for stage in Protocol::Https.stages() {
        let fault = format!("drop = {{ stage = '{}' }}", stage.name());
        let verdicts: &[Verdict] = if *stage == Stage::Accept {
            &[TLS]
        } else if [Stage::Handshake, Stage::Head].contains(stage) {
            // Whether the kernel has the last byte by then is a matter of moments.
            &[LOST, UNCONFIRMED]
        } else {
            &[UNCONFIRMED]
        };
        check(&fault, verdicts, 0, false).await;
    }
    let fault = "drop = { stage = 'reply', recorded = true }";
    check(fault, &[UNCONFIRMED], 1, false).await;
}

#[tokio::test]
async fn a_broken_reply_leaves_the_message_unconfirmed() {
    for fault in [
        "truncate = { bytes = 0 }",
        "truncate = { bytes = 12 }",
        "truncate = { bytes = 200 }",
        "garbage = {}",
        "endless = {}",
    ] {
        check(fault, &[UNCONFIRMED], 1, false).await;
    }
}

#[tokio::test]
async fn a_reply_in_slices_is_a_reply() {
    check(
        "slice = { bytes = 50, pause = '1ms' }",
        &[ACCEPTED],
        1,
        false,
    )
    .await;
}

#[tokio::test]
async fn a_delay_at_any_stage_is_waited_for() {
    for stage in Protocol::Https.stages() {
        let fault = format!("delay = {{ stage = '{}', time = '1ms' }}", stage.name());
        check(&fault, &[ACCEPTED], 1, false).await;
    }
}

#[tokio::test]
async fn a_delay_beyond_patience_is_a_timeout_or_leaves_the_message_unconfirmed() {
    for stage in Protocol::Https.stages() {
        let fault = format!("delay = {{ stage = '{}', time = '1h' }}", stage.name());
        let verdict = if *stage == Stage::Accept {
            timed_out(ErrorKind::ConnectTimeout)
        } else {
            UNCONFIRMED
        };
        let received = u64::from(*stage == Stage::Reply);
        check(&fault, &[verdict], received, true).await;
    }
}

#[tokio::test]
async fn connections_come_to_nothing_in_every_way() {
    for refusal in ["reset", "close"] {
        check(&format!("refuse = '{refusal}'"), &[TLS], 0, false).await;
    }
    for fault in ["refuse = 'port-closed'", "restart = { down = '1h' }"] {
        let lab = FaultLab::new(Protocol::Https, fault).await;
        lab.start();
        lab.happened().await;
        let attempt = post(&lab.couriers, &http_route(URL)).await;
        assert_eq!(verdict(&attempt), failed(ErrorKind::ConnectRefused));
        assert_eq!(lab.balanced(POST_ID, &[&attempt]).await.received, 0);
    }
}

#[tokio::test]
async fn what_no_client_should_accept_in_a_handshake_is_not_accepted() {
    for flaw in [
        "expired",
        "not-yet-valid",
        "wrong-name",
        "unknown-ca",
        "reset",
    ] {
        check(&format!("tls = '{flaw}'"), &[TLS], 0, false).await;
    }
    let verdict = timed_out(ErrorKind::ConnectTimeout);
    check("tls = 'stall'", &[verdict], 0, true).await;
}

#[tokio::test]
async fn a_resumed_session_does_not_hide_a_bad_certificate() {
    let lab = FaultLab::new(Protocol::Https, "tls = 'expired'").await;
    let first = post(&lab.couriers, &http_route(URL)).await;
    lab.start();
    let second = post(&lab.couriers, &http_route(URL)).await;
    assert_eq!((verdict(&first), verdict(&second)), (ACCEPTED, TLS));
    assert_eq!(lab.balanced(POST_ID, &[&first, &second]).await.received, 1);
}

#[tokio::test]
async fn a_sink_that_stands_still_is_given_up() {
    check(
        "stall = {}",
        &[timed_out(ErrorKind::ConnectTimeout)],
        0,
        true,
    )
    .await;
}

#[tokio::test]
async fn a_sink_that_crawls_is_given_up() {
    // What the client does not wait for may have been booked all the same.
    for (fault, received) in [("slow-read = '1 B/s'", 0), ("slow-write = '1 B/s'", 1)] {
        let lab = FaultLab::changed(Protocol::Https, fault, |scenario| {
            scenario.https.response_timeout = Duration::from_secs(3);
        });
        let lab = lab.await;
        lab.start();
        let attempt = post(&lab.couriers, &http_route(URL)).await;
        assert_eq!(verdict(&attempt), UNCONFIRMED, "{fault}: {attempt:?}");
        assert_eq!(lab.balanced(POST_ID, &[&attempt]).await.received, received);
    }
}

#[tokio::test]
async fn messages_above_the_limit_are_refused_with_503() {
    let fault = "limit = { rate = '1/h', burst = 1 }";
    let lab = FaultLab::new(Protocol::Https, fault).await;
    lab.start();
    let first = post(&lab.couriers, &http_route(URL)).await;
    let second = post(&lab.couriers, &http_route(URL)).await;
    assert_eq!(verdict(&first), ACCEPTED);
    assert_eq!(verdict(&second), refused(ErrorKind::Reply, 503));
    assert_eq!(lab.applied(), 1);
    assert_eq!(lab.balanced(POST_ID, &[&first, &second]).await.received, 1);
}

#[tokio::test]
async fn a_restart_cuts_a_request_whose_message_may_be_recorded() {
    let lab = FaultLab::new(Protocol::Https, "delay = { stage = 'reply', time = '1h' }").await;
    lab.start();
    let route = http_route(URL);
    let cut = async {
        lab.happened().await;
        let restart = toml::from_str("restart = { down = '1ms' }").unwrap();
        lab.board.add_written(&restart).unwrap();
    };
    let (attempt, ()) = tokio::join!(post(&lab.couriers, &route), cut);
    assert_eq!(attempt.outcome, AttemptOutcome::Unconfirmed, "{attempt:?}");
    assert_eq!(lab.balanced(POST_ID, &[&attempt]).await.received, 1);
}
