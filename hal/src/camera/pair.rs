//! Two cameras at once: one for visible light, which is the kiosk's, and beside it one for infrared
//! light, for who can tell a face from a picture of one by it. Each frame of the first may have a
//! companion, the infrared frame that was taken nearest to it in time.

use std::time::Duration;

use super::{Camera, CameraError, CameraWorker, Frame, LatestFrame, TakeError};
use crate::device::DeviceState;

/// Infrared frames kept: the frame that belongs to a picture may come before or after it, by the
/// two cameras' different delays (up to two frames with USB cameras).
const KEPT: usize = 4;

/// Two supervised cameras. The infrared one may be missing at any time; the other goes on alone.
pub struct CameraPair {
    visible: CameraWorker,
    infrared: CameraWorker,
    within: Duration,
}

/// Opens a camera, each time anew.
pub type Open = Box<dyn Fn() -> Result<Box<dyn Camera>, CameraError> + Send>;

impl CameraPair {
    /// Starts both, idle; see [`CameraWorker::spawn`]. `rate` is that of the visible camera's
    /// frames: companions are at most half a frame away.
    pub fn spawn(
        visible: (Open, impl FnMut(DeviceState) + Send + 'static),
        infrared: (Open, impl FnMut(DeviceState) + Send + 'static),
        rate: u32,
    ) -> Self {
        let kept = LatestFrame::keeping(KEPT);
        Self {
            visible: CameraWorker::spawn(visible.0, visible.1),
            infrared: CameraWorker::spawn_into(kept, infrared.0, infrared.1),
            within: half_a_frame(rate),
        }
    }

    /// Opens both eyes.
    pub fn start_capture(&self) {
        self.infrared.start_capture();
        self.visible.start_capture();
    }

    /// Closes both eyes and wipes what they saw.
    pub fn stop_capture(&self) {
        self.visible.stop_capture();
        self.infrared.stop_capture();
    }

    /// The newest frame that nobody has taken yet, with its companion if there is one.
    ///
    /// # Errors
    /// As [`LatestFrame::take`] of the visible camera's slot; never because of the infrared one.
    pub fn take(&self, timeout: Duration) -> Result<(Frame, Option<Frame>), TakeError> {
        let frame = self.visible.frames().take(timeout)?;
        let companion = self.infrared.frames().take_nearest(frame.at(), self.within);
        Ok((frame, companion))
    }

    /// The visible camera's worker.
    #[must_use]
    pub fn visible(&self) -> &CameraWorker {
        &self.visible
    }
}

fn half_a_frame(rate: u32) -> Duration {
    Duration::from_secs(1) / (2 * rate.max(1))
}

/// Which of these times is nearest to another, if it is near enough; of two that are equally near
/// the earlier one.
pub(super) fn nearest(
    times: impl Iterator<Item = Duration>,
    to: Duration,
    within: Duration,
) -> Option<usize> {
    times
        .map(|time| time.abs_diff(to))
        .enumerate()
        .filter(|(_, distance)| *distance <= within)
        .min_by_key(|(_, distance)| *distance)
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::camera::{FrameLayout, PixelFormat};

    fn frame(millis: u64, shade: u8) -> Frame {
        let layout = FrameLayout::packed(2, 2, PixelFormat::Grey8);
        let at = Duration::from_millis(millis);
        Frame::new(vec![shade; 4].into(), layout, at, millis).unwrap()
    }

    proptest! {
        /// For any two cameras of the same rate, phase and jitter: a companion is never more than
        /// half a frame away, no frame is companion of two, and none is left out that was free,
        /// kept, and near enough.
        #[test]
        fn companions_are_the_nearest_in_time(
            phase in 0_u64..33,
            jitter in proptest::collection::vec(0_u64..12, 40),
            missing in proptest::collection::vec(any::<bool>(), 40),
        ) {
            let slot = LatestFrame::keeping(KEPT);
            let half = half_a_frame(30);
            let mut used = Vec::new();
            for number in 0..40_usize {
                let at = 33 * number as u64;
                if !missing[number] {
                    slot.put(frame(at + phase + jitter[number], 0));
                }
                let kept: Vec<u64> = slot.kept().iter().map(|t| t.as_millis() as u64).collect();
                let companion = slot.take_nearest(Duration::from_millis(at), half);
                let least = kept.iter().map(|t| t.abs_diff(at)).min();
                match companion {
                    Some(companion) => {
                        let distance = companion.sequence().abs_diff(at);
                        prop_assert!(distance <= 16);
                        prop_assert_eq!(Some(distance), least);
                        prop_assert!(!used.contains(&companion.sequence()));
                        used.push(companion.sequence());
                    }
                    None => prop_assert!(least.is_none_or(|distance| distance > 16)),
                }
            }
        }
    }

    /// A camera whose frames are stamped with the number of the call, 33 ms apart, after a delay.
    struct Ticking(u64, u64);

    impl Camera for Ticking {
        fn next_frame(&mut self, _: Duration) -> Result<Frame, CameraError> {
            self.0 += 1;
            std::thread::yield_now();
            Ok(frame(33 * self.0 + self.1, 90 + (self.0 % 2) as u8))
        }

        fn describe(&self) -> String {
            String::from("ticking")
        }
    }

    #[test]
    fn without_the_infrared_camera_frames_come_alone() {
        let visible: Open = Box::new(|| Ok(Box::new(Ticking(0, 0))));
        let infrared: Open = Box::new(|| {
            Err(CameraError::NotFound {
                device: String::from("infrared"),
            })
        });
        let pair = CameraPair::spawn((visible, |_| {}), (infrared, |_| {}), 30);
        pair.start_capture();
        let (frame, companion) = pair.take(Duration::from_secs(20)).unwrap();
        assert!(companion.is_none() && frame.width() == 2);
    }

    #[test]
    fn with_it_they_come_in_pairs_sooner_or_later() {
        let camera = |delay| -> Open { Box::new(move || Ok(Box::new(Ticking(0, delay)))) };
        let pair = CameraPair::spawn((camera(0), |_| {}), (camera(5), |_| {}), 30);
        pair.start_capture();
        // Their clocks run freely here; at last two frames are near one another.
        loop {
            let (frame, companion) = pair.take(Duration::from_secs(20)).unwrap();
            if let Some(companion) = companion {
                assert!(companion.at().abs_diff(frame.at()) <= half_a_frame(30));
                break;
            }
        }
    }
}
