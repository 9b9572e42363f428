//! The demonstration portraits: two people twice, years apart, and two others.

mod common;

use common::{pipeline, portrait, view, watch, watch_living};
use face_pipeline::{Band, Capture, ReferenceError, Rejection, Settings};
use image::{Rgb, RgbImage, imageops};

const MATED: [(&str, &str); 2] = [("person_a_1", "person_a_2"), ("person_b_1", "person_b_2")];

#[test]
fn the_same_person_years_apart_is_accepted_and_others_are_refused() {
    let mut pipeline = pipeline();
    let names = [
        "person_a_1",
        "person_a_2",
        "person_b_1",
        "person_b_2",
        "impostor_1",
        "impostor_2",
    ];
    let references = names.map(|name| pipeline.reference(view(&portrait(name))).expect(name));
    for (i, a) in names.iter().enumerate() {
        for (j, b) in names.iter().enumerate().skip(i + 1) {
            let (similarity, band) = pipeline.compare(&references[i], &references[j]);
            let expected = if MATED.contains(&(a, b)) {
                Band::Strong
            } else {
                Band::Refused
            };
            assert_eq!(band, expected, "{a} and {b}: {similarity:.3}");
        }
    }
}

#[test]
fn a_capture_of_the_right_person_is_accepted() {
    let mut pipeline = pipeline();
    for (card, person) in MATED {
        let mut capture = Capture::new(pipeline.reference(view(&portrait(card))).expect(card));

        watch_living(&mut pipeline, &mut capture, &portrait(person));

        let evidence = capture.evidence().expect("a decision within 60 frames");
        assert!(evidence.comparison.is_accepted(), "{person}: {evidence:?}");
        assert!(evidence.liveness.is_accepted(), "{person}: {evidence:?}");
        assert!(evidence.first_good_at < evidence.decided_at);
    }
}

/// As on the camera's cable, where there is no paper and no screen to be seen: the networks take it for
/// a person.
#[test]
fn a_picture_that_is_moved_is_not_taken_for_a_person() {
    let mut pipeline = pipeline();
    for (card, person) in MATED {
        let (card, person) = (portrait(card), portrait(person));
        // What jumps by more than half of its width starts the window again.
        for (rate, aside) in [(10, 60.0), (3, 60.0), (1, 40.0)] {
            let mut capture = Capture::new(pipeline.reference(view(&card)).expect("a photo"));
            for number in 0..=10 * rate {
                let seconds = f64::from(number) / f64::from(rate);
                let aside = (aside * (std::f64::consts::TAU * seconds / 3.0).sin()) as i64;
                let frame = common::frame(&person, 440, aside);
                let at = std::time::Duration::from_secs_f64(seconds);
                pipeline
                    .observe(&mut capture, view(&frame), at)
                    .expect("a frame");
            }
            let evidence = capture.evidence().expect("a decision within ten seconds");
            assert!(evidence.comparison.is_accepted(), "{evidence:?}");
            assert_eq!(evidence.liveness, Band::Doubtful, "{rate}: {evidence:?}");
        }
    }
}

#[test]
fn a_capture_of_somebody_else_is_refused_after_a_bounded_number_of_frames() {
    let mut pipeline = pipeline();
    let card = portrait("person_a_1");
    for somebody in ["impostor_1", "impostor_2", "person_b_1"] {
        let mut capture = Capture::new(pipeline.reference(view(&card)).expect("a good photo"));

        watch(&mut pipeline, &mut capture, &[(&portrait(somebody), 40)]);

        let evidence = capture.evidence().expect("a decision within 40 frames");
        assert_eq!(
            evidence.comparison,
            Band::Refused,
            "{somebody}: {evidence:?}"
        );
    }
}

#[test]
fn somebody_who_steps_in_front_of_the_right_person_starts_the_capture_again() {
    let mut pipeline = pipeline();
    let card = portrait("person_a_1");
    let mut capture = Capture::new(pipeline.reference(view(&card)).expect("a good photo"));

    let shown = [(&portrait("person_a_2"), 4), (&portrait("impostor_1"), 40)];
    let steps = watch(&mut pipeline, &mut capture, &shown);

    assert_eq!(steps[4].rejection, Some(Rejection::OtherPerson));
    let evidence = capture
        .evidence()
        .expect("a decision about the second person");
    assert_eq!(evidence.comparison, Band::Refused);
    assert!(
        evidence.first_good_at.as_millis() >= 4 * 1000 / 30,
        "the first four frames do not count"
    );
}

