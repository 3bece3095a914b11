//! A device on the bench: inputs in, outputs collected, time moved by hand.

use std::{
    fmt::Write,
    sync::{Arc, LazyLock},
};

use emulator::{
    AttemptOutcome, Catalogue, Device, DeviceModel, Input, ManualMessage, MessageId, Output,
    Policy, Rendered, Seed, SystemEvent, Transmission, config::parse::parse,
    device::files::FileServers, license::LicensingModel,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// When the devices of the lab have been up since, unless a test says otherwise.
pub(crate) const BOOTED_AT: &str = "2026-03-14T10:50:00Z";

/// One device and everything it has said.
pub(crate) struct Lab {
    seed: u64,
    index: u32,
    platform: String,
    configuration: String,
    zone: TimeZone,
    policy: Policy,
    servers: Arc<FileServers>,
    members: u8,
    booted_at: Timestamp,
    pub(crate) device: Device,
    pub(crate) now: Timestamp,
    pub(crate) outputs: Vec<Output>,
    /// How many of the outputs have been looked at for transmissions.
    answered: usize,
}

impl Lab {
    /// A 2951 that has never been configured.
    pub(crate) fn seeded(seed: u64) -> Self {
        let booted_at: Timestamp = BOOTED_AT.parse().unwrap();
        let platform = "CISCO2951".to_owned();
        let model = model(&platform, "", &TimeZone::UTC, &Policy::default());
        Self {
            seed,
            index: 0,
            platform,
            configuration: String::new(),
            zone: TimeZone::UTC,
            policy: Policy::default(),
            servers: Arc::default(),
            members: 1,
            booted_at,
            device: Device::in_fleet(&model, "lab", 0, Seed(seed), booted_at),
            now: booted_at,
            outputs: Vec::new(),
            answered: 0,
        }
    }

    pub(crate) fn on(mut self, platform: &str) -> Self {
        self.platform = platform.to_owned();
        self.rebuilt()
    }

    pub(crate) fn with_index(mut self, index: u32) -> Self {
        self.index = index;
        self.rebuilt()
    }

    pub(crate) fn with_config(mut self, configuration: &str) -> Self {
        self.configuration = configuration.to_owned();
        self.rebuilt()
    }

    pub(crate) fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self.rebuilt()
    }

    pub(crate) fn in_zone(mut self, zone: &str) -> Self {
        self.zone = TimeZone::get(zone).unwrap();
        self.rebuilt()
    }

    /// With file servers that have `files`: host, path, what is there.
    pub(crate) fn with_servers(mut self, servers: FileServers) -> Self {
        self.servers = Arc::new(servers);
        self.rebuilt()
    }

    /// With stacks of `members`.
    pub(crate) fn stacked(mut self, members: u8) -> Self {
        self.members = members;
        self.rebuilt()
    }

    pub(crate) fn up_since(mut self, booted_at: &str) -> Self {
        self.booted_at = booted_at.parse().unwrap();
        self.rebuilt()
    }

    fn rebuilt(mut self) -> Self {
        let model = model(
            &self.platform,
            &self.configuration,
            &self.zone,
            &self.policy,
        );
        let mut model = DeviceModel::clone(&model);
        model.servers = Arc::clone(&self.servers);
        model.licensing = Arc::new(LicensingModel {
            members: self.members,
            ..LicensingModel::clone(&model.licensing)
        });
        let model = model.shared();
        self.device = Device::in_fleet(&model, "lab", self.index, Seed(self.seed), self.booted_at);
        self.now = self.booted_at;
        self
    }

    /// Hands `input` to the device at the present.
    pub(crate) fn input(&mut self, input: Input) {
        self.device.handle(self.now, input, &mut self.outputs);
    }

    pub(crate) fn raise(&mut self, event: SystemEvent) {
        self.input(Input::Event(event));
    }

    pub(crate) fn syslog(&mut self, line: &str) {
        self.raise(SystemEvent::Syslog(line.into()));
    }

    /// Logs `count` different lines of severity minor.
    pub(crate) fn raise_syslog(&mut self, count: usize) {
        for number in 0..count {
            self.syslog(&format!(
                "%LINK-3-UPDOWN: Interface GigabitEthernet0/{number}, changed state to down"
            ));
        }
    }

    pub(crate) fn manual(&mut self, message: ManualMessage) {
        self.device
            .send_manually(self.now, message, &mut self.outputs)
            .unwrap();
    }

    /// Lets time pass; the device is woken at each of its deadlines.
    pub(crate) fn advance(&mut self, duration: SignedDuration) {
        let end = self.now + duration;
        while let Some(due) = self.device.next_deadline().filter(|due| *due <= end) {
            self.now = due;
            self.input(Input::DeadlineReached);
        }
        self.now = end;
    }

    /// The next transmission that has not been answered.
    pub(crate) fn next_transmission(&mut self) -> Option<Transmission> {
        while let Some(output) = self.outputs.get(self.answered) {
            self.answered += 1;
            if let Output::Transmit(transmission) = output {
                return Some(transmission.clone());
            }
        }
        None
    }

    /// Answers every transmission as `answer` says, until the device asks for none.
    pub(crate) fn answer(&mut self, mut answer: impl FnMut(&Transmission) -> AttemptOutcome) {
        while let Some(transmission) = self.next_transmission() {
            let outcome = answer(&transmission);
            let id = transmission.id;
            self.input(Input::Outcome { id, outcome });
        }
    }

    /// The message `id` as text, and its envelope.
    pub(crate) fn render(&self, id: MessageId) -> (Rendered, String) {
        let mut out = Vec::new();
        let rendered = self.device.render(self.now, id, &mut out).unwrap().unwrap();
        (rendered, String::from_utf8(out).unwrap())
    }

    /// Renders the next message and lets it be delivered.
    pub(crate) fn deliver_next(&mut self) -> Option<String> {
        let transmission = self.next_transmission()?;
        let (_, text) = self.render(transmission.id);
        self.input(Input::Outcome {
            id: transmission.id,
            outcome: AttemptOutcome::Accepted,
        });
        Some(text)
    }

    /// The output of an exec command.
    pub(crate) fn show(&self, command: &str) -> String {
        let mut out = Vec::new();
        self.device.push_command_output(&mut out, command, self.now);
        String::from_utf8(out).unwrap()
    }

    /// What the device has said, one output a line.
    pub(crate) fn transcript(&self) -> String {
        let mut text = String::new();
        for output in &self.outputs {
            write_output(&mut text, output);
            text.push('\n');
        }
        text
    }
}

