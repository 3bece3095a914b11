//! `fleet run`: run a scenario and say what came of it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use emulator::{MessageType, Transport};
use sink::{ListenError, web::Pages};
use tokio::sync::oneshot;

use super::{
    child,
    compare::baseline::Baseline,
    complain,
    onlookers::{Onlookers, view_suits},
    print, print_findings, unreachable, variants, with_causes,
};
use crate::{
    arguments::{RunArguments, SshArguments},
    clock,
    conductor::{self, Interrupts, RunError, RunResult, Watcher},
    console::{
        Directory,
        ssh::{SshCounts, SshError, SshServer},
    },
    courier::{PrepareError, Unreachable},
    exit::Exit,
    journal::{JOURNAL_FILE, Page, Writer, block::Heading},
    live::{
        Live, LiveError,
        otlp::{Exporter, OtlpError},
    },
    record::Gathered,
    report::{Progress, RunDirectory, Style, Summary, Timeline, closing, rebuild},
    scenario::{Loaded, Scenario},
    simulation,
    steering::Steering,
};

/// Where `fleet ssh` listens unless told otherwise.
const SSH_PORT_DEFAULT: u16 = 2222;

/// Runs the command.
///
/// # Errors
/// When something fails that has no exit code of its own.
pub fn execute(arguments: &RunArguments) -> anyhow::Result<Exit> {
    child::end_with_parent()?;
    let exit = if arguments.variants().is_empty() {
        match Baseline::read(arguments) {
            Ok(baseline) => execute_with(arguments, None, baseline.as_ref())?,
            Err(exit) => exit,
        }
    } else {
        variants::execute(arguments)?
    };
    let found = [
        Exit::Invalid,
        Exit::Unbalanced,
        Exit::ThresholdFailed,
        Exit::Regression,
    ];
    let spared = arguments.exit_zero && found.contains(&exit);
    Ok(if spared { Exit::Passed } else { exit })
}

/// Runs `arguments`; people log in at `listen` where the scenario says nothing about that.
fn execute_with(
    arguments: &RunArguments,
    listen: Option<SocketAddr>,
    baseline: Option<&Baseline>,
) -> anyhow::Result<Exit> {
    let style = Style::detect(arguments.quiet, arguments.plain, arguments.no_color);
    let loaded = Scenario::load(&arguments.source(), &arguments.overrides());
    let Loaded {
        mut scenario,
        warnings,
    } = match loaded {
        Ok(loaded) => loaded,
        Err(findings) => {
            print_findings(&findings, style.color_errors);
            return Ok(Exit::ScenarioInvalid);
        }
    };
    print_findings(&warnings, style.color_errors);
    if let Some(Err(exit)) = baseline.map(|baseline| baseline.check(&scenario)) {
        return Ok(exit);
    }
    scenario.ssh.listen = scenario.ssh.listen.or(listen);
    let (directory, files) = begin_files(arguments.out.as_deref(), &scenario)?;
    let scenario = Arc::new(scenario);
    let (consoles, looking_on) = match start_beside(arguments, &scenario, directory.path()) {
        Ok(beside) => beside,
        Err(refused) => {
            drop(files);
            directory.discard()?;
            return Ok(refused);
        }
    };
    let (server, introduce) = consoles.unzip();
    let viewed = listen.is_none() && view_suits(arguments.quiet, arguments.plain);
    let watcher = Recording {
        onlookers: Onlookers::new(&scenario, style, viewed, looking_on),
        progress: Progress::new(style),
        files,
        consoles: server.as_ref().map(SshServer::address),
        example: example_login(&scenario),
    };
    let begun = Begun {
        scenario,
        directory,
        server,
        style,
    };
    let path = begun.directory.path().to_owned();
    match (begun.conduct(watcher, introduce)?, baseline) {
        ((true, exit), Some(baseline)) => baseline.judge(&path, exit),
        ((_, exit), _) => Ok(exit),
    }
}

/// A run of which everything is there but its traffic.
struct Begun {
    scenario: Arc<Scenario>,
    directory: RunDirectory,
    server: Option<SshServer>,
    style: Style,
}

impl Begun {
    /// Runs it; returns whether it took place, and what it came to.
    fn conduct(
        self,
        mut watcher: Recording,
        introduce: Option<oneshot::Sender<Directory>>,
    ) -> anyhow::Result<(bool, Exit)> {
        let Self {
            scenario,
            directory,
            server,
            style,
        } = self;
        let run = Arc::clone(&scenario);
        let result = actix::System::new().block_on(async {
            let mut interrupts = Interrupts::listen(watcher.onlookers.want_a_terminal());
            watcher.onlookers.may_end(interrupts.interrupter());
            conductor::conduct(run, &mut watcher, &mut interrupts, introduce).await
        });
        watcher.onlookers.leave_the_terminal();
        let consoles = server.map(SshServer::stop);
        watcher.progress.finish();
        let result = match result {
            Ok(result) => result,
            Err(error) => {
                drop(watcher);
                directory.discard()?;
                return Ok((false, print_refusal_of(&scenario, &error, style)));
            }
        };
        let shown = (style, consoles.as_deref());
        let Recording {
            files, onlookers, ..
        } = watcher;
        let kept = (files, onlookers);
        let exit = finish(&scenario, &result, kept, &directory, shown)?;
        Ok((true, exit))
    }
}

