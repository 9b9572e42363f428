//! A portrait printed on paper and held in a hand: the presentation attack that every kiosk sees
//! first. The print has the smaller gamut and the screen of an office printer, a white border, a
//! slight bend and a gloss; it moves as one plane.

use std::sync::Arc;

use super::{
    chance::{Chance, ramp},
    field::Field,
    relief::Relief,
    surface::{CELL, FACE, Finish, Surface},
    texture::Texture,
};

/// Size of the surface in units: the sheet with room for the hand beside and below it.
const WIDTH: usize = 1040;
const HEIGHT: usize = 1120;
/// Where the middle of the printed face lies on the surface.
const CENTRE: [f32; 2] = [400.0, 420.0];
/// The photograph printed is at most so wide and so high, in face widths.
const PHOTO: [f32; 2] = [2.1, 2.6];
/// How far the face's centre lies below the photograph's upper edge, in face widths.
const ABOVE: f32 = 1.15;
/// Unprinted border, units.
const BORDER: f32 = 20.0;
/// How far the sheet's sides bend back behind its middle, units.
const BEND: f32 = 14.0;

/// Makes the surface of a printed portrait in a hand.
pub(super) fn surface(relief: &Relief, seed: u64) -> Surface {
    let photo = Photo::new(relief);
    let paper = photo.paper();
    let hand = Hand::holding(&paper);
    let mut grain = Chance::new(seed ^ 0x9A9E);
    let colours = Field::from_fn(WIDTH, HEIGHT, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let mut colour = [0.0; 4];
        over(&mut colour, hand.behind(x, y));
        over(&mut colour, photo.print(x, y, grain.bell()));
        over(&mut colour, hand.before(x, y));
        colour
    });
    let middle = [(paper[0] + paper[2]) / 2.0, (paper[1] + paper[3]) / 2.0];
    let half = (paper[2] - paper[0]) / 2.0;
    let shape = Field::from_fn(
        WIDTH / CELL as usize + 1,
        HEIGHT / CELL as usize + 1,
        |x, _| {
            let across = ((x as f32 * CELL - middle[0]) / half).clamp(-1.3, 1.3);
            [-BEND * across * across, 1.0]
        },
    );
    Surface {
        texture: Arc::new(Texture::new(&colours)),
        shape,
        centre: CENTRE,
        // It turns about where it is held.
        pivot: [paper[2], paper[1] + 0.7 * (paper[3] - paper[1]), 0.0],
        finish: Finish::Glossy(paper),
    }
}

/// The printed part of the portrait.
struct Photo<'a> {
    relief: &'a Relief,
    picture: Field<3>,
    /// Units per portrait pixel.
    scale: f32,
    /// Left, top, right, bottom in units.
    edges: [f32; 4],
}

impl<'a> Photo<'a> {
    fn new(relief: &'a Relief) -> Self {
        let head = &relief.head;
        let scale = FACE / head.width;
        let picture = Field::from_fn(relief.width, relief.height, |x, y| {
            let i = 3 * (y * relief.width + x);
            [0, 1, 2].map(|c| f32::from(relief.rgb[i + c]) / 255.0)
        });
        // The printer's raster: fine detail does not come out.
        let picture = picture.smooth((1.2 / scale).round() as usize);
        let aside = head.centre[0].min(relief.width as f32 - head.centre[0]) * scale - 2.0;
        let half = aside.min(PHOTO[0] / 2.0 * FACE);
        let above = (head.centre[1] * scale - 2.0).min(ABOVE * FACE);
        let below =
            ((relief.height as f32 - head.centre[1]) * scale - 2.0).min((PHOTO[1] - ABOVE) * FACE);
        let [x, y] = CENTRE;
        Self {
            relief,
            picture,
            scale,
            edges: [x - half, y - above, x + half, y + below],
        }
    }

    fn paper(&self) -> [f32; 4] {
        let [left, top, right, bottom] = self.edges;
        [left - BORDER, top - BORDER, right + BORDER, bottom + BORDER]
    }

    /// Colour and opacity of the sheet at a place.
    fn print(&self, x: f32, y: f32, grain: f32) -> [f32; 4] {
        let opacity = ramp(-0.8, 0.8, inside(&self.paper(), x, y));
        if opacity == 0.0 {
            return [0.0; 4];
        }
        let [cx, cy] = self.relief.head.centre;
        let [px, py] = [
            cx + (x - CENTRE[0]) / self.scale,
            cy + (y - CENTRE[1]) / self.scale,
        ];
        let ink = ramp(-0.7, 0.7, inside(&self.edges, x, y));
        let white = [0.90, 0.90, 0.88];
        let inked = screened(gamut(self.picture.at(px, py)), x, y);
        let [r, g, b] =
            std::array::from_fn(|c| white[c] + (inked[c] - white[c]) * ink + 0.012 * grain);
        [r, g, b, opacity]
    }
}

/// How far a place lies inside a rectangle.
pub(super) fn inside([left, top, right, bottom]: &[f32; 4], x: f32, y: f32) -> f32 {
    (x - left).min(right - x).min(y - top).min(bottom - y)
}

/// What an office printer makes of a colour: less saturated, no deep black, no paper-free white.
fn gamut(colour: [f32; 3]) -> [f32; 3] {
    let grey = 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2];
    let tint = [1.02, 1.0, 0.94];
    std::array::from_fn(|c| {
        let pale = grey + 0.72 * (colour[c] - grey);
        tint[c] * (0.16 + 0.68 * pale)
    })
}

