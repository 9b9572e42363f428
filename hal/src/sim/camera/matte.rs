//! Tells the person in a portrait from the background, without any network: a guess from where a
//! head and shoulders must be, corrected by the colours found in either place, and fitted to the
//! edges of the picture (guided filter, He et al. 2013). Leans towards the person: a rim of
//! background that moves with the head shows less than hair that stays behind.

use super::{
    chance::ramp,
    field::{Field, spread},
    relief::Head,
};

/// The matte is found on a grid of this share of the face's width, enough for the outline of hair.
const STEP: f32 = 1.0 / 100.0;
/// Bins per colour in the histograms.
const BINS: usize = 12;
/// Rounds of sorting pixels by colour and counting colours again.
const ROUNDS: usize = 3;
/// Colours (0..1 each) that differ less than this from the room's beside them are likely the room's.
const LIKE: f32 = 0.07;
/// Smoothing of the guided filter: grid steps, and variance of brightness (0..1) that is an edge.
const GUIDE_RADIUS: usize = 6;
const GUIDE_EDGE: f32 = 4e-4;

/// How much of each pixel belongs to the person, 0 to 1.
pub(super) fn cover(rgb: &[u8], width: usize, height: usize, head: &Head) -> Vec<f32> {
    let step = (head.width * STEP).max(1.0);
    let small = shrink(rgb, width, height, step);
    let place = Field::from_fn(small.width, small.height, |x, y| {
        let across = (x as f32 * step - head.centre[0]).abs() / head.width;
        let below = (y as f32 * step - head.chin) / head.width;
        [by_place(across, below)]
    });
    let [x, y] = head.centre.map(|c| (c / step) as usize);
    let person = guided(&small, &connected(by_colour(&small, &place), x, y));
    Field::<1>::from_fn(width, height, |x, y| {
        person.at(x as f32 / step, y as f32 / step)
    })
    .values
    .into_iter()
    .map(|[p]| ramp(0.2, 0.8, p))
    .collect()
}

fn shrink(rgb: &[u8], width: usize, height: usize, step: f32) -> Field<3> {
    let columns = (width as f32 / step) as usize + 1;
    let rows = (height as f32 / step) as usize + 1;
    let full = Field::from_fn(width, height, |x, y| {
        let i = (y * width + x) * 3;
        [rgb[i], rgb[i + 1], rgb[i + 2]].map(|c| f32::from(c) / 255.0)
    });
    let full = full.smooth((step / 2.0) as usize);
    Field::from_fn(columns, rows, |x, y| {
        full.at(x as f32 * step, y as f32 * step)
    })
}

/// How likely a place belongs to a head and shoulders: face widths aside and below the chin.
fn by_place(across: f32, below: f32) -> f32 {
    let middle = -0.72; // the middle of the head lies above the chin
    // The jaw is narrower than the crown.
    let half_width = 0.68 - 0.3 * ramp(-0.6, -0.1, below);
    let head = 1.0 - (across / half_width).hypot((below - middle) / 1.04);
    // The outline falls from the neck to the shoulders and then runs straight down.
    let chest = 0.4 + 1.2 * ramp(0.1, 0.65, below) - across;
    let chest = if below > -0.3 { chest } else { -1.0 };
    // Hair may fall to the shoulders: there, only colour can tell.
    let hair = if below > -1.2 {
        (4.0 * (0.97 - across)).min(-0.1)
    } else {
        -1.0
    };
    (0.5 + (2.6 * head).max(1.3 * chest).max(hair)).clamp(-1.0, 1.0)
}

