//! One line for a whole chain of causes.

use std::error::Error;

/// The error and its causes, outermost first, separated by ": ".
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}
