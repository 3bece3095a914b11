//! Alert groups and message types.

/// A group of events that destination profiles subscribe to.
///
/// Guide: Configuring Call Home, Table 5; `alert-group` in the command reference.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(
    missing_docs,
    reason = "the keywords of the command line say all there is"
)]
pub enum AlertGroup {
    Configuration,
    Crash,
    Diagnostic,
    Environment,
    Inventory,
    Snapshot,
    Syslog,
}

impl AlertGroup {
    /// Every group, in the alphabetical order of `show call-home`.
    pub const ALL: [Self; 7] = [
        Self::Configuration,
        Self::Crash,
        Self::Diagnostic,
        Self::Environment,
        Self::Inventory,
        Self::Snapshot,
        Self::Syslog,
    ];

    /// The keyword of the command line, also the type of the group's messages.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Crash => "crash",
            Self::Diagnostic => "diagnostic",
            Self::Environment => "environment",
            Self::Inventory => "inventory",
            Self::Snapshot => "snapshot",
            Self::Syslog => "syslog",
        }
    }

    /// The description in `show call-home` and in help.
    pub fn description(self) -> &'static str {
        match self {
            Self::Configuration => "configuration info",
            Self::Crash => "crash and traceback info",
            Self::Diagnostic => "diagnostic info",
            Self::Environment => "environmental info",
            Self::Inventory => "inventory info",
            Self::Snapshot => "snapshot info",
            Self::Syslog => "syslog info",
        }
    }

    /// The group with this exact keyword.
    pub fn from_keyword(keyword: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|group| group.keyword() == keyword)
    }
}

/// A set of alert groups.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct AlertGroupSet(u8);

impl AlertGroupSet {
    /// All seven groups.
    pub const ALL: Self = Self(0b0111_1111);

    /// Whether `group` belongs to the set.
    pub fn contains(self, group: AlertGroup) -> bool {
        self.0 & (1 << group as u8) != 0
    }

    /// Adds `group`.
    pub fn insert(&mut self, group: AlertGroup) {
        self.0 |= 1 << group as u8;
    }

    /// Takes `group` away.
    pub fn remove(&mut self, group: AlertGroup) {
        self.0 &= !(1 << group as u8);
    }
}

/// What a message is about: an alert group's events, or a user's manual message.
///
/// The rows of `show call-home statistics`, without the protocol's own.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum MessageType {
    /// An event of an alert group.
    Group(AlertGroup),
    /// `call-home test`.
    Test,
    /// `call-home request`.
    Request,
    /// `call-home send "COMMANDS"`.
    CommandOutput,
}

impl MessageType {
    /// Every type, in the order of `show call-home statistics`.
    pub const ALL: [Self; 10] = [
        Self::Group(AlertGroup::Configuration),
        Self::Group(AlertGroup::Crash),
        Self::Group(AlertGroup::Diagnostic),
        Self::Group(AlertGroup::Environment),
        Self::Group(AlertGroup::Inventory),
        Self::Group(AlertGroup::Snapshot),
        Self::Group(AlertGroup::Syslog),
        Self::Test,
        Self::Request,
        Self::CommandOutput,
    ];

    /// The word in `ch:Type`, `Message Name` and the subject of a mail.
    pub fn word(self) -> &'static str {
        match self {
            Self::Group(group) => group.keyword(),
            Self::Test => "test",
            Self::Request => "request",
            Self::CommandOutput => "command-output",
        }
    }

    /// Its position in [`MessageType::ALL`].
    pub fn index(self) -> usize {
        match self {
            Self::Group(group) => group as usize,
            Self::Test => 7,
            Self::Request => 8,
            Self::CommandOutput => 9,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_the_position_in_the_list_of_types() {
        for (position, kind) in MessageType::ALL.into_iter().enumerate() {
            assert_eq!(kind.index(), position);
        }
    }

    #[test]
    fn sets_hold_what_was_put_in() {
        let mut set = AlertGroupSet::default();
        set.insert(AlertGroup::Syslog);
        set.insert(AlertGroup::Crash);
        set.remove(AlertGroup::Syslog);
        let held: Vec<_> = AlertGroup::ALL
            .into_iter()
            .filter(|group| set.contains(*group))
            .collect();
        assert_eq!(held, [AlertGroup::Crash]);
    }
}
