//! Saying which targets do not answer, where they are written, and what to do: the remedy once.

use std::{ops::Range, sync::Arc};

use crate::{
    courier::{Origin, Unreachable},
    diagnostic::Diagnostic,
    scenario::Scenario,
};

/// What to say of `targets`, which `scenario` sends to.
pub(super) fn findings(scenario: &Scenario, targets: &[Unreachable]) -> Vec<Diagnostic> {
    let text: Arc<str> = scenario.text.as_str().into();
    let finding = |(position, target): (usize, &Unreachable)| {
        let span = place(scenario, &target.origin);
        let further = &targets[position + 1..];
        let again = further.iter().any(|other| other.remedy == target.remedy);
        let help = format!(
            "{}, or name another with --smtp, --https or [hosts]; nothing has been sent",
            target.remedy
        );
        Diagnostic {
            file: scenario.file.clone(),
            // Without a place there is nothing to show.
            text: if span.is_empty() {
                Arc::default()
            } else {
                Arc::clone(&text)
            },
            span,
            message: format!("a target cannot be reached: {target}"),
            label: String::new(),
            help: if again { String::new() } else { help },
            fatal: true,
        }
    };
    targets.iter().enumerate().map(finding).collect()
}

/// Where the target of `origin` is written.
fn place(scenario: &Scenario, origin: &Origin) -> Range<usize> {
    let places = &scenario.targets.places;
    match origin {
        Origin::Smtp => places.smtp.clone(),
        Origin::Https => places.https.clone(),
        Origin::Host(name) => places.hosts.get(name).cloned().unwrap_or_default(),
        Origin::EmbeddedSmtp | Origin::EmbeddedHttps | Origin::Proxy(_) => 0..0,
    }
}
