//! Two cameras at once: one for visible light, which is the kiosk's, and beside it one for infrared
//! light, for who can tell a face from a picture of one by it. Each frame of the first may have a
//! companion, the infrared frame that was taken nearest to it in time, of those that are lit.

use std::cmp::Reverse;
use std::time::Duration;

use super::light::{self, Region};
use super::worker::Darkness;
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
    /// Starts both, idle; see [`CameraWorker::spawn`]. Companions are at most `within` away.
    pub fn spawn(
        visible: (Open, impl FnMut(DeviceState) + Send + 'static),
        infrared: (Open, impl FnMut(DeviceState) + Send + 'static),
        within: Duration,
    ) -> Self {
        let kept = LatestFrame::keeping(KEPT);
        Self {
            visible: CameraWorker::spawn(visible.0, visible.1),
            infrared: CameraWorker::spawn_into(kept, Darkness::Told, infrared.0, infrared.1),
            within,
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

    /// The slots with both cameras' newest frames.
    #[must_use]
    pub fn frames(&self) -> PairedFrames {
        PairedFrames {
            visible: self.visible.frames(),
            infrared: Some((self.infrared.frames(), self.within)),
        }
    }

    /// As [`PairedFrames::take`].
    ///
    /// # Errors
    /// The same.
    pub fn take(&self, timeout: Duration) -> Result<(Frame, Option<Frame>), TakeError> {
        self.frames().take(timeout)
    }

    /// The visible camera's worker.
    #[must_use]
    pub fn visible(&self) -> &CameraWorker {
        &self.visible
    }
}

/// Where frames with their companions are taken. Cloning gives another handle on the same slots.
#[derive(Clone)]
pub struct PairedFrames {
    visible: LatestFrame,
    /// With how far a companion may be away.
    infrared: Option<(LatestFrame, Duration)>,
}

impl PairedFrames {
    /// The newest frame that nobody has taken yet, with its companion if there is one.
    ///
    /// # Errors
    /// As [`LatestFrame::take`] of the visible camera's slot; never because of the infrared one.
    pub fn take(&self, timeout: Duration) -> Result<(Frame, Option<Frame>), TakeError> {
        let frame = self.visible.take(timeout)?;
        let infrared = self.infrared.as_ref();
        let companion = infrared.and_then(|(slot, within)| slot.take_nearest(frame.at(), *within));
        Ok((frame, companion))
    }

    /// The slot of the visible camera alone.
    #[must_use]
    pub fn visible(&self) -> &LatestFrame {
        &self.visible
    }
}

impl From<LatestFrame> for PairedFrames {
    /// Of a camera that has no other beside it.
    fn from(visible: LatestFrame) -> Self {
        Self {
            visible,
            infrared: None,
        }
    }
}

/// Which of these frames is nearest to a time, if it is near enough: of those that are lit, because many
/// lamps flash with every second picture; of two that are equally near the earlier one.
pub(super) fn nearest<'a>(
    frames: impl Iterator<Item = &'a Frame>,
    to: Duration,
    within: Duration,
) -> Option<usize> {
    let near = frames
        .map(|frame| (frame, frame.at().abs_diff(to)))
        .enumerate()
        .filter(|(_, (_, distance))| *distance <= within);
    near.min_by_key(|(_, (frame, distance))| (Reverse(shade(frame)), *distance))
        .map(|(index, _)| index)
}

/// How light a picture is, in steps that noise and movement do not make.
fn shade(frame: &Frame) -> Option<u8> {
    light::mean(frame, Region::WHOLE).map(|mean| mean / 32)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc;

    use proptest::prelude::*;

    use super::*;
    use crate::camera::{FrameLayout, PixelFormat};
    use crate::clock::monotonic_now;
    use crate::patience::{LONG, until};

    fn half_a_frame(rate: u32) -> Duration {
        Duration::from_secs(1) / (2 * rate)
    }

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

    /// A visible camera at half the rate of the infrared one, in step with the dark half.
    #[test]
    fn of_a_lamp_that_flashes_the_lit_pictures_are_the_companions() {
        let slot = LatestFrame::keeping(KEPT);
        for number in 0..20_u64 {
            slot.put(frame(33 * number, if number % 2 == 0 { 3 } else { 90 }));
            if number % 2 == 0 && number > 0 {
                let at = Duration::from_millis(33 * number);
                let companion = slot.take_nearest(at, Duration::from_millis(100)).unwrap();
                assert_eq!(companion.data()[0], 90, "beside {number}");
            }
        }
    }

    /// Near enough for the stories below, which are about threads: a machine that lets one camera
    /// wait for seconds must not keep two frames apart for ever. What is near is tested above.
    const NEAR: Duration = Duration::from_secs(3600);

    fn opening(frames: u64) -> Open {
        Box::new(move || Ok(Box::new(Pulled(frames))))
    }

    #[test]
    fn without_the_infrared_camera_frames_come_alone() {
        let infrared: Open = Box::new(|| {
            Err(CameraError::NotFound {
                device: String::from("infrared"),
            })
        });
        let pair = CameraPair::spawn((opening(u64::MAX), |_| {}), (infrared, |_| {}), NEAR);
        pair.start_capture();
        let (frame, companion) = pair.take(LONG).unwrap();
        assert!(companion.is_none() && frame.width() == 2);
    }

    /// A camera on the machine's clock that is pulled after so many frames.
    struct Pulled(u64);

    impl Camera for Pulled {
        fn next_frame(&mut self, _: Duration) -> Result<Frame, CameraError> {
            let left = self.0.checked_sub(1).ok_or_else(|| CameraError::Lost {
                device: self.describe(),
            })?;
            self.0 = left;
            std::thread::yield_now();
            let now = u64::try_from(monotonic_now().as_millis()).unwrap();
            Ok(frame(now, 90 + (left % 2) as u8))
        }

        fn describe(&self) -> String {
            String::from("pulled")
        }
    }

    /// A camera whose clock is an hour ahead.
    struct Ahead(Pulled);

    impl Camera for Ahead {
        fn next_frame(&mut self, timeout: Duration) -> Result<Frame, CameraError> {
            let now = self.0.next_frame(timeout)?.at() + Duration::from_secs(3600);
            Ok(frame(u64::try_from(now.as_millis()).unwrap(), 90))
        }

        fn describe(&self) -> String {
            self.0.describe()
        }
    }

    #[test]
    fn what_is_farther_away_than_it_may_be_is_no_companion() {
        let ahead: Open = Box::new(|| Ok(Box::new(Ahead(Pulled(u64::MAX)))));
        let near = NEAR / 2;
        let pair = CameraPair::spawn((opening(u64::MAX), |_| {}), (ahead, |_| {}), near);
        pair.start_capture();
        for _ in 0..10 {
            pair.infrared.frames().take(LONG).unwrap();
            assert!(pair.take(LONG).unwrap().1.is_none());
        }
    }

    #[test]
    fn an_infrared_camera_that_is_pulled_and_plugged_in_again_is_back_and_nobody_waited() {
        let opened = AtomicU64::new(0);
        let infrared: Open = Box::new(move || match opened.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(Box::new(Pulled(0))), // nobody captures yet
            1 => Ok(Box::new(Pulled(3))),
            2 | 3 => Err(CameraError::NotFound {
                device: String::from("infrared"),
            }),
            _ => Ok(Box::new(Pulled(u64::MAX))),
        });
        let (send, states) = mpsc::channel();
        let heard = move |state| drop(send.send(state));
        let pair = CameraPair::spawn((opening(u64::MAX), |_| {}), (infrared, heard), NEAR);
        until("infrared camera", || match states.recv_timeout(LONG) {
            Ok(DeviceState::Ready) => Ok(()),
            other => Err(other),
        });
        pair.start_capture();
        let (mut absent, mut back) = (false, false);
        until("companion of the camera that is back", || {
            let (_, companion) = pair.take(LONG).unwrap();
            for state in states.try_iter() {
                absent |= state == DeviceState::Absent;
                back |= absent && state == DeviceState::Ready;
            }
            let found = companion.filter(|_| back).map(drop);
            found.ok_or((absent, back))
        });
    }

    #[test]
    fn with_it_they_come_in_pairs() {
        let (visible, infrared) = (opening(u64::MAX), opening(u64::MAX));
        let pair = CameraPair::spawn((visible, |_| {}), (infrared, |_| {}), NEAR);
        pair.start_capture();
        // The first pictures may come before the other camera is open.
        until("companion", || pair.take(LONG).unwrap().1.ok_or(()));
    }
}
