//! What a command works with, and what comes after it.

use std::fmt;

use jiff::Timestamp;

use super::{terminal::Terminal, waiting::Waiting};
use crate::{
    config::{
        grammar::Token,
        matching::{Command, Value},
    },
    device::Device,
    output::Output,
    text,
};

/// Carries out a command of a family.
pub(crate) type Run = fn(&mut Call<'_>, &Typed<'_>) -> Next;

/// What a command works with. It prints lines that end with a line feed; the session makes them
/// the terminal's, filters and pages them.
pub(crate) struct Call<'s> {
    /// The device the command is for.
    pub(crate) device: &'s mut Device,
    /// When it is carried out, in the device's time.
    pub(crate) now: Timestamp,
    /// The terminal it was typed on.
    pub(crate) terminal: &'s mut Terminal,
    /// What it prints.
    pub(crate) out: &'s mut Vec<u8>,
    /// What the device has to say to the world because of it.
    pub(crate) outputs: &'s mut Vec<Output>,
}

impl Call<'_> {
    /// Prints `line`.
    pub(crate) fn print(&mut self, line: &str) {
        text::push_line(self.out, line);
    }

    /// Prints `reply`, for a command that is not carried out.
    pub(crate) fn refuse(&mut self, reply: &str) -> Next {
        self.print(reply);
        Next::Refused
    }
}

/// A command as it was typed.
pub(crate) struct Typed<'s> {
    /// The whole line.
    pub(crate) line: &'s str,
    /// What it was understood as.
    pub(crate) command: &'s Command<'s>,
}

impl<'s> Typed<'s> {
    /// The value at `position` if it is text.
    pub(crate) fn text(&self, position: usize) -> Option<&'s str> {
        match self.command.values.get(position) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The keyword chosen at `position`, if that is one.
    pub(crate) fn keyword(&self, position: usize) -> Option<&'static str> {
        match self.command.values.get(position) {
            Some(Value::Keyword(keyword)) => Some(*keyword),
            _ => None,
        }
    }

    /// The text that stands behind `keyword`.
    pub(crate) fn behind(&self, keyword: &str) -> Option<&'s str> {
        let mut values = self.command.values.iter();
        let mut last = None;
        for token in self.command.row.tokens {
            if let Token::Word(own) = token {
                last = Some(*own);
                continue;
            }
            match values.next()? {
                Value::Keyword(own) | Value::Flag(own) => last = Some(*own),
                Value::Text(text) if last == Some(keyword) => return Some(text),
                Value::Text(_) | Value::Integer(_) | Value::Time(_) => last = None,
            }
        }
        None
    }

    /// The value at `position` if it is a number.
    pub(crate) fn integer(&self, position: usize) -> Option<i64> {
        match self.command.values.get(position) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// The line from the value at `position` to its end, as it was typed.
    pub(crate) fn rest(&self, position: usize) -> &'s str {
        let column = self.command.columns.get(position).copied();
        let start = column.and_then(|column| self.line.char_indices().nth(column));
        start.map_or("", |(at, _)| self.line[at..].trim_end())
    }
}

/// What comes after a command or an answer.
#[derive(Debug)]
pub(crate) enum Next {
    /// The prompt; the command was carried out.
    Prompt,
    /// The prompt; the command was refused.
    Refused,
    /// The prompt; the value at this position is pointed at as one that the command does not know.
    Invalid { value: usize },
    /// A question.
    Ask(Dialogue),
    /// Waiting for an outcome.
    Wait(Waiting),
    /// Nothing: the session ends.
    Close,
}

/// How a question is answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// By a line that is echoed.
    Line,
    /// By a line that is not.
    Secret,
    /// By RETURN or `y`; any other key is a no, and the answer is empty then.
    Confirm,
}

/// What happens with an answer.
type Then = Box<dyn FnOnce(&mut Call<'_>, &str) -> Next + Send + Sync>;

/// A question, and what its answer leads to.
pub(crate) struct Dialogue {
    /// What is printed, line feeds included, with the cursor left behind it.
    pub(crate) question: String,
    /// How it is answered.
    pub(crate) answer: Answer,
    /// What the answer, without its line end, leads to.
    pub(crate) then: Then,
}

impl Dialogue {
    /// The question `question`; its answer goes to `then`.
    pub(crate) fn new(
        question: impl Into<String>,
        answer: Answer,
        then: impl FnOnce(&mut Call<'_>, &str) -> Next + Send + Sync + 'static,
    ) -> Self {
        Self {
            question: question.into(),
            answer,
            then: Box::new(then),
        }
    }
}

impl fmt::Debug for Dialogue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Dialogue")
            .field("question", &self.question)
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}