/// A line screen per ink, each at its own angle, as coarse as the camera can just see.
fn screened(colour: [f32; 3], x: f32, y: f32) -> [f32; 3] {
    const PERIOD: f32 = 3.4;
    const ANGLES: [f32; 3] = [0.26, 1.31, 0.79]; // 15°, 75°, 45°
    std::array::from_fn(|c| {
        let (s, k) = ANGLES[c].sin_cos();
        let wave = |u: f32| (std::f32::consts::TAU * u / PERIOD).cos();
        let dot = 0.5 * (wave(x * k + y * s) + wave(y * k - x * s));
        // Dots show most in middle tones.
        colour[c] + 0.06 * dot * 4.0 * colour[c] * (1.0 - colour[c])
    })
}

/// A rod with round ends: a finger, a palm, a forearm.
struct Limb {
    from: [f32; 2],
    to: [f32; 2],
    radius: f32,
}

impl Limb {
    const fn new(from: [f32; 2], to: [f32; 2], radius: f32) -> Self {
        Self { from, to, radius }
    }

    /// How far a place lies inside the rod's outline, and how high the rod is there.
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        let [dx, dy] = [self.to[0] - self.from[0], self.to[1] - self.from[1]];
        let along = ((x - self.from[0]) * dx + (y - self.from[1]) * dy) / (dx * dx + dy * dy);
        let along = along.clamp(0.0, 1.0);
        let off = (x - self.from[0] - along * dx).hypot(y - self.from[1] - along * dy);
        let inside = self.radius - off;
        (
            inside,
            (self.radius * self.radius - off * off).max(0.0).sqrt(),
        )
    }
}

/// The hand that holds the sheet at its right edge.
pub(super) struct Hand {
    behind: [Limb; 7],
    thumb: [Limb; 2],
    nail: Limb,
}

impl Hand {
    const SKIN: [f32; 3] = [0.90, 0.69, 0.58];

    pub(super) fn holding([_, top, right, bottom]: &[f32; 4]) -> Self {
        let (x, y) = (*right, top + 0.72 * (bottom - top));
        let at = |dx: f32, dy: f32| [x + dx, y + dy];
        // Only the last joints of the fingers lie behind the sheet; their backs show beside it.
        let finger = |dy: f32| Limb::new(at(66.0, 0.7 * dy + 16.0), at(-8.0, dy), 23.0);
        Self {
            behind: [
                Limb::new(at(120.0, 120.0), at(270.0, 560.0), 66.0),
                Limb::new(at(78.0, 26.0), at(112.0, 120.0), 58.0),
                Limb::new(at(62.0, -26.0), at(92.0, 70.0), 44.0),
                finger(-80.0),
                finger(-36.0),
                finger(10.0),
                finger(54.0),
            ],
            thumb: [
                Limb::new(at(92.0, 60.0), at(34.0, -26.0), 31.0),
                Limb::new(at(34.0, -26.0), at(-36.0, -62.0), 25.0),
            ],
            nail: Limb::new(at(-30.0, -60.0), at(-44.0, -67.0), 12.0),
        }
    }

    pub(super) fn behind(&self, x: f32, y: f32) -> [f32; 4] {
        flesh(&self.behind, x, y)
    }

    pub(super) fn before(&self, x: f32, y: f32) -> [f32; 4] {
        let mut colour = shadow(&self.thumb, x, y);
        let thumb = flesh(&self.thumb, x, y);
        over(&mut colour, thumb);
        let nail = 0.5 * ramp(-1.5, 1.5, self.nail.at(x, y).0);
        let lit = thumb[0] / Self::SKIN[0];
        over(
            &mut colour,
            [0.97 * lit, 0.80 * lit, 0.74 * lit, nail * thumb[3]],
        );
        colour
    }
}

/// Colour and opacity of a hand at a place: limbs run into one another and are lit from above.
fn flesh(limbs: &[Limb], x: f32, y: f32) -> [f32; 4] {
    let inside = limbs
        .iter()
        .map(|limb| limb.at(x, y).0)
        .fold(f32::MIN, f32::max);
    let opacity = ramp(-1.2, 1.2, inside);
    if opacity == 0.0 {
        return [0.0; 4];
    }
    let height = |x: f32, y: f32| {
        // A power mean: the highest limb wins, with a soft crease between equals.
        limbs
            .iter()
            .map(|limb| limb.at(x, y).1.powi(5))
            .sum::<f32>()
            .powf(0.2)
    };
    let here = height(x, y);
    let (across, down) = (height(x + 2.0, y) - here, height(x, y + 2.0) - here);
    let (across, down) = (
        (across / 2.0).clamp(-1.6, 1.6),
        (down / 2.0).clamp(-1.6, 1.6),
    );
    let facing = (0.25 * across + 0.5 * down + 0.83) / (across * across + down * down + 1.0).sqrt();
    let lit = 0.42 + 0.58 * facing.max(0.0);
    // Blood shows through where skin turns away from the light.
    let [r, g, b] = Hand::SKIN;
    [r * lit.powf(0.85), g * lit, b * lit, opacity]
}

/// The thumb darkens the paper beside it.
fn shadow(limbs: &[Limb], x: f32, y: f32) -> [f32; 4] {
    let inside = limbs
        .iter()
        .map(|limb| limb.at(x - 3.0, y - 9.0).0)
        .fold(f32::MIN, f32::max);
    [0.1, 0.08, 0.07, 0.4 * ramp(-14.0, 6.0, inside)]
}

/// Puts a colour with opacity over another.
pub(super) fn over(below: &mut [f32; 4], above: [f32; 4]) {
    let opacity = above[3] + below[3] * (1.0 - above[3]);
    if opacity > 0.0 {
        let share = above[3] / opacity;
        for c in 0..3 {
            below[c] += (above[c] - below[c]) * share;
        }
    }
    below[3] = opacity;
}
