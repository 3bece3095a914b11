//! The table `[ssh]`: who may log in to devices, and from where.

use std::net::SocketAddr;

use super::{
    super::{CONNECTIONS_MAX, Source, SshSettings, file::SshTable},
    Findings,
};

/// The password of devices whose scenario names none. It opens nothing but emulated devices, and
/// only from this machine.
const PASSWORD_DEFAULT: &str = "cisco";
/// Most connections at once unless configured otherwise.
const SESSIONS_DEFAULT: u32 = 1_000;

/// Reads the table.
pub(super) fn settings(source: &Source, table: &SshTable, findings: &mut Findings) -> SshSettings {
    let own_credentials = table.password.is_some() || table.authorized_keys.is_some();
    let listen = table.listen.as_ref().and_then(|listen| {
        let Ok(address) = listen.get_ref().parse::<SocketAddr>() else {
            findings.add(
                listen.span(),
                format!("`{}` is no address with a port", listen.get_ref()),
                "write, say, listen = \"127.0.0.1:2222\"",
            );
            return None;
        };
        if !address.ip().to_canonical().is_loopback() && !own_credentials {
            findings.add(
                listen.span(),
                format!("{address} can be reached from other machines, and the default password opens it"),
                "set `password` or `authorized-keys` in [ssh], or listen on 127.0.0.1",
            );
        }
        Some(address)
    });
    let privilege = table.privilege.as_ref().map_or(15, |privilege| {
        if !matches!(privilege.get_ref(), 1 | 15) {
            findings.add(
                privilege.span(),
                format!(
                    "a login cannot have privilege level {}",
                    privilege.get_ref()
                ),
                "write 15 for the prompt `#`, or 1 for `>`",
            );
        }
        *privilege.get_ref()
    });
    let sessions = table
        .sessions
        .as_ref()
        .map_or(SESSIONS_DEFAULT, |sessions| {
            if !(1..=CONNECTIONS_MAX).contains(sessions.get_ref()) {
                findings.add(
                    sessions.span(),
                    format!("{} sessions are out of range", sessions.get_ref()),
                    format!("write 1 to {CONNECTIONS_MAX}"),
                );
            }
            *sessions.get_ref()
        });
    if let Some(password) = table
        .password
        .as_ref()
        .filter(|password| password.get_ref().is_empty())
    {
        findings.add(
            password.span(),
            "an empty password opens every device to everybody",
            "write a password, or leave the key out",
        );
    }
    let password = table
        .password
        .as_ref()
        .map(|password| password.get_ref().clone());
    SshSettings {
        listen,
        password: match &table.authorized_keys {
            Some(_) => password,
            None => password.or_else(|| Some(PASSWORD_DEFAULT.to_owned())),
        },
        authorized_keys: table
            .authorized_keys
            .as_ref()
            .map(|path| source.resolve(path.get_ref())),
        privilege,
        sessions,
    }
}
