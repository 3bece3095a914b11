//! Pages, comments and test results about searches for a capacity and about comparisons.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like the tests themselves"
)]

use std::path::Path;

use fleet::{
    capacity::{
        CapacityResult, Conclusion, GaveWay, Knee, Load, Outcome, Purpose, Recovery, SCHEMA,
        Scalability, ScalabilityPoint, Step, StepFigures,
    },
    compare::{Comparison, Demands, Pairing, Verdict, read_side},
    report::{capacity, comparison},
};
use roxmltree::{Document, ParsingOptions};

fn step(number: usize, (load, outcome): (f64, Outcome)) -> Step {
    let held = outcome == Outcome::Held;
    Step {
        number,
        purpose: Purpose::Bracket,
        load,
        outcome,
        broken: if held {
            Vec::new()
        } else {
            vec!["smtp.response.p99 is 900 ms".to_owned()]
        },
        figures: StepFigures {
            offered_per_s: load,
            delivered_per_s: load.min(100.0),
            concurrency: load / 50.0,
            response_p50_ms: Some(20.0),
            response_p99_ms: Some(if held { 40.0 } else { 900.0 }),
            response_p99_at_least: !held,
            lag_p99_ms: Some(0.2),
            ..StepFigures::default()
        },
        hold_s: 10.0,
        directory: format!("{number:03}"),
    }
}

fn scalability() -> Scalability {
    let points = (1..6).map(|n| ScalabilityPoint {
        concurrency: f64::from(n),
        per_s: 45.0 * f64::from(n),
        fitted_per_s: 44.0 * f64::from(n),
        residual_share: 0.02 * f64::from(n - 3),
    });
    Scalability {
        rate_of_one_per_s: 50.0,
        contention: 0.05,
        coherence: 0.01,
        peak_concurrency: Some(9.7),
        peak_per_s: Some(211.0),
        extrapolated: false,
        r_squared: 0.99,
        residual_max_share: 0.04,
        points: points.collect(),
    }
}

fn result() -> CapacityResult {
    let loads = [
        (25.0, Outcome::Held),
        (50.0, Outcome::Held),
        (100.0, Outcome::Held),
        (200.0, Outcome::Broken),
        (110.0, Outcome::Broken),
        (90.0, Outcome::Generator),
        (80.0, Outcome::Devices),
    ];
    let steps = loads.into_iter().enumerate();
    CapacityResult {
        schema: SCHEMA,
        tool_version: "0.1.0".to_owned(),
        scenario: "a relay".to_owned(),
        seed: 7,
        started: "2026-03-14T10:50:00Z".to_owned(),
        wall_s: 75.0,
        search: Load::Rate,
        objectives: vec!["smtp.response.p99 <= 100ms".to_owned()],
        hold_s: 10.0,
        warm_up_s: 2.0,
        precision: 0.02,
        steps: steps.map(|(at, own)| step(at + 1, own)).collect(),
        conclusion: Conclusion::Found,
        knee: Some(Knee {
            load: 104.0,
            low: 100.0,
            high: Some(110.0),
            confidence: Some(0.97),
            searches: 6,
            without_end: 1,
            delivered_per_s: 100.0,
            delivered_at: 100.0,
        }),
        gave_way: Some(GaveWay {
            load: 110.0,
            words: "the target's service time".to_owned(),
            advice: "give it more workers".to_owned(),
        }),
        recovery: Some(Recovery {
            tries: 1,
            overload: 200.0,
            tried: 100.0,
            holds: Some(50.0),
        }),
        scalability: Some(scalability()),
    }
}

fn parse(page: &str) -> Document<'_> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(page, options).unwrap()
}

/// Sees to it that `page` is sound: no script, every name once, every link leads somewhere.
fn check(page: &str) {
    let page = parse(page);
    let ids: Vec<_> = page
        .descendants()
        .filter_map(|node| node.attribute("id"))
        .collect();
    for (at, id) in ids.iter().enumerate() {
        assert!(!ids[..at].contains(id), "{id} comes twice");
    }
    for node in page.descendants().filter(roxmltree::Node::is_element) {
        assert!(!["script", "link", "img"].contains(&node.tag_name().name()));
        assert_eq!(node.attribute("style"), None);
        if let Some(link) = node.attribute("href") {
            assert!(ids.contains(&link.trim_start_matches('#')), "{link}");
        }
        for id in node
            .attribute("aria-labelledby")
            .unwrap_or_default()
            .split_whitespace()
        {
            assert!(ids.contains(&id), "{id} is nowhere");
        }
    }
}

fn cases(results: &str) -> Vec<(String, Option<String>)> {
    let results = Document::parse(results).unwrap();
    let cases = results
        .descendants()
        .filter(|node| node.has_tag_name("testcase"));
    let cases = cases.map(|case| {
        let outcome = case.children().find(roxmltree::Node::is_element);
        let outcome = outcome.map(|own| own.tag_name().name().to_owned());
        (case.attribute("name").unwrap().to_owned(), outcome)
    });
    cases.collect()
}

