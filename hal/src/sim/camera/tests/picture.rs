//! What the frames show, and which portraits are refused.

use std::time::Duration;

use super::{
    super::{LANDMARKS, Relief, ReliefError, Renderer, Scene},
    HEIGHT, SECOND, WIDTH, landmarks, portrait, stage,
};

#[test]
fn the_same_seed_gives_the_same_pixels_and_another_seed_others() {
    let pixels = |seed: u64| {
        let mut renderer = Renderer::new(stage(seed));
        // Frames before it leave no trace.
        renderer.render(Scene::Print, SECOND).unwrap();
        renderer
            .render(Scene::Live, 2 * SECOND)
            .unwrap()
            .data()
            .to_vec()
    };
    let first = pixels(7);
    let again = Renderer::new(stage(7))
        .render(Scene::Live, 2 * SECOND)
        .unwrap();
    assert!(
        first == again.data(),
        "the same seed, scene and time give the same frame"
    );
    assert!(first != pixels(8), "another seed gives another frame");
}

#[test]
fn scenes_show_what_they_are_called() {
    let mut renderer = Renderer::new(stage(1));
    let mut bright_middle = |scene: Scene, millis: u64| {
        let frame = renderer
            .render(scene, Duration::from_millis(millis))
            .unwrap();
        let at = 2 * (640 * 232 + 320); // where a face rests
        f32::from(frame.data()[at])
    };
    let wall = bright_middle(Scene::Empty, 1000);
    let face = bright_middle(Scene::Live, 1000);
    assert!(
        (face - wall).abs() > 5.0,
        "a face differs from the wall: {face} and {wall}"
    );
    let arrived = bright_middle(Scene::Approach, 5600);
    assert!(
        (arrived - face).abs() < 12.0,
        "an approach ends where the person stands"
    );
}

#[test]
fn a_relief_is_refused_where_pixels_or_landmarks_do_not_fit() {
    let make = |pixels: usize, points: &[[f32; 3]]| {
        let rgb = portrait()[..pixels].to_vec();
        Relief::from_landmarks(rgb, WIDTH, HEIGHT, points).err()
    };
    let all = WIDTH * HEIGHT * 3;
    assert!(matches!(
        make(all - 1, &landmarks()),
        Some(ReliefError::Pixels { .. })
    ));
    assert_eq!(
        make(all, &landmarks()[1..]),
        Some(ReliefError::Landmarks { got: LANDMARKS - 1 })
    );
    let elsewhere: Vec<_> = landmarks()
        .iter()
        .map(|[x, y, z]| [x + 900.0, *y, *z])
        .collect();
    assert_eq!(make(all, &elsewhere), Some(ReliefError::Geometry));
    assert_eq!(
        make(all, &[[f32::NAN; 3]; LANDMARKS]),
        Some(ReliefError::Geometry)
    );
}
