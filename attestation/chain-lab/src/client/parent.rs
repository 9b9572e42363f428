//! The lab's side of a client: starts it, kills it, starts it again, hears which receipts it gave.

use std::error::Error;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use attestation::chain::Contracts;

use crate::network::to_word;

const POLL: Duration = Duration::from_millis(50);

/// What a client is told.
#[derive(Clone)]
pub struct Spec {
    /// Its log.
    pub log: PathBuf,
    /// The kiosk's credential.
    pub credential: PathBuf,
    /// Where the contracts are.
    pub contracts: Contracts,
    /// Through which endpoints.
    pub endpoints: Vec<String>,
    /// Attestations to commit in all.
    pub total: u64,
    /// Attestations in an anchor.
    pub batch: u64,
    /// In which block an anchor counts.
    pub confirmations: u64,
    /// Between two attestations.
    pub every: Duration,
    /// How long it stays when all is done, by its own clock.
    pub linger: Duration,
}

/// A client in a process of its own; it is killed when this is dropped.
pub struct Client {
    spec: Spec,
    child: Child,
    input: Option<ChildStdin>,
    receipts: Arc<AtomicU64>,
}

impl Client {
    /// Starts one.
    pub fn start(spec: Spec) -> Result<Self, Box<dyn Error>> {
        let receipts = Arc::new(AtomicU64::new(0));
        let (child, input) = spawn(&spec, &receipts)?;
        Ok(Self {
            spec,
            child,
            input,
            receipts,
        })
    }

    /// SIGKILL, wherever it is; then, after a while, it is started anew.
    pub fn kill_and_restart(&mut self, pause: Duration) -> Result<(), Box<dyn Error>> {
        self.kill();
        std::thread::sleep(pause);
        (self.child, self.input) = spawn(&self.spec, &self.receipts)?;
        Ok(())
    }

    /// The newest attestation that somebody has a receipt for.
    pub fn receipts(&self) -> u64 {
        self.receipts.load(Ordering::Relaxed)
    }

    /// Where its log is.
    pub const fn log(&self) -> &PathBuf {
        &self.spec.log
    }

    /// Tells it to finish; false if it does not in the time, and is killed.
    pub fn finish(&mut self, time: Duration) -> Result<bool, Box<dyn Error>> {
        self.input = None;
        let begun = Instant::now();
        while begun.elapsed() < time {
            if let Some(status) = self.child.try_wait()? {
                return if status.success() {
                    Ok(true)
                } else {
                    Err(self.last_words().into())
                };
            }
            std::thread::sleep(POLL);
        }
        self.kill();
        Ok(false)
    }

    fn kill(&mut self) {
        // It may have ended by itself: then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn last_words(&mut self) -> String {
        let mut words = String::from("the client ended by itself: ");
        if let Some(mut errors) = self.child.stderr.take() {
            // What can be read is shown.
            let _ = errors.read_to_string(&mut words);
        }
        words
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(
    spec: &Spec,
    receipts: &Arc<AtomicU64>,
) -> Result<(Child, Option<ChildStdin>), Box<dyn Error>> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("client")
        .arg("--log")
        .arg(&spec.log)
        .arg("--credential")
        .arg(&spec.credential)
        .args(["--contracts", &to_word(&spec.contracts)])
        .args(spec.endpoints.iter().flat_map(|url| ["--endpoint", url]))
        .args([
            "--total",
            &spec.total.to_string(),
            "--batch",
            &spec.batch.to_string(),
        ])
        .args(["--confirmations", &spec.confirmations.to_string()])
        .args(["--every-ms", &spec.every.as_millis().to_string()])
        .args(["--linger-s", &spec.linger.as_secs().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let receipts = Arc::clone(receipts);
    std::thread::spawn(move || {
        for line in output
            .into_iter()
            .flat_map(|out| BufReader::new(out).lines())
            .map_while(Result::ok)
        {
            let receipt = line
                .strip_prefix("receipt ")
                .and_then(|number| number.parse().ok());
            receipts.fetch_max(receipt.unwrap_or(0), Ordering::Relaxed);
        }
    });
    Ok((child, input))
}
