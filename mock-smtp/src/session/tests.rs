//! Dialogues, written as the client's lines and the codes that come back.

use proptest::prelude::*;

use super::*;
use sink::fault::{Decision, Effect, Stage};

use crate::settings::Credentials;

const KEPT_BYTES: usize = 1024;

struct Lab {
    session: Session,
    pending: Vec<u8>,
    replies: Vec<u8>,
    messages: Vec<Vec<u8>>,
    refusals: Vec<Refusal>,
    last: Step,
}

impl Lab {
    fn new(dialogue: Dialogue, encryption: Encryption) -> Self {
        Self {
            session: Session::new(Arc::new(dialogue), encryption, KEPT_BYTES),
            pending: Vec::new(),
            replies: Vec::new(),
            messages: Vec::new(),
            refusals: Vec::new(),
            last: Step::NeedInput,
        }
    }

    fn plain() -> Self {
        Self::new(Dialogue::default(), Encryption::Offered)
    }

    /// Feeds bytes as a connection does, concluding every message.
    fn send(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        loop {
            let progress = self.session.feed(&self.pending, &mut self.replies);
            self.pending.drain(..progress.consumed);
            self.last = progress.step;
            match progress.step {
                Step::MessageComplete => {
                    self.messages.push(self.session.data().content().to_vec());
                    self.session.conclude(&mut self.replies);
                }
                Step::MessageRefused(refusal) => self.refusals.push(refusal),
                Step::NeedInput | Step::StartTls | Step::Close(_) | Step::Misbehave => return,
            }
        }
    }

    /// Sends text and gives the reply codes that came back for it, those of the last lines only.
    fn codes(&mut self, text: &str) -> Vec<u16> {
        self.replies.clear();
        self.send(text.as_bytes());
        let replies = String::from_utf8(self.replies.clone()).unwrap();
        let last_lines = replies
            .split_terminator("\r\n")
            .filter(|line| &line[3..4] == " ");
        last_lines.map(|line| line[..3].parse().unwrap()).collect()
    }

    fn reply(&mut self, text: &str) -> String {
        self.replies.clear();
        self.send(text.as_bytes());
        String::from_utf8(self.replies.clone()).unwrap()
    }
}

#[test]
fn a_pipelined_message_is_taken_in_one_go() {
    let mut lab = Lab::plain();
    let codes = lab.codes(
        "EHLO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nSubject: s\r\n\r\nhello\r\n.\r\nQUIT\r\n",
    );
    assert_eq!(codes, [250, 250, 250, 354, 250, 221]);
    assert_eq!(lab.messages, [b"Subject: s\r\n\r\nhello\r\n"]);
    assert_eq!(lab.last, Step::Close(Closing::Quit));
}

#[test]
fn several_messages_go_over_one_connection() {
    let mut lab = Lab::plain();
    lab.codes("HELO c\r\n");
    for _ in 0..3 {
        let codes = lab.codes("MAIL FROM:<>\r\nRCPT TO:<b@y>\r\nDATA\r\nx\r\n.\r\n");
        assert_eq!(codes, [250, 250, 354, 250]);
    }
    assert_eq!(lab.messages.len(), 3);
}

#[test]
fn ehlo_lists_the_extensions() {
    let reply = Lab::plain().reply("EHLO c\r\n");
    assert_eq!(
        reply,
        "250-localhost\r\n250-PIPELINING\r\n250-SIZE 10485760\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
         250-ENHANCEDSTATUSCODES\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 HELP\r\n"
    );
}

#[test]
fn starttls_is_offered_only_while_it_can_be_had() {
    for encryption in [Encryption::NotOffered, Encryption::Active] {
        let mut lab = Lab::new(Dialogue::default(), encryption);
        assert!(
            !lab.reply("EHLO c\r\n").contains("STARTTLS"),
            "{encryption:?}"
        );
    }
    assert_eq!(
        Lab::new(Dialogue::default(), Encryption::NotOffered).codes("STARTTLS\r\n"),
        [454]
    );
    assert_eq!(
        Lab::new(Dialogue::default(), Encryption::Active).codes("STARTTLS\r\n"),
        [503]
    );
}

