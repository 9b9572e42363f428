//! How far long work is, on standard error, for a person who watches; nothing where nobody does.

use indicatif::{ProgressBar, ProgressStyle};

pub fn bar(total: usize, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{msg} [{bar:40}] {pos} of {len}, {elapsed} gone, {eta} to go",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total as u64)
        .with_style(style)
        .with_message(what)
}