#[test]
fn a_search_is_told_with_its_knee_its_cause_its_law_and_every_load() {
    let page = capacity::page(&result());
    check(&page);
    for words in [
        "KNEE FOUND",
        "104 events/s (100 events/s to 110 events/s; 97 % sure, 6 searches; 1 more found none, see the loads)",
        "the target&#39;s service time",
        "give it more workers",
        "an overload makes it worse for longer",
        "peak: 211/s",
        "Residuals",
        "smtp.response.p99 is 900 ms",
        "mark broken",
        "mark generator",
        "mark devices",
    ] {
        assert!(
            page.contains(words) || page.contains(&words.replace("&#39;", "'")),
            "{words} is missing"
        );
    }
    let comment = capacity::comment(&result());
    assert!(comment.contains("**104 events/s") && comment.lines().count() <= 60);
    let told = cases(&capacity::test_results(&result(), Some(105.0)));
    let expected = [
        ("the search came to its end", None),
        ("the smallest load holds", None),
        ("the target gave way, or held everything", None),
        ("the knee is at 105 events/s or above", Some("failure")),
        ("the target recovers from an overload", Some("failure")),
    ];
    let expected = expected.map(|(name, outcome)| (name.to_owned(), outcome.map(str::to_owned)));
    assert_eq!(told, expected);
}

#[test]
fn what_a_search_did_not_find_is_not_shown() {
    for conclusion in [
        Conclusion::Generator,
        Conclusion::Devices,
        Conclusion::Largest,
        Conclusion::NoneHolds,
        Conclusion::Lost,
        Conclusion::Interrupted,
    ] {
        let result = CapacityResult {
            conclusion,
            steps: Vec::new(),
            knee: None,
            gave_way: None,
            recovery: None,
            scalability: None,
            ..result()
        };
        let page = capacity::page(&result);
        check(&page);
        assert!(!page.contains("KNEE FOUND") && !page.contains("Residuals"));
        assert!(!capacity::comment(&result).is_empty());
        let told = cases(&capacity::test_results(&result, None));
        assert_eq!(told.len(), 3);
        let sound = told.iter().all(|(_, outcome)| outcome.is_none());
        assert!(!sound, "{conclusion:?}");
    }
}

#[test]
fn figures_that_cannot_be_make_no_picture_that_cannot_be() {
    for value in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300, 1e-300] {
        let mut result = result();
        for step in &mut result.steps {
            step.load = value;
            step.figures.delivered_per_s = value;
            step.figures.response_p99_ms = Some(value);
        }
        for point in &mut result.scalability.as_mut().unwrap().points {
            point.concurrency = value;
            point.residual_share = value;
        }
        result.knee.as_mut().unwrap().load = value;
        let page = capacity::page(&result);
        check(&page);
        let drawn = parse(&page);
        let paths = drawn.descendants().filter_map(|node| node.attribute("d"));
        for path in paths {
            assert!(
                !path.contains("NaN") && !path.contains("inf"),
                "{value}: {path}"
            );
        }
    }
}

#[test]
fn text_of_a_search_stays_text() {
    let text = "<script>alert(1)</script>\u{202e}\u{0}| `x` @all";
    let mut result = result();
    result.scenario = text.to_owned();
    result.objectives = vec![text.to_owned()];
    result.steps[3].broken = vec![text.to_owned()];
    result.steps[3].figures.error = Some(text.to_owned());
    result.gave_way.as_mut().unwrap().words = text.to_owned();
    check(&capacity::page(&result));
    cases(&capacity::test_results(&result, None));
    let comment = capacity::comment(&result);
    assert!(!comment.contains('<') && !comment.contains('@') && !comment.contains('\u{202e}'));
}

fn compared(new: &str) -> Comparison {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/compare.in");
    let side = |name: &str| read_side(&folder.join(name)).unwrap();
    let demands = Demands {
        metrics: Vec::new(),
        effect: 0.05,
        noise: None,
    };
    Comparison::new(&side("base"), &side(new), Pairing::Independent, &demands).unwrap()
}

#[test]
fn a_comparison_is_told_with_its_verdict_first_and_a_case_for_each_metric() {
    let comparison = compared("dearer");
    assert_eq!(comparison.verdict, Verdict::Regression);
    let comparisons = [comparison];
    let page = comparison::page(&comparisons);
    check(&page);
    let verdict = page.find("REGRESSION").unwrap();
    for words in ["Times and rates", "Costs", "Every run", "What was compared"] {
        assert!(
            page.find(words).is_some_and(|place| place > verdict),
            "{words}"
        );
    }
    let told = cases(&comparison::test_results(&comparisons));
    assert_eq!(told.len(), comparisons[0].metrics.len());
    for (row, (name, outcome)) in comparisons[0].metrics.iter().zip(&told) {
        assert_eq!(*name, format!("comparison {}", row.metric));
        assert!(page.contains(&row.metric.to_string()));
        let expected = match row.verdict {
            Verdict::Regression => Some("failure"),
            Verdict::Inconclusive => Some("skipped"),
            Verdict::Equal | Verdict::Improvement => None,
        };
        assert_eq!(outcome.as_deref(), expected, "{name}");
    }
    assert!(
        told.iter()
            .any(|(_, outcome)| outcome.as_deref() == Some("failure"))
    );
}

#[test]
fn several_comparisons_share_a_page_and_its_names_are_unique() {
    let comparisons = vec![compared("dearer"); 9];
    let page = comparison::page(&comparisons);
    check(&page);
    assert!(page.contains("3 further comparisons are counted, and not shown"));
    assert_eq!(
        cases(&comparison::test_results(&comparisons)).len(),
        9 * comparisons[0].metrics.len()
    );
}
