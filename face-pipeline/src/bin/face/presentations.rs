//! Folders of presentations as windows: consecutive images of one occasion, as a capture fuses them.

use std::path::{Path, PathBuf};

use face_pipeline::{Cues, Pipeline, Presentation};

use crate::photo::{self, Photo};
use crate::progress;

type Failure = Box<dyn std::error::Error>;

/// Frames that are fused, as in the shortest capture.
pub const WINDOW: usize = 5;
/// Frames after which a capture is decided in any case.
const LONGEST: usize = 20;
/// Occasions with fewer frames than this are no window.
const SHORTEST: usize = 3;

/// A capture begun at an image, and whose it is: its cues from the first to the last moment at which
/// it could have been decided.
pub struct Windowed {
    pub person: usize,
    pub first: PathBuf,
    pub growing: Vec<Cues>,
}

impl Windowed {
    /// The cues at the first moment at which a capture decides.
    pub fn shortest(&self) -> &Cues {
        &self.growing[0]
    }

    /// The highest certainty that the capture comes to: it ends as soon as that is enough.
    pub fn certainty(&self, of: impl Fn(&Cues) -> f32) -> f32 {
        self.growing.iter().map(of).fold(0.0, f32::max)
    }
}

/// The captures that could be made of the images below `root`: one begins at every fifth image of an
/// occasion (PERSON/OCCASION_n) and goes on for up to twenty.
pub fn windows(pipeline: &mut Pipeline, root: &Path) -> Result<Vec<Windowed>, Failure> {
    let people = photo::people(root)?;
    let mut all = Vec::new();
    let bar = progress::bar(people.iter().map(|p| p.images.len()).sum(), "windows");
    for (person, folder) in people.iter().enumerate() {
        let mut images = folder.images.clone();
        images.sort_by_key(|path| photo::occasion(path));
        for occasion in images.chunk_by(|a, b| photo::occasion(a).0 == photo::occasion(b).0) {
            bar.inc(occasion.len() as u64);
            if occasion.len() < SHORTEST {
                continue;
            }
            for start in (0..=occasion.len() - SHORTEST).step_by(WINDOW) {
                let end = occasion.len().min(start + LONGEST);
                all.extend(window(pipeline, person, &occasion[start..end])?);
            }
        }
    }
    bar.finish_and_clear();
    Ok(all)
}

fn window(
    pipeline: &mut Pipeline,
    person: usize,
    frames: &[PathBuf],
) -> Result<Option<Windowed>, Failure> {
    let mut presentation = Presentation::default();
    let mut growing = Vec::new();
    let shortest = WINDOW.min(frames.len());
    for path in frames {
        let face = pipeline.present(&mut presentation, Photo::open(path)?.view()?)?;
        if face && presentation.frames() >= shortest {
            growing.push(presentation.cues());
        }
    }
    Ok((!growing.is_empty()).then(|| Windowed {
        person,
        first: frames[0].clone(),
        growing,
    }))
}
