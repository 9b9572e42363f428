//! A running camera copies each picture once and allocates nothing: counted by an allocator.
#![allow(unsafe_code, clippy::unwrap_used)] // a counting allocator; a failed helper is a failed test

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use hal::camera::{Coding, Delivery, Frame, FramePool, LatestFrame, PixelFormat};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, counting what this thread asks for.
struct Counting;

// SAFETY: hands everything to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and the memory is the system's.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Lets 100 pictures pass from the driver's buffer to a consumer; gives how often memory was asked
/// for, and how many buffers the pictures lay in.
fn hundred_pictures(format: PixelFormat, mirror: bool) -> (usize, usize) {
    let delivery = Delivery::new(Coding::Raw(format), 640, 480, 0, mirror).unwrap();
    let driver = vec![77; 640 * 480 * 3];
    let (pool, slot) = (FramePool::new(), LatestFrame::new());
    let mut places = Vec::with_capacity(104);
    let mut before = 0;
    for number in 0..104 {
        if number == 4 {
            before = ALLOCATIONS.get(); // the pool has grown to what is used at the same time
        }
        let (data, layout) = delivery.picture(&driver, &pool).unwrap();
        let copy = data.as_ptr();
        slot.put(Frame::new(data, layout, Duration::ZERO, number).unwrap());
        let frame = slot.take(Duration::ZERO).unwrap();
        assert_eq!(frame.data().as_ptr(), copy, "the consumer reads the copy");
        places.push(copy);
    }
    let asked = ALLOCATIONS.get() - before;
    places.sort();
    places.dedup();
    (asked, places.len())
}

#[test]
fn a_picture_is_copied_once_into_memory_that_is_used_again() {
    for format in [PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Grey8] {
        for mirror in [false, true] {
            let (asked, buffers) = hundred_pictures(format, mirror);
            assert_eq!(asked, 0, "{format:?}, mirrored: {mirror}");
            assert_eq!(buffers, 1, "{format:?}, mirrored: {mirror}");
        }
    }
}
