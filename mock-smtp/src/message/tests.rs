//! Ids, types and formats found in messages as devices write them.

use proptest::prelude::*;

use super::*;

const ID: &str = "M8:9S1NMSF22DW:51AEAC68";

const HEADER: &str = "From: <router@example.com>\r\n\
    Subject: System Notification From CSR - syslog - 2013-06-05 03:11:36 GMT+00:00\r\n\
    Message-ID: <M8.9S1NMSF22DW.51AEAC68@CSR>\r\nMIME-Version: 1.0\r\n";

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
    <soap-env:Envelope xmlns:soap-env=\"http://www.w3.org/2003/05/soap-envelope\">\r\n\
    <aml-session:MessageId>M8:9S1NMSF22DW:51AEAC68</aml-session:MessageId>\r\n\
    <aml-block:Type>http://www.cisco.com/2005/05/callhome/inventory</aml-block:Type>\r\n\
    <ch:CallHome xmlns:ch=\"http://www.cisco.com/2005/05/callhome\" version=\"1.0\">\r\n\
    <ch:DeviceId>CSR1000V@C@9S1NMSF22DW</ch:DeviceId>\r\n";

fn inspect_parts(header: &str, body: &str) -> Facts {
    inspect(format!("{header}\r\n{body}").as_bytes())
}

#[test]
fn an_xml_message_tells_id_type_format_device_and_subject() {
    let expected = Facts {
        id: Some(ID.to_owned()),
        id_mismatch: false,
        message_type: "inventory".to_owned(),
        format: Format::Xml,
        device: "CSR1000V@C@9S1NMSF22DW".to_owned(),
        subject: "System Notification From CSR - syslog - 2013-06-05 03:11:36 GMT+00:00".to_owned(),
    };
    assert_eq!(inspect_parts(HEADER, XML), expected);
}

#[test]
fn the_id_of_the_body_serves_when_the_header_has_none() {
    assert_eq!(inspect_parts("Subject: x\r\n", XML).id.as_deref(), Some(ID));
}

#[test]
fn ids_that_disagree_are_a_mismatch_and_the_header_counts() {
    let facts = inspect_parts(HEADER, &XML.replace("M8:", "M9:"));
    assert_eq!((facts.id.as_deref(), facts.id_mismatch), (Some(ID), true));
}

#[test]
fn a_long_text_message_tells_type_and_device() {
    let body = "TimeStamp : 2009-12-03 12:26 GMT+05:00\r\nMessage Name : environment\r\n\
                Device ID : ASR1006@C@FOX105101DH\r\nDevice ID : another\r\n";
    let facts = inspect_parts(HEADER, body);
    assert_eq!(
        (facts.format, &*facts.message_type),
        (Format::LongText, "environment")
    );
    assert_eq!(facts.device, "ASR1006@C@FOX105101DH");
}

#[test]
fn a_short_text_message_takes_its_type_from_the_subject() {
    let facts = inspect_parts(HEADER, "Device Id : CSR\r\nTimeStamp : now\r\n");
    assert_eq!(
        (facts.format, &*facts.message_type),
        (Format::ShortText, "syslog")
    );
    assert_eq!(facts.device, "CSR");
}

#[test]
fn a_quoted_printable_body_is_decoded() {
    let header = format!("{HEADER}Content-Transfer-Encoding: Quoted-Printable\r\n");
    let body = XML
        .replace('=', "=3D")
        .replace("MessageId>M8", "Mess=\r\nageId>M8");
    let facts = inspect_parts(&header, &body.replace("M8:", "M9:"));
    assert!(facts.id_mismatch, "{facts:?}");
    assert_eq!(facts.message_type, "inventory");
}

#[test]
fn a_base64_attachment_is_decoded() {
    use base64::Engine;
    let attachment = base64::engine::general_purpose::STANDARD.encode(XML.replace("M8:", "M9:"));
    let header = format!("{HEADER}Content-Type: multipart/mixed; boundary=\"cut\"\r\n");
    let body = format!(
        "--cut\r\nContent-Type: text/plain\r\n\r\nSee the attachment.\r\n--cut\r\n\
         Content-Type: text/xml; name=callhome.xml\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         {attachment}\r\n--cut--\r\n"
    );
    let facts = inspect_parts(&header, &body);
    assert_eq!(
        (facts.format, facts.id_mismatch),
        (Format::Xml, true),
        "{facts:?}"
    );
    assert_eq!(facts.id.as_deref(), Some(ID));
}

