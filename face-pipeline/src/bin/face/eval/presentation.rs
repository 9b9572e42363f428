//! Presentation attacks: APCER per attack folder and BPCER (ISO/IEC 30107-3), of single frames by the
//! networks alone. Whole captures are in `captures.rs`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use face_pipeline::Pipeline;
use serde_json::{Value, json};

use super::{Failure, Outcome, save};
use crate::output::line;
use crate::photo::{self, Photo};
use crate::plot::{self, Series};
use crate::progress;
use crate::statistics::{self, INTERVALS, Rate, Scored, threshold_at};

/// BPCERs at which APCER is given.
const BPCERS: [f64; 2] = [0.05, 0.01];

pub fn presentation_attacks(
    pipeline: &mut Pipeline,
    bona_fide: &Path,
    attacks: &[PathBuf],
    as_json: bool,
    plot: Option<&Path>,
) -> Outcome {
    let bona_fide = Presentations::measure(pipeline, bona_fide)?;
    let attacks = attacks
        .iter()
        .map(|folder| Presentations::measure(pipeline, folder))
        .collect::<Result<Vec<_>, _>>()?;
    let threshold = pipeline.accepted_liveness();
    let report = Report::new(&bona_fide, &attacks, threshold);
    save(plot, || {
        plot::trade_off(
            "Presentation attacks: detection error trade-off",
            "APCER",
            "BPCER",
            &report.curves().collect::<Vec<Series>>(),
        )
    })?;
    if as_json {
        let no_face = [&bona_fide].into_iter().chain(&attacks);
        let no_face = no_face.map(|p| json!({ "folder": p.folder, "images": p.no_face }));
        line(json!({
            "no_face": no_face.collect::<Vec<_>>(),
            "operating_point": threshold,
            "measured": [report.json()],
            "intervals": INTERVALS,
        }))?;
    } else {
        for presentations in [&bona_fide].into_iter().chain(&attacks) {
            line(format_args!(
                "{}: {} frames with a face, {} without",
                presentations.folder,
                presentations.frames.len(),
                presentations.no_face
            ))?;
        }
        report.print()?;
        line(INTERVALS)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Liveness of all images in a folder.
struct Presentations {
    folder: String,
    frames: Vec<Scored>,
    no_face: usize,
}

impl Presentations {
    fn measure(pipeline: &mut Pipeline, root: &Path) -> Result<Self, Failure> {
        let people = photo::people(root)?;
        let mut all = Self {
            folder: root.display().to_string(),
            frames: Vec::new(),
            no_face: 0,
        };
        let bar = progress::bar(people.iter().map(|p| p.images.len()).sum(), "presentations");
        for (person, images) in people.iter().enumerate() {
            let mut scores = Vec::new();
            for path in &images.images {
                match pipeline.liveness(Photo::open(path)?.view()?)? {
                    Some((score, _)) => scores.push(score),
                    None => all.no_face += 1,
                }
                bar.inc(1);
            }
            let scored = |score| Scored { score, person };
            all.frames.extend(scores.into_iter().map(scored));
        }
        bar.finish_and_clear();
        Ok(all)
    }
}

struct Report {
    bona_fide: Vec<f32>,
    bpcer: Rate,
    /// Folder, its scores in descending order, APCER at the operating point.
    attacks: Vec<(String, Vec<f32>, Rate)>,
}

impl Report {
    fn new(bona_fide: &Presentations, attacks: &[Presentations], threshold: f32) -> Self {
        let plain = |p: &Presentations| p.frames.iter().map(|s| s.score).collect::<Vec<f32>>();
        let attack = |p: &Presentations| {
            let scores = statistics::descending(plain(p));
            let apcer = Rate::count(&p.frames, |s| s >= threshold);
            (p.folder.clone(), scores, apcer)
        };
        Self {
            bona_fide: plain(bona_fide),
            bpcer: Rate::count(&bona_fide.frames, |s| s < threshold),
            attacks: attacks.iter().map(attack).collect(),
        }
    }

    /// The mean of BPCER and the worst folder's APCER.
    fn acer(&self) -> f64 {
        let apcer = self.attacks.iter().map(|(_, _, apcer)| apcer.value());
        (self.bpcer.value() + apcer.fold(0.0, f64::max)) / 2.0
    }

    /// The share of a folder's attacks that pass where no more than `bpcer` of people are refused.
    fn apcer_at(&self, bpcer: f64, attacks: &[f32]) -> Option<f64> {
        // Seen from below: a person is refused whose score is low.
        let refusal = statistics::descending(self.bona_fide.iter().map(|s| -s).collect());
        let threshold = -threshold_at(&refusal, bpcer)?;
        let passed = attacks.partition_point(|s| *s > threshold);
        Some(passed as f64 / attacks.len().max(1) as f64)
    }

    fn print(&self) -> Result<(), Failure> {
        let percent = |rate: f64| format!("{:.2} %", rate * 100.0);
        line("single frames:")?;
        line(format_args!("  BPCER {}", self.bpcer))?;
        for (folder, scores, apcer) in &self.attacks {
            line(format_args!("  APCER {apcer} {folder}"))?;
            for bpcer in BPCERS {
                let at = self
                    .apcer_at(bpcer, scores)
                    .map_or("too few".into(), percent);
                line(format_args!("  APCER at BPCER {}: {at}", percent(bpcer)))?;
            }
        }
        line(format_args!("  ACER {}", percent(self.acer())))?;
        let lowest = self.bona_fide.iter().copied().fold(f32::INFINITY, f32::min);
        let highest = self
            .attacks
            .iter()
            .filter_map(|(_, s, _)| s.first().copied());
        Ok(line(format_args!(
            "  lowest bona fide score {lowest:.4}, highest of an attack {:.4}",
            highest.fold(f32::NEG_INFINITY, f32::max)
        ))?)
    }

    fn json(&self) -> Value {
        let attack = |(folder, scores, apcer): &(String, Vec<f32>, Rate)| {
            json!({
                "folder": folder,
                "apcer": apcer.json(),
                "apcer_at_bpcer_5_percent": self.apcer_at(BPCERS[0], scores),
                "apcer_at_bpcer_1_percent": self.apcer_at(BPCERS[1], scores),
            })
        };
        json!({
            "of": "single frames",
            "bpcer": self.bpcer.json(),
            "acer": self.acer(),
            "attacks": self.attacks.iter().map(attack).collect::<Vec<_>>(),
        })
    }

    /// One curve per attack folder.
    fn curves(&self) -> impl Iterator<Item = Series> {
        let count = self.bona_fide.len().max(1) as f64;
        self.attacks.iter().map(move |(folder, scores, _)| {
            let mut thresholds: Vec<f32> = scores.iter().chain(&self.bona_fide).copied().collect();
            thresholds.sort_by(f32::total_cmp);
            thresholds.dedup();
            let point = |t: &f32| {
                let passed = scores.partition_point(|s| s >= t) as f64;
                let refused = self.bona_fide.iter().filter(|s| *s < t).count() as f64;
                (passed / scores.len().max(1) as f64, refused / count)
            };
            Series {
                name: folder.clone(),
                points: thresholds.iter().map(point).collect(),
            }
        })
    }
}
