//! What a run directory says of its run: all that reports are made of.
//!
//! Figures are those of `summary.json`; what happened when, and percentiles at any point, come from the
//! records of `journal.bin`. Each makes up for the other where it can, and whatever is missing is told.

mod comparison;
mod course;
mod facts;
mod herd;
pub(crate) mod inert;
mod scenario;
mod series;
mod sites;
mod spread;
mod totals;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Seek},
    path::{Path, PathBuf},
};

pub(crate) use comparison::{ComparisonFacts, MetricFacts};
use course::Course;
pub(crate) use facts::{Facts, Ledger, Statistics, TransportFacts, worst_first};
use herd::Folding;
pub(crate) use herd::{Herd, PARTS};
pub(crate) use inert::inert;
pub(crate) use scenario::{Band, BandKind, Plan};
pub(crate) use series::{Heat, Moment, Series};
pub(crate) use sites::Groups;
use sites::{SITES_MAX, Sites};
pub(crate) use totals::Intervals;
use totals::Totals;

use crate::journal::{
    JOURNAL_FILE,
    reader::{self, Contents, ReadError},
    record::TRANSPORTS,
};

/// Most rows of one kind that are shown one by one.
pub(crate) const ROWS_MAX: usize = 50;

/// Why there is no report of a directory.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the words say it")]
pub enum ReportError {
    #[error(
        "{path} is no run directory: it has neither summary.json nor journal.bin; name a directory that `fleet run` has written"
    )]
    NoRun { path: PathBuf },
    #[error("cannot read {path}")]
    Open { path: PathBuf, source: io::Error },
    #[error(
        "{path} ends too early; fetch the whole file, or move it away for a report from journal.bin alone"
    )]
    Truncated { path: PathBuf },
    #[error(
        "{path} is no JSON: {reason}; fetch it once more, or move it away for a report from journal.bin alone"
    )]
    NoJson { path: PathBuf, reason: String },
    #[error("{path} is no summary of a run; put the one that `fleet run` wrote in its place")]
    Foreign { path: PathBuf },
    #[error(
        "{path} is of schema {schema}, and this program reads schema 1; use the version of fleet that wrote it, or a newer one"
    )]
    Schema { path: PathBuf, schema: u64 },
    #[error("{path} makes no sense: {reason}; put the one that `fleet run` wrote in its place")]
    NoSense { path: PathBuf, reason: String },
    #[error(
        "{path} is no journal that can be read: {reason}; move it away for a report from summary.json alone"
    )]
    Journal { path: PathBuf, reason: ReadError },
    #[error(
        "{files} in {path} are of different runs, for {what} is not the same; put files of one run together, or move one of the two away"
    )]
    Mixed {
        path: PathBuf,
        files: &'static str,
        what: &'static str,
    },
    #[error("{path} is no scenario: {reason}; mend it, or move it away to do without")]
    Scenario { path: PathBuf, reason: String },
    #[error("{path} is no timeline: {reason}; move it away to do without")]
    Timeline { path: PathBuf, reason: String },
    #[error("cannot write {path}")]
    Write { path: PathBuf, source: io::Error },
}

/// Everything that is known of a run.
#[derive(Debug)]
pub(crate) struct RunData {
    /// The name of the directory.
    pub directory: String,
    /// The figures.
    pub facts: Facts,
    /// Whether the run left no summary: it was killed, and the figures are those of its journal.
    pub cut: bool,
    /// What the report lacks or leaves out, and why.
    pub notes: Vec<String>,
    /// What happened when.
    pub series: Option<Series>,
    /// Where that comes from.
    pub series_source: &'static str,
    /// Intervals by transport, from the journal.
    pub intervals: Option<[Intervals; TRANSPORTS.len()]>,
    /// What the scenario says.
    pub plan: Plan,
    /// What was the matter when.
    pub bands: Vec<Band>,
    /// Arrivals modulo a period.
    pub herd: Option<Herd>,
    /// Messages by site, from the journal; nothing where every fleet stands at one.
    pub by_site: Groups,
    /// The comparison with a baseline, where there was one.
    pub comparison: Option<ComparisonFacts>,
}

