//! How things move: solids with parallax, sheets as planes, lids now and then.

use super::{
    super::{
        person, pose,
        scene::Side,
        sheet,
        surface::{FACE, Pose, Surface},
    },
    relief,
};

#[test]
fn a_face_moves_like_a_solid_and_a_print_like_a_plane() {
    let relief = relief();
    let person = person::surface(&relief);
    let sheet = sheet::surface(&relief, 3);
    let solid = residual(&person, |t| pose::looking(3, t));
    let plane = residual(&sheet, |t| pose::held(3, t));
    assert!(
        solid > 1.0,
        "no single plane explains how a face moves: {solid} px"
    );
    assert!(
        plane < 0.5,
        "one plane explains how a print moves: {plane} px"
    );
    assert!(solid > 4.0 * plane, "{solid} and {plane} px");
}

#[test]
fn a_turn_moves_what_stands_out_more_than_what_lies_back() {
    let person = person::surface(&relief());
    let still = pose::looking(0, 0.0);
    let turned = Pose {
        turn: [0.15, 0.0, 0.0],
        ..still
    };
    let moved = |x: f32| {
        let [x, y] = [person.centre[0] + x, person.centre[1]];
        person.project(&turned, x, y)[0] - person.project(&still, x, y)[0]
    };
    let (nose, side) = (moved(0.0), moved(-0.47 * FACE));
    assert!(
        nose > side + 3.0,
        "the nose moved {nose} px, the side of the face {side} px"
    );
}

#[test]
fn a_head_turns_to_its_own_left_and_back_and_its_picture_turns_as_a_plane() {
    let person = person::surface(&relief());
    let nose = |pose: &Pose| {
        let [x, y] = person.centre;
        let [side, _] = person.project(pose, x - 0.47 * FACE, y);
        person.project(pose, x, y)[0] - side
    };
    let off = |t: f32, side| nose(&pose::turning(3, t, side)) - nose(&pose::turning(3, 0.0, side));
    assert!(off(2.4, Side::Left) > 20.0, "the right of the picture");
    assert!(off(2.4, Side::Right) < -20.0, "the left of the picture");
    assert!(off(5.0, Side::Left).abs() < 15.0, "back, and swaying");

    let turned = residual(&person, |t| pose::turning(3, t, Side::Left));
    let cutout = person.flattened();
    let flat = residual(&cutout, |t| pose::propped(3, t, Some(Side::Left)));
    assert!(turned > 1.0 && flat < 0.1, "{turned} and {flat} px");
    let half = |t: f32| {
        let pose = pose::propped(3, t, Some(Side::Right));
        let [x, y] = cutout.centre;
        cutout.project(&pose, x + 0.4 * FACE, y)[0] - cutout.project(&pose, x - 0.4 * FACE, y)[0]
    };
    assert!(half(2.4) < 0.85 * half(0.0), "narrower when turned away");
}

#[test]
fn eyes_close_and_open_again() {
    let closed = |t: f32| pose::looking(5, t).lids;
    let over_time: Vec<f32> = (0..600).map(|frame| closed(frame as f32 / 30.0)).collect();
    let blinks = over_time
        .windows(2)
        .filter(|w| w[0] < 0.5 && w[1] >= 0.5)
        .count();
    assert!(
        (3..=8).contains(&blinks),
        "{blinks} blinks in twenty seconds"
    );
    assert!(
        over_time.iter().filter(|c| **c == 0.0).count() > 450,
        "open most of the time"
    );
}

/// How far, in pixels, points of the face are from where the best homography from one moment to
/// another puts them: the greatest such mean of several moments.
fn residual(surface: &Surface, pose: impl Fn(f32) -> Pose) -> f64 {
    let seen = |t: f32| -> Vec<[f64; 2]> {
        let steps = || (-4..=4).map(|i| i as f32 * 0.11 * FACE);
        let places = steps().flat_map(|y| steps().map(move |x| (x, y)));
        let at = |(x, y)| surface.project(&pose(t), surface.centre[0] + x, surface.centre[1] + y);
        places.map(|place| at(place).map(f64::from)).collect()
    };
    let first = seen(1.0);
    let from_first = |t: f32| {
        let later = seen(t);
        let h = homography(&first, &later);
        let off = first.iter().zip(&later).map(|(a, b)| {
            let [x, y] = *a;
            let w = h[6] * x + h[7] * y + 1.0;
            let (u, v) = (
                (h[0] * x + h[1] * y + h[2]) / w,
                (h[3] * x + h[4] * y + h[5]) / w,
            );
            (u - b[0]).hypot(v - b[1])
        });
        off.sum::<f64>() / first.len() as f64
    };
    (2..12)
        .map(|t| from_first(t as f32 * 0.7))
        .fold(0.0, f64::max)
}

/// The homography that takes one set of points to another, by least squares.
fn homography(from: &[[f64; 2]], to: &[[f64; 2]]) -> [f64; 8] {
    let mut normal = [[0.0; 9]; 8];
    for ([x, y], [u, v]) in from.iter().zip(to) {
        let rows = [
            [*x, *y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, *u],
            [0.0, 0.0, 0.0, *x, *y, 1.0, -v * x, -v * y, *v],
        ];
        for row in rows {
            for (i, line) in normal.iter_mut().enumerate() {
                for (sum, value) in line.iter_mut().zip(row) {
                    *sum += row[i] * value;
                }
            }
        }
    }
    solve(normal)
}

/// Gauss-Jordan elimination with pivoting.
fn solve(mut lines: [[f64; 9]; 8]) -> [f64; 8] {
    for i in 0..8 {
        let pivot = (i..8).max_by(|a, b| lines[*a][i].abs().total_cmp(&lines[*b][i].abs()));
        lines.swap(i, pivot.unwrap());
        let own = lines[i].map(|value| value / lines[i][i]);
        for line in &mut lines {
            let factor = line[i];
            for (value, own) in line.iter_mut().zip(own) {
                *value -= factor * own;
            }
        }
        lines[i] = own;
    }
    lines.map(|line| line[8])
}
