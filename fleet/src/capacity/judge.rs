//! Whether a load held the objectives, and whose fault it is if it did not.

use super::{Load, Measured, Outcome};

/// The backlog may grow by this share of the messages that come, before a target counts as falling behind.
const GROWTH_SHARE_MAX: f64 = 0.01;
/// Devices keep something back when a unit of load makes less than this part of the messages that it made
/// at first.
const OFFERED_SHARE_MIN: f64 = 0.9;
/// Where less than this was kept back, that is not why there are so few messages.
const DROPPED_SHARE_MIN: f64 = 0.05;

/// What is demanded beside the thresholds.
#[derive(Clone, Copy, Debug)]
pub struct Demands {
    /// What is raised.
    pub search: Load,
    /// Messages that may fail or stay unconfirmed, as a share.
    pub undelivered_share_max: f64,
}

/// What a load came to. `per_load` is how many messages a second a unit of load made at the lowest load that
/// held, and how many it made here.
#[must_use]
pub fn judge(
    measured: &Measured,
    demands: Demands,
    per_load: (f64, f64),
) -> (Outcome, Vec<String>) {
    let figures = &measured.figures;
    if !measured.invalid.is_empty() {
        return (Outcome::Generator, measured.invalid.clone());
    }
    let mut broken = measured.failed.clone();
    if figures.growth_share > GROWTH_SHARE_MAX {
        broken.push(format!(
            "the backlog grows by {:.1} % of the messages that come",
            figures.growth_share * 100.0
        ));
    }
    if figures.undelivered_share > demands.undelivered_share_max {
        broken.push(format!(
            "{:.2} % of the messages are not delivered",
            figures.undelivered_share * 100.0
        ));
    }
    if !broken.is_empty() {
        return (Outcome::Broken, broken);
    }
    let (before, now) = per_load;
    if now >= before * OFFERED_SHARE_MIN {
        return (Outcome::Held, Vec::new());
    }
    let fleet_wide = demands.search == Load::Devices && figures.dropped_share < DROPPED_SHARE_MIN;
    let why = if fleet_wide {
        "more devices make no more messages: give the traffic a rate of each device (per = \"device\")"
            .to_owned()
    } else {
        format!(
            "{:.0} % of what could have become messages were kept back",
            figures.dropped_share * 100.0
        )
    };
    let words = format!("{now:.2} messages/s for each of the load, {before:.2} at first; {why}");
    (Outcome::Devices, vec![words])
}

#[cfg(test)]
mod tests {
    use super::{super::StepFigures, *};

    const DEMANDS: Demands = Demands {
        search: Load::Rate,
        undelivered_share_max: 0.001,
    };

    fn measured(figures: StepFigures) -> Measured {
        Measured {
            figures,
            ..Measured::default()
        }
    }

    #[test]
    fn a_generator_at_its_limits_says_nothing_about_the_target() {
        let mut late = measured(StepFigures::default());
        late.invalid = vec!["late".to_owned()];
        late.failed = vec!["smtp.response.p99".to_owned()];
        let (outcome, words) = judge(&late, DEMANDS, (1.0, 1.0));
        assert_eq!(
            (outcome, words),
            (Outcome::Generator, vec!["late".to_owned()])
        );
    }

    #[test]
    fn a_target_that_falls_behind_or_loses_messages_breaks_what_nobody_wrote_down() {
        let growing = measured(StepFigures {
            growth_share: 0.029,
            ..StepFigures::default()
        });
        let (outcome, words) = judge(&growing, DEMANDS, (1.0, 1.0));
        assert_eq!(outcome, Outcome::Broken);
        assert_eq!(
            words,
            ["the backlog grows by 2.9 % of the messages that come"]
        );
        let losing = measured(StepFigures {
            undelivered_share: 0.002,
            ..StepFigures::default()
        });
        let (outcome, words) = judge(&losing, DEMANDS, (1.0, 1.0));
        assert_eq!(outcome, Outcome::Broken);
        assert_eq!(words, ["0.20 % of the messages are not delivered"]);
    }

    #[test]
    fn devices_that_send_less_than_asked_are_told_from_traffic_that_does_not_grow() {
        let throttled = measured(StepFigures {
            dropped_share: 0.5,
            ..StepFigures::default()
        });
        let (outcome, words) = judge(&throttled, DEMANDS, (1.0, 0.5));
        assert_eq!(outcome, Outcome::Devices);
        assert!(
            words[0].contains("50 % of what could have become messages"),
            "{words:?}"
        );
        let devices = Demands {
            search: Load::Devices,
            ..DEMANDS
        };
        let (outcome, words) = judge(&measured(StepFigures::default()), devices, (1.0, 0.5));
        assert_eq!(outcome, Outcome::Devices);
        assert!(words[0].contains("per = \"device\""), "{words:?}");
        let (outcome, _) = judge(&measured(StepFigures::default()), DEMANDS, (1.0, 0.95));
        assert_eq!(outcome, Outcome::Held);
    }
}