/// What one pass over a journal yields.
struct Journal {
    contents: Contents,
    course: Course,
    totals: Totals,
    sites: Sites,
    folding: Option<Folding>,
}

impl RunData {
    /// Reads the run directory at `path`; arrivals are folded onto `period_s` device seconds, if given.
    ///
    /// # Errors
    /// When there is nothing to report on, or what is there cannot be understood.
    pub(crate) fn read(path: &Path, period_s: Option<f64>) -> Result<Self, ReportError> {
        let facts = Facts::read(&path.join("summary.json"))?;
        let file = open(&path.join(JOURNAL_FILE))?;
        if facts.is_none() && file.is_none() {
            let path = path.to_owned();
            return Err(ReportError::NoRun { path });
        }
        let plan = Plan::read(&path.join("scenario.toml"))?;
        let mut notes = Vec::new();
        if plan.is_none() {
            notes
                .push("scenario.toml is missing: events are not marked in the pictures".to_owned());
        }
        let plan = plan.unwrap_or_default();
        let wall_s = facts.as_ref().map_or(0.0, |facts| facts.run.wall_s);
        let folding = Folding::new(period_s, &plan, wall_s);
        let journal = file
            .map(|file| read_journal(path, file, &plan.sites, folding))
            .transpose()?;
        if let (Some(facts), Some(journal)) = (&facts, &journal) {
            check_same_run(path, facts, &journal.contents)?;
        }
        notes.extend(journal_notes(
            facts.as_ref(),
            journal.as_ref().map(|own| &own.contents),
        ));
        let mut data = Self {
            directory: directory_name(path),
            cut: facts.is_none(),
            facts: facts.unwrap_or_default(),
            notes,
            series: None,
            series_source: JOURNAL_FILE,
            intervals: None,
            plan,
            bands: Vec::new(),
            herd: None,
            by_site: Groups::new(),
            comparison: None,
        };
        match journal {
            Some(journal) => data.take_journal(journal),
            None => {
                data.series = Series::read_timeline(&path.join("timeline.csv"))?;
                data.series_source = "timeline.csv";
            }
        }
        data.check_scenario(path)?;
        let (comparison, unread) = ComparisonFacts::read(path);
        data.comparison = comparison;
        data.notes.extend(unread);
        data.mark_bands();
        data.limit_rows();
        Ok(data)
    }

    fn take_journal(&mut self, journal: Journal) {
        let heading = &journal.contents.heading;
        let types: Vec<String> = heading.types.iter().map(|name| inert(name)).collect();
        if self.cut {
            let facts = &mut self.facts;
            facts.run.name = inert(&heading.name);
            facts.run.seed = heading.seed;
            facts.run.started = inert(&heading.begun);
            facts.devices = u64::from(heading.devices);
            facts.verdict = "cut short".to_owned();
            journal.totals.fill(facts, &types);
            facts.by_fleet = journal.sites.by_fleet();
            facts.run.device_s = facts.run.wall_s * self.plan.speed;
        }
        if journal.sites.too_many {
            self.notes.push(format!(
                "messages are not counted by site: there are more than {SITES_MAX} sites"
            ));
        }
        self.by_site = journal.sites.by_site();
        self.series = journal.course.finish();
        self.herd = journal.folding.and_then(|folding| folding.finish(&types));
        self.intervals = Some(journal.totals.into_intervals());
    }

