//! Shrinking by averaging areas: a pixel becomes the mean of what it covers, with the parts of pixels
//! at its edges, so that no moiré appears. First rows are added up, then columns, eight numbers at
//! once, in 1/256 of a step of brightness. Each part is rounded down, so a sum may lack 1/256 for each
//! row and column that a pixel covers.

use wide::u16x8;
use zeroize::{Zeroize, Zeroizing};

use crate::pixels;

/// Blue, green, red.
const CHANNELS: usize = 3;
/// Numbers that are added at once: the colours of a pixel and what follows them, which is ignored.
const LANES: usize = 8;
/// Half a step of brightness.
const HALF: u16 = 128;

/// An image, or a part of one, in blue, green, red.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    /// From its first pixel on.
    pub(crate) data: &'a [u8],
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Bytes from a row to the next.
    pub(crate) stride: usize,
}

/// Shrinks images, in buffers that are used again and zeroed when dropped.
#[derive(Default)]
pub(crate) struct Shrinker {
    /// The weighted sum of the rows that a new row covers, 1/256 of a step, and room for the lanes that
    /// the last pixel leaves empty.
    sum: Zeroizing<Vec<u16>>,
    across: Coverage,
    down: Coverage,
}

impl Shrinker {
    /// Shrinks `source` to `width`×`height`, neither larger than its own nor zero, into `out`.
    pub(crate) fn shrink(
        &mut self,
        source: Source<'_>,
        out: &mut [u8],
        [width, height]: [usize; 2],
    ) {
        self.across.divide(source.width, width);
        self.down.divide(source.height, height);
        pixels::make_room(&mut self.sum, source.width * CHANNELS + LANES);
        self.sum.resize(source.width * CHANNELS + LANES, 0);
        let lines = out.chunks_exact_mut(width * CHANNELS);
        for (line, (first, weights)) in lines.zip(self.down.parts()) {
            self.sum.fill(0);
            let row = |y: usize| &source.data[y * source.stride..][..source.width * CHANNELS];
            for (y, pair) in (first..).step_by(2).zip(weights.chunks(2)) {
                match pair {
                    [upper, lower] => {
                        add_rows(&mut self.sum, [row(y), row(y + 1)], [*upper, *lower])
                    }
                    one => add_rows(&mut self.sum, [row(y); 2], [one[0], 0]),
                }
            }
            add_columns(&self.sum, &self.across, line);
        }
    }

    /// Overwrites what is left of an image.
    pub(crate) fn forget(&mut self) {
        self.sum.zeroize();
    }
}

/// Adds two rows with their weights to a sum, by the widest instructions that this processor has.
fn add_rows(sum: &mut [u16], rows: [&[u8]; 2], weights: [u16; 2]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[allow(
            unsafe_code,
            reason = "calling what is compiled for a feature of the processor"
        )]
        // SAFETY: the processor has the feature, as it just said.
        return unsafe { add_rows_avx2(sum, rows, weights) };
    }
    add_rows_anywhere(sum, rows, weights);
}

/// The same code, of which the compiler makes AVX2's instructions: about five times as fast.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn add_rows_avx2(sum: &mut [u16], rows: [&[u8]; 2], weights: [u16; 2]) {
    add_rows_anywhere(sum, rows, weights);
}

#[inline(always)]
fn add_rows_anywhere(sum: &mut [u16], [upper, lower]: [&[u8]; 2], [first, second]: [u16; 2]) {
    // Of two numbers of 16 bits the upper half of the product: processors have an instruction for it.
    let part = |value: u8, weight: u16| {
        ((u32::from(u16::from(value) << 8) * u32::from(weight)) >> 16) as u16
    };
    for ((sum, a), b) in sum.iter_mut().zip(upper).zip(lower) {
        // The weights add up to one, so this never wraps.
        *sum = sum
            .wrapping_add(part(*a, first))
            .wrapping_add(part(*b, second));
    }
}

/// Adds up the columns of each new pixel, all colours at once.
fn add_columns(sum: &[u16], across: &Coverage, line: &mut [u8]) {
    for (pixel, (first, weights)) in line.chunks_exact_mut(CHANNELS).zip(across.parts()) {
        let mut total = u16x8::splat(HALF);
        let covered = sum[first * CHANNELS..].windows(LANES).step_by(CHANNELS);
        for (lanes, weight) in covered.zip(weights) {
            let Some(lanes) = lanes.first_chunk() else {
                break;
            };
            total += u16x8::new(*lanes).mul_keep_high(u16x8::splat(*weight));
        }
        let colours = total.to_array();
        for (value, colour) in pixel.iter_mut().zip(colours) {
            *value = (colour >> 8) as u8;
        }
    }
}

/// Which pixels along one side each new pixel covers, and with which weights.
#[derive(Default)]
struct Coverage {
    sides: [usize; 2],
    /// Of each new pixel, the first that it covers.
    first: Vec<usize>,
    /// Weights of all new pixels one after the other, 1/65,536; those of each add up to one. Where a
    /// pixel covers fewer than another, the rest are zeros.
    weights: Vec<u16>,
    /// Weights of each.
    covered: usize,
}

