//! One message after the other: where each attempt goes, and what its outcome means.
//!
//! Reference, sections 3.11 and 3.12. A device sends one message at a time.

use std::sync::{Arc, atomic::Ordering};

use jiff::Timestamp;

use super::Device;
use crate::{
    alert::{CommandOutputDestination, Manual},
    call_home::{Destination, QueuedMessage},
    config::{Configuration, Profile, ProfileKind},
    message::{Fit, Rendered, TooLarge},
    output::{Output, Trap},
    syslog::catalogue::{HttpFailure, MessageFailure, OwnLine, SmtpFailure},
    template::SlotValues,
    transport::{
        AttemptOutcome, Credentials, MessageId, Route, Settlement, Transmission, Transport,
    },
};

/// Why a message cannot even be tried.
enum Unroutable {
    Mail(SmtpFailure),
    Http(HttpFailure),
}

impl Device {
    /// Starts sending the next message, if there is one and none is being sent. Messages that have
    /// nowhere to go fail on the spot.
    pub(super) fn send_next(&mut self, now: Timestamp, outputs: &mut Vec<Output>) {
        loop {
            let values = crate::identity::IdentityValues {
                identity: &self.identity,
                serial: crate::identity::SerialNumber::of_chassis(
                    self.model.platform.serial_style,
                    self.identity.device,
                ),
            };
            let Some(message) = self.engine.next_to_send() else {
                return;
            };
            match route(&self.running, message, &values) {
                Ok(route) => {
                    message.in_flight = true;
                    outputs.push(Output::Transmit(Transmission {
                        id: message.id,
                        kind: message.alert.kind,
                        due: message.alert.at,
                        attempt: message.attempt,
                        route,
                    }));
                    return;
                }
                Err(unroutable) => self.fail_front(now, &unroutable, outputs),
            }
        }
    }

    fn fail_front(&mut self, now: Timestamp, unroutable: &Unroutable, outputs: &mut Vec<Output>) {
        let front = self.engine.next_to_send();
        let by_hand = front.filter(|message| message.alert.by_hand);
        let by_hand = by_hand.map(|message| message.alert.kind);
        let failure = match unroutable {
            Unroutable::Mail(failure) => MessageFailure::Mail(*failure),
            Unroutable::Http(failure) => MessageFailure::Http(*failure),
        };
        match unroutable {
            Unroutable::Mail(failure) => {
                self.log(now, &OwnLine::SmtpSendFailed(*failure).to_string());
                self.trap(Trap::SmtpMessageSendFail, outputs);
            }
            Unroutable::Http(failure) => {
                let line = OwnLine::HttpRequestFailed {
                    url: "",
                    failure: *failure,
                };
                self.log(now, &line.to_string());
            }
        }
        if let Some(kind) = by_hand {
            self.log(now, &OwnLine::manual_failed(kind, failure).to_string());
        }
        self.engine.settle_front(now, Settlement::Failed, outputs);
    }

    fn trap(&self, trap: Trap, outputs: &mut Vec<Output>) {
        let wanted = match trap {
            Trap::SmtpServerFail => self.running.traps.server_fail,
            Trap::SmtpMessageSendFail => self.running.traps.message_send_fail,
        };
        if wanted {
            outputs.push(Output::Trap(trap));
        }
    }

