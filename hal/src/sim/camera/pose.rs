//! How people and sheets of paper move before a kiosk, as functions of time.

use super::{
    chance::{Chance, ramp, wander},
    scene::Side,
    surface::{FACE, Pose},
};

/// The pixel at which a face is at rest.
pub(super) const MIDDLE: [f32; 2] = [320.0, 232.0];
/// Width of the face at rest, pixels: what a person has at arm's length from the screen.
pub(super) const NEAR_WIDTH: f32 = 186.0;
/// Width of the face of somebody who still stands too far away, pixels.
const FAR_WIDTH: f32 = 42.0;
/// Width of the printed face, pixels.
const PRINT_WIDTH: f32 = 156.0;

/// Seconds after which somebody who approaches comes closer, and arrives.
pub(super) const APPROACH_STARTS: f32 = 3.0;
/// Seconds after which somebody who approaches has arrived.
pub(super) const APPROACH_ENDS: f32 = 4.6;

/// Seconds after which something begins to turn to a side, is there, begins to come back, and is back.
const TURN: [f32; 4] = [0.8, 2.0, 2.8, 4.0];
/// How far a head turns that is asked to, radians: 32°, what a stiff neck can do.
const HEAD_TURN: f32 = 0.56;
/// Share of the usual swaying to the sides in somebody who minds the arrow: 3° instead of 10°, which would
/// be a turn to the other side.
const MINDFUL: f32 = 0.3;
/// How far a picture is turned to look like that, radians: 40°.
const PICTURE_TURN: f32 = 0.70;

/// Somebody who looks at the screen: never quite still.
pub(super) fn looking(seed: u64, t: f32) -> Pose {
    // Begins at rest, where an approach has ended.
    let settled = ramp(0.0, 0.8, t);
    let sway = |quantity: u64, period: f32| settled * wander(seed, quantity, period, t);
    let breath = settled * (std::f32::consts::TAU * t / 3.9).sin();
    Pose {
        at: MIDDLE,
        scale: NEAR_WIDTH / FACE,
        turn: [
            0.17 * sway(1, 5.3),
            0.085 * sway(2, 6.1),
            0.06 * sway(3, 7.3),
        ],
        shift: [
            14.0 * sway(4, 6.7),
            7.0 * sway(5, 5.9) + 1.6 * breath,
            55.0 * sway(6, 9.1),
        ],
        lids: blink(seed, t),
    }
}

/// Somebody who turns the head to a side and back.
pub(super) fn turning(seed: u64, t: f32, side: Side) -> Pose {
    let pose = looking(seed, t);
    let [yaw, pitch, roll] = pose.turn;
    let aside = aside(t);
    Pose {
        turn: [
            MINDFUL * yaw * (1.0 - aside) + towards(side) * HEAD_TURN * aside,
            pitch,
            roll,
        ],
        ..pose
    }
}

/// How far something has turned to a side, 0 to 1.
fn aside(t: f32) -> f32 {
    let [starts, there, leaves, back] = TURN;
    ramp(starts, there, t) - ramp(leaves, back, t)
}

/// Sign of a yaw to this side.
fn towards(side: Side) -> f32 {
    match side {
        Side::Left => 1.0,
        Side::Right => -1.0,
    }
}

/// A cut-out of a person on a stand, hardly moving, turned to a side or to none.
pub(super) fn propped(seed: u64, t: f32, side: Option<Side>) -> Pose {
    let sway = |quantity: u64, period: f32| wander(seed, quantity, period, t);
    let turn = side.map_or(0.0, |side| towards(side) * PICTURE_TURN * aside(t));
    Pose {
        at: MIDDLE,
        scale: NEAR_WIDTH / FACE,
        turn: [turn + 0.008 * sway(31, 4.7), 0.004 * sway(32, 3.9), 0.0],
        shift: [1.5 * sway(33, 6.7), 0.8 * sway(34, 5.9), 0.0],
        lids: 0.0,
    }
}

