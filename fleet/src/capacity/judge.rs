//! Whether a load held the objectives, and whose fault it is if it did not.

use super::{Load, Measured, Outcome};

/// The backlog may grow by this share of the messages that come, before a target counts as falling behind.
const GROWTH_SHARE_MAX: f64 = 0.01;
/// Devices keep something back when a unit of load makes less than this part of the messages that it made
/// at first.
const OFFERED_SHARE_MIN: f64 = 0.9;
/// Loads whose messages differ by less than this share make the same number of them.
const SAME_SHARE: f64 = 0.05;

/// What is demanded beside the thresholds.
#[derive(Clone, Copy, Debug)]
pub struct Demands {
    /// What is raised.
    pub search: Load,
    /// Messages that may fail or stay unconfirmed, as a share.
    pub undelivered_share_max: f64,
}

/// A load, and how many messages a second it made.
#[derive(Clone, Copy, Debug)]
pub struct Yield {
    /// The load.
    pub load: f64,
    /// Messages per second.
    pub per_s: f64,
}

impl Yield {
    fn per_load(self) -> f64 {
        self.per_s / self.load
    }
}

/// What `load` came to, of which `measured` is known. `first` is what the lowest load made that held, if one
/// has.
#[must_use]
pub fn judge(
    load: f64,
    measured: &Measured,
    demands: Demands,
    first: Option<Yield>,
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
    let now = Yield {
        load,
        per_s: figures.offered_per_s,
    };
    let first = first.filter(|first| now.per_load() < first.per_load() * OFFERED_SHARE_MIN);
    match first {
        None => (Outcome::Held, Vec::new()),
        Some(first) => (Outcome::Devices, vec![kept_back(now, first, demands)]),
    }
}

/// Why there are fewer messages for each of the load than at `first`.
fn kept_back(now: Yield, first: Yield, demands: Demands) -> String {
    let same = (now.per_s / first.per_s - 1.0).abs() < SAME_SHARE;
    let why = if same && demands.search == Load::Devices {
        "more devices make no more messages: give the traffic a rate of each device (per = \"device\")"
    } else {
        "`dropped` in the summary of the run says what the devices keep back"
    };
    format!(
        "{:.2} messages/s for each of the load, {:.2} at first; {why}",
        now.per_load(),
        first.per_load()
    )
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
        let (outcome, words) = judge(100.0, &late, DEMANDS, None);
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
        let (outcome, words) = judge(100.0, &growing, DEMANDS, None);
        assert_eq!(outcome, Outcome::Broken);
        assert_eq!(
            words,
            ["the backlog grows by 2.9 % of the messages that come"]
        );
        let losing = measured(StepFigures {
            undelivered_share: 0.002,
            ..StepFigures::default()
        });
        let (outcome, words) = judge(100.0, &losing, DEMANDS, None);
        assert_eq!(outcome, Outcome::Broken);
        assert_eq!(words, ["0.20 % of the messages are not delivered"]);
    }

    #[test]
    fn devices_that_send_less_than_asked_are_told_from_traffic_that_does_not_grow() {
        let judged = |search, per_s| {
            let figures = StepFigures {
                offered_per_s: per_s,
                ..StepFigures::default()
            };
            let demands = Demands { search, ..DEMANDS };
            let first = Yield {
                load: 100.0,
                per_s: 100.0,
            };
            judge(200.0, &measured(figures), demands, Some(first))
        };
        let (outcome, words) = judged(Load::Rate, 150.0);
        assert_eq!(outcome, Outcome::Devices);
        assert!(
            words[0].starts_with("0.75 messages/s for each of the load, 1.00 at first"),
            "{words:?}"
        );
        assert!(words[0].contains("`dropped` in the summary"), "{words:?}");
        let (outcome, words) = judged(Load::Devices, 101.0);
        assert_eq!(outcome, Outcome::Devices);
        assert!(words[0].contains("per = \"device\""), "{words:?}");
        let (outcome, _) = judged(Load::Rate, 190.0);
        assert_eq!(outcome, Outcome::Held);
    }
}
