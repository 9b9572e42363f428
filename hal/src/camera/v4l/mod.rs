//! The Linux camera driver: Video4Linux2 with memory-mapped streaming.
//!
//! Takes the coding that costs least at the size and rate asked for (YUYV, NV12, MJPEG, grey, RGB),
//! and copies each picture once, out of the driver's buffer (MJPEG: decodes it) into memory from a
//! [`FramePool`]. Times are the driver's. Exposure, gain and white balance are in `controls`.

mod controls;
mod list;
mod negotiate;
mod stream;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ::v4l::Device;
use ::v4l::buffer::{Flags, Metadata};
use rustix::io::Errno;

use self::controls::Controls;
use self::stream::Stream;
use super::exposure::Levers;
use super::place::model_name;
use super::{Camera, CameraError, CameraPlace, CameraSettings, Delivery, Frame, FramePool};
use crate::clock::monotonic_now;

pub use list::{CameraInfo, cameras};

/// Buffers shared with the kernel: one filled, one waiting, two against scheduling jitter.
const BUFFERS: u32 = 4;
/// A driver's time that is further from the time of arrival than this is a clock of its own: some
/// USB cameras stamp pictures with theirs, badly converted.
const CLOCK_ERROR: Duration = Duration::from_secs(2);

/// A camera behind a `/dev/video*` node.
pub struct V4lCamera {
    path: PathBuf,
    model: String,
    delivery: Delivery,
    rate: u32,
    controls: Controls,
    stream: Stream,
    pool: FramePool,
}

impl V4lCamera {
    /// Opens what is at a path, with the settings that need no choice.
    ///
    /// # Errors
    /// As [`V4lCamera::open_with`].
    pub fn open(path: &Path) -> Result<Self, CameraError> {
        Self::open_with(&CameraSettings::on(CameraPlace::Path(path.to_owned())))
    }

    /// Opens the camera and agrees on a format; nothing streams before the first frame is asked
    /// for.
    ///
    /// # Errors
    /// [`CameraError::NotFound`] if there is no such node, [`CameraError::Unsupported`] if it is
    /// not a camera we can use, [`CameraError::Io`] otherwise.
    pub fn open_with(settings: &CameraSettings) -> Result<Self, CameraError> {
        let path = settings.place.resolve()?;
        let device = Device::with_path(&path).map_err(|e| refine("open", &path, e))?;
        let delivery = negotiate::negotiate(&device, settings, &path)?;
        let stream =
            Stream::new(&device, BUFFERS).map_err(|e| refine("map the buffers", &path, e))?;
        Ok(Self {
            model: model_name(&path),
            path,
            delivery,
            rate: settings.rate,
            controls: Controls::new(device, settings),
            stream,
            pool: FramePool::new(),
        })
    }

    /// One picture out of the driver, good or not; `None` if none came in time.
    fn dequeue(&mut self, timeout: Duration) -> Result<Option<Frame>, CameraError> {
        match self.stream.next(timeout) {
            Ok(Some((bytes, meta))) => Ok(frame(&self.delivery, bytes, &meta, &self.pool)),
            Ok(None) => Ok(None),
            Err(e) if is_not_yet(&e) => Ok(None),
            Err(e) => Err(refine("read a picture", &self.path, e)),
        }
    }
}

impl Camera for V4lCamera {
    fn next_frame(&mut self, timeout: Duration) -> Result<Frame, CameraError> {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if let Some(frame) = self.dequeue(left)? {
                return Ok(frame);
            }
            if Instant::now() >= deadline {
                return Err(CameraError::TimedOut {
                    device: self.path.display().to_string(),
                    waited: timeout,
                });
            }
        }
    }

    fn describe(&self) -> String {
        format!(
            "{} at {}, {}",
            self.model,
            self.path.display(),
            self.delivery
        )
    }

    fn rate(&self) -> u32 {
        self.rate
    }

    fn levers(&mut self) -> Option<&mut dyn Levers> {
        Some(&mut self.controls)
    }
}

/// The picture in a driver's buffer; nothing if the driver or the bytes say it is damaged.
fn frame(delivery: &Delivery, bytes: &[u8], meta: &Metadata, pool: &FramePool) -> Option<Frame> {
    let bytes = bytes.get(..meta.bytesused as usize)?;
    if meta.flags.contains(Flags::ERROR) {
        return None;
    }
    let (data, layout) = delivery.picture(bytes, pool)?;
    let at = time_of(meta, monotonic_now());
    Frame::new(data, layout, at, u64::from(meta.sequence)).ok()
}

