//! The ledger as a flow: from triggers through candidates to what became of each.

use maud::{Markup, html};

use super::{
    frame::{WIDTH, point},
    page::picture,
};
use crate::report::{
    data::{Ledger, RunData},
    numbers::{count, number},
};

/// Height of all candidates together.
const HEIGHT: f64 = 190.0;
/// Least height of a node, so that one message is seen.
const NODE_LEAST: f64 = 1.5;
/// Least height of a node with its label.
const SLOT_LEAST: f64 = 17.0;
const GAP: f64 = 6.0;
/// Most accounts that are drawn.
const ACCOUNTS_MAX: usize = 20;
const NODE_WIDTH: f64 = 12.0;
const TOP: f64 = 26.0;
/// Where the columns are.
const COLUMNS: [f64; 4] = [8.0, 150.0, 300.0, 448.0];

/// A part of a whole, with how it looks.
struct Part {
    class: &'static str,
    name: String,
    value: u64,
}

/// A part with its place.
struct Node {
    part: Part,
    x: f64,
    y: f64,
    height: f64,
}

/// Puts `parts` below each other from `y` on; returns where the last ends.
fn place(parts: Vec<Part>, x: f64, mut y: f64, unit: f64) -> (Vec<Node>, f64) {
    let mut nodes = Vec::new();
    for part in parts.into_iter().filter(|part| part.value > 0) {
        let height = (part.value as f64 * unit).max(NODE_LEAST);
        let slot = height.max(SLOT_LEAST);
        nodes.push(Node {
            part,
            x,
            y: y + (slot - height) / 2.0,
            height,
        });
        y += slot + GAP;
    }
    (nodes, y)
}

/// A band from the right edge of one node to the left edge of another.
fn band(from: (f64, f64), to: &Node, thickness: f64) -> Markup {
    let (x, y) = (from.0 + NODE_WIDTH, from.1);
    let middle = f64::midpoint(x, to.x);
    let (below, end) = (y + thickness, to.y + to.height);
    let d = format!(
        "M{x:.1} {y:.1}C{middle:.1} {y:.1} {middle:.1} {ty:.1} {tx:.1} {ty:.1}V{end:.1}C{middle:.1} {end:.1} {middle:.1} {below:.1} {x:.1} {below:.1}Z",
        tx = to.x,
        ty = to.y
    );
    html! { path.flow.(to.part.class) d=(d) {} }
}

/// Bands from a source that begins at `from` to `nodes`, in order.
fn bands(from: (f64, f64), nodes: &[Node]) -> Markup {
    let mut y = from.1;
    let bands = nodes.iter().map(|node| {
        let own = band((from.0, y), node, node.height);
        y += node.height;
        own
    });
    html! { @for band in bands { (band) } }
}

fn boxes(nodes: &[Node]) -> Markup {
    html! {
        @for node in nodes {
            rect.node.(node.part.class) x=(point(node.x)) y=(point(node.y))
                width=(point(NODE_WIDTH)) height=(point(node.height)) {}
            text.flow-label x=(point(node.x + NODE_WIDTH + 6.0)) y=(point(node.y + node.height / 2.0 + 4.0)) {
                (node.part.name) " " tspan.strong { (count(node.part.value)) }
            }
        }
    }
}

/// A node with its label above.
fn headed(part: Part, x: f64, height: f64) -> (Node, Markup) {
    let node = Node {
        part,
        x,
        y: TOP,
        height,
    };
    let markup = html! {
        rect.node.(node.part.class) x=(point(x)) y=(point(TOP)) width=(point(NODE_WIDTH)) height=(point(height)) {}
        text.flow-label x=(point(x)) y=(point(TOP - 8.0)) {
            (node.part.name) " " tspan.strong { (count(node.part.value)) }
        }
    };
    (node, markup)
}

fn part(class: &'static str, name: &str, value: u64) -> Part {
    Part {
        class,
        name: name.to_owned(),
        value,
    }
}

