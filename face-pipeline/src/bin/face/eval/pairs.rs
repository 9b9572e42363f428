//! Lists of pairs to compare: a table with the columns `a,b,mated`, or LFW's own `pairs.txt`.
//!
//! In: the text, and the names of the images below the root. Out: the pairs, all of them checked; no
//! network has to run to find a mistake in a list.

use std::collections::BTreeSet;
use std::path::Path;

use super::Failure;

/// Two images, by their paths below the root, the first as reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub a: String,
    pub b: String,
    pub mated: bool,
}

/// Reads a list; `known` are the images that there are.
pub fn read(list: &Path, known: &BTreeSet<String>) -> Result<Vec<Pair>, Failure> {
    let text = std::fs::read_to_string(list)
        .map_err(|e| format!("cannot read the pairs {}: {e}", list.display()))?;
    parse(&text, known).map_err(|what| format!("{}: {what}", list.display()).into())
}

fn parse(text: &str, known: &BTreeSet<String>) -> Result<Vec<Pair>, String> {
    let text = text.trim_start_matches('\u{feff}'); // as spreadsheets begin a file
    let rows = text.lines().enumerate();
    let mut rows = rows.map(|(n, row)| (n + 1, row.trim())).peekable();
    while rows.next_if(|(_, row)| row.is_empty()).is_some() {}
    let Some((_, first)) = rows.peek() else {
        return Err("the list is empty".into());
    };
    let read: fn(&str, &BTreeSet<String>) -> Result<Pair, String> = if first.contains(',') {
        comma_separated
    } else {
        of_lfw
    };
    if is_header(first) {
        rows.next();
    }
    let rows = rows.filter(|(_, row)| !row.is_empty());
    let read = |row| read(row, known).and_then(of_two_images);
    let pairs = rows.map(|(n, row)| read(row).map_err(|what| format!("line {n}: {what}")));
    let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
    if pairs.is_empty() {
        return Err("no pair is in the list".into());
    }
    Ok(pairs)
}

/// An image is as similar to itself as can be, which says nothing of two.
fn of_two_images(pair: Pair) -> Result<Pair, String> {
    if pair.a == pair.b {
        return Err(format!("`{}` is paired with itself", pair.a));
    }
    Ok(pair)
}

/// The names of the columns, or the numbers of folds and pairs.
fn is_header(row: &str) -> bool {
    let named = columns(row)
        .iter()
        .map(|c| c.to_ascii_lowercase())
        .eq(["a", "b", "mated"]);
    let numbers = |row: &str| {
        row.split_whitespace()
            .all(|word| word.parse::<u32>().is_ok())
    };
    named || numbers(row)
}

fn columns(row: &str) -> Vec<&str> {
    let columns = row.split(',');
    columns
        .map(|column| column.trim().trim_matches('"'))
        .collect()
}

fn comma_separated(row: &str, known: &BTreeSet<String>) -> Result<Pair, String> {
    let columns = columns(row);
    let [a, b, mated] = columns[..] else {
        return Err(format!("not `a,b,mated`: {row}"));
    };
    let mated = match mated.to_ascii_lowercase().as_str() {
        "1" | "true" => true,
        "0" | "false" => false,
        _ => return Err(format!("mated is 0, 1, true or false, not `{mated}`")),
    };
    let image = |name: &str| {
        let name = name.strip_prefix("./").unwrap_or(name);
        let there = known.contains(name).then(|| name.to_owned());
        there.ok_or_else(|| format!("no image `{name}` (jpg, png, webp) below the root"))
    };
    Ok(Pair {
        a: image(a)?,
        b: image(b)?,
        mated,
    })
}

/// `NAME i j`, or `NAME1 i NAME2 j`.
fn of_lfw(row: &str, known: &BTreeSet<String>) -> Result<Pair, String> {
    let image = |name: &str, number: &str| {
        let unclear = |_| format!("not the number of an image: `{number}`");
        let number: u32 = number.parse().map_err(unclear)?;
        let stem = format!("{name}/{name}_{number:04}");
        let beside = known.range(format!("{stem}.")..).next();
        let there = beside.filter(|found| found.starts_with(&format!("{stem}.")));
        there
            .cloned()
            .ok_or_else(|| format!("no image `{stem}` (jpg, png, webp) below the root"))
    };
    let words: Vec<&str> = row.split_whitespace().collect();
    let (a, b, mated) = match words[..] {
        [name, i, j] => (image(name, i)?, image(name, j)?, true),
        [first, i, second, j] => (image(first, i)?, image(second, j)?, false),
        _ => {
            return Err(format!(
                "neither `a,b,mated` nor `NAME i j` nor `NAME1 i NAME2 j`: {row}"
            ));
        }
    };
    Ok(Pair { a, b, mated })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> BTreeSet<String> {
        let names = [
            "Al/Al_0001.jpg",
            "Al/Al_0002.png",
            "Bo/Bo_0001.jpg",
            "x.jpg",
        ];
        names.map(String::from).into()
    }

    fn pair(a: &str, b: &str, mated: bool) -> Pair {
        Pair {
            a: a.into(),
            b: b.into(),
            mated,
        }
    }

    #[test]
    fn a_table_with_and_without_header_says_the_same() {
        let rows = "Al/Al_0001.jpg,Al/Al_0002.png,1\nAl/Al_0001.jpg, x.jpg , False\r\n";
        let expected = [
            pair("Al/Al_0001.jpg", "Al/Al_0002.png", true),
            pair("Al/Al_0001.jpg", "x.jpg", false),
        ];
        assert_eq!(parse(rows, &known()).expect("pairs"), expected);
        let headed = format!("\u{feff}A, b,mated\n{rows}");
        assert_eq!(parse(&headed, &known()).expect("pairs"), expected);
    }

    #[test]
    fn lfw_s_own_list_is_read() {
        let text = "10\t300\nAl\t1\t2\nAl\t2\tBo\t1\n";
        let expected = [
            pair("Al/Al_0001.jpg", "Al/Al_0002.png", true),
            pair("Al/Al_0002.png", "Bo/Bo_0001.jpg", false),
        ];
        assert_eq!(parse(text, &known()).expect("pairs"), expected);
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        for (text, line, thing) in [
            ("a,b,mated\nx.jpg,Bo/Bo_0001.jpg,yes", "line 2", "`yes`"),
            (
                "x.jpg,Bo/Bo_0001.jpg,1\nx.jpg,gone.jpg,0",
                "line 2",
                "`gone.jpg`",
            ),
            (
                "a,b,mated\nx.jpg,./x.jpg,1",
                "line 2",
                "`x.jpg` is paired with itself",
            ),
            ("Al 1 2\nAl 2 2", "line 2", "paired with itself"),
            ("x.jpg,x.jpg", "line 1", "not `a,b,mated`"),
            ("Al 1 2\nAl 1 9", "line 2", "`Al/Al_0009`"),
            ("Al one 2", "line 1", "`one`"),
            ("just words in a file of text", "line 1", "neither"),
        ] {
            let what = parse(text, &known()).expect_err(text);
            assert!(what.contains(line) && what.contains(thing), "{what}");
        }
        for nothing in ["", "\n", "a,b,mated\n"] {
            assert!(parse(nothing, &known()).is_err());
        }
    }
}
