//! Any bytes as data group 2 and as its picture: a portrait that decodes has the pixels it says.
#![no_main]

use hal::card::emrtd::lds::Portrait;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for portrait in [Portrait::parse(bytes), Portrait::from_picture(bytes)] {
        let Ok(portrait) = portrait else { continue };
        if let Ok(picture) = portrait.decode() {
            let pixels = picture.width as usize * picture.height as usize;
            assert_eq!(picture.rgb.len(), pixels * 3);
        }
    }
});
