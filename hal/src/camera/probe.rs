//! A short look through a camera for the technician's self-test: picture size, rate, light, and
//! whether anything moves. Pictures are measured and dropped at once; only numbers leave here.

use std::time::{Duration, Instant};

use super::{Camera, CameraError, Frame, PixelFormat};

/// Of each row and column, every how many-th pixel is looked at.
const STEP: usize = 4;
/// Luminance of black, and its range, in BT.601 limited range (as YUYV has it).
const LIMITED_BLACK: u32 = 16;
const LIMITED_RANGE: u32 = 219;

/// What was seen through the camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// How many pictures came.
    pub frames: u32,
    /// Pictures per second, by the driver's times; none for fewer than two pictures.
    pub rate: Option<f64>,
    /// Light of the last picture, when the exposure has settled.
    pub light: Light,
    /// Whether one picture differed from the one before: no sensor gives the same noise twice.
    pub changes: bool,
}

/// Luminance of a picture, 0 (black) to 255 (white).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Light {
    /// Mean.
    pub mean: u8,
    /// Difference between the darkest and the brightest twentieth.
    pub contrast: u8,
}

/// Waits for the first picture, at most for `patience`, then looks for the time of `look`.
///
/// # Errors
/// What the camera says; a stream that stops in the middle is [`CameraError::TimedOut`].
pub fn probe(
    camera: &mut dyn Camera,
    patience: Duration,
    look: Duration,
) -> Result<Look, CameraError> {
    let first = camera.next_frame(patience)?;
    let begun = Instant::now();
    let (start, width, height) = (first.at(), first.width(), first.height());
    let mut seen = measure(&first);
    drop(first);
    let (mut frames, mut end, mut changes) = (1, start, false);
    while end.saturating_sub(start) < look && begun.elapsed() < look * 2 {
        let frame = camera.next_frame(look)?;
        let now = measure(&frame);
        changes |= now.fingerprint != seen.fingerprint;
        (seen, end) = (now, frame.at());
        frames += 1;
    }
    let seconds = end.saturating_sub(start).as_secs_f64();
    Ok(Look {
        width,
        height,
        frames,
        rate: (seconds > 0.0).then(|| f64::from(frames - 1) / seconds),
        light: seen.light,
        changes,
    })
}

/// What is remembered of a picture.
struct Measured {
    light: Light,
    fingerprint: u64,
}

fn measure(frame: &Frame) -> Measured {
    let mut histogram = [0_u32; 256];
    // FNV-1a: tells two pictures apart, keeps neither.
    let mut fingerprint = 0xCBF2_9CE4_8422_2325_u64;
    for value in samples(frame) {
        histogram[usize::from(value)] += 1;
        fingerprint = (fingerprint ^ u64::from(value)).wrapping_mul(0x0100_0000_01B3);
    }
    Measured {
        light: light(&histogram),
        fingerprint,
    }
}

fn samples(frame: &Frame) -> impl Iterator<Item = u8> {
    let format = frame.format();
    let pixel = format.bytes_per_pixel();
    let row = frame.width() as usize * pixel;
    frame
        .data()
        .chunks(frame.stride())
        .step_by(STEP)
        .flat_map(move |line| line[..row].chunks_exact(pixel).step_by(STEP))
        .map(move |bytes| luminance(format, bytes))
}

fn luminance(format: PixelFormat, pixel: &[u8]) -> u8 {
    let at = |i: usize| u32::from(pixel[i]);
    let value = match format {
        PixelFormat::Grey8 => at(0),
        PixelFormat::Yuyv => at(0).saturating_sub(LIMITED_BLACK) * 255 / LIMITED_RANGE,
        // BT.601: 0.299, 0.587, 0.114.
        PixelFormat::Rgb8 => (at(0) * 299 + at(1) * 587 + at(2) * 114) / 1000,
    };
    u8::try_from(value).unwrap_or(u8::MAX)
}

fn light(histogram: &[u32; 256]) -> Light {
    let count: u64 = histogram.iter().map(|n| u64::from(*n)).sum();
    let sum: u64 = (0_u64..)
        .zip(histogram)
        .map(|(v, n)| v * u64::from(*n))
        .sum();
    let below = |share: u64| {
        let mut left = count * share / 20;
        (0_u8..=255)
            .find(|v| {
                let here = u64::from(histogram[usize::from(*v)]);
                let found = here > left;
                left = left.saturating_sub(here);
                found
            })
            .unwrap_or(u8::MAX)
    };
    Light {
        mean: u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX),
        contrast: below(19).saturating_sub(below(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::FrameLayout;

    /// Gives pictures at 25 a second, made by a function of their number.
    struct Painted<F>(u64, F);

    impl<F: Fn(u64, usize) -> u8 + Send> Camera for Painted<F> {
        fn next_frame(&mut self, _: Duration) -> Result<Frame, CameraError> {
            let layout = FrameLayout::packed(64, 48, PixelFormat::Grey8);
            let bytes: Vec<u8> = (0..64 * 48).map(|i| (self.1)(self.0, i)).collect();
            self.0 += 1;
            let at = Duration::from_millis(40 * self.0);
            Frame::new(bytes.into(), layout, at, self.0)
        }

        fn describe(&self) -> String {
            String::from("painted")
        }
    }

    fn look(paint: impl Fn(u64, usize) -> u8 + Send) -> Look {
        let second = Duration::from_secs(1);
        probe(&mut Painted(0, paint), second, second).unwrap()
    }

    #[test]
    fn a_living_picture_has_size_rate_light_and_change() {
        let seen = look(|n, i| if i % 64 < 32 { 40 } else { 160 + (n % 2) as u8 });
        assert_eq!((seen.width, seen.height, seen.frames), (64, 48, 26));
        assert!((seen.rate.unwrap() - 25.0).abs() < 0.01, "{seen:?}");
        assert_eq!(seen.light.mean, 100);
        assert_eq!(seen.light.contrast, 121);
        assert!(seen.changes);
    }

    #[test]
    fn a_frozen_picture_does_not_change_and_a_covered_lens_has_no_contrast() {
        assert!(!look(|_, i| (i % 251) as u8).changes);
        let covered = look(|n, i| ((n as usize + i) % 3) as u8);
        assert!(covered.changes);
        assert!(covered.light.mean < 3 && covered.light.contrast < 4);
    }

    #[test]
    fn luminance_is_on_one_scale_whatever_the_format() {
        assert_eq!(luminance(PixelFormat::Yuyv, &[16, 128]), 0);
        assert_eq!(luminance(PixelFormat::Yuyv, &[235, 128]), 255);
        assert_eq!(luminance(PixelFormat::Rgb8, &[255; 3]), 255);
        assert_eq!(luminance(PixelFormat::Grey8, &[7]), 7);
    }
}
