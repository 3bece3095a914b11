//! What is read of each kind of message, and what is refused.

use proptest::prelude::*;

use super::*;

const SYSLOG: &str = include_str!("../../tests/data/syslog.xml");
const TEST: &str = include_str!("../../tests/data/test.xml");

const KINDS: [(&str, &str); 12] = [
    ("syslog", SYSLOG),
    (
        "configuration",
        include_str!("../../tests/data/configuration.xml"),
    ),
    ("inventory", include_str!("../../tests/data/inventory.xml")),
    (
        "inventory",
        include_str!("../../tests/data/inventory-delta.xml"),
    ),
    ("inventory", include_str!("../../tests/data/anonymous.xml")),
    (
        "environment",
        include_str!("../../tests/data/environment.xml"),
    ),
    (
        "diagnostic",
        include_str!("../../tests/data/diagnostic.xml"),
    ),
    ("crash", include_str!("../../tests/data/crash.xml")),
    ("snapshot", include_str!("../../tests/data/snapshot.xml")),
    ("test", TEST),
    ("request", include_str!("../../tests/data/request.xml")),
    (
        "command-output",
        include_str!("../../tests/data/command-output.xml"),
    ),
];

fn parse(text: &str) -> Result<Message<'_>, IntakeError> {
    read(text.as_bytes(), &IntakeLimits::default())
}

fn fault_of(text: &str) -> Fault {
    parse(text).unwrap_err().fault
}

/// The syslog sample with one piece of it replaced.
fn syslog_with(old: &str, new: &str) -> String {
    assert_eq!(SYSLOG.matches(old).count(), 1, "{old}");
    SYSLOG.replace(old, new)
}

#[test]
fn every_kind_of_message_is_read() {
    for (kind, text) in KINDS {
        let message = parse(text).unwrap();
        assert_eq!(message.kind, kind);
        assert_eq!(message.event_type, kind);
    }
}

#[test]
fn the_values_of_a_message_are_those_written() {
    let message = parse(SYSLOG).unwrap();
    assert_eq!(message.message_id, "M9:FTX1840ALBY:69B53F41");
    assert_eq!(message.group_id, "G10:FTX1840ALBY:69B53F41");
    assert_eq!(message.created, "2026-03-14 04:50:01 GMT-06:00");
    assert_eq!(message.event_time, message.created);
    assert_eq!(message.severity, 4);
    assert_eq!(message.event_subtype, "");
    assert_eq!(message.device_id, "CISCO2951/K9@C@FTX1840ALBY");
    assert_eq!(message.chassis_serial, "FTX1840ALBY");
    assert_eq!(message.contact_email, "noc@example.com");
    assert!(message.description.ends_with("changed state to down"));
}

#[test]
fn attachments_are_named_and_measured() {
    let text = syslog_with(
        "<aml-block:Attachments>\n",
        "<aml-block:Attachments><aml-block:Attachment type=\"inline\">\
         <aml-block:Name>show a</aml-block:Name><aml-block:Data encoding=\"plain\">\n\
         <![CDATA[a ]]]]><![CDATA[> b]]></aml-block:Data></aml-block:Attachment>",
    );
    let message = parse(&text).unwrap();
    assert_eq!(message.attachments.len(), 2);
    assert_eq!(message.attachments[0].name, "show a");
    assert_eq!(message.attachments[0].bytes, "a ]]> b".len() as u64);
    assert_eq!(message.attachments[1].name, "show logging");
}

#[test]
fn references_in_text_are_resolved() {
    let message = parse(TEST).unwrap();
    assert_eq!(message.description, "r\u{e9}seau & <test> \"one\"");
}

#[test]
fn nothing_is_copied_from_a_message_without_references() {
    let message = parse(SYSLOG).unwrap();
    assert!(matches!(message.message_id, Cow::Borrowed(_)));
    assert!(matches!(message.description, Cow::Borrowed(_)));
}

#[test]
fn prefixes_do_not_matter() {
    let text = SYSLOG
        .replace("soap-env:", "s:")
        .replace("xmlns:soap-env", "xmlns:s")
        .replace("<aml-block:", "<")
        .replace("</aml-block:", "</")
        .replace("xmlns:aml-block", "xmlns");
    assert_eq!(parse(&text).unwrap(), parse(SYSLOG).unwrap());
}

#[test]
fn the_namespace_does_matter() {
    let text = syslog_with(
        "xmlns:ch=\"http://www.cisco.com/2005/05/callhome\"",
        "xmlns:ch=\"http://www.cisco.com/2005/05/elsewhere\"",
    );
    assert_eq!(fault_of(&text), Fault::Missing("CallHome/EventTime"));
}

