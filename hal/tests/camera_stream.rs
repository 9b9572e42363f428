//! A real camera of the kernel whose driver does not let its stream be ended. Not run where `KIOSK_CAMERA`
//! names none, as in CI (it says so then, and passes): it streams from whatever camera it is given. With
//! the kernel's own test driver:
//!
//! `modprobe vivid && KIOSK_CAMERA=/dev/video0 cargo test -p hal --test camera_stream`
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
#![allow(clippy::print_stderr, reason = "a test that was not run says so")]

use std::path::PathBuf;
use std::time::Duration;

use hal::camera::Camera;
use hal::camera::v4l::V4lCamera;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

/// `VIDIOC_STREAMOFF` (linux/videodev2.h).
const STREAM_OFF: u64 = 0x4004_5613;
const LONG: Duration = Duration::from_secs(120);

#[test]
fn a_camera_whose_stream_does_not_end_when_told_to_is_let_go_and_opens_again() {
    let Some(camera) = std::env::var_os("KIOSK_CAMERA").map(PathBuf::from) else {
        return eprintln!("not run: KIOSK_CAMERA names no camera");
    };
    let before = open_descriptors();
    from_now_on_no_stream_ends();
    for _ in 0..3 {
        let mut opened = V4lCamera::open(&camera).unwrap();
        opened.next_frame(LONG).unwrap();
        drop(opened);
        assert_eq!(open_descriptors(), before);
    }
}

/// The kernel answers this thread's wish to end a stream with an error.
fn from_now_on_no_stream_ends() {
    let ends_stream =
        SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, STREAM_OFF);
    let rule = SeccompRule::new(vec![ends_stream.unwrap()]).unwrap();
    let filter = SeccompFilter::new(
        [(libc::SYS_ioctl, vec![rule])].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EIO.cast_unsigned()),
        std::env::consts::ARCH.try_into().unwrap(),
    );
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    apply_filter(&program).unwrap();
}

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}
