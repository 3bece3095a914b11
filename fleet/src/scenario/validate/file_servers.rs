//! File servers that really exist: where they are, and whether they may be asked.

use super::Findings;
use crate::scenario::{
    FileServer, Overrides,
    file::FileServerTable,
    file_servers::{FileServerError, parse},
};

/// Most file servers of a scenario.
const FILE_SERVERS_MAX: usize = 64;

/// What `tables` name.
pub(super) fn file_servers(
    tables: &[FileServerTable],
    overrides: &Overrides,
    findings: &mut Findings,
) -> Vec<FileServer> {
    let mut servers: Vec<FileServer> = Vec::new();
    for table in tables.iter().take(FILE_SERVERS_MAX) {
        let (host, target) = (table.host.get_ref(), table.target.get_ref());
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_name) {
            findings.add(
                table.host.span(),
                format!("`{host}` is not a host"),
                "write the name or address that stands in the URLs of devices",
            );
            continue;
        }
        let server = match parse(host, target, &overrides.allowed_targets) {
            Ok(server) => server,
            Err(error) => {
                let help = match &error {
                    FileServerError::Public(host) => {
                        format!("if you may load it, say --allow-target {host}")
                    }
                    FileServerError::Scheme(_) => "write tftp, http or https; files for other \
                         schemes are served without a network, by [[file]]"
                        .to_owned(),
                    FileServerError::Form(_) => String::new(),
                };
                findings.add(table.target.span(), error.to_string(), help);
                continue;
            }
        };
        let mut same = servers.iter();
        if same.any(|own| own.host == server.host && own.protocol == server.protocol) {
            findings.add(
                table.host.span(),
                format!("`{host}` is listed twice for one protocol"),
                "remove one; http and https are one protocol here",
            );
        }
        servers.push(server);
    }
    if let Some(table) = tables.get(FILE_SERVERS_MAX) {
        findings.add(
            table.host.span(),
            format!("there are more than {FILE_SERVERS_MAX} file servers"),
            "name fewer",
        );
    }
    servers
}