#[test]
fn soap_1_1_is_refused() {
    let text = SYSLOG.replace(
        "xmlns:soap-env=\"http://www.w3.org/2003/05/soap-envelope\"",
        "xmlns:soap-env=\"http://schemas.xmlsoap.org/soap/envelope/\"",
    );
    assert_eq!(fault_of(&text), Fault::NotAnEnvelope);
}

#[test]
fn each_required_element_is_missed_by_its_name() {
    let required = [
        ("aml-session:MessageId", "Session/MessageId"),
        ("aml-block:Type", "Block/Header/Type"),
        ("aml-block:CreationDate", "Block/Header/CreationDate"),
        ("aml-block:Severity", "Block/Header/Severity"),
        ("aml-block:GroupId", "Block/Header/BlockGroup/GroupId"),
        ("ch:EventTime", "CallHome/EventTime"),
        ("ch:Type", "CallHome/Event/Type"),
        ("ch:DeviceId", "CallHome/CustomerData/ContractData/DeviceId"),
        ("rme:SerialNumber", "CallHome/Device/Chassis/SerialNumber"),
    ];
    for (element, path) in required {
        let prefix = element.split(':').next().unwrap();
        let text = SYSLOG
            .replace(&format!("<{element}>"), &format!("<{prefix}:Other>"))
            .replace(&format!("</{element}>"), &format!("</{prefix}:Other>"));
        assert_eq!(fault_of(&text), Fault::Missing(path));
    }
}

#[test]
fn values_out_of_form_are_refused_where_they_stand() {
    let cases = [
        ("M9:FTX1840ALBY:69B53F41", "M9:FTX1840ALBY"),
        ("M9:FTX1840ALBY:69B53F41", "G9:FTX1840ALBY:69B53F41"),
        ("G10:FTX1840ALBY:69B53F41", "G10:FTX1840ALBY:69B53F4"),
        ("callhome/syslog", "callhome/"),
        ("<aml-block:Severity>4", "<aml-block:Severity>10"),
        ("<aml-block:Severity>4", "<aml-block:Severity>"),
        (
            "<ch:EventTime>2026-03-14 04:50:01 GMT-06:00",
            "<ch:EventTime>2026-13-14 04:50:01 GMT-06:00",
        ),
        (
            "<ch:EventTime>2026-03-14 04:50:01 GMT-06:00",
            "<ch:EventTime>2026-03-14T04:50:01Z",
        ),
        ("CISCO2951/K9@C@FTX1840ALBY", "CISCO2951/K9@FTX1840ALBY"),
        ("CISCO2951/K9@C@FTX1840ALBY", "CISCO2951/K9@D@FTX1840ALBY"),
        ("CISCO2951/K9@C@FTX1840ALBY", "@C@FTX1840ALBY"),
    ];
    for (good, bad) in cases {
        let text = syslog_with(good, bad);
        let error = parse(&text).unwrap_err();
        assert!(matches!(error.fault, Fault::Value { .. }), "{bad}: {error}");
        let stands_at = text.find(bad).unwrap();
        assert!(
            error.at <= stands_at && stands_at - error.at < 80,
            "{bad}: {error}"
        );
    }
}

#[test]
fn a_second_message_id_is_refused() {
    let id = "<aml-session:MessageId>M9:FTX1840ALBY:69B53F41</aml-session:MessageId>";
    let text = syslog_with(id, &id.repeat(2));
    assert_eq!(fault_of(&text), Fault::Repeated("Session/MessageId"));
}

#[test]
fn an_element_inside_a_message_id_is_refused() {
    let text = syslog_with("M9:FTX1840ALBY:69B53F41", "<x/>M9:FTX1840ALBY:69B53F41");
    assert_eq!(fault_of(&text), Fault::NotText("Session/MessageId"));
}

#[test]
fn a_document_type_declaration_is_refused_whatever_it_holds() {
    let declarations = [
        "<!DOCTYPE soap-env:Envelope>",
        "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">",
        "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>",
    ];
    for declaration in declarations {
        let text = syslog_with(
            "?>\n<soap-env:Envelope",
            &format!("?>{declaration}<soap-env:Envelope"),
        );
        assert_eq!(fault_of(&text), Fault::DocumentType, "{declaration}");
    }
}

