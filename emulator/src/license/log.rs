//! The log lines of licensing, in one place because several of their wordings are unverified.
//!
//! Source: reference licensing, section 2.4.

use std::fmt;

use super::{
    line::{FEATURE_VERSION, Udi},
    period,
};

/// What happened to a license, as devices log it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum LicenseLog {
    /// A line was installed, accepted, revoked or removed.
    Line {
        what: LineEvent,
        feature: String,
        udi: Udi,
        index: u16,
        store: String,
    },
    /// The agreement was accepted for everything.
    AcceptedAll,
    /// The priority of a feature's license was changed.
    Priority { feature: String, udi: Udi },
    /// Time is running out.
    Expiring {
        feature: String,
        udi: Udi,
        left_s: u64,
    },
    /// Time is over.
    Expired {
        feature: String,
        udi: Udi,
        ago_s: u64,
    },
    /// An evaluation has become a right to use.
    RightToUse { feature: String, udi: Udi },
    /// Someone changed the store behind the device's back.
    StoreDamaged {
        feature: String,
        index: u16,
        store: String,
    },
    /// The store has no room.
    StoreFull { store: String },
    /// What the next boot, or this one, makes of a module.
    Level {
        module: String,
        level: String,
        license: Option<String>,
    },
    /// Users have all there are.
    CountReached {
        feature: String,
        udi: Udi,
        count: u32,
    },
}

/// What happened to a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LineEvent {
    Installed,
    Accepted,
    Revoked,
    Removed,
}

impl LineEvent {
    /// Writes that this happened to the line of `feature` at `place`.
    fn write(self, out: &mut fmt::Formatter<'_>, feature: &str, place: &str) -> fmt::Result {
        let (name, before, what) = match self {
            Self::Installed => ("INSTALL", "Feature", "was installed in this device"),
            Self::Accepted => ("EULA_ACCEPTED", "EULA for feature", "has been accepted"),
            Self::Revoked => ("REVOKE", "Feature", "was revoked from this device"),
            Self::Removed => ("REMOVE", "Feature", "was removed from this device"),
        };
        write!(
            out,
            "%LICENSE-6-{name}: {before} {feature} {FEATURE_VERSION} {what}. {place}"
        )
    }
}

fn span(seconds: u64) -> String {
    period::long(seconds).trim_end().to_owned()
}

/// Writes that the license for `feature` of `udi` ends or has ended.
fn write_end(
    out: &mut fmt::Formatter<'_>,
    name: &str,
    feature: &str,
    udi: &Udi,
    what: &str,
) -> fmt::Result {
    write!(
        out,
        "%LICENSE-1-{name}: License for feature {feature} {FEATURE_VERSION} {what}. UDI={udi}"
    )
}

/// Writes which level of `module` boots next, and on which license.
fn write_level(
    out: &mut fmt::Formatter<'_>,
    module: &str,
    level: &str,
    license: Option<&str>,
) -> fmt::Result {
    let license = license.unwrap_or("No valid license found");
    write!(
        out,
        "%IOS_LICENSE_IMAGE_APPLICATION-6-LICENSE_LEVEL: Module name = {module} Next reboot level = {level} and License = {license}"
    )
}

impl fmt::Display for LicenseLog {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line {
                what,
                feature,
                udi,
                index,
                store,
            } => {
                let place = format!("UDI={udi}; StoreIndex={index}:{store}");
                what.write(out, feature, &place)
            }
            Self::AcceptedAll => out.write_str(
                "%LICENSE-6-EULA_ACCEPT_ALL: The Right to Use End User License Agreement is accepted",
            ),
            Self::Priority { feature, udi } => write!(
                out,
                "%LICENSE-6-PRIORITY: License priority for feature {feature} {FEATURE_VERSION} has changed. UDI={udi}"
            ),
            Self::Expiring {
                feature,
                udi,
                left_s,
            } => write_end(out, "EXPIRING", feature, udi, &format!("will expire in {}", span(*left_s))),
            Self::Expired {
                feature,
                udi,
                ago_s,
            } => write_end(out, "EXPIRED", feature, udi, &format!("has expired {} ago", span(*ago_s))),
            Self::RightToUse { feature, udi } => write!(
                out,
                "%LICENSE-6-RTU_TRANSITION: Evaluation period of feature {feature} {FEATURE_VERSION} is over, the right to use applies. UDI={udi}"
            ),
            Self::StoreDamaged {
                feature,
                index,
                store,
            } => write!(
                out,
                "%LICENSE-2-LIC_STORAGE: Storage validation failed for feature {feature} at StoreIndex={index}:{store}"
            ),
            Self::StoreFull { store } => write!(
                out,
                "%LICENSE-2-LIC_STORAGE: {store} is full, no license was stored"
            ),
            Self::Level {
                module,
                level,
                license,
            } => write_level(out, module, level, license.as_deref()),
            Self::CountReached {
                feature,
                udi,
                count,
            } => write!(
                out,
                "%LICENSE-4-COUNT_REACHED: All {count} licenses for feature {feature} {FEATURE_VERSION} are in use. UDI={udi}"
            ),
        }
    }
}
