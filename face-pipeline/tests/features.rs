//! What hides a face or its features is measured steadily in its direction, and in the end refused
//! for the reason that a person can act on. One portrait closes its eyes, opens its mouth, turns
//! its head, leans it, and puts on dark glasses and a mask.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]

mod common;

use std::time::Duration;

use common::relief::{Point, Relief, disc, fill};
use common::{Component, pipeline, portrait, view, worsens};
use face_pipeline::{Capture, QualityLimits, Rejection};
use image::imageops::interpolate_bilinear;
use image::{Rgb, RgbImage};

/// Upper and lower lids of both eyes, from corner to corner, in MediaPipe's numbering.
const LIDS: [([usize; 7], [usize; 7]); 2] = [
    (
        [246, 161, 160, 159, 158, 157, 173],
        [7, 163, 144, 145, 153, 154, 155],
    ),
    (
        [466, 388, 387, 386, 385, 384, 398],
        [249, 390, 373, 374, 380, 381, 382],
    ),
];
/// What a mask covers: the jaw from ear to ear, and over the nose.
const MASK: [usize; 23] = [
    234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361,
    323, 454, 6, 6,
];
const EYE_CORNERS: [[usize; 2]; 2] = [[33, 133], [362, 263]];
const UPPER_LIP: usize = 13;
const MOUTH_CORNERS: [usize; 2] = [61, 291];
/// Height of the skin above an upper lid, pixels.
const LID_PX: f32 = 6.0;
const NOSE_BRIDGE: usize = 6;
const CHIN: usize = 152;

/// A good frame with the points of its mesh.
struct Model {
    frame: RgbImage,
    points: Vec<[f32; 3]>,
}

impl Model {
    fn new() -> Self {
        Self::of("person_b_1")
    }

    fn of(person: &str) -> Self {
        let frame = common::frame(&portrait(person), 470, 0);
        let mesh = pipeline().mesh(view(&frame)).expect("no failure");
        let points = mesh.expect("a face").points.clone();
        Self { frame, points }
    }

    fn at(&self, number: usize) -> Point {
        [self.points[number][0], self.points[number][1]]
    }

    /// Lids drawn down over a share of the eyes, with the dark line of the lashes.
    fn eyes_closed(&self, share: f32) -> RgbImage {
        let mut frame = self.frame.clone();
        for (upper, lower) in LIDS.iter().filter(|_| share > 0.0) {
            let brow = self.at(upper[3]);
            let skin = frame.get_pixel(brow[0] as u32, (brow[1] - LID_PX) as u32).0;
            let edge = |drawn: f32| {
                let pairs = upper.iter().zip(lower);
                pairs.map(move |(u, l)| {
                    let (u, l) = (self.at(*u), self.at(*l));
                    [u[0] + (l[0] - u[0]) * drawn, u[1] + (l[1] - u[1]) * drawn]
                })
            };
            let lashes: Vec<Point> = edge(share).collect();
            let lid: Vec<Point> = edge(-0.4).chain(lashes.iter().rev().copied()).collect();
            fill(&mut frame, &lid, skin);
            let line = lashes.iter().rev().map(|[x, y]| [*x, y + LID_PX / 3.0]);
            let line: Vec<Point> = lashes.iter().copied().chain(line).collect();
            fill(&mut frame, &line, skin.map(|v| v / 4));
        }
        frame
    }

    /// A dark oval between lips, as high as a share of the way from the nose's bridge to the chin.
    fn mouth_open(&self, share: f32) -> RgbImage {
        let mut frame = self.frame.clone();
        let high = share * (self.at(CHIN)[1] - self.at(NOSE_BRIDGE)[1]) / 2.0;
        let [right, left] = MOUTH_CORNERS.map(|n| self.at(n));
        let middle = [(right[0] + left[0]) / 2.0, self.at(UPPER_LIP)[1] + high];
        let wide = (left[0] - right[0]) / 2.3;
        if share > 0.0 {
            let lip = 0.12 * (left[0] - right[0]);
            disc(&mut frame, middle, [wide + lip, high + lip], |_, c| {
                [185, 95, 95][c]
            });
            disc(&mut frame, middle, [wide, high], |_, c| [45, 15, 15][c]);
        }
        frame
    }

