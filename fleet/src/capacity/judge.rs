//! Whether a load held the objectives, and whose fault it is if it did not.

use super::{Measured, Outcome};

/// Devices that keep back so much more of their messages than at first are what limits the load.
const KEPT_BACK_MORE: f64 = 0.05;
/// With so many times the load, there are to be at least so many times the messages.
const LOAD_TIMES: f64 = 1.5;
const MESSAGES_TIMES: f64 = 1.1;

/// What is demanded beside the thresholds.
#[derive(Clone, Copy, Debug)]
pub struct Demands {
    /// Messages that may fail or stay unconfirmed, as a share.
    pub undelivered_share_max: f64,
    /// By how much the backlog may grow, as a share of the messages that come.
    pub growth_share_max: f64,
}

/// A load, and what it made of the devices.
#[derive(Clone, Copy, Debug)]
pub struct Yield {
    /// The load.
    pub load: f64,
    /// Messages per second.
    pub per_s: f64,
    /// What the devices' policy kept back, as a share.
    pub kept_back_share: f64,
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
    if figures.growth_share > demands.growth_share_max && !figures.growth_by_chance {
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
        kept_back_share: figures.kept_back_share,
    };
    match first.and_then(|first| kept_back(now, first)) {
        None => (Outcome::Held, Vec::new()),
        Some(words) => (Outcome::Devices, vec![words]),
    }
}

/// Why the load does not reach the target, if it does not: compared with what it was at `first`.
fn kept_back(now: Yield, first: Yield) -> Option<String> {
    if now.kept_back_share > first.kept_back_share + KEPT_BACK_MORE {
        return Some(format!(
            "the devices' policy keeps back {:.0} % of the messages, {:.0} % at first",
            now.kept_back_share * 100.0,
            first.kept_back_share * 100.0
        ));
    }
    let times = now.load / first.load;
    let stays = times >= LOAD_TIMES && now.per_s < first.per_s * MESSAGES_TIMES;
    stays.then(|| {
        format!(
            "{times:.1} times the load, and no more messages: bursts, and with more devices rates of the whole \
             fleet, stay what they are"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{super::StepFigures, *};

    const DEMANDS: Demands = Demands {
        undelivered_share_max: 0.001,
        growth_share_max: 0.01,
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
    fn a_backlog_that_trembles_does_not_grow() {
        let trembling = measured(StepFigures {
            growth_share: 0.029,
            growth_by_chance: true,
            ..StepFigures::default()
        });
        assert_eq!(judge(100.0, &trembling, DEMANDS, None).0, Outcome::Held);
    }

    #[test]
    fn what_devices_keep_back_is_told_from_traffic_that_does_not_grow() {
        let judged = |load, per_s, kept_back_share| {
            let figures = StepFigures {
                offered_per_s: per_s,
                kept_back_share,
                ..StepFigures::default()
            };
            let first = Yield {
                load: 100.0,
                per_s: 100.0,
                kept_back_share: 0.5,
            };
            judge(load, &measured(figures), DEMANDS, Some(first))
        };
        let (outcome, words) = judged(200.0, 150.0, 0.62);
        assert_eq!(outcome, Outcome::Devices);
        assert_eq!(
            words,
            ["the devices' policy keeps back 62 % of the messages, 50 % at first"]
        );
        let (outcome, words) = judged(200.0, 101.0, 0.5);
        assert_eq!(outcome, Outcome::Devices);
        assert!(
            words[0].starts_with("2.0 times the load, and no more messages"),
            "{words:?}"
        );
        // A part of the traffic is a burst, the other grows.
        assert_eq!(judged(200.0, 130.0, 0.5).0, Outcome::Held);
        assert_eq!(judged(101.0, 100.0, 0.5).0, Outcome::Held);
    }
}
