//! The person as a surface: the portrait's relief, brought to one size and continued beyond the
//! edges of the photograph, for a camera sees more of a person than a portrait shows.

use std::sync::Arc;

use super::{
    chance::ramp,
    field::{Field, spread},
    lids::Fold,
    relief::{Relief, turns_with_head},
    surface::{CELL, FACE, Finish, Surface},
    texture::Texture,
};

/// Size of the person's surface in units: arms included, down to where a far person is cut.
const WIDTH: usize = 880;
const HEIGHT: usize = 1800;
/// Where the head's centre lies on it.
const CENTRE: [f32; 2] = [440.0, 400.0];
/// Half the width of shoulders and arms, in face widths.
const SHOULDERS: f32 = 1.55;

/// Makes the surface of the person in a portrait.
pub(super) fn surface(relief: &Relief) -> Surface {
    let view = View::new(relief);
    let shape = Field::from_fn(
        WIDTH / CELL as usize + 1,
        HEIGHT / CELL as usize + 1,
        |x, y| view.shape(x as f32 * CELL, y as f32 * CELL),
    );
    let colours = Field::from_fn(WIDTH, HEIGHT, |x, y| {
        view.colour(x as f32 + 0.5, y as f32 + 0.5)
    });
    let chin = view.units(0.0, relief.head.chin)[1];
    Surface {
        texture: Arc::new(Texture::new(&colours)),
        shape,
        centre: CENTRE,
        // A head turns about the upper neck: below the ears, behind the face.
        pivot: [CENTRE[0], chin - 0.15 * FACE, -0.5 * FACE],
        finish: Finish::Living(relief.head.lids.map(|lid| Fold {
            corners: lid.corners.map(|[x, y]| view.units(x, y)),
            upper: view.units(0.0, lid.upper)[1],
            lower: view.units(0.0, lid.lower)[1],
        })),
    }
}

/// The portrait seen in units.
struct View<'a> {
    relief: &'a Relief,
    /// Colour and cover, softened where the portrait is larger than needed.
    picture: Field<4>,
    /// Mean colour of what is worn at the photograph's lower edge.
    cloth: [f32; 3],
    /// Units per portrait pixel.
    scale: f32,
    /// How the shoulders fall at the left and right edge: rows per column.
    falls: [f32; 2],
}

impl<'a> View<'a> {
    fn new(relief: &'a Relief) -> Self {
        let scale = FACE / relief.head.width;
        let picture = Field::from_fn(relief.width, relief.height, |x, y| {
            let i = y * relief.width + x;
            let [r, g, b] = [0, 1, 2].map(|c| f32::from(relief.rgb[3 * i + c]) / 255.0);
            [r, g, b, relief.cover[i]]
        });
        let picture = own_colours(&picture.smooth((0.5 / scale) as usize));
        let cloth = cloth(&picture);
        Self {
            relief,
            picture,
            cloth,
            scale,
            falls: [false, true].map(|right| fall(relief, right)),
        }
    }

    fn units(&self, x: f32, y: f32) -> [f32; 2] {
        let [cx, cy] = self.relief.head.centre;
        [
            CENTRE[0] + (x - cx) * self.scale,
            CENTRE[1] + (y - cy) * self.scale,
        ]
    }

    fn pixels(&self, x: f32, y: f32) -> [f32; 2] {
        let [cx, cy] = self.relief.head.centre;
        [
            cx + (x - CENTRE[0]) / self.scale,
            cy + (y - CENTRE[1]) / self.scale,
        ]
    }

    fn shape(&self, x: f32, y: f32) -> [f32; 2] {
        let [px, py] = self.pixels(x, y);
        let column = px.clamp(0.0, (self.relief.width - 1) as f32) as usize;
        let row = py.clamp(0.0, (self.relief.height - 1) as f32) as usize;
        let depth = self.relief.depth[row * self.relief.width + column] * self.scale;
        [
            depth,
            turns_with_head((py - self.relief.head.chin) / self.relief.head.width),
        ]
    }

    fn colour(&self, x: f32, y: f32) -> [f32; 4] {
        let [px, py] = self.pixels(x, y);
        let (right, bottom) = (self.relief.width as f32, self.relief.height as f32);
        let row = py.min(bottom - 1.0);
        let beyond = (-px).max(px - right).max(0.0);
        let [r, g, b, cover] = if beyond > 0.0 {
            self.beyond_edge(px, row, beyond)
        } else {
            self.picture.at(px - 0.5, row - 0.5)
        };
        let aside = ((x - CENTRE[0]) / FACE).abs();
        let below = (py - self.relief.head.chin) / self.relief.head.width;
        let [r, g, b] = self.body(
            [r, g, b],
            aside,
            below,
            (py - bottom) / self.relief.head.width,
        );
        // A head cut by the photograph's upper edge is not continued.
        let cover = if py < 0.0 {
            0.0
        } else {
            cover * stature(aside, below)
        };
        [r, g, b, cover]
    }

