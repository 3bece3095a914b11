//! The replies of the sink, with their enhanced status codes (RFC 3463).

use crate::command::CommandError;

/// One reply of one line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reply(&'static str);

impl Reply {
    /// Appends the reply with its CRLF.
    pub fn write_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    /// The reply as text, without CRLF.
    #[must_use]
    pub fn text(self) -> &'static str {
        self.0
    }
}

impl From<CommandError> for Reply {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Unknown => UNKNOWN_COMMAND,
            CommandError::NotImplemented => NOT_IMPLEMENTED,
            CommandError::Arguments => BAD_ARGUMENTS,
            CommandError::Sender => BAD_SENDER,
            CommandError::Recipient => BAD_RECIPIENT,
            CommandError::Parameter => UNKNOWN_PARAMETER,
        }
    }
}

macro_rules! replies {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        $($(#[$doc])* pub const $name: Reply = Reply($text);)+

        #[cfg(test)]
        const ALL: &[Reply] = &[$($name),+];
    };
}

replies! {
    /// To anything that simply worked.
    OK = "250 2.0.0 Ok";
    /// To MAIL.
    SENDER_OK = "250 2.1.0 Sender ok";
    /// To RCPT.
    RECIPIENT_OK = "250 2.1.5 Recipient ok";
    /// To DATA.
    GO_AHEAD = "354 End data with <CR><LF>.<CR><LF>";
    /// To the final dot, after the message is in the books.
    MESSAGE_ACCEPTED = "250 2.0.0 Ok, message recorded";
    /// To QUIT.
    BYE = "221 2.0.0 Bye";
    /// To HELP.
    HELP = "214 2.0.0 HELO EHLO MAIL RCPT DATA RSET NOOP VRFY HELP STARTTLS AUTH QUIT";
    /// To VRFY.
    CANNOT_VERIFY = "252 2.5.0 Cannot verify, will accept mail for anyone";
    /// To STARTTLS.
    READY_FOR_TLS = "220 2.0.0 Ready to start TLS";
    /// To the last step of AUTH.
    AUTHENTICATED = "235 2.7.0 Authentication succeeded";
    /// The empty challenge of AUTH PLAIN.
    CHALLENGE_EMPTY = "334 ";
    /// `Username:` in base64, as AUTH LOGIN asks.
    CHALLENGE_USER_NAME = "334 VXNlcm5hbWU6";
    /// `Password:` in base64, as AUTH LOGIN asks.
    CHALLENGE_PASSWORD = "334 UGFzc3dvcmQ6";
    /// The connection was silent too long.
    IDLE_TOO_LONG = "421 4.4.2 Idle too long, closing";
    /// The limit of open connections is reached.
    TOO_MANY_CONNECTIONS = "421 4.3.2 Too many connections, try again later";
    /// Many commands, no mail.
    TOO_MANY_COMMANDS = "421 4.7.0 Too many commands without mail, closing";
    /// The limit of recipients is reached.
    TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients";
    /// TLS was asked for and cannot be had.
    TLS_NOT_AVAILABLE = "454 4.7.0 TLS not available";
    /// The verb means nothing.
    UNKNOWN_COMMAND = "500 5.5.2 Unknown command";
    /// The line is longer than allowed.
    LINE_TOO_LONG = "500 5.5.6 Line too long";
    /// The line has bare CR or LF, control characters, or text that is not UTF-8.
    BAD_LINE = "500 5.5.2 Line must be text and end with CRLF";
    /// The command's arguments are missing, too many, or wrong.
    BAD_ARGUMENTS = "501 5.5.4 Syntax error in arguments";
    /// The reverse-path is no path.
    BAD_SENDER = "501 5.1.7 Bad sender address syntax";
    /// The forward-path is no path.
    BAD_RECIPIENT = "501 5.1.3 Bad recipient address syntax";
    /// A response of AUTH is not base64 or not what the mechanism asks for.
    BAD_RESPONSE = "501 5.5.2 Cannot decode response";
    /// AUTH was cancelled with `*`.
    AUTH_CANCELLED = "501 5.7.0 Authentication cancelled";
    /// The verb is known and not served.
    NOT_IMPLEMENTED = "502 5.5.1 Command not implemented";
    /// HELO or EHLO has to come first.
    GREETING_MISSING = "503 5.5.1 Send HELO or EHLO first";
    /// MAIL has to come first.
    MAIL_MISSING = "503 5.5.1 Send MAIL first";
    /// RCPT has to come first.
    RECIPIENT_MISSING = "503 5.5.1 Send RCPT first";
    /// A transaction is open already.
    MAIL_NESTED = "503 5.5.1 A transaction is open, finish or reset it first";
    /// TLS is on already.
    TLS_ACTIVE = "503 5.5.1 TLS is active already";
    /// Authenticated already, or inside a transaction.
    AUTH_NOT_NOW = "503 5.5.1 Authentication is not possible now";
    /// The mechanism of AUTH is not served.
    UNKNOWN_MECHANISM = "504 5.5.4 Unknown authentication mechanism";
    /// AUTH has to come first.
    AUTH_REQUIRED = "530 5.7.0 Authentication required";
    /// The credentials are wrong.
    AUTH_FAILED = "535 5.7.8 Authentication credentials invalid";
    /// The message has bare CR or LF and the settings refuse those.
    BARE_LINE_ENDS = "550 5.6.11 Message contains bare CR or LF";
    /// The message is, or will be, too large.
    MESSAGE_TOO_LARGE = "552 5.3.4 Message size exceeds the limit";
    /// An address needs SMTPUTF8, which MAIL did not ask for.
    SMTPUTF8_MISSING = "553 5.6.7 Address needs SMTPUTF8";
    /// A parameter of MAIL or RCPT is not served.
    UNKNOWN_PARAMETER = "555 5.5.4 Unknown parameter";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reply_is_one_line_within_the_limit_of_512_bytes() {
        for reply in ALL {
            assert!(reply.text().len() + 2 <= 512, "{reply:?}");
            assert!(
                reply
                    .text()
                    .bytes()
                    .all(|byte| (b' '..=b'~').contains(&byte)),
                "{reply:?}"
            );
        }
    }

    #[test]
    fn the_class_of_the_enhanced_code_is_that_of_the_reply() {
        for reply in ALL.iter().filter(|reply| !reply.text().starts_with('3')) {
            let text = reply.text();
            assert_eq!(text.as_bytes()[0], text.as_bytes()[4], "{reply:?}");
        }
    }
}
