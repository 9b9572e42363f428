//! What is behind the person: still pictures of the size of a frame. Either the background of the
//! portrait, with the person taken out and continued to all sides, or a plain hall.

use super::{
    HEIGHT, WIDTH,
    chance::{Chance, ramp},
    field::{Field, spread},
    pose,
    relief::Relief,
};

/// The portrait's own background, where it is when the person stands at rest.
pub(super) fn behind(relief: &Relief) -> Vec<u8> {
    let scale = relief.head.width / pose::NEAR_WIDTH;
    let (right, bottom) = ((relief.width - 1) as f32, (relief.height - 1) as f32);
    let person = rim(relief);
    let mut weight = Vec::with_capacity(WIDTH * HEIGHT);
    let mut unsure = Vec::with_capacity(WIDTH * HEIGHT);
    let known = Field::from_fn(WIDTH, HEIGHT, |x, y| {
        let px = relief.head.centre[0] + (x as f32 - pose::MIDDLE[0]) * scale;
        let py = relief.head.centre[1] + (y as f32 - pose::MIDDLE[1]) * scale;
        let (qx, qy) = (mirrored(px, right), mirrored(py, bottom));
        let i = qy as usize * relief.width + qx as usize;
        let beyond = (px - qx).abs().max((py - qy).abs()) / relief.head.width;
        // The person's place is not known, and neither is what is far outside the photograph.
        let hidden = person.values[i][0] > 0.01;
        weight.push(if hidden {
            0.0
        } else {
            1.0 - ramp(0.3, 1.2, beyond)
        });
        unsure.push(ramp(0.0, 0.12, beyond));
        [0, 1, 2].map(|c| f32::from(relief.rgb[3 * i + c]))
    });
    // A portrait may leave nothing of the room to be seen: then its mean colour must do.
    if weight.iter().all(|w| *w == 0.0) {
        weight.fill(1e-3);
    }
    let sharp = soften(&spread(&known, &weight));
    let vague = sharp.smooth(14).smooth(14);
    bytes(&Field::from_fn(WIDTH, HEIGHT, |x, y| {
        let i = y * WIDTH + x;
        let (a, b) = (&sharp.values[i], &vague.values[i]);
        std::array::from_fn(|c| a[c] + (b[c] - a[c]) * unsure[i])
    }))
}

/// The person's cover with a rim: single hairs reach beyond the outline.
fn rim(relief: &Relief) -> Field<1> {
    let cover = Field::from_fn(relief.width, relief.height, |x, y| {
        [relief.cover[y * relief.width + x]]
    });
    cover.smooth((0.05 * relief.head.width) as usize)
}

fn mirrored(x: f32, last: f32) -> f32 {
    let x = x.abs() % (2.0 * last).max(1.0);
    x.min(2.0 * last - x).clamp(0.0, last)
}

/// A hall with a wall, a window, a door and a floor, out of focus.
pub(super) fn hall(seed: u64) -> Field<3> {
    let mut chance = Chance::new(seed ^ 0x4A11);
    let door = 470.0 + 70.0 * chance.unit();
    let window = 30.0 + 60.0 * chance.unit();
    let tone = 0.95 + 0.1 * chance.unit();
    let scene = Field::from_fn(WIDTH, HEIGHT, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let mut colour = [178.0, 172.0, 160.0].map(|c: f32| c * (1.06 - 0.25 * y / 480.0));
        paint(&mut colour, [120.0, 108.0, 96.0], y > 395.0);
        paint(&mut colour, [96.0, 88.0, 80.0], (388.0..395.0).contains(&y));
        let in_door = (door..door + 120.0).contains(&x) && (70.0..388.0).contains(&y);
        paint(&mut colour, [126.0, 96.0, 70.0], in_door);
        let pane = (door + 14.0..door + 106.0).contains(&x) && (86.0..380.0).contains(&y);
        paint(&mut colour, [142.0, 112.0, 84.0], pane);
        let glass = (window..window + 110.0).contains(&x) && (40.0..230.0).contains(&y);
        paint(&mut colour, [214.0, 222.0, 228.0], glass);
        let bar = glass && ((x - window - 55.0).abs() < 4.0 || (y - 130.0).abs() < 4.0);
        paint(&mut colour, [150.0, 150.0, 148.0], bar);
        let glow = (-((x - window - 55.0) / 220.0).powi(2) - ((y - 140.0) / 200.0).powi(2)).exp();
        colour.map(|c| c * tone * (0.86 + 0.22 * glow))
    });
    soften(&scene)
}

/// Dresses the hall with somebody standing before the camera: the chest of an attacker.
pub(super) fn hall_with_somebody(seed: u64) -> Vec<u8> {
    let mut scene = hall(seed);
    let body = Field::from_fn(WIDTH, HEIGHT, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let aside = (x - 318.0).abs();
        let waist = 205.0 + 9.0 * (y / 70.0).sin() - 0.04 * y;
        let cover = 1.0 - ramp(waist - 6.0, waist + 6.0, aside);
        let folds = 0.06 * ((x + 0.4 * y) / 33.0).sin() + 0.04 * ((0.7 * x - y) / 21.0).sin();
        let shade = 1.0 - 0.35 * (aside / 200.0).powi(2) + folds - 0.1 * y / 480.0;
        [70.0 * shade, 88.0 * shade, 112.0 * shade, cover]
    });
    let body = body.smooth(2);
    for (place, [r, g, b, cover]) in scene.values.iter_mut().zip(&body.values) {
        for (channel, own) in place.iter_mut().zip([r, g, b]) {
            *channel += (own - *channel) * cover;
        }
    }
    bytes(&scene)
}

/// The plain hall as pixels.
pub(super) fn plain_hall(seed: u64) -> Vec<u8> {
    bytes(&hall(seed))
}

fn paint(colour: &mut [f32; 3], with: [f32; 3], here: bool) {
    if here {
        *colour = with;
    }
}

/// The room is farther away than what the lens is focused on.
fn soften(picture: &Field<3>) -> Field<3> {
    picture.smooth(2).smooth(2)
}

fn bytes(picture: &Field<3>) -> Vec<u8> {
    picture
        .values
        .iter()
        .flatten()
        .map(|c| (c + 0.5).clamp(0.0, 255.0) as u8)
        .collect()
}