/// Somebody who comes in from the side, stands too far away, and then steps up.
pub(super) fn approaching(seed: u64, t: f32) -> Pose {
    let arrived = ramp(APPROACH_STARTS, APPROACH_ENDS, t);
    let entered = ramp(0.0, 0.9, t);
    let idle = 1.0 - arrived;
    // Walking: equal steps make the distance, not the size, shrink evenly.
    let width = 1.0 / ((1.0 - arrived) / FAR_WIDTH + arrived / NEAR_WIDTH);
    let walking = (ramp(3.0, 3.2, t) - ramp(4.3, 4.6, t)) + (1.0 - ramp(0.7, 0.9, t));
    let bob = walking * (std::f32::consts::TAU * t / 0.55).sin() * width / 30.0;
    let from_left = -0.45 * 640.0 * (1.0 - entered);
    Pose {
        at: [
            MIDDLE[0] + from_left + idle * 6.0 * wander(seed, 11, 3.1, t),
            MIDDLE[1] + bob - idle * 20.0,
        ],
        scale: width / FACE,
        turn: [idle * 0.14 * wander(seed, 12, 4.3, t), 0.0, 0.0],
        shift: [0.0; 3],
        lids: 0.0,
    }
}

/// A sheet of paper held up to the camera, in a hand that trembles.
pub(super) fn held(seed: u64, t: f32) -> Pose {
    let raised = ramp(0.0, 0.7, t);
    let sway = |quantity: u64, period: f32| wander(seed, quantity, period, t);
    let tremor = |quantity: u64| wander(seed, quantity, 0.37, t);
    Pose {
        at: [
            MIDDLE[0] - 14.0 + 12.0 * sway(21, 4.1) + 0.8 * tremor(22),
            MIDDLE[1] + 8.0 + 7.0 * sway(23, 3.7) + 0.8 * tremor(24) + 420.0 * (1.0 - raised),
        ],
        scale: PRINT_WIDTH / FACE * (1.0 + 0.05 * sway(25, 6.3)),
        turn: [
            0.20 * sway(26, 4.7),
            0.12 * sway(27, 3.9),
            0.05 * sway(28, 5.1) + 0.004 * tremor(29),
        ],
        shift: [0.0; 3],
        lids: 0.0,
    }
}

/// The sheet in the hand, up already, turned to a side and back.
pub(super) fn held_turning(seed: u64, t: f32, side: Side) -> Pose {
    const UP: f32 = 0.7;
    let pose = held(seed, UP + t);
    let [yaw, pitch, roll] = pose.turn;
    Pose {
        turn: [yaw + towards(side) * PICTURE_TURN * aside(t), pitch, roll],
        ..pose
    }
}

/// How far the lids are closed: people blink every few seconds, for about a quarter of one.
fn blink(seed: u64, t: f32) -> f32 {
    /// Seconds within which there is one blink, and that it lasts.
    const EVERY: f32 = 3.4;
    const LASTS: f32 = 0.27;
    let turn = (t / EVERY).floor();
    let at = 0.3 + (EVERY - 0.9) * Chance::new(seed ^ (turn as u64) ^ 0xB11A).unit();
    let through = (t - turn * EVERY - at) / LASTS;
    // Lids fall faster than they rise.
    ramp(0.0, 0.35, through) - ramp(0.5, 1.0, through)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tenth of a second apart, for as long as a turn lasts.
    fn moments() -> impl Iterator<Item = f32> {
        (0..40).map(|tenths| tenths as f32 / 10.0)
    }

    /// The challenge takes 10° to the other side for a wrong answer, as it must.
    #[test]
    fn who_turns_to_a_side_does_not_turn_to_the_other_first() {
        for seed in 0..50 {
            for side in [Side::Left, Side::Right] {
                let yaws = moments().map(|t| turning(seed, t, side).turn[0] * towards(side));
                let (least, most) = yaws.fold((0.0, 0.0), |(least, most): (f32, f32), yaw| {
                    (least.min(yaw), most.max(yaw))
                });
                assert!(least.to_degrees() > -5.0, "{seed} {side:?}: {least}");
                assert!(most.to_degrees() > 30.0, "{seed} {side:?}: {most}");
            }
        }
    }
}