    /// Sees to it that the scenario is the one that ran.
    fn check_scenario(&self, path: &Path) -> Result<(), ReportError> {
        let name = self.plan.name.as_ref();
        if name.is_none_or(|name| *name == self.facts.run.name) {
            return Ok(());
        }
        let files = if self.cut {
            "journal.bin and scenario.toml"
        } else {
            "summary.json and scenario.toml"
        };
        Err(ReportError::Mixed {
            path: path.to_owned(),
            files,
            what: "the name",
        })
    }

    /// Marks the warm-up, events as they were planned, faults as they were (or as they were planned, for a
    /// run that was killed), and what was done by hand.
    fn mark_bands(&mut self) {
        if self.plan.warm_up_s > 0.0 {
            self.bands.push(Band {
                kind: BandKind::WarmUp,
                name: "warm-up".to_owned(),
                begin_s: 0.0,
                end_s: Some(self.plan.warm_up_s),
            });
        }
        self.bands.extend(self.plan.events.iter().cloned());
        if self.cut {
            self.bands.extend(self.plan.faults.iter().cloned());
            return;
        }
        let faults = self.facts.faults.iter().take(ROWS_MAX).map(|fault| Band {
            kind: BandKind::Fault,
            name: fault.name.clone().unwrap_or_else(|| fault.kind.clone()),
            begin_s: fault.at_s,
            end_s: fault
                .for_s
                .map(|length| fault.at_s + length.max(fault.active_s)),
        });
        self.bands.extend(faults);
        // Last, so that labels of faults have their places first.
        let interventions = self.facts.interventions.iter().take(ROWS_MAX);
        self.bands.extend(interventions.map(|own| Band {
            kind: BandKind::Intervention,
            name: own.what.clone(),
            begin_s: own.at_s,
            end_s: Some(own.at_s),
        }));
        if !self.facts.interventions.is_empty() && !self.plan.events.is_empty() {
            self.notes.push("somebody steered this run: events of the scenario are marked at the times that it gives them; behind a pause or a change of rate (◆) they came at others".to_owned());
        }
    }

    /// Leaves out what is more than a reader would read, and says so.
    fn limit_rows(&mut self) {
        let facts = &mut self.facts;
        let mut cut = |what: &str, left: usize| {
            if left > 0 {
                self.notes
                    .push(format!("{left} further {what} are in summary.json only"));
            }
        };
        cut("errors", truncate(&mut facts.errors));
        cut("faults", truncate(&mut facts.faults));
        cut("remarks", truncate(&mut facts.validity.remarks));
        cut("reasons", truncate(&mut facts.validity.reasons));
        cut("message types", keep_worst(&mut facts.by_type));
        let fleets = keep_worst(&mut facts.by_fleet);
        if !self.cut {
            cut("fleets", fleets);
        } else if fleets > 0 {
            self.notes
                .push(format!("{fleets} further fleets are not shown"));
        }
        let sites = keep_worst(&mut self.by_site);
        if sites > 0 {
            self.notes.push(format!("{sites} further sites are not shown: those with the most undelivered messages are, and then those with the longest p99"));
        }
        facts
            .transports
            .retain(|name, _| TRANSPORTS.contains(&name.as_str()));
    }
}

/// Leaves [`ROWS_MAX`] of `rows`; returns how many there were besides.
fn truncate<Row>(rows: &mut Vec<Row>) -> usize {
    let left = rows.len().saturating_sub(ROWS_MAX);
    rows.truncate(ROWS_MAX);
    left
}

/// Leaves the worst [`ROWS_MAX`] of `groups`; returns how many there were besides.
fn keep_worst(groups: &mut Groups) -> usize {
    let further: Vec<String> = worst_first(groups)
        .into_iter()
        .skip(ROWS_MAX)
        .map(|(name, _)| name.clone())
        .collect();
    further.iter().for_each(|name| drop(groups.remove(name)));
    further.len()
}

/// The last part of `path`, or what the working directory is called.
fn directory_name(path: &Path) -> String {
    let whole = path.canonicalize();
    let whole = whole.as_deref().unwrap_or(path);
    let name = whole.file_name().map(|name| name.to_string_lossy());
    inert(name.as_deref().unwrap_or("run"))
}

