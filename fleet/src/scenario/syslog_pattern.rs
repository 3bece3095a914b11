//! Log lines with variable parts: `Interface GigabitEthernet0/{0..3}, changed state to {up|down}`.

use rand::{Rng, RngExt};

/// A log line whose variable parts are drawn anew for every event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SyslogPattern {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Text(String),
    /// `{0..3}`: a whole number, both ends included.
    Number {
        first: u32,
        last: u32,
    },
    /// `{up|down}`: one of these.
    Choice(Vec<String>),
}

/// Why a pattern is none.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PatternError {
    /// A brace is not closed.
    #[error("the brace at character {0} is not closed")]
    Unclosed(usize),
    /// Braces hold neither a range nor a choice.
    #[error("`{{{0}}}` is neither a range such as {{0..3}} nor a choice such as {{up|down}}")]
    Unknown(String),
    /// A range that holds no number.
    #[error("the range `{{{0}}}` is empty")]
    Empty(String),
    /// What comes out is no log line.
    #[error(transparent)]
    NotSyslog(#[from] emulator::syslog::NotSyslog),
}

impl SyslogPattern {
    /// Reads `text`.
    ///
    /// # Errors
    /// When braces are wrong, or the line is not of the form `%FACILITY-LEVEL-MNEMONIC: text`.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, from_brace) = rest.split_at(open);
            parts.push(Part::Text(before.to_owned()));
            let close = from_brace
                .find('}')
                .ok_or_else(|| PatternError::Unclosed(text.len() - from_brace.len() + 1))?;
            parts.push(Part::parse(&from_brace[1..close])?);
            rest = &from_brace[close + 1..];
        }
        parts.push(Part::Text(rest.to_owned()));
        let pattern = Self { parts };
        let example = pattern.first();
        emulator::syslog::SyslogText::parse(&example)?;
        Ok(pattern)
    }

    /// The line with every variable part at its first value.
    fn first(&self) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Number { first, .. } => first.to_string(),
                Part::Choice(choices) => choices.first().cloned().unwrap_or_default(),
            })
            .collect()
    }

    /// A line, its variable parts drawn from `random`.
    pub fn draw(&self, random: &mut impl Rng) -> String {
        let mut line = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => line.push_str(text),
                Part::Number { first, last } => {
                    line.push_str(&random.random_range(*first..=*last).to_string());
                }
                Part::Choice(choices) => {
                    let chosen = random.random_range(0..choices.len().max(1));
                    line.push_str(choices.get(chosen).map_or("", String::as_str));
                }
            }
        }
        line
    }
}

impl Part {
    fn parse(text: &str) -> Result<Self, PatternError> {
        if let Some((first, last)) = text.split_once("..") {
            let number = |digits: &str| digits.trim().parse::<u32>().ok();
            return match (number(first), number(last)) {
                (Some(first), Some(last)) if first <= last => Ok(Self::Number { first, last }),
                (Some(_), Some(_)) => Err(PatternError::Empty(text.to_owned())),
                _ => Err(PatternError::Unknown(text.to_owned())),
            };
        }
        if text.contains('|') {
            return Ok(Self::Choice(text.split('|').map(str::to_owned).collect()));
        }
        Err(PatternError::Unknown(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn variable_parts_take_all_their_values_and_no_others() {
        let pattern = SyslogPattern::parse("%LINK-3-UPDOWN: Gi0/{0..3} {up|down}").unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..1_000 {
            seen.insert(pattern.draw(&mut random));
        }
        assert_eq!(seen.len(), 8);
        assert!(seen.contains("%LINK-3-UPDOWN: Gi0/3 down"));
    }

    #[test]
    fn wrong_patterns_say_what_is_wrong() {
        for (text, part) in [
            ("%LINK-3-UPDOWN: {0..", "not closed"),
            ("%LINK-3-UPDOWN: {x}", "neither a range"),
            ("%LINK-3-UPDOWN: {3..0}", "is empty"),
            ("LINK is down", "FACILITY-LEVEL-MNEMONIC"),
        ] {
            let error = SyslogPattern::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
