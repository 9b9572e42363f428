//! Another face stack, timed on the same frames in turn with ours, so that whatever else the
//! machine does meets both alike. A peer is a child program: it gets the images as arguments, says
//! what it is in one line of JSON, and for each line with a frame's number that it reads, verifies
//! that frame and answers with one line of JSON: `cpu_ms`, `wall_ms`, `similarity`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::Failure;
use super::timing::{Spent, Times};
use crate::options::Workload;

pub struct Peer {
    pub times: Times,
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    pub fn start(name: &str, workload: &Workload, threads: usize) -> Result<Self, Failure> {
        let mut child = Command::new(&workload.python)
            .arg(&workload.peer_program)
            .args([name, "--threads", &threads.to_string()])
            .arg("--reference")
            .arg(&workload.reference)
            .args(&workload.frames)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("cannot start {}: {e}", workload.python.display()))?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("a peer without input and output".into());
        };
        let mut peer = Self {
            times: Times::new(name),
            child,
            questions,
            answers: BufReader::new(answers),
        };
        let said = peer.answer()?;
        if let Some(stack) = said["stack"].as_str() {
            peer.times.name = stack.to_owned();
        }
        Ok(peer)
    }

    /// Has the peer verify one frame.
    pub fn verify(&mut self, frame: usize) -> Result<(), Failure> {
        writeln!(self.questions, "{frame}")?;
        self.questions.flush()?;
        let answer = self.answer()?;
        let number = |key: &str| answer[key].as_f64().ok_or("a peer answered without times");
        self.times.add(Spent {
            cpu_ms: number("cpu_ms")?,
            wall_ms: number("wall_ms")?,
        });
        Ok(())
    }

    fn answer(&mut self) -> Result<Value, Failure> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(
                "a peer ended; see what it said above, and face-pipeline/benches/peers/README.md"
                    .into(),
            );
        }
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended by itself
        let _ = self.child.wait();
    }
}
