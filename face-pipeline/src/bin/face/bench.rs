//! How long the stages of the pipeline take on one frame.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use face_pipeline::{Capture, Pipeline};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

use crate::output::line;
use crate::photo::Photo;

type Failure = Box<dyn std::error::Error>;

/// Good frames that a capture takes before it decides whatever they are.
const LONGEST_WINDOW: usize = 18;

pub fn bench(
    pipeline: &mut Pipeline,
    reference: &Path,
    frame: &Path,
    rounds: usize,
    as_json: bool,
) -> Result<ExitCode, Failure> {
    let (card, photo) = (Photo::open(reference)?, Photo::open(frame)?);
    let image = photo.view()?;
    let mut capture = Capture::new(pipeline.reference(card.view()?)?);
    if pipeline
        .observe(&mut capture, image, Duration::ZERO)?
        .rejection
        .is_some()
    {
        return Err(format!("{} is not a good frame; see `face detect`", frame.display()).into());
    }
    let report = |name: &str, [median, p95]: [Spent; 2]| {
        if as_json {
            return line(json!({
                "stage": name,
                "median_ms": { "cpu": median.cpu_ms, "wall": median.wall_ms },
                "p95_ms": { "cpu": p95.cpu_ms, "wall": p95.wall_ms },
            }));
        }
        line(format_args!(
            "{name:38} CPU {:6.2} ms (95 % {:6.2})   wall {:6.2} ms (95 % {:6.2})",
            median.cpu_ms, p95.cpu_ms, median.wall_ms, p95.wall_ms
        ))
    };
    report(
        "convert, detect, align, quality",
        timed(rounds, || pipeline.find(image))?,
    )?;
    report(
        "convert, detect, presentation attack",
        timed(rounds, || pipeline.liveness(image))?,
    )?;
    report(
        "convert, detect, template",
        timed(rounds, || pipeline.probe(image))?,
    )?;
    report(
        "convert, detect, mesh",
        timed(rounds, || pipeline.mesh(image))?,
    )?;
    let card = card.view()?;
    report(
        "reference photo",
        timed(rounds, || pipeline.reference(card))?,
    )?;
    // All at the same time, the frames span none, so that no decision comes before the longest window.
    let looks = rounds.min(LONGEST_WINDOW);
    report(
        "good frame, everything",
        timed(looks, || {
            pipeline.observe(&mut capture, image, Duration::ZERO)
        })?,
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Time of the clock on the wall, and of all cores together.
#[derive(Clone, Copy)]
struct Spent {
    cpu_ms: f64,
    wall_ms: f64,
}

/// Median and 95th percentile of what `stage` takes.
fn timed<T, E: std::error::Error + 'static>(
    rounds: usize,
    mut stage: impl FnMut() -> Result<T, E>,
) -> Result<[Spent; 2], Failure> {
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        let (cpu_start, wall_start) = (cpu_ms(), Instant::now());
        stage()?;
        cpu.push(cpu_ms() - cpu_start);
        wall.push(wall_start.elapsed().as_secs_f64() * 1000.0);
    }
    let rank = cpu.len() * 95 / 100;
    let [cpu, wall] = [cpu, wall].map(|mut times| {
        times.sort_by(f64::total_cmp);
        [times[times.len() / 2], times[rank]]
    });
    Ok([0, 1].map(|k| Spent {
        cpu_ms: cpu[k],
        wall_ms: wall[k],
    }))
}

fn cpu_ms() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}