#[test]
fn starttls_stops_the_reading_and_forgets_what_was_said() {
    let mut lab = Lab::plain();
    assert_eq!(
        lab.codes("EHLO c\r\nMAIL FROM:<a@x>\r\nSTARTTLS\r\nRSET\r\n"),
        [250, 250, 220]
    );
    assert_eq!(
        (lab.last, &lab.pending[..]),
        (Step::StartTls, &b"RSET\r\n"[..])
    );
    lab.pending.clear();
    lab.session.secured();
    assert_eq!(
        lab.codes("RCPT TO:<b@y>\r\nMAIL FROM:<a@x>\r\n"),
        [503, 503]
    );
}

#[test]
fn commands_out_of_order_get_503() {
    for dialogue in [
        "MAIL FROM:<a@x>\r\n",
        "EHLO c\r\nRCPT TO:<b@y>\r\n",
        "EHLO c\r\nDATA\r\n",
        "EHLO c\r\nMAIL FROM:<a@x>\r\nDATA\r\n",
        "EHLO c\r\nMAIL FROM:<a@x>\r\nMAIL FROM:<a@x>\r\n",
        "EHLO c\r\nMAIL FROM:<a@x>\r\nRSET\r\nRCPT TO:<b@y>\r\n",
        "EHLO c\r\nMAIL FROM:<a@x>\r\nEHLO c\r\nRCPT TO:<b@y>\r\n",
        "AUTH PLAIN AGEAYg==\r\n",
    ] {
        assert_eq!(
            Lab::plain().codes(dialogue).last(),
            Some(&503),
            "{dialogue:?}"
        );
    }
}

#[test]
fn each_command_has_its_code() {
    for (line, code) in [
        ("NOOP", 250),
        ("NOOP anything", 250),
        ("RSET", 250),
        ("VRFY a", 252),
        ("HELP", 214),
        ("EXPN list", 502),
        ("BDAT 1", 502),
        ("XYZZY", 500),
        ("", 500),
        ("HELO", 501),
        ("MAIL FROM:a", 501),
        ("MAIL FROM:<a@x> FOO=1", 555),
        ("DATA 1", 501),
        ("QUIT", 221),
        ("MAIL FROM:<\u{e4}@x>", 553),
        ("MAIL FROM:<\u{e4}@x> SMTPUTF8", 250),
    ] {
        let mut lab = Lab::plain();
        lab.codes("EHLO c\r\n");
        assert_eq!(lab.codes(&format!("{line}\r\n")), [code], "{line:?}");
    }
}

#[test]
fn a_recipient_beyond_ascii_needs_smtputf8() {
    let mut lab = Lab::plain();
    lab.codes("EHLO c\r\nMAIL FROM:<a@x>\r\n");
    assert_eq!(lab.codes("RCPT TO:<\u{e4}@x>\r\n"), [553]);
    assert_eq!(
        lab.codes("RSET\r\nMAIL FROM:<a@x> SMTPUTF8\r\nRCPT TO:<\u{e4}@x>\r\n"),
        [250; 3]
    );
}

#[test]
fn a_message_declared_too_large_is_refused_at_mail() {
    let dialogue = Dialogue {
        message_bytes_max: 100,
        ..Dialogue::default()
    };
    let mut lab = Lab::new(dialogue, Encryption::NotOffered);
    lab.codes("EHLO c\r\n");
    assert_eq!(lab.codes("MAIL FROM:<a@x> SIZE=101\r\n"), [552]);
    assert_eq!(lab.codes("MAIL FROM:<a@x> SIZE=100\r\n"), [250]);
}

