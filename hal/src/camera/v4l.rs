//! The Linux camera driver: Video4Linux2 with memory-mapped streaming.
//!
//! Chooses YUYV before MJPEG before grey, near 640×480, and copies each picture once, out of the
//! driver's buffer (MJPEG: decodes it) into memory from a [`FramePool`]. Times are the driver's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ::v4l::buffer::{Flags, Metadata, Type};
use ::v4l::io::mmap::Stream;
use ::v4l::io::traits::CaptureStream;
use ::v4l::video::Capture;
use ::v4l::{Device, Format, FourCC};
use rustix::event::PollFlags;
use rustix::io::Errno;

use super::{Camera, CameraError, Frame, FrameLayout, FramePool, PixelFormat};
use crate::clock::monotonic_now;

/// What is asked for; the driver answers with the nearest it has.
const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;
/// Pictures larger than this are refused: nothing here is tuned for them.
const MAX_SIDE: u32 = 4096;
/// Buffers shared with the kernel: one filled, one waiting, two against scheduling jitter.
const BUFFERS: u32 = 4;

/// A camera behind a `/dev/video*` node.
pub struct V4lCamera {
    path: PathBuf,
    model: String,
    mode: Mode,
    stream: Stream<'static>,
    stage: Stage,
    pool: FramePool,
}

/// The format agreed with the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mode {
    coding: Coding,
    width: u32,
    height: u32,
    stride: usize,
}

/// How pictures come from the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Raw(PixelFormat),
    Mjpeg,
}

/// Where the stream is. `Stream::next` hands the last buffer back before it waits, so after a
/// wait that failed it must not be called again until a buffer has been taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Not started.
    Stopped,
    /// Started, all buffers are with the driver.
    AllQueued,
    /// Started, one buffer is with us.
    Holding,
}

/// Codings in the order of preference.
const CODINGS: [(&[u8; 4], Coding); 4] = [
    (b"YUYV", Coding::Raw(PixelFormat::Yuyv)),
    (b"MJPG", Coding::Mjpeg),
    (b"GREY", Coding::Raw(PixelFormat::Grey8)),
    (b"RGB3", Coding::Raw(PixelFormat::Rgb8)),
];

impl V4lCamera {
    /// Opens the device and agrees on a format; nothing streams before the first frame is asked
    /// for.
    ///
    /// # Errors
    /// [`CameraError::NotFound`] if there is no such node, [`CameraError::Unsupported`] if it is
    /// not a camera we can use, [`CameraError::Io`] otherwise.
    pub fn open(path: &Path) -> Result<Self, CameraError> {
        let device = Device::with_path(path).map_err(|e| refine("open", path, e))?;
        let mode = negotiate(&device, path)?;
        let stream = Stream::with_buffers(&device, Type::VideoCapture, BUFFERS)
            .map_err(|e| refine("map the buffers", path, e))?;
        Ok(Self {
            path: path.to_owned(),
            model: model_name(path),
            mode,
            stream,
            stage: Stage::Stopped,
            pool: FramePool::new(),
        })
    }

    /// One picture out of the driver, good or not; `None` if none came in time.
    fn dequeue(&mut self, timeout: Duration) -> Result<Option<Frame>, CameraError> {
        let result = match self.stage {
            Stage::Holding => self.wait_and_next(timeout),
            Stage::Stopped => self.next(timeout),
            Stage::AllQueued => self.take_out(timeout).map(|()| None),
        };
        match result {
            Err(e) if is_not_yet(&e) => Ok(None),
            Err(e) => Err(refine("read a picture", &self.path, e)),
            Ok(frame) => Ok(frame),
        }
    }

    /// Waits without giving our buffer back, so that a time-out leaves everything as it was.
    fn wait_and_next(&mut self, timeout: Duration) -> io::Result<Option<Frame>> {
        let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        let readable = PollFlags::IN.bits().cast_signed();
        if self.stream.handle().poll(readable, millis)? == 0 {
            return Ok(None);
        }
        self.next(timeout)
    }

    fn next(&mut self, timeout: Duration) -> io::Result<Option<Frame>> {
        self.stage = Stage::AllQueued;
        self.stream
            .set_timeout(timeout.min(Duration::from_secs(60)));
        let (bytes, meta) = self.stream.next()?;
        self.stage = Stage::Holding;
        Ok(self.mode.frame(bytes, meta, &self.pool))
    }

    /// Takes one buffer out after a wait that failed; its picture is old and not looked at.
    fn take_out(&mut self, timeout: Duration) -> io::Result<()> {
        self.stream
            .set_timeout(timeout.min(Duration::from_secs(60)));
        CaptureStream::dequeue(&mut self.stream)?;
        self.stage = Stage::Holding;
        Ok(())
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
        let Mode {
            coding,
            width,
            height,
            ..
        } = self.mode;
        let path = self.path.display();
        format!("{} at {path}, {width}×{height} {coding:?}", self.model)
    }
}

