//! One device: identity, configuration, log, Call Home engine, power.
//!
//! Feed it with [`Device::handle`], wait until [`Device::next_deadline`] or the next input, whichever
//! comes first, and ask for a message's bytes with [`Device::render`] when it is about to be sent.

mod clock;
mod console;
mod debugging;
mod events;
mod faults;
pub mod files;
mod input;
mod license_events;
pub(crate) mod licensing;
mod logging;
mod manual;
mod sending;
mod view;

use std::sync::{Arc, atomic::AtomicBool};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

pub(crate) use debugging::{DebugKind, Debugging};
use faults::Faults;
use files::{FileServers, Files};
pub use input::{Input, LicenseEvent, ManualMessage, RejectedRequest, Sensor, SystemEvent};
pub use licensing::FirstBoot;
pub use logging::{LOG_BYTES_MAX, LOG_LINE_BYTES_MAX};
pub(crate) use view::DeviceView;

use crate::{
    alert::Alert,
    alert_group::MessageType,
    call_home::{
        self, DerivedMonthly, Engine, Raised, Statistics, Surroundings,
        schedule::{Calendar, lateness},
        triggered::Event,
    },
    config::{Configuration, ProfileId},
    identity::{Identity, IdentityValues, Naming, Seed, SerialNumber},
    license::{LicensingModel, store::Licenses},
    output::Output,
    platform::Platform,
    policy::{IdEpoch, Policy},
    syslog::{LogBuffer, SyslogText, catalogue::OwnLine},
    transport::{MessageId, OutstandingMessage, Transport},
};

/// Seconds from 1900 to 1970.
const NTP_TO_UNIX_SECONDS: i64 = 2_208_988_800;

/// What the devices of a fleet have in common. Shared, never changed.
#[derive(Clone, Debug)]
pub struct DeviceModel {
    /// The hardware and software.
    pub platform: Arc<Platform>,
    /// The configuration that devices start with.
    pub startup: Arc<Configuration>,
    /// What the documents leave open.
    pub policy: Policy,
    /// The zone of devices that have none configured.
    pub site_zone: TimeZone,
    /// Whose licenses they trust, and which they have from the start.
    pub licensing: Arc<LicensingModel>,
    /// File servers that they reach without a network.
    pub servers: Arc<FileServers>,
    /// The licenses of one of them behind its first boot, from which those of the others follow.
    pub first_boot: FirstBoot,
}

impl DeviceModel {
    /// Devices of `platform` that start with `startup`, with the default policy, in UTC.
    pub fn new(platform: Arc<Platform>, startup: Configuration) -> Self {
        let licensing = LicensingModel::of(platform.licensed.as_ref());
        Self {
            licensing: Arc::new(licensing),
            servers: Arc::default(),
            first_boot: FirstBoot::default(),
            platform,
            startup: Arc::new(startup),
            policy: Policy::default(),
            site_zone: TimeZone::UTC,
        }
    }

    /// The model, ready to be shared.
    pub fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Power {
    On,
    Booting { until: Timestamp },
    Off,
}

/// What made a device boot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum BootReason {
    PowerOn,
    Reload,
    Crash,
}

impl BootReason {
    /// As `show version` words it behind `System returned to ROM by`.
    fn words(self) -> &'static str {
        match self {
            Self::PowerOn => "power-on",
            Self::Reload => "reload",
            Self::Crash => "bus error at PC 0x41A6DF0C, address 0xD0D0D11",
        }
    }
}

/// One emulated device.
#[derive(Debug)]
pub struct Device {
    model: Arc<DeviceModel>,
    identity: Identity,
    seed: Seed,
    running: Arc<Configuration>,
    /// What it boots with, once that differs from what its model starts with.
    saved: Option<Arc<Configuration>>,
    zone: TimeZone,
    /// How far the device's own clock is ahead, once somebody has set it.
    clock_ahead: Option<Box<SignedDuration>>,
    booted_at: Timestamp,
    power: Power,
    /// Why it is booting, or booted last.
    boot_reason: BootReason,
    /// What `debug call-home` has turned on.
    pub(crate) debugging: Debugging,
    /// Cards that have been taken out, one bit each.
    removed_cards: u64,
    /// What is wrong with the hardware.
    faults: Faults,
    log: LogBuffer,
    engine: Engine,
    licenses: Licenses,
    /// Files that it has written, once there are any.
    files: Option<Box<Files>>,
    /// How far the schedules have been looked at.
    scheduled_until: Timestamp,
    next_periodic: Option<Timestamp>,
    /// The last rendering cut its message; rendering is reading, so the log line waits here for the
    /// outcome.
    shortened: AtomicBool,
}