#[test]
fn a_folded_message_id_is_found() {
    let facts = inspect(b"message-id:\r\n <M8.9S1NMSF22DW.51AEAC68@CSR>\r\n\r\n");
    assert_eq!(facts.id.as_deref(), Some(ID));
}

#[test]
fn a_serial_may_hold_dots() {
    let facts = inspect(b"Message-ID: <M12.a.b.51AEAC68@h.example>\r\n\r\n");
    assert_eq!(facts.id.as_deref(), Some("M12:a.b:51AEAC68"));
}

#[test]
fn other_message_ids_are_no_ids() {
    for value in [
        "<20091203.abc@host>",
        "<M8.S.51AEAC68>",
        "<M.S.51AEAC68@h>",
        "<8.S.51AEAC68@h>",
        "<M8..51AEAC68@h>",
        "<M8.S.51AEAC6@h>",
        "<M8.S.51aeac68@h>",
        "<M8.S:T.51AEAC68@h>",
        "M8.S.51AEAC68@h",
        "<M8.S T.51AEAC68@h>",
        "",
    ] {
        let facts = inspect(format!("Message-ID: {value}\r\n\r\n").as_bytes());
        assert_eq!(facts.id, None, "{value}");
    }
}

#[test]
fn a_message_id_below_the_header_is_no_header() {
    let facts = inspect(b"Subject: x\r\n\r\nMessage-ID: <M8.S.51AEAC68@h>\r\n");
    assert_eq!(facts.id, None);
}

#[test]
fn closing_tags_and_longer_names_are_not_taken_for_the_id() {
    let body = "<callhome></a:MessageId>M1:S:00000001<x:OtherMessageId>M2:S:00000001</x>\
                <x:MessageId2>M3:S:00000001<MessageId>M4:S:00000001</MessageId>";
    assert_eq!(inspect_parts("", body).id.as_deref(), Some("M4:S:00000001"));
}

#[test]
fn parts_nested_as_deep_as_they_fit_are_survived() {
    let mut content = HEADER.to_owned();
    for level in 0..1_100 {
        content.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"
        ));
    }
    assert_eq!(inspect(content.as_bytes()).id.as_deref(), Some(ID));
}

#[test]
fn messages_nested_as_deep_as_they_fit_are_survived() {
    let header = format!("{HEADER}Content-Type: multipart/digest; boundary=b\r\n");
    let nested = "--b\r\nContent-Type: message/rfc822\r\n\r\n".repeat(1_500);
    assert_eq!(inspect_parts(&header, &nested).id.as_deref(), Some(ID));
}

#[test]
fn an_empty_message_has_nothing() {
    let facts = inspect(b"");
    assert_eq!(
        (facts.id, &*facts.message_type, facts.format),
        (None, TYPE_UNKNOWN, Format::Other)
    );
}

proptest! {
    #[test]
    fn any_id_in_the_header_is_found(
        number in 0u64..,
        serial in "[A-Z0-9]{1,20}",
        time in any::<u32>(),
        host in "[a-z][a-z0-9.-]{0,20}",
    ) {
        let content = format!("Message-ID: <M{number}.{serial}.{time:08X}@{host}>\r\n\r\nbody");
        let expected = format!("M{number}:{serial}:{time:08X}");
        prop_assert_eq!(inspect(content.as_bytes()).id, Some(expected));
    }

    #[test]
    fn no_bytes_make_the_inspection_panic(content in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = inspect(&content);
    }

    #[test]
    fn a_message_damaged_anywhere_does_not_make_the_inspection_panic(
        at in 0usize..400,
        byte in any::<u8>(),
        cut in 0usize..900,
        encoding in prop_oneof![
            Just("Content-Transfer-Encoding: base64\r\n"),
            Just("Content-Transfer-Encoding: quoted-printable\r\n"),
            Just("Content-Type: multipart/mixed; boundary=\"--=\"\r\n"),
            Just(""),
        ],
    ) {
        let mut content = format!("{HEADER}{encoding}\r\n{XML}").into_bytes();
        if let Some(damaged) = content.get_mut(at) {
            *damaged = byte;
        }
        content.truncate(cut.max(1));
        let _ = inspect(&content);
    }
}
