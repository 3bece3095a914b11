//! Exec commands of Call Home.
//!
//! | module | commands |
//! |---|---|
//! | `show` | `show call-home` and its variants |
//! | `messages` | `call-home test`, `send`, `request` |
//! | `reporting` | `call-home reporting` |

mod messages;
mod reporting;
mod show;

pub(super) use messages::ROWS as MESSAGES;
pub(super) use reporting::ROWS as REPORTING;
pub(super) use show::ROWS as SHOW;
