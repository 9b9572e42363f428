//! What `face` does with folders as people have them: sessions, videos' frames, lists, files cut short.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]

#[path = "common/program.rs"]
mod program;

use program::{Folder, captures_of, face, json, refusal, root, sessions, text, utf8};
use serde_json::Value;
use std::path::Path;

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

fn in_windows_of_two(folder: &Folder) -> [&str; 6] {
    let root = utf8(folder.path());
    ["eval", "match", "--root", root, "--window", "2"]
}

#[test]
fn a_window_is_not_compared_with_an_image_of_its_own_occasion() {
    let folder = Folder::of(&[
        ("anna/x1.jpg", "person_a_1.jpg"),
        ("anna/x2.jpg", "person_a_1.jpg"),
        ("anna/y1.jpg", "person_a_2.jpg"),
        ("anna/y2.jpg", "person_a_2.jpg"),
        ("ben/x1.jpg", "impostor_1.jpg"),
        ("ben/x2.jpg", "impostor_1.jpg"),
    ]);
    let list = folder.write("pairs.csv", "anna/x2.jpg,anna/x1.jpg,1\n");
    let all = in_windows_of_two(&folder);
    let found = json(&[&all[..], &["--all-pairs"]].concat());
    // Two references of each of two occasions with the one window of the other.
    assert_eq!(
        (&found["mated"], &found["non_mated"]),
        (&4.into(), &8.into())
    );
    let said = refusal(&[&all[..], &["--pairs", utf8(&list)]].concat());
    assert!(
        said.contains("`anna/x2.jpg` and `anna/x1.jpg` are of one occasion"),
        "{said}"
    );
}

#[test]
fn a_window_passes_over_a_frame_without_a_face() {
    let folder = Folder::of(&[
        ("anna/x1.jpg", "person_a_1.jpg"),
        ("anna/x3.jpg", "person_a_1.jpg"),
        ("anna/y1.jpg", "person_a_2.jpg"),
        ("ben/x1.jpg", "impostor_1.jpg"),
    ]);
    folder.blank("anna/x2.png");
    let all = in_windows_of_two(&folder);
    let found = json(&[&all[..], &["--all-pairs"]].concat());
    // Windows begin at x1, made of x1 and x3, and at x2, with one face only.
    let failed = &found["failure_to_acquire"];
    assert_eq!((&failed["errors"], &failed["of"]), (&1.into(), &2.into()));
    assert_eq!(found["mated"], 1, "the reference y1");
}

/// Each FMR says how few false matches it rests on.
#[test]
fn every_false_match_rate_by_few_comparisons_is_marked() {
    let folder = sessions();
    let match_all = [
        "eval",
        "match",
        "--root",
        utf8(folder.path()),
        "--all-pairs",
    ];
    let said = text(&match_all);
    let rates =
        |line: &&str| line.contains("accepted by the manifest") || line.contains("clear by");
    let lines: Vec<&str> = said.lines().filter(rates).collect();
    assert_eq!(lines.len(), 2, "{said}");
    for line in lines {
        assert!(line.contains("by 0 false matches only"), "{line}");
    }
    let found = json(&match_all);
    for rate in ["accepted", "clear"] {
        assert_eq!(found[rate]["false_matches"]["pairs_of_images"], 0);
    }
}

#[test]
fn a_fit_to_one_kind_of_recordings_is_refused_before_the_work() {
    // The sum of the bytes of `bb` is even, that of `ab` is odd.
    let [even, odd] = ["bb", "ab"].map(|person| {
        let names = [1, 2, 3].map(|n| format!("{person}/a{n}.jpg"));
        Folder::of(
            &names
                .each_ref()
                .map(|name| (name.as_str(), "person_b_1.jpg")),
        )
    });
    let [even, odd] = [&even, &odd].map(|folder| format!("{}@1", folder.path().display()));
    let train = ["train", "pad", "--rate", "1"];
    let said = refusal(&[&train[..], &["--bona-fide", &even]].concat());
    assert!(
        said.contains("attacks: nothing to fit to: both kinds"),
        "{said}"
    );
    let said = refusal(&[&train[..], &["--bona-fide", &odd, "--attack", &even]].concat());
    assert!(
        said.contains("bona fide: nothing to fit to: both kinds"),
        "{said}"
    );
}

#[test]
fn an_image_without_a_face_is_a_refusal_in_the_generalized_rate() {
    let folder = sessions();
    folder.blank("anna/2026/photo.png");
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
    folder.blank("ben/live0.png");
    let arguments = captures_of(&folder);
    let arguments = arguments.each_ref().map(String::as_str);
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
    let turned_out = Folder::of(&[]);
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
    let out = utf8(turned_out.path()).to_owned();
    for unturned in [
        &["verify", &reference, &stored][..],
        &[
            "synthesise",
            "screen",
            "--root",
            &all(&upright),
            "--out",
            &out,
        ],
        &[
            "bench",
            "--reference",
            &reference,
            &stored,
            "--peer",
            "opencv",
        ],
    ] {
        let said = refusal(&[unturned, &turned].concat());
        assert!(said.contains("are not turned"), "{said}");
    }
}

#[test]
fn captures_of_nothing_are_no_measurement() {
    let folder = Folder::of(&[
        ("ben/a.jpg", "person_b_1.jpg"),
        ("ben/b.jpg", "person_b_2.jpg"),
    ]);
    let arguments = captures_of(&folder);
    let arguments = arguments.each_ref().map(String::as_str);
    let said = refusal(&arguments);
    assert!(said.contains("fewer than 3 images"), "{said}");

    for frame in ["ben/frame1.png", "ben/frame2.png", "ben/frame3.png"] {
        folder.blank(frame);
    }
    let said = refusal(&arguments);
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
    for name in ["anna/b.png", "ben/b.png"] {
        folder.blank(name);
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
    let open = |name: &str, height| {
        let image = image::open(portraits.join(name)).expect("a portrait");
        image
            .resize(480, height, image::imageops::FilterType::Triangle)
            .into_rgb8()
    };
    let (person, bystander) = (open("person_b_2.jpg", 600), open("impostor_1.jpg", 450));
    let mut both = image::RgbImage::new(person.width() + bystander.width(), 600);
    image::imageops::replace(&mut both, &person, 0, 0);
    image::imageops::replace(&mut both, &bystander, i64::from(person.width()), 0);
    let folder = Folder::of(&[]);
    let (group, alone) = (folder.make("group.png"), folder.make("alone.png"));
    both.save(&group).expect("a picture");
    person.save(&alone).expect("a picture");
    let reference = portraits.join("person_b_1.jpg");

    let [of_group, of_alone] = [&group, &alone].map(|probe| {
        let found = json(&["verify", utf8(&reference), utf8(probe)]);
        found["similarity"].as_f64().expect("a similarity")
    });
    assert!(
        (of_group - of_alone).abs() < 0.05, // found at another place by the detector
        "{of_group} {of_alone}"
    );

    let said = refusal(&["verify", utf8(&group), utf8(&reference)]);
    assert!(said.contains("2 faces as near as each other"), "{said}");
}

#[test]
fn several_meshes_are_one_document() {
    let portraits = root().join(".setup/portraits");
    let images = ["person_b_1.jpg", "person_b_2.jpg"].map(|name| portraits.join(name));
    let found = json(&["mesh", utf8(&images[0]), utf8(&images[1])]);
    assert_eq!(found.as_array().map(Vec::len), Some(2));
}