/// The files that grow while a run goes on.
struct Files {
    timeline: Timeline,
    journal: Option<Writer>,
}

impl Files {
    fn begin(directory: &RunDirectory, scenario: &Scenario) -> anyhow::Result<Self> {
        let timeline = Timeline::begin(directory)?;
        let heading = Heading {
            name: scenario.name.clone(),
            seed: scenario.seed,
            devices: scenario.device_count(),
            begun: clock::calendar_now().to_string(),
            warm_up_us: u64::try_from(scenario.warm_up.as_micros()).unwrap_or(u64::MAX),
            types: MessageType::ALL.map(|kind| kind.word().to_owned()).to_vec(),
            fleets: scenario
                .fleets
                .iter()
                .map(|fleet| (fleet.name.clone(), fleet.first_device))
                .collect(),
        };
        let limit = scenario.journal_bytes_max;
        let begin = || -> anyhow::Result<Writer> {
            let file = directory.append(JOURNAL_FILE)?;
            Ok(Writer::begin(file, &heading, limit)?)
        };
        let journal = (limit > 0).then(begin).transpose()?;
        Ok(Self { timeline, journal })
    }
}

/// Makes the run directory and begins the files in it; on failure nothing of it stays.
fn begin_files(out: Option<&Path>, scenario: &Scenario) -> anyhow::Result<(RunDirectory, Files)> {
    let directory = RunDirectory::create(out, scenario)?;
    match Files::begin(&directory, scenario) {
        Ok(files) => Ok((directory, files)),
        Err(error) => {
            // The first failure is the one to tell.
            let _ = directory.discard();
            Err(error)
        }
    }
}

/// Runs `fleet ssh`: devices without traffic, until somebody ends it.
///
/// # Errors
/// When something fails that has no exit code of its own.
pub fn serve_consoles(arguments: &SshArguments) -> anyhow::Result<Exit> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, SSH_PORT_DEFAULT));
    execute_with(&arguments.as_run(), Some(listen), None)
}

/// Starts what runs beside the run and is asked for: consoles, live figures. Says why not.
fn start_beside(
    arguments: &RunArguments,
    scenario: &Arc<Scenario>,
    folder: &Path,
) -> Result<(Option<Consoles>, LookingOn), Exit> {
    let (metrics, page) = (arguments.live.metrics, arguments.live.ui);
    let wanted = metrics.is_some() || page.is_some();
    let live = wanted.then(|| Live::start(metrics, page)).transpose();
    let live = live.map_err(|error| print_live_refusal(&error))?;
    let consoles = start_consoles(scenario, folder);
    let consoles = consoles.map_err(|error| print_ssh_refusal(&error))?;
    let exporter = start_exporter(arguments, scenario, folder);
    let exporter = exporter.map_err(|error| {
        complain(&format!("error: {}", with_causes(&error)));
        Exit::ScenarioInvalid
    })?;
    Ok((consoles, (live, exporter)))
}

/// What shows live figures: served, and pushed.
type LookingOn = (Option<Live>, Option<Exporter>);

/// Starts pushing figures where a collector is named.
fn start_exporter(
    arguments: &RunArguments,
    scenario: &Arc<Scenario>,
    folder: &Path,
) -> Result<Option<Exporter>, OtlpError> {
    let allowed = arguments.overrides().allowed_targets;
    // No other run has the same directory at the same time.
    let instance = folder.display().to_string();
    let collector = arguments.live.otlp.as_ref();
    collector
        .map(|collector| Exporter::start(collector, &allowed, scenario, instance))
        .transpose()
}

type Consoles = (SshServer, oneshot::Sender<Directory>);

/// Starts listening where the scenario says so.
fn start_consoles(scenario: &Scenario, folder: &Path) -> Result<Option<Consoles>, SshError> {
    let listen = scenario.ssh.listen;
    listen
        .map(|listen| SshServer::start(&scenario.ssh, listen, folder))
        .transpose()
}

/// The host name of a device that somebody could log in to.
fn example_login(scenario: &Scenario) -> String {
    let mut devices = simulation::devices(scenario, 0..1);
    devices
        .next()
        .map_or_else(String::new, |device| device.hostname().to_string())
}

/// Says why there are no live figures.
fn print_live_refusal(error: &LiveError) -> Exit {
    complain(&format!("error: {}", with_causes(error)));
    match error {
        LiveError::Listen(ListenError::AddressInUse { .. }) => Exit::AddressInUse,
        LiveError::Listen(_) | LiveError::Thread(_) => Exit::Internal,
    }
}

/// Says why there are no consoles.
fn print_ssh_refusal(error: &SshError) -> Exit {
    complain(&format!("error: {}", with_causes(error)));
    match error {
        SshError::Listen(ListenError::AddressInUse { .. }) => Exit::AddressInUse,
        SshError::Listen(_) | SshError::Thread(_) => Exit::Internal,
        SshError::Key(_) => Exit::ScenarioInvalid,
    }
}

