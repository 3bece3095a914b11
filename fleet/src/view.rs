//! The view of a run on a terminal: figures that change, and keys that steer.
//!
//! Two threads of its own: one reads keys and does what they mean, one draws, at most ten times a second.
//! A terminal that blocks stops neither the run nor the keys. The terminal is given back as it was when
//! the view is closed, when nothing can be drawn any more, and when the program panics.

mod controls;
mod draw;
mod keyboard;

use std::{
    io::{self, IsTerminal, Write},
    panic,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

use nix::unistd::{getpgrp, tcgetpgrp};
use ratatui::{Terminal, TerminalOptions, Viewport, backend::CrosstermBackend, layout::Rect};

use crate::{
    clock, conductor::Interrupter, raw_mode::RawMode, snapshot::Snapshot, steering::Steering,
};

use controls::{Action, Controls};
use keyboard::Key;

/// Shortest time from one frame to the next.
const FRAME_EVERY: Duration = Duration::from_millis(100);
/// News that wait for the drawing thread; what comes while so many wait is not shown.
const NEWS_WAITING_MAX: usize = 64;
/// How long the drawing thread is waited for at the end.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of a frame that are written at once.
const FRAME_BYTES: usize = 64 * 1024;
/// Columns and rows of a terminal that does not tell.
const SIZE_DEFAULT: (u16, u16) = (80, 24);

/// Leaves the alternate screen: attributes off, cursor visible.
const LEAVE: &[u8] = b"\x1b[0m\x1b[?25h\x1b[?1049l";
/// Enters it: cursor hidden.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[2J\x1b[?25l";

/// What the drawing thread is told.
enum News {
    Snapshot(Box<Snapshot>),
    /// A key has been pressed.
    Pressed,
    Close,
}

/// Whether a view can be shown: somebody sees it and has keys, and nobody has said otherwise.
pub fn is_possible(quiet: bool, plain: bool) -> bool {
    let says = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    !quiet
        && !plain
        && says("CI").is_none()
        && says("TERM").is_none_or(|term| term != "dumb")
        && io::stdin().is_terminal()
        && io::stderr().is_terminal()
        && is_in_the_foreground()
}

/// Whether the terminal of standard input lets this program set it: one that belongs to a job in the
/// background is stopped for trying.
fn is_in_the_foreground() -> bool {
    // A terminal that is not the one of this session stops nobody.
    tcgetpgrp(io::stdin()).map_or(true, |foreground| foreground == getpgrp())
}

/// A view that is shown.
#[derive(Debug)]
pub struct View {
    news: SyncSender<News>,
    /// Ends when the drawing thread has.
    drawn: Receiver<()>,
    screen: Arc<Screen>,
}

/// The terminal while it is ours.
#[derive(Debug)]
struct Screen {
    raw: RawMode,
    left: AtomicBool,
}

impl Screen {
    /// Gives the terminal back; only once.
    fn leave(&self) {
        if !self.left.swap(true, Ordering::AcqRel) {
            self.raw.leave();
            let mut out = io::stderr();
            let _ = out.write_all(LEAVE).and_then(|()| out.flush());
        }
    }

    fn is_left(&self) -> bool {
        self.left.load(Ordering::Acquire)
    }
}

impl View {
    /// Takes the terminal over and shows a run that can be steered by `steering` and ended by
    /// `interrupter`; with colours if `color`.
    ///
    /// # Errors
    /// When standard input is no terminal, this program has gone into its background, or there is no
    /// thread.
    pub fn open(
        steering: Arc<Mutex<Steering>>,
        interrupter: Interrupter,
        color: bool,
    ) -> io::Result<Self> {
        if !is_in_the_foreground() {
            return Err(io::Error::other("the terminal belongs to another job"));
        }
        let screen = Arc::new(Screen {
            raw: RawMode::enter()?,
            left: AtomicBool::new(false),
        });
        leave_before_a_panic_is_told(&screen);
        let (news, received) = mpsc::sync_channel(NEWS_WAITING_MAX);
        let (done, drawn) = mpsc::channel();
        let controls = Arc::new(Mutex::new(Controls::default()));
        let helm = Helm {
            controls: Arc::clone(&controls),
            steering,
            interrupter,
        };
        let pressed = news.clone();
        let read = Arc::clone(&screen);
        thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || {
                let wanted = || !read.is_left();
                keyboard::read(wanted, |key| {
                    helm.press(key);
                    let _ = pressed.try_send(News::Pressed);
                });
            })?;
        let show = Arc::clone(&screen);
        thread::Builder::new()
            .name("view".to_owned())
            .spawn(move || {
                // A terminal that takes nothing more shows nothing more; the run goes on.
                let _ = show_all(&show, &received, &controls, color);
                show.leave();
                drop(done);
            })?;
        Ok(Self {
            news,
            drawn,
            screen,
        })
    }

    /// Shows `snapshot`, unless too much waits already.
    pub fn show(&self, snapshot: Snapshot) {
        let _ = self.news.try_send(News::Snapshot(Box::new(snapshot)));
    }

    /// Whether the terminal is taken: not when nothing could be drawn, or a thread panicked.
    pub fn is_shown(&self) -> bool {
        !self.screen.is_left()
    }

    /// Gives the terminal back as it was.
    pub fn close(&self) {
        // A full channel means that nothing is drawn; then nothing needs to be waited for.
        if self.news.try_send(News::Close).is_ok() {
            let _ = self.drawn.recv_timeout(PATIENCE);
        }
        // What a thread that is stuck would write comes too late, and the terminal is stuck anyway.
        if self.screen.is_left() {
            return;
        }
        self.screen.raw.leave();
        let screen = Arc::clone(&self.screen);
        thread::spawn(move || screen.leave());
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.close();
    }
}