#[test]
fn a_message_that_is_too_large_is_refused_at_its_end_and_the_next_is_taken() {
    let dialogue = Dialogue {
        message_bytes_max: 10,
        ..Dialogue::default()
    };
    let mut lab = Lab::new(dialogue, Encryption::NotOffered);
    let envelope = "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n";
    lab.codes("EHLO c\r\n");
    assert_eq!(
        lab.codes(&format!("{envelope}0123456789\r\n.\r\n")),
        [250, 250, 354, 552]
    );
    assert_eq!(lab.refusals, [Refusal::Oversize]);
    assert_eq!(
        lab.codes(&format!("{envelope}01234567\r\n.\r\n")),
        [250, 250, 354, 250]
    );
    assert_eq!(lab.messages, [b"01234567\r\n"]);
}

#[test]
fn bare_line_ends_are_kept_unless_the_settings_refuse_them() {
    let text = "EHLO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\na\n.\nb\r\n.\r\n";
    let mut lab = Lab::plain();
    assert_eq!(lab.codes(text).last(), Some(&250));
    assert_eq!(lab.messages, [b"a\n.\nb\r\n"]);
    let dialogue = Dialogue {
        bare_line_ends: BareLineEnds::Refuse,
        ..Dialogue::default()
    };
    let mut lab = Lab::new(dialogue, Encryption::NotOffered);
    assert!(
        lab.reply(text)
            .ends_with("550 5.6.11 Message contains bare CR or LF\r\n")
    );
    assert_eq!(
        (lab.messages.len(), &lab.refusals[..]),
        (0, &[Refusal::BareLineEnds][..])
    );
}

#[test]
fn commands_hidden_behind_a_bare_line_end_are_text() {
    for end in [
        "\n.\n",
        "\n.\r\n",
        "\r.\r",
        "\r\n.\n",
        "\r\n.\r",
        "\r\n.\r\r\n",
    ] {
        let mut lab = Lab::plain();
        let hidden = "MAIL FROM:<evil@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nevil\r\n.\r\n";
        let codes = lab.codes(&format!(
            "EHLO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nhello{end}{hidden}"
        ));
        assert_eq!(codes, [250, 250, 250, 354, 250], "{end:?}");
        assert_eq!(lab.messages.len(), 1, "{end:?}");
    }
}

#[test]
fn a_command_line_without_its_cr_is_refused_and_not_obeyed() {
    let mut lab = Lab::plain();
    lab.codes("EHLO c\r\n");
    assert_eq!(lab.codes("MAIL FROM:<a@x>\nRCPT TO:<b@y>\r\n"), [500, 503]);
}

#[test]
fn one_recipient_above_the_limit_gets_452_and_the_message_goes_on() {
    let dialogue = Dialogue {
        recipients_max: 100,
        ..Dialogue::default()
    };
    let mut lab = Lab::new(dialogue, Encryption::NotOffered);
    lab.codes("EHLO c\r\nMAIL FROM:<a@x>\r\n");
    let codes = lab.codes(&"RCPT TO:<b@y>\r\n".repeat(101));
    assert!(codes[..100].iter().all(|code| *code == 250));
    assert_eq!(codes[100], 452);
    assert_eq!(lab.codes("DATA\r\nx\r\n.\r\n"), [354, 250]);
}

#[test]
fn an_endless_line_is_refused_once_and_nothing_of_it_is_held() {
    let mut lab = Lab::plain();
    for _ in 0..1_000 {
        lab.send(&[b'a'; 1_000]);
        assert!(
            lab.pending.len() <= COMMAND_LINE_BYTES_MAX,
            "{}",
            lab.pending.len()
        );
    }
    assert!(lab.replies.is_empty());
    assert_eq!(lab.codes("\r\nNOOP\r\n"), [500, 250]);
}

