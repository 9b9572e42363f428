//! A resident takes the receipt home on paper; and another finds that the paper has run out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use std::path::PathBuf;
use std::process::Stdio;

use stories::Running;
use tempfile::TempDir;

/// `hal-sim printer` as an integrator starts it.
struct Printer {
    folder: TempDir,
    process: Running,
}

impl Printer {
    fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Running::start(
            stories::program("hal-sim")
                .arg("printer")
                .arg("--link")
                .arg(folder.path().join("printer"))
                .arg("--slips")
                .arg(folder.path())
                .args(arguments)
                .stdin(Stdio::piped()),
        );
        assert!(process.line().ends_with("printer"));
        Self { folder, process }
    }

    fn port(&self) -> String {
        self.folder
            .path()
            .join("printer")
            .to_string_lossy()
            .into_owned()
    }

    /// The next slip that is cut off.
    fn slip(&mut self) -> PathBuf {
        let said = self.process.line();
        let slip = said.strip_prefix("slip ");
        slip.unwrap_or_else(|| panic!("no slip but {said:?}"))
            .into()
    }
}

#[test]
fn a_resident_prints_the_receipt_and_a_stranger_checks_the_paper() {
    for language in ["zh", "en"] {
        let mut printer = Printer::start(&[]);
        let run = stories::play_with(
            "cannot",
            &["--printer", &printer.port(), "--language", language],
        );
        run.ends("referred", "resident_cannot");
        run.showed(&["receipt-referred", "receipt-printing", "receipt-printed"]);
        assert!(run.events().contains(&"printer.slip".to_owned()));
        run.names_nobody();
        let slip = printer.slip();
        if let Ok(keep) = std::env::var("KEEP_SLIPS") {
            std::fs::copy(&slip, format!("{keep}/story-{language}.png")).unwrap();
        }
        let from_paper = run.verify(&slip);
        let said = String::from_utf8_lossy(&from_paper.stderr);
        assert!(from_paper.status.success(), "{said}");
        let from_text = run.verify(&run.folder().join("receipt.txt"));
        assert_eq!(
            from_paper.stdout, from_text.stdout,
            "paper and screen say the same"
        );
    }
}

#[test]
fn paper_that_runs_out_in_the_middle_holds_nobody_up() {
    let printer = Printer::start(&["--fault", "paper-out", "--at-byte", "300"]);
    let run = stories::play_with("cannot", &["--printer", &printer.port()]);
    run.ends("referred", "resident_cannot");
    run.showed(&["receipt-printing", "receipt-print-failed", "attract"]);
    assert!(
        run.has_receipt(),
        "the receipt on the screen does not need paper"
    );
    run.receipt_holds();
}
