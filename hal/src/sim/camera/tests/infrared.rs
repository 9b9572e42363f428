//! What a camera for infrared light sees beside the other one.

use std::{sync::Arc, time::Duration};

use super::{relief, stage};
use crate::camera::{Frame, PixelFormat};
use crate::sim::camera::{Backdrop, Ink, Renderer, Scene, Stage};

const SECOND: Duration = Duration::from_secs(1);
/// The middle of the face, pixels.
const FACE: [usize; 2] = [320, 232];

fn beside(ink: Ink) -> Arc<Stage> {
    Stage::in_infrared(&relief(), Backdrop::Hall, 1, ink)
}

fn seen(stage: Arc<Stage>, scene: Scene) -> Frame {
    Renderer::new(stage).render(scene, SECOND).unwrap()
}

/// Luminance about a place, of either camera.
fn light(frame: &Frame, [x, y]: [usize; 2]) -> u32 {
    let bytes = frame.format().bytes_per_pixel();
    let rows = frame.data().chunks_exact(frame.stride()).skip(y).take(9);
    let values = rows.flat_map(|row| row[x * bytes..][..9 * bytes].iter().step_by(bytes));
    values.map(|v| u32::from(*v)).sum::<u32>() / 81
}

#[test]
fn a_person_is_where_the_other_camera_sees_them_with_noise_of_its_own() {
    let person = seen(beside(Ink::Shows), Scene::Live);
    assert_eq!(person.format(), PixelFormat::Grey8);
    let empty = seen(beside(Ink::Shows), Scene::Empty);
    assert!(light(&person, FACE) > light(&empty, FACE) + 40);
    assert!(light(&empty, FACE) > 40, "the room is lit");
    let other = seen(stage(1), Scene::Live);
    assert!(light(&other, FACE).abs_diff(light(&person, FACE)) < 60);
    let again = seen(beside(Ink::Shows), Scene::Live);
    assert_eq!(again.data(), person.data());
}

#[test]
fn a_screen_is_dark_whatever_it_shows_and_the_other_camera_sees_a_person() {
    let live = seen(stage(1), Scene::Live);
    assert_eq!(seen(stage(1), Scene::Screen).data(), live.data());
    let screen = seen(beside(Ink::Shows), Scene::Screen);
    assert!(light(&screen, FACE) < 20);
    assert!(light(&screen, [20, 200]) > 40, "the room beside it");
}

#[test]
fn a_print_shows_or_vanishes_by_its_ink() {
    let contrast = |ink| {
        let print = seen(beside(ink), Scene::Print);
        let face = light(&print, FACE);
        let paper = light(&print, [FACE[0], 60]);
        face.abs_diff(paper)
    };
    assert!(contrast(Ink::Shows) > 40, "{}", contrast(Ink::Shows));
    assert!(contrast(Ink::Vanishes) < 25, "{}", contrast(Ink::Vanishes));
}
