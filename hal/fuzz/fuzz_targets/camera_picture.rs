//! Pictures as a camera's driver hands them over: any coding, size and row length that a driver can
//! agree on, and any bytes, which for MJPEG are a JPEG from the other end of a cable.
#![no_main]

use std::time::Duration;

use hal::camera::{Coding, Delivery, Frame, FramePool, Watch};
use libfuzzer_sys::fuzz_target;

/// As much as a picture of 64×64 in three bytes a pixel needs, and more.
const MOST: u32 = 96;

fuzz_target!(|input: &[u8]| {
    let Some((&[coding, width, height, padding], bytes)) = input.split_first_chunk() else {
        return;
    };
    // Two of three go to the JPEG decoder: it has the most to get wrong.
    let coding = match Coding::ALL.get(usize::from(coding % 16)) {
        Some(coding) => *coding,
        None => Coding::Mjpeg,
    };
    let side = |byte: u8| u32::from(byte) % MOST;
    let (width, height) = (side(width), side(height));
    let line = if padding < 128 { 0 } else { u32::from(padding) * 2 };
    let pool = FramePool::new();
    for mirror in [false, true] {
        let Some(delivery) = Delivery::new(coding, width, height, line, mirror) else {
            return;
        };
        let Some((data, layout)) = delivery.picture(bytes, &pool) else {
            continue;
        };
        assert_eq!(layout.byte_len(), Some(data.len()));
        assert!(layout.width <= width + 16 && layout.height <= height + 16);
        let frame = Frame::new(data, layout, Duration::from_secs(1), 1).expect("it fits");
        Watch::default().look(&frame);
    }
});
