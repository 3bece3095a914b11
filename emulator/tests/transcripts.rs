//! The catalogue of golden transcripts: what is typed at a device, and what its terminal shows.
//!
//! Each file of `tests/transcripts` begins with a header: the `section` of the vendor's document that
//! it holds the device to, the `platform`, and, each line behind a bar, the `configuration` and what is
//! `typed`. Behind `---` follows the terminal, on which typed text shows because devices echo it.
//!
//! A typed line is followed by RETURN. One that ends in `?` is not, for help prints at once, and is
//! rubbed out afterwards; `^Z` stands for the control character, `^I` for Tab. `@wait 1h` lets time
//! pass, `@deliver` and `@lose` let everything that is on its way arrive or fail, `@answer` says
//! what a probe of mail servers finds, a word for each. `@news` shows on the terminal what has been
//! logged, `@boot` waits for a device that is booting and opens its console, `@power` cuts the power for
//! an hour before that; `@log`, `@users` and `@tamper` are events.
//!
//! `members` in a header makes the device a stack; `files` has file servers, a line for each file, in
//! the words of `support/license_files.rs`.
//!
//! `UPDATE_TRANSCRIPTS=1` writes what devices print now; read the difference before keeping it.

#![allow(clippy::unwrap_used, reason = "a test ends at the unexpected")]
#![allow(
    clippy::disallowed_methods,
    reason = "the catalogue is a folder of files"
)]

#[allow(dead_code, reason = "every test program uses its own part of the lab")]
#[path = "support/lab.rs"]
mod lab;

#[allow(dead_code, reason = "every test program uses its own part of the desk")]
#[path = "support/desk.rs"]
mod desk;

#[allow(
    dead_code,
    reason = "every test program uses its own part of the files"
)]
#[path = "support/license_files.rs"]
mod license_files;

use std::path::{Path, PathBuf};

use desk::{Desk, privileged, shown};
use emulator::{
    AttemptOutcome, LicenseEvent, ServerState, SystemEvent,
    cli::{CommandForm, Line, Session, Settings, command_forms},
};
use jiff::SignedDuration;
use lab::Lab;

/// One file of the catalogue.
struct Transcript {
    path: PathBuf,
    header: String,
    platform: String,
    terminal: String,
    configuration: String,
    members: u8,
    files: Vec<String>,
    typed: Vec<String>,
    screen: String,
}

impl Transcript {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let (header, screen) = text.split_once("\n---\n").unwrap_or_else(|| {
            let header = text.strip_suffix("\n---").unwrap_or(&text);
            (header.trim_end(), "")
        });
        let mut transcript = Self {
            path: path.to_owned(),
            header: header.to_owned(),
            platform: String::new(),
            terminal: "privileged".to_owned(),
            configuration: String::new(),
            members: 1,
            files: Vec::new(),
            typed: Vec::new(),
            screen: screen.to_owned(),
        };
        let (mut key, mut cited) = ("", false);
        for line in header.lines() {
            if let Some(value) = line.strip_prefix('|') {
                let value = value.strip_prefix(' ').unwrap_or(value);
                match key {
                    "configuration" => transcript.configuration += &format!("{value}\n"),
                    "files" => transcript.files.push(value.to_owned()),
                    "typed" => transcript.typed.push(value.to_owned()),
                    _ => panic!("{}: `{line}` stands below nothing", path.display()),
                }
                continue;
            }
            let (name, value) = line.split_once(':').unwrap();
            key = name;
            match name {
                "section" => cited = !value.trim().is_empty(),
                "platform" => transcript.platform = value.trim().to_owned(),
                "terminal" => transcript.terminal = value.trim().to_owned(),
                "members" => transcript.members = value.trim().parse().unwrap(),
                "configuration" | "files" | "typed" => {}
                _ => panic!("{}: what is `{name}`?", path.display()),
            }
        }
        assert!(cited, "{} cites nothing", path.display());
        transcript
    }

    fn settings(&self) -> Settings {
        match self.terminal.as_str() {
            "privileged" => privileged(),
            "user" => Settings {
                length: 0,
                ..Settings::default()
            },
            "vty" => Settings {
                line: Line::Vty(0),
                user: Some("operator".into()),
                from: Some([192, 0, 2, 17].into()),
                ..privileged()
            },
            "five rows" => Settings {
                length: 5,
                ..privileged()
            },
            other => panic!("{}: what is `{other}`?", self.path.display()),
        }
    }

    /// Does what a stage direction says.
    fn direct(&self, desk: &mut Desk, stage: &str) -> String {
        let mut words = stage.split(' ');
        let mut word = || words.next().unwrap();
        match word() {
            "wait" => desk.lab.advance(duration(word())),
            "deliver" => desk.lab.answer(|_| AttemptOutcome::Accepted),
            "lose" => desk.lab.answer(|_| AttemptOutcome::Failed),
            "answer" => {
                let states: Vec<_> = words.map(server_state).collect();
                return desk.resume(&states);
            }
            "news" => {
                let mut out = Vec::new();
                desk.session.show_log(&desk.lab.device, &mut out);
                return shown(&out);
            }
            "power" => {
                desk.lab.raise(SystemEvent::PowerLost);
                desk.lab.advance(SignedDuration::from_hours(1));
                desk.lab.raise(SystemEvent::PowerRestored);
                return self.boot(desk);
            }
            "boot" => return self.boot(desk),
            "log" => desk.lab.syslog(&stage["log ".len()..]),
            "tamper" => desk.lab.raise(SystemEvent::License(LicenseEvent::Tamper)),
            "users" => {
                let (feature, count) = (word().into(), word().parse().unwrap());
                let event = LicenseEvent::Users { feature, count };
                desk.lab.raise(SystemEvent::License(event));
            }
            _ => panic!("what is `@{stage}`?"),
        }
        String::new()
    }

    fn boot(&self, desk: &mut Desk) -> String {
        desk.lab.advance(SignedDuration::from_mins(15));
        desk.session = Session::open(self.settings());
        desk.start()
    }

    /// The terminal, the device behind it and the servers that it reaches.
    fn desk(&self) -> Desk {
        let bare = Lab::seeded(7).on(&self.platform).stacked(self.members);
        let files = self.files.iter().map(String::as_str);
        let servers = license_files::servers(files, &bare.device.udis());
        Desk {
            lab: bare.with_config(&self.configuration).with_servers(servers),
            session: Session::open(self.settings()),
        }
    }

    /// Types everything; what the terminal shows, and the forms that the lines have.
    fn play(&self) -> (String, Vec<CommandForm>) {
        let mut desk = self.desk();
        let (mut screen, mut forms) = (desk.start(), Vec::new());
        for line in &self.typed {
            if let Some(stage) = line.strip_prefix('@') {
                screen.push_str(&self.direct(&mut desk, stage));
                continue;
            }
            forms.extend(desk.session.understands(&desk.lab.device, line));
            let keys = line.replace("^Z", "\u{1a}").replace("^I", "\t");
            let end = match keys.chars().last() {
                Some('?') => "\u{15}",
                Some('\u{1a}' | '\t') => "",
                _ => "\r",
            };
            screen.push_str(&desk.press(format!("{keys}{end}").as_bytes()));
        }
        (screen, forms)
    }
}

