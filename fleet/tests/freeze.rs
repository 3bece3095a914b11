//! The proof against a target with known service times counts every message, on any machine.

use std::time::Duration;

use fleet::doctor::freeze::{Case, Service, prove};

#[test]
fn every_message_that_the_target_answered_is_reported_and_none_is_faster_than_its_service() {
    let case = Case {
        name: "always 5 ms",
        service: Service::Fixed(Duration::from_millis(5)),
        rate_per_s: 100,
        seconds: 1,
    };
    let proof = prove(case).unwrap();
    assert!(proof.answered > 50, "{proof:?}");
    assert_eq!(proof.answered, proof.reported);
    for row in &proof.rows {
        // A histogram tells a thousandth apart.
        assert!(row.arithmetic_ms >= 4.99, "{row:?}");
        assert!(row.target_ms >= row.arithmetic_ms * 0.999, "{row:?}");
        assert!(row.reported_ms >= row.target_ms * 0.999, "{row:?}");
        assert!(row.closed_ms >= 4.99, "{row:?}");
    }
    assert!(proof.text().contains("always 5 ms"));
}