fn model(
    platform: &str,
    configuration: &str,
    zone: &TimeZone,
    policy: &Policy,
) -> std::sync::Arc<DeviceModel> {
    // Read once: a property test builds thousands of labs.
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
    let parsed = parse(configuration);
    assert!(parsed.is_clean(), "{:?}", parsed.diagnostics);
    let platform = CATALOGUE.find(platform).unwrap();
    DeviceModel {
        policy: policy.clone(),
        site_zone: zone.clone(),
        ..DeviceModel::new(platform, parsed.configuration)
    }
    .shared()
}

fn write_output(text: &mut String, output: &Output) {
    match output {
        Output::Trigger {
            kind, severity, at, ..
        } => {
            write!(text, "{at} trigger {} {severity}", kind.word())
        }
        Output::Dropped {
            account,
            transport,
            destination,
            ..
        } => write!(
            text,
            "  dropped {} {transport:?} {destination:?}",
            account.name()
        ),
        Output::Queued {
            id,
            transport,
            destination,
            ..
        } => write!(text, "  queued {id} {transport:?} {destination:?}"),
        Output::Transmit(transmission) => write!(
            text,
            "  transmit {} attempt {} {:?}",
            transmission.id, transmission.attempt, transmission.route
        ),
        Output::Settled { id, settlement, .. } => write!(text, "  settled {id} {settlement:?}"),
        Output::Transfer(transfer) => write!(text, "  transfer {}", transfer.url),
        Output::Trap(trap) => write!(text, "  trap {trap:?}"),
        Output::LicenseFile(outcome) => write!(text, "  license file {outcome:?}"),
        Output::Probe(probe) => write!(text, "  probe of {} servers", probe.servers.len()),
        Output::Unheard => write!(text, "  unheard"),
    }
    .unwrap();
}
