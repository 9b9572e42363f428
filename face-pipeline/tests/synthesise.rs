//! What `face synthesise` makes of images of people.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]

#[path = "common/program.rs"]
mod program;

use std::path::Path;

use program::{Folder, json, refusal, root, sessions, utf8};

/// Moved stills of the people of a folder.
fn moved_stills<'a>(folder: &'a Folder, out: &'a Path) -> [&'a str; 6] {
    let root = utf8(folder.path());
    [
        "synthesise",
        "moved-still",
        "--root",
        root,
        "--out",
        utf8(out),
    ]
}

#[test]
fn attacks_made_of_two_sessions_do_not_overwrite_each_other() {
    let folder = sessions();
    let out = folder.path().join("made");
    let made = json(
        &[
            &moved_stills(&folder, &out)[..],
            &["--every", "1", "--frames", "1"],
        ]
        .concat(),
    );
    assert_eq!(
        (&made["presentations"], &made["frames"]),
        (&3.into(), &3.into())
    );
    assert_eq!(made["found"]["occasions"], 3);
    for session in ["anna/2014", "anna/2025", "ben/2014"] {
        assert!(out.join(session).join("photo-MovedStill_0.png").is_file());
    }
}

/// Where the room is, no frame differs from another but for noise; where the screen is, they all do.
#[test]
fn a_held_screen_moves_before_a_room_that_stays() {
    let folder = Folder::of(&[("anna/2014_1.jpg", "person_a_1.jpg")]);
    let out = folder.path().join("made");
    let attack = ["synthesise", "held-screen", "--frames", "2", "--rate", "2"];
    let folders = ["--root", utf8(folder.path()), "--out", utf8(&out)];
    json(&[&attack[..], &folders[..]].concat());
    let [one, other] = [0, 1].map(|n| {
        let frame = out.join(format!("anna/2014_1-HeldScreen_{n}.png"));
        image::open(frame).expect("a frame").to_rgb8()
    });
    let changed = |x: f32, y: f32| {
        let at = |side: u32, share: f32| (side as f32 * share) as u32;
        let (x, y) = (at(one.width(), x), at(one.height(), y));
        let area = (0..400).map(|i| (x + i % 20, y + i / 20));
        area.map(|(x, y)| u32::from(one[(x, y)].0[1].abs_diff(other[(x, y)].0[1])))
            .sum::<u32>()
            / 400
    };
    assert!(changed(0.05, 0.1) < 5, "the room, {}", changed(0.05, 0.1));
    assert!(changed(0.5, 0.45) > 5, "the face, {}", changed(0.5, 0.45));
}

/// How much the middles of two frames differ that are made of two photos of a person.
fn difference_of_frames(film: &[&str]) -> f64 {
    let folder = Folder::of(&[("anna/2014_1.jpg", "person_a_1.jpg")]);
    let portraits = root().join(".setup/portraits");
    let [first, second] = ["person_a_1.jpg", "person_a_2.jpg"]
        .map(|name| image::open(portraits.join(name)).expect("a portrait"));
    let filter = image::imageops::FilterType::Triangle;
    let second = second.resize_exact(first.width(), first.height(), filter);
    second
        .save(folder.make("anna/2014_2.jpg"))
        .expect("a picture");
    let out = folder.path().join("made");
    let attack = ["synthesise", "held-screen", "--frames", "2", "--rate", "30"];
    let folders = ["--root", utf8(folder.path()), "--out", utf8(&out)];
    json(&[&attack[..], &folders[..], film].concat());
    let [one, other] = [0, 1].map(|n| {
        let frame = out.join(format!("anna/2014_1-HeldScreen_{n}.png"));
        image::open(frame).expect("a frame").to_luma8()
    });
    let middle = |side: u32| side * 2 / 5..side * 3 / 5;
    let rows = middle(one.height()).flat_map(|y| middle(one.width()).map(move |x| (x, y)));
    let differences = rows.map(|(x, y)| f64::from(one[(x, y)].0[0].abs_diff(other[(x, y)].0[0])));
    let pixels = middle(one.height()).len() * middle(one.width()).len();
    differences.sum::<f64>() / pixels as f64
}

#[test]
fn a_film_shows_the_image_that_follows() {
    let still = difference_of_frames(&[]);
    let film = difference_of_frames(&["--film", "30"]);
    assert!(film > 3.0 * still, "{film} and {still}");
}

#[test]
fn images_that_differ_in_their_endings_only_are_named_before_the_work() {
    let folder = Folder::of(&[
        ("anna/2014_1.jpg", "person_a_1.jpg"),
        ("anna/2014_1.jpeg", "person_a_2.jpg"),
    ]);
    let out = folder.path().join("made");
    let said = refusal(&[&moved_stills(&folder, &out)[..], &["--every", "1"]].concat());
    assert!(
        said.contains("2014_1.jpeg and ") && said.contains("rename one"),
        "{said}"
    );
    assert!(!out.exists());
}

#[test]
fn pictures_made_of_nothing_are_no_success() {
    let folder = Folder::of(&[]);
    let broken = folder.write("anna/2014_1.jpg", b"\xff\xd8\xff\xe0 cut short");
    let out = folder.path().join("made");
    let said = refusal(&moved_stills(&folder, &out));
    assert!(
        said.contains(utf8(&broken)) && said.contains("no presentation"),
        "{said}"
    );
}
