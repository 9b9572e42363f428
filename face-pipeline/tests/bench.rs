//! What `face bench` counts beside the times, which are the machine's.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]

#[path = "common/program.rs"]
mod program;

use image::imageops;
use program::{Folder, json, root, utf8};
use serde_json::Value;

/// A portrait, and the same a little aside: about a tenth of the distance between the eyes.
fn benched(aside: i64) -> Value {
    let portrait = root().join(".setup/portraits/person_b_1.jpg");
    let shown = image::open(&portrait)
        .expect("a portrait: run `make setup`")
        .resize(480, 440, imageops::FilterType::Triangle)
        .into_rgb8();
    let folder = Folder::of(&[]);
    let frames = [0, aside].map(|aside| {
        let mut frame = image::RgbImage::from_pixel(640, 480, image::Rgb([120, 118, 115]));
        let left = i64::from(640 - shown.width()) / 2 + aside;
        imageops::replace(&mut frame, &shown, left, 40);
        let path = folder.make(&format!("frame_{aside}.png"));
        frame.save(&path).expect("a picture");
        path
    });
    let [one, other] = frames.each_ref().map(|frame| utf8(frame));
    json(&[
        "bench",
        "--rounds",
        "1",
        "--reference",
        utf8(&portrait),
        one,
        other,
    ])
}

#[test]
fn a_bench_counts_the_mesh_and_follows_motion() {
    let found = benched(12);
    let times = found["times"].as_array().expect("rows");
    for stage in ["Mesh", "Spectrum", "Motion"] {
        let row = times.iter().find(|row| {
            let name = row["name"].as_str().expect("a name");
            name.trim() == stage
        });
        let median = row.expect(stage)["cpu_ms"]["p50"].as_f64();
        assert!(median.expect("a median") > 0.0, "{stage}");
    }
    assert!(found["overhead_ratio_of_means"]["full"].is_f64());
    // One round is made a whole capture: its closer looks are at the first and the fifth frame, and the
    // face is to and fro from the second on.
    let count = |name: &str| found[name].as_u64().expect("a count");
    assert!(count("meshes") >= 2, "{found}");
    assert!(count("places") >= 4, "{found}");
}

#[test]
fn a_face_that_does_not_move_is_not_followed() {
    assert_eq!(benched(0)["places"], 0);
}
