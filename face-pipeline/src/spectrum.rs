//! Peaks in the spectrum of a face: the grid of a screen and the dots of a print beat with the
//! camera's pixels, and where skin has a smooth spectrum, moiré has lines (cf. Garcia and de Queiroz,
//! "Face-spoofing 2D-detection based on moiré-pattern analysis", 2015).
//!
//! In: the middle of a face at the camera's own resolution. Out: how far the highest peak stands out,
//! decibels. Luminance and the difference of red and blue are looked at, the one as real, the other
//! as imaginary part.

use std::f32::consts::TAU;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::detect::Face;
use crate::pixels::Picture;

/// Side of the square that is looked at, pixels.
const SIDE: usize = 128;
/// Frequencies, cycles in the square: below lie eyes, nose and mouth, above nothing.
const LOWEST: usize = 14;
const HIGHEST: usize = SIDE / 2 - 1;
/// JPEG's blocks of eight pixels have lines of their own at multiples of this, along the axes.
const BLOCK_LINE: usize = SIDE / 8;
/// Half the side of the neighbourhood that a peak is compared with.
const AROUND: i32 = 5;

/// Buffers; zeroed when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Spectrum {
    values: Vec<[f32; 2]>,
    column: Vec<[f32; 2]>,
    power: [Vec<f32>; 2],
    #[zeroize(skip)]
    turns: Vec<[f32; 2]>,
    #[zeroize(skip)]
    window: Vec<f32>,
}

impl Default for Spectrum {
    fn default() -> Self {
        let turn = |i: usize| {
            let angle = -TAU * i as f32 / SIDE as f32;
            [angle.cos(), angle.sin()]
        };
        let hann = |i: usize| 0.5 - 0.5 * (TAU * i as f32 / SIDE as f32).cos();
        Self {
            values: vec![[0.0; 2]; SIDE * SIDE],
            column: vec![[0.0; 2]; SIDE],
            power: [vec![0.0; SIDE * SIDE], vec![0.0; SIDE * SIDE]],
            turns: (0..SIDE / 2).map(turn).collect(),
            window: (0..SIDE).map(hann).collect(),
        }
    }
}

impl Spectrum {
    /// How far the highest peak stands out of its surroundings, decibels; 0 where the picture is
    /// smaller than the square.
    pub(crate) fn peak_db(&mut self, picture: &Picture, face: &Face) -> f32 {
        if !self.read(picture, face) {
            return 0.0;
        }
        self.transform();
        self.separate();
        let peaks = [0, 1].map(|channel| highest(&self.power[channel]));
        peaks[0].max(peaks[1])
    }

    /// Overwrites what was looked at.
    pub(crate) fn forget(&mut self) {
        self.values.fill([0.0; 2]);
        self.column.fill([0.0; 2]);
        self.power.iter_mut().for_each(|p| p.fill(0.0));
    }

    fn read(&mut self, picture: &Picture, face: &Face) -> bool {
        let (width, height) = (picture.width(), picture.height());
        if width < SIDE || height < SIDE {
            return false;
        }
        let centre = face.bounds.centre();
        let from =
            |at: f32, side: usize| ((at - SIDE as f32 / 2.0).max(0.0) as usize).min(side - SIDE);
        let (left, top) = (from(centre.x, width), from(centre.y, height));
        for y in 0..SIDE {
            let row = &picture.data()[((top + y) * width + left) * 3..][..SIDE * 3];
            for (x, bgr) in row.chunks_exact(3).enumerate() {
                let [b, g, r] = [bgr[0], bgr[1], bgr[2]].map(f32::from);
                let taper = self.window[x] * self.window[y];
                let luminance = 0.299 * r + 0.587 * g + 0.114 * b - 128.0;
                self.values[y * SIDE + x] = [taper * luminance, taper * (r - b) / 2.0];
            }
        }
        true
    }

    fn transform(&mut self) {
        for row in self.values.chunks_exact_mut(SIDE) {
            fourier(row, &self.turns);
        }
        for x in 0..SIDE {
            for y in 0..SIDE {
                self.column[y] = self.values[y * SIDE + x];
            }
            fourier(&mut self.column, &self.turns);
            for y in 0..SIDE {
                self.values[y * SIDE + x] = self.column[y];
            }
        }
    }

    /// The spectra of real and imaginary part, from their symmetry.
    fn separate(&mut self) {
        for y in 0..SIDE {
            for x in 0..SIDE {
                let [a, b] = self.values[y * SIDE + x];
                let [c, d] = self.values[(SIDE - y) % SIDE * SIDE + (SIDE - x) % SIDE];
                let square = |re: f32, im: f32| (re * re + im * im) / 4.0 + 1.0;
                self.power[0][y * SIDE + x] = square(a + c, b - d);
                self.power[1][y * SIDE + x] = square(b + d, c - a);
            }
        }
    }
}

