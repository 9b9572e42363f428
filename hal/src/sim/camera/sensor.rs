//! The camera behind the lens: exposure and white balance that drift, a focus that is never
//! perfect, shading towards the corners, noise, and YUYV as a webcam sends it.

use super::{
    HEIGHT, WIDTH,
    chance::{Chance, wander},
};

/// Deviation of the noise in luminance, of 255, in the dark and added in full light.
const NOISE_DARK: f32 = 1.7;
const NOISE_BRIGHT: f32 = 1.5;
/// Grains of noise drawn once; each row of each frame starts elsewhere in them.
const GRAINS: usize = 1 << 15;
/// Power of the curve from light to values (sRGB, approximately).
const GAMMA: f32 = 2.2;
/// Light lost in the corners.
const CORNER_LOSS: f32 = 0.16;

/// A sensor with its noise.
pub(super) struct Sensor {
    seed: u64,
    grains: Vec<i8>,
    /// Share of light that arrives, per row and column block, in 256ths.
    shading: Vec<u16>,
    /// Noise by luminance, in 256ths.
    noise: [i32; 256],
    luma: Vec<u8>,
}

impl Sensor {
    pub(super) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ 0x5E45);
        let grains: Vec<f32> = (0..GRAINS + 2).map(|_| chance.bell()).collect();
        // The camera's own denoising leaves grains a little wider than a pixel; 24 per deviation.
        let grains = grains
            .windows(3)
            .map(|w| (24.0 * (0.35 * w[0] + 0.85 * w[1] + 0.35 * w[2])) as i8)
            .collect();
        let noise = std::array::from_fn(|y| {
            let deviation = NOISE_DARK + NOISE_BRIGHT * (y as f32 / 255.0).sqrt();
            (deviation * 256.0 / 24.0) as i32
        });
        Self {
            seed,
            grains,
            shading: shading(),
            noise,
            luma: vec![0; WIDTH * HEIGHT],
        }
    }

    /// Turns what the lens shows at a time into the bytes of a YUYV frame, with so many stops more
    /// light than the camera's automatic takes.
    pub(super) fn expose(&mut self, picture: &[u8], t: f32, stops: f32, yuyv: &mut [u8]) {
        self.convert(picture, &self.curves(t, stops), yuyv);
        let blur = 70.0 + 60.0 * wander(self.seed, 34, 5.7, t);
        self.focus_and_grain(blur as i32, t, yuyv);
    }

    /// One curve per colour: exposure, white balance, and the softer contrast of a webcam.
    fn curves(&self, t: f32, stops: f32) -> [[u8; 256]; 3] {
        let light = (1.0 + 0.05 * wander(self.seed, 31, 8.3, t)) * (stops / GAMMA).exp2();
        let warmth = 0.02 * wander(self.seed, 32, 11.9, t);
        let green = 0.008 * wander(self.seed, 33, 13.1, t);
        [
            light * (1.0 + warmth),
            light * (1.0 + green),
            light * (1.0 - warmth),
        ]
        .map(|gain| {
            std::array::from_fn(|v| {
                let v = 6.0 + 0.955 * gain * v as f32;
                // Highlights roll off instead of clipping.
                let v = if v > 215.0 {
                    215.0 + 40.0 * (1.0 - (-(v - 215.0) / 40.0).exp())
                } else {
                    v
                };
                v.min(255.0) as u8
            })
        })
    }

    /// BT.601, limited range; luminance goes to its own plane, chrominance to its place.
    fn convert(&mut self, picture: &[u8], curves: &[[u8; 256]; 3], yuyv: &mut [u8]) {
        let pairs = picture.chunks_exact(6).zip(self.luma.chunks_exact_mut(2));
        let pairs = pairs.zip(yuyv.chunks_exact_mut(4)).zip(&self.shading);
        for (((pixels, luma), out), shading) in pairs {
            let lit = |i: usize| {
                (i32::from(curves[i % 3][usize::from(pixels[i])]) * i32::from(*shading)) >> 8
            };
            let [r, g, b, r2, g2, b2] = std::array::from_fn(lit);
            luma[0] = (16 + ((66 * r + 129 * g + 25 * b + 128) >> 8)) as u8;
            luma[1] = (16 + ((66 * r2 + 129 * g2 + 25 * b2 + 128) >> 8)) as u8;
            let (r, g, b) = (r + r2, g + g2, b + b2);
            out[1] = (128 + ((-38 * r - 74 * g + 112 * b + 256) >> 9)) as u8;
            out[3] = (128 + ((112 * r - 94 * g - 18 * b + 256) >> 9)) as u8;
        }
    }

    fn focus_and_grain(&self, blur: i32, t: f32, yuyv: &mut [u8]) {
        let moment = (t * 1000.0) as u64;
        let mut chance = Chance::new(self.seed ^ moment.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        for (y, row) in yuyv.chunks_exact_mut(WIDTH * 2).enumerate() {
            let line = |y: usize| &self.luma[y * WIDTH..(y + 1) * WIDTH];
            let (above, own, below) = (
                line(y.saturating_sub(1)),
                line(y),
                line((y + 1).min(HEIGHT - 1)),
            );
            let start = chance.bits() as usize % (GRAINS - 2 * WIDTH);
            let grains = &self.grains[start..start + 2 * WIDTH];
            let column =
                |x: usize| i32::from(above[x]) + 2 * i32::from(own[x]) + i32::from(below[x]);
            let (mut left, mut middle) = (column(0), column(0));
            for x in 0..WIDTH {
                let right = column((x + 1).min(WIDTH - 1));
                let soft = left + 2 * middle + right; // 16 times the mean
                let sharp = 16 * i32::from(own[x]);
                let value = (sharp * (256 - blur) + soft * blur) >> 12;
                let noise = (i32::from(grains[x]) * self.noise[(value & 255) as usize]) >> 8;
                row[2 * x] = (value + noise).clamp(16, 235) as u8;
                let colour = (i32::from(grains[WIDTH + x]) * 9) >> 8;
                row[2 * x + 1] = (i32::from(row[2 * x + 1]) + colour).clamp(16, 240) as u8;
                (left, middle) = (middle, right);
            }
        }
    }
}

/// Light per pair of pixels.
fn shading() -> Vec<u16> {
    let (cx, cy) = (WIDTH as f32 / 2.0, HEIGHT as f32 / 2.0);
    (0..WIDTH * HEIGHT / 2)
        .map(|i| {
            let (x, y) = ((2 * i % WIDTH) as f32 - cx, (2 * i / WIDTH) as f32 - cy);
            let off = (x * x + y * y) / (cx * cx + cy * cy);
            (256.0 * (1.0 - CORNER_LOSS * off)) as u16
        })
        .collect()
}
