//! A frame on its way to the answer of a challenge: detect, assess, ask who it is while the person
//! looks ahead, follow the points of the face while it turns.

use std::time::Duration;

use crate::capture::{Capture, Evidence};
use crate::challenge::{Challenge, Look, Task};
use crate::detect::Face;
use crate::error::Error;
use crate::image::ImageView;
use crate::motion::Follower;
use crate::pipeline::{FIRST, Pipeline};
use crate::quality::Rejection;

/// What one frame of a challenge brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChallengeStep {
    /// What the person is to do now.
    pub task: Task,
    /// Why the frame does not count; none if it does.
    pub rejection: Option<Rejection>,
    /// The person's face, pixels of the frame.
    pub face: Option<Face>,
    /// How far the head has turned; 1 is far enough, below 0 is the other side.
    pub turned: f32,
    /// The evidence with the challenge's outcome, from the frame that ended it on.
    pub evidence: Option<Evidence>,
}

impl Pipeline {
    /// Looks at one frame of a challenge to the person of a capture that has been decided.
    pub fn challenge(
        &mut self,
        capture: &mut Capture,
        challenge: &mut Challenge,
        frame: ImageView<'_>,
        at: Duration,
    ) -> Result<ChallengeStep, Error> {
        let face = match challenge.outcome() {
            Some(_) => None,
            None => self.look_for_answer(capture, challenge, frame, at)?,
        };
        if let Some(outcome) = challenge.outcome() {
            capture.challenged(outcome);
        }
        Ok(ChallengeStep {
            task: challenge.task(),
            rejection: challenge.rejection(),
            face,
            turned: challenge.turned(),
            evidence: challenge.outcome().and(capture.evidence()),
        })
    }

    fn look_for_answer(
        &mut self,
        capture: &Capture,
        challenge: &mut Challenge,
        frame: ImageView<'_>,
        at: Duration,
    ) -> Result<Option<Face>, Error> {
        self.picture.load_turned(&frame, self.settings.rotation)?;
        self.networks
            .detector
            .detect(&self.picture, &mut self.faces)?;
        let Some(face) = self.choose(challenge.tracked().or(capture.tracked())) else {
            challenge.see_nobody(at);
            return Ok(None);
        };
        let finding = self.finding(&face)?;
        let look = Look {
            face,
            yaw_degrees: finding.quality.yaw_degrees,
            rejection: finding.rejection,
            at,
        };
        let known = challenge.asks_who(&look) && self.shows(capture, &face)?;
        // Only the surface of whom the capture was of is followed: nobody else can turn in between.
        if known && challenge.wants_surface() {
            self.begin_trace(&mut challenge.follower, &face)?;
        } else if challenge.follows() && !challenge.wants_surface() {
            self.trace(&mut challenge.follower, &face)?;
        }
        let max_gap = Duration::from_millis(self.settings.window.max_gap_ms);
        challenge.see(&look, known, max_gap);
        Ok(Some(face))
    }

    /// Whether a face of the picture is that of the person of the capture.
    fn shows(&mut self, capture: &Capture, face: &Face) -> Result<bool, Error> {
        self.template.clear();
        Ok(self.extend_template(FIRST, face)?
            && capture.is_of(&self.template, self.networks.comparison.same_capture))
    }

    /// Follows the points of a face from where it was first seen; its surface is found in the first
    /// picture, and again where the face was lost.
    pub(crate) fn trace(&mut self, follower: &mut Follower, face: &Face) -> Result<(), Error> {
        if follower.wants_surface() {
            return self.begin_trace(follower, face);
        }
        let factor = self.read_small();
        follower.follow(&self.grey, &face.scaled(factor));
        Ok(())
    }

    fn begin_trace(&mut self, follower: &mut Follower, face: &Face) -> Result<(), Error> {
        let factor = self.read_small();
        if let Some(mesh) = self.networks.mesh.mesh(&self.picture, face)? {
            let mesh = mesh.clone().scaled(factor);
            follower.begin(&self.grey, &face.scaled(factor), &mesh);
        }
        Ok(())
    }

    /// Makes the detector's small picture grey; gives its size over that of the picture.
    fn read_small(&mut self) -> f32 {
        let small = self.networks.detector.small();
        self.grey.read(small);
        small.width() as f32 / self.picture.width().max(1) as f32
    }
}
