//! A frame of the view, from a snapshot: what there is room for, the most important first.

mod sections;

use ratatui::{
    Frame,
    layout::Rect,
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, Borders, Clear, Paragraph},
};

use super::controls::{Controls, Over, fault_lines};
use crate::{
    report::numbers::number,
    snapshot::{Phase, Snapshot},
};
use sections::{Section, sections};

/// From so many columns on, sections stand in two columns.
const TWO_COLUMNS_FROM: u16 = 140;
/// From so few rows on there is no line of keys.
const KEYS_FROM_ROWS: u16 = 4;
/// Columns of a menu at most.
const MENU_COLUMNS: u16 = 64;

const KEYS: &str = "space pause  +/- rate  e event  f faults  ? help  q end";
const KEYS_SHORT: &str = "space + - e f ? q";

const HELP: [&str; 9] = [
    "space  arrivals wait, or go on",
    "+ -    arrivals come faster, or slower: x0.1 to x10",
    "e      raise an event on a share of the devices",
    "f      a fault: off if active or pending, else on",
    "q      end the run as Ctrl-C does; twice: at once",
    "?      this",
    "",
    "What you do stands in summary.json, and such a run",
    "compares with no other.",
];

/// Colours, or none.
#[derive(Clone, Copy)]
pub(super) struct Paint {
    color: bool,
}

impl Paint {
    pub(super) fn of(self, color: Color) -> Style {
        match self.color {
            true => Style::new().fg(color),
            false => Style::new(),
        }
    }

    pub(super) fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Of a state: what is wrong stands out without colours, too.
    pub(super) fn state(self, bad: bool) -> Style {
        match bad {
            true => self.of(Color::Red).add_modifier(Modifier::BOLD),
            false => self.of(Color::Green),
        }
    }
}

/// Draws `snapshot` with what `controls` show.
pub(super) fn draw(frame: &mut Frame<'_>, snapshot: &Snapshot, controls: &Controls, color: bool) {
    let area = frame.area();
    let paint = Paint { color };
    let keys_rows = u16::from(area.height >= KEYS_FROM_ROWS);
    let header = header(snapshot, controls, area.width, paint);
    let header_rows = (header.len() as u16).min(area.height.saturating_sub(keys_rows));
    put(
        frame,
        header,
        Rect {
            height: header_rows,
            ..area
        },
    );
    let body = Rect {
        y: area.y + header_rows,
        height: area.height - header_rows - keys_rows,
        ..area
    };
    draw_body(frame, snapshot, body, paint);
    if keys_rows > 0 {
        let text = match usize::from(area.width) > KEYS.len() {
            true => KEYS,
            false => KEYS_SHORT,
        };
        let keys = Rect {
            y: area.y + area.height - 1,
            height: 1,
            ..area
        };
        put(frame, vec![Line::styled(text, paint.dim())], keys);
    }
    draw_over(frame, snapshot, controls, paint);
}

fn put(frame: &mut Frame<'_>, lines: Vec<Line<'_>>, area: Rect) {
    frame.render_widget(Paragraph::new(lines), area);
}

/// Name, how far, and whether something is out of the ordinary.
fn header<'a>(
    snapshot: &'a Snapshot,
    controls: &Controls,
    width: u16,
    paint: Paint,
) -> Vec<Line<'a>> {
    let wide = width >= 60;
    let mut first = vec![Span::styled(snapshot.name.as_str(), paint.bold())];
    if wide {
        first.push(Span::raw(format!(
            "  seed {}  {} devices  {}",
            snapshot.seed,
            number(f64::from(snapshot.devices)),
            snapshot.targets.join(", ")
        )));
    }
    let time = format!("{:.0} of {:.0} s ", snapshot.elapsed_s, snapshot.duration_s);
    let room = usize::from(width).saturating_sub(time.len() + 24);
    let part = match snapshot.duration_s > 0.0 {
        true => (snapshot.elapsed_s / snapshot.duration_s).clamp(0.0, 1.0),
        false => 0.0,
    };
    let full = ((room as f64 * part) as usize).min(room);
    let mut second = vec![Span::raw(time)];
    if wide {
        second.push(Span::styled("█".repeat(full), paint.of(Color::Cyan)));
        second.push(Span::styled("░".repeat(room - full), paint.dim()));
        second.push(Span::raw(" "));
    }
    second.extend(state(snapshot, controls, paint));
    vec![Line::from(first), Line::from(second)]
}

