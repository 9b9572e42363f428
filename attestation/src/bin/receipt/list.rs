//! What `receipt trust` and `receipt status` have in common: both show a list that an operator signed.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

/// Which list is shown, and how.
#[derive(Args)]
pub(crate) struct Show {
    /// The operator's public key (operator.pub: PEM, or 32 bytes in base64).
    #[arg(long, value_name = "FILE")]
    pub(crate) operator: PathBuf,
    /// The list.
    pub(crate) list: PathBuf,
    /// Print JSON for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

impl Show {
    /// Prints the list for programs or for people.
    pub(crate) fn print(&self, value: &Value, text: &str) {
        if self.json {
            println!("{value:#}");
        } else {
            print!("{text}");
        }
    }
}
