//! The promises of the simulated camera: the same seed gives the same pixels, a person moves like
//! a solid and a print like a plane, and the device keeps time, is lost and comes back.

mod device;
mod exposure;
mod infrared;
mod motion;
mod picture;

use std::{sync::Arc, time::Duration};

use super::{Backdrop, LANDMARKS, Relief, Stage};

const WIDTH: usize = 240;
const HEIGHT: usize = 300;

/// A face without features: a bright ellipsoid before a dark wall, over a grey chest.
fn portrait() -> Vec<u8> {
    let pixel = |i: usize| {
        let (x, y) = ((i % WIDTH) as f32, (i / WIDTH) as f32);
        let face = ((x - 120.0) / 48.0).hypot((y - 130.0) / 66.0) < 1.0;
        let chest = y > 215.0 && (x - 120.0).abs() < 0.9 * (y - 150.0);
        match (face, chest) {
            (true, _) => [205, 160, 140],
            (_, true) => [90, 90, 95],
            _ => [40, 60, 70],
        }
    };
    (0..WIDTH * HEIGHT).flat_map(pixel).collect()
}

/// Landmarks spread evenly over the ellipsoid, with those that have a name in their places.
fn landmarks() -> Vec<[f32; 3]> {
    let on_face = |x: f32, y: f32| {
        let off = ((x / 48.0).powi(2) + (y / 66.0).powi(2)).min(1.0);
        [120.0 + x, 130.0 + y, 20.0 - 45.0 * (1.0 - off).sqrt()]
    };
    let mut points: Vec<_> = (0..LANDMARKS)
        .map(|i| {
            let (radius, angle) = ((i as f32 / LANDMARKS as f32).sqrt(), i as f32 * 2.399_963);
            on_face(48.0 * radius * angle.cos(), 66.0 * radius * angle.sin())
        })
        .collect();
    let named = [(234, -48, 0), (454, 48, 0), (10, 0, -66), (152, 0, 66)];
    let eyes = [
        [
            (33, -32, -12),
            (133, -14, -12),
            (159, -23, -16),
            (145, -23, -9),
        ],
        [
            (362, 14, -12),
            (263, 32, -12),
            (386, 23, -16),
            (374, 23, -9),
        ],
    ];
    for (index, x, y) in named.into_iter().chain(eyes.into_iter().flatten()) {
        points[index] = on_face(x as f32, y as f32);
    }
    points
}

fn relief() -> Relief {
    Relief::from_landmarks(portrait(), WIDTH, HEIGHT, &landmarks()).unwrap()
}

fn stage(seed: u64) -> Arc<Stage> {
    Stage::new(&relief(), Backdrop::Hall, seed)
}

const SECOND: Duration = Duration::from_secs(1);