impl Device {
    /// The device `identity` of `model`, up since `booted_at`.
    pub fn new(
        model: &Arc<DeviceModel>,
        identity: Identity,
        seed: Seed,
        booted_at: Timestamp,
    ) -> Self {
        let running = Arc::clone(&model.startup);
        let mut device = Self {
            zone: running.clock.time_zone(&model.site_zone),
            model: Arc::clone(model),
            identity,
            seed,
            running,
            saved: None,
            clock_ahead: None,
            booted_at,
            power: Power::On,
            boot_reason: BootReason::PowerOn,
            debugging: Debugging::default(),
            removed_cards: 0,
            faults: Faults::default(),
            log: LogBuffer::default(),
            engine: Engine::new(),
            licenses: Licenses::default(),
            files: None,
            scheduled_until: booted_at,
            next_periodic: None,
            shortened: AtomicBool::new(false),
        };
        device.plan_periodic();
        device.license_at_first_boot();
        device
    }

    /// The device at `index` of a fleet that is named `fleet` and stands at one site.
    pub fn in_fleet(
        model: &Arc<DeviceModel>,
        fleet: &str,
        index: u32,
        seed: Seed,
        booted_at: Timestamp,
    ) -> Self {
        let identity = Identity {
            device: index,
            index,
            naming: Arc::new(Naming::of_fleet(fleet, 1)),
        };
        Self::new(model, identity, seed, booted_at)
    }

    /// Takes time to `now` and then handles `input`; what the device has to say is appended to
    /// `outputs`.
    ///
    /// Everything that is due up to and including `now` happens first, each thing at its own
    /// instant. [`Input::Outcome`] and [`Input::Transferred`] are the exception: they come from the
    /// network, whose pace must not decide the order of a device's own events, so they do not advance its schedules.
    pub fn handle(&mut self, now: Timestamp, input: Input, outputs: &mut Vec<Output>) {
        match input {
            Input::Outcome { id, outcome } => self.finish_attempt(now, id, outcome, outputs),
            Input::Transferred(outcome) => self.finish_transfer(now, outcome, outputs),
            Input::Event(event) => {
                self.advance(now, outputs);
                self.event(now, event, outputs);
            }
            Input::DeadlineReached => self.advance(now, outputs),
        }
    }

    /// When the device wants to be handled next if nothing happens before.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        match self.power {
            Power::On => [self.next_periodic, self.next_license_event()]
                .into_iter()
                .flatten()
                .min(),
            Power::Booting { until } => Some(until),
            Power::Off => None,
        }
    }

    /// Takes a device that is up to `now` without a word: whatever was due up to then has happened
    /// before anybody looked.
    pub fn skip_to(&mut self, now: Timestamp) {
        self.scheduled_until = self.scheduled_until.max(now);
        self.plan_periodic();
        self.skip_licenses_to(now);
    }

    fn advance(&mut self, now: Timestamp, outputs: &mut Vec<Output>) {
        while let Some(due) = self.next_deadline().filter(|due| *due <= now) {
            match self.power {
                Power::Booting { until } => self.come_up(until, outputs),
                Power::On if self.next_license_event() == Some(due) => {
                    self.licenses_come_due(due, outputs);
                }
                Power::On => self.fire_periodic(due, outputs),
                Power::Off => return,
            }
        }
    }

    /// Raises the periodic messages whose schedule names `due`.
    fn fire_periodic(&mut self, due: Timestamp, outputs: &mut Vec<Output>) {
        let fired: Vec<_> = call_home::periodic(&self.running)
            .filter(|(_, _, schedule)| self.next_of(*schedule) == Some(due))
            .map(|(profile, group, _)| (profile, group))
            .collect();
        for (profile, group) in fired {
            self.raise_periodic(due, profile, group, outputs);
        }
        self.scheduled_until = due;
        self.plan_periodic();
    }

    fn plan_periodic(&mut self) {
        self.next_periodic = call_home::periodic(&self.running)
            .filter_map(|(_, _, schedule)| self.next_of(schedule))
            .min();
    }

    fn calendar(&self) -> Calendar<'_> {
        Calendar {
            zone: &self.zone,
            derived: DerivedMonthly::of(&self.serial()),
            booted_at: self.wall(self.booted_at),
            later: lateness(&self.serial(), self.model.policy.schedule_spread),
        }
    }

    /// The chassis serial number.
    pub fn serial(&self) -> SerialNumber {
        SerialNumber::of_chassis(self.model.platform.serial_style, self.identity.device)
    }

    /// The host name in force.
    pub fn hostname(&self) -> Arc<str> {
        let values = self.identity_values();
        match &self.running.hostname {
            Some(configured) => configured.fill(&values),
            None => self.identity.naming.hostname.fill(&values),
        }
    }

    /// Which device this is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The running configuration.
    pub fn configuration(&self) -> &Configuration {
        &self.running
    }

    /// The model the device belongs to.
    pub fn model(&self) -> &Arc<DeviceModel> {
        &self.model
    }

    /// Whether the device is up.
    pub fn is_up(&self) -> bool {
        self.power == Power::On
    }

    /// The counters of `show call-home statistics`.
    pub fn statistics(&self) -> Statistics {
        self.engine.statistics()
    }

    /// When the last message was delivered, since boot.
    pub fn last_sent(&self) -> Option<Timestamp> {
        self.engine.last_sent()
    }

    /// How many messages wait or are being sent.
    pub fn queued_messages(&self) -> usize {
        self.engine.queued()
    }

    /// The messages that wait or are being sent, the next one first.
    pub fn outstanding(&self) -> impl Iterator<Item = OutstandingMessage> {
        self.engine.outstanding()
    }

    /// How many messages of `kind` by `transport` wait or are being sent.
    pub(crate) fn queued_of(&self, kind: MessageType, transport: Transport) -> u32 {
        u32::try_from(self.engine.queued_of(kind, transport)).unwrap_or(u32::MAX)
    }

    /// Appends the output of the exec command `line` at `now`, as the command line prints it.
    pub fn push_command_output(&self, out: &mut Vec<u8>, line: &str, now: Timestamp) {
        let command = self.model.platform.command(line);
        crate::show::push_output(out, &self.view(now), &command);
    }

    fn identity_values(&self) -> IdentityValues<'_> {
        IdentityValues {
            identity: &self.identity,
            serial: self.serial(),
        }
    }

    /// The device at one instant.
    pub(crate) fn view(&self, now: Timestamp) -> DeviceView<'_> {
        DeviceView::new(self, now)
    }

    /// Offers `alert` to the Call Home engine and starts sending what came of it.
    fn raise(
        &mut self,
        alert: Alert,
        audience: crate::alert::Audience,
        line: Option<&SyslogText<'_>>,
        outputs: &mut Vec<Output>,
    ) {
        let at = alert.at;
        let first = outputs.len();
        let (identity, model, seed, booted_at) =
            (&self.identity, &self.model, self.seed, self.booted_at);
        let identify = |number, at, anonymous| {
            message_id(model, identity, seed, booted_at, number, at, anonymous)
        };
        let around = Surroundings {
            configuration: &self.running,
            groups: model.platform.groups,
            policy: &model.policy,
            identify: &identify,
        };
        let Raised { rate_limit_reached } =
            self.engine
                .raise(&around, &Arc::new(alert), audience, line, outputs);
        if rate_limit_reached {
            let per_minute = self.running.call_home.rate_limit_per_minute;
            self.log(at, &OwnLine::RateLimited { per_minute }.to_string());
        }
        self.send_next(at, outputs);
        self.debug(at, &outputs[first..]);
    }

    /// When `event` of `profile` last became a message, since boot.
    pub(crate) fn last_triggered(&self, profile: ProfileId, event: Event) -> Option<Timestamp> {
        self.engine.triggered().last(profile, event)
    }
}