/// Whoever panics gives the terminal back first, so that what is told of it can be read.
fn leave_before_a_panic_is_told(screen: &Arc<Screen>) {
    let before = panic::take_hook();
    let screen = Arc::clone(screen);
    panic::set_hook(Box::new(move |panicked| {
        screen.leave();
        before(panicked);
    }));
}

/// Keys, and what they do to the run.
struct Helm {
    controls: Arc<Mutex<Controls>>,
    steering: Arc<Mutex<Steering>>,
    interrupter: Interrupter,
}

impl Helm {
    fn press(&self, key: Key) {
        let mut steering = self.steering.lock().unwrap_or_else(PoisonError::into_inner);
        let mut controls = known(&self.controls);
        controls.know(&steering);
        match controls.press(key) {
            Action::Nothing => {}
            Action::PauseOrResume => steering.pause_or_resume(),
            Action::Factor(factor) => steering.set_factor(factor),
            Action::Raise(number, share) => steering.raise(number, share),
            Action::Switch(place) => steering.switch_fault(place),
            Action::End => self.interrupter.interrupt(),
        }
        controls.know(&steering);
    }
}

/// What is known of keys and menus. They are whole whatever happened to whoever held them.
fn known(controls: &Mutex<Controls>) -> MutexGuard<'_, Controls> {
    controls.lock().unwrap_or_else(PoisonError::into_inner)
}

type Out = Terminal<CrosstermBackend<io::BufWriter<io::Stderr>>>;

/// Draws until told to close.
fn show_all(
    screen: &Screen,
    news: &Receiver<News>,
    controls: &Mutex<Controls>,
    color: bool,
) -> io::Result<()> {
    io::stderr().write_all(ENTER)?;
    let out = io::BufWriter::with_capacity(FRAME_BYTES, io::stderr());
    let mut size = size();
    let viewport = Viewport::Fixed(size);
    let mut terminal: Out =
        Terminal::with_options(CrosstermBackend::new(out), TerminalOptions { viewport })?;
    let mut latest = Snapshot::default();
    let mut drawn: Option<Instant> = None;
    let mut stale = true;
    while !screen.is_left() {
        match news.recv_timeout(FRAME_EVERY) {
            Ok(News::Snapshot(snapshot)) => {
                latest = *snapshot;
                stale = true;
            }
            Ok(News::Pressed) => stale = true,
            Ok(News::Close) | Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = clock::now();
        let early = drawn.is_some_and(|drawn| now.saturating_duration_since(drawn) < FRAME_EVERY);
        let present = self::size();
        if early || !(stale || present != size) {
            continue;
        }
        if present != size {
            size = present;
            terminal.resize(size)?;
        }
        // Keys wait for the making of a frame, never for a terminal that takes it slowly.
        terminal.draw(|frame| draw::draw(frame, &latest, &known(controls), color))?;
        (drawn, stale) = (Some(now), false);
    }
    Ok(())
}

/// The size of the terminal that standard error is.
fn size() -> Rect {
    let (width, height) = terminal_size::terminal_size_of(io::stderr())
        .map_or(SIZE_DEFAULT, |(width, height)| (width.0, height.0));
    Rect::new(0, 0, width.max(1), height.max(1))
}
