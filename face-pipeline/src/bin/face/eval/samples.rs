//! Images of people, each prepared as reference and as frame, or several in a row as one window.

use std::path::Path;

use face_pipeline::{Pipeline, Reference};

use super::Failure;
use super::matching::Selection;
use crate::chip;
use crate::photo::{self, Person, Photo};
use crate::progress;

/// One image of a person, prepared as reference and as frame.
pub struct Sample {
    pub person: usize,
    /// `PERSON/IMAGE` as a list of pairs names it.
    pub name: String,
    /// Images of one occasion; frames of it are fused, and not compared with a reference of it.
    pub sequence: String,
    pub reference: Option<Reference>,
    pub probe: Option<Reference>,
}

/// Prepares every image below `root`.
pub fn prepare(
    pipeline: &mut Pipeline,
    root: &Path,
    selection: &Selection,
) -> Result<Vec<Sample>, Failure> {
    let people = photo::people(root)?;
    let total = people.iter().map(|p| p.images.len()).sum();
    let bar = progress::bar(total, "templates");
    let mut samples = Vec::with_capacity(total);
    for (number, person) in people.iter().enumerate() {
        for path in &person.images {
            samples.push(sample(pipeline, number, person, path, selection)?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(fuse(samples, selection.window))
}

fn sample(
    pipeline: &mut Pipeline,
    number: usize,
    person: &Person,
    path: &Path,
    selection: &Selection,
) -> Result<Sample, Failure> {
    let photo = Photo::open(path)?;
    let reference = if selection.as_chip {
        let chip = chip::degrade(pipeline, &photo)?;
        pipeline.reference(chip.view()?).ok()
    } else {
        pipeline.reference(photo.view()?).ok()
    };
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let occasion = file.rsplit_once('_').map_or("", |(occasion, _)| occasion);
    Ok(Sample {
        person: number,
        name: format!("{}/{file}", person.name),
        sequence: format!("{}/{occasion}", person.name),
        reference,
        probe: pipeline.probe(photo.view()?)?,
    })
}

/// Replaces each frame by the fused one of itself and the next ones of its sequence, as a capture
/// fuses them. Frames too near the end of their sequence become none.
fn fuse(mut samples: Vec<Sample>, window: usize) -> Vec<Sample> {
    if window <= 1 {
        return samples;
    }
    let fused: Vec<Option<Reference>> = (0..samples.len())
        .map(|first| {
            let frames = samples.get(first..first + window)?;
            let together = frames.iter().all(|s| s.sequence == samples[first].sequence);
            let probes: Option<Vec<&Reference>> = frames.iter().map(|s| s.probe.as_ref()).collect();
            probes
                .filter(|_| together)
                .and_then(|p| Reference::fused(&p))
        })
        .collect();
    for (sample, probe) in samples.iter_mut().zip(fused) {
        sample.probe = probe;
    }
    samples
}
