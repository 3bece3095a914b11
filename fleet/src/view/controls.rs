//! What keys mean: a small state machine of menus, without a terminal.

use super::keyboard::Key;
use crate::{snapshot::FaultLine, steering::Steering, units::Share};

/// The rates that `+` and `-` go through, in times of what the scenario says.
const FACTORS: [f64; 9] = [0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0];
/// Shares of the devices that an event can be raised on, in percent.
const SHARES: [u8; 6] = [1, 5, 10, 25, 50, 100];
/// Where the choice of a share begins.
const SHARE_FIRST: usize = 2;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Action {
    /// Nothing of the run.
    Nothing,
    /// Arrivals wait, or go on.
    PauseOrResume,
    /// Arrivals come so many times as fast.
    Factor(f64),
    /// Something happens on a share of the devices.
    Raise(usize, Share),
    /// A fault goes on or off.
    Switch(usize),
    /// The run ends.
    End,
}

/// What is shown over the figures.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Over {
    /// Nothing.
    #[default]
    Nothing,
    /// What the keys do.
    Help,
    /// What can be raised; the place of the choice.
    Raise(usize),
    /// The faults; the place of the choice.
    Faults(usize),
}

/// Keys and menus.
#[derive(Debug, Default)]
pub(super) struct Controls {
    /// What is shown over the figures.
    pub over: Over,
    /// Number of the share, if one was chosen.
    pub share: Option<usize>,
    /// What can be raised, and whether a share is asked for.
    pub raisable: Vec<(String, bool)>,
    /// Faults by name.
    pub faults: Vec<String>,
    /// The rate that the run has.
    pub factor: Option<f64>,
    /// Whether arrivals wait.
    pub paused: bool,
    /// Whether somebody asked for the end.
    pub ending: bool,
}

impl Controls {
    /// Takes note of what can be done to the run.
    pub(super) fn know(&mut self, steering: &Steering) {
        let raisable = steering.raisable().iter();
        self.raisable = raisable
            .map(|one| (one.name.clone(), one.asks_for_share))
            .collect();
        let faults = steering.faults().into_iter();
        self.faults = faults
            .map(|(target, fault)| {
                let what = fault.name.unwrap_or(fault.what);
                format!("{target}: {what} ({})", fault.state.name())
            })
            .collect();
        self.factor = Some(steering.factor());
        self.paused = steering.is_paused();
    }

    /// The share of devices that is chosen.
    pub(super) fn share(&self) -> u8 {
        SHARES[self.share.unwrap_or(SHARE_FIRST).min(SHARES.len() - 1)]
    }

    /// What `key` asks for.
    pub(super) fn press(&mut self, key: Key) -> Action {
        if key == Key::Interrupt {
            self.ending = true;
            return Action::End;
        }
        match self.over {
            Over::Nothing => self.press_figures(key),
            Over::Help => {
                self.over = Over::Nothing;
                Action::Nothing
            }
            Over::Raise(at) => self.press_raise(key, at),
            Over::Faults(at) => self.press_faults(key, at),
        }
    }

    fn press_figures(&mut self, key: Key) -> Action {
        match key {
            Key::Char(' ' | 'p') => return Action::PauseOrResume,
            Key::Char('+' | '=') => return self.other_factor(true),
            Key::Char('-') => return self.other_factor(false),
            Key::Char('q') => {
                self.ending = true;
                return Action::End;
            }
            Key::Char('e') => self.over = Over::Raise(0),
            Key::Char('f') => self.over = Over::Faults(0),
            Key::Char('?' | 'h') => self.over = Over::Help,
            Key::Char(_)
            | Key::Enter
            | Key::Escape
            | Key::Up
            | Key::Down
            | Key::Left
            | Key::Right
            | Key::Interrupt => {}
        }
        Action::Nothing
    }

    fn other_factor(&self, faster: bool) -> Action {
        let present = self.factor.unwrap_or(1.0);
        let other = match faster {
            true => FACTORS.into_iter().find(|factor| *factor > present),
            false => FACTORS.into_iter().rfind(|factor| *factor < present),
        };
        other.map_or(Action::Nothing, Action::Factor)
    }