/// The driver's time if it is on the monotonic clock and credible, else the time of arrival.
fn time_of(meta: &Metadata, arrival: Duration) -> Duration {
    if !meta.flags.contains(Flags::TIMESTAMP_MONOTONIC) {
        return arrival;
    }
    let seconds = u64::try_from(meta.timestamp.sec).unwrap_or(0);
    let micros = u64::try_from(meta.timestamp.usec).unwrap_or(0);
    let told = Duration::from_secs(seconds).saturating_add(Duration::from_micros(micros));
    if told.abs_diff(arrival) <= CLOCK_ERROR {
        told
    } else {
        arrival
    }
}

/// No picture yet: a wait that ran out, or was interrupted.
fn is_not_yet(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

fn unsupported(path: &Path, reason: &str) -> CameraError {
    CameraError::Unsupported {
        device: path.display().to_string(),
        reason: reason.to_owned(),
    }
}

fn refine(operation: &'static str, path: &Path, source: io::Error) -> CameraError {
    let device = path.display().to_string();
    match Errno::from_io_error(&source) {
        Some(Errno::NOENT | Errno::NXIO) => CameraError::NotFound { device },
        // ENODEV is what V4L2 answers for a device that has been unplugged.
        Some(Errno::NODEV) => CameraError::Lost { device },
        Some(Errno::NOTTY | Errno::ISDIR) => unsupported(path, "it is not a camera"),
        _ => CameraError::Io {
            operation,
            device,
            source,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{Coding, PixelFormat};

    fn meta(bytesused: u32, flags: Flags) -> Metadata {
        let now = monotonic_now();
        Metadata {
            bytesused,
            flags,
            timestamp: ::v4l::timestamp::Timestamp::new(
                i64::try_from(now.as_secs()).unwrap(),
                i64::from(now.subsec_micros()),
            ),
            sequence: 4,
            ..Metadata::default()
        }
    }

    fn yuyv_4x2() -> Delivery {
        Delivery::new(Coding::Raw(PixelFormat::Yuyv), 4, 2, 10, false).unwrap()
    }

    #[test]
    fn a_raw_picture_keeps_the_drivers_stride_and_number() {
        let meta = meta(20, Flags::TIMESTAMP_MONOTONIC);
        let frame = frame(&yuyv_4x2(), &[9; 32], &meta, &FramePool::new()).unwrap();
        assert_eq!((frame.stride(), frame.data().len()), (10, 20));
        assert_eq!(frame.sequence(), 4);
    }

    #[test]
    fn a_picture_has_the_drivers_time_if_that_can_be_believed() {
        let stamped = |micros: i64, flags| {
            let meta = Metadata {
                timestamp: ::v4l::timestamp::Timestamp::new(100, micros),
                ..meta(0, flags)
            };
            time_of(&meta, Duration::from_millis(100_900))
        };
        let driver = stamped(345_678, Flags::TIMESTAMP_MONOTONIC);
        assert_eq!(driver, Duration::from_micros(100_345_678));
        let arrival = Duration::from_millis(100_900);
        assert_eq!(stamped(345_678, Flags::empty()), arrival, "another clock");
        let absurd = stamped(9_345_678, Flags::TIMESTAMP_MONOTONIC);
        assert_eq!(absurd, arrival, "in the future");
    }

    #[test]
    fn damaged_and_short_pictures_are_skipped() {
        let pool = FramePool::new();
        let picture = |meta: &Metadata| frame(&yuyv_4x2(), &[0; 32], meta, &pool);
        assert!(picture(&meta(19, Flags::empty())).is_none(), "short");
        assert!(picture(&meta(20, Flags::ERROR)).is_none(), "damaged");
        assert!(picture(&meta(99, Flags::empty())).is_none(), "lying");
    }

    #[test]
    fn a_missing_node_is_not_found() {
        let result = V4lCamera::open(Path::new("/dev/video-that-is-not-there"));
        assert!(matches!(result.err(), Some(CameraError::NotFound { .. })));
    }

    #[test]
    fn a_node_that_is_no_camera_is_unsupported() {
        for path in ["/dev/null", "/dev/zero"] {
            let result = V4lCamera::open(Path::new(path));
            assert!(
                matches!(result.err(), Some(CameraError::Unsupported { .. })),
                "{path}"
            );
        }
    }
}
