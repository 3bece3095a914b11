//! The page for people: totals and the latest messages, no scripts.

use std::fmt::Write;

use crate::books::{Summary, Totals};
use crate::fault::FaultReport;

pub(super) const STYLE: &str = "\
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em }
pre, td { font-family: ui-monospace, monospace; font-size: 13px }
table { border-collapse: collapse }
th, td { text-align: left; padding: .2em .8em .2em 0; border-bottom: 1px solid #8884 }
td { overflow-wrap: anywhere }
";

/// The whole page. Everything that came from a message is escaped.
pub(super) fn render(
    name: &str,
    totals: &Totals,
    faults: &[FaultReport],
    messages: &[Summary],
) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"refresh\" content=\"5\">\n<title>{name}</title>\n\
         <link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n<h1>{name}</h1>\n\
         <p><a href=\"/api/totals\">totals</a>, <a href=\"/api/messages\">messages</a> (JSON), \
         <a href=\"/metrics\">metrics</a></p>\n<pre>{}</pre>\n{}<h2>Latest messages</h2>\n<table>\n\
         <tr><th>No.</th><th>Id</th><th>Type</th><th>Format</th><th>Device</th><th>Bytes</th>\
         <th>Disposition</th><th>Subject</th></tr>\n",
        escaped(&totals.to_string()),
        fault_table(faults),
    );
    for message in messages {
        row(&mut page, message);
    }
    page.push_str("</table>\n</body>\n</html>\n");
    page
}

/// The faults; nothing when there are none.
fn fault_table(faults: &[FaultReport]) -> String {
    if faults.is_empty() {
        return String::new();
    }
    let mut table = "<h2>Faults</h2>\n<table>\n<tr><th>Id</th><th>Name</th><th>What</th>\
                     <th>State</th><th>Active s</th><th>Applied</th></tr>\n"
        .to_owned();
    for fault in faults {
        let _ = writeln!(
            table,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.1}</td><td>{}</td></tr>",
            fault.id.0,
            escaped(fault.name.as_deref().unwrap_or_default()),
            escaped(&fault.what),
            fault.state.name(),
            fault.active_s,
            fault.applied,
        );
    }
    table.push_str("</table>\n");
    table
}

fn row(page: &mut String, message: &Summary) {
    let _ = writeln!(
        page,
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
         <td>{}</td></tr>",
        message.number,
        escaped(&message.id),
        escaped(&message.message_type),
        escaped(&message.format),
        escaped(&message.device),
        message.bytes,
        escaped(message.disposition),
        escaped(&message.subject),
    );
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Control characters have no place in HTML text.
            control if control.is_control() && control != '\n' => safe.push('\u{fffd}'),
            plain => safe.push(plain),
        }
    }
    safe
}
