//! Turns the tables of words (`words/*.toml`) into a Slint file and compiles the screens with it,
//! so that a word missing in one language, or a screen asking for a word that does not exist,
//! stops the build instead of reaching a resident.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs};

/// The file of each language and its name in `Language`; the first is the one a kiosk starts with.
const LANGUAGES: [(&str, &str); 2] = [("zh", "chinese"), ("en", "english")];

/// Where a number goes in a sentence.
const PLACE: &str = "{}";

/// Words by key, `section-key`.
type Table = BTreeMap<String, String>;

fn main() -> Result<(), Box<dyn Error>> {
    let words = PathBuf::from(env::var("OUT_DIR")?).join("words.slint");
    println!("cargo:rerun-if-changed=words");
    fs::write(&words, words_slint(&read_tables()?)?)?;
    // Slint has cargo watch this file, too. New as it is, it would have the next build begin here once
    // more, with everything above; the tables that it is made of are watched themselves.
    fs::File::options()
        .append(true)
        .open(&words)?
        .set_modified(SystemTime::UNIX_EPOCH)?;
    compile(words)
}

fn compile(words: PathBuf) -> Result<(), Box<dyn Error>> {
    let config = slint_build::CompilerConfiguration::new()
        .with_library_paths([("words".to_owned(), words)].into())
        // Tests look elements up by their type.
        .with_debug_info(env::var("PROFILE")? == "debug");
    slint_build::compile_with_config("screens/app.slint", config)?;
    Ok(())
}

fn read_tables() -> Result<Vec<Table>, Box<dyn Error>> {
    let tables: Vec<Table> = LANGUAGES
        .iter()
        .map(|(file, _)| read_table(&Path::new("words").join(format!("{file}.toml"))))
        .collect::<Result<_, _>>()?;
    for (table, (file, _)) in tables.iter().zip(LANGUAGES) {
        for key in tables.iter().flat_map(|other| other.keys()) {
            if !table.contains_key(key) {
                return Err(format!("words/{file}.toml has no word for `{key}`").into());
            }
        }
    }
    Ok(tables)
}

fn read_table(path: &Path) -> Result<Table, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let sections: BTreeMap<String, Table> =
        toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    let words = sections.into_iter().flat_map(|(section, words)| {
        words
            .into_iter()
            .map(move |(key, word)| (format!("{section}-{key}"), word))
    });
    Ok(words.collect())
}

/// One global per language with its words, and `Words`, which gives those of the language in use.
fn words_slint(tables: &[Table]) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let names: Vec<&str> = LANGUAGES.iter().map(|(_, name)| *name).collect();
    writeln!(out, "export enum Language {{ {} }}", names.join(", "))?;
    for (table, name) in tables.iter().zip(&names) {
        writeln!(out, "export global {} {{", global(name))?;
        for (key, word) in table {
            constant(&mut out, key, word)?;
        }
        writeln!(out, "}}")?;
    }
    writeln!(out, "export global Words {{")?;
    writeln!(out, "    in property <Language> language;")?;
    for (key, word) in &tables[0] {
        selection(&mut out, key, word.contains(PLACE), &names)?;
    }
    writeln!(out, "}}")?;
    Ok(out)
}

fn constant(out: &mut String, key: &str, word: &str) -> std::fmt::Result {
    match word.split_once(PLACE) {
        None => writeln!(out, "    out property <string> {key}: {word:?};"),
        Some((before, after)) => writeln!(
            out,
            "    public pure function {key}(value: string) -> string {{ {before:?} + value + {after:?} }}"
        ),
    }
}

fn selection(out: &mut String, key: &str, has_place: bool, names: &[&str]) -> std::fmt::Result {
    let (last, others) = names.split_last().ok_or(std::fmt::Error)?;
    let call = if has_place { "(value)" } else { "" };
    let mut choice = String::new();
    for name in others {
        write!(
            choice,
            "language == Language.{name} ? {}.{key}{call} : ",
            global(name)
        )?;
    }
    write!(choice, "{}.{key}{call}", global(last))?;
    if has_place {
        writeln!(
            out,
            "    public pure function {key}(value: string) -> string {{ {choice} }}"
        )
    } else {
        writeln!(out, "    out property <string> {key}: {choice};")
    }
}

/// `english` → `English`.
fn global(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}
