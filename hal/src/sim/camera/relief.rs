//! A portrait as a relief: for each pixel its colour, how far it stands out towards the camera,
//! and how much it belongs to the person rather than to the background.
//!
//! In: one RGB photograph and the 468 landmarks of a surface mesh found in it (the topology of
//! MediaPipe's face mesh, x and y in pixels, z growing away from the camera). Out: a [`Relief`].

use super::{
    chance::ramp,
    field::{Field, spread},
    matte,
};

/// Landmarks of the mesh that a relief is made from.
pub const LANDMARKS: usize = 468;

/// A textured relief of one portrait.
#[derive(Clone)]
pub struct Relief {
    /// Colours, three bytes per pixel, row by row.
    pub rgb: Vec<u8>,
    /// Pixels per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Height of each pixel over the middle of the face, in portrait pixels towards the camera.
    pub depth: Vec<f32>,
    /// How much of each pixel moves with the person (1) and how much stays with the room (0).
    pub cover: Vec<f32>,
    /// Where the head is and how it turns.
    pub head: Head,
}

/// What the renderer must know of the head, in portrait pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    /// The middle between the sides of the face, halfway between forehead and chin.
    pub centre: [f32; 2],
    /// From one side of the face to the other.
    pub width: f32,
    /// The row of the chin.
    pub chin: f32,
    /// The two eyes.
    pub lids: [Lid; 2],
}

/// An eye as its four extreme points: outer and inner corner, upper and lower lid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lid {
    /// The two corners, left one first.
    pub corners: [[f32; 2]; 2],
    /// Row of the upper lid's edge above the middle.
    pub upper: f32,
    /// Row of the lower lid's edge below the middle.
    pub lower: f32,
}

/// Why no relief can be made.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum ReliefError {
    /// The pixels do not fill the image.
    #[error("a portrait of {width}×{height} needs {} bytes of RGB, {got} were given", width * height * 3)]
    Pixels {
        /// Pixels per row.
        width: usize,
        /// Rows.
        height: usize,
        /// Bytes given.
        got: usize,
    },
    /// Not the mesh this module knows.
    #[error("a relief needs {LANDMARKS} landmarks, {got} were given")]
    Landmarks {
        /// Landmarks given.
        got: usize,
    },
    /// Landmarks that are not a face standing upright in the picture.
    #[error("the landmarks do not lie in the portrait as an upright face of usable size")]
    Geometry,
}

impl Relief {
    /// Makes a relief from a portrait and the landmarks found in it, x, y and z in pixels.
    ///
    /// # Errors
    /// [`ReliefError`] where pixels or landmarks do not fit together.
    pub fn from_landmarks(
        rgb: Vec<u8>,
        width: usize,
        height: usize,
        landmarks: &[[f32; 3]],
    ) -> Result<Self, ReliefError> {
        if rgb.len() != width * height * 3 || rgb.is_empty() {
            return Err(ReliefError::Pixels {
                width,
                height,
                got: rgb.len(),
            });
        }
        if landmarks.len() != LANDMARKS {
            return Err(ReliefError::Landmarks {
                got: landmarks.len(),
            });
        }
        let head = Head::from_landmarks(landmarks);
        if !head.lies_in(width, height) {
            return Err(ReliefError::Geometry);
        }
        let depth = depth(width, height, landmarks, &head);
        let cover = matte::cover(&rgb, width, height, &head);
        Ok(Self {
            rgb,
            width,
            height,
            depth,
            cover,
            head,
        })
    }
}

impl Head {
    /// Indices into the mesh: sides of the face, forehead, chin.
    const SIDES: [usize; 2] = [234, 454];
    const FOREHEAD: usize = 10;
    const CHIN: usize = 152;

    fn from_landmarks(points: &[[f32; 3]]) -> Self {
        let [left, right] = Self::SIDES.map(|i| points[i]);
        let (top, chin) = (points[Self::FOREHEAD][1], points[Self::CHIN][1]);
        Self {
            centre: [(left[0] + right[0]) / 2.0, (top + chin) / 2.0],
            width: (right[0] - left[0]).hypot(right[1] - left[1]),
            chin,
            lids: [[33, 133, 159, 145], [362, 263, 386, 374]]
                .map(|at| Lid::new(at.map(|i| points[i]))),
        }
    }

    fn lies_in(&self, width: usize, height: usize) -> bool {
        let [x, y] = self.centre;
        self.width >= 24.0 // px: below that there is nothing to show
            && self.width <= 2.0 * width as f32
            && (0.0..width as f32).contains(&x)
            && (0.0..height as f32).contains(&y)
            && self.chin > y
    }
}

impl Lid {
    fn new([outer, inner, upper, lower]: [[f32; 3]; 4]) -> Self {
        let corner = |p: [f32; 3]| [p[0], p[1]];
        Self {
            corners: [corner(outer), corner(inner)],
            upper: upper[1],
            lower: lower[1],
        }
    }
}

/// Landmarks per grid step: a step is this share of the face's width.
const STEP: f32 = 1.0 / 48.0;

/// What lies beyond the mesh, in face widths from the head's centre: x, y from the chin, depth.
/// The head falls back towards crown and ears, the neck is behind the chin, the chest below it.
const BEYOND: [[f32; 3]; 9] = [
    [0.0, -1.75, -0.45],
    [-0.45, -1.6, -0.5],
    [0.45, -1.6, -0.5],
    [-0.68, -0.8, -0.6],
    [0.68, -0.8, -0.6],
    [0.0, 0.3, -0.45],
    [0.0, 1.0, -0.3],
    [-1.1, 1.0, -0.45],
    [1.1, 1.0, -0.45],
];

/// Dense depth: landmarks and the points beyond them, filled smoothly between.
fn depth(width: usize, height: usize, landmarks: &[[f32; 3]], head: &Head) -> Vec<f32> {
    let step = head.width * STEP;
    let (columns, rows) = (
        (width as f32 / step) as usize + 2,
        (height as f32 / step) as usize + 2,
    );
    let mut known = Field::<1>::new(columns, rows);
    let mut weight = vec![0.0; columns * rows];
    let mut put = |x: f32, y: f32, depth: f32| {
        let (column, row) = ((x / step).round(), (y / step).round());
        if column >= 0.0 && row >= 0.0 && (column as usize) < columns && (row as usize) < rows {
            let i = row as usize * columns + column as usize;
            known.values[i][0] = (known.values[i][0] * weight[i] + depth) / (weight[i] + 1.0);
            weight[i] += 1.0;
        }
    };
    for [x, y, z] in landmarks {
        put(*x, *y, -z);
    }
    for [x, y, depth] in BEYOND {
        put(
            head.centre[0] + x * head.width,
            head.chin + y * head.width,
            depth * head.width,
        );
    }
    let dense = spread(&known, &weight).smooth(1).smooth(1);
    Field::<1>::from_fn(width, height, |x, y| {
        dense.at(x as f32 / step, y as f32 / step)
    })
    .values
    .into_iter()
    .map(|[d]| d)
    .collect()
}

/// How much a place `below` the chin (in face widths) turns with the head: the neck twists.
pub(super) fn turns_with_head(below: f32) -> f32 {
    1.0 - ramp(-0.05, 0.65, below)
}
