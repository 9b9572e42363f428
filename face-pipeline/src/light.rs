//! Light on a face and the sharpness of its image, measured on the aligned crop. Components are
//! named as in ISO/IEC 29794-5; `README.md` has formulas and limits.

use std::ops::Range;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::geometry::Rect;
use crate::pixels::{self, Picture};

/// Luminance up to which a pixel shows nothing (ISO/IEC 29794-5, under-exposure prevention: 0 to 25, as in
/// OFIQ).
const DARK: u8 = 25;
/// Luminance from which a pixel shows nothing (ISO/IEC 29794-5, over-exposure prevention: 247 to 255, as in
/// OFIQ).
const BRIGHT: u8 = 247;
/// Part of the aligned crop that is face in everybody: rows and columns, shares of its side.
const FACE_ROWS: Range<f32> = 0.30..0.95;
const FACE_COLUMNS: Range<f32> = 0.22..0.78;
/// Where the eyes of an aligned crop are, with lids and brows' shadow: shares of its side.
const EYE_ROWS: Range<f32> = 0.39..0.54;
const EYE_COLUMNS: [Range<f32>; 2] = [0.23..0.46, 0.54..0.77];
/// Bins in which the halves of a face are compared; coarse, so that skin and shadow matter, not noise.
const COARSE_BINS: usize = 32;
/// Every so many pixels of the surroundings are enough, in both directions.
const SURROUNDINGS_STEP: usize = 8;

/// The luminance of an aligned face, 8 bits; a buffer that is used again.
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Luminance {
    values: Vec<u8>,
    side: usize,
    /// Of the eyes' regions the share that shines, the larger of both.
    glare: f32,
}

impl Luminance {
    pub(crate) fn read(&mut self, aligned: &Picture) {
        self.side = aligned.width();
        pixels::make_room(&mut self.values, self.side * aligned.height());
        let pixels = aligned.data().chunks_exact(3);
        self.values.extend(pixels.map(luminance));
        let glare = EYE_COLUMNS.map(|columns| shining(aligned, &EYE_ROWS, &columns));
        self.glare = glare[0].max(glare[1]);
    }

    /// Mean luminance of the lighter eye's region.
    fn of_eyes(&self) -> f32 {
        let (rows, side) = (span(&EYE_ROWS, self.side), self.side);
        let eyes = EYE_COLUMNS.map(|columns| {
            let columns = span(&columns, side);
            let lines = rows
                .clone()
                .map(|y| &self.values[y * side..][columns.clone()]);
            let sum: u32 = lines.flatten().map(|v| u32::from(*v)).sum();
            sum as f32 / (rows.len() * columns.len()).max(1) as f32
        });
        eyes[0].max(eyes[1])
    }

    pub(crate) fn forget(&mut self) {
        self.zeroize();
    }
}

pub(crate) struct Light {
    /// Mean luminance.
    pub(crate) mean: f32,
    /// Share of pixels that show nothing, too dark or too bright.
    pub(crate) dark: f32,
    pub(crate) bright: f32,
    /// Of the histogram of luminance, 0 to 8.
    pub(crate) entropy_bits: f32,
    /// Shared area of the two halves' histograms, 0 to 1.
    pub(crate) uniformity: f32,
    /// Variance of the Laplacian over the variance.
    pub(crate) sharpness: f32,
    /// Mean luminance of the lighter eye's region over that of the face.
    pub(crate) eyes_visible: f32,
    /// Share of an eye's region that shines, the larger of both.
    pub(crate) glare: f32,
}