#[test]
fn an_entity_that_is_not_predefined_is_refused_in_text_and_in_attributes() {
    let in_text = syslog_with("<ch:Brand>Cisco", "<ch:Brand>&cisco;");
    assert_eq!(fault_of(&in_text), Fault::Entity("cisco".to_owned()));
    let in_attribute = syslog_with("version=\"1.0\">", "version=\"&v;\">");
    assert_eq!(fault_of(&in_attribute), Fault::Entity("v".to_owned()));
}

#[test]
fn deep_nesting_stops_at_the_limit() {
    let deep = "<x>".repeat(100_000);
    let text = syslog_with("<ch:Brand>Cisco", &deep);
    let what = "elements inside one another";
    assert_eq!(fault_of(&text), Fault::Limit { what, limit: 64 });
}

#[test]
fn too_many_elements_stop_at_the_limit() {
    let text = syslog_with(
        "<aml-block:Builder>",
        &format!("<aml-block:Builder>{}", "<x/>".repeat(70_000)),
    );
    let what = "elements";
    assert_eq!(
        fault_of(&text),
        Fault::Limit {
            what,
            limit: 65_536
        }
    );
}

#[test]
fn too_many_attributes_and_huge_ones_stop_at_the_limit() {
    let many: String = (0..65).map(|n| format!(" a{n}=\"\"")).collect();
    let text = syslog_with("version=\"1.0\">", &format!("{many}>"));
    assert!(matches!(fault_of(&text), Fault::Limit { limit: 64, .. }));
    let huge = format!(" a=\"{}\">", "x".repeat(65_537));
    let text = syslog_with(" version=\"1.0\">", &huge);
    assert!(matches!(
        fault_of(&text),
        Fault::Limit { limit: 65_536, .. }
    ));
}

#[test]
fn too_many_namespaces_in_scope_stop_at_the_limit() {
    let nested: String = (0..50)
        .map(|n| format!("<x xmlns:a{n}=\"u\" xmlns:b{n}=\"u\">"))
        .collect();
    let text = syslog_with("<ch:Brand>Cisco", &nested);
    let what = "namespace declarations in scope";
    assert_eq!(fault_of(&text), Fault::Limit { what, limit: 64 });
}