fn open(path: &Path) -> Result<Option<fs::File>, ReportError> {
    match fs::File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ReportError::Open {
            path: path.to_owned(),
            source,
        }),
    }
}

fn read_journal(
    path: &Path,
    file: fs::File,
    spread: &BTreeMap<String, u32>,
    mut folding: Option<Folding>,
) -> Result<Journal, ReportError> {
    let fail = |reason| ReportError::Journal {
        path: path.join(JOURNAL_FILE),
        reason,
    };
    let mut source = io::BufReader::with_capacity(1 << 20, file);
    let heading = reader::heading(&mut source).map_err(fail)?;
    source.rewind().map_err(|error| fail(error.into()))?;
    let mut course = Course::default();
    let mut totals = Totals::new(heading.warm_up_us);
    let mut sites = Sites::new(&heading, spread);
    let contents = reader::read(source, &mut |record| {
        course.enter(record);
        totals.enter(record);
        sites.enter(record);
        if let Some(folding) = &mut folding {
            folding.enter(record);
        }
    })
    .map_err(fail)?;
    Ok(Journal {
        contents,
        course,
        totals,
        sites,
        folding,
    })
}

/// Sees to it that figures and records are of one run.
fn check_same_run(path: &Path, facts: &Facts, contents: &Contents) -> Result<(), ReportError> {
    let heading = &contents.heading;
    let whole = contents.ended && contents.damage.is_empty() && contents.torn.is_none();
    let digest = facts.journal.as_ref().map(|journal| &journal.digest);
    // A journal whose writer died has none.
    let digest = digest.filter(|digest| !digest.is_empty());
    let differs = [
        ("the name", inert(&heading.name) != facts.run.name),
        ("the seed", heading.seed != facts.run.seed),
        (
            "the number of devices",
            u64::from(heading.devices) != facts.devices,
        ),
        (
            "the digest of the journal",
            whole && digest.is_some_and(|digest| *digest != contents.digest),
        ),
    ];
    match differs.into_iter().find(|(_, differs)| *differs) {
        None => Ok(()),
        Some((what, _)) => Err(ReportError::Mixed {
            path: path.to_owned(),
            files: "summary.json and journal.bin",
            what,
        }),
    }
}

/// What is to be said of a journal that is not all there.
fn journal_notes(facts: Option<&Facts>, contents: Option<&Contents>) -> Vec<String> {
    let mut notes = Vec::new();
    let Some(contents) = contents else {
        notes.push(
            "journal.bin is missing: figures are those of summary.json, the course of the run is that of timeline.csv, and there are no heat maps and percentile curves".to_owned(),
        );
        return notes;
    };
    if facts.is_none() {
        notes.push(format!(
            "the run left no summary.json: {} and these figures are counted from journal.bin; what a run judges at its end, its validity, its thresholds and its books, is not known",
            if contents.ended {
                "it ended, but could not write it,"
            } else {
                "it was cut short,"
            }
        ));
    }
    if contents.lost > 0 {
        notes.push(format!(
            "journal.bin lacks {} records that the run could not write: pictures are incomplete, the figures of summary.json are not",
            contents.lost
        ));
    }
    if facts.is_some() && !contents.ended {
        notes.push("journal.bin ends before the run did: pictures are incomplete, the figures of summary.json are not".to_owned());
    }
    notes.extend(
        contents
            .torn
            .iter()
            .map(|torn| format!("journal.bin: {}", inert(torn))),
    );
    if !contents.damage.is_empty() {
        notes.push("journal.bin is damaged, and pictures are drawn from what can be read of it; `fleet audit` tells more".to_owned());
    }
    let damage = contents.damage.iter().take(3);
    notes.extend(damage.map(|damage| format!("journal.bin: {}", inert(damage))));
    notes
}
