//! The AUTH exchange: PLAIN (RFC 4616) and LOGIN, with or without an initial response.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::reply::{self, Reply};
use crate::settings::Credentials;

/// Longest AUTH command or response with its CRLF, in bytes (RFC 4954 section 4).
pub(crate) const LINE_BYTES_MAX: usize = 12_288;

/// An exchange that waits for the client's next response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Exchange {
    /// PLAIN waits for its only response.
    Plain,
    /// LOGIN waits for the user name.
    LoginUserName,
    /// LOGIN has the user name and waits for the password.
    LoginPassword(Vec<u8>),
}

/// What follows from a response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// Send the challenge and wait.
    Challenge(Reply, Exchange),
    /// The credentials are good.
    Succeeded,
    /// The exchange is over without success; the reply says why.
    Failed(Reply),
}

/// Begins an exchange as the AUTH command asks for.
#[must_use]
pub(crate) fn begin(
    mechanism: &str,
    initial: Option<&str>,
    accepted: Option<&Credentials>,
) -> Step {
    let (challenge, exchange) = if mechanism.eq_ignore_ascii_case("PLAIN") {
        (reply::CHALLENGE_EMPTY, Exchange::Plain)
    } else if mechanism.eq_ignore_ascii_case("LOGIN") {
        (reply::CHALLENGE_USER_NAME, Exchange::LoginUserName)
    } else {
        return Step::Failed(reply::UNKNOWN_MECHANISM);
    };
    match initial {
        None => Step::Challenge(challenge, exchange),
        Some("=") => respond(exchange, "", accepted),
        Some(response) => respond(exchange, response, accepted),
    }
}

/// Goes on with the client's response in base64, or `*` with which it cancels.
#[must_use]
pub(crate) fn respond(exchange: Exchange, response: &str, accepted: Option<&Credentials>) -> Step {
    if response == "*" {
        return Step::Failed(reply::AUTH_CANCELLED);
    }
    let Ok(response) = STANDARD.decode(response) else {
        return Step::Failed(reply::BAD_RESPONSE);
    };
    match exchange {
        Exchange::Plain => {
            let parts: Vec<&[u8]> = response.split(|byte| *byte == 0).collect();
            match parts[..] {
                [_authorize_as, user_name, password] if !user_name.is_empty() => {
                    verdict(user_name, password, accepted)
                }
                _ => Step::Failed(reply::BAD_RESPONSE),
            }
        }
        Exchange::LoginUserName => {
            Step::Challenge(reply::CHALLENGE_PASSWORD, Exchange::LoginPassword(response))
        }
        Exchange::LoginPassword(user_name) => verdict(&user_name, &response, accepted),
    }
}

fn verdict(user_name: &[u8], password: &[u8], accepted: Option<&Credentials>) -> Step {
    let good = accepted.is_none_or(|accepted| {
        accepted.user_name.as_bytes() == user_name && accepted.password.as_bytes() == password
    });
    if good {
        Step::Succeeded
    } else {
        Step::Failed(reply::AUTH_FAILED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted() -> Credentials {
        Credentials {
            user_name: "ann".to_owned(),
            password: "secret".to_owned(),
        }
    }

    fn plain(text: &str) -> Step {
        begin("plain", Some(&STANDARD.encode(text)), Some(&accepted()))
    }

    #[test]
    fn plain_takes_an_initial_response() {
        assert_eq!(plain("\0ann\0secret"), Step::Succeeded);
        assert_eq!(plain("someone\0ann\0secret"), Step::Succeeded);
    }

    #[test]
    fn wrong_credentials_fail() {
        assert_eq!(plain("\0ann\0wrong"), Step::Failed(reply::AUTH_FAILED));
        assert_eq!(plain("\0bob\0secret"), Step::Failed(reply::AUTH_FAILED));
    }

    #[test]
    fn plain_without_its_three_parts_is_refused() {
        for text in ["", "ann", "\0ann", "\0\0secret", "a\0b\0c\0d"] {
            assert_eq!(plain(text), Step::Failed(reply::BAD_RESPONSE), "{text:?}");
        }
    }

    #[test]
    fn login_asks_for_name_and_password() {
        let Step::Challenge(first, exchange) = begin("LOGIN", None, Some(&accepted())) else {
            panic!("LOGIN begins with a challenge");
        };
        assert_eq!(first, reply::CHALLENGE_USER_NAME);
        let Step::Challenge(second, exchange) =
            respond(exchange, &STANDARD.encode("ann"), Some(&accepted()))
        else {
            panic!("LOGIN goes on with a challenge");
        };
        assert_eq!(second, reply::CHALLENGE_PASSWORD);
        let last = respond(exchange, &STANDARD.encode("secret"), Some(&accepted()));
        assert_eq!(last, Step::Succeeded);
    }

    #[test]
    fn an_asterisk_cancels() {
        assert_eq!(
            respond(Exchange::Plain, "*", None),
            Step::Failed(reply::AUTH_CANCELLED)
        );
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        assert_eq!(
            respond(Exchange::Plain, "%%%", None),
            Step::Failed(reply::BAD_RESPONSE)
        );
    }

    #[test]
    fn without_settings_any_credentials_do() {
        assert_eq!(
            begin("PLAIN", Some(&STANDARD.encode("\0x\0y")), None),
            Step::Succeeded
        );
    }

    #[test]
    fn other_mechanisms_are_unknown() {
        assert_eq!(
            begin("CRAM-MD5", None, None),
            Step::Failed(reply::UNKNOWN_MECHANISM)
        );
    }
}
