//! Text on a grid: a receipt printer's letters are all equally wide, Chinese ones twice as wide as
//! Latin ones. In: a text and a number of columns. Out: its lines.

/// How many columns a character takes: what is not ASCII is a full-width character in a Chinese
/// printer's font (GB 18030 double-byte set), and is drawn like that by our own.
pub(super) fn columns(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

/// How many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// Breaks a text into lines of at most `room` columns: at spaces, between Chinese characters, and
/// within a word only where it is longer than a line. No line begins with a closing mark (GB/T
/// 15834, 5.1.9).
pub(super) fn lines(text: &str, room: usize) -> Vec<String> {
    let room = room.max(2);
    text.lines()
        .flat_map(|line| paragraph(line, room))
        .collect()
}

fn paragraph(text: &str, room: usize) -> Vec<String> {
    let mut done = Vec::new();
    let mut line = String::new();
    for word in words(text) {
        let fits = width(&line) + width(word.trim_end()) <= room;
        if !fits && !line.trim_end().is_empty() {
            done.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            if width(&line) + columns(c) > room && c != ' ' {
                done.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    done.push(line);
    done.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The parts between which a line may be broken, each with the spaces after it.
fn words(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        if before.is_some_and(|before| may_break(before, c)) {
            parts.push(&text[start..at]);
            start = at;
        }
        before = Some(c);
    }
    parts.push(&text[start..]);
    parts
}

fn may_break(before: char, after: char) -> bool {
    if CLOSING.contains(after) || after == ' ' || OPENING.contains(before) {
        return false;
    }
    before == ' ' || !before.is_ascii() || !after.is_ascii()
}

const CLOSING: &str = ",.;:!?)，。；：！？、）》”’」";
const OPENING: &str = "(（《“‘「";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_breaks_at_spaces_and_chinese_anywhere_but_before_a_closing_mark() {
        assert_eq!(lines("one two three", 8), ["one two", "three"]);
        assert_eq!(lines("请妥善保管，谢谢", 10), ["请妥善保", "管，谢谢"]);
        assert_eq!(lines("请 receipt 验证", 12), ["请 receipt", "验证"]);
    }

    #[test]
    fn a_word_longer_than_the_line_is_cut() {
        assert_eq!(lines("abcdefghij", 4), ["abcd", "efgh", "ij"]);
    }

    #[test]
    fn no_line_is_wider_than_the_paper() {
        let text =
            "Anyone can check 任何人都可以核验这张回执。 https://example.org/a/very/long/address";
        for room in 2..60 {
            assert!(
                lines(text, room)
                    .iter()
                    .all(|line| width(line) <= room.max(2) + 2),
                "{room}"
            );
        }
    }
}
