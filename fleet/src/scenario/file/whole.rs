//! Whole numbers of a scenario: what is none is answered with the bounds of the key.
//!
//! Only what no whole number of the type can hold is refused here; [`super::super::validate`] knows
//! what a number in its place means.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, Unexpected},
};
use toml::Spanned;

/// Reads a number that is to be from `LEAST` to `MOST`.
pub(super) fn whole<'de, D, T, const LEAST: u64, const MOST: u64>(
    deserializer: D,
) -> Result<Spanned<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    let read = Spanned::<Whole<T, LEAST, MOST>>::deserialize(deserializer)?;
    Ok(Spanned::new(read.span(), read.into_inner().0))
}

/// The same where there may be none.
pub(super) fn whole_if_any<'de, D, T, const LEAST: u64, const MOST: u64>(
    deserializer: D,
) -> Result<Option<Spanned<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    whole::<_, _, LEAST, MOST>(deserializer).map(Some)
}

struct Whole<T, const LEAST: u64, const MOST: u64>(T);

impl<'de, T: TryFrom<i64>, const LEAST: u64, const MOST: u64> Deserialize<'de>
    for Whole<T, LEAST, MOST>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeVisitor::<T, LEAST, MOST>(PhantomData))
    }
}

struct WholeVisitor<T, const LEAST: u64, const MOST: u64>(PhantomData<T>);

impl<T: TryFrom<i64>, const LEAST: u64, const MOST: u64> de::Visitor<'_>
    for WholeVisitor<T, LEAST, MOST>
{
    type Value = Whole<T, LEAST, MOST>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "a whole number from {LEAST} to {}",
            thousands(MOST)
        )
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        T::try_from(number)
            .map(Whole)
            .map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }
}

/// `number` with a comma after every three digits from the right.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        let grouped = [1, 999, 1_000, 5_000_000, 10_000].map(thousands);
        assert_eq!(grouped, ["1", "999", "1,000", "5,000,000", "10,000"]);
    }
}