    /// Below the photograph: the coat in its mean colour, its folds between arms and chest, and
    /// dark trousers. A far person is too small for more to be seen.
    fn body(&self, colour: [f32; 3], aside: f32, below: f32, lower: f32) -> [f32; 3] {
        let unseen = ramp(0.0, 0.5, lower);
        let round = 1.08 - 0.3 * (aside / SHOULDERS).powi(2);
        let arm = 1.0 - 0.45 * (-((aside - 1.02) / 0.06).powi(2)).exp();
        let trousers = ramp(2.75, 2.8, below) * (1.0 - ramp(0.98, 1.04, aside));
        std::array::from_fn(|c| {
            let coat = self.cloth[c] * round * arm;
            let worn = coat + ([0.15, 0.15, 0.18][c] * round - coat) * trousers;
            colour[c] + (worn - colour[c]) * unseen
        })
    }

    /// Beside the photograph the shoulders fall on outwards, ever steeper, and the cloth is
    /// that inside the edge, mirrored.
    fn beyond_edge(&self, x: f32, y: f32, beyond: f32) -> [f32; 4] {
        let right = self.relief.width as f32;
        let (edge, fall) = if x < 0.0 {
            (0.0, self.falls[0])
        } else {
            (right, self.falls[1])
        };
        let drop = beyond * (fall + 0.5 * beyond / self.relief.head.width);
        let own = self.picture.at(edge - 0.5, y - drop - 0.5);
        let inwards = if x < 0.0 { -x } else { 2.0 * right - x };
        let cloth = self
            .picture
            .at(inwards - 0.5, y - drop - fall * beyond - 0.5);
        let mix = |c: usize| own[c] + (cloth[c] - own[c]) * cloth[3];
        [mix(0), mix(1), mix(2), own[3]]
    }
}

/// Cover of a standing body at a place beside and below the chin, in face widths: shoulders,
/// arms down to the hips, and two legs.
fn stature(aside: f32, below: f32) -> f32 {
    let arms = 1.0
        - ramp(
            SHOULDERS - 0.04,
            SHOULDERS + 0.04,
            aside + 0.05 * (below - 1.5).max(0.0),
        );
    let legs = (1.0 - ramp(0.92, 1.0, aside)) * ramp(0.0, 0.06, aside - 0.05 * (below - 3.6));
    arms + (legs.min(arms) - arms) * ramp(3.5, 3.6, below)
}

/// Replaces the room's colour that shines through the person's outline by the person's own.
fn own_colours(picture: &Field<4>) -> Field<4> {
    let sure: Vec<f32> = picture
        .values
        .iter()
        .map(|[.., cover]| ramp(0.9, 1.0, *cover))
        .collect();
    let own = spread(picture, &sure);
    Field::from_fn(picture.width, picture.height, |x, y| {
        let i = y * picture.width + x;
        let ([r, g, b, _], seen) = (own.values[i], picture.values[i]);
        let sure = sure[i];
        let mix = |own: f32, seen: f32| own + (seen - own) * sure;
        [mix(r, seen[0]), mix(g, seen[1]), mix(b, seen[2]), seen[3]]
    })
}

/// The mean of the darker half of the colours along the lower edge: coats are darker than shirts
/// and cover more.
fn cloth(picture: &Field<4>) -> [f32; 3] {
    let edge = picture.values.len() - picture.width * (picture.height / 12).max(1);
    let mut worn: Vec<[f32; 4]> = picture.values[edge..]
        .iter()
        .filter(|colour| colour[3] > 0.9)
        .copied()
        .collect();
    worn.sort_by(|a, b| (a[0] + a[1] + a[2]).total_cmp(&(b[0] + b[1] + b[2])));
    worn.truncate(worn.len().div_ceil(2));
    let count = worn.len().max(1) as f32;
    [0, 1, 2].map(|c| worn.iter().map(|colour| colour[c]).sum::<f32>() / count)
}

/// How many rows the person's outline falls per column at one side edge of the portrait.
fn fall(relief: &Relief, right: bool) -> f32 {
    let run = (0.2 * relief.head.width) as usize;
    let column = |inwards: usize| {
        let inwards = inwards.min(relief.width - 1);
        if right {
            relief.width - 1 - inwards
        } else {
            inwards
        }
    };
    let top = |x: usize| {
        let from = relief.head.centre[1] as usize;
        (from..relief.height).find(|y| relief.cover[y * relief.width + x] > 0.5)
    };
    match (top(column(1)), top(column(run + 1))) {
        (Some(edge), Some(inner)) => ((edge as f32 - inner as f32) / run as f32).clamp(0.15, 1.2),
        _ => 0.4,
    }
}
