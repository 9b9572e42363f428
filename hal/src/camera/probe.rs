//! A short look through a camera for the technician's self-test: picture size, rate, light, and
//! whether anything moves. Pictures are measured and dropped at once; only numbers leave here.

use std::time::{Duration, Instant};

use super::light::{Light, measure};
use super::{Camera, CameraError};

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
    /// Light of the brightest picture: a lamp that flashes lights some of them only.
    pub brightest: Light,
    /// Whether one picture differed from the one before: no sensor gives the same noise twice.
    pub changes: bool,
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
    let mut brightest = seen.light;
    drop(first);
    let (mut frames, mut end, mut changes) = (1, start, false);
    while end.saturating_sub(start) < look && begun.elapsed() < look * 2 {
        let frame = camera.next_frame(look)?;
        let now = measure(&frame);
        changes |= now.fingerprint != seen.fingerprint;
        (seen, end) = (now, frame.at());
        if seen.light.mean > brightest.mean {
            brightest = seen.light;
        }
        frames += 1;
    }
    let seconds = end.saturating_sub(start).as_secs_f64();
    Ok(Look {
        width,
        height,
        frames,
        rate: (seconds > 0.0).then(|| f64::from(frames - 1) / seconds),
        light: seen.light,
        brightest,
        changes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{Frame, FrameLayout, PixelFormat};

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
    fn of_a_lamp_that_flashes_the_brightest_picture_is_told() {
        let flashing = look(|n, i| if n % 2 == 0 { 0 } else { 100 + (i % 64) as u8 });
        assert_eq!(flashing.brightest.mean, 130);
        assert!(flashing.brightest.contrast > 40);
    }
}
