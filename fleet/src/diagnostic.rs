//! Telling users what is wrong with what they wrote: where, what, and what to do.

use std::{ops::Range, sync::Arc};

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

/// One finding in a text of the user's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// Name of the file as the user knows it.
    pub file: String,
    /// The whole text; findings in one text share it.
    pub text: Arc<str>,
    /// Which bytes of the text it is about.
    pub span: Range<usize>,
    /// What is wrong, in a lower-case fragment.
    pub message: String,
    /// What to say at the very place, if more than the message says.
    pub label: String,
    /// What to do.
    pub help: String,
    /// Whether it keeps the run from starting.
    pub fatal: bool,
}

impl Diagnostic {
    /// The finding with the lines it is about, coloured if `color`.
    pub fn render(&self, color: bool) -> String {
        let level = if self.fatal {
            Level::ERROR
        } else {
            Level::WARNING
        };
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let mut group = Group::with_title(level.primary_title(&self.message));
        if !self.text.is_empty() {
            group = group.element(self.snippet());
        }
        if !self.help.is_empty() {
            group = group.element(Level::HELP.message(&self.help));
        }
        renderer.render(&[group])
    }

    /// The lines it is about.
    fn snippet(&self) -> Snippet<'_, Annotation<'_>> {
        let end = self.text.len();
        let start = self.span.start.min(end);
        let span = start..self.span.end.clamp(start, end);
        let annotation = AnnotationKind::Primary.span(span).label(&self.label);
        Snippet::source(&*self.text)
            .path(&self.file)
            .annotation(annotation)
    }
}

/// The byte range of `length` characters from `column` (from 1) of line `line` (from 1) of `text`.
pub fn span_of(text: &str, line: usize, column: usize, length: usize) -> Range<usize> {
    let mut start = 0;
    for (number, content) in text.split_inclusive('\n').enumerate() {
        if number + 1 == line {
            let content = content.trim_end_matches(['\n', '\r']);
            let offset = |characters: usize| {
                content
                    .char_indices()
                    .nth(characters)
                    .map_or(content.len(), |(at, _)| at)
            };
            let from = offset(column.saturating_sub(1));
            let to = offset(column.saturating_sub(1) + length);
            return start + from..start + to.max(from);
        }
        start += content.len();
    }
    text.len()..text.len()
}

/// The candidate most like `name`, if any is like it at all.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_shows_file_line_column_and_remedy() {
        let text = "name = \"x\"\nwarm-up = \"2m\"\n";
        let finding = Diagnostic {
            file: "a.toml".into(),
            text: text.into(),
            span: span_of(text, 2, 11, 4),
            message: "warm-up of 2m does not fit in a run of 1m".into(),
            label: "longer than `duration`".into(),
            help: "shorten `warm-up` or lengthen `duration`".into(),
            fatal: true,
        };
        let shown = finding.render(false);
        for part in [
            "error: warm-up of 2m",
            "a.toml:2:11",
            "^^^^ longer than",
            "help: shorten",
        ] {
            assert!(shown.contains(part), "{part} is missing in:\n{shown}");
        }
    }

    #[test]
    fn misspelt_names_find_their_like() {
        let known = ["duration", "warm-up", "traffic"];
        assert_eq!(closest("durration", known), Some("duration"));
        assert_eq!(closest("zzz", known), None);
    }
}
