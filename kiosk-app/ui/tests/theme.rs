//! Text can be read: the contrast of every pair of colours that is used for writing, by the
//! formula of WCAG 2.2.
#![allow(clippy::unwrap_used)] // a test that cannot read its material has failed

use std::collections::BTreeMap;

/// What is written on what, and the least contrast: 7 for text, 4.5 for large or secondary text.
const PAIRS: [(&str, &str, f64); 25] = [
    ("ink", "paper", 7.0),
    ("ink", "surface", 7.0),
    ("ink", "calm", 7.0),
    ("ink", "good-soft", 7.0),
    ("ink", "pressed", 7.0),
    ("ink-soft", "paper", 7.0),
    ("ink-soft", "surface", 7.0),
    ("on-primary", "primary", 7.0),
    ("on-primary", "primary-pressed", 7.0),
    ("primary", "paper", 7.0),
    ("primary", "surface", 7.0),
    ("on-calm", "calm", 7.0),
    ("on-calm", "paper", 7.0),
    ("on-calm", "pressed", 7.0),
    ("on-outcome", "good", 7.0),
    ("on-outcome", "alert", 7.0),
    ("on-outcome", "notice", 7.0),
    ("good", "good-soft", 4.5),
    ("good", "paper", 7.0),
    ("alert", "surface", 7.0),
    ("alert", "paper", 7.0),
    ("notice", "paper", 7.0),
    ("notice", "notice-soft", 7.0),
    ("ink", "notice-soft", 7.0),
    ("ink-soft", "good-soft", 7.0),
];

#[test]
fn every_pair_of_colours_has_enough_contrast() {
    let colours = colours();
    for (text, ground, least) in PAIRS {
        let contrast = contrast(colours[text], colours[ground]);
        assert!(
            contrast >= least,
            "{text} on {ground}: {contrast:.2} < {least}"
        );
    }
}

fn colours() -> BTreeMap<&'static str, [u8; 3]> {
    include_str!("../screens/theme.slint")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("out property <color> "))
        .map(|line| {
            let (name, value) = line.split_once(": #").unwrap();
            let byte = |at: usize| u8::from_str_radix(&value[at..at + 2], 16).unwrap();
            (name, [byte(0), byte(2), byte(4)])
        })
        .collect()
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: [u8; 3]) -> f64 {
    let [r, g, b] = colour.map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}
