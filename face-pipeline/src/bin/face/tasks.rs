//! What `face` does with single photos and captures.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use face_pipeline::{
    Capture, Challenge, ChallengeLimits, Evidence, Finding, Pipeline, Reference, ReferenceError,
    Side, TRIES,
};
use serde_json::{Value, json};

use crate::chip;
use crate::options::Options;
use crate::output::line;
use crate::photo::Photo;
use crate::words;

type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

pub fn detect(pipeline: &mut Pipeline, images: &[PathBuf], options: &Options) -> Outcome {
    each(images, options.json, |path| {
        let photo = Photo::frame(path, options.rotation)?;
        let findings = pipeline.find(photo.view()?)?;
        let text = findings.iter().map(describe).collect::<Vec<_>>().join("\n");
        let text = if text.is_empty() {
            "no face".into()
        } else {
            text
        };
        Ok((text, json!(findings)))
    })
}

pub fn pad(pipeline: &mut Pipeline, images: &[PathBuf], options: &Options) -> Outcome {
    each(images, options.json, |path| {
        let photo = Photo::frame(path, options.rotation)?;
        let found = pipeline.liveness(photo.view()?)?;
        let text = found.map_or("no face".into(), |(score, band)| {
            format!("liveness {score:.3} {}", words::band(band))
        });
        Ok((
            text,
            json!(found.map(|(score, band)| json!({ "score": score, "band": band }))),
        ))
    })
}