    /// An attempt has ended: the message is delivered, tried at the next server, or given up.
    pub(super) fn finish_attempt(
        &mut self,
        now: Timestamp,
        id: MessageId,
        outcome: AttemptOutcome,
        outputs: &mut Vec<Output>,
    ) {
        let first = outputs.len();
        let servers = self.running.call_home.mail_servers.len();
        let Some(message) = self.engine.in_flight_mut(id) else {
            return;
        };
        message.in_flight = false;
        message.attempt = message.attempt.saturating_add(1);
        message.unconfirmed |= outcome == AttemptOutcome::Unconfirmed;
        let by_mail = message.transport == Transport::Email;
        // A message that outlived its device's memory is not tried again.
        let more = by_mail && usize::from(message.attempt) < servers && !message.forgotten;
        let settlement = match outcome {
            AttemptOutcome::Accepted => Some(Settlement::Delivered),
            // A server may have it from an attempt before.
            AttemptOutcome::TooLarge if message.unconfirmed => Some(Settlement::Unconfirmed),
            AttemptOutcome::TooLarge => Some(Settlement::Oversize),
            AttemptOutcome::Refused
            | AttemptOutcome::Failed
            | AttemptOutcome::TimedOut
            | AttemptOutcome::Unconfirmed => match (more, message.unconfirmed) {
                (true, _) => None,
                (false, true) => Some(Settlement::Unconfirmed),
                (false, false) => Some(Settlement::Failed),
            },
        };
        if !message.forgotten {
            match outcome {
                AttemptOutcome::Accepted => self.log_if_shortened(now, id),
                AttemptOutcome::TooLarge => {
                    self.log_too_large(now, id);
                    self.log_if_by_hand(now, id, MessageFailure::TooLarge);
                }
                AttemptOutcome::Refused
                | AttemptOutcome::Failed
                | AttemptOutcome::TimedOut
                | AttemptOutcome::Unconfirmed => self.log_failure(now, id, outcome, more, outputs),
            }
        }
        if let Some(settlement) = settlement {
            self.engine.settle_front(now, settlement, outputs);
        }
        self.send_next(now, outputs);
        self.debug(now, &outputs[first..]);
    }

    /// A message that was cut to its profile's limit was too large all the same.
    fn log_if_shortened(&mut self, now: Timestamp, id: MessageId) {
        if self.shortened.swap(false, Ordering::Relaxed) {
            self.log_too_large(now, id);
        }
    }

    fn log_too_large(&mut self, now: Timestamp, id: MessageId) {
        let Some(message) = self.engine.message(id) else {
            return;
        };
        let event = message.alert.kind.word();
        let profile = match message.destination {
            Destination::Profile(profile) => self.running.call_home.profile_by_id(profile),
            Destination::Direct => None,
        };
        let profile = profile.map_or_else(|| Arc::from("-"), |profile| profile.name.clone());
        let line = OwnLine::MessageTooLarge {
            profile: &profile,
            event,
        };
        self.log(now, &line.to_string());
    }

    fn log_failure(
        &mut self,
        now: Timestamp,
        id: MessageId,
        outcome: AttemptOutcome,
        more_servers: bool,
        outputs: &mut Vec<Output>,
    ) {
        let Some(message) = self.engine.message(id) else {
            return;
        };
        if message.transport == Transport::Email {
            // The attempt that has ended is one behind the count.
            let server = usize::from(message.attempt.saturating_sub(1));
            if self.engine.may_report_server(server, now) {
                self.trap(Trap::SmtpServerFail, outputs);
            }
            if !more_servers {
                let failure = match outcome {
                    AttemptOutcome::Refused => SmtpFailure::Reply,
                    AttemptOutcome::Accepted
                    | AttemptOutcome::Failed
                    | AttemptOutcome::TimedOut
                    | AttemptOutcome::Unconfirmed
                    | AttemptOutcome::TooLarge => SmtpFailure::Connecting,
                };
                self.log(now, &OwnLine::SmtpSendFailed(failure).to_string());
                self.trap(Trap::SmtpMessageSendFail, outputs);
                self.log_if_by_hand(now, id, MessageFailure::Mail(failure));
            }
            return;
        }
        let failure = match outcome {
            AttemptOutcome::TimedOut => HttpFailure::TimedOut,
            AttemptOutcome::Accepted
            | AttemptOutcome::Refused
            | AttemptOutcome::Failed
            | AttemptOutcome::Unconfirmed
            | AttemptOutcome::TooLarge => HttpFailure::Aborted,
        };
        let values = self.identity_values();
        let url = match route(&self.running, message, &values) {
            Ok(Route::Http { url, .. }) => url,
            _ => "".into(),
        };
        self.log(
            now,
            &OwnLine::HttpRequestFailed { url: &url, failure }.to_string(),
        );
        self.log_if_by_hand(now, id, MessageFailure::Http(failure));
    }

