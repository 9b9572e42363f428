//! What happens before the camera, and for how long.

use std::time::Duration;

/// One thing that can happen before the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scene {
    /// Nobody is there.
    #[default]
    Empty,
    /// Somebody comes in, stands too far away for three seconds, and then steps up.
    Approach,
    /// A person looks at the screen.
    Live,
    /// The same before a bright window: the camera's own exposure is right for the window.
    Backlit,
    /// The same person turns the head to a side and back, once.
    Turns(Side),
    /// A printed portrait is held up to the camera.
    Print,
    /// The same sheet is turned to a side and back, once.
    PrintTurns(Side),
    /// The portrait, cut out in life size, stands where a person would: no edge of it is in the picture.
    Cutout,
    /// The same cut-out is turned to a side and back, once.
    CutoutTurns(Side),
    /// A large screen is held before the camera, on which a film of the person is played so well that
    /// visible light does not tell it from the person.
    Screen,
    /// A phone with a code on its screen is held up to the camera.
    Phone,
    /// The camera is unplugged: it gives no frame and cannot be opened.
    Lost,
}

/// A side of the person before the camera, as the person names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The person's left, which is to the right in a picture that is not mirrored.
    Left,
    /// The person's right.
    Right,
}

/// A sequence of scenes, or of whatever else can be played. After its end the last one goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script<S = Scene>(Vec<(S, Duration)>);

impl<S: Copy + Default> Script<S> {
    /// Scenes and how long each lasts. Without any, nobody ever comes.
    #[must_use]
    pub fn new(scenes: impl Into<Vec<(S, Duration)>>) -> Self {
        Self(scenes.into())
    }

    /// One scene for ever.
    #[must_use]
    pub fn only(scene: S) -> Self {
        Self::new([(scene, Duration::ZERO)])
    }

    /// The scene at a time after the script's start, and for how long it has been going on.
    #[must_use]
    pub fn at(&self, since_start: Duration) -> (S, Duration) {
        let mut left = since_start;
        let mut scenes = self.0.iter().peekable();
        while let Some((scene, lasts)) = scenes.next() {
            if left < *lasts || scenes.peek().is_none() {
                return (*scene, left);
            }
            left -= *lasts;
        }
        (S::default(), left)
    }
}

impl Script {
    /// A person who comes, stands too far away first, and then stays.
    #[must_use]
    pub fn visit() -> Self {
        const NOBODY: Duration = Duration::from_millis(1500);
        const APPROACH: Duration = Duration::from_millis(4600);
        Self::new([
            (Scene::Empty, NOBODY),
            (Scene::Approach, APPROACH),
            (Scene::Live, Duration::ZERO),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenes_follow_one_another_and_the_last_one_stays() {
        let seconds = Duration::from_secs;
        let script = Script::new([(Scene::Empty, seconds(2)), (Scene::Live, seconds(3))]);
        assert_eq!(script.at(seconds(1)), (Scene::Empty, seconds(1)));
        assert_eq!(script.at(seconds(2)), (Scene::Live, seconds(0)));
        assert_eq!(script.at(seconds(99)), (Scene::Live, seconds(97)));
        assert_eq!(Script::<Scene>::new([]).at(seconds(1)).0, Scene::Empty);
    }
}
