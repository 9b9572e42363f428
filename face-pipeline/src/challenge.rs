//! The active challenge: somebody is asked to turn the head to a side and to look ahead again. Pure:
//! what comes in are looks at a face with their times, what goes out is what to do now and, at the
//! end, a [`ChallengeOutcome`]. Who asks draws the sides at random; nothing here does.
//!
//! - How far a head is turned is what its five landmarks say (`pose.rs`), against the same person
//!   looking ahead: the nose leaves the middle between eyes and mouth. A picture that is turned keeps
//!   its proportions, so that its nose stays there.
//! - On the way the points of the face must have moved as those of a solid (`motion/parallax.rs`).
//! - Who looks ahead, before and after, must be the person of the capture.
//! - A gap, a face that jumps or another person begin the answer again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::detect::Face;
use crate::motion::{Follower, Motion};
use crate::quality::Rejection;

/// A side as the person before the camera names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Left: the right of a picture that is not mirrored.
    Left,
    /// Right.
    Right,
}

impl Side {
    /// The sign of yaws to this side.
    const fn sign(self) -> f32 {
        match self {
            Self::Left => 1.0,
            Self::Right => -1.0,
        }
    }
}

/// What the person is to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Look ahead.
    Ahead,
    /// Turn the head to this side.
    Turn(Side),
    /// Look ahead again.
    Back,
}

/// How a challenge ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChallengeOutcome {
    /// The head was turned as asked, and is a solid one of the person of the capture.
    Done,
    /// What was moved before the camera is flat.
    Picture,
    /// Nothing of the kind was seen.
    NotShown,
    /// The person does not want to, or cannot.
    Skipped,
}

/// When a challenge is answered. Origin in `README.md`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChallengeLimits {
    /// Least turn, degrees as the landmarks say it, which is about half of the head's.
    pub turn_degrees: f32,
    /// Largest turn of who looks ahead again, the same.
    pub ahead_degrees: f32,
    /// Time for all of it, milliseconds.
    pub max_ms: u64,
}

impl Default for ChallengeLimits {
    fn default() -> Self {
        Self {
            turn_degrees: 10.0,
            ahead_degrees: 7.0,
            max_ms: 19_000,
        }
    }
}

/// How often a head may be turned, the first time and after a turn to the wrong side.
pub const TRIES: usize = 2;
/// Looks of which is known how somebody looks ahead.
const AHEAD_LOOKS: usize = 3;
/// Looks one after the other at which a head must be turned: the landmarks of a single one may jump.
const TURNED_LOOKS: i32 = 2;
/// Largest yaw of who looks ahead at first, degrees: who is turned already would answer by coming back.
const MAX_AHEAD_DEGREES: f32 = 12.0;
/// The yaws of who looks ahead may differ by so much, degrees.
const STEADY_DEGREES: f32 = 4.0;
/// Overlap below which a face is not that of the look before (intersection over union).
const MIN_OVERLAP: f32 = 0.2;
/// Places at which a face was turned as a plane, from which it is a picture unless as many were solid.
const MIN_PLANE_PLACES: usize = 2;

/// One challenge to one person.
pub struct Challenge {
    limits: ChallengeLimits,
    sides: [Side; TRIES],
    wrong: usize,
    stage: Stage,
    /// Yaws of who looks ahead, degrees.
    ahead: [f32; AHEAD_LOOKS],
    looks: usize,
    /// Looks one after the other at which the head was turned far enough; below 0 to the other side.
    beyond: i32,
    begun: Option<Duration>,
    last: Option<(Face, Duration)>,
    pub(crate) follower: Follower,
    /// What motion showed in answers that were begun again.
    before: Motion,
    rejection: Option<Rejection>,
    turned: f32,
    outcome: Option<ChallengeOutcome>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Ahead,
    /// Both with the yaw of who looks ahead, degrees.
    Turn(f32),
    Back(f32),
}

/// One look at a face.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) face: Face,
    pub(crate) yaw_degrees: f32,
    pub(crate) rejection: Option<Rejection>,
    pub(crate) at: Duration,
}

impl Challenge {
    /// Asks for a turn to the first side, and for one to the second if the first goes the wrong way.
    /// The caller draws them at random.
    #[must_use]
    pub fn new(sides: [Side; TRIES], limits: ChallengeLimits) -> Self {
        Self {
            limits,
            sides,
            wrong: 0,
            stage: Stage::Ahead,
            ahead: [0.0; AHEAD_LOOKS],
            looks: 0,
            beyond: 0,
            begun: None,
            last: None,
            follower: Follower::default(),
            before: Motion::default(),
            rejection: None,
            turned: 0.0,
            outcome: None,
        }
    }

    /// What the person is to do now.
    #[must_use]
    pub fn task(&self) -> Task {
        match self.stage {
            Stage::Ahead => Task::Ahead,
            Stage::Turn(_) => Task::Turn(self.side()),
            Stage::Back(_) => Task::Back,
        }
    }

    /// How far the head has turned: 1 is far enough to the side that is asked for, below 0 is the
    /// other side.
    #[must_use]
    pub fn turned(&self) -> f32 {
        self.turned
    }

    /// Why the last look does not count; none if it does.
    #[must_use]
    pub fn rejection(&self) -> Option<Rejection> {
        self.rejection
    }

    /// How it ended, once it has.
    #[must_use]
    pub fn outcome(&self) -> Option<ChallengeOutcome> {
        self.outcome
    }

    /// What motion showed, in all answers.
    #[must_use]
    pub fn motion(&self) -> Motion {
        self.before.plus(self.follower.motion())
    }

    /// The side that is asked for.
    fn side(&self) -> Side {
        self.sides[self.wrong.min(TRIES - 1)]
    }

