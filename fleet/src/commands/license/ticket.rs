//! `fleet license ticket`: a portal's permission to take licenses off a device.

use std::io::{self, Write};

use emulator::license::{LicenseId, LicenseKind, Order, ticket::PermissionTicket};

use super::{complain_of, issuer, write};
use crate::{arguments::license::TicketArguments, clock, exit::Exit, grant::Grant};

/// Runs the command.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn execute(arguments: &TicketArguments) -> anyhow::Result<Exit> {
    let issued_at = arguments.issuer.issued_at;
    let issued_at = issued_at.unwrap_or_else(clock::calendar_now);
    let Ok(issued_at_s) = u64::try_from(issued_at.as_second()) else {
        complain_of(
            "no license was issued before 1970",
            "give a later --issued-at",
        );
        return Ok(Exit::Usage);
    };
    let Some(issuer) = issuer(&arguments.issuer) else {
        return Ok(Exit::ScenarioInvalid);
    };
    let mut add = Vec::new();
    for feature in &arguments.grace {
        let grant = Grant {
            feature,
            kind: Some(LicenseKind::GracePeriod.keyword()),
            period: Some(arguments.period.0),
            ..Grant::default()
        };
        match grant.terms() {
            Ok(terms) => {
                let order = Order::new(terms, arguments.udi.clone(), issued_at_s);
                add.push(order.line(&issuer));
            }
            Err(error) => {
                complain_of(error.message, error.help);
                return Ok(Exit::Usage);
            }
        }
    }
    let mut ticket = PermissionTicket {
        id: arguments.id.clone().unwrap_or_default(),
        udi: arguments.udi.clone(),
        remove: arguments.remove.clone(),
        add,
    };
    if arguments.id.is_none() {
        ticket.id = format!("PT-{}", LicenseId::derived(&[&ticket.file(&issuer)]));
    }
    let file = ticket.file(&issuer);
    match &arguments.out {
        Some(path) => write(path, &file)?,
        None => {
            // A reader that has gone away is no reason to fail.
            let _ = io::stdout().write_all(&file);
        }
    }
    Ok(Exit::Passed)
}