#[test]
fn an_auth_response_may_be_longer_than_a_command() {
    let mut lab = Lab::plain();
    lab.codes("EHLO c\r\n");
    let response = "A".repeat(authentication::LINE_BYTES_MAX - 2);
    assert_eq!(lab.codes("AUTH LOGIN\r\n"), [334]);
    assert_eq!(lab.codes(&format!("{response}A\r\n")), [500]);
    assert_eq!(lab.codes("AUTH LOGIN\r\n"), [334]);
    // Not a multiple of four, so it is read as a whole and then found to be no base64.
    assert_eq!(lab.codes(&format!("{response}\r\n")), [501]);
}

#[test]
fn mail_needs_authentication_where_the_settings_require_it() {
    let credentials = Credentials {
        user_name: "a".to_owned(),
        password: "b".to_owned(),
    };
    let dialogue = Dialogue {
        auth: AuthPolicy::Required,
        credentials: Some(credentials),
        ..Dialogue::default()
    };
    let mut lab = Lab::new(dialogue, Encryption::NotOffered);
    lab.codes("EHLO c\r\n");
    assert_eq!(lab.codes("MAIL FROM:<a@x>\r\n"), [530]);
    assert_eq!(lab.codes("AUTH PLAIN AGEAYw==\r\n"), [535]);
    assert_eq!(lab.codes("AUTH PLAIN\r\n*\r\n"), [334, 501]);
    assert_eq!(lab.codes("AUTH PLAIN\r\nAGEAYg==\r\n"), [334, 235]);
    assert_eq!(lab.codes("AUTH PLAIN AGEAYg==\r\n"), [503]);
    assert_eq!(lab.codes("MAIL FROM:<a@x>\r\n"), [250]);
}

#[test]
fn auth_login_asks_twice() {
    let mut lab = Lab::plain();
    lab.codes("EHLO c\r\n");
    let reply = lab.reply("AUTH LOGIN\r\nYQ==\r\nYg==\r\n");
    assert_eq!(
        reply,
        "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 2.7.0 Authentication succeeded\r\n"
    );
}

#[test]
fn a_client_that_only_talks_is_sent_away() {
    let dialogue = Dialogue {
        idle_commands_max: 3,
        ..Dialogue::default()
    };
    let mut lab = Lab::new(dialogue, Encryption::NotOffered);
    assert_eq!(lab.codes("NOOP\r\nFOO\r\nRSET\r\n"), [250, 500, 250]);
    assert_eq!(lab.codes("NOOP\r\nNOOP\r\n"), [250, 421]);
    assert_eq!(lab.last, Step::Close(Closing::HangUp));
}

#[test]
fn a_message_sets_the_count_of_talk_back() {
    let dialogue = Dialogue {
        idle_commands_max: 3,
        ..Dialogue::default()
    };
    let mut lab = Lab::new(dialogue, Encryption::NotOffered);
    for _ in 0..10 {
        lab.codes("EHLO c\r\nNOOP\r\n");
        let codes = lab.codes("MAIL FROM:<>\r\nRCPT TO:<b@y>\r\nDATA\r\nx\r\n.\r\n");
        assert_eq!(codes, [250, 250, 354, 250]);
    }
}

#[test]
fn a_message_is_being_received_between_data_and_its_end() {
    let mut lab = Lab::plain();
    lab.codes("EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<b@y>\r\n");
    assert!(!lab.session.is_receiving_data());
    lab.codes("DATA\r\nhello\r\n.\r");
    assert!(lab.session.is_receiving_data());
    lab.codes("\n");
    assert!(!lab.session.is_receiving_data());
}

/// Pieces of dialogues, so that chance reaches deep states, and bytes that belong to none.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = proptest::sample::select(vec![
        "EHLO c\r\n",
        "HELO c\r\n",
        "MAIL FROM:<a@x>\r\n",
        "MAIL FROM:<a@x> SIZE=99\r\n",
        "RCPT TO:<b@y>\r\n",
        "DATA\r\n",
        "\r\n.\r\n",
        ".\r\n",
        "\n.\n",
        "RSET\r\n",
        "QUIT\r\n",
        "AUTH LOGIN\r\n",
        "AUTH PLAIN AGEAYg==\r\n",
        "*\r\n",
        "YQ==\r\n",
        "NOOP\n",
        "\r",
        "\n",
    ]);
    prop_oneof![
        8 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
        1 => (1usize..2_000).prop_map(|length| vec![b'x'; length]),
    ]
}