    /// The face of the last look, for choosing among several.
    pub(crate) fn tracked(&self) -> Option<&Face> {
        self.last.as_ref().map(|(face, _)| face)
    }

    /// Whether the face is followed now.
    pub(crate) fn follows(&self) -> bool {
        self.stage != Stage::Ahead
    }

    /// Whether the surface of the face is to be found, from where it is followed: in every look ahead,
    /// so that it is of the last, and again where the face was lost.
    pub(crate) fn wants_surface(&self) -> bool {
        !self.follows() || self.follower.wants_surface()
    }

    /// Whether it must be known who that is.
    pub(crate) fn asks_who(&self, look: &Look) -> bool {
        match self.stage {
            Stage::Ahead => look.rejection.is_none(),
            Stage::Turn(_) => self.wants_surface(),
            Stage::Back(ahead) => self.wants_surface() || self.is_ahead(look.yaw_degrees - ahead),
        }
    }

    /// There is no face.
    pub(crate) fn see_nobody(&mut self, at: Duration) {
        self.rejection = Some(Rejection::NoFace);
        self.turned = 0.0;
        self.watch_time(at);
    }

    /// Takes in a look; `known` says whether it is the person of the capture, where that was asked.
    pub(crate) fn see(&mut self, look: &Look, known: bool, max_gap: Duration) {
        if self.watch_time(look.at) {
            return;
        }
        let broken = self.last.is_some_and(|(face, at)| {
            look.at.saturating_sub(at) > max_gap
                || face.bounds.overlap(&look.face.bounds) < MIN_OVERLAP
        });
        self.last = Some((look.face, look.at));
        if broken {
            // Who this is was asked only if the person was looking ahead.
            self.begin_again();
            self.rejection = None;
            return;
        }
        self.rejection = match self.stage {
            Stage::Ahead => look.rejection,
            // A head that turns is turned, and may be blurred or off the middle.
            _ => look.rejection.filter(|r| *r == Rejection::SeveralFaces),
        };
        if self.rejection.is_some() {
            return;
        }
        match self.stage {
            Stage::Ahead => self.look_ahead(look.yaw_degrees, known),
            Stage::Turn(ahead) => self.turn(look.yaw_degrees - ahead, ahead),
            Stage::Back(ahead) => self.turn_back(look.yaw_degrees - ahead, known),
        }
    }

    fn look_ahead(&mut self, yaw: f32, known: bool) {
        self.turned = 0.0;
        if !known {
            self.looks = 0;
            self.rejection = Some(Rejection::OtherPerson);
            return;
        }
        if yaw.abs() > MAX_AHEAD_DEGREES {
            self.looks = 0;
            self.rejection = Some(Rejection::Turned);
            return;
        }
        self.ahead.rotate_left(1);
        self.ahead[AHEAD_LOOKS - 1] = yaw;
        self.looks += 1;
        let least = self.ahead.iter().copied().fold(f32::INFINITY, f32::min);
        let most = self.ahead.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if self.looks >= AHEAD_LOOKS && most - least <= STEADY_DEGREES {
            let mean = self.ahead.iter().sum::<f32>() / AHEAD_LOOKS as f32;
            self.stage = Stage::Turn(mean);
        }
    }

    fn turn(&mut self, off: f32, ahead: f32) {
        let asked = off * self.side().sign();
        self.turned = asked / self.limits.turn_degrees;
        let way = match self.turned {
            far if far >= 1.0 => 1,
            far if far <= -1.0 => -1,
            _ => 0,
        };
        let goes_on = self.beyond.signum() == way;
        self.beyond = if goes_on { self.beyond + way } else { way };
        if self.beyond >= TURNED_LOOKS {
            self.stage = Stage::Back(ahead);
        } else if self.beyond <= -TURNED_LOOKS {
            self.wrong += 1;
            if self.wrong >= TRIES {
                self.outcome = Some(self.unanswered());
            }
            self.begin_again();
        }
    }

    fn turn_back(&mut self, off: f32, known: bool) {
        self.turned = off * self.side().sign() / self.limits.turn_degrees;
        if !self.is_ahead(off) {
            return;
        }
        let Motion {
            solid,
            turned_plane,
            ..
        } = self.follower.motion();
        if !known {
            self.begin_again();
            self.rejection = Some(Rejection::OtherPerson);
        } else if solid > turned_plane {
            self.outcome = Some(ChallengeOutcome::Done);
        } else {
            self.begin_again();
        }
    }

    fn is_ahead(&self, off: f32) -> bool {
        off.abs() <= self.limits.ahead_degrees
    }

    /// Whether it is over, now or before.
    fn watch_time(&mut self, at: Duration) -> bool {
        let begun = *self.begun.get_or_insert(at);
        let late = at.saturating_sub(begun) >= Duration::from_millis(self.limits.max_ms);
        if late && self.outcome.is_none() {
            self.outcome = Some(self.unanswered());
        }
        self.outcome.is_some()
    }

    fn unanswered(&self) -> ChallengeOutcome {
        let Motion {
            solid,
            turned_plane,
            ..
        } = self.motion();
        if turned_plane >= MIN_PLANE_PLACES && turned_plane > solid {
            ChallengeOutcome::Picture
        } else {
            ChallengeOutcome::NotShown
        }
    }

    fn begin_again(&mut self) {
        self.before = self.motion();
        self.follower.forget();
        self.stage = Stage::Ahead;
        self.looks = 0;
        self.beyond = 0;
        self.turned = 0.0;
    }
}

impl std::fmt::Debug for Challenge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Challenge({:?}, outcome: {:?})",
            self.task(),
            self.outcome
        )
    }
}

#[cfg(test)]
mod tests;
