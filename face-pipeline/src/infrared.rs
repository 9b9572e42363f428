//! What a second camera, for infrared light, tells about the presentation: whether the face is there,
//! too. A screen emits hardly any near-infrared light and many inks let it through, so that a face which
//! only visible light shows is a picture. In: per good frame the face, and the picture that was taken
//! beside it. Out, over a window: [`Infrared`]. Sources and reasons are in `README.md`.
//!
//! It accuses nobody for certain, because a broken lamp would accuse everybody: at most an officer
//! decides. Nor does darkness pass for nothing, because a large screen before both lenses is dark.

use serde::Serialize;

use crate::detect::Face;
use crate::error::Error;
use crate::geometry::Rect;
use crate::image::ImageView;
use crate::light;
use crate::pipeline::Pipeline;
use crate::pixels::Picture;

/// What infrared light showed over a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Infrared {
    /// Nothing is known: there was no picture, or there were too few.
    #[default]
    Unknown,
    /// The face, about where visible light showed it.
    Face,
    /// Something else than the face.
    NoFace,
    /// Nothing but darkness: a broken lamp, a covered lens, or a screen before it.
    NoLight,
}

/// What one picture in infrared light showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glance {
    Face,
    NoFace,
    NoLight,
}

/// The pictures of a window, counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Glances {
    face: usize,
    no_face: usize,
    no_light: usize,
}

/// Pictures from which on they say something.
const MIN_GLANCES: usize = 3;
/// Of so many pictures one at least must be lit. Many cameras of this kind light every second picture
/// only, to take the room's own light away.
const LIT_EVERY: usize = 4;
/// Mean luminance, of 255, below which a picture without a face is dark; as `hal` takes a lens for
/// covered.
const DARK: f32 = 12.0;
/// How far the middle of the face may be from where the frame has it, shares of the picture's sides. Two
/// lenses 5 cm apart, 45 cm before a face, with 60° across, show it 0.10 apart; the rest is for fields
/// of view and angles that are not quite alike, and for a head that moved meanwhile.
const MAX_ASIDE: f32 = 0.25;
/// How much larger or smaller the face may be, the same.
const MAX_SCALE: f32 = 2.0;

impl Infrared {
    /// Whether it makes a living person doubtful.
    #[must_use]
    pub fn is_doubtful(self) -> bool {
        matches!(self, Self::NoFace | Self::NoLight)
    }
}

impl Glances {
    pub(crate) fn add(&mut self, glance: Glance) {
        match glance {
            Glance::Face => self.face += 1,
            Glance::NoFace => self.no_face += 1,
            Glance::NoLight => self.no_light += 1,
        }
    }

    /// What they say together: the face has to be in half of the lit ones.
    pub(crate) fn finding(&self) -> Infrared {
        let lit = self.face + self.no_face;
        if lit + self.no_light < MIN_GLANCES {
            Infrared::Unknown
        } else if lit < MIN_GLANCES || lit * LIT_EVERY < lit + self.no_light {
            Infrared::NoLight
        } else if 2 * self.face < lit {
            Infrared::NoFace
        } else {
            Infrared::Face
        }
    }

    /// Whether there are too few pictures yet to say something; none are enough where none is expected.
    pub(crate) fn are_awaited(&self, expected: bool) -> bool {
        let least = if expected { 0 } else { 1 };
        (least..MIN_GLANCES).contains(&(self.face + self.no_face + self.no_light))
    }
}

impl Pipeline {
    /// Looks for a face of the picture in the companion that was taken beside it.
    pub(crate) fn glance(
        &mut self,
        face: &Face,
        companion: &ImageView<'_>,
    ) -> Result<Glance, Error> {
        self.infrared
            .load_turned(companion, self.settings.rotation)?;
        self.networks
            .detector
            .detect(&self.infrared, &mut self.infrared_faces)?;
        let there = share_of(&self.picture, face);
        let mut faces = self.infrared_faces.iter();
        Ok(
            if faces.any(|found| is_near(&there, &share_of(&self.infrared, found))) {
                Glance::Face
            } else if light::around(&self.infrared, &Rect::default()) < DARK {
                Glance::NoLight
            } else {
                Glance::NoFace
            },
        )
    }
}

/// A face's bounds as shares of the sides of its picture.
fn share_of(picture: &Picture, face: &Face) -> Rect {
    let [across, down] = [picture.width(), picture.height()].map(|side| side.max(1) as f32);
    let Rect {
        x,
        y,
        width,
        height,
    } = face.bounds;
    Rect {
        x: x / across,
        y: y / down,
        width: width / across,
        height: height / down,
    }
}

/// Whether both may be the same face, seen by two lenses side by side.
fn is_near(a: &Rect, b: &Rect) -> bool {
    let (one, other) = (a.centre(), b.centre());
    let aside = [one.x - other.x, one.y - other.y];
    let scale = b.height / a.height;
    aside.iter().all(|way| way.abs() <= MAX_ASIDE) && (1.0 / MAX_SCALE..=MAX_SCALE).contains(&scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(face: usize, no_face: usize, no_light: usize) -> Infrared {
        Glances {
            face,
            no_face,
            no_light,
        }
        .finding()
    }

    #[test]
    fn the_face_has_to_be_in_half_of_at_least_three_lit_pictures() {
        assert_eq!(finding(0, 0, 0), Infrared::Unknown);
        assert_eq!(finding(0, 2, 0), Infrared::Unknown);
        assert_eq!(finding(0, 3, 0), Infrared::NoFace);
        assert_eq!(finding(1, 2, 0), Infrared::NoFace);
        assert_eq!(finding(2, 2, 0), Infrared::Face);
        assert_eq!(finding(9, 10, 0), Infrared::NoFace);
    }

    #[test]
    fn a_lamp_that_flashes_is_no_broken_one_and_darkness_is_no_face() {
        assert_eq!(finding(3, 0, 9), Infrared::Face, "every fourth is lit");
        assert_eq!(finding(3, 0, 10), Infrared::NoLight, "hardly any is");
        assert_eq!(finding(0, 3, 3), Infrared::NoFace);
        assert_eq!(finding(2, 0, 1), Infrared::NoLight, "too few are");
        assert_eq!(finding(0, 0, 3), Infrared::NoLight);
        assert_eq!(finding(0, 0, 2), Infrared::Unknown);
    }

    #[test]
    fn the_same_face_is_about_as_large_and_about_there() {
        let near = |x: f32, y: f32, scale: f32| {
            let face = Rect {
                x: 0.4,
                y: 0.3,
                width: 0.2,
                height: 0.4,
            };
            let other = Rect {
                x: 0.5 + x - 0.1 * scale,
                y: 0.5 + y - 0.2 * scale,
                width: 0.2 * scale,
                height: 0.4 * scale,
            };
            is_near(&face, &other)
        };
        assert!(near(0.0, 0.0, 1.0));
        assert!(near(0.24, -0.24, 1.9) && near(-0.24, 0.24, 0.55));
        assert!(!near(0.27, 0.0, 1.0), "beside it");
        assert!(!near(0.0, -0.27, 1.0), "above it");
        assert!(!near(0.0, 0.0, 0.45), "behind it");
        assert!(!near(0.0, 0.0, 2.1));
        assert!(!near(f32::NAN, 0.0, 1.0));
    }
}