    fn press_raise(&mut self, key: Key, at: usize) -> Action {
        match self.choose(key, at, self.raisable.len()) {
            Choice::At(at) => self.over = Over::Raise(at),
            Choice::Away => self.over = Over::Nothing,
            Choice::Sideways(right) => {
                let share = self.share.unwrap_or(SHARE_FIRST);
                let share = if right {
                    share + 1
                } else {
                    share.saturating_sub(1)
                };
                self.share = Some(share.min(SHARES.len() - 1));
            }
            Choice::Taken => {
                self.over = Over::Nothing;
                let share = format!("{}%", self.share()).parse();
                return Action::Raise(at, share.unwrap_or(Share::ALL));
            }
        }
        Action::Nothing
    }

    fn press_faults(&mut self, key: Key, at: usize) -> Action {
        match self.choose(key, at, self.faults.len()) {
            Choice::At(at) => self.over = Over::Faults(at),
            Choice::Away => self.over = Over::Nothing,
            Choice::Sideways(_) => {}
            Choice::Taken => return Action::Switch(at),
        }
        Action::Nothing
    }

    /// What `key` does to a choice at `at` of so many.
    fn choose(&self, key: Key, at: usize, count: usize) -> Choice {
        match key {
            Key::Up | Key::Char('k') => Choice::At(at.saturating_sub(1)),
            Key::Down | Key::Char('j') => Choice::At((at + 1).min(count.saturating_sub(1))),
            Key::Left | Key::Char('-') => Choice::Sideways(false),
            Key::Right | Key::Char('+') => Choice::Sideways(true),
            Key::Enter | Key::Char(' ') if at < count => Choice::Taken,
            Key::Enter | Key::Escape | Key::Char(_) | Key::Interrupt => Choice::Away,
        }
    }
}

/// What becomes of a choice.
enum Choice {
    At(usize),
    Sideways(bool),
    Taken,
    Away,
}

/// Names of the faults of a snapshot, as the menu has them.
pub(super) fn fault_lines(faults: &[FaultLine]) -> Vec<String> {
    let names = faults.iter();
    names
        .map(|fault| format!("{}: {} ({})", fault.target, fault.name, fault.state))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn controls() -> Controls {
        Controls {
            raisable: vec![("power-loss".into(), true), ("again".into(), false)],
            faults: vec!["smtp: slow (active)".into()],
            factor: Some(1.0),
            ..Controls::default()
        }
    }

    #[test]
    fn keys_pause_change_the_rate_and_end() {
        let mut controls = controls();
        assert_eq!(controls.press(Key::Char(' ')), Action::PauseOrResume);
        assert_eq!(controls.press(Key::Char('+')), Action::Factor(1.5));
        assert_eq!(controls.press(Key::Char('-')), Action::Factor(0.5));
        controls.factor = Some(10.0);
        assert_eq!(controls.press(Key::Char('+')), Action::Nothing);
        assert_eq!(controls.press(Key::Char('q')), Action::End);
        assert_eq!(controls.press(Key::Char('q')), Action::End);
        controls.press(Key::Char('f'));
        assert_eq!(
            controls.press(Key::Interrupt),
            Action::End,
            "in a menu, too"
        );
    }

    #[test]
    fn a_menu_raises_what_is_chosen_on_the_share_that_is_chosen() {
        let mut controls = controls();
        for key in [Key::Char('e'), Key::Right, Key::Down, Key::Down, Key::Up] {
            assert_eq!(controls.press(key), Action::Nothing);
        }
        let Action::Raise(0, share) = controls.press(Key::Enter) else {
            panic!("the first is chosen");
        };
        assert_eq!(share.to_string(), "25%");
        assert_eq!(controls.over, Over::Nothing);
    }

    #[test]
    fn a_menu_without_entries_does_nothing_and_closes() {
        let mut controls = Controls::default();
        controls.press(Key::Char('f'));
        assert_eq!(controls.press(Key::Down), Action::Nothing);
        assert_eq!(controls.press(Key::Enter), Action::Nothing);
        assert_eq!(controls.over, Over::Nothing);
    }

    #[test]
    fn faults_are_switched_and_the_menu_stays() {
        let mut controls = controls();
        controls.press(Key::Char('f'));
        assert_eq!(controls.press(Key::Enter), Action::Switch(0));
        assert_eq!(controls.over, Over::Faults(0));
        controls.press(Key::Escape);
        assert_eq!(controls.over, Over::Nothing);
        controls.press(Key::Char('?'));
        assert_eq!(
            controls.press(Key::Char('q')),
            Action::Nothing,
            "it closes help"
        );
    }
}