/// Corrects the guess by which colours are frequent where the guess is sure.
fn by_colour(picture: &Field<3>, place: &Field<1>) -> Field<1> {
    let mut person = place.clone();
    for _ in 0..ROUNDS {
        let behind = room_colours(picture, &person);
        let mut counts = vec![[1e-3f32; 2]; BINS * BINS * BINS];
        let mut total = [1e-3f32; 2];
        for (colour, [p]) in picture.values.iter().zip(&person.values) {
            for (side, share) in [(0, 1.0 - p), (1, *p)] {
                let sure = ramp(0.6, 1.0, share);
                counts[bin(colour)][side] += sure;
                total[side] += sure;
            }
        }
        let pixels = picture.values.iter().zip(&behind.values);
        for (((colour, room_here), [prior]), [p]) in
            pixels.zip(&place.values).zip(&mut person.values)
        {
            let [room, body] = counts[bin(colour)];
            let ratio = (body / total[1] + 1e-5) / (room / total[0] + 1e-5);
            // Far from where a person can be, colour proves nothing.
            let prior = if *prior < -0.7 {
                0.01
            } else {
                prior.clamp(0.05, 0.99)
            };
            let unlike = 1.0 - (-(distance(colour, room_here) / LIKE).powi(2)).exp();
            let evidence = ratio.clamp(0.1, 20.0) * (0.2 + 2.0 * unlike);
            let odds = evidence * (prior / (1.0 - prior)).powf(1.2);
            *p = odds / (1.0 + odds);
        }
        person = person.smooth(1);
    }
    person
}

/// Keeps what hangs together with the middle of the face: other things of the same colours are
/// part of the room.
fn connected(mut person: Field<1>, x: usize, y: usize) -> Field<1> {
    let (width, height) = (person.width, person.height);
    let mut reached = vec![false; width * height];
    let mut next = vec![(x.min(width - 1), y.min(height - 1))];
    while let Some((x, y)) = next.pop() {
        let i = y * width + x;
        if reached[i] || person.values[i][0] < 0.35 {
            continue;
        }
        reached[i] = true;
        next.extend([(x.saturating_sub(1), y), ((x + 1).min(width - 1), y)]);
        next.extend([(x, y.saturating_sub(1)), (x, (y + 1).min(height - 1))]);
    }
    for (place, reached) in person.values.iter_mut().zip(reached) {
        place[0] *= f32::from(u8::from(reached));
    }
    person
}

/// The room's colours around and behind the person, from where there is surely no person.
fn room_colours(picture: &Field<3>, person: &Field<1>) -> Field<3> {
    let sure: Vec<f32> = person.values.iter().map(|[p]| ramp(0.3, 0.0, *p)).collect();
    spread(picture, &sure)
}

fn distance(a: &[f32; 3], b: &[f32; 3]) -> f32 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).powi(2))
        .sum::<f32>()
        .sqrt()
}

fn bin(colour: &[f32; 3]) -> usize {
    colour.iter().fold(0, |index, c| {
        index * BINS + ((c * BINS as f32) as usize).min(BINS - 1)
    })
}

/// Guided filter: the plane follows the edges of the picture's brightness.
fn guided(picture: &Field<3>, plane: &Field<1>) -> Field<1> {
    let moments = Field::from_fn(plane.width, plane.height, |x, y| {
        let i = y * plane.width + x;
        let [r, g, b] = picture.values[i];
        let guide = 0.3 * r + 0.59 * g + 0.11 * b;
        let p = plane.values[i][0];
        [guide, p, guide * p, guide * guide]
    });
    let mean = moments.smooth(GUIDE_RADIUS);
    let lines = Field::from_fn(plane.width, plane.height, |x, y| {
        let [guide, p, product, square] = mean.values[y * plane.width + x];
        let slope = (product - guide * p) / (square - guide * guide + GUIDE_EDGE);
        [slope, p - slope * guide]
    });
    let lines = lines.smooth(GUIDE_RADIUS);
    Field::from_fn(plane.width, plane.height, |x, y| {
        let i = y * plane.width + x;
        [(lines.values[i][0] * moments.values[i][0] + lines.values[i][1]).clamp(0.0, 1.0)]
    })
}