    /// The head turned about an axis behind the face, one frame per yaw and pitch in degrees.
    fn turned(&self, turns: &[[f32; 2]]) -> Vec<RgbImage> {
        let [x, y] = self.at(NOSE_BRIDGE);
        let behind = (self.at(454)[0] - self.at(234)[0]) / 2.0;
        let relief = Relief::new(&self.frame, &self.points);
        let turned = turns
            .iter()
            .map(|turn| relief.turned([x, y, behind], *turn));
        turned.collect()
    }

    /// The picture leaning clockwise by so many degrees, about the nose's bridge.
    fn leaning(&self, degrees: f32) -> RgbImage {
        let [x, y] = self.at(NOSE_BRIDGE);
        let (sin, cos) = degrees.to_radians().sin_cos();
        RgbImage::from_fn(self.frame.width(), self.frame.height(), |u, v| {
            let (right, down) = (u as f32 - x, v as f32 - y);
            let from = [x + right * cos + down * sin, y - right * sin + down * cos];
            let seen = interpolate_bilinear(&self.frame, from[0], from[1]);
            seen.unwrap_or(Rgb([120, 118, 115]))
        })
    }

    /// Discs over the eyes, as wide as a share of the eye, blended over what is there.
    fn on_eyes(&self, radius: f32, colour: f32, opacity: f32) -> RgbImage {
        let mut frame = self.frame.clone();
        for [a, b] in EYE_CORNERS.map(|corners| corners.map(|n| self.at(n))) {
            let middle = [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0];
            let radius = radius * (a[0] - b[0]).hypot(a[1] - b[1]);
            disc(&mut frame, middle, [radius, radius], |v, _| {
                (f32::from(v) * (1.0 - opacity) + colour * opacity) as u8
            });
        }
        frame
    }

    /// A surgical mask, pulled up from the chin by a share of the way to the nose's bridge.
    fn masked(&self, share: f32) -> RgbImage {
        let (top, chin) = (self.at(NOSE_BRIDGE)[1], self.at(CHIN)[1]);
        let edge = chin - share * (chin - top);
        let outline: Vec<Point> = MASK
            .iter()
            .map(|n| self.at(*n))
            .map(|[x, y]| [x, y.max(edge)])
            .collect();
        let mut frame = self.frame.clone();
        if share > 0.0 {
            fill(&mut frame, &outline, [110, 160, 200]);
        }
        frame
    }
}

fn series(strengths: &[f32], frame: impl Fn(f32) -> RgbImage) -> Vec<RgbImage> {
    strengths.iter().map(|s| frame(*s)).collect()
}

#[test]
fn eyes_that_close_are_less_open() {
    let model = Model::new();
    let mut pipeline = pipeline();
    let open = [0.0, 0.3, 0.7].map(|share| {
        let seen = pipeline.assess(view(&model.eyes_closed(share)));
        let features = seen.expect("no failure").expect("a face").features;
        features.expect("a mesh").eyes_open
    });
    assert!(open[0] > open[1] && open[1] > open[2], "{open:?}");
}

#[test]
fn a_mouth_that_opens_is_not_closed() {
    let model = Model::new();
    let steps = series(&[0.1, 0.2, 0.3, 0.4], |share| model.mouth_open(share));
    worsens(
        |a| a.features.expect("a mesh").mouth_open,
        true,
        Rejection::MouthOpen,
        &steps,
    );
}

#[test]
fn a_mask_hides_the_face() {
    let model = Model::new();
    let mut pipeline = pipeline();
    let seen = [0.0, 0.4, 0.6, 1.0].map(|share| {
        let seen = pipeline.assess(view(&model.masked(share)));
        seen.expect("no failure").expect("a face")
    });
    let certain = seen.map(|a| a.quality.detection);
    assert!(
        certain.windows(2).all(|pair| pair[1] < pair[0]),
        "{certain:?}"
    );
    assert_eq!(seen[0].rejection, None);
    // Of one colour: what is flat is taken for what is not sharp.
    assert_eq!(seen[3].rejection, Some(Rejection::Blurred), "{:?}", seen[3]);
}