#[test]
fn too_many_attachments_stop_at_the_limit() {
    let text = syslog_with(
        "<aml-block:Attachments>",
        &format!(
            "<aml-block:Attachments>{}",
            "<aml-block:Attachment/>".repeat(1_025)
        ),
    );
    assert!(matches!(
        fault_of(&text),
        Fault::Limit {
            what: "attachments",
            ..
        }
    ));
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_where_they_stand() {
    let mut body = SYSLOG.as_bytes().to_vec();
    body[500] = 0xff;
    let error = read(&body, &IntakeLimits::default()).unwrap_err();
    assert_eq!(error, Fault::NotUtf8.at(500));
}

#[test]
fn forbidden_characters_are_refused_written_out_and_by_reference() {
    for forbidden in [
        "\0", "\u{1}", "\u{b}", "\u{ffff}", "&#0;", "&#xB;", "&#xD800;", "&#xFFFE;",
    ] {
        let text = syslog_with("<ch:Brand>Cisco", &format!("<ch:Brand>{forbidden}Cisco"));
        assert_eq!(fault_of(&text), Fault::Character, "{forbidden:?}");
    }
}

#[test]
fn other_encodings_and_versions_are_refused() {
    for (old, new) in [
        ("UTF-8", "ISO-8859-1"),
        ("UTF-8", "UTF-16"),
        ("version=\"1.0\" encoding", "version=\"1.1\" encoding"),
    ] {
        let text = syslog_with(old, new);
        assert!(matches!(fault_of(&text), Fault::Declaration(_)), "{new}");
    }
}

#[test]
fn a_byte_order_mark_is_passed_over_once() {
    assert!(parse(&format!("\u{feff}{SYSLOG}")).is_ok());
    assert_eq!(
        fault_of(&format!("\u{feff}\u{feff}{SYSLOG}")),
        Fault::Character
    );
}

#[test]
fn markup_that_is_not_well_formed_is_refused() {
    let cases = [
        ("</ch:Brand>", "</ch:brand>"),
        ("</ch:Brand>", ""),
        ("<ch:Brand>Cisco", "<ch:Brand>]]>"),
        ("<ch:Brand>Cisco", "<ch:Brand>a & b"),
        ("<ch:Brand>Cisco", "<ch:Brand><!-- a -- b -->"),
        ("<ch:Brand>Cisco", "<ch:Brand><![cdata[a]]>"),
        ("<ch:Brand>Cisco", "<ch:Brand><?xml version=\"1.0\"?>"),
        ("<ch:Brand>Cisco", "<ch:Brand><1/>"),
        ("<ch:Brand>Cisco", "<ch:Brand><a::b/>"),
        ("<ch:Brand>Cisco", "<ch:Brand>< a/>"),
        ("<ch:Brand>Cisco", "<ch:Brand>&#-1;"),
        ("<ch:Brand>Cisco", "<ch:Brand>&#;"),
        ("version=\"1.0\">", "version=1.0>"),
        ("version=\"1.0\">", "version>"),
        ("version=\"1.0\">", "version=\"<\">"),
        ("version=\"1.0\">", "a=\"1\" a=\"2\">"),
        ("version=\"1.0\">", "a=\"1\"b=\"2\">"),
        ("version=\"1.0\">", "xmlns:xml=\"a\">"),
        ("version=\"1.0\">", "xmlns:a=\"\">"),
        ("</soap-env:Envelope>\n", "</soap-env:Envelope>more"),
        ("</soap-env:Envelope>\n", "</soap-env:Envelope><more/>"),
        (
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
            "\n<?xml version=\"1.0\"?>",
        ),
    ];
    for (good, bad) in cases {
        let text = syslog_with(good, bad);
        let fault = fault_of(&text);
        assert!(
            matches!(fault, Fault::Syntax(_) | Fault::Character),
            "{bad}: {fault}"
        );
        assert!(fault.to_string().len() < 300);
    }
}

#[test]
fn an_undeclared_prefix_is_refused_on_elements_and_attributes() {
    for (old, new) in [
        ("<ch:Brand>Cisco", "<nobody:x/><ch:Brand>Cisco"),
        ("<ch:Brand>Cisco", "<x nobody:a=\"\"/><ch:Brand>Cisco"),
    ] {
        let text = syslog_with(old, new);
        assert_eq!(fault_of(&text), Fault::Prefix("nobody".to_owned()));
    }
}

#[test]
fn a_prefix_ends_with_the_element_that_declares_it() {
    let text = syslog_with(
        "<ch:Brand>Cisco",
        "<x xmlns:y=\"u\"><y:z/></x><y:z/><ch:Brand>Cisco",
    );
    assert_eq!(fault_of(&text), Fault::Prefix("y".to_owned()));
}

#[test]
fn an_empty_body_is_refused() {
    assert_eq!(fault_of(""), Fault::Unfinished);
    assert_eq!(fault_of(" \n"), Fault::Unfinished);
}

#[test]
fn an_error_repeats_little_of_what_was_sent() {
    let text = syslog_with(
        "<ch:Brand>Cisco",
        &format!("<ch:Brand></{}>", "x".repeat(100_000)),
    );
    assert!(parse(&text).unwrap_err().to_string().len() < 200);
}

proptest! {
    #[test]
    fn a_truncated_message_is_never_accepted(which in 0..KINDS.len(), share in 0.0_f64..1.0) {
        let text = KINDS[which].1.trim_end();
        let length = (text.len() as f64 * share) as usize;
        prop_assert!(read(&text.as_bytes()[..length.min(text.len() - 1)], &IntakeLimits::default()).is_err());
    }

    #[test]
    fn mutations_never_panic_and_errors_point_inside(
        which in 0..KINDS.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        doubled in any::<bool>(),
    ) {
        let mut body = KINDS[which].1.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if doubled {
            let tail = body.split_off(cut.index(body.len()));
            body.extend_from_slice(&tail);
            body.extend_from_slice(&tail);
        }
        if let Err(error) = read(&body, &IntakeLimits::default()) {
            prop_assert!(error.at <= body.len(), "{}", error);
        }
    }

    #[test]
    fn any_markup_soup_is_survived(soup in "[<>/?!&;#x\\-\\[\\]\"'= a:\u{feff}\u{e9}]{0,60}") {
        let _ = parse(&soup);
        let _ = parse(&syslog_with("<ch:Brand>Cisco", &format!("<ch:Brand>{soup}")));
    }

    #[test]
    fn escaped_text_survives(text in "[ -~\u{a1}-\u{ff}\u{1f600}]{0,80}") {
        let escaped = quick_xml::escape::escape(text.as_str());
        let body = TEST.replace("r&#xE9;seau &amp; &lt;test&gt; &quot;one&quot;", &escaped);
        prop_assert_eq!(parse(&body).unwrap().description, text.trim_matches(' '));
    }
}
