//! Images of people, each prepared as reference and as frame, or several in a row as one window.

use face_pipeline::{Pipeline, Reference, ReferenceError};

use super::Failure;
use super::matching::Selection;
use crate::chip;
use crate::collection::Collection;
use crate::photo::Photo;
use crate::progress;
use crate::unreadable::Unreadable;

/// One image of a person, prepared as reference and as frame.
pub struct Sample {
    /// Number of the person in the collection.
    pub person: usize,
    /// Path below the root, as a list of pairs names it.
    pub name: String,
    /// Frames of it are fused, and not compared with a reference of it.
    pub occasion: String,
    pub reference: Option<Reference>,
    pub probe: Option<Reference>,
    /// Whether there are enough frames from here on for a window.
    pub begins_window: bool,
}

/// Prepares every image of a collection that can be read.
pub fn prepare(
    pipeline: &mut Pipeline,
    images: &Collection,
    selection: &Selection,
    unreadable: &mut Unreadable,
) -> Vec<Sample> {
    let total = images.images().count();
    let bar = progress::bar(total, "templates");
    let mut samples = Vec::with_capacity(total);
    for (person, of) in images.people.iter().enumerate() {
        for occasion in &of.occasions {
            for path in &occasion.images {
                let templates =
                    unreadable.look(path, |photo| templates(pipeline, photo, selection.as_chip));
                samples.extend(templates.map(|[reference, probe]| Sample {
                    person,
                    name: images.name(path),
                    occasion: occasion.name.clone(),
                    reference,
                    probe,
                    begins_window: true,
                }));
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();
    fuse(pipeline, samples, selection.window)
}

/// As reference and as frame.
fn templates(
    pipeline: &mut Pipeline,
    photo: &Photo,
    as_chip: bool,
) -> Result<[Option<Reference>; 2], Failure> {
    let reference = if as_chip {
        let chip = chip::degrade(pipeline, photo)?;
        pipeline.reference(chip.view()?)
    } else {
        pipeline.reference(photo.view()?)
    };
    let reference = match reference {
        Ok(reference) => Some(reference),
        Err(ReferenceError::Pipeline(error)) => return Err(error.into()),
        Err(_) => None,
    };
    Ok([reference, pipeline.probe(photo.view()?)?])
}

/// Replaces each frame by the fused one of so many of its occasion, itself the first. Those without a
/// template are passed over, as a capture does; where too few are left with one, the window gives none.
/// Frames too near the end of their occasion begin no window.
fn fuse(pipeline: &Pipeline, mut samples: Vec<Sample>, window: usize) -> Vec<Sample> {
    if window <= 1 {
        return samples;
    }
    let fused = |first: usize| -> Option<Option<Reference>> {
        let rest = samples[first..].iter();
        let occasion = rest.take_while(|s| s.occasion == samples[first].occasion);
        let frames: Vec<Option<&Reference>> = occasion.map(|s| s.probe.as_ref()).collect();
        if frames.len() < window {
            return None;
        }
        let templates = frames.into_iter().flatten().take(window);
        let templates: Vec<&Reference> = templates.collect();
        let whole = templates.len() == window;
        Some(whole.then(|| pipeline.fused(&templates)).flatten())
    };
    let windows: Vec<_> = (0..samples.len()).map(fused).collect();
    for (sample, window) in samples.iter_mut().zip(windows) {
        sample.begins_window = window.is_some();
        sample.probe = window.flatten();
    }
    samples
}
