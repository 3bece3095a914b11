//! Network services of the device: its resolver, its web server.

use crate::{
    cli::call::{Call, Next, Typed},
    config::grammar::{Row, Token::Word},
    template::Template,
};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::exec(1, &[Word("show"), Word("hosts")], hosts, "").with_help(&[("hosts", "IP domain-name, lookup style, nameservers, and host table")]),
    Row::exec(1, &[Word("show"), Word("hosts"), Word("summary")], summary, "").with_help(&[("hosts", "IP domain-name, lookup style, nameservers, and host table"), ("summary", "Summary of the host table")]),
    Row::exec(1, &[Word("show"), Word("ip"), Word("http"), Word("server"), Word("status")], http_server, "").with_help(&[("http", "HTTP information"), ("ip", "IP information"), ("server", "HTTP server information"), ("status", "HTTP server status")]),
];

/// The domain and the name servers as outputs say them.
fn resolver(call: &Call<'_>) -> (String, String) {
    let domain = call.device.domain_name();
    let domain = domain.as_deref().unwrap_or("not set").to_owned();
    let view = call.device.view(call.now);
    let values = view.identity_values();
    let servers: Vec<String> = view
        .running()
        .verbatim
        .named("ip name-server ")
        .map(|text| Template::of_identity(&text).fill(&values).to_string())
        .flat_map(|text| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    let servers = match servers.is_empty() {
        true => "255.255.255.255".to_owned(),
        false => servers.join(", "),
    };
    (domain, servers)
}

fn hosts(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let (domain, servers) = resolver(call);
    call.print(&format!(
        "Default domain is {domain}\n\
         Name/address lookup uses domain service\n\
         Name servers are {servers}\n\n\
         Codes: UN - unknown, EX - expired, OK - OK, ?? - revalidate\n       \
         temp - temporary, perm - permanent\n       \
         NA - Not Applicable None - Not defined\n\n\
         Host                      Port  Flags      Age Type   Address(es)"
    ));
    Next::Prompt
}

fn summary(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let (domain, servers) = resolver(call);
    call.print(&format!(
        "Default domain is {domain}\n\
         Name servers are {servers}\n\
         Local cache entries: 0\n\
         Dynamic cache entries: 0"
    ));
    Next::Prompt
}

/// What the configuration says of the web server.
struct HttpServer {
    plain: bool,
    secure: bool,
    port: String,
    authentication: String,
    access_class: String,
    connections_max: String,
    trustpoint: String,
}

impl HttpServer {
    fn of(call: &Call<'_>) -> Self {
        let lines: Vec<String> = call.device.configuration().verbatim.lines().collect();
        let is_set = |line: &str| lines.iter().any(|own| own == line);
        let value = |command: &str, default: &str| {
            let found = lines.iter().find_map(|line| line.strip_prefix(command));
            found.unwrap_or(default).to_owned()
        };
        Self {
            plain: is_set("ip http server"),
            secure: is_set("ip http secure-server"),
            port: value("ip http port ", "80"),
            authentication: value("ip http authentication ", "enable"),
            access_class: value("ip http access-class ", "0"),
            connections_max: value("ip http max-connections ", "5"),
            trustpoint: value("ip http secure-trustpoint ", ""),
        }
    }
}

fn http_server(call: &mut Call<'_>, _: &Typed<'_>) -> Next {
    let server = HttpServer::of(call);
    let word = |on: bool| if on { "Enabled" } else { "Disabled" };
    let (plain, secure) = (word(server.plain), word(server.secure));
    let HttpServer {
        port,
        authentication,
        access_class,
        connections_max,
        trustpoint,
        ..
    } = server;
    call.print(&format!(
        "HTTP server status: {plain}\n\
         HTTP server port: {port}\n\
         HTTP server authentication method: {authentication}\n\
         HTTP server access class: {access_class}\n\
         HTTP server base path: \n\
         HTTP server help root: \n\
         Maximum number of concurrent server connections allowed: {connections_max}\n\
         Server idle time-out: 180 seconds\n\
         Server life time-out: 180 seconds\n\
         Maximum number of requests allowed on a connection: 1\n\
         HTTP server active session modules: ALL\n\
         HTTP secure server capability: Present\n\
         HTTP secure server status: {secure}\n\
         HTTP secure server port: 443\n\
         HTTP secure server ciphersuite: aes-128-cbc-sha aes-256-cbc-sha\n\
         HTTP secure server client authentication: Disabled\n\
         HTTP secure server trustpoint: {trustpoint}\n\
         HTTP secure server active session modules: ALL"
    ));
    Next::Prompt
}