fn finish(
    scenario: &Scenario,
    result: &RunResult,
    (files, mut onlookers): (Files, Onlookers),
    directory: &RunDirectory,
    (style, consoles): (Style, Option<&SshCounts>),
) -> anyhow::Result<Exit> {
    // The files first: whoever reads the text may be gone.
    let journal = files.journal.map(Writer::close);
    let summary = Summary::new(scenario, result, journal.as_ref());
    onlookers.over(result.wall, &result.gathered, summary.verdict);
    let timeline = files.timeline.finish(result.wall, &result.gathered);
    let written = directory.write_summary(&summary);
    let consoles = consoles.map_or_else(String::new, |counts| {
        format!(
            "consoles   {} logins, {} rejected, {} connections refused\n",
            counts.logins(),
            counts.rejections(),
            counts.refused_connections()
        )
    });
    let pushed = onlookers.pushed();
    let pushed = pushed.map_or_else(String::new, |words| format!("otlp       {words}\n"));
    let results = match &written {
        Ok(()) => directory.path().join("summary.json").display().to_string(),
        Err(_) => "could not be written; these figures are all there is".to_owned(),
    };
    print(&format!(
        "{}{consoles}{pushed}results    {results}\n",
        closing(scenario, result, &summary, style),
    ));
    written?;
    let rebuilt = rebuild(directory.path(), None);
    if let Ok(rebuilt) = &rebuilt {
        print(&format!("report     {}\n", rebuilt.page.display()));
    }
    let complete = "the run is over and summary.json is complete";
    rebuilt.context(complete)?;
    timeline.context(complete)?;
    Ok(summary.exit())
}

/// Says why a run of `scenario` did not take place, with the place in it where that has one.
fn print_refusal_of(scenario: &Scenario, error: &RunError, style: Style) -> Exit {
    let RunError::Unreachable(targets) = error else {
        return print_refusal(error);
    };
    let findings = unreachable::findings(scenario, targets);
    print_findings(&findings, style.color_errors);
    Exit::Unreachable
}

/// Says why a run did not take place.
pub(super) fn print_refusal(error: &RunError) -> Exit {
    complain(&format!("error: {}", with_causes(error)));
    match error {
        RunError::Unreachable(targets) => {
            for target in targets {
                complain(&format!("  {target}"));
            }
            complain(
                "  = help: start the server, or name another with --smtp, --https or [hosts]; nothing has been sent",
            );
            Exit::Unreachable
        }
        RunError::Interrupted => Exit::Interrupted,
        RunError::Prepare(PrepareError::Resolve { .. }) => Exit::Unreachable,
        RunError::Prepare(_) => Exit::ScenarioInvalid,
        RunError::Files(_) => {
            complain(
                "  = help: raise the limit (ulimit -n), or lower `connections` in [smtp] and [https] and `sessions` in [ssh]",
            );
            Exit::ScenarioInvalid
        }
        RunError::Sinks(_) | RunError::Thread(_) | RunError::ArbiterLost => Exit::Internal,
    }
}

/// Shows the progress and writes the files.
struct Recording {
    onlookers: Onlookers,
    progress: Progress,
    files: Files,
    /// Where people log in.
    consoles: Option<SocketAddr>,
    /// The host name of a device they could log in to.
    example: String,
}

impl Watcher for Recording {
    fn ready(&mut self, devices: u32, took: Duration) {
        self.progress.ready(devices, took);
        if let Some(address) = self.consoles {
            self.progress.consoles(address, &self.example);
            let login = format!(
                "ssh -p {} {}@{}",
                address.port(),
                self.example,
                address.ip()
            );
            self.onlookers.link("consoles", login);
        }
        for (name, url) in self.onlookers.addresses() {
            self.progress.address(name, &url);
            self.onlookers.link(name, url);
        }
        if self.onlookers.want_a_terminal() {
            // What is shown late would stand within the view.
            self.progress.settle();
        }
    }

    fn unreachable_hosts(&mut self, hosts: &[Unreachable]) {
        self.progress.unreachable_hosts(hosts);
    }

    fn progress(&mut self, elapsed: Duration, all: &Gathered, lately: &Gathered) {
        self.files.timeline.add(elapsed, all, lately);
        self.onlookers.look(elapsed, all, lately);
        if !self.onlookers.have_the_terminal() {
            self.progress.progress(elapsed, all, lately);
        }
    }

    fn sinks(&mut self, pages: Vec<(Transport, Pages)>) {
        self.onlookers.sinks(pages);
    }

    fn sinks_end(&mut self) {
        self.onlookers.sinks_end();
    }

    fn begun(&mut self, steering: Steering) {
        self.onlookers.begun(steering);
    }

    fn draining(&mut self, outstanding: u64) {
        self.onlookers.ending();
        if !self.onlookers.have_the_terminal() {
            self.progress.draining(outstanding);
        }
    }

    fn keeps_journal(&self) -> bool {
        self.files.journal.is_some()
    }

    fn enter(&mut self, page: Page) {
        if let Some(journal) = &self.files.journal {
            journal.append(page);
        }
    }
}
