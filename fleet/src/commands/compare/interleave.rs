//! `fleet compare --interleave`: two servers in turn, in the order A B B A, so that a machine that drifts
//! drifts for both.

use std::path::Path;

use super::{refuse, write_reports};
use crate::{
    arguments::{CompareArguments, RunArguments},
    commands::{
        complain,
        series::{self, Server},
    },
    compare::{Comparison, Demands, Pairing, Refusal, Stored, read_run},
    exit::Exit,
    scenario::{Endpoint, Scenario, TargetChoice},
};

/// Runs `pairs` of runs and compares them.
///
/// # Errors
/// When a run cannot be started.
pub(super) fn execute(
    arguments: &CompareArguments,
    demands: &Demands,
    pairs: u32,
) -> anyhow::Result<Result<Vec<Comparison>, Exit>> {
    let run = arguments.as_run();
    if arguments.runs.len() > 1 {
        complain("error: --interleave runs one scenario; what differs is said by --base and --new");
        return Ok(Err(Exit::Usage));
    }
    let sides = [("--base", &arguments.base[..]), ("--new", &arguments.new)];
    if let Some(exit) = series::refuse(&run, &sides) {
        return Ok(Err(exit));
    }
    let servers = [
        server(
            &run,
            ("--base-program", &arguments.base_program),
            &arguments.base,
        ),
        server(
            &run,
            ("--new-program", &arguments.new_program),
            &arguments.new,
        ),
    ];
    let [base, new] = match servers {
        [Ok(base), Ok(new)] => [base, new],
        [Err(exit), _] | [_, Err(exit)] => return Ok(Err(exit)),
    };
    let out = arguments.out.clone();
    let out = out.unwrap_or_else(|| series::folder_by_default(&run, "compared"));
    if !series::is_free(&out) {
        return Ok(Err(Exit::Internal));
    }
    let steps = steps(arguments, [base, new], pairs, &out);
    // What cannot be compared is noticed after the first pair, not after the last.
    let mut after = |number| match number {
        1 => compare(&out, 1, demands)
            .err()
            .map(|refusal| refuse(&refusal)),
        _ => None,
    };
    if let Some(exit) = series::run(&run, &steps, &mut after)? {
        return Ok(Err(exit));
    }
    let compared = compare(&out, pairs, demands);
    if let Ok(comparison) = &compared {
        write_reports(&out, comparison)?;
    }
    Ok(compared
        .map(|comparison| vec![comparison])
        .map_err(|refusal| refuse(&refusal)))
}

/// The server that `program` is, with its flag, and where a run with `settings` sends to. One that nothing
/// would be sent to is refused: what would be compared is the sink of this process.
fn server(
    run: &RunArguments,
    (flag, program): (&str, &Option<String>),
    settings: &[String],
) -> Result<Option<Server>, Exit> {
    let Some(line) = program.clone() else {
        return Ok(None);
    };
    let mut overrides = run.overrides();
    overrides.set.extend(settings.iter().cloned());
    // What is wrong with it has been said.
    let loaded = Scenario::load(&run.source(), &overrides).map_err(|_| Exit::ScenarioInvalid)?;
    let targets = &loaded.scenario.targets;
    let all = targets
        .hosts
        .values()
        .chain([&targets.smtp, &targets.https]);
    let endpoints = all.filter_map(|choice| match choice {
        TargetChoice::Embedded => None,
        TargetChoice::Server { endpoint, .. } => Some(endpoint.clone()),
    });
    let endpoints: Vec<Endpoint> = endpoints.collect();
    if endpoints.is_empty() {
        complain(&format!(
            "error: {flag} starts a server, and everything goes to the embedded sinks\n  = help: say where it \
             listens, by --smtp or --https"
        ));
        return Err(Exit::Usage);
    }
    Ok(Some(Server { line, endpoints }))
}

/// The runs of the sides in turn: base new, new base, and so on.
fn steps(
    arguments: &CompareArguments,
    servers: [Option<Server>; 2],
    pairs: u32,
    out: &Path,
) -> Vec<series::Step> {
    let [base, new] = &servers;
    let sides = [
        ("base", &arguments.base, base),
        ("new", &arguments.new, new),
    ];
    let mut steps = Vec::new();
    for pair in 1..=pairs {
        let mut own = sides;
        if pair % 2 == 0 {
            own.reverse();
        }
        steps.extend(own.map(|(side, settings, server)| series::Step {
            label: format!("{side}, pair {pair} of {pairs}"),
            settings: settings.clone(),
            directory: folder(out, side, pair),
            server: server.clone(),
        }));
    }
    steps
}

fn folder(out: &Path, side: &str, pair: u32) -> std::path::PathBuf {
    out.join(side).join(format!("{pair:03}"))
}

/// Compares the first `pairs` of the runs in `out`.
fn compare(out: &Path, pairs: u32, demands: &Demands) -> Result<Comparison, Refusal> {
    let side = |side: &str| -> Result<Vec<Stored>, Refusal> {
        let runs = (1..=pairs).map(|pair| folder(out, side, pair).join("summary.json"));
        runs.map(|path| read_run(&path)).collect()
    };
    Comparison::new(&side("base")?, &side("new")?, Pairing::Interleaved, demands)
}