proptest! {
    #[test]
    fn the_slicing_of_the_input_changes_nothing(
        pieces in proptest::collection::vec(piece(), 0..30),
        slice in 1usize..50,
    ) {
        let input = pieces.concat();
        let mut whole = Lab::plain();
        whole.send(&input);
        let mut sliced = Lab::plain();
        for part in input.chunks(slice) {
            sliced.send(part);
        }
        prop_assert_eq!(
            String::from_utf8_lossy(&whole.replies),
            String::from_utf8_lossy(&sliced.replies)
        );
        prop_assert_eq!(whole.messages, sliced.messages);
    }

    #[test]
    fn no_bytes_make_a_session_panic_or_hold_more_than_it_may(
        pieces in proptest::collection::vec(piece(), 0..30),
    ) {
        let mut lab = Lab::plain();
        for piece in pieces {
            lab.send(&piece);
            prop_assert!(lab.session.data().content().len() <= KEPT_BYTES);
            if lab.last == Step::NeedInput {
                prop_assert!(lab.pending.len() < UNCONSUMED_BYTES_MAX);
            }
        }
    }
}

/// Feeds `text` to a session in which `stage` goes wrong; gives the replies, the last step and what
/// is to be done to the last reply.
fn fed_badly(text: &str, stage: Stage, effect: Effect) -> (String, Step, Option<Misdeed>) {
    let mut session = Session::new(Arc::default(), Encryption::Offered, KEPT_BYTES);
    let mut replies = Vec::new();
    let mut faults = |own| {
        (own == stage).then(|| Decision {
            delay: std::time::Duration::ZERO,
            effect: Some(effect.clone()),
        })
    };
    let progress = session.feed_badly(text.as_bytes(), &mut replies, &mut faults);
    let misdeed = session.take_misdeed();
    (String::from_utf8(replies).unwrap(), progress.step, misdeed)
}

fn reply_of(code: u16) -> Effect {
    Effect::Reply { code, text: None }
}

#[test]
fn a_reply_that_goes_wrong_is_told_from_those_before_it() {
    let text = "HELO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n";
    let (replies, step, misdeed) = fed_badly(text, Stage::Rcpt, reply_of(451));
    assert_eq!(step, Step::Misbehave);
    let (before, last) = replies.split_at(misdeed.unwrap().from);
    assert_eq!(before, "250 localhost\r\n250 2.1.0 Sender ok\r\n");
    assert_eq!(last, "451 4.3.0 Try again later\r\n");
}

#[test]
fn a_refusal_by_a_fault_is_one_and_a_421_ends_the_session() {
    let (_, step, _) = fed_badly("HELO c\r\n", Stage::Ehlo, reply_of(421));
    assert_eq!(step, Step::Close(Closing::HangUp));
    let mut lab = Lab::plain();
    let mut faults = |stage: Stage| {
        (stage == Stage::Mail).then(|| Decision {
            effect: Some(reply_of(452)),
            ..Decision::default()
        })
    };
    let text = b"HELO c\r\nMAIL FROM:<a@x>\r\n";
    lab.session.feed_badly(text, &mut lab.replies, &mut faults);
    assert_eq!(lab.codes("RCPT TO:<b@y>\r\n"), [503]);
}

#[test]
fn a_closed_session_says_nothing_to_the_command_that_closed_it() {
    let effect = Effect::Drop { recorded: false };
    let text = "HELO c\r\nMAIL FROM:<a@x>\r\n";
    let (replies, step, misdeed) = fed_badly(text, Stage::Mail, effect);
    assert_eq!(
        (replies.len(), step),
        (misdeed.unwrap().from, Step::Close(Closing::HangUp))
    );
}
