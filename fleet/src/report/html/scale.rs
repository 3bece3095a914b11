//! Scales of pictures: where a value goes, and the round numbers that are written beside it.

/// A scale from one edge of a picture to the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    /// From 0 on, evenly.
    Linear {
        /// The far edge.
        most: f64,
    },
    /// Equal factors at equal distances.
    Log {
        /// The near edge.
        least: f64,
        /// The far edge.
        most: f64,
    },
}

/// Largest value of a logarithmic scale; beyond it there is nothing that anybody measured.
const LOG_MAX: f64 = 1e15;
/// Most ticks, whatever the scale.
const TICKS_MAX: usize = 40;
/// The factors between round numbers.
const ROUND: [f64; 3] = [1.0, 2.0, 5.0];

/// The least round number, from 1, 2 and 5 times a power of ten, that is not below `value`.
pub(crate) fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1e-9).log10().floor());
    let found = ROUND
        .into_iter()
        .find(|factor| factor * power >= value * (1.0 - 1e-9));
    found.map_or(10.0 * power, |factor| factor * power)
}

impl Scale {
    /// A linear scale that holds `most`, ending at a round number.
    pub(crate) fn linear(most: f64, ticks: usize) -> Self {
        let most = if most.is_finite() && most > 0.0 {
            most
        } else {
            1.0
        };
        let step = round_up(most / ticks as f64);
        Self::Linear {
            most: (most / step - 1e-9).ceil().max(1.0) * step,
        }
    }

    /// A linear scale of counts, which ends at 1 at the least.
    pub(crate) fn counts(most: f64, ticks: usize) -> Self {
        Self::linear(most.max(1.0), ticks)
    }

    /// A logarithmic scale that holds `least` and `most`, a factor of ten at the least.
    pub(crate) fn log(least: f64, most: f64) -> Self {
        let least = if least.is_finite() {
            least.clamp(1e-3, LOG_MAX)
        } else {
            1e-3
        };
        let most = if most.is_finite() {
            most.clamp(least, LOG_MAX)
        } else {
            least
        };
        let edge = |value: f64, up: bool| {
            let power = 10_f64.powf((value.log10() + 1e-9).floor());
            let factors = [1.0, 2.0, 5.0, 10.0];
            let found = if up {
                factors
                    .into_iter()
                    .find(|factor| factor * power >= value * (1.0 - 1e-6))
            } else {
                factors
                    .into_iter()
                    .rev()
                    .find(|factor| factor * power <= value * (1.0 + 1e-6))
            };
            found.unwrap_or(if up { 10.0 } else { 1.0 }) * power
        };
        let low = edge(least, false);
        Self::Log {
            least: low,
            most: edge(most, true).max(low * 10.0),
        }
    }

    /// Where `value` is, from 0 at the near edge to 1 at the far one.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let place = match *self {
            Self::Linear { most } => value / most,
            Self::Log { least, most } => (value.max(least) / least).ln() / (most / least).ln(),
        };
        place.clamp(0.0, 1.0)
    }

    /// The round numbers to write beside it, about `count` of them.
    pub(crate) fn ticks(&self, count: usize) -> Vec<f64> {
        match *self {
            Self::Linear { most } => {
                let step = round_up(most / count as f64);
                let steps = ((most / step + 1e-9) as usize).min(TICKS_MAX);
                (0..=steps).map(|number| number as f64 * step).collect()
            }
            Self::Log { least, most } => log_ticks(least, most),
        }
    }
}

/// Powers of ten, and their double and fivefold where there is room for them.
fn log_ticks(least: f64, most: f64) -> Vec<f64> {
    let decades = (most / least).log10();
    let factors: &[f64] = if decades <= 2.5 { &ROUND } else { &ROUND[..1] };
    let first = least.log10().floor() as i32;
    let all = (first..first + 16).flat_map(|power| {
        factors
            .iter()
            .map(move |factor| factor * 10_f64.powi(power))
    });
    let within = least * (1.0 - 1e-6)..=most * (1.0 + 1e-6);
    all.filter(|tick| within.contains(tick)).collect()
}

/// A unit for stretches of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TimeUnit {
    /// Its length.
    pub seconds: f64,
    /// Its name.
    pub name: &'static str,
}

impl TimeUnit {
    /// The unit in which `length_s` reads well.
    pub(crate) fn for_length(length_s: f64) -> Self {
        let unit = |seconds, name| Self { seconds, name };
        if length_s <= 300.0 {
            unit(1.0, "s")
        } else if length_s <= 10_800.0 {
            unit(60.0, "min")
        } else if length_s <= 259_200.0 {
            unit(3_600.0, "h")
        } else {
            unit(86_400.0, "d")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(Scale::linear(43.0, 5), Scale::Linear { most: 50.0 });
        let ticks = Scale::linear(43.0, 5).ticks(5);
        assert_eq!(ticks, [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]);
        assert_eq!(Scale::counts(0.0, 4), Scale::Linear { most: 1.0 });
        let log = Scale::log(3.3, 2_400.0);
        assert_eq!(
            log,
            Scale::Log {
                least: 2.0,
                most: 5_000.0
            }
        );
        assert_eq!(log.ticks(9), [10.0, 100.0, 1_000.0]);
    }

    #[test]
    fn places_are_within_the_picture() {
        for scale in [Scale::linear(10.0, 5), Scale::log(1.0, 1e4)] {
            for value in [-1.0, 0.0, 5.0, 1e9] {
                assert!((0.0..=1.0).contains(&scale.place(value)));
            }
        }
    }
}
