//! Measurements that set and check the thresholds of `models/manifest.toml`.

use std::path::Path;
use std::process::ExitCode;

use face_pipeline::{Band, Pipeline, Reference, lower_quartile};
use serde_json::json;

use crate::chip;
use crate::output::line;
use crate::photo::{self, Photo};
use crate::statistics::{Rate, threshold_at};

type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;
type Failure = Box<dyn std::error::Error>;

/// Rates of false matches at which FNMR is given.
const FMRS: [f64; 4] = [1e-2, 1e-3, 1e-4, 1e-5];
/// Frames that are fused in the evaluation, as in the shortest capture.
const WINDOW: usize = 5;
/// Images between two lines of progress.
const REPORT_EVERY: usize = 250;

/// One image of a person, prepared as reference and as frame.
struct Sample {
    person: usize,
    reference: Option<Reference>,
    probe: Option<Reference>,
}

/// All pairs: each image as reference against every other image as frame.
pub fn matching(pipeline: &mut Pipeline, root: &Path, as_chip: bool, as_json: bool) -> Outcome {
    let samples = samples(pipeline, root, as_chip)?;
    let (mated, mut non_mated) = scores(pipeline, &samples);
    non_mated.sort_by(|a, b| b.total_cmp(a));

    let count = |missing: fn(&Sample) -> bool| Rate {
        errors: samples.iter().filter(|s| missing(s)).count(),
        of: samples.len(),
    };
    let failures = [
        ("reference", count(|s| s.reference.is_none())),
        ("frame", count(|s| s.probe.is_none())),
    ];
    let points = FMRS.map(|fmr| (fmr, threshold_at(&non_mated, fmr)));
    let fnmr = |threshold: f32| Rate::count(&mated, |s| s < threshold);
    if as_json {
        let points = points.iter().filter_map(|(fmr, t)| {
            t.map(|t| json!({ "fmr": fmr, "threshold": t, "fnmr": fnmr(t).json() }))
        });
        line(format_args!(
            "{}",
            json!({
                "images": samples.len(), "mated": mated.len(), "non_mated": non_mated.len(),
                "failure_to_acquire": failures.each_ref().map(|(what, rate)| json!({ *what: rate.json() })),
                "points": points.collect::<Vec<_>>(),
            })
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    line(format_args!(
        "{} images, {} mated and {} non-mated comparisons",
        samples.len(),
        mated.len(),
        non_mated.len()
    ))?;
    for (what, rate) in &failures {
        line(format_args!("failure to acquire a {what}: {rate}"))?;
    }
    for (fmr, threshold) in points {
        match threshold {
            Some(t) => line(format_args!(
                "FMR {fmr:.0e}: threshold {t:.4}, FNMR {}",
                fnmr(t)
            ))?,
            None => line(format_args!("FMR {fmr:.0e}: too few comparisons"))?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn samples(pipeline: &mut Pipeline, root: &Path, as_chip: bool) -> Result<Vec<Sample>, Failure> {
    let people = photo::people(root)?;
    let total = people.iter().map(|p| p.images.len()).sum();
    let mut samples = Vec::with_capacity(total);
    for (person, images) in people.iter().enumerate() {
        for path in &images.images {
            let photo = Photo::open(path)?;
            let shown = if as_chip {
                chip::degrade(pipeline, &photo)?
            } else {
                Photo::open(path)?
            };
            let reference = pipeline.reference(shown.view()?).ok();
            let probe = pipeline.probe(photo.view()?)?;
            samples.push(Sample {
                person,
                reference,
                probe,
            });
            progress(samples.len(), total);
        }
    }
    Ok(samples)
}

/// Scores of mated and of non-mated comparisons.
fn scores(pipeline: &Pipeline, samples: &[Sample]) -> (Vec<f32>, Vec<f32>) {
    let (mut mated, mut non_mated) = (Vec::new(), Vec::new());
    for (i, a) in samples.iter().enumerate() {
        let Some(reference) = &a.reference else {
            continue;
        };
        for (j, b) in samples.iter().enumerate() {
            let Some(probe) = &b.probe else { continue };
            if i != j {
                let (score, _) = pipeline.compare(reference, probe);
                if a.person == b.person {
                    mated.push(score)
                } else {
                    non_mated.push(score)
                }
            }
        }
    }
    (mated, non_mated)
}

/// Single frames and windows of consecutive frames, at the manifest's threshold.
pub fn presentation_attacks(
    pipeline: &mut Pipeline,
    bona_fide: &Path,
    attack: &Path,
    as_json: bool,
) -> Outcome {
    let bona_fide = Presentations::measure(pipeline, bona_fide)?;
    let attack = Presentations::measure(pipeline, attack)?;
    let refused = |accepted: bool| !accepted;
    let figures = [
        (
            "BPCER, single frames",
            bona_fide.rate(&bona_fide.frames, refused),
        ),
        (
            "BPCER, fused windows",
            bona_fide.rate(&bona_fide.windows, refused),
        ),
        (
            "APCER, single frames",
            attack.rate(&attack.frames, |accepted| accepted),
        ),
        (
            "APCER, fused windows",
            attack.rate(&attack.windows, |accepted| accepted),
        ),
    ];
    if as_json {
        let list = figures
            .iter()
            .map(|(name, rate)| json!({ "figure": name, "rate": rate.json() }));
        line(format_args!(
            "{}",
            json!({ "no_face": [bona_fide.no_face, attack.no_face], "figures": list.collect::<Vec<_>>() })
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    line(format_args!(
        "no face found: {} bona fide, {} attack",
        bona_fide.no_face, attack.no_face
    ))?;
    for (name, rate) in figures {
        line(format_args!("{name}: {rate}"))?;
    }
    line(format_args!(
        "lowest bona fide window {:.3}",
        lowest(&bona_fide.windows)
    ))?;
    line(format_args!(
        "highest attack window {:.3}",
        highest(&attack.windows)
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Liveness of all presentations in a folder, single and in windows.
struct Presentations {
    frames: Vec<f32>,
    windows: Vec<f32>,
    no_face: usize,
    accepted_from: f32,
}

impl Presentations {
    fn measure(pipeline: &mut Pipeline, root: &Path) -> Result<Self, Failure> {
        let people = photo::people(root)?;
        let mut all = Self {
            frames: Vec::new(),
            windows: Vec::new(),
            no_face: 0,
            accepted_from: pipeline.accepted_liveness(),
        };
        for person in &people {
            let start = all.frames.len();
            for path in &person.images {
                all.add(pipeline.liveness(Photo::open(path)?.view()?)?);
            }
            let windows = all.frames[start..]
                .windows(WINDOW)
                .map(lower_quartile)
                .collect::<Vec<_>>();
            all.windows.extend(windows);
            eprintln!(
                "face: {} {}: {} images",
                root.display(),
                person.name,
                person.images.len()
            );
        }
        Ok(all)
    }

    fn add(&mut self, found: Option<(f32, Band)>) {
        match found {
            Some((score, _)) => self.frames.push(score),
            None => self.no_face += 1,
        }
    }

    fn rate(&self, scores: &[f32], wrong: impl Fn(bool) -> bool) -> Rate {
        Rate::count(scores, |s| wrong(s >= self.accepted_from))
    }
}

fn lowest(scores: &[f32]) -> f32 {
    scores.iter().copied().fold(f32::INFINITY, f32::min)
}

fn highest(scores: &[f32]) -> f32 {
    scores.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

fn progress(done: usize, total: usize) {
    if done.is_multiple_of(REPORT_EVERY) || done == total {
        eprintln!("face: {done} of {total} images");
    }
}