pub fn mesh(pipeline: &mut Pipeline, images: &[PathBuf], options: &Options) -> Outcome {
    let mut meshes = Vec::new();
    for path in images {
        let photo = Photo::frame(path, options.rotation)?;
        let mesh = pipeline.mesh(photo.view()?)?;
        let points = mesh.map(|m| m.points.clone()).unwrap_or_default();
        if points.is_empty() {
            return Err(format!("no face in {}", path.display()).into());
        }
        if options.json {
            meshes.push(json!({ "image": path, "points": points }));
            continue;
        }
        for [x, y, z] in &points {
            line(format_args!("{x:.3} {y:.3} {z:.3}"))?;
        }
    }
    if options.json {
        line(Value::from(meshes))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub fn verify(
    pipeline: &mut Pipeline,
    reference: &Path,
    probe: &Path,
    as_chip: bool,
    as_json: bool,
) -> Outcome {
    let reference = open_reference(pipeline, reference, as_chip)?;
    let probe = open_probe(pipeline, probe)?;
    let (similarity, band) = pipeline.compare(&reference, &probe);
    if as_json {
        line(format_args!(
            "{}",
            json!({ "similarity": similarity, "band": band, "verified": band.is_accepted() })
        ))?;
    } else {
        let verdict = if band.is_accepted() {
            "the same person"
        } else {
            "not shown to be the same person"
        };
        line(format_args!(
            "{verdict}: similarity {similarity:.3}, {}",
            words::band(band)
        ))?;
    }
    Ok(ExitCode::from(u8::from(!band.is_accepted())))
}

/// Frames of a capture, and what is asked of the person in them.
pub struct Filmed<'a> {
    pub frames: &'a [PathBuf],
    /// Frames per second.
    pub rate: f64,
    /// After the decision, a turn to this side.
    pub asked: Option<Side>,
}

pub fn capture(
    pipeline: &mut Pipeline,
    filmed: &Filmed<'_>,
    reference: &Path,
    as_chip: bool,
    options: &Options,
) -> Outcome {
    let mut capture = Capture::new(open_reference(pipeline, reference, as_chip)?);
    let mut frames = filmed.frames.iter().enumerate();
    let at = |number: usize| Duration::from_secs_f64(number as f64 / filmed.rate.max(0.1));
    let say = |number, text: String| match options.json {
        true => Ok(()),
        false => line(format_args!("{:8.3} s  {text}", at(number).as_secs_f64())),
    };
    for (number, path) in frames.by_ref() {
        let photo = Photo::frame(path, options.rotation)?;
        let step = pipeline.observe(&mut capture, photo.view()?, at(number))?;
        let verdict = words::verdict(step.rejection);
        say(
            number,
            format!("{verdict:18} {:3.0} %", step.progress * 100.0),
        )?;
        if step.evidence.is_some() {
            break;
        }
    }
    if let (Some(side), Some(_)) = (filmed.asked, capture.evidence()) {
        let mut challenge = Challenge::new([side; TRIES], ChallengeLimits::default());
        for (number, path) in frames {
            let photo = Photo::frame(path, options.rotation)?;
            let step =
                pipeline.challenge(&mut capture, &mut challenge, photo.view()?, at(number))?;
            let verdict = words::verdict(step.rejection);
            let task = words::task(step.task);
            let turned = step.turned * 100.0;
            say(number, format!("{verdict:18} {task:16} {turned:4.0} %"))?;
            if step.evidence.is_some() {
                say(number, format!("{:?}", challenge.motion()))?;
                break;
            }
        }
    }
    let evidence = capture.evidence();
    if options.json {
        line(format_args!("{}", json!(evidence)))?;
    } else {
        line(format_args!(
            "{}",
            evidence.map_or("no decision".into(), |e| words::evidence(&e))
        ))?;
    }
    let verified = |e: Evidence| e.liveness.is_accepted() && e.comparison.is_accepted();
    Ok(ExitCode::from(u8::from(!evidence.is_some_and(verified))))
}

fn open_reference(
    pipeline: &mut Pipeline,
    path: &Path,
    as_chip: bool,
) -> Result<Reference, Box<dyn std::error::Error>> {
    let mut photo = Photo::open(path)?;
    if as_chip {
        photo = chip::degrade(pipeline, &photo)?;
    }
    let named = |error: ReferenceError| {
        format!(
            "{} is no reference: {}",
            path.display(),
            words::reference(&error)
        )
    };
    Ok(pipeline.reference(photo.view()?).map_err(named)?)
}

/// The nearest and most central face, as a frame's, whoever stands behind.
fn open_probe(
    pipeline: &mut Pipeline,
    path: &Path,
) -> Result<Reference, Box<dyn std::error::Error>> {
    let probe = pipeline.probe(Photo::open(path)?.view()?)?;
    Ok(probe.ok_or_else(|| format!("no face found in {}", path.display()))?)
}

fn each(
    images: &[PathBuf],
    as_json: bool,
    mut task: impl FnMut(&Path) -> Result<(String, Value), Box<dyn std::error::Error>>,
) -> Outcome {
    let mut results = Vec::new();
    for path in images {
        let (text, value) = task(path)?;
        if !as_json {
            line(format_args!("{}: {text}", path.display()))?;
        }
        results.push(json!({ "image": path, "result": value }));
    }
    if as_json {
        line(format_args!("{}", Value::from(results)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(finding: &Finding) -> String {
    let q = &finding.quality;
    let b = &finding.face.bounds;
    format!(
        "face at {:.0},{:.0} {:.0}×{:.0} confidence {:.2}; {}; eyes {:.0} px, share {:.2}, off centre {:.2}, roll {:.0}°, \
         yaw {:.0}°, pitch {:.2}, light {:.0} (dark {:.2}, bright {:.2}, {:.1} bits, halves alike {:.2}, backlight {:.0}), \
         sharpness {:.3}, eyes visible {:.2}, glare {:.2}",
        b.x,
        b.y,
        b.width,
        b.height,
        finding.face.confidence,
        words::verdict(finding.rejection),
        q.inter_eye_distance_px,
        q.face_share,
        q.off_centre,
        q.roll_degrees,
        q.yaw_degrees,
        q.pitch_ratio,
        q.luminance,
        q.under_exposed,
        q.over_exposed,
        q.dynamic_range_bits,
        q.uniformity,
        q.backlight,
        q.sharpness,
        q.eyes_visible,
        q.glare,
    )
}
