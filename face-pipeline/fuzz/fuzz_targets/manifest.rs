//! A manifest of any bytes is refused or loaded, without a panic.

#![no_main]

use std::path::Path;

use face_pipeline::Networks;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let folder = std::env::temp_dir();
    let manifest = folder.join(format!("face-fuzz-{}.toml", std::process::id()));
    std::fs::write(&manifest, data).expect("a temporary file");
    // The library does not exist: a valid manifest ends there.
    let _ = Networks::load(&manifest, &folder, Path::new("/nonexistent.so"), 1);
});
