//! Messages in short text: four lines for a pager. Guide, Table 6; reference, section 4.5.

use crate::text::{push, push_decimal, push_line};

use super::content::Content;

/// Appends the message.
pub(super) fn push_message(out: &mut Vec<u8>, content: &Content<'_>) {
    push(out, "Device Id : ");
    push_line(out, &content.header_hostname());
    push(out, "TimeStamp : ");
    content.view.local(content.alert.at).push_stamp(out);
    push(out, "\nError Message : ");
    push_line(out, &content.alert.description.replace(['\r', '\n'], " "));
    push(out, "Severity Level : ");
    push_decimal(out, content.alert.severity.level().into());
    out.push(b'\n');
}
