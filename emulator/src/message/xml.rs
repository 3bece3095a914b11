//! Messages in XML: a SOAP envelope with an AML session and block, the Call Home content, and the
//! command outputs as attachments.
//!
//! One element a line, as the vendor's sample begins. Reference, section 4.2.

use std::{fmt::Display, io::Write};

use jiff::Timestamp;

use crate::text::{any_byte, push, push_decimal, push_xml_attribute, push_xml_text};

use super::{attachments::push_attachment, content::Content};

/// The line that ends an attachment which was cut to fit the size limit.
const TRUNCATED: &str = "*** output truncated: message-size-limit ***\n";
const ATTACHMENT_END: &str = "]]></aml-block:Data>\n</aml-block:Attachment>\n";
const MESSAGE_END: &str =
    "</aml-block:Attachments>\n</aml-block:Block>\n</soap-env:Body>\n</soap-env:Envelope>\n";

/// Appends the message.
pub(super) fn push_message(out: &mut Vec<u8>, content: &Content<'_>) {
    push_head(out, content);
    for command in content.commands.iter() {
        let start = push_attachment_start(out, &command.line);
        push_attachment(out, content, command);
        push_prompt(out, content);
        guard_cdata(out, start);
        push(out, ATTACHMENT_END);
    }
    push(out, MESSAGE_END);
    replace_noncharacters(out);
}

/// Appends the message with as much of its attachments as `limit` bytes take, cutting the last
/// ones first, at line ends. Fails when not even empty attachments fit.
pub(super) fn push_shortened(
    out: &mut Vec<u8>,
    content: &Content<'_>,
    limit: usize,
) -> Result<(), ()> {
    push_head(out, content);
    let mut frame = Vec::new();
    for command in content.commands.iter() {
        push_attachment_start(&mut frame, &command.line);
        push(&mut frame, TRUNCATED);
        push_prompt(&mut frame, content);
        push(&mut frame, ATTACHMENT_END);
    }
    let mut spare = limit
        .checked_sub(out.len() + frame.len() + MESSAGE_END.len())
        .ok_or(())?;
    for command in content.commands.iter() {
        push_attachment_start(out, &command.line);
        let mut output = Vec::new();
        push_attachment(&mut output, content, command);
        guard_cdata(&mut output, 0);
        if output.len() <= spare + TRUNCATED.len() {
            spare = spare + TRUNCATED.len() - output.len();
            out.append(&mut output);
        } else {
            // A split `]]>` holds no line end, so a cut at one leaves a single section open.
            let kept = memchr::memrchr(b'\n', &output[..spare]).map_or(0, |end| end + 1);
            spare -= kept;
            out.extend_from_slice(&output[..kept]);
            push(out, TRUNCATED);
        }
        push_prompt(out, content);
        push(out, ATTACHMENT_END);
    }
    push(out, MESSAGE_END);
    replace_noncharacters(out);
    if out.len() <= limit { Ok(()) } else { Err(()) }
}

