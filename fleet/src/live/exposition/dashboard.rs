//! The dashboard that comes along shows what there is to be shown, and nothing else.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use super::text;
use crate::{
    record::Gathered,
    scenario::{Overrides, Scenario, Source},
};

const DASHBOARD: &str = include_str!("../../../../docs/grafana-dashboard.json");

/// Names of metrics in `text`.
fn names(text: &str) -> BTreeSet<String> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let words = text.split(|character| !is_name(character));
    let names = words.filter(|word| word.starts_with("fleet_"));
    names.map(str::to_owned).collect()
}

fn panels(dashboard: &Value) -> &Vec<Value> {
    dashboard["panels"].as_array().unwrap()
}

fn expressions(dashboard: &Value) -> Vec<&str> {
    let panels = panels(dashboard).iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    targets
        .map(|target| target["expr"].as_str().unwrap())
        .collect()
}

#[test]
fn every_metric_that_is_shown_is_exported_and_the_other_way_round() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let loaded = Scenario::load(&Source::BuiltIn, &Overrides::default()).unwrap();
    let exported = text(&loaded.scenario, Duration::ZERO, &Gathered::default());
    let announced: BTreeSet<String> = exported
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .map(str::to_owned)
        .collect();
    let shown = names(&expressions(&dashboard).join(" "));
    assert_eq!(shown.difference(&announced).collect::<Vec<_>>(), [""; 0]);
    // Triggers are told by their messages and drops.
    let kept_back: Vec<_> = announced.difference(&shown).collect();
    assert_eq!(kept_back, ["fleet_triggers_total"]);
}

#[test]
fn panels_have_numbers_of_their_own_and_do_not_cover_each_other() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut numbers = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels(&dashboard) {
        assert!(numbers.insert(panel["id"].as_u64().unwrap()));
        for key in ["title", "description"] {
            assert!(!panel[key].as_str().unwrap().is_empty());
        }
        assert_eq!(panel["datasource"]["uid"], "${datasource}");
        let place = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        assert!(place("x") + place("w") <= 24);
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(taken.insert((x, y)), "{}", panel["title"]);
            }
        }
    }
    assert!(numbers.len() > 10);
    for expression in expressions(&dashboard) {
        let opened = expression.matches(['(', '{', '[']).count();
        let closed = expression.matches([')', '}', ']']).count();
        assert_eq!(opened, closed, "{expression}");
        assert!(
            expression.contains("instance=~\"$instance\""),
            "{expression}"
        );
    }
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let variables: Vec<_> = variables
        .iter()
        .map(|own| own["name"].as_str().unwrap())
        .collect();
    assert_eq!(variables, ["datasource", "instance"]);
}