/// The highest ratio of a frequency's power to the mean of those around it, decibels.
fn highest(power: &[f32]) -> f32 {
    let reach = HIGHEST as i32;
    let at = |x: i32, y: i32| {
        let wrap = |v: i32| v.rem_euclid(SIDE as i32) as usize;
        power[wrap(y) * SIDE + wrap(x)]
    };
    let mut highest = 1.0_f32;
    for y in 0..=reach {
        for x in -reach..=reach {
            let radius = f32::hypot(x as f32, y as f32);
            if radius < LOWEST as f32 || radius > HIGHEST as f32 || is_block_line(x, y) {
                continue;
            }
            // A peak of the taper is three wide; those around are summed beyond it.
            let peak = at(x, y);
            if peak < at(x - 1, y)
                || peak < at(x + 1, y)
                || peak < at(x, y - 1)
                || peak < at(x, y + 1)
            {
                continue;
            }
            let (mut sum, mut count) = (0.0, 0.0);
            for dy in -AROUND..=AROUND {
                for dx in -AROUND..=AROUND {
                    if dx.abs().max(dy.abs()) > 2 {
                        sum += at(x + dx, y + dy);
                        count += 1.0;
                    }
                }
            }
            highest = highest.max(peak * count / sum);
        }
    }
    10.0 * highest.log10()
}

fn is_block_line(x: i32, y: i32) -> bool {
    let near = |v: i32| {
        let off = v.unsigned_abs() as usize % BLOCK_LINE;
        off <= 1 || off >= BLOCK_LINE - 1
    };
    (x.abs() <= 1 && near(y)) || (y.abs() <= 1 && near(x)) || (near(x) && near(y))
}

/// Cooley and Tukey's transform (1965) in place, of a power of two.
fn fourier(values: &mut [[f32; 2]], turns: &[[f32; 2]]) {
    let n = values.len();
    let bits = n.trailing_zeros();
    for i in 0..n {
        let j = i.reverse_bits() >> (usize::BITS - bits);
        if i < j {
            values.swap(i, j);
        }
    }
    let mut half = 1;
    while half < n {
        let stride = n / (2 * half);
        for block in values.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
                let [c, s] = turns[k * stride];
                let t = [b[0] * c - b[1] * s, b[0] * s + b[1] * c];
                *b = [a[0] - t[0], a[1] - t[1]];
                *a = [a[0] + t[0], a[1] + t[1]];
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;
    use crate::image::{ImageView, PixelFormat};

    fn peak(colour: impl Fn(f32, f32) -> [f32; 3]) -> f32 {
        let pixels: Vec<u8> = (0..200 * 160)
            .flat_map(|i| colour((i % 200) as f32, (i / 200) as f32).map(|v| v as u8))
            .collect();
        let view = ImageView::packed(&pixels, 200, 160, PixelFormat::Rgb8).expect("an image");
        let mut picture = Picture::default();
        picture.load(&view).expect("a picture");
        let bounds = Rect {
            x: 40.0,
            y: 30.0,
            width: 100.0,
            height: 100.0,
        };
        let face = Face {
            bounds,
            landmarks: Default::default(),
            confidence: 1.0,
        };
        Spectrum::default().peak_db(&picture, &face)
    }

    /// Skin of sorts: shading, and grain that differs from pixel to pixel.
    fn skin(x: f32, y: f32) -> f32 {
        let seed = (x as u64) << 32 | y as u64;
        let mixed = (seed ^ seed >> 15).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let grain = (mixed >> 40) as f32 / (1_u64 << 24) as f32;
        120.0 + 40.0 * (x / 31.0).sin() + 8.0 * grain
    }

    #[test]
    fn a_grid_stands_out_of_skin_in_light_and_in_colour() {
        let plain = peak(|x, y| [skin(x, y); 3]);
        let light = peak(|x, y| [skin(x, y) + 6.0 * (x * 1.9 + y * 0.3).sin(); 3]);
        let colour = peak(|x, y| {
            let grid = 6.0 * (x * 1.9 + y * 0.3).sin();
            [skin(x, y) + grid, skin(x, y), skin(x, y) - grid]
        });
        assert!(light > plain + 5.0, "{light} against {plain}");
        assert!(colour > plain + 5.0, "{colour} against {plain}");
    }
}