/// The identifier of message `number` of a device. Anonymous messages carry a token that lasts from
/// boot to boot in the place of the serial number.
fn message_id(
    model: &DeviceModel,
    identity: &Identity,
    seed: Seed,
    booted_at: Timestamp,
    number: u32,
    at: Timestamp,
    anonymous: bool,
) -> MessageId {
    let serial = if anonymous && !model.policy.anonymous_keeps_udi {
        let boot = booted_at.as_millisecond().cast_unsigned();
        SerialNumber::anonymous(seed.draw(identity.device, "anonymous token", boot))
    } else {
        SerialNumber::of_chassis(model.platform.serial_style, identity.device)
    };
    let epoch = match model.policy.id_epoch {
        IdEpoch::Unix => 0,
        IdEpoch::Ntp => NTP_TO_UNIX_SECONDS,
    };
    MessageId {
        number,
        serial,
        // The field has 32 bits; the NTP era wraps in 2036, as the devices' own does.
        seconds: (at.as_second() + epoch) as u32,
    }
}

/// How long a boot takes.
fn boot_duration(platform: &Platform) -> SignedDuration {
    SignedDuration::from_secs(i64::from(platform.boot_seconds.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::parse::parse, platform::Catalogue};

    /// A million idle devices are to fit in a few hundred megabytes.
    const IDLE_DEVICE_BYTES_MAX: usize = 400;

    #[test]
    fn an_idle_device_is_small() {
        let size = size_of::<Device>();
        assert!(size <= IDLE_DEVICE_BYTES_MAX, "a device takes {size} bytes");
    }

    #[test]
    fn an_idle_device_shares_what_it_has_with_its_fleet() {
        let platform = Catalogue::built_in().unwrap().find("ISR4331").unwrap();
        let model = DeviceModel::new(platform, parse("hostname edge\n").configuration).shared();
        let naming = Arc::new(Naming::of_fleet("branch", 1));
        let identity = |index| Identity {
            device: index,
            index,
            naming: Arc::clone(&naming),
        };
        let device = Device::new(&model, identity(1), Seed(7), Timestamp::UNIX_EPOCH);
        assert!(Arc::ptr_eq(&device.running, &model.startup));
        assert!(Arc::ptr_eq(&device.identity.naming, &naming));
        assert!(device.log.is_empty() && device.engine.owns_nothing());
    }
}
