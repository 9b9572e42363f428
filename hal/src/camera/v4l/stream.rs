//! The stream of a camera: the driver's buffers mapped into our memory, filled and given back one at a
//! time (Linux media interface, "Streaming I/O (Memory Mapping)").
//!
//! In: an opened device. Out: the bytes of one buffer at a time, and what the driver says of them. The
//! crate's stream panics where the kernel refuses to end it, and can then only be leaked, with the
//! descriptor; and as long as that is open, the kernel lets nobody stream from that camera. This one lets
//! go of memory and descriptor whatever the kernel answers.

use std::io;
use std::mem;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::time::Duration;

use ::v4l::Device;
use ::v4l::buffer::{Metadata, Type};
use ::v4l::device::Handle;
use ::v4l::memory::Memory;
use ::v4l::v4l_sys::{v4l2_buffer, v4l2_requestbuffers};
use ::v4l::v4l2::{ioctl, mmap, munmap, vidioc};
use rustix::event::PollFlags;
use rustix::io::Errno;

/// A stream, running from the first picture on. Dropping it ends it.
pub(super) struct Stream {
    handle: Arc<Handle>,
    buffers: Vec<Mapping>,
    running: bool,
    /// The buffer that is with us; all others are with the driver.
    held: Option<u32>,
}

impl Stream {
    /// Has the driver make about so many buffers, and maps them.
    pub(super) fn new(device: &Device, count: u32) -> io::Result<Self> {
        let mut stream = Self {
            handle: device.handle(),
            buffers: Vec::new(),
            running: false,
            held: None,
        };
        for index in 0..request(&stream.handle, count)? {
            let buffer = exchange(&stream.handle, vidioc::VIDIOC_QUERYBUF, index)?;
            stream.buffers.push(Mapping::new(&stream.handle, &buffer)?);
        }
        Ok(stream)
    }

    /// The next picture; nothing if none came in time. What was given last is the driver's again.
    pub(super) fn next(&mut self, timeout: Duration) -> io::Result<Option<(&[u8], Metadata)>> {
        self.run()?;
        // Only then is our buffer given back, so that waiting in vain leaves everything as it was.
        if !self.wait(timeout)? {
            return Ok(None);
        }
        if let Some(held) = self.held.take() {
            exchange(&self.handle, vidioc::VIDIOC_QBUF, held)?;
        }
        let filled = exchange(&self.handle, vidioc::VIDIOC_DQBUF, 0)?;
        self.held = Some(filled.index);
        let told = Metadata {
            bytesused: filled.bytesused,
            flags: filled.flags.into(),
            field: filled.field,
            timestamp: filled.timestamp.into(),
            sequence: filled.sequence,
        };
        let mapping = usize::try_from(filled.index).ok();
        let mapping = mapping.and_then(|index| self.buffers.get(index));
        let mapping = mapping.ok_or(io::ErrorKind::InvalidData)?;
        Ok(Some((mapping.bytes(), told)))
    }

    /// Hands all buffers to the driver and starts it, the first time.
    fn run(&mut self) -> io::Result<()> {
        if self.running {
            return Ok(());
        }
        for index in (0..).take(self.buffers.len()) {
            exchange(&self.handle, vidioc::VIDIOC_QBUF, index)?;
        }
        turn(&self.handle, vidioc::VIDIOC_STREAMON)?;
        self.running = true;
        Ok(())
    }

    fn wait(&self, timeout: Duration) -> io::Result<bool> {
        let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        let readable = PollFlags::IN.bits().cast_signed();
        Ok(self.handle.poll(readable, millis)? != 0)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Err(error) = turn(&self.handle, vidioc::VIDIOC_STREAMOFF)
            && Errno::from_io_error(&error) != Some(Errno::NODEV)
        {
            tracing::warn!(%error, "the camera's stream does not end when told to");
        }
        self.buffers.clear();
        // Refused by a stream that does not end; that one ends with the descriptor, which no mapping holds
        // open any more.
        let _ = request(&self.handle, 0);
    }
}

/// A driver's buffer in our memory.
struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the memory belongs to the process, not to a thread, and nobody else has the pointer.
#[allow(unsafe_code)]
unsafe impl Send for Mapping {}

impl Mapping {
    #[allow(unsafe_code)]
    fn new(handle: &Handle, buffer: &v4l2_buffer) -> io::Result<Self> {
        let length = usize::try_from(buffer.length).map_err(io::Error::other)?;
        // SAFETY: the driver was asked for a mapped buffer, and this field is what says where that is.
        let offset = unsafe { buffer.m.offset };
        let rights = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping of an open descriptor, at a place of the kernel's choice.
        let start = unsafe {
            let at = libc::off_t::from(offset);
            mmap(
                ptr::null_mut(),
                length,
                rights,
                libc::MAP_SHARED,
                handle.fd(),
                at,
            )?
        };
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { start, length })
    }

    #[allow(unsafe_code)]
    fn bytes(&self) -> &[u8] {
        // SAFETY: mapped and readable for this length until `self` is dropped; the driver does not write
        // to a buffer that is with us, and `Stream::next` lends out no other.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl Drop for Mapping {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: mapped by `new` with this length, and nothing borrows it any more.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
        if let Err(error) = unmapped {
            tracing::error!(%error, "a camera's buffer stays mapped");
        }
    }
}

/// VIDIOC_REQBUFS: makes so many buffers, or gives all back; how many there are.
#[allow(unsafe_code)]
fn request(handle: &Handle, count: u32) -> io::Result<u32> {
    // SAFETY: all fields are integers or arrays of integers, for which zero is a value.
    let mut asked: v4l2_requestbuffers = unsafe { mem::zeroed() };
    asked.count = count;
    asked.type_ = Type::VideoCapture as u32;
    asked.memory = Memory::Mmap as u32;
    // SAFETY: the descriptor is open as long as `handle` lives; the request takes this structure.
    unsafe { ioctl(handle.fd(), vidioc::VIDIOC_REQBUFS, (&raw mut asked).cast())? };
    Ok(asked.count)
}

/// VIDIOC_QUERYBUF, _QBUF, _DQBUF: asks where a buffer is, gives it to the driver, or takes a filled one
/// (of the driver's choice) from it.
#[allow(unsafe_code)]
fn exchange(handle: &Handle, request: vidioc::_IOC_TYPE, index: u32) -> io::Result<v4l2_buffer> {
    // SAFETY: all fields are integers, or unions and structures of integers and pointers, for which zero
    // is a value.
    let mut buffer: v4l2_buffer = unsafe { mem::zeroed() };
    buffer.index = index;
    buffer.type_ = Type::VideoCapture as u32;
    buffer.memory = Memory::Mmap as u32;
    // SAFETY: the descriptor is open as long as `handle` lives; the three requests take this structure.
    unsafe { ioctl(handle.fd(), request, (&raw mut buffer).cast())? };
    Ok(buffer)
}

/// VIDIOC_STREAMON, _STREAMOFF.
#[allow(unsafe_code)]
fn turn(handle: &Handle, request: vidioc::_IOC_TYPE) -> io::Result<()> {
    let mut kind = Type::VideoCapture as libc::c_int;
    // SAFETY: the descriptor is open as long as `handle` lives; both requests take an int.
    unsafe { ioctl(handle.fd(), request, (&raw mut kind).cast()) }
}
