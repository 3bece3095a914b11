//! A terminal on the bench: keys in, what the terminal shows out.

use std::sync::Arc;

use emulator::{
    Asker, ProbeOutcome, ServerState, TransferOutcome,
    cli::{Arrival, Awaited, Interaction, LineEnd, LineResult, Session, Settings},
    device::files::WhyNot,
};

use crate::lab::Lab;

/// A device that reports syslog to one profile by mail.
pub(crate) const CONFIGURATION: &str = "service call-home\nhostname edge\ncall-home\n \
     contact-email-addr noc@example.com\n mail-server smtp.example.com priority 1\n profile noc\n  \
     destination address email noc@example.com\n  subscribe-to-alert-group syslog severity minor\n";

/// A terminal and the device behind it.
pub(crate) struct Desk {
    pub(crate) lab: Lab,
    pub(crate) session: Session,
}

impl Desk {
    /// A privileged console of a configured device.
    pub(crate) fn privileged() -> Self {
        Self::with(CONFIGURATION, privileged())
    }

    /// A terminal of a device with `configuration`.
    pub(crate) fn with(configuration: &str, settings: Settings) -> Self {
        Self {
            lab: Lab::seeded(7).with_config(configuration),
            session: Session::open(settings),
        }
    }

    /// A privileged console of a configured device of model `platform`.
    pub(crate) fn on(platform: &str, configuration: &str) -> Self {
        Self {
            lab: Lab::seeded(7).on(platform).with_config(configuration),
            session: Session::open(privileged()),
        }
    }

    /// What the terminal is sent at the beginning.
    pub(crate) fn start(&mut self) -> String {
        let mut out = Vec::new();
        self.session.start(&self.lab.device, &mut out);
        shown(&out)
    }

    /// What the terminal is sent when `keys` are pressed.
    pub(crate) fn press(&mut self, keys: &[u8]) -> String {
        let mut out = Vec::new();
        let Lab {
            device,
            now,
            outputs,
            ..
        } = &mut self.lab;
        self.session.input(device, *now, keys, &mut out, outputs);
        shown(&out)
    }

    /// The session from its start on, with each of `lines` typed and RETURN pressed.
    pub(crate) fn transcript(&mut self, lines: &[&str]) -> String {
        let mut text = self.start();
        for line in lines {
            text.push_str(&self.press(format!("{line}\r").as_bytes()));
        }
        text
    }

    /// What the terminal is sent when the probe that the session waits for finds `states`.
    pub(crate) fn resume(&mut self, states: &[ServerState]) -> String {
        let Some(Awaited::Probe(id)) = self.session.waits_for() else {
            panic!("no probe is waited for");
        };
        let servers = states.to_vec();
        self.arrives(Arrival::Probe(ProbeOutcome { id, servers })).0
    }

    /// What the terminal is sent when the transfer that the session waits for ends with `result`.
    pub(crate) fn transferred(&mut self, result: Result<&[u8], WhyNot>) -> (String, LineResult) {
        let Some(Awaited::Transfer(id)) = self.session.waits_for() else {
            panic!("no transfer is waited for");
        };
        self.arrives(Arrival::Transfer(TransferOutcome {
            asker: Asker::Session(id),
            result: result.map(Arc::from),
        }))
    }

    pub(crate) fn arrives(&mut self, arrival: Arrival) -> (String, LineResult) {
        let mut out = Vec::new();
        let Lab {
            device,
            now,
            outputs,
            ..
        } = &mut self.lab;
        let result = self
            .session
            .resume(device, *now, arrival, &mut out, outputs);
        (shown(&out), result)
    }

    /// The output of `line` in a script.
    pub(crate) fn line(&mut self, line: &str) -> (String, LineResult) {
        let mut out = Vec::new();
        let Lab {
            device,
            now,
            outputs,
            ..
        } = &mut self.lab;
        let result = self.session.line(device, *now, line, &mut out, outputs);
        (String::from_utf8(out).unwrap(), result)
    }
}

/// A console at `#` that does not page.
pub(crate) fn privileged() -> Settings {
    Settings {
        privilege: 15,
        length: 0,
        ..Settings::default()
    }
}

/// A script at `#`.
pub(crate) fn script() -> Settings {
    Settings {
        interaction: Interaction::Script {
            line_end: LineEnd::Lf,
        },
        ..privileged()
    }
}

/// Terminal output as text: every line feed must follow a carriage return, other control characters
/// become visible.
pub(crate) fn shown(out: &[u8]) -> String {
    let text = String::from_utf8(out.to_vec()).unwrap();
    let text = text.replace("\r\n", "\n");
    assert!(!text.contains('\r'));
    text.replace('\u{8}', "^H").replace('\u{7}', "^G")
}