#[test]
fn an_empty_room_has_no_face_and_no_reference() {
    let mut pipeline = pipeline();
    let wall = RgbImage::from_fn(640, 480, |x, y| Rgb([(x / 4) as u8, (y / 4) as u8, 90]));
    let mut capture = Capture::new(
        pipeline
            .reference(view(&portrait("person_a_1")))
            .expect("a photo"),
    );

    let steps = watch(&mut pipeline, &mut capture, &[(&wall, 3)]);

    assert!(
        steps
            .iter()
            .all(|s| s.rejection == Some(Rejection::NoFace) && s.face.is_none())
    );
    assert!(matches!(
        pipeline.reference(view(&wall)),
        Err(ReferenceError::NoFace)
    ));
    assert!(
        pipeline
            .liveness(view(&wall))
            .expect("no failure")
            .is_none()
    );
    assert!(pipeline.mesh(view(&wall)).expect("no failure").is_none());
}

#[test]
fn two_people_in_a_reference_photo_are_one_too_many() {
    let mut pipeline = pipeline();
    let person = imageops::thumbnail(&portrait("impostor_1"), 240, 280);
    let mut both = RgbImage::new(480, 280);
    imageops::replace(&mut both, &person, 0, 0);
    imageops::replace(&mut both, &person, 240, 0);
    assert!(matches!(
        pipeline.reference(view(&both)),
        Err(ReferenceError::SeveralFaces(2))
    ));
}

#[test]
fn a_stamp_sized_reference_photo_is_too_poor() {
    let mut pipeline = pipeline();
    let stamp = imageops::thumbnail(&portrait("impostor_1"), 51, 63);
    assert!(matches!(
        pipeline.reference(view(&stamp)),
        Err(ReferenceError::TooPoor(Rejection::TooFar))
    ));
}

#[test]
fn guidance_follows_what_is_wrong_with_the_frame() {
    let mut pipeline = pipeline();
    let person = portrait("person_b_2");
    let dark = RgbImage::from_fn(person.width(), person.height(), |x, y| {
        Rgb(person.get_pixel(x, y).0.map(|v| v / 8))
    });
    let cases = [
        (common::frame(&person, 180, 0), Rejection::TooFar),
        (closeup(&person), Rejection::TooClose),
        (common::frame(&person, 460, 200), Rejection::OffCentre),
        (
            common::frame(&imageops::blur(&person, 18.0), 460, 0),
            Rejection::Blurred,
        ),
        (common::frame(&dark, 460, 0), Rejection::TooDark),
    ];
    let card = portrait("person_b_1");
    for (frame, expected) in cases {
        let mut capture = Capture::new(pipeline.reference(view(&card)).expect("a photo"));
        let step = pipeline
            .observe(&mut capture, view(&frame), std::time::Duration::ZERO)
            .expect("a frame");
        assert_eq!(
            step.rejection,
            Some(expected),
            "{:?}",
            pipeline.find(view(&frame))
        );
    }
}

/// The head alone fills the frame.
fn closeup(portrait: &RgbImage) -> RgbImage {
    let head = imageops::crop_imm(portrait, 0, 60, portrait.width(), portrait.width() * 3 / 4);
    imageops::resize(
        &head.to_image(),
        common::FRAME.0,
        common::FRAME.1,
        imageops::FilterType::Triangle,
    )
}

/// With one thread, and with as many as the kiosk's settings have where they say nothing.
#[test]
fn the_same_frames_give_the_same_evidence_to_the_bit() {
    let card = portrait("person_b_1");
    let run = |threads| {
        let mut pipeline = common::pipeline_of(Settings::default(), threads);
        let mut capture = Capture::new(pipeline.reference(view(&card)).expect("a photo"));
        watch_living(&mut pipeline, &mut capture, &portrait("person_b_2"));
        pipeline.forget().expect("buffers to be overwritten");
        capture.evidence().expect("a decision")
    };
    for threads in [1, 2] {
        assert_eq!(run(threads), run(threads), "{threads} threads");
    }
}

#[test]
fn the_mesh_lies_on_the_face_and_the_nose_stands_out() {
    let mut pipeline = pipeline();
    let image = portrait("impostor_2");
    let face = pipeline.find(view(&image)).expect("no failure")[0].face;
    let mesh = pipeline
        .mesh(view(&image))
        .expect("no failure")
        .expect("a face");

    let [nose_tip, right_cheek, left_cheek] = [1, 234, 454].map(|i| mesh.points[i]);

    let nose = face.landmarks[2];
    let distance = (nose_tip[0] - nose.x).hypot(nose_tip[1] - nose.y);
    assert!(
        distance < 0.25 * face.inter_eye_distance(),
        "{distance} px from the detector's nose"
    );
    assert!(
        nose_tip[2] < right_cheek[2] && nose_tip[2] < left_cheek[2],
        "nearer than the cheeks"
    );
}
