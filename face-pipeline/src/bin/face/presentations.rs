//! Folders of presentations as windows: consecutive images of one occasion, as a capture fuses them.

use std::path::{Path, PathBuf};

use face_pipeline::{Cues, Pipeline, Presentation};

use crate::photo::{self, Photo};
use crate::progress;

type Failure = Box<dyn std::error::Error>;

/// Frames that are fused, as in the shortest capture.
pub const WINDOW: usize = 5;
/// Occasions with fewer frames than this are no window.
const SHORTEST: usize = 3;

/// The cues of a window, and whose it is.
pub struct Windowed {
    pub person: usize,
    pub first: PathBuf,
    pub cues: Cues,
}

/// All windows below `root`: five consecutive images of one occasion (PERSON/OCCASION_n) each, or all
/// of an occasion that has three or four.
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
            for frames in occasion.windows(WINDOW.min(occasion.len())) {
                all.extend(window(pipeline, person, frames)?);
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
    for path in frames {
        pipeline.present(&mut presentation, Photo::open(path)?.view()?)?;
    }
    let complete = presentation.frames() >= SHORTEST;
    Ok(complete.then(|| Windowed {
        person,
        first: frames[0].clone(),
        cues: presentation.cues(),
    }))
}
