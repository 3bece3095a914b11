//! Values with units as scenarios and flags write them; the sinks' faults are written with the same.

pub use sink::units::{DURATION_MAX, Period, RATE_MAX_PER_S, Rate, Share, Size, UnitError};