/// The parts that do not depend on the attachments, up to and including their opening tag.
fn push_head(out: &mut Vec<u8>, content: &Content<'_>) {
    push(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <soap-env:Envelope xmlns:soap-env=\"http://www.w3.org/2003/05/soap-envelope\">\n\
         <soap-env:Header>\n\
         <aml-session:Session xmlns:aml-session=\"http://www.cisco.com/2004/01/aml-session\" soap-env:mustUnderstand=\"true\" soap-env:role=\"http://www.w3.org/2003/05/soap-envelope/role/next\">\n\
         <aml-session:To>http://tools.cisco.com/neddce/services/DDCEService</aml-session:To>\n\
         <aml-session:Path>\n\
         <aml-session:Via>http://www.cisco.com/appliance/uri</aml-session:Via>\n\
         </aml-session:Path>\n\
         <aml-session:From>http://www.cisco.com/appliance/uri</aml-session:From>\n\
         <aml-session:MessageId>",
    );
    push_display(out, content.id);
    push(
        out,
        "</aml-session:MessageId>\n\
         </aml-session:Session>\n\
         </soap-env:Header>\n\
         <soap-env:Body>\n\
         <aml-block:Block xmlns:aml-block=\"http://www.cisco.com/2004/01/aml-block\">\n\
         <aml-block:Header>\n\
         <aml-block:Type>http://www.cisco.com/2005/05/callhome/",
    );
    push(out, content.alert.kind.word());
    push(out, "</aml-block:Type>\n<aml-block:CreationDate>");
    push_stamp(out, content, content.view.now.max(content.alert.at));
    push(
        out,
        "</aml-block:CreationDate>\n<aml-block:Builder>\n<aml-block:Name>",
    );
    push_xml_text(out, &content.view.platform().family);
    push(
        out,
        "</aml-block:Name>\n<aml-block:Version>2.0</aml-block:Version>\n</aml-block:Builder>\n\
         <aml-block:BlockGroup>\n<aml-block:GroupId>",
    );
    push_display(out, content.id.group());
    push(
        out,
        "</aml-block:GroupId>\n\
         <aml-block:Number>0</aml-block:Number>\n\
         <aml-block:IsLast>true</aml-block:IsLast>\n\
         <aml-block:IsPrimary>true</aml-block:IsPrimary>\n\
         <aml-block:WaitForPrimary>false</aml-block:WaitForPrimary>\n\
         </aml-block:BlockGroup>\n<aml-block:Severity>",
    );
    push_decimal(out, content.alert.severity.level().into());
    push(
        out,
        "</aml-block:Severity>\n</aml-block:Header>\n<aml-block:Content>\n",
    );
    push_call_home(out, content);
    push(out, "</aml-block:Content>\n<aml-block:Attachments>\n");
}

/// The `ch:CallHome` element.
fn push_call_home(out: &mut Vec<u8>, content: &Content<'_>) {
    push(
        out,
        "<ch:CallHome xmlns:ch=\"http://www.cisco.com/2005/05/callhome\" version=\"1.0\">\n<ch:EventTime>",
    );
    push_stamp(out, content, content.alert.at);
    push(out, "</ch:EventTime>\n");
    push_element(out, "ch:MessageDescription", &content.alert.description);
    push(out, "<ch:Event>\n");
    push_element(out, "ch:Type", content.alert.kind.word());
    push_element(out, "ch:SubType", content.alert.subtype);
    push_element(out, "ch:Brand", "Cisco Systems");
    push_element(out, "ch:Series", &content.view.platform().series);
    push(out, "</ch:Event>\n");
    push_customer(out, content);
    push(out, "<ch:Device>\n");
    push_chassis(out, content);
    push(out, "</ch:Device>\n</ch:CallHome>\n");
}

fn push_customer(out: &mut Vec<u8>, content: &Content<'_>) {
    let settings = content.settings();
    let contact = content.personal(&settings.contact_email);
    push(out, "<ch:CustomerData>\n<ch:UserData>\n");
    push_element(out, "ch:Email", &contact);
    push(out, "</ch:UserData>\n<ch:ContractData>\n");
    push_element(
        out,
        "ch:CustomerId",
        &content.personal(&settings.customer_id),
    );
    push_element(out, "ch:SiteId", &content.personal(&settings.site_id));
    push_element(
        out,
        "ch:ContractId",
        &content.personal(&settings.contract_id),
    );
    push(out, "<ch:DeviceId>");
    push_xml_text(out, &content.view.platform().pid);
    push(out, "@C@");
    push(out, content.serial.as_str());
    push(out, "</ch:DeviceId>\n</ch:ContractData>\n<ch:SystemInfo>\n");
    push_element(out, "ch:Name", &content.header_hostname());
    push_element(out, "ch:Contact", "");
    push_element(out, "ch:ContactEmail", &contact);
    push_element(
        out,
        "ch:ContactPhoneNumber",
        &content.personal(&settings.phone_number),
    );
    push_element(
        out,
        "ch:StreetAddress",
        &content.personal(&settings.street_address),
    );
    push(out, "</ch:SystemInfo>\n");
    push_element(out, "ch:CCOID", content.cco_id());
    push_element(out, "ch:IdToken", "");
    push(out, "</ch:CustomerData>\n");
}

