//! How long the pipeline takes on frames of a camera, how much of that is not the networks' own
//! time, what it allocates, and how it compares with other stacks on the same frames.

mod allocations;
mod peer;
mod start;
mod timing;

use std::process::ExitCode;
use std::time::Duration;

use face_pipeline::{Capture, Pipeline, QualityLimits, Settings, Stage, WindowLimits};
use serde_json::{Value, json};

use self::peer::Peer;
use self::start::StartUp;
use self::timing::{HEADING, Spent, Times};
use crate::camera::CameraFrame;
use crate::options::{Options, Workload};
use crate::output::line;
use crate::photo::Photo;
use crate::progress;

type Failure = Box<dyn std::error::Error>;

/// Rounds before anything is measured.
const WARM_UP: usize = 5;

pub fn bench(options: &Options, workload: &Workload) -> Result<ExitCode, Failure> {
    let start_up = start::measure(options)?;
    let mut pipeline = options.pipeline(endless())?;
    let reference = Photo::open(&workload.reference)?;
    let reference = pipeline.reference(reference.view()?)?;
    let frames = workload.frames.iter();
    let frames = frames
        .map(|path| CameraFrame::open(path))
        .collect::<Result<Vec<_>, _>>()?;
    let mut bench = Bench {
        capture: Capture::new(reference),
        frames,
        peers: workload
            .peer
            .iter()
            .map(|name| Peer::start(name, workload, options.threads))
            .collect::<Result<_, _>>()?,
        table: Table::new(),
        pipeline,
    };
    (0..WARM_UP).try_for_each(|round| bench.round(round))?;
    bench.table = Table::new();
    let bar = progress::bar(workload.rounds, "rounds");
    for round in 0..workload.rounds.max(1) {
        bench.round(round)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    if options.json {
        line(bench.json(&start_up)?)?;
    } else {
        bench.print(&start_up)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A capture that takes every frame and never decides.
fn endless() -> Settings {
    Settings {
        window: WindowLimits {
            min_spread_ms: u64::MAX,
            max_frames: usize::MAX,
            ..WindowLimits::default()
        },
        quality: QualityLimits {
            max_face_share: 1.0, // portraits fill the frame
            ..QualityLimits::default()
        },
        ..Settings::default()
    }
}

struct Table {
    stages: Vec<Times>,
    /// The networks of detection, and of everything, run alone.
    bare_tracking: Times,
    bare_full: Times,
    tracking: Times,
    full: Times,
    /// Recognisers that the full path asked about the last frame.
    asked: usize,
    /// Allocations in the full path, and in the bare runs.
    allocations: [usize; 2],
}

impl Table {
    fn new() -> Self {
        Self {
            stages: Stage::ALL
                .map(|stage| Times::new(format!("  {stage:?}")))
                .into(),
            bare_tracking: Times::new("detector alone"),
            bare_full: Times::new("its networks alone"),
            tracking: Times::new("tracking (detect, track, quality)"),
            full: Times::new("full path, one good frame"),
            asked: 0,
            allocations: [0; 2],
        }
    }

    fn rows(&self) -> impl Iterator<Item = &Times> {
        let paths = [
            &self.full,
            &self.bare_full,
            &self.tracking,
            &self.bare_tracking,
        ];
        self.stages.iter().chain(paths)
    }

    /// Whole path over its networks alone, CPU time: tracking, full.
    fn overheads(&self) -> [f64; 2] {
        [
            self.tracking.median_cpu_ms() / self.bare_tracking.median_cpu_ms(),
            self.full.median_cpu_ms() / self.bare_full.median_cpu_ms(),
        ]
    }
}

struct Bench {
    pipeline: Pipeline,
    capture: Capture,
    frames: Vec<CameraFrame>,
    peers: Vec<Peer>,
    table: Table,
}

impl Bench {
    /// Everything once on one frame.
    fn round(&mut self, round: usize) -> Result<(), Failure> {
        let number = round % self.frames.len();
        let image = self.frames[number].view()?;
        let (pipeline, table) = (&mut self.pipeline, &mut self.table);

        let before = allocations::count();
        let (step, spent) =
            Spent::time(|| pipeline.observe(&mut self.capture, image, Duration::ZERO));
        let path = allocations::count() - before;
        if let Some(rejection) = step?.rejection {
            return Err(
                format!("frame {number} is not good ({rejection:?}); see `face detect`").into(),
            );
        }
        table.full.add(spent);
        table.asked = pipeline.recognisers_asked();

        let before = allocations::count();
        let (done, all) = Spent::time(|| {
            Stage::ALL
                .iter()
                .try_for_each(|stage| pipeline.infer(*stage))
        });
        done?;
        table.allocations = [path, allocations::count() - before];
        table.bare_full.add(all);

        const TRACKING: [Stage; 3] = [Stage::Convert, Stage::Detect, Stage::Quality];
        let track = |pipeline: &mut Pipeline| {
            TRACKING
                .iter()
                .try_for_each(|stage| pipeline.perform(*stage, image).map(drop))
        };
        track(pipeline)?; // so that what the other networks left in the caches does not count
        let (done, spent) = Spent::time(|| track(pipeline));
        done?;
        table.tracking.add(spent);
        let (done, spent) = Spent::time(|| pipeline.infer(Stage::Detect));
        done?;
        table.bare_tracking.add(spent);

        for (stage, times) in Stage::ALL.iter().zip(&mut table.stages) {
            let (done, spent) = Spent::time(|| pipeline.perform(*stage, image));
            done?;
            times.add(spent);
        }
        self.peers
            .iter_mut()
            .try_for_each(|peer| peer.verify(number))
    }

    fn print(&self, start_up: &StartUp) -> Result<(), Failure> {
        let table = &self.table;
        line(HEADING)?;
        table.rows().try_for_each(line)?;
        let [tracking, full] = table.overheads();
        line(format_args!(
            "overhead ratio (CPU, median ÷ median): tracking {tracking:.3}, full path {full:.3}"
        ))?;
        line(format_args!(
            "recognisers asked about the last frame: {} (the row Template is of all)",
            table.asked
        ))?;
        let [path, bare] = table.allocations;
        line(format_args!(
            "heap allocations per good frame: {path}, of which {bare} by the runtime's binding to run the networks"
        ))?;
        line(format_args!(
            "peak resident memory: {:.0} MB",
            peak_resident_mb()?
        ))?;
        line(format_args!(
            "start-up until everything is warm: {:.0} ms cold, {:.0} ms with files in the page cache",
            start_up.cold_ms, start_up.warm_ms
        ))?;
        for peer in &self.peers {
            line(&peer.times)?;
            line(format_args!(
                "  takes {:.2} times our CPU time, {:.2} times our time on the wall",
                peer.times.median_cpu_ms() / table.full.median_cpu_ms(),
                peer.times.median_wall_ms() / table.full.median_wall_ms()
            ))?;
        }
        Ok(())
    }

    fn json(&self, start_up: &StartUp) -> Result<Value, Failure> {
        let [tracking, full] = self.table.overheads();
        let [path, bare] = self.table.allocations;
        Ok(json!({
            "times": self.table.rows().map(Times::json).collect::<Vec<_>>(),
            "recognisers_asked": self.table.asked,
            "overhead_ratio": { "tracking": tracking, "full": full },
            "allocations_per_good_frame": { "all": path, "binding": bare },
            "peak_resident_mb": peak_resident_mb()?,
            "start_up_ms": { "cold": start_up.cold_ms, "warm": start_up.warm_ms },
            "peers": self.peers.iter().map(|p| p.times.json()).collect::<Vec<_>>(),
        }))
    }
}

/// The most memory this process ever had, as Linux counts it.
fn peak_resident_mb() -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kilobytes = status.lines().find_map(|l| {
        l.strip_prefix("VmHWM:")?
            .split_whitespace()
            .next()?
            .parse::<f64>()
            .ok()
    });
    Ok(kilobytes.ok_or("no VmHWM in /proc/self/status")? / 1024.0)
}
