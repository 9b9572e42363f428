//! Real print attacks (NUAA Imposter DB), where the evaluation data lies beside the workspace.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use common::{pipeline, view, workspace};
use face_pipeline::{Band, Pipeline, lower_quartile};

/// Every so many of a subject's images is enough here; `face eval pad` takes all.
const STEP: usize = 3;

#[test]
fn printed_photos_are_refused_and_people_are_accepted() {
    let data = workspace().join("../shared/data/nuaa-dev");
    if !data.is_dir() {
        // Past the test runner, which shows nothing that a test says and passes.
        let data = data.display();
        writeln!(std::io::stderr(), "NOT RUN: no evaluation data in {data}").expect("said");
        return;
    }
    let mut pipeline = pipeline();
    for subject in subjects(&data.join("print-attack")) {
        let scores = liveness(&mut pipeline, &subject);
        let fused = lower_quartile(&scores);
        assert!(
            fused < pipeline.accepted_liveness(),
            "{}: print attack passed with {fused}",
            subject.display()
        );
    }
    for subject in subjects(&data.join("bona-fide")) {
        let scores = liveness(&mut pipeline, &subject);
        let fused = lower_quartile(&scores);
        assert!(
            fused >= pipeline.accepted_liveness(),
            "{}: person refused with {fused}",
            subject.display()
        );
    }
}

fn liveness(pipeline: &mut Pipeline, subject: &Path) -> Vec<f32> {
    let images = files(subject);
    let mut scores = Vec::new();
    for path in images.iter().step_by(STEP) {
        let image = image::open(path).expect("an image").into_rgb8();
        let found: Option<(f32, Band)> = pipeline.liveness(view(&image)).expect("no failure");
        scores.extend(found.map(|(score, _)| score));
    }
    assert!(!scores.is_empty(), "no face in {}", subject.display());
    scores
}

fn subjects(folder: &Path) -> Vec<PathBuf> {
    files(folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .flatten()
        .map(|e| e.path())
        .collect();
    paths.sort();
    paths
}
