//! The power fails: in the middle of a commit, and at any other moment. Afterwards the log is
//! whole, and every receipt that was shown before is in it.
//!
//! The kiosk is a real child process (this test program again, running `kiosk_in_a_child`), killed
//! by SIGKILL from inside its commit or by the parent from outside.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]
#![allow(
    clippy::print_stdout,
    reason = "the child shows receipts by printing them"
)]

mod common;

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use attestation::{DeviceKey, Log, OperatorKey, Receipt, verify};
use common::{claims, credential};

/// The child's folder; without it the child's test is an empty one.
const FOLDER: &str = "POWER_LOSS_FOLDER";
/// The child cuts its own power at this commit.
const CUT_AT: &str = "POWER_LOSS_CUT_AT";
/// A line of the child's that is a receipt, not the test harness.
const MARK: &str = "receipt ";

struct Household {
    folder: tempfile::TempDir,
    operator: OperatorKey,
}

impl Household {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operator = OperatorKey::generate().unwrap();
        operator.save(&folder.path().join("operator.key")).unwrap();
        drop(Log::create(&log_path(folder.path())).unwrap());
        Self { folder, operator }
    }

    /// Starts the kiosk; it commits and prints receipts until its power is cut.
    fn kiosk(&self, cut_at: Option<u64>) -> (Child, Lines<BufReader<ChildStdout>>) {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                "kiosk_in_a_child",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(FOLDER, self.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(number) = cut_at {
            command.env(CUT_AT, number.to_string());
        }
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        (child, output.lines())
    }

    /// After the power is back: the log is whole, and all these receipts are in it.
    fn check(&self, shown: &[String]) -> u64 {
        let log = Log::open(&log_path(self.folder.path())).unwrap();
        let report = log.audit(&device().public()).unwrap();
        assert_eq!(report.waiting, report.entries, "each head is in the outbox");
        for text in shown {
            let receipt = Receipt::decode(text).unwrap();
            let verified = verify(&receipt, &self.operator.public(), None).unwrap();
            let place = verified.log().part.end - 1;
            let stored = log.attestation(place).unwrap().unwrap();
            assert_eq!(stored.receipt().encode(), *text);
        }
        report.entries
    }
}

fn device() -> DeviceKey {
    DeviceKey::from_seed(&[42; 32])
}

fn log_path(folder: &Path) -> std::path::PathBuf {
    folder.join("log.sqlite")
}

/// A whole line only: what the power cut in half was not shown.
fn receipt_in(line: &str) -> Option<String> {
    let (_, text) = line.split_once(MARK)?;
    text.strip_suffix('.').map(str::to_owned)
}

/// Not a test of its own: the kiosk that the others start and kill.
#[test]
fn kiosk_in_a_child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let folder = Path::new(&folder);
    let cut_at: Option<u64> = std::env::var(CUT_AT).ok().map(|n| n.parse().unwrap());
    let operator = OperatorKey::load(&folder.join("operator.key")).unwrap();
    let device = device();
    let credential = credential(&operator, &device);
    let mut log = Log::open(&log_path(folder)).unwrap();
    for number in log.size().unwrap().. {
        if cut_at == Some(number) {
            log.kill_at_next_commit().unwrap();
        }
        let committed = log.commit(&claims(number), &device, &credential).unwrap();
        println!("{MARK}{}.", committed.receipt().encode());
    }
}

#[test]
fn power_lost_inside_a_commit_leaves_no_half_attestation() {
    let household = Household::new();
    for (start, cut_at) in [(0, 0), (0, 5), (5, 12)] {
        let (mut kiosk, lines) = household.kiosk(Some(cut_at));
        let shown: Vec<_> = lines.map_while(Result::ok).collect();
        let shown: Vec<_> = shown.iter().filter_map(|line| receipt_in(line)).collect();
        assert!(!kiosk.wait().unwrap().success(), "it was killed");
        assert_eq!(shown.len() as u64, cut_at - start);
        assert_eq!(
            household.check(&shown),
            cut_at,
            "the one being committed is not there"
        );
    }
}

/// Twenty times, at whatever moment the kill arrives after some receipt was shown.
#[test]
fn power_lost_at_any_moment_loses_no_receipt_that_was_shown() {
    let household = Household::new();
    let mut shown = Vec::new();
    for round in 0..20 {
        let (mut kiosk, mut lines) = household.kiosk(None);
        let before = shown.len();
        while shown.len() < before + 1 + round % 4 {
            let line = lines.next().unwrap().unwrap();
            shown.extend(receipt_in(&line));
        }
        kiosk.kill().unwrap();
        shown.extend(
            lines
                .map_while(Result::ok)
                .filter_map(|line| receipt_in(&line)),
        );
        assert!(!kiosk.wait().unwrap().success());
        let entries = household.check(&shown);
        let unseen = entries - shown.len() as u64;
        assert!(
            unseen <= round as u64 + 1,
            "at most one a round was committed but not shown"
        );
    }
}
