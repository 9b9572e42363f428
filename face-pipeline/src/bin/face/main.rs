//! `face`: the pipeline on image files, for technicians, integrators and measurements.
//!
//! Exit code 0: done, or verified; 1: not verified; 2: it could not be done.

mod bench;
mod camera;
mod chip;
mod collection;
mod eval;
mod options;
mod output;
mod photo;
mod plot;
mod progress;
mod recordings;
mod statistics;
mod synthesise;
mod tasks;
mod train;
mod unreadable;
mod words;

use std::process::ExitCode;

use clap::Parser;
use face_pipeline::Pipeline;

use options::{Command, Evaluation, Options, Presented, Training};

fn main() -> ExitCode {
    if let Err(error) = face_pipeline::forbid_telemetry() {
        eprintln!("face: cannot start anew without the networks' telemetry: {error}");
        return ExitCode::from(2);
    }
    let options = Options::parse();
    match run(&options) {
        Ok(code) => code,
        Err(error) if output::is_closed(error.as_ref()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("face: {}", chain(error.as_ref()));
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<ExitCode, Box<dyn std::error::Error>> {
    options.check_rotation()?;
    if let Command::Bench(workload) = &options.command {
        return bench::bench(options, workload); // measures the loading, too
    }
    if let Command::Synthesise(synthesis) = &options.command {
        return synthesise::synthesise(synthesis, options.json); // needs no networks
    }
    let mut pipeline = options.pipeline(options.settings())?;
    match &options.command {
        Command::Detect { images } => tasks::detect(&mut pipeline, images, options),
        Command::Pad { images } => tasks::pad(&mut pipeline, images, options),
        Command::Mesh { images } => tasks::mesh(&mut pipeline, images, options),
        Command::Verify {
            reference,
            probe,
            reference_as_chip,
        } => tasks::verify(
            &mut pipeline,
            reference,
            probe,
            *reference_as_chip,
            options.json,
        ),
        Command::Capture {
            frames,
            reference,
            reference_as_chip,
            rate,
            ask,
        } => tasks::capture(
            &mut pipeline,
            &tasks::Filmed {
                frames,
                rate: *rate,
                asked: ask.map(face_pipeline::Side::from),
            },
            reference,
            *reference_as_chip,
            options,
        ),
        Command::Start | Command::Bench(_) | Command::Synthesise(_) => Ok(ExitCode::SUCCESS),
        Command::Train(Training::Pad(Presented {
            bona_fide,
            attack,
            rate,
        })) => train::pad(&mut pipeline, bona_fide, attack, rate, options),
        Command::Eval(evaluation) => evaluate(&mut pipeline, evaluation, options),
    }
}

fn evaluate(
    pipeline: &mut Pipeline,
    evaluation: &Evaluation,
    options: &Options,
) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match evaluation {
        Evaluation::Match {
            root,
            comparisons,
            reference_as_chip,
            window,
            other_occasion,
            plot,
        } => {
            let selection = eval::Selection {
                pairs: comparisons.pairs.clone(),
                as_chip: *reference_as_chip,
                window: usize::from(*window),
                other_occasion: *other_occasion,
            };
            eval::matching(pipeline, root, &selection, options, plot.as_deref())
        }
        Evaluation::Quality {
            root,
            reference_as_chip,
            ..
        } => eval::quality(pipeline, root, *reference_as_chip, options),
        Evaluation::Pad {
            bona_fide,
            attack,
            window,
            plot,
        } => eval::presentation_attacks(
            pipeline,
            bona_fide.as_deref(),
            attack,
            usize::from(*window),
            options,
            plot.as_deref(),
        ),
        Evaluation::Captures { presented, people } => eval::captures(
            pipeline,
            &presented.bona_fide,
            &presented.attack,
            (&presented.rate, *people),
            options,
        ),
    }
}

/// What went wrong, and why, down to the root. Decoders say their cause themselves, and end lines.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string().trim().to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(said.trim()) {
            text = format!("{text}: {}", said.trim());
        }
        cause = error.source();
    }
    text
}
