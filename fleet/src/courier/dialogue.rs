//! What was said before a server refused: a dialogue for people, as far as it is known.
//!
//! A courier keeps no replies but the one that decides. What was accepted before it follows from the order
//! of the commands, and is told as accepted, without words that nobody has kept.

use std::fmt::Write as _;

use emulator::AttemptOutcome;

use super::{
    failure::{ErrorKind, Failure},
    https::Post,
    smtp::Mail,
};

/// Longest dialogue, in bytes.
const DIALOGUE_BYTES_MAX: usize = 600;
/// Where a mail comes to its end, as failures name it.
const END_OF_DATA: &str = "end of data";
/// What is known of a reply that let the dialogue go on.
const ACCEPTED: &str = "accepted";

/// Puts what led to it into `failure`, if the server refused `mail` with a reply.
pub(super) fn with_mail(mut failure: Failure, mail: &Mail<'_>) -> Failure {
    let dialogue = decisive(&failure).map(|(stage, reply)| of_mail(mail, stage, reply));
    failure.error.dialogue = dialogue;
    failure
}

/// What was said until `reply` was the answer at `stage`.
fn of_mail(mail: &Mail<'_>, stage: &str, reply: &str) -> String {
    let sender = format!("MAIL FROM:<{}>", mail.sender);
    // Of several recipients one that is accepted is enough.
    let (recipient, accepted) = match mail.recipients {
        [only] => (format!("RCPT TO:<{only}>"), ACCEPTED),
        several => (
            format!("RCPT TO: each of {} recipients", several.len()),
            "accepted, or some of them",
        ),
    };
    let steps = ["MAIL", "RCPT", "DATA", END_OF_DATA];
    let said = [
        (sender.as_str(), ACCEPTED),
        (&recipient, accepted),
        ("DATA", ACCEPTED),
        ("the message, and a dot", ACCEPTED),
    ];
    if let Some(last) = steps.iter().position(|own| *own == stage) {
        return told(&said[..=last], reply);
    }
    // Before the envelope: what opens a session, and what is refused in it.
    let opened = ("a connection", ACCEPTED);
    match stage {
        "greeting" => told(&[opened], reply),
        "EHLO" => told(&[opened, ("EHLO, or HELO after it", ACCEPTED)], reply),
        stage => told(&[opened, ("EHLO", ACCEPTED), (stage, ACCEPTED)], reply),
    }
}

/// Likewise of `post`.
pub(super) fn with_post(mut failure: Failure, post: &Post<'_>) -> Failure {
    let error = &failure.error;
    if failure.outcome == AttemptOutcome::Refused && error.kind == ErrorKind::Reply {
        let request = format!("POST {}", post.url);
        let dialogue = told(&[(request.as_str(), ACCEPTED)], &error.detail);
        failure.error.dialogue = Some(dialogue);
    }
    failure
}

/// The stage and the reply that decided.
fn decisive(failure: &Failure) -> Option<(&str, &str)> {
    let error = &failure.error;
    let refused = failure.outcome == AttemptOutcome::Refused && error.code.is_some();
    error.detail.split_once(": ").filter(|_| refused)
}

/// What was `said` with what was answered; the last was answered with `reply`. A line each.
fn told(said: &[(&str, &str)], reply: &str) -> String {
    let mut dialogue = String::new();
    let last = said.len().saturating_sub(1);
    for (number, (words, accepted)) in said.iter().enumerate() {
        let answer = if number == last { reply } else { accepted };
        // Writing to a string cannot fail.
        let _ = write!(dialogue, "> {words}\n< {answer}\n");
    }
    dialogue.truncate(dialogue.trim_end().len());
    dialogue.truncate(dialogue.floor_char_boundary(DIALOGUE_BYTES_MAX));
    dialogue
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn refused(detail: &str, recipients: &[Arc<str>]) -> Option<String> {
        let mail = Mail {
            device: 0,
            host: "relay",
            tls: false,
            credentials: None,
            hello_name: "edge",
            sender: "a@example.net",
            recipients,
        };
        let failure = Failure::refused(ErrorKind::Reply, 451, detail);
        with_mail(failure, &mail).error.dialogue
    }

    #[test]
    fn what_came_before_a_refusal_was_accepted() {
        let one: [Arc<str>; 1] = ["b@example.net".into()];
        assert_eq!(
            refused("RCPT: 451 4.7.1 Greylisted", &one).unwrap(),
            "> MAIL FROM:<a@example.net>\n< accepted\n> RCPT TO:<b@example.net>\n< 451 4.7.1 Greylisted"
        );
        let end = refused("end of data: 451 try later", &one).unwrap();
        assert!(
            end.ends_with("> the message, and a dot\n< 451 try later"),
            "{end}"
        );
        assert_eq!(end.matches("< accepted").count(), 3);
    }

    #[test]
    fn which_of_several_recipients_is_not_claimed() {
        let two: [Arc<str>; 2] = ["b@example.net".into(), "c@example.net".into()];
        let told = refused("RCPT: 550 no", &two).unwrap();
        assert!(
            told.contains("each of 2 recipients") && !told.contains("b@"),
            "{told}"
        );
    }

    #[test]
    fn refusals_before_the_envelope_have_no_envelope() {
        let greeting = refused("greeting: 421 busy", &[]).unwrap();
        assert_eq!(greeting, "> a connection\n< 421 busy");
        assert!(!refused("AUTH: 535 no", &[]).unwrap().contains("MAIL"));
    }

    #[test]
    fn what_is_no_reply_has_no_dialogue() {
        let mail = Mail {
            device: 0,
            host: "relay",
            tls: false,
            credentials: None,
            hello_name: "edge",
            sender: "a",
            recipients: &[],
        };
        let lost = with_mail(Failure::lost("DATA", "reset"), &mail);
        assert_eq!(lost.error.dialogue, None);
    }
}
