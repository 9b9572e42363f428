//! Presentation attacks: APCER per attack folder and BPCER (ISO/IEC 30107-3), of single frames by the
//! networks alone, and of windows of consecutive frames by everything that a capture fuses. Whole
//! captures, with their times and their quality rules, are in `captures.rs`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use face_pipeline::{Look, Pipeline, Presentation};
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
    window: usize,
    as_json: bool,
    plot: Option<&Path>,
) -> Outcome {
    let bona_fide = Presentations::measure(pipeline, bona_fide, window)?;
    let attacks = attacks
        .iter()
        .map(|folder| Presentations::measure(pipeline, folder, window))
        .collect::<Result<Vec<_>, _>>()?;
    let threshold = pipeline.accepted_liveness();
    let reports = [
        Report::new("single frames", &bona_fide, &attacks, threshold, |p| {
            &p.frames
        }),
        Report::new("windows", &bona_fide, &attacks, threshold, |p| &p.windows),
    ];
    save(plot, || {
        plot::trade_off(
            "Presentation attacks: detection error trade-off",
            "APCER",
            "BPCER",
            &reports[0].curves().collect::<Vec<Series>>(),
        )
    })?;
    let all = [&bona_fide].into_iter().chain(&attacks);
    if as_json {
        let seen = all.map(|p| {
            json!({
                "folder": p.folder,
                "frames": p.frames.len(),
                "no_face": p.no_face,
                "windows": p.windows.len(),
            })
        });
        line(json!({
            "seen": seen.collect::<Vec<_>>(),
            "operating_point": threshold,
            "window": window,
            "measured": reports.iter().map(Report::json).collect::<Vec<_>>(),
            "intervals": INTERVALS,
        }))?;
    } else {
        for presentations in all {
            line(format_args!(
                "{}: {} frames with a face, {} without, {} windows of {window}",
                presentations.folder,
                presentations.frames.len(),
                presentations.no_face,
                presentations.windows.len(),
            ))?;
        }
        reports.iter().try_for_each(Report::print)?;
        line(INTERVALS)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Liveness of all images in a folder.
struct Presentations {
    folder: String,
    frames: Vec<Scored>,
    /// Of so many consecutive frames of one occasion, one after the other.
    windows: Vec<Scored>,
    no_face: usize,
}

impl Presentations {
    fn measure(pipeline: &mut Pipeline, root: &Path, window: usize) -> Result<Self, Failure> {
        let people = photo::people(root)?;
        let mut all = Self {
            folder: root.display().to_string(),
            frames: Vec::new(),
            windows: Vec::new(),
            no_face: 0,
        };
        let bar = progress::bar(people.iter().map(|p| p.images.len()).sum(), "presentations");
        for (person, mut of) in people.into_iter().enumerate() {
            of.images.sort_by_key(|path| photo::occasion(path));
            for occasion in of
                .images
                .chunk_by(|a, b| photo::occasion(a).0 == photo::occasion(b).0)
            {
                let mut looks = Vec::with_capacity(window);
                for path in occasion {
                    match pipeline.look(Photo::open(path)?.view()?)? {
                        Some(look) => looks.push(look),
                        None => all.no_face += 1,
                    }
                    bar.inc(1);
                    if looks.len() == window {
                        all.add(pipeline, person, &looks);
                        looks.clear();
                    }
                }
                all.add_frames(person, &looks);
            }
        }
        bar.finish_and_clear();
        Ok(all)
    }

    /// Adds a whole window.
    fn add(&mut self, pipeline: &Pipeline, person: usize, looks: &[Look]) {
        self.add_frames(person, looks);
        let mut presentation = Presentation::default();
        looks.iter().for_each(|look| presentation.add(look));
        let score = pipeline.certainty(&presentation.cues());
        self.windows.push(Scored { score, person });
    }

    fn add_frames(&mut self, person: usize, looks: &[Look]) {
        let scores = looks.iter().map(Look::certainty);
        self.frames
            .extend(scores.map(|score| Scored { score, person }));
    }
}

struct Report {
    of: &'static str,
    bona_fide: Vec<f32>,
    bpcer: Rate,
    /// Folder, its scores in descending order, APCER at the operating point.
    attacks: Vec<(String, Vec<f32>, Rate)>,
}

impl Report {
    fn new(
        of: &'static str,
        bona_fide: &Presentations,
        attacks: &[Presentations],
        threshold: f32,
        scored: impl Fn(&Presentations) -> &Vec<Scored>,
    ) -> Self {
        let plain = |p: &Presentations| scored(p).iter().map(|s| s.score).collect::<Vec<f32>>();
        let attack = |p: &Presentations| {
            let scores = statistics::descending(plain(p));
            let apcer = Rate::count(scored(p), |s| s >= threshold);
            (p.folder.clone(), scores, apcer)
        };
        Self {
            of,
            bona_fide: plain(bona_fide),
            bpcer: Rate::count(scored(bona_fide), |s| s < threshold),
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
        line(format_args!("{}:", self.of))?;
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
            "of": self.of,
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