/// How far the run has come, in a word or two.
fn state(snapshot: &Snapshot, controls: &Controls, paint: Paint) -> Vec<Span<'static>> {
    let over = [Phase::Draining, Phase::Over].contains(&snapshot.phase);
    // What a key has just done is known before the next snapshot.
    let paused = !over
        && controls
            .factor
            .map_or(snapshot.phase == Phase::Paused, |_| controls.paused);
    let word = match (controls.ending, paused) {
        (true, _) if !over => "ending",
        (false, true) => "PAUSED",
        (false, false) if snapshot.phase == Phase::Paused => "running",
        (_, _) => snapshot.phase.word(),
    };
    let style = match paused || controls.ending {
        true => paint.of(Color::Yellow).add_modifier(Modifier::BOLD),
        false => paint.bold(),
    };
    let mut spans = vec![Span::styled(word, style)];
    let factor = controls.factor.unwrap_or(snapshot.factor);
    if factor != 1.0 {
        spans.push(Span::styled(format!(" x{factor}"), paint.of(Color::Yellow)));
    }
    spans
}

fn draw_body(frame: &mut Frame<'_>, snapshot: &Snapshot, area: Rect, paint: Paint) {
    let two = area.width >= TWO_COLUMNS_FROM;
    let width = if two { area.width / 2 - 1 } else { area.width };
    let (left, right) = sections(snapshot, width, paint);
    if two {
        let half = Rect { width, ..area };
        put(frame, fitting(left, area.height), half);
        let other = Rect {
            x: area.x + width + 2,
            ..half
        };
        put(frame, fitting(right, area.height), other);
        return;
    }
    let mut all = left;
    all.extend(right);
    put(frame, fitting(all, area.height), area);
}

/// The lines of those sections that there is room for: by rank, but in their order. The last is cut.
fn fitting(sections: Vec<Section<'_>>, rows: u16) -> Vec<Line<'_>> {
    let mut room = usize::from(rows);
    let mut by_rank: Vec<usize> = (0..sections.len()).collect();
    by_rank.sort_by_key(|at| sections[*at].rank);
    let mut taken = vec![0; sections.len()];
    for at in by_rank {
        taken[at] = sections[at].lines.len().min(room);
        room -= taken[at];
    }
    let cut = sections.into_iter().zip(taken);
    cut.flat_map(|(section, taken)| section.lines.into_iter().take(taken))
        .collect()
}

fn draw_over(frame: &mut Frame<'_>, snapshot: &Snapshot, controls: &Controls, paint: Paint) {
    let (title, lines, at) = match controls.over {
        Over::Nothing => return,
        Over::Help => {
            let help = HELP.map(str::to_owned).to_vec();
            ("keys".to_owned(), help, None)
        }
        Over::Raise(at) => {
            let share = controls.share();
            let lines = controls.raisable.iter().map(|(name, asks)| match asks {
                true => format!("{name} on {share}%"),
                false => name.clone(),
            });
            let title = "raise: arrows, Enter, Esc".to_owned();
            (title, lines.collect(), Some(at))
        }
        Over::Faults(at) => {
            let mut lines = fault_lines(&snapshot.faults);
            if lines.is_empty() {
                lines = controls.faults.clone();
            }
            if lines.is_empty() {
                lines = vec!["the scenario has no faults".to_owned()];
            }
            let title = "faults: Enter: off if active or pending, else on; Esc".to_owned();
            (title, lines, Some(at))
        }
    };
    let area = frame.area();
    let width = area.width.min(MENU_COLUMNS);
    let rows = (lines.len() as u16).saturating_add(2).min(area.height);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - rows) / 2,
        width,
        height: rows,
    };
    frame.render_widget(Clear, place);
    let block = Block::new().borders(Borders::ALL).title(title);
    // What is chosen stays in sight.
    let shown = usize::from(rows.saturating_sub(2)).max(1);
    let first = at.map_or(0, |at| (at + 1).saturating_sub(shown));
    let lines: Vec<Line<'_>> = lines
        .into_iter()
        .enumerate()
        .skip(first)
        .map(|(number, line)| match at == Some(number) {
            true => Line::styled(
                crate::report::data::inert::inert(&line),
                paint.bold().add_modifier(Modifier::REVERSED),
            ),
            false => Line::raw(crate::report::data::inert::inert(&line)),
        })
        .collect();
    frame.render_widget(Paragraph::new(lines).block(block), place);
}

#[cfg(test)]
mod tests;
