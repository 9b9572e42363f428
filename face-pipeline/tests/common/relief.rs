//! A portrait as a relief: its pixels get the depth of the face's mesh, so that the head can be turned
//! and looked at from elsewhere; and painting on it.

use image::{Rgb, RgbImage};

/// A place in an image.
pub type Point = [f32; 2];

/// Distance at which the pull of a point of the mesh falls off, pixels, squared.
const REACH: f32 = 4.0;
/// Samples per pixel and direction, so that what is stretched has no holes.
const FINE: u32 = 2;

/// A portrait with the depth of each of its samples.
pub struct Relief {
    image: RgbImage,
    depths: Vec<f32>,
}

impl Relief {
    /// The image with the depth of `mesh` (away from the camera) where that is near.
    pub fn new(image: &RgbImage, mesh: &[[f32; 3]]) -> Self {
        let at = |n: u32| n as f32 / FINE as f32;
        let depths = samples(image).map(|(x, y)| depth(mesh, at(x), at(y)));
        Self {
            image: image.clone(),
            depths: depths.collect(),
        }
    }

    /// The image turned about an upright axis (yaw) and then a level one (pitch) through `axis`,
    /// degrees.
    pub fn turned(&self, axis: [f32; 3], turn: [f32; 2]) -> RgbImage {
        let [(yaw_sin, yaw_cos), (pitch_sin, pitch_cos)] =
            turn.map(|degrees| degrees.to_radians().sin_cos());
        let size = (self.image.width(), self.image.height());
        let mut nearest = vec![f32::INFINITY; (size.0 * size.1) as usize];
        let mut out = RgbImage::from_pixel(size.0, size.1, Rgb([120, 118, 115]));
        for ((x, y), depth) in samples(&self.image).zip(&self.depths) {
            let colour = *self.image.get_pixel(x / FINE, y / FINE);
            let (x, y) = (x as f32 / FINE as f32, y as f32 / FINE as f32);
            let (px, py, pz) = (x - axis[0], y - axis[1], depth - axis[2]);
            let (px, pz) = (px * yaw_cos + pz * yaw_sin, pz * yaw_cos - px * yaw_sin);
            let (py, pz) = (
                py * pitch_cos + pz * pitch_sin,
                pz * pitch_cos - py * pitch_sin,
            );
            let (left, top) = ((px + axis[0]).round() as i64, (py + axis[1]).round() as i64);
            if (0..i64::from(size.0)).contains(&left) && (0..i64::from(size.1)).contains(&top) {
                let at = (top as u32 * size.0 + left as u32) as usize;
                if pz < nearest[at] {
                    nearest[at] = pz;
                    out.put_pixel(left as u32, top as u32, colour);
                }
            }
        }
        out
    }
}

/// Places of an image's samples, row by row.
fn samples(image: &RgbImage) -> impl Iterator<Item = (u32, u32)> {
    let (columns, rows) = (image.width() * FINE, image.height() * FINE);
    (0..rows).flat_map(move |y| (0..columns).map(move |x| (x, y)))
}

/// The depth of a mesh at a place (Shepard's inverse distance weighting).
fn depth(mesh: &[[f32; 3]], x: f32, y: f32) -> f32 {
    let (mut pull, mut sum) = (0.0, 0.0);
    for [px, py, pz] in mesh {
        let weight = 1.0 / ((px - x).powi(2) + (py - y).powi(2) + REACH).powi(2);
        pull += weight;
        sum += weight * pz;
    }
    sum / pull
}

/// Fills what lies inside a closed line.
pub fn fill(image: &mut RgbImage, outline: &[Point], colour: [u8; 3]) {
    let edges = || outline.iter().zip(outline.iter().cycle().skip(1));
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        let (x, y) = (x as f32, y as f32);
        let crossed = edges().filter(|([ax, ay], [bx, by])| {
            (*ay > y) != (*by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
        });
        if crossed.count() % 2 == 1 {
            *pixel = Rgb(colour);
        }
    }
}

/// Fills an ellipse.
pub fn disc(image: &mut RgbImage, middle: Point, radii: Point, paint: impl Fn(u8, usize) -> u8) {
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        let across = (x as f32 - middle[0]) / radii[0];
        let down = (y as f32 - middle[1]) / radii[1];
        if across.hypot(down) <= 1.0 {
            *pixel = Rgb([0, 1, 2].map(|channel| paint(pixel.0[channel], channel)));
        }
    }
}
