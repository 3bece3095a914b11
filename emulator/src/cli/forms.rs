//! The forms of commands seen from outside: which there are, and which one a line is.

use std::fmt;

use super::{Session, State, commands, help, interpreter};
use crate::{
    config::grammar::{Row, Token},
    device::Device,
};

/// One form of a command, as a manual writes it: `show call-home profile WORD`.
///
/// Two forms are equal when they are the same row of the grammar. Every model has its own choice of
/// them.
#[derive(Clone, Copy, Debug)]
pub struct CommandForm(&'static Row);

impl PartialEq for CommandForm {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for CommandForm {}

/// Every form of every command, those of all models together.
pub fn command_forms() -> impl Iterator<Item = CommandForm> {
    commands::all_rows().map(CommandForm)
}

impl fmt::Display for CommandForm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}:", self.0.mode)?;
        for token in self.0.tokens {
            match token {
                Token::Word(keyword) => write!(formatter, " {keyword}")?,
                Token::OneOf(keywords) => write!(formatter, " {{{}}}", keywords.join("|"))?,
                Token::Flags(keywords) => write!(formatter, " [{}]", keywords.join("|"))?,
                Token::Argument(argument) => {
                    write!(formatter, " {}", help::placeholder(*argument))?;
                }
            }
        }
        Ok(())
    }
}

impl Session {
    /// The form that `line` has if it is typed now; `None` if it is no command, or if the session
    /// does not wait for one.
    pub fn understands(&self, device: &Device, line: &str) -> Option<CommandForm> {
        match self.state {
            State::Prompt => interpreter::understood(&self.terminal, device, line).map(CommandForm),
            State::Paging(..) | State::Asking(_) | State::Waiting(_) | State::Ended => None,
        }
    }
}