    /// Whoever sent a message by hand is told that it did not get through.
    fn log_if_by_hand(&mut self, now: Timestamp, id: MessageId, failure: MessageFailure) {
        let message = self.engine.message(id);
        if let Some(message) = message.filter(|message| message.alert.by_hand) {
            let line = OwnLine::manual_failed(message.alert.kind, failure).to_string();
            self.log(now, &line);
        }
    }

    /// Renders the message `id` into `out`, which is cleared first and left empty on errors.
    ///
    /// `now` is the time of the rendering: command outputs show the device as it is then.
    /// `None` means that the device knows no such message, because it was reloaded.
    ///
    /// # Errors
    /// When the message cannot be made to fit its profile's size limit; the courier reports
    /// [`AttemptOutcome::TooLarge`] then.
    pub fn render(
        &self,
        now: Timestamp,
        id: MessageId,
        out: &mut Vec<u8>,
    ) -> Option<Result<Rendered, TooLarge>> {
        out.clear();
        let message = self.engine.message(id)?;
        let outcome = crate::message::render(out, &self.view(now), message);
        let shortened = matches!(outcome, Ok((_, Fit::Shortened)));
        self.shortened.store(shortened, Ordering::Relaxed);
        if outcome.is_err() {
            out.clear();
        }
        Some(outcome.map(|(rendered, _)| rendered))
    }
}

fn route(
    configuration: &Configuration,
    message: &QueuedMessage,
    values: &dyn SlotValues,
) -> Result<Route, Unroutable> {
    let profile = match message.destination {
        Destination::Profile(id) => configuration.call_home.profile_by_id(id),
        Destination::Direct => configuration
            .call_home
            .profiles
            .iter()
            .find(|profile| profile.kind == ProfileKind::Tac),
    };
    match message.transport {
        Transport::Email => mail_route(configuration, message, profile, values),
        Transport::Http => http_route(configuration, profile, values),
    }
}

fn mail_route(
    configuration: &Configuration,
    message: &QueuedMessage,
    profile: Option<&Profile>,
    values: &dyn SlotValues,
) -> Result<Route, Unroutable> {
    let settings = &configuration.call_home;
    let to_itself = matches!(
        message.alert.manual.as_deref(),
        Some(Manual::Commands(request))
            if matches!(request.destination, CommandOutputDestination::Mail { .. })
    );
    let addressed =
        to_itself || profile.is_some_and(|profile| !profile.mail_recipients().is_empty());
    if !addressed {
        return Err(Unroutable::Mail(SmtpFailure::NoDestination));
    }
    if settings.contact_email.is_none() && settings.sender_from.is_none() && !message.anonymous {
        return Err(Unroutable::Mail(SmtpFailure::NoContact));
    }
    let server = settings
        .mail_servers
        .get(usize::from(message.attempt))
        .or(settings.mail_servers.last())
        .ok_or(Unroutable::Mail(SmtpFailure::NoServer))?;
    let host = server.host.fill(values);
    let (host, credentials) = match host.rsplit_once('@') {
        None => (host, None),
        Some((login, name)) => {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            let credentials = Credentials {
                user: user.to_owned(),
                password: password.to_owned(),
            };
            (Arc::from(name), Some(Arc::new(credentials)))
        }
    };
    Ok(Route::Mail {
        host,
        tls: server.tls,
        credentials,
    })
}

fn http_route(
    configuration: &Configuration,
    profile: Option<&Profile>,
    values: &dyn SlotValues,
) -> Result<Route, Unroutable> {
    let settings = &configuration.call_home;
    let url = profile
        .and_then(Profile::url)
        .ok_or(Unroutable::Http(HttpFailure::NoDestination))?;
    Ok(Route::Http {
        url: url.fill(values),
        proxy: settings
            .http_proxy
            .as_ref()
            .map(|proxy| (proxy.host.fill(values), proxy.port)),
        identity_check: settings.http_identity_check,
        authorities: configuration
            .verbatim
            .certificates()
            .map(|(_, certificate)| certificate.der().to_vec())
            .collect(),
    })
}
