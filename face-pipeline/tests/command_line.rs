//! What `face` does with folders as people have them: sessions, videos' frames, lists, files cut short.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const SELF: &str = env!("CARGO_BIN_EXE_face");

/// A folder of the demonstration portraits under other names.
struct Folder(tempfile::TempDir);

impl Folder {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        for (name, portrait) in files {
            let portrait = root().join(".setup/portraits").join(portrait);
            fs::copy(portrait, folder.make(name)).expect("a portrait: run `make setup`");
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.make(name);
        fs::write(&path, bytes).expect("a file");
        path
    }

    fn make(&self, name: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        path
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn face(arguments: &[&str]) -> Output {
    let mut program = Command::new(SELF);
    program.args(arguments).current_dir(root());
    program.output().expect("the program starts")
}

/// What it printed, when it could do it.
fn text(arguments: &[&str]) -> String {
    let done = face(arguments);
    assert!(done.status.success(), "{arguments:?}: {done:?}");
    String::from_utf8(done.stdout).expect("text")
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&text(&[arguments, &["--json"]].concat())).expect("one JSON document")
}

/// What it said when it could not.
fn refusal(arguments: &[&str]) -> String {
    let done = face(arguments);
    assert_eq!(done.status.code(), Some(2), "{arguments:?}: {done:?}");
    String::from_utf8(done.stderr).expect("text")
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Two people, one of them on two days.
fn sessions() -> Folder {
    Folder::of(&[
        ("anna/2014/photo.jpg", "person_a_1.jpg"),
        ("anna/2025/photo.jpg", "person_a_2.jpg"),
        ("ben/2014/photo.jpg", "impostor_1.jpg"),
    ])
}

#[test]
fn sessions_of_one_person_are_compared_as_one_person() {
    let folder = sessions();
    let found = json(&[
        "eval",
        "match",
        "--root",
        utf8(folder.path()),
        "--all-pairs",
    ]);
    assert_eq!(found["found"]["people"], 2);
    assert_eq!(found["found"]["occasions"], 3);
    assert_eq!(
        (&found["mated"], &found["non_mated"]),
        (&2.into(), &4.into())
    );
    let other = [
        "eval",
        "match",
        "--root",
        utf8(folder.path()),
        "--all-pairs",
        "--other-occasion",
    ];
    assert_eq!(json(&other)["mated"], 2);
}

#[test]
fn an_image_without_a_face_is_a_refusal_in_the_generalized_rate() {
    let folder = sessions();
    let blank = image::RgbImage::from_pixel(320, 320, image::Rgb([90; 3]));
    blank
        .save(folder.make("anna/2026/photo.png"))
        .expect("a picture");
    let found = json(&[
        "eval",
        "match",
        "--root",
        utf8(folder.path()),
        "--all-pairs",
    ]);
    assert_eq!(
        (&found["mated"], &found["mated_not_made"]),
        (&2.into(), &4.into())
    );
    let accepted = &found["accepted"];
    assert_eq!(
        (&accepted["fnmr"]["of"], &accepted["gfrr"]["of"]),
        (&2.into(), &6.into())
    );
    assert_eq!(accepted["gfrr"]["errors"], 4);
    let blank = "anna/2026/photo.png";
    for (rate, names) in [
        ("failure_to_enrol", "not_enrolled"),
        ("failure_to_acquire", "not_acquired"),
    ] {
        let (errors, of) = (&found[rate]["errors"], &found[rate]["of"]);
        assert_eq!((errors, of), (&1.into(), &4.into()), "{rate}");
        assert_eq!(found[names][0], blank);
    }
}

#[test]
fn a_list_of_pairs_is_checked_before_anything_is_compared() {
    let folder = Folder::of(&[
        ("a1.jpg", "person_a_1.jpg"),
        ("a2.jpg", "person_a_2.jpg"),
        ("b.jpg", "impostor_1.jpg"),
        ("not listed.jpg", "impostor_2.jpg"),
    ]);
    let list = folder.write("pairs.csv", "a1.jpg, a2.jpg, True\na1.jpg,b.jpg,0\n");
    let of = |list: &Path| {
        let list = utf8(list).to_owned();
        let folder = utf8(folder.path()).to_owned();
        ["eval", "match", "--root", &folder, "--pairs", &list].map(String::from)
    };
    let good = of(&list);
    let found = json(&good.each_ref().map(String::as_str));
    assert_eq!(
        (&found["mated"], &found["non_mated"]),
        (&1.into(), &1.into())
    );
    assert_eq!(found["found"]["images"], 3, "of listed images only");

    for (row, thing) in [
        ("a1.jpg,b.jpg,yes", "`yes`"),
        ("a1.jpg,gone.jpg,1", "`gone.jpg`"),
    ] {
        let list = folder.write("wrong.csv", format!("a,b,mated\n{row}\n"));
        let wrong = of(&list);
        let said = refusal(&wrong.each_ref().map(String::as_str));
        assert!(said.contains("line 2") && said.contains(thing), "{said}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_left_out() {
    let folder = sessions();
    let broken = folder.write("ben/2015/photo.jpg", b"\xff\xd8\xff\xe0 cut short");
    let panics = include_bytes!("data/colours-finer-than-brightness.jpg");
    let panics = folder.write("ben/2016/photo.jpg", panics);
    let folder = utf8(folder.path());
    for command in [
        &["eval", "match", "--all-pairs", "--root", folder][..],
        &["eval", "quality", "--root", folder],
        &["eval", "pad", "--attack", folder],
    ] {
        let done = face(&[command, &["--json"]].concat());
        assert!(done.status.success(), "{command:?}: {done:?}");
        let warned = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(warned.contains(utf8(&broken)), "{warned}");
        let found: Value = serde_json::from_slice(&done.stdout).expect("one JSON document");
        assert_eq!(found["unreadable"][0]["file"], utf8(&broken));
        assert_eq!(found["unreadable"][1]["file"], utf8(&panics));
    }
}

#[test]
fn a_plot_that_cannot_be_written_is_said_before_the_work() {
    let folder = sessions();
    let plot = folder.path().join("no such folder/plot.svg");
    let said = refusal(&[
        "eval",
        "match",
        "--root",
        utf8(folder.path()),
        "--all-pairs",
        "--plot",
        utf8(&plot),
    ]);
    assert!(said.contains(utf8(&plot)), "{said}");
}

#[test]
fn captures_say_what_they_leave_out() {
    let still = "person_b_1.jpg";
    let folder = Folder::of(&[
        ("ben/live1.jpg", still),
        ("ben/live2.jpg", still),
        ("ben/live10.jpg", still),
        ("ben/short_1.jpg", still),
    ]);
    let blank = image::RgbImage::from_pixel(320, 320, image::Rgb([90; 3]));
    blank.save(folder.make("ben/live0.png")).expect("a picture");
    let recordings = format!("{}@1", folder.path().display());
    let arguments = [
        "eval",
        "captures",
        "--bona-fide",
        &recordings,
        "--attack",
        &recordings,
    ];
    let once = [&arguments[..], &["--rate", "1"]].concat();

    let found = json(&once);
    let live = &found["measured"][0];
    assert_eq!(live["found"]["occasions_too_short"], 1);
    assert_eq!(
        live["recordings_without_reference"], 0,
        "the second image serves"
    );
    let row = &live["captures"][0];
    assert_eq!(row["captures"], 2);
    let rate = |name: &str| (row[name]["errors"].clone(), row[name]["of"].clone());
    let undecided = row["undecided"].as_u64().expect("a count");
    assert_eq!(
        rate("non_responses"),
        (undecided.into(), 2.into()),
        "of all"
    );
    assert_eq!(rate("errors").1, 2 - undecided, "of those decided");
    let said = text(&[&once[..], &["--people", "odd"]].concat());
    assert!(said.contains("BPNRR") && said.contains("APNRR"), "{said}");

    for rate in ["--rate=0", "--rate=-1", "--rate=NaN"] {
        assert!(refusal(&[&arguments[..], &[rate]].concat()).contains("0.1 and 240"));
    }
}

#[test]
fn either_kind_of_recordings_is_measured_alone() {
    let still = "person_b_1.jpg";
    let folder = Folder::of(&[
        ("ben/a1.jpg", still),
        ("ben/a2.jpg", still),
        ("ben/a3.jpg", still),
    ]);
    let recordings = format!("{}@1", folder.path().display());
    for (kind, live) in [("--bona-fide", true), ("--attack", false)] {
        let found = json(&["eval", "captures", "--rate", "1", kind, &recordings]);
        let measured = found["measured"].as_array().expect("folders");
        assert_eq!(measured.len(), 1);
        assert_eq!(measured[0]["bona_fide"], live);
    }
    refusal(&["eval", "captures"]);
}

/// What a camera mounted on its side stored, measured as the frames that it means.
#[test]
fn frames_of_a_camera_mounted_on_its_side_are_turned() {
    let (upright, stored) = (Folder::of(&[]), Folder::of(&[]));
    for (name, portrait) in [
        ("ben/a1.png", "person_b_1.jpg"),
        ("ben/a2.png", "person_b_2.jpg"),
        ("ben/a3.png", "person_b_1.jpg"),
        ("eve/a1.png", "impostor_1.jpg"),
    ] {
        let portrait =
            image::open(root().join(".setup/portraits").join(portrait)).expect("a portrait");
        let frame = portrait.resize(480, 600, image::imageops::FilterType::Triangle);
        frame.save(upright.make(name)).expect("a picture");
        frame
            .rotate270()
            .save(stored.make(name))
            .expect("a picture");
    }
    let turned = ["--rotation", "90"];
    let frame = |of: &Folder| utf8(&of.path().join("ben/a1.png")).to_owned();
    let reference = frame(&upright);
    let all = |of: &Folder| utf8(of.path()).to_owned();
    let recordings = |of: &Folder| format!("{}@1", of.path().display());
    let measured = |of: &Folder, turned: &[&str]| {
        let (frame, all, recordings) = (frame(of), all(of), recordings(of));
        [
            (&["detect", &frame][..], "/0/result"),
            (&["pad", &frame], "/0/result"),
            (&["eval", "quality", "--root", &all], "/components"),
            (
                &["eval", "match", "--all-pairs", "--root", &all],
                "/accepted",
            ),
            (&["eval", "pad", "--attack", &all], "/seen/0/non_responses"),
            (
                &[
                    "eval",
                    "captures",
                    "--rate",
                    "1",
                    "--bona-fide",
                    &recordings,
                ],
                "/measured/0/captures/0/decisions",
            ),
        ]
        .map(|(command, part)| {
            let found = json(&[command, turned].concat());
            found.pointer(part).cloned().expect(part)
        })
    };
    assert_eq!(measured(&stored, &turned), measured(&upright, &[]));
    let capture = |of: &Folder, degrees| {
        let frame = frame(of);
        let done = face(&[
            "capture",
            "--reference",
            &reference,
            &frame,
            "--rotation",
            degrees,
        ]);
        String::from_utf8(done.stdout).expect("text")
    };
    assert!(
        capture(&upright, "0").contains("good"),
        "{}",
        capture(&upright, "0")
    );
    assert_eq!(capture(&stored, "90"), capture(&upright, "0"));
    let lying = json(&["detect", &frame(&stored)]);
    assert_ne!(
        lying[0]["result"],
        json(&["detect", &frame(&upright)])[0]["result"]
    );
    let stored = frame(&stored);
    json(&[
        "bench",
        "--rounds",
        "1",
        "--reference",
        &reference,
        &stored,
        "--rotation",
        "90",
    ]);
    assert!(refusal(&["detect", &stored, "--rotation", "45"]).contains("270"));
}

#[test]
fn captures_of_nothing_are_no_measurement() {
    let folder = Folder::of(&[
        ("ben/a.jpg", "person_b_1.jpg"),
        ("ben/b.jpg", "person_b_2.jpg"),
    ]);
    let recordings = format!("{}@1", folder.path().display());
    let said = refusal(&[
        "eval",
        "captures",
        "--bona-fide",
        &recordings,
        "--attack",
        &recordings,
    ]);
    assert!(said.contains("fewer than 3 images"), "{said}");

    let blank = image::RgbImage::from_pixel(320, 320, image::Rgb([90; 3]));
    for frame in ["ben/frame1.png", "ben/frame2.png", "ben/frame3.png"] {
        blank.save(folder.make(frame)).expect("a picture");
    }
    let said = refusal(&[
        "eval",
        "captures",
        "--bona-fide",
        &recordings,
        "--attack",
        &recordings,
    ]);
    assert!(said.contains("can be a reference"), "{said}");
}

#[test]
fn attacks_alone_are_measured_at_the_operating_point() {
    let folder = sessions();
    let said = text(&["eval", "pad", "--attack", utf8(folder.path())]);
    assert!(said.contains("APCER") && !said.contains("BPCER"), "{said}");
    assert!(
        said.contains("– (0 of 0)"),
        "no window of five is no rate: {said}"
    );
    assert!(said.contains("face eval captures"), "{said}");
}

/// Two images of three are none to decide about: they are in no error rate, and not lost either.
#[test]
fn an_image_without_a_face_is_a_non_response() {
    let folder = Folder::of(&[("anna/a.jpg", "person_a_1.jpg")]);
    let blank = image::RgbImage::from_pixel(320, 320, image::Rgb([90; 3]));
    for name in ["anna/b.png", "ben/b.png"] {
        blank.save(folder.make(name)).expect("a picture");
    }
    let found = json(&["eval", "pad", "--attack", utf8(folder.path())]);
    let silent = &found["seen"][0]["non_responses"];
    assert_eq!((&silent["errors"], &silent["of"]), (&2.into(), &3.into()));
    assert_eq!(found["measured"][0]["attacks"][0]["apcer"]["of"], 1);
    let said = text(&["eval", "pad", "--attack", utf8(folder.path())]);
    assert!(said.contains("APNRR"), "{said}");
}

#[test]
fn who_stands_behind_does_not_keep_a_photo_from_being_verified() {
    let portraits = root().join(".setup/portraits");
    let open = |name: &str| {
        let image = image::open(portraits.join(name)).expect("a portrait");
        image
            .resize(480, 600, image::imageops::FilterType::Triangle)
            .into_rgb8()
    };
    let (person, bystander) = (open("person_b_2.jpg"), open("impostor_1.jpg"));
    let mut both = image::RgbImage::new(person.width() + bystander.width(), 600);
    image::imageops::replace(&mut both, &person, 0, 0);
    image::imageops::replace(&mut both, &bystander, i64::from(person.width()), 0);
    let folder = Folder::of(&[]);
    let group = folder.make("group.png");
    both.save(&group).expect("a picture");
    let reference = portraits.join("person_b_1.jpg");

    let done = face(&["verify", utf8(&reference), utf8(&group)]);
    assert!(matches!(done.status.code(), Some(0 | 1)), "{done:?}");

    let said = refusal(&["verify", utf8(&group), utf8(&reference)]);
    assert!(said.contains("2 faces as near as each other"), "{said}");
}

#[test]
fn attacks_made_of_two_sessions_do_not_overwrite_each_other() {
    let folder = sessions();
    let out = folder.path().join("made");
    let made = json(&[
        "synthesise",
        "moved-still",
        "--root",
        utf8(folder.path()),
        "--out",
        utf8(&out),
        "--every",
        "1",
        "--frames",
        "1",
    ]);
    assert_eq!(made["presentations"], 3);
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
fn several_meshes_are_one_document() {
    let portraits = root().join(".setup/portraits");
    let images = ["person_b_1.jpg", "person_b_2.jpg"].map(|name| portraits.join(name));
    let found = json(&["mesh", utf8(&images[0]), utf8(&images[1])]);
    assert_eq!(found.as_array().map(Vec::len), Some(2));
}

#[test]
fn a_bench_counts_the_mesh_and_follows_motion() {
    let portrait = root().join(".setup/portraits/person_b_1.jpg");
    let portrait = utf8(&portrait);
    let found = json(&["bench", "--rounds", "8", "--reference", portrait, portrait]);
    let names: Vec<_> = found["times"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["name"].as_str().expect("a name").trim())
        .collect();
    for stage in ["Mesh", "Spectrum", "Motion"] {
        assert!(names.contains(&stage), "{names:?}");
    }
    assert!(found["overhead_ratio_of_means"]["full"].is_f64());
}
