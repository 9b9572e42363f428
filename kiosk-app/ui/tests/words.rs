//! Every word a resident sees stands in one table, in every language.
#![allow(clippy::unwrap_used)] // a test that cannot read its material has failed

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Table = BTreeMap<String, BTreeMap<String, String>>;

fn table(language: &str) -> Table {
    let path = root().join("words").join(format!("{language}.toml"));
    toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn keys(table: &Table) -> BTreeSet<String> {
    let key = |section: &String, key: &String| format!("{section}-{key}");
    table
        .iter()
        .flat_map(|(s, words)| words.keys().map(move |k| key(s, k)))
        .collect()
}

fn screens() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in [root().join("screens"), root().join("screens/components")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "slint") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 15);
    found
}

#[test]
fn every_key_has_a_word_in_every_language() {
    let (zh, en) = (table("zh"), table("en"));
    assert_eq!(keys(&zh), keys(&en));
    for (section, words) in &zh {
        for (key, word) in words {
            let other = &en[section][key];
            assert!(
                !word.trim().is_empty() && !other.trim().is_empty(),
                "{section}.{key}"
            );
            let places = (word.matches("{}").count(), other.matches("{}").count());
            assert!(
                places == (0, 0) || places == (1, 1),
                "{section}.{key}: {places:?}"
            );
        }
    }
}

#[test]
fn chinese_is_chinese_and_english_is_english() {
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for (language, expected) in [("zh", true), ("en", false)] {
        for (section, words) in table(language) {
            for (key, word) in words {
                assert_eq!(
                    word.chars().any(is_han),
                    expected,
                    "{language} {section}.{key}"
                );
            }
        }
    }
}

#[test]
fn no_word_of_the_table_is_unused() {
    let all: String = screens().into_iter().map(|(_, text)| text).collect();
    for key in keys(&table("en")) {
        let used = ["Words", "Chinese", "English"].iter().any(|global| {
            let name = format!("{global}.{key}");
            all.match_indices(&name).any(|(at, _)| {
                let next = all[at + name.len()..].chars().next().unwrap_or(' ');
                !next.is_alphanumeric() && next != '-'
            })
        });
        assert!(used, "no screen says `{key}`");
    }
}

#[test]
fn no_word_stands_outside_the_table() {
    for (path, text) in screens() {
        for line in text
            .lines()
            .map(|line| line.split("//").next().unwrap_or_default())
        {
            if line.trim_start().starts_with("import") || is_drawing(&path, line) {
                continue;
            }
            for literal in line.split('"').skip(1).step_by(2) {
                let says = literal.chars().any(char::is_alphanumeric);
                let wordless = !says || literal == "Noto Sans CJK SC";
                assert!(wordless, "{}: “{literal}”", path.display());
            }
        }
    }
}

/// The line drawings are strings of coordinates.
fn is_drawing(path: &Path, line: &str) -> bool {
    path.ends_with("signs.slint")
        && line
            .split('"')
            .nth(1)
            .is_some_and(|drawing| drawing.chars().all(|c| "MLHVACZ -.0123456789".contains(c)))
}