impl Coverage {
    /// Divides `from` pixels among `to`, unless they are divided so already.
    fn divide(&mut self, from: usize, to: usize) {
        if self.sides == [from, to] {
            return;
        }
        self.sides = [from, to];
        self.first.clear();
        self.weights.clear();
        // In units of 1/to of a pixel, an old pixel is `to` long and a new one `from`.
        let covers = |new: usize| new * from / to..((new + 1) * from).div_ceil(to);
        self.covered = (0..to).map(|new| covers(new).len()).max().unwrap_or(1);
        for new in 0..to {
            let first = covers(new).start.min(from - self.covered);
            self.first.push(first);
            // Running totals are rounded, not weights, so that these add up exactly.
            let until = |old: usize| {
                let length = (old * to).clamp(new * from, (new + 1) * from) - new * from;
                (length * usize::from(u16::MAX) + from / 2) / from
            };
            let weights = (first..first + self.covered).map(|old| until(old + 1) - until(old));
            self.weights.extend(weights.map(|weight| weight as u16));
        }
    }

    /// Of each new pixel, the first that it covers, and the weights from there on.
    fn parts(&self) -> impl Iterator<Item = (usize, &[u16])> {
        let weights = self.weights.chunks_exact(self.covered.max(1));
        self.first.iter().copied().zip(weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, in real numbers: the mean of the area that a new pixel covers.
    fn mean_of_area(
        source: Source<'_>,
        [width, height]: [usize; 2],
        x: usize,
        y: usize,
        c: usize,
    ) -> f64 {
        let part = |new: usize, old: usize, from: usize, to: usize| {
            let (start, end) = (new * from, (new + 1) * from);
            let length = ((old + 1) * to).clamp(start, end) - (old * to).clamp(start, end);
            length as f64 / from as f64
        };
        let mut mean = 0.0;
        for row in 0..source.height {
            for column in 0..source.width {
                let weight =
                    part(x, column, source.width, width) * part(y, row, source.height, height);
                mean +=
                    weight * f64::from(source.data[row * source.stride + column * CHANNELS + c]);
            }
        }
        mean
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn every_processor_adds_rows_up_to_the_same_numbers() {
        if !std::arch::is_x86_feature_detected!("avx2") {
            return; // there is nothing to compare with
        }
        let rows: [Vec<u8>; 2] =
            [7, 11].map(|step| (0..1000_u32).map(|n| (n * step) as u8).collect());
        let rows = [&rows[0][..], &rows[1][..]];
        let (mut anywhere, mut here) = (vec![129; 1000], vec![129; 1000]);
        for weights in [[0, u16::MAX], [u16::MAX, 0], [12_345, 50_000]] {
            add_rows_anywhere(&mut anywhere, rows, weights);
            add_rows(&mut here, rows, weights);
            assert_eq!(anywhere, here, "{weights:?}");
        }
    }

    /// What the lanes of [`add_columns`] do, one number after the other.
    fn add_columns_singly(sum: &[u16], across: &Coverage, line: &mut [u8]) {
        for (pixel, (first, weights)) in line.chunks_exact_mut(CHANNELS).zip(across.parts()) {
            for (channel, value) in pixel.iter_mut().enumerate() {
                let part = |(at, weight): (usize, &u16)| {
                    let number = sum[(first + at) * CHANNELS + channel];
                    (u32::from(number) * u32::from(*weight)) >> 16
                };
                let total: u32 = weights.iter().enumerate().map(part).sum();
                *value = ((total + u32::from(HALF)) >> 8) as u8;
            }
        }
    }

    #[test]
    fn lanes_add_columns_up_to_the_same_numbers_as_one_after_the_other() {
        for (from, to) in [
            (640, 320),
            (640, 257),
            (716, 257),
            (41, 40),
            (17, 1),
            (9, 9),
            (1, 1),
        ] {
            let mut across = Coverage::default();
            across.divide(from, to);
            // Up to the largest that rows add up to, 255 steps of brightness; room for the last lanes.
            let sums = (0..from * CHANNELS).map(|n| (n * 7919 % (255 * 256 + 1)) as u16);
            let sum: Vec<u16> = sums.chain([0; LANES]).collect();
            let (mut lanes, mut singly) = (vec![1; to * CHANNELS], vec![2; to * CHANNELS]);
            add_columns(&sum, &across, &mut lanes);
            add_columns_singly(&sum, &across, &mut singly);
            assert_eq!(lanes, singly, "{from} to {to}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn every_new_pixel_is_the_mean_of_what_it_covers(
            (width, height) in (1..40_usize, 1..40_usize),
            (across, down) in (0.01..=1.0, 0.01..=1.0),
            gap in 0..7_usize,
            seed in proptest::num::u64::ANY,
        ) {
            let stride = width * CHANNELS + gap;
            let mut state = seed;
            let data: Vec<u8> = std::iter::repeat_with(|| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 56) as u8
            }).take(stride * height).collect();
            let source = Source { data: &data, width, height, stride };
            let smaller = |side: usize, share: f64| ((side as f64 * share) as usize).max(1);
            let size = [smaller(width, across), smaller(height, down)];

            let mut out = vec![0; size[0] * size[1] * CHANNELS];
            Shrinker::default().shrink(source, &mut out, size);

            for (number, value) in out.iter().enumerate() {
                let (pixel, c) = (number / CHANNELS, number % CHANNELS);
                let mean = mean_of_area(source, size, pixel % size[0], pixel / size[0], c);
                // Half a step of rounding, and what the parts were rounded down by.
                let below = (width.div_ceil(size[0]) + height.div_ceil(size[1]) + 3) as f64 / 256.0;
                let off = f64::from(*value) - mean;
                proptest::prop_assert!((-0.5 - below..=0.51).contains(&off), "{value} for {mean}");
            }
        }
    }
}