fn duration(text: &str) -> SignedDuration {
    let span: jiff::Span = text.parse().unwrap();
    let days = jiff::SpanRelativeTo::days_are_24_hours();
    span.to_duration(days).unwrap()
}

fn server_state(word: &str) -> ServerState {
    match word {
        "available" => ServerState::Available,
        "unavailable" => ServerState::NotAvailable,
        _ => panic!("what is `{word}`?"),
    }
}

fn catalogue() -> Vec<Transcript> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let files = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| Transcript::read(path)).collect()
}

#[test]
fn terminals_show_what_the_catalogue_says() {
    let update = std::env::var_os("UPDATE_TRANSCRIPTS").is_some();
    let mut wrong = Vec::new();
    for transcript in catalogue() {
        let (screen, _) = transcript.play();
        let screen: Vec<_> = screen.split('\n').map(on_screen).collect();
        let screen = screen.join("\n");
        // The cursor stands behind the last prompt, a file ends with a line end.
        let screen = format!("{}\n", screen.trim_end_matches('\n'));
        if screen == transcript.screen {
            continue;
        }
        if update {
            let text = format!("{}\n---\n{screen}", transcript.header);
            std::fs::write(&transcript.path, text).unwrap();
        } else {
            let difference = first_difference(&transcript.screen, &screen);
            wrong.push(format!("{}:\n{difference}", transcript.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is left to see of a line on which the cursor went back and wrote over it.
fn on_screen(line: &str) -> String {
    let (mut shown, mut cursor) = (Vec::new(), 0_usize);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '^' && characters.next_if_eq(&'H').is_some() {
            cursor = cursor.saturating_sub(1);
            continue;
        }
        match shown.get_mut(cursor) {
            Some(place) => *place = character,
            None => shown.push(character),
        }
        cursor += 1;
    }
    while shown.len() > cursor && shown.last() == Some(&' ') {
        shown.pop();
    }
    shown.into_iter().collect()
}

/// Where two texts part, with what each has there.
fn first_difference(expected: &str, found: &str) -> String {
    let mut lines = expected.lines().zip(found.lines());
    let same = lines.by_ref().take_while(|(old, new)| old == new).count();
    let at = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    format!("line {}\n- {}\n+ {}", same + 1, at(expected), at(found))
}

#[test]
fn every_form_of_every_command_has_a_transcript() {
    let shown: Vec<_> = catalogue()
        .iter()
        .flat_map(|transcript| transcript.play().1)
        .collect();
    let missing: Vec<_> = command_forms()
        .filter(|form| !shown.contains(form))
        .map(|form| form.to_string())
        .collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The page that says where the vendor's documents are built names every transcript, and no other.
#[test]
fn the_vendor_map_names_the_transcripts_that_there_are() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/vendor-map.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut named: Vec<_> = page
        .split('`')
        .filter(|word| word.ends_with(".txt") && !word.contains('*'))
        .collect();
    named.sort_unstable();
    named.dedup();
    let catalogue = catalogue();
    let files = catalogue
        .iter()
        .map(|transcript| transcript.path.file_name().unwrap().to_str().unwrap());
    let files: Vec<_> = files.collect();
    assert_eq!(named, files);
}
