//! `face train pad`: the model that makes one certainty of a window's cues, for the manifest.
//!
//! Logistic regression beside the networks' own log odds, with a quadratic penalty and no weight above
//! 0, fitted by Newton's method with shortened steps; bona fide visits and each folder of attacks weigh the same in sum.
//! Half of the people are left out of the fit and tested on.

use std::process::ExitCode;

use face_pipeline::{Cues, FEATURES, Fusion, Pipeline};
use serde_json::{Value, json};

use crate::options::Options;
use crate::output::line;
use crate::recordings::{self, Half, Recorded, Recordings, Windowed};
use crate::unreadable::Unreadable;

type Failure = Box<dyn std::error::Error>;

const FITTED: Half = Half::Even;
const TESTED: Half = Half::Odd;
const UNKNOWNS: usize = FEATURES.len();
/// Penalty on the squared weights: keeps the model finite where the data are apart.
const PENALTY: f64 = 1e-4;
const STEPS: usize = 100;
/// A step that makes the model worse is halved so often.
const SHORTENINGS: i32 = 12;

/// Features from here on are counted: at half, the manifest's weights outweigh networks that are sure.
const STRONG: f32 = 0.5;

type Weights = [f64; UNKNOWNS];

/// A folder's windows, all bona fide or all attacks.
struct Group {
    name: String,
    live: bool,
    recorded: Recorded,
    windows: Vec<Windowed>,
}

