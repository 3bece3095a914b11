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
/// Privilege level after a login unless configured otherwise.
const PRIVILEGE_DEFAULT: u8 = 15;

/// Reads the table.
pub(super) fn settings(source: &Source, table: &SshTable, findings: &mut Findings) -> SshSettings {
    let password = password(table, findings);
    SshSettings {
        listen: listen(table, findings),
        password: match &table.authorized_keys {
            Some(_) => password,
            None => password.or_else(|| Some(PASSWORD_DEFAULT.to_owned())),
        },
        authorized_keys: table
            .authorized_keys
            .as_ref()
            .map(|path| source.resolve(path.get_ref())),
        privilege: privilege(table, findings),
        sessions: sessions(table, findings),
    }
}

fn listen(table: &SshTable, findings: &mut Findings) -> Option<SocketAddr> {
    let listen = table.listen.as_ref()?;
    let Ok(address) = listen.get_ref().parse::<SocketAddr>() else {
        findings.add(
            listen.span(),
            format!("`{}` is no address with a port", listen.get_ref()),
            "write, say, \"127.0.0.1:2222\"",
        );
        return None;
    };
    let own_credentials = table.password.is_some() || table.authorized_keys.is_some();
    if !address.ip().to_canonical().is_loopback() && !own_credentials {
        findings.add(
            listen.span(),
            format!("{address} can be reached from other machines, where anybody knows the default password"),
            "set `password` or `authorized-keys` in [ssh], or listen on 127.0.0.1",
        );
    }
    Some(address)
}

fn password(table: &SshTable, findings: &mut Findings) -> Option<String> {
    let password = table.password.as_ref()?;
    if password.get_ref().is_empty() {
        findings.add(
            password.span(),
            "an empty password opens every device to everybody",
            "write a password, or leave the key out",
        );
    }
    Some(password.get_ref().clone())
}

fn privilege(table: &SshTable, findings: &mut Findings) -> u8 {
    let Some(privilege) = &table.privilege else {
        return PRIVILEGE_DEFAULT;
    };
    if !matches!(privilege.get_ref(), 1 | 15) {
        findings.add(
            privilege.span(),
            format!("no login has privilege level {}", privilege.get_ref()),
            "write 15 for the prompt `#`, or 1 for `>`",
        );
    }
    *privilege.get_ref()
}

fn sessions(table: &SshTable, findings: &mut Findings) -> u32 {
    let Some(sessions) = &table.sessions else {
        return SESSIONS_DEFAULT;
    };
    if !(1..=CONNECTIONS_MAX).contains(sessions.get_ref()) {
        findings.add(
            sessions.span(),
            format!("{} sessions at once are not possible", sessions.get_ref()),
            format!("write a number from 1 to {CONNECTIONS_MAX}"),
        );
    }
    *sessions.get_ref()
}