/// The picture of the ledger; nothing where there were no candidates.
pub(crate) fn draw(data: &RunData) -> Markup {
    let ledger = &data.facts.ledger;
    if ledger.candidates == 0 && ledger.messages == 0 {
        return html! {};
    }
    let description = in_words(ledger);
    picture(
        "ledger",
        "The ledger",
        html! {
            (description) " A candidate is a profile that a trigger concerned, times its transports: "
            (number(ledger.candidates as f64 / ledger.triggers.max(1) as f64)) " for each trigger. "
            @if data.cut {
                "The run was cut short: its books were never closed."
            } @else if ledger.balanced {
                strong { "Balanced" } " to the last message."
            } @else {
                strong { "Does not balance." }
            }
        },
        html! { (drawing(ledger, &description)) (sinks(data)) },
    )
}

fn in_words(ledger: &Ledger) -> String {
    format!(
        "{} triggers made {} candidates; {} were dropped and {} became messages, of which {} were delivered, {} failed, {} are unconfirmed and {} outstanding.",
        count(ledger.triggers),
        count(ledger.candidates),
        count(ledger.dropped_in_all()),
        count(ledger.messages),
        count(ledger.delivered),
        count(ledger.failed),
        count(ledger.unconfirmed),
        count(ledger.outstanding())
    )
}

/// Accounts of dropped candidates, the fullest first.
fn accounts(ledger: &Ledger) -> Vec<Part> {
    let accounts = ledger.dropped.iter().map(|(name, value)| {
        let name = format!("dropped: {}", name.replace('_', " "));
        part("dropped", &name, *value)
    });
    let mut accounts: Vec<_> = accounts.collect();
    accounts.sort_by_key(|account| std::cmp::Reverse(account.value));
    accounts.truncate(ACCOUNTS_MAX);
    accounts
}

fn drawing(ledger: &Ledger, description: &str) -> Markup {
    let all = ledger.messages.saturating_add(ledger.dropped_in_all());
    let unit = HEIGHT / ledger.candidates.max(all).max(1) as f64;
    let [first, second, third, fourth] = COLUMNS;
    let messages_height = (ledger.messages as f64 * unit).max(NODE_LEAST);
    let (triggers, triggers_box) =
        headed(part("triggers", "triggers", ledger.triggers), first, HEIGHT);
    let (candidates, candidates_box) = headed(
        part("candidates", "candidates", ledger.candidates),
        second,
        HEIGHT,
    );
    let (messages, messages_box) = headed(
        part("messages", "messages", ledger.messages),
        third,
        messages_height,
    );
    let ends = vec![
        part("accepted", "delivered", ledger.delivered),
        part("failed", "failed", ledger.failed),
        part("unconfirmed", "unconfirmed", ledger.unconfirmed),
        part("outstanding", "outstanding", ledger.outstanding()),
    ];
    let (ends, below) = place(ends, fourth, TOP, unit);
    let begin = below.max(TOP + messages_height) + 10.0;
    let (accounts, below) = place(accounts(ledger), third, begin, unit);
    let height = below.max(TOP + HEIGHT) + 6.0;
    html! {
        div.scroll tabindex="0" role="region" aria-label="The ledger as a flow" {
            svg viewBox=(format!("0 0 {WIDTH} {height:.0}")) role="img" aria-label=(description)
                xmlns="http://www.w3.org/2000/svg" {
                (band((triggers.x, TOP), &candidates, HEIGHT))
                @if ledger.messages > 0 { (band((candidates.x, TOP), &messages, messages_height)) }
                (bands((candidates.x, TOP + messages_height.min(HEIGHT)), &accounts))
                (bands((messages.x, TOP), &ends))
                (triggers_box) (candidates_box)
                @if ledger.messages > 0 { (messages_box) }
                (boxes(&accounts)) (boxes(&ends))
            }
        }
    }
}

/// What embedded sinks took.
fn sinks(data: &RunData) -> Markup {
    let sink = &data.facts.ledger.sink;
    html! {
        @if sink.received > 0 || !sink.embedded.is_empty() {
            p.small {
                "Embedded sinks received " (count(sink.received)) ", of these " (count(sink.duplicates)) " again"
                @if data.cut { "." } @else {
                    "; " (count(sink.dropped)) " dropped after confirmation, "
                    (count(sink.unknown)) " unknown, " (count(sink.missing)) " missing."
                }
            }
        }
    }
}
