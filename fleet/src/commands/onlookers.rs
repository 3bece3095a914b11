//! Whoever looks on at a run: the view on the terminal, the live page, Prometheus, a collector.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use emulator::Transport;
use sink::web::Pages;

use crate::{
    conductor::Interrupter,
    live::{Live, otlp::Exporter},
    record::Gathered,
    report::{Style, transport_name},
    scenario::Scenario,
    snapshot::{Observer, Phase, Snapshot},
    steering::Steering,
    view::{self, View},
};

/// Those who look on at one run.
pub(super) struct Onlookers {
    scenario: Arc<Scenario>,
    style: Style,
    /// Whether there is to be a view, once the run begins.
    wants_view: bool,
    interrupter: Option<Interrupter>,
    steering: Option<Arc<Mutex<Steering>>>,
    observer: Option<Observer>,
    view: Option<View>,
    live: Option<Live>,
    exporter: Option<Exporter>,
}

impl Onlookers {
    /// Looks on at a run of `scenario`; with a view if `viewed`.
    pub(super) fn new(
        scenario: &Arc<Scenario>,
        style: Style,
        viewed: bool,
        (live, exporter): (Option<Live>, Option<Exporter>),
    ) -> Self {
        let paged = live.as_ref().is_some_and(|live| live.page().is_some());
        let observer = (viewed || paged).then(|| Observer::new(Arc::clone(scenario)));
        Self {
            scenario: Arc::clone(scenario),
            style,
            wants_view: viewed,
            interrupter: None,
            steering: None,
            observer,
            view: None,
            live,
            exporter,
        }
    }

    /// Whether there is a terminal to give back, or will be.
    pub(super) fn want_a_terminal(&self) -> bool {
        self.wants_view
    }

    /// Whether the terminal is taken.
    pub(super) fn have_the_terminal(&self) -> bool {
        self.view.as_ref().is_some_and(View::is_shown)
    }

    /// Whoever ends the run by a key ends it by `interrupter`.
    pub(super) fn may_end(&mut self, interrupter: Interrupter) {
        self.interrupter = Some(interrupter);
    }

    /// An address that may be worth a look.
    pub(super) fn link(&mut self, name: &str, url: String) {
        if let Some(observer) = &mut self.observer {
            observer.link(name, url);
        }
    }

    /// What is served, and where.
    pub(super) fn addresses(&self) -> Vec<(&'static str, String)> {
        let live = self.live.as_ref();
        let page = live.and_then(Live::page);
        let page = page.map(|address| ("live page", format!("http://{address}/")));
        let figures = live.and_then(Live::metrics);
        let figures = figures.map(|address| ("live figures", format!("http://{address}/metrics")));
        page.into_iter().chain(figures).collect()
    }

    /// The embedded sinks have pages, which go with the live page.
    pub(super) fn sinks(&mut self, pages: Vec<(Transport, Pages)>) {
        let Some(live) = self.live.as_ref().filter(|live| live.page().is_some()) else {
            return;
        };
        for (transport, pages) in pages {
            // Without an address left there is one page less.
            if let (Ok(address), Some(observer)) = (live.serve_sink(pages), &mut self.observer) {
                let name = format!("sink of {}", transport_name(transport));
                observer.link(&name, format!("http://{address}/"));
            }
        }
    }

    /// Lets go of the books of the embedded sinks.
    pub(super) fn sinks_end(&mut self) {
        if let Some(live) = &self.live {
            live.end_sinks();
        }
    }

    /// The run has begun.
    pub(super) fn begun(&mut self, steering: Steering) {
        let steering = Arc::new(Mutex::new(steering));
        if let (true, Some(interrupter)) = (self.wants_view, self.interrupter.clone()) {
            // Without a thread, or on a terminal that went away, there are lines.
            self.view =
                View::open(Arc::clone(&steering), interrupter, self.style.color_errors).ok();
        }
        self.steering = Some(steering);
        let none = Gathered::default();
        self.look(Duration::ZERO, &none, &none);
    }

    /// So much of the run has passed.
    pub(super) fn look(&mut self, elapsed: Duration, all: &Gathered, lately: &Gathered) {
        if let Some(live) = &mut self.live {
            live.show(&self.scenario, elapsed, all);
        }
        if let Some(exporter) = &mut self.exporter {
            exporter.show(elapsed, all);
        }
        let Some(observer) = &mut self.observer else {
            return;
        };
        let steering = self.steering.as_ref();
        let steering = steering.map(|own| own.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(snapshot) = observer.take(elapsed, (all, lately), steering.as_deref()) else {
            return;
        };
        drop(steering);
        if let Some(live) = &self.live {
            live.show_page(&snapshot);
        }
        if let Some(view) = &self.view {
            view.show(snapshot);
        }
    }

    /// Somebody or something has ended the traffic.
    pub(super) fn ending(&mut self) {
        if let Some(observer) = &mut self.observer {
            observer.ending();
        }
    }

    /// The terminal is to be given back: the run is over, or did not take place.
    pub(super) fn leave_the_terminal(&mut self) {
        self.view = None;
    }

    /// The run is over, this was gathered in all, and it came to `verdict`.
    pub(super) fn over(&mut self, elapsed: Duration, all: &Gathered, verdict: &str) {
        if let Some(exporter) = &mut self.exporter {
            exporter.finish(elapsed, all);
        }
        let (Some(live), Some(observer)) = (&mut self.live, &self.observer) else {
            return;
        };
        let steering = self.steering.as_ref();
        let steering = steering.map(|own| own.lock().unwrap_or_else(PoisonError::into_inner));
        let last = Snapshot {
            phase: Phase::Over,
            verdict: Some(verdict.to_owned()),
            ..observer.snapshot(elapsed, all, steering.as_deref())
        };
        live.show_page(&last);
        live.close();
    }

    /// Waits for what is still being pushed, for a while; returns how that went, in words.
    pub(super) fn pushed(self) -> Option<String> {
        self.exporter.map(Exporter::close)
    }
}

/// Whether a run with these flags is to have a view.
pub(super) fn view_suits(quiet: bool, plain: bool) -> bool {
    view::is_possible(quiet, plain)
}
