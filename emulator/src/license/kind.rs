//! The kinds of license, and what each implies.
//!
//! Source: reference licensing, section 1.6; numbers are those of CISCO-LICENSE-MGMT-MIB.

/// A kind of license.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum LicenseKind {
    /// For a time of use, not bound to a device; built into images.
    Evaluation = 1,
    /// For a further time of use, bound to a device.
    Extension = 2,
    /// For the time of use that follows a rehost, bound to a device.
    GracePeriod = 3,
    /// For ever, bound to a device.
    Permanent = 4,
    /// To a date.
    PaidSubscription = 5,
    /// To a date, once for a device.
    EvaluationSubscription = 6,
    /// To a later date.
    ExtensionSubscription = 7,
    /// For a time of use, and a right to use behind it; built into images.
    EvalRightToUse = 8,
    /// For ever, on trust; what an [`LicenseKind::EvalRightToUse`] becomes.
    RightToUse = 9,
    /// For ever, on trust, from the start.
    PermanentRightToUse = 10,
}

impl LicenseKind {
    /// Every kind, by number.
    pub const ALL: [Self; 10] = [
        Self::Evaluation,
        Self::Extension,
        Self::GracePeriod,
        Self::Permanent,
        Self::PaidSubscription,
        Self::EvaluationSubscription,
        Self::ExtensionSubscription,
        Self::EvalRightToUse,
        Self::RightToUse,
        Self::PermanentRightToUse,
    ];

    /// The kind numbered `code` in the MIB.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == code)
    }

    /// As `License Type:` shows it.
    pub fn shown(self) -> &'static str {
        match self {
            Self::Evaluation => "Evaluation",
            Self::Extension => "Extension",
            Self::GracePeriod => "Grace Period",
            Self::Permanent => "Permanent",
            Self::PaidSubscription => "Paid Subscription",
            Self::EvaluationSubscription => "Evaluation Subscription",
            Self::ExtensionSubscription => "Extension Subscription",
            Self::EvalRightToUse => "EvalRightToUse",
            Self::RightToUse => "RightToUse",
            Self::PermanentRightToUse => "PermanentRightToUse",
        }
    }

    /// As arguments and files name it: the words of [`LicenseKind::shown`], joined by `-`.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Evaluation => "evaluation",
            Self::Extension => "extension",
            Self::GracePeriod => "grace-period",
            Self::Permanent => "permanent",
            Self::PaidSubscription => "paid-subscription",
            Self::EvaluationSubscription => "evaluation-subscription",
            Self::ExtensionSubscription => "extension-subscription",
            Self::EvalRightToUse => "eval-right-to-use",
            Self::RightToUse => "right-to-use",
            Self::PermanentRightToUse => "permanent-right-to-use",
        }
    }

    /// Whether the time of use is limited, so that it is counted while the license is in use.
    pub fn is_metered(self) -> bool {
        match self {
            Self::Evaluation | Self::Extension | Self::GracePeriod | Self::EvalRightToUse => true,
            Self::Permanent
            | Self::PaidSubscription
            | Self::EvaluationSubscription
            | Self::ExtensionSubscription
            | Self::RightToUse
            | Self::PermanentRightToUse => false,
        }
    }

    /// Whether a date ends it.
    pub fn is_subscription(self) -> bool {
        match self {
            Self::PaidSubscription | Self::EvaluationSubscription | Self::ExtensionSubscription => {
                true
            }
            Self::Evaluation
            | Self::Extension
            | Self::GracePeriod
            | Self::Permanent
            | Self::EvalRightToUse
            | Self::RightToUse
            | Self::PermanentRightToUse => false,
        }
    }

    /// Whether it ends, by use or by date.
    pub fn is_limited(self) -> bool {
        self.is_metered() || self.is_subscription()
    }

    /// Whether the end user license agreement has to be accepted explicitly.
    pub fn asks_for_agreement(self) -> bool {
        match self {
            Self::Evaluation
            | Self::Extension
            | Self::GracePeriod
            | Self::EvaluationSubscription
            | Self::ExtensionSubscription
            | Self::EvalRightToUse => true,
            Self::Permanent
            | Self::PaidSubscription
            | Self::RightToUse
            | Self::PermanentRightToUse => false,
        }
    }

    /// Whether lines of this kind come with images only and are never installed from a file.
    pub fn is_image_only(self) -> bool {
        match self {
            Self::EvalRightToUse | Self::RightToUse | Self::PermanentRightToUse => true,
            Self::Evaluation
            | Self::Extension
            | Self::GracePeriod
            | Self::Permanent
            | Self::PaidSubscription
            | Self::EvaluationSubscription
            | Self::ExtensionSubscription => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_numbered_as_in_the_mib() {
        for (code, kind) in (1..).zip(LicenseKind::ALL) {
            assert_eq!(kind as u8, code);
            assert_eq!(LicenseKind::from_code(code), Some(kind));
        }
        assert_eq!(LicenseKind::from_code(0), None);
        assert_eq!(LicenseKind::from_code(11), None);
    }

    #[test]
    fn a_kind_ends_by_use_or_by_date_or_never() {
        for kind in LicenseKind::ALL {
            assert!(!(kind.is_metered() && kind.is_subscription()), "{kind:?}");
        }
    }
}
