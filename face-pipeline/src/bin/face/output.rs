//! Standard output that may be closed before we are done, as `face … | head` does.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Writes one line.
pub fn line(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// Whether the reader has had enough, which is no failure.
pub fn is_closed(error: &(dyn std::error::Error + 'static)) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|e| e.kind() == ErrorKind::BrokenPipe)
}