fn push_chassis(out: &mut Vec<u8>, content: &Content<'_>) {
    let platform = content.view.platform();
    push(
        out,
        "<rme:Chassis xmlns:rme=\"http://www.cisco.com/rme/4.0\">\n",
    );
    push_element(out, "rme:Model", &platform.pid);
    push_element(out, "rme:HardwareVersion", &platform.hardware_version);
    push_element(out, "rme:SerialNumber", content.serial.as_str());
    push(out, "<rme:AdditionalInformation>\n");
    push_additional(out, "PartNumber", &platform.part_number);
    push_additional(out, "SoftwareVersion", &platform.software_version);
    push_additional(out, "SystemObjectId", &platform.sys_object_id);
    push_additional(out, "SystemDescription", &platform.sys_description);
    push_additional(out, "ServiceNumber", content.service_request());
    push_additional(out, "ForwardAddress", content.forward_address());
    push(out, "</rme:AdditionalInformation>\n");
    for (position, card) in content.cards() {
        push(out, "<rme:Card>\n");
        push_element(out, "rme:Model", &card.pid);
        push_element(out, "rme:SerialNumber", &content.card_serial(position));
        push_element(out, "rme:PartNumber", &card.part_number);
        push_element(out, "rme:LocationWithinContainer", &card.slot);
        push_element(out, "rme:HardwareVersion", &card.hardware_version);
        push(out, "<rme:SoftwareIdentity>\n");
        push_element(out, "rme:VersionString", &card.software_version);
        push(out, "</rme:SoftwareIdentity>\n</rme:Card>\n");
    }
    push(out, "</rme:Chassis>\n");
}

fn push_element(out: &mut Vec<u8>, name: &str, text: &str) {
    out.push(b'<');
    push(out, name);
    out.push(b'>');
    push_xml_text(out, text);
    push(out, "</");
    push(out, name);
    push(out, ">\n");
}

fn push_additional(out: &mut Vec<u8>, name: &str, value: &str) {
    push(out, "<rme:AD name=\"");
    push(out, name);
    push(out, "\" value=\"");
    push_xml_attribute(out, value);
    push(out, "\" />\n");
}

fn push_stamp(out: &mut Vec<u8>, content: &Content<'_>, at: Timestamp) {
    content.view.local(at).push_stamp(out);
}

fn push_display(out: &mut Vec<u8>, value: impl Display) {
    // Writing into a vector cannot fail.
    let _ = write!(out, "{value}");
}

/// Appends the beginning of an attachment; returns where its text starts.
fn push_attachment_start(out: &mut Vec<u8>, line: &str) -> usize {
    push(out, "<aml-block:Attachment type=\"inline\">\n");
    push_element(out, "aml-block:Name", line);
    push(out, "<aml-block:Data encoding=\"plain\">\n<![CDATA[");
    let start = out.len();
    push(out, line);
    out.push(b'\n');
    start
}

fn push_prompt(out: &mut Vec<u8>, content: &Content<'_>) {
    push(out, &content.prompt_hostname);
    out.push(b'#');
}

/// Replaces U+FFFE and U+FFFF, which no XML document may hold, by as many bytes.
fn replace_noncharacters(out: &mut [u8]) {
    let mut from = 0;
    while let Some(at) = memchr::memmem::find(&out[from..], b"\xEF\xBF") {
        let start = from + at;
        from = start + 2;
        if let Some(0xBE | 0xBF) = out.get(from) {
            out[start..=from].fill(b'?');
        }
    }
}

/// Splits every `]]>` from `start` on over two CDATA sections, and replaces what XML cannot carry.
fn guard_cdata(out: &mut Vec<u8>, start: usize) {
    let forbidden = |byte: u8| (byte < b' ') & (byte != b'\n') & (byte != b'\t') & (byte != b'\r');
    if any_byte(&out[start..], forbidden) {
        let bytes = out[start..].iter_mut();
        bytes
            .filter(|byte| forbidden(**byte))
            .for_each(|byte| *byte = b'?');
    }
    if memchr::memmem::find(&out[start..], b"]]>").is_none() {
        return;
    }
    let text = String::from_utf8_lossy(&out[start..]).replace("]]>", "]]]]><![CDATA[>");
    out.truncate(start);
    push(out, &text);
}
