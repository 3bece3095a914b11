//! Histograms of intervals: 1 µs to 1 h, three significant digits.

use std::{collections::BTreeMap, time::Duration};

use emulator::{MessageType, Transport};
use hdrhistogram::Histogram;

use super::Responses;
use crate::courier::Phases;

/// Longest interval told apart, in microseconds: one hour. Longer ones count as this long.
const LONGEST_US: u64 = 3_600_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

/// A histogram of intervals. It owns memory from the first value on.
#[derive(Clone, Debug, Default)]
pub struct Latency(Option<Box<Histogram<u64>>>);

impl Latency {
    /// Adds one interval; less than a microsecond counts as one.
    pub fn record(&mut self, interval: Duration) {
        let us = u64::try_from(interval.as_micros()).unwrap_or(LONGEST_US);
        if let Some(histogram) = self.histogram_mut() {
            histogram.saturating_record(us.clamp(1, LONGEST_US));
        }
    }

    fn histogram_mut(&mut self) -> Option<&mut Histogram<u64>> {
        if self.0.is_none() {
            // The bounds are constants that the histogram accepts, so this never stays empty.
            self.0 = Histogram::new_with_bounds(1, LONGEST_US, SIGNIFICANT_DIGITS)
                .ok()
                .map(Box::new);
        }
        self.0.as_deref_mut()
    }

    /// Adds all intervals of `other`.
    pub fn merge(&mut self, other: &Self) {
        let Some(theirs) = &other.0 else {
            return;
        };
        if let Some(histogram) = self.histogram_mut() {
            // Equal bounds always add.
            let _ = histogram.add(theirs.as_ref());
        }
    }

    /// The histogram, if anything has been recorded.
    pub fn histogram(&self) -> Option<&Histogram<u64>> {
        self.0.as_deref()
    }

    /// How many intervals there are.
    pub fn count(&self) -> u64 {
        self.0.as_deref().map_or(0, Histogram::len)
    }

    /// The value at `quantile` (0 to 1) in milliseconds; `None` when nothing was recorded.
    pub fn quantile_ms(&self, quantile: f64) -> Option<f64> {
        let histogram = self.0.as_deref()?;
        Some(histogram.value_at_quantile(quantile) as f64 / 1e3)
    }

    /// The mean in milliseconds; `None` when nothing was recorded.
    pub fn mean_ms(&self) -> Option<f64> {
        self.0.as_deref().map(|histogram| histogram.mean() / 1e3)
    }

    /// The largest value in milliseconds; `None` when nothing was recorded.
    pub fn max_ms(&self) -> Option<f64> {
        self.0
            .as_deref()
            .map(|histogram| histogram.max() as f64 / 1e3)
    }
}

/// The intervals of one transport.
#[derive(Clone, Debug, Default)]
pub struct TransportHistograms {
    /// Due to accepted.
    pub response: Responses,
    /// Started to accepted.
    pub service: Latency,
    /// Due to started.
    pub queue: Latency,
    /// The parts of an attempt, by name in order.
    pub phases: [Latency; Phases::NAMES.len()],
}

impl TransportHistograms {
    /// Adds the phases that took place.
    pub fn record_phases(&mut self, phases: &Phases) {
        for (histogram, phase) in self.phases.iter_mut().zip(phases.in_order()) {
            if let Some(interval) = phase {
                histogram.record(interval);
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        self.response.merge(&other.response);
        self.service.merge(&other.service);
        self.queue.merge(&other.queue);
        for (own, theirs) in self.phases.iter_mut().zip(&other.phases) {
            own.merge(theirs);
        }
    }

    /// The phase called `name`.
    pub fn phase(&self, name: &str) -> Option<&Latency> {
        let position = Phases::NAMES.iter().position(|own| *own == name)?;
        self.phases.get(position)
    }
}

/// All intervals.
#[derive(Clone, Debug, Default)]
pub struct HistogramSet {
    transports: [TransportHistograms; 2],
    by_type: BTreeMap<MessageType, Responses>,
    /// How late events reached their devices.
    pub lag: Latency,
}

impl HistogramSet {
    /// The intervals of `transport`.
    pub fn transport(&self, transport: Transport) -> &TransportHistograms {
        &self.transports[transport as usize]
    }

    /// The intervals of `transport`, to add to.
    pub fn transport_mut(&mut self, transport: Transport) -> &mut TransportHistograms {
        &mut self.transports[transport as usize]
    }

    /// The responses to messages of `kind`, to add to.
    pub fn by_type(&mut self, kind: MessageType) -> &mut Responses {
        self.by_type.entry(kind).or_default()
    }

    /// The responses by message type.
    pub fn types(&self) -> impl Iterator<Item = (MessageType, &Responses)> {
        let types = self.by_type.iter();
        types.map(|(kind, responses)| (*kind, responses))
    }

    /// Adds all intervals of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (own, theirs) in self.transports.iter_mut().zip(&other.transports) {
            own.merge(theirs);
        }
        for (kind, theirs) in &other.by_type {
            self.by_type(*kind).merge(theirs);
        }
        self.lag.merge(&other.lag);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn intervals_out_of_range_count_at_the_ends() {
        let mut latency = Latency::default();
        latency.record(Duration::ZERO);
        latency.record(Duration::from_secs(1_000_000));
        assert_eq!(latency.count(), 2);
        assert!(latency.max_ms().unwrap() >= 3_600_000.0);
        assert_eq!(Latency::default().quantile_ms(0.5), None);
    }

    proptest! {
        #[test]
        fn parts_merge_to_the_whole_bucket_by_bucket(
            values in proptest::collection::vec((0_u8..3, 1_u64..10_000_000), 0..300),
        ) {
            let mut whole = Latency::default();
            let mut parts = [Latency::default(), Latency::default(), Latency::default()];
            for (part, us) in &values {
                whole.record(Duration::from_micros(*us));
                parts[usize::from(*part)].record(Duration::from_micros(*us));
            }
            let mut merged = Latency::default();
            parts.iter().for_each(|part| merged.merge(part));
            prop_assert_eq!(merged.histogram(), whole.histogram());
        }
    }
}