pub fn pad(
    pipeline: &mut Pipeline,
    bona_fide: &[Recordings],
    attacks: &[Recordings],
    rates: &[f64],
    options: &Options,
) -> Result<ExitCode, Failure> {
    let mut unreadable = Unreadable::of_frames(options.rotation);
    let mut groups = Vec::new();
    for (folders, live) in [(bona_fide, true), (attacks, false)] {
        for folder in folders {
            let recorded = Recorded::read(folder, None)?;
            groups.push(Group {
                name: folder.root.display().to_string(),
                live,
                windows: Vec::new(),
                recorded,
            });
        }
    }
    for live in [true, false] {
        check_recordings(&groups, live)?;
    }
    for group in &mut groups {
        let recordings = &group.recorded.recordings;
        group.windows = recordings::windows(pipeline, recordings, rates, &mut unreadable);
    }
    unreadable.warn();
    check(&groups, true)?;
    check(&groups, false)?;
    let model = fit(&examples(&groups))?;
    if options.json {
        line(described(&groups, &model, &unreadable))?;
    } else {
        report(pipeline, &groups, &model)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What would be found out after hours only: whether there is anything of a kind to fit to.
fn check_recordings(groups: &[Group], live: bool) -> Result<(), Failure> {
    let of_class = groups.iter().filter(|g| g.live == live);
    let mut recordings = of_class.flat_map(|g| &g.recorded.recordings);
    if recordings.any(|recording| recording.half == FITTED) {
        return Ok(());
    }
    Err(format!(
        "{}: nothing to fit to: both kinds are needed, each with a recording of somebody whose name's bytes have an \
         even sum",
        class(live)
    )
    .into())
}

fn class(live: bool) -> &'static str {
    if live { "bona fide" } else { "attacks" }
}

/// A fit to nothing would be one without a word.
fn check(groups: &[Group], live: bool) -> Result<(), Failure> {
    let mut of_class = groups.iter().filter(|g| g.live == live);
    if of_class.any(|group| ends(group, FITTED).next().is_some()) {
        return Ok(());
    }
    Err(format!(
        "{}: nothing to fit to: no visit of the people whose names' bytes have an even sum shows a \
         face in {} frames",
        class(live),
        recordings::SHORTEST
    )
    .into())
}

fn described(groups: &[Group], model: &Fusion, unreadable: &Unreadable) -> Value {
    let moment = |cues: &Cues| {
        json!({
            "cues": cues, "features": cues.features(),
            "certainty": model.certainty(cues),
        })
    };
    let windows = groups.iter().flat_map(|group| {
        group.windows.iter().map(move |w| {
            json!({
                "folder": group.name, "person": w.person,
                "moments": w.growing.iter().map(moment).collect::<Vec<_>>(),
            })
        })
    });
    json!({
        "model": model,
        "found": groups.iter().map(|g| g.recorded.json()).collect::<Vec<_>>(),
        "unreadable": unreadable.json(),
        "windows": windows.collect::<Vec<_>>(),
    })
}

struct Example {
    networks: f64,
    inputs: Weights,
    live: f64,
    weight: f64,
}

impl Example {
    fn odds(&self, w: &Weights) -> f64 {
        self.networks + self.inputs.iter().zip(w).map(|(x, w)| x * w).sum::<f64>()
    }
}

fn examples(groups: &[Group]) -> Vec<Example> {
    let mut all = Vec::new();
    for group in groups {
        let of_class = groups.iter().filter(|g| g.live == group.live).count() as f64;
        let trained: Vec<_> = group.windows.iter().filter(|w| w.half == FITTED).collect();
        for window in &trained {
            for cues in &window.growing {
                let share = of_class * trained.len() as f64 * window.growing.len() as f64;
                all.push(Example {
                    networks: f64::from(cues.odds()),
                    inputs: cues.features().map(f64::from),
                    live: f64::from(u8::from(group.live)),
                    weight: 1.0 / share,
                });
            }
        }
    }
    all
}

fn fit(examples: &[Example]) -> Result<Fusion, Failure> {
    let mut w = [0.0; UNKNOWNS];
    for _ in 0..STEPS {
        let mut gradient = w.map(|w| PENALTY * w);
        let mut curvature = [[0.0; UNKNOWNS]; UNKNOWNS];
        for example in examples {
            let x = &example.inputs;
            let p = 1.0 / (1.0 + (-example.odds(&w)).exp());
            for i in 0..UNKNOWNS {
                gradient[i] += example.weight * (p - example.live) * x[i];
                for j in 0..UNKNOWNS {
                    curvature[i][j] += example.weight * p * (1.0 - p) * x[i] * x[j];
                }
            }
        }
        for (i, row) in curvature.iter_mut().enumerate() {
            row[i] += PENALTY;
        }
        let step = solve(curvature, gradient).ok_or("the data determine no model")?;
        w = shortened(examples, w, step);
    }
    let [flat, attached, grid] = w.map(|w| w as f32);
    Ok(Fusion {
        flat,
        attached,
        grid,
    })
}

/// The weights after the longest part of the step that does not make them worse.
fn shortened(examples: &[Example], w: Weights, step: Weights) -> Weights {
    let now = loss(examples, &w);
    let parts = (0..SHORTENINGS).map(|n| 0.5_f64.powi(n));
    let mut after = parts.map(|part| std::array::from_fn(|i| (w[i] - part * step[i]).min(0.0)));
    after.find(|next| loss(examples, next) <= now).unwrap_or(w)
}

/// What the fit makes small: the penalty, and how surprised the model is.
fn loss(examples: &[Example], w: &Weights) -> f64 {
    let surprise = |example: &Example| {
        let odds = example.odds(w);
        let right = if example.live > 0.5 { odds } else { -odds };
        example.weight * (-right).exp().ln_1p()
    };
    let penalty: f64 = w.iter().map(|w| w * w).sum();
    examples.iter().map(surprise).sum::<f64>() + PENALTY / 2.0 * penalty
}

/// Gauss's elimination of a symmetric, positive system.
fn solve(mut m: [[f64; UNKNOWNS]; UNKNOWNS], mut v: [f64; UNKNOWNS]) -> Option<[f64; UNKNOWNS]> {
    for column in 0..UNKNOWNS {
        let pivot = m[column][column];
        if !pivot.is_normal() {
            return None;
        }
        for row in 0..UNKNOWNS {
            if row == column {
                continue;
            }
            let factor = m[row][column] / pivot;
            let pivot_row = m[column];
            m[row]
                .iter_mut()
                .zip(pivot_row)
                .for_each(|(v, p)| *v -= factor * p);
            v[row] -= factor * v[column];
        }
    }
    Some(std::array::from_fn(|i| v[i] / m[i][i]))
}

fn report(pipeline: &Pipeline, groups: &[Group], model: &Fusion) -> Result<(), Failure> {
    line("[liveness.fusion]")?;
    let weights = [model.flat, model.attached, model.grid];
    for (name, weight) in FEATURES.iter().zip(weights) {
        line(format_args!("{name} = {weight:.4}"))?;
    }
    let threshold = pipeline.accepted_liveness();
    for group in groups {
        for found in group.recorded.describe().lines() {
            line(format_args!("# {found}"))?;
        }
        for (part, half) in [("fitted to", FITTED), ("not fitted to", TESTED)] {
            let accepted = |certainty: &dyn Fn(&Cues) -> f32| {
                let ends = ends(group, half);
                ends.filter(|cues| certainty(cues) >= threshold).count()
            };
            let strong = FEATURES.iter().enumerate().map(|(feature, name)| {
                let strong = ends(group, half).filter(|cues| cues.features()[feature] >= STRONG);
                format!("{name} {}", strong.count())
            });
            line(format_args!(
                "# {}, people {part}: {} visits; accepted at their end by the networks alone {}, with these weights {}, \
                 with the manifest's {}; feature of {STRONG} and more: {}",
                group.name,
                ends(group, half).count(),
                accepted(&|cues| cues.network),
                accepted(&|cues| model.certainty(cues)),
                accepted(&|cues| pipeline.certainty(cues)),
                strong.collect::<Vec<_>>().join(", "),
            ))?;
        }
    }
    Ok(())
}

/// The cues at the ends of the visits of these people.
fn ends(group: &Group, half: Half) -> impl Iterator<Item = &Cues> {
    let windows = group.windows.iter().filter(move |w| w.half == half);
    windows.filter_map(|w| w.growing.last())
}