impl Mode {
    /// The picture in a driver's buffer; nothing if the driver or the bytes say it is damaged.
    fn frame(&self, bytes: &[u8], meta: &Metadata, pool: &FramePool) -> Option<Frame> {
        let bytes = bytes.get(..meta.bytesused as usize)?;
        if meta.flags.contains(Flags::ERROR) {
            return None;
        }
        let (data, layout) = match self.coding {
            Coding::Raw(format) => self.copy(bytes, format, pool)?,
            Coding::Mjpeg => super::mjpeg::decode(bytes, MAX_SIDE, pool)?,
        };
        Frame::new(data, layout, time_of(meta), u64::from(meta.sequence)).ok()
    }

    fn copy(
        &self,
        bytes: &[u8],
        format: PixelFormat,
        pool: &FramePool,
    ) -> Option<(super::PixelBuffer, FrameLayout)> {
        let layout = FrameLayout {
            width: self.width,
            height: self.height,
            stride: self.stride,
            format,
        };
        let source = bytes.get(..layout.byte_len()?)?;
        let mut data = pool.take(source.len());
        data.copy_from_slice(source);
        Some((data, layout))
    }
}

/// The driver's time if it is on the monotonic clock, else the time of arrival.
fn time_of(meta: &Metadata) -> Duration {
    if !meta.flags.contains(Flags::TIMESTAMP_MONOTONIC) {
        return monotonic_now();
    }
    let seconds = u64::try_from(meta.timestamp.sec).unwrap_or(0);
    let micros = u64::try_from(meta.timestamp.usec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(micros)
}

/// Tries the codings in order of preference until the driver takes one.
fn negotiate(device: &Device, path: &Path) -> Result<Mode, CameraError> {
    for (code, coding) in CODINGS {
        let wanted = Format::new(WIDTH, HEIGHT, FourCC::new(code));
        let agreed = device
            .set_format(&wanted)
            .map_err(|e| match Errno::from_io_error(&e) {
                // A node without video capture: metadata, output, or no V4L2 device at all.
                Some(Errno::INVAL | Errno::NOTTY) => unsupported(path, "it does not capture video"),
                _ => refine("set the format", path, e),
            })?;
        if agreed.fourcc == wanted.fourcc {
            return mode(coding, &agreed, path);
        }
    }
    Err(unsupported(
        path,
        "it offers none of YUYV, MJPEG, grey, RGB",
    ))
}

fn mode(coding: Coding, agreed: &Format, path: &Path) -> Result<Mode, CameraError> {
    let Format { width, height, .. } = *agreed;
    if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
        return Err(unsupported(path, "its picture size is out of range"));
    }
    let packed = match coding {
        Coding::Raw(format) => FrameLayout::packed(width, height, format).stride,
        Coding::Mjpeg => 0,
    };
    Ok(Mode {
        coding,
        width,
        height,
        // Some drivers leave bytesperline at zero for packed rows.
        stride: packed.max(agreed.stride as usize),
    })
}

/// The name the kernel shows, read from sysfs: VIDIOC_QUERYCAP cuts long names inside a
/// character, and the `v4l` crate panics on that.
fn model_name(path: &Path) -> String {
    let node = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    node.file_name()
        .map(|node| Path::new("/sys/class/video4linux").join(node).join("name"))
        .and_then(|name| fs::read(name).ok())
        .map_or_else(
            || String::from("camera"),
            |name| String::from_utf8_lossy(&name).trim().to_owned(),
        )
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

    fn meta(bytesused: u32, flags: Flags) -> Metadata {
        Metadata {
            bytesused,
            flags,
            timestamp: ::v4l::timestamp::Timestamp::new(12, 345_678),
            sequence: 4,
            ..Metadata::default()
        }
    }

    const YUYV_4X2: Mode = Mode {
        coding: Coding::Raw(PixelFormat::Yuyv),
        width: 4,
        height: 2,
        stride: 10,
    };

    #[test]
    fn a_raw_picture_keeps_the_drivers_stride_time_and_number() {
        let frame = YUYV_4X2
            .frame(
                &[9; 32],
                &meta(20, Flags::TIMESTAMP_MONOTONIC),
                &FramePool::new(),
            )
            .unwrap();
        assert_eq!((frame.stride(), frame.data().len()), (10, 20));
        assert_eq!(frame.at(), Duration::from_micros(12_345_678));
        assert_eq!(frame.sequence(), 4);
    }

    #[test]
    fn damaged_and_short_pictures_are_skipped() {
        let pool = FramePool::new();
        let short = meta(19, Flags::empty());
        assert!(YUYV_4X2.frame(&[0; 32], &short, &pool).is_none());
        let damaged = meta(20, Flags::ERROR);
        assert!(YUYV_4X2.frame(&[0; 32], &damaged, &pool).is_none());
        let lying = meta(99, Flags::empty());
        assert!(YUYV_4X2.frame(&[0; 32], &lying, &pool).is_none());
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
