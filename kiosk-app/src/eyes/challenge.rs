//! The challenge before the camera: draws the sides, looks at frames, reports. It asks the person of
//! the capture that was decided last, who is known until it is wiped.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use face_pipeline::{Capture, Challenge, ChallengeLimits, ChallengeStep, Side, TRIES};
use hal::camera::Frame;

use super::{Command, Watcher, view};
use crate::errors::chain;
use crate::session::{Answer, Turn};

impl Watcher {
    /// Looks at frames until the challenge is over or another order comes, which is handed back.
    pub(super) fn challenge(
        &mut self,
        turn: Turn,
        time: Duration,
        orders: &Receiver<Command>,
    ) -> Option<Command> {
        let Some(mut capture) = self.captured.take() else {
            self.inbox.answer(turn, Answer::PipelineFailed);
            return None;
        };
        let sides = match drawn() {
            Ok(sides) => sides,
            Err(error) => {
                self.failed(turn, chain(&error));
                return None;
            }
        };
        let limits = ChallengeLimits {
            max_ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
            ..ChallengeLimits::default()
        };
        let mut challenge = Challenge::new(sides, limits);
        self.watch(orders, |eyes, frame, _| {
            eyes.look_for_turn(turn, &mut capture, &mut challenge, frame)
        })
    }

    /// Looks at one frame; true when no further frame is needed.
    fn look_for_turn(
        &mut self,
        turn: Turn,
        capture: &mut Capture,
        challenge: &mut Challenge,
        frame: &Frame,
    ) -> bool {
        let step = match self.step(capture, challenge, frame) {
            Ok(step) => step,
            Err(error) => {
                self.failed(turn, error);
                return true;
            }
        };
        self.show(step.face, frame);
        let ChallengeStep {
            task,
            rejection,
            turned,
            ..
        } = step;
        let goes_on = Answer::ChallengeFrame {
            task,
            rejection,
            turned,
        };
        self.inbox.answer(turn, goes_on);
        let Some(outcome) = step.evidence.and_then(|evidence| evidence.challenge) else {
            return false;
        };
        self.inbox.answer(turn, Answer::Challenged(outcome));
        true
    }

    fn step(
        &mut self,
        capture: &mut Capture,
        challenge: &mut Challenge,
        frame: &Frame,
    ) -> Result<ChallengeStep, String> {
        self.pipeline
            .challenge(capture, challenge, view(frame)?, frame.at())
            .map_err(|error| chain(&error))
    }
}

/// Sides that nobody can know before.
fn drawn() -> Result<[Side; TRIES], getrandom::Error> {
    let mut bits = [0; TRIES];
    getrandom::fill(&mut bits)?;
    Ok(bits.map(|bit: u8| {
        if bit & 1 == 0 {
            Side::Left
        } else {
            Side::Right
        }
    }))
}