impl Light {
    pub(crate) fn measure(face: &Luminance) -> Self {
        let (luminance, side) = (&face.values, face.side);
        let (rows, columns) = (span(&FACE_ROWS, side), span(&FACE_COLUMNS, side));
        let middle = columns.start.midpoint(columns.end);

        let (mut values, mut edges) = (Moments::default(), Moments::default());
        let mut halves = [[0_u32; 256]; 2];
        for y in rows {
            for x in columns.clone() {
                let at = y * side + x;
                let value = luminance[at];
                halves[usize::from(x >= middle)][usize::from(value)] += 1;
                values.add(i32::from(value));
                let around = [at - 1, at + 1, at - side, at + side];
                let around: i32 = around.iter().map(|i| i32::from(luminance[*i])).sum();
                edges.add(4 * i32::from(value) - around);
            }
        }
        let count = values.count.max(1) as f32;
        let mean = values.sum as f32 / count;
        let of_both = |value: usize| (halves[0][value] + halves[1][value]) as f32 / count;
        Self {
            mean,
            dark: (0..=usize::from(DARK)).map(of_both).sum(),
            bright: (usize::from(BRIGHT)..256).map(of_both).sum(),
            entropy_bits: entropy((0..256).map(of_both)),
            uniformity: shared(&halves),
            // Over the variance, so that light and contrast do not pass for sharpness.
            sharpness: edges.variance() / values.variance().max(1.0),
            eyes_visible: face.of_eyes() / mean.max(1.0),
            glare: face.glare,
        }
    }
}

/// The pixels of a crop that a share of its side names, without those at its very edge.
fn span(share: &Range<f32>, side: usize) -> Range<usize> {
    let at = |s: f32| (s * side as f32) as usize;
    at(share.start).max(1)..at(share.end).min(side.saturating_sub(1))
}

/// The share of a region in which a light is mirrored: all colours at their end.
fn shining(aligned: &Picture, rows: &Range<f32>, columns: &Range<f32>) -> f32 {
    let side = aligned.width();
    let (rows, columns) = (span(rows, side), span(columns, side));
    let pixels = (rows.len() * columns.len()).max(1) as f32;
    let lines =
        rows.map(|y| &aligned.data()[(y * side + columns.start) * 3..][..columns.len() * 3]);
    let shines = |pixel: &&[u8]| pixel.iter().all(|value| *value > BRIGHT);
    let shining = lines.map(|line| line.chunks_exact(3).filter(shines).count());
    shining.sum::<usize>() as f32 / pixels
}

/// Mean luminance of a picture outside a face.
pub(crate) fn around(picture: &Picture, face: &Rect) -> f32 {
    let pixels = |from: f32, length: f32| {
        from.max(0.0).ceil() as usize..(from + length).max(0.0).ceil() as usize
    };
    let (columns, lines) = (pixels(face.x, face.width), pixels(face.y, face.height));
    let (mut sum, mut count) = (0_u32, 0_u32);
    let rows = picture.data().chunks_exact(picture.width().max(1) * 3);
    for (y, row) in rows.enumerate().step_by(SURROUNDINGS_STEP) {
        for x in (0..picture.width()).step_by(SURROUNDINGS_STEP) {
            if !(lines.contains(&y) && columns.contains(&x)) {
                sum += u32::from(luminance(&row[x * 3..][..3]));
                count += 1;
            }
        }
    }
    sum as f32 / count.max(1) as f32
}

fn entropy(shares: impl Iterator<Item = f32>) -> f32 {
    let present = shares.filter(|share| *share > 0.0);
    present.map(|share| -share * share.log2()).sum()
}

/// The area that two histograms share, each of area one.
fn shared([left, right]: &[[u32; 256]; 2]) -> f32 {
    let area = |half: &[u32]| half.iter().sum::<u32>() as f32;
    let (all_left, all_right) = (area(left).max(1.0), area(right).max(1.0));
    let width = left.len() / COARSE_BINS;
    let bins = left.chunks(width).zip(right.chunks(width));
    bins.map(|(l, r)| (area(l) / all_left).min(area(r) / all_right))
        .sum()
}

#[derive(Default)]
struct Moments {
    count: i64,
    sum: i64,
    squares: i64,
}

impl Moments {
    fn add(&mut self, value: i32) {
        self.count += 1;
        self.sum += i64::from(value);
        self.squares += i64::from(value * value);
    }

    fn variance(&self) -> f32 {
        let n = self.count.max(1) as f64;
        let mean = self.sum as f64 / n;
        (self.squares as f64 / n - mean * mean).max(0.0) as f32
    }
}

/// ITU-R BT.601 luminance of a pixel in blue, green, red.
fn luminance(pixel: &[u8]) -> u8 {
    let weighted = 29 * u32::from(pixel[0]) + 150 * u32::from(pixel[1]) + 77 * u32::from(pixel[2]);
    (weighted >> 8) as u8
}