/// How far the portrait itself leans to its right shoulder, degrees.
const ITS_LEAN: f32 = 6.0;

/// To either side, from upright on.
#[test]
fn a_head_that_leans_has_roll() {
    let model = Model::new();
    for side in [-1.0, 1.0] {
        let steps = [0.0, 10.0, 20.0, 30.0].map(|lean| model.leaning(ITS_LEAN + side * lean));
        worsens(
            |a| a.features.expect("a mesh").roll_degrees.abs(),
            true,
            Rejection::Tilted,
            &steps,
        );
    }
}

/// The comparison would take a head that leans by 30° for somebody else's; who cannot hold it upright
/// comes to an officer, however long it takes.
#[test]
fn who_leans_is_told_so_and_not_compared() {
    let mut pipeline = pipeline();
    for (photo, person) in [("person_b_2", "person_b_1"), ("person_a_2", "person_a_1")] {
        let model = Model::of(person);
        for degrees in [-30.0, 30.0, 40.0] {
            let reference = pipeline.reference(view(&portrait(photo)));
            let mut capture = Capture::new(reference.expect("a good photo"));
            let leaning = model.leaning(degrees);
            for number in 0..10 {
                let at = Duration::from_millis(number * 500);
                let step = pipeline.observe(&mut capture, view(&leaning), at);
                let step = step.expect("a frame");
                let why = step.rejection;
                assert_eq!(why, Some(Rejection::Tilted), "{person} at {degrees}°");
                assert_eq!(step.evidence, None);
            }
        }
    }
}

/// What is said where the five points lean, which they hardly do where the head leans (README, Quality).
#[test]
fn what_leans_beyond_its_limit_is_tilted() {
    let seen = pipeline().assess(view(&Model::new().frame));
    let mut quality = seen.expect("no failure").expect("a face").quality;
    let limits = QualityLimits::default();
    for (degrees, said) in [
        (19.9, None),
        (-19.9, None),
        (20.1, Some(Rejection::Tilted)),
        (-20.1, Some(Rejection::Tilted)),
    ] {
        quality.roll_degrees = degrees;
        assert_eq!(quality.rejection(&limits), said, "{degrees}");
    }
}

/// A head that turns aside, to either side, is seen to by a component, and refused for it.
fn turning(model: &Model, component: Component) {
    for side in [-1.0, 1.0] {
        let steps = model.turned(&[0.0, 15.0, 30.0, 45.0].map(|yaw| [side * yaw, 0.0]));
        worsens(component, true, Rejection::Turned, &steps);
    }
}

/// By the five points alone, before the mesh is asked.
#[test]
fn five_points_show_turning_and_nodding_steadily() {
    let model = Model::new();
    turning(&model, |a| a.quality.yaw_degrees.abs());
    // From 15° on: what is less is within the detector's noise.
    let steps = model.turned(&[-15.0, -30.0, -45.0].map(|pitch| [0.0, pitch]));
    worsens(|a| a.quality.pitch_ratio, true, Rejection::Turned, &steps);
}

#[test]
fn dark_glasses_hide_the_eyes() {
    let model = Model::new();
    let steps = series(&[0.0, 0.3, 0.6, 0.95], |opacity| {
        model.on_eyes(0.9, 15.0, opacity)
    });
    worsens(
        |a| a.quality.eyes_visible,
        false,
        Rejection::Covered,
        &steps,
    );
}

#[test]
fn a_light_in_the_glasses_is_glare() {
    let model = Model::new();
    let steps = series(&[0.0, 0.4, 0.6, 1.0], |radius| {
        model.on_eyes(radius, 255.0, 1.0)
    });
    worsens(|a| a.quality.glare, true, Rejection::Glare, &steps);
}

#[test]
fn a_head_that_turns_aside_has_yaw() {
    turning(&Model::new(), |a| {
        a.features.expect("a mesh").yaw_degrees.abs()
    });
}

#[test]
fn a_head_that_nods_has_pitch() {
    let model = Model::new();
    let steps = model.turned(&[0.0, -15.0, -30.0, -45.0].map(|pitch| [0.0, pitch]));
    worsens(
        |a| a.features.expect("a mesh").pitch_degrees,
        true,
        Rejection::Turned,
        &steps,
    );
}
