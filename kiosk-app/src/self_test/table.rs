//! The report for a terminal: one line a check, what to do below it, the verdict at the end, where
//! the eye is when the program stops.

use super::report::Verdict;
use super::{Check, Finding, Report};

/// Columns of the verdict and of the name.
const WORD: usize = 9;
const NAME: usize = 16;
/// Columns before the text.
const INDENT: usize = 2 + WORD + 2 + NAME + 2;
/// Lines longer than this are tiring to read, however wide the terminal is.
const WIDEST: usize = 110;
/// Narrower than this, words would stand alone.
const NARROWEST: usize = INDENT + 30;

/// How to write.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether it shows colours.
    pub colour: bool,
}

/// The report as text.
pub fn render(report: &Report, style: Style) -> String {
    let unknown = "(unknown)";
    let mut text = format!(
        "\nSelf-test of kiosk {} at {}\n{}, software {}\n\n",
        report.kiosk.as_deref().unwrap_or(unknown),
        report.site.as_deref().unwrap_or(unknown),
        report.time().words(),
        report.software(),
    );
    for check in report.checks() {
        text.push_str(&row(check, style));
    }
    let verdict = report.verdict();
    let colour = match verdict {
        Verdict::Ready => GREEN,
        Verdict::NotReady => RED,
    };
    let words = style.paint(verdict.words(), colour);
    text.push_str(&format!("\n  {words}   {}\n", report.summary()));
    text
}

const GREEN: &str = "1;32";
const YELLOW: &str = "1;33";
const RED: &str = "1;31";
const FAINT: &str = "2";

fn row(check: &Check, style: Style) -> String {
    let finding = &check.finding;
    let colour = match finding {
        Finding::Passed { .. } => GREEN,
        Finding::Look { .. } | Finding::Warning { .. } => YELLOW,
        Finding::Failed { .. } => RED,
        Finding::NotThere { .. } => FAINT,
    };
    let word = style.paint(&format!("{:<WORD$}", finding.word()), colour);
    let width = style.width.clamp(NARROWEST, WIDEST) - INDENT;
    let mut seen = wrap(finding.seen(), width).into_iter();
    let mut row = format!(
        "  {word}  {:<NAME$}  {}\n",
        check.name,
        seen.next().unwrap_or_default()
    );
    for line in seen {
        row.push_str(&format!("{:INDENT$}{line}\n", ""));
    }
    let to_do = finding.to_do().map(|to_do| wrap(to_do, width - 3));
    for (at, line) in to_do.into_iter().flatten().enumerate() {
        let arrow = if at == 0 { "→" } else { " " };
        row.push_str(&format!("{:INDENT$}{arrow}  {line}\n", ""));
    }
    row
}

/// Breaks a text at its spaces; a word longer than a line stays whole, so that it can be copied.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

impl Style {
    fn paint(self, text: &str, colour: &str) -> String {
        if self.colour {
            format!("\u{1b}[{colour}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_long_words_stay_whole() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("a /very/long/path b", 5),
            ["a", "/very/long/path", "b"]
        );
    }
}
