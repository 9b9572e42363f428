//! Presentation attacks: APCER per attack folder and BPCER (ISO/IEC 30107-3), of single frames by the
//! networks alone, and of windows of consecutive frames by everything that a capture fuses. An image
//! without a face is a non-response: counted apart (APNRR, BPNRR), in no error rate and no window, as a
//! capture passes over it. Whole captures, with their times and their quality rules, are in `captures.rs`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use face_pipeline::{Look, Pipeline, Presentation};
use serde_json::{Value, json};

use super::{Failure, Outcome, Plot};
use crate::collection::{Collection, Occasion};
use crate::options::Options;
use crate::output::line;
use crate::plot::{self, Series};
use crate::progress;
use crate::statistics::{self, INTERVALS, Rate, Scored, threshold_at};
use crate::unreadable::Unreadable;

/// BPCERs at which APCER is given.
const BPCERS: [f64; 2] = [0.05, 0.01];
/// Where recordings are measured.
const CAPTURES: &str =
    "for recordings: `face eval captures` runs whole captures over them, and counts decisions";

pub fn presentation_attacks(
    pipeline: &mut Pipeline,
    bona_fide: Option<&Path>,
    attacks: &[PathBuf],
    window: usize,
    options: &Options,
    plot: Option<&Path>,
) -> Outcome {
    let plot = Plot::open(plot)?;
    let mut unreadable = Unreadable::of_frames(options.rotation);
    let bona_fide = bona_fide.map(Collection::read).transpose()?;
    let attacks = attacks.iter().map(|folder| Collection::read(folder));
    let attacks = attacks.collect::<Result<Vec<_>, _>>()?;
    let mut measure =
        |found, silent| Presentations::measure(pipeline, (found, silent), window, &mut unreadable);
    let bona_fide = bona_fide.map(|found| measure(found, "BPNRR"));
    let attacks = attacks.into_iter().map(|found| measure(found, "APNRR"));
    let attacks: Vec<_> = attacks.collect();
    unreadable.warn();
    let all = || bona_fide.iter().chain(&attacks);
    if all().all(|p| p.frames.is_empty()) {
        return Err("nothing to count: no image of these folders shows a face".into());
    }
    let threshold = pipeline.accepted_liveness();
    let report = |of, scored: fn(&Presentations) -> &Vec<Scored>| {
        Report::new(of, bona_fide.as_ref(), &attacks, threshold, scored)
    };
    let reports = [
        report("single frames", |p| &p.frames),
        report("windows", |p| &p.windows),
    ];
    if options.json {
        line(json!({
            "seen": all().map(Presentations::json).collect::<Vec<_>>(),
            "unreadable": unreadable.json(),
            "operating_point": threshold,
            "window": window,
            "measured": reports.iter().map(Report::json).collect::<Vec<_>>(),
            "intervals": INTERVALS,
        }))?;
    } else {
        for presentations in all() {
            line(presentations.describe(window))?;
        }
        reports.iter().try_for_each(Report::print)?;
        line(CAPTURES)?;
        line(INTERVALS)?;
    }
    plot.write(|| {
        plot::trade_off(
            "Presentation attacks: detection error trade-off",
            "APCER",
            "BPCER",
            &reports[0].curves().collect::<Vec<Series>>(),
        )
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Liveness of all images in a folder.
struct Presentations {
    found: Collection,
    frames: Vec<Scored>,
    /// Of so many consecutive frames with a face of one occasion, one after the other; those without
    /// are passed over, as a capture does.
    windows: Vec<Scored>,
    /// Whether each image that can be read shows a face: 1, or 0.
    responses: Vec<Scored>,
    /// What the share of images without a face is called.
    silent: &'static str,
}

impl Presentations {
    fn measure(
        pipeline: &mut Pipeline,
        (found, silent): (Collection, &'static str),
        window: usize,
        unreadable: &mut Unreadable,
    ) -> Self {
        let bar = progress::bar(found.images().count(), "presentations");
        let mut all = Self {
            frames: Vec::new(),
            windows: Vec::new(),
            responses: Vec::new(),
            silent,
            found,
        };
        let people = std::mem::take(&mut all.found.people);
        for (person, of) in people.iter().enumerate() {
            for occasion in &of.occasions {
                all.occasion(pipeline, person, occasion, window, unreadable);
                bar.inc(occasion.images.len() as u64);
            }
        }
        all.found.people = people;
        bar.finish_and_clear();
        all
    }

    fn occasion(
        &mut self,
        pipeline: &mut Pipeline,
        person: usize,
        occasion: &Occasion,
        window: usize,
        unreadable: &mut Unreadable,
    ) {
        let mut looks = Vec::with_capacity(window);
        for path in &occasion.images {
            let Some(look) = unreadable.look(path, |photo| Ok(pipeline.look(photo.view()?)?))
            else {
                continue;
            };
            let score = f32::from(u8::from(look.is_some()));
            self.responses.push(Scored { score, person });
            looks.extend(look);
            if looks.len() == window {
                self.add(pipeline, person, &looks);
                looks.clear();
            }
        }
        self.add_frames(person, &looks);
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

    /// Images that show no face: APNRR or BPNRR (ISO/IEC 30107-3). They are in no error rate.
    fn non_responses(&self) -> Rate {
        Rate::count(&self.responses, |face| face < 0.5)
    }

    fn folder(&self) -> String {
        self.found.root.display().to_string()
    }

    fn describe(&self, window: usize) -> String {
        let (frames, windows) = (self.frames.len(), self.windows.len());
        let why = match windows {
            0 => {
                ": none of its occasions has as many images with a face; files of one are called OCCASION_n"
            }
            _ => "",
        };
        format!(
            "{}\n  {frames} frames with a face, without one {} {}, {windows} windows of {window}{why}",
            self.found,
            self.silent,
            self.non_responses()
        )
    }

    fn json(&self) -> Value {
        json!({
            "folder": self.folder(),
            "found": self.found.json(),
            "frames": self.frames.len(),
            "non_responses": self.non_responses().json(),
            "windows": self.windows.len(),
        })
    }
}

struct Report {
    of: &'static str,
    bona_fide: Vec<f32>,
    /// None where only attacks are measured.
    bpcer: Option<Rate>,
    /// Folder, its scores in descending order, APCER at the operating point.
    attacks: Vec<(String, Vec<f32>, Rate)>,
}

impl Report {
    fn new(
        of: &'static str,
        bona_fide: Option<&Presentations>,
        attacks: &[Presentations],
        threshold: f32,
        scored: fn(&Presentations) -> &Vec<Scored>,
    ) -> Self {
        let plain = |p: &Presentations| scored(p).iter().map(|s| s.score).collect::<Vec<f32>>();
        let attack = |p: &Presentations| {
            let scores = statistics::descending(plain(p));
            let apcer = Rate::count(scored(p), |s| s >= threshold);
            (p.folder(), scores, apcer)
        };
        Self {
            of,
            bona_fide: bona_fide.map(plain).unwrap_or_default(),
            bpcer: bona_fide.map(|p| Rate::count(scored(p), |s| s < threshold)),
            attacks: attacks.iter().map(attack).collect(),
        }
    }

    /// The mean of BPCER and the worst folder's APCER.
    fn acer(&self) -> Option<f64> {
        let apcer = self
            .attacks
            .iter()
            .filter_map(|(_, _, apcer)| apcer.value());
        let bpcer = self.bpcer.as_ref()?.value()?;
        Some((bpcer + apcer.reduce(f64::max)?) / 2.0)
    }

    /// The share of a folder's attacks that pass where no more than `bpcer` of people are refused.
    fn apcer_at(&self, bpcer: f64, attacks: &[f32]) -> Option<f64> {
        // Seen from below: a person is refused whose score is low.
        let refusal = statistics::descending(self.bona_fide.iter().map(|s| -s).collect());
        let threshold = -threshold_at(&refusal, bpcer)?;
        let passed = attacks.partition_point(|s| *s > threshold);
        (!attacks.is_empty()).then(|| passed as f64 / attacks.len() as f64)
    }

    fn print(&self) -> Result<(), Failure> {
        let percent = |rate: f64| format!("{:.2} %", rate * 100.0);
        line(format_args!("{}:", self.of))?;
        if let Some(bpcer) = &self.bpcer {
            line(format_args!("  BPCER {bpcer}"))?;
        }
        for (folder, scores, apcer) in &self.attacks {
            line(format_args!("  APCER {apcer} {folder}"))?;
            for bpcer in BPCERS.iter().copied().filter(|_| self.bpcer.is_some()) {
                let at = self
                    .apcer_at(bpcer, scores)
                    .map_or("too few".into(), percent);
                line(format_args!("  APCER at BPCER {}: {at}", percent(bpcer)))?;
            }
        }
        if self.bpcer.is_some() {
            let acer = self.acer().map_or("–".into(), percent);
            line(format_args!("  ACER {acer}"))?;
        }
        let score = |score: Option<f32>| score.map_or("–".into(), |s| format!("{s:.4}"));
        let highest = self.attacks.iter().filter_map(|(_, s, _)| s.first());
        Ok(line(format_args!(
            "  lowest bona fide score {}, highest of an attack {}",
            score(self.bona_fide.iter().copied().reduce(f32::min)),
            score(highest.copied().reduce(f32::max))
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
            "bpcer": self.bpcer.as_ref().map(Rate::json),
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
