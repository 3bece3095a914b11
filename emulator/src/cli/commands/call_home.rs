//! Exec commands of Call Home.
//!
//! | module | commands |
//! |---|---|
//! | `show` | `show call-home` and its variants |
//! | `mail_servers` | `show call-home mail-server status` |
//! | `messages` | `call-home test`, `send`, `request` |
//! | `reporting` | `call-home reporting` |

mod mail_servers;
mod messages;
mod reporting;
mod show;

pub(super) use mail_servers::ROWS as MAIL_SERVERS;
pub(super) use messages::ROWS as MESSAGES;
pub(super) use reporting::ROWS as REPORTING;
pub(super) use show::ROWS as SHOW;
