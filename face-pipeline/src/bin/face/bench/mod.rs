//! How long the pipeline takes on frames of a camera, how much of that is not the networks' own
//! time, what it allocates, and how it compares with other stacks on the same frames.

mod allocations;
mod peer;
mod start;
mod timing;

use std::process::ExitCode;
use std::time::Duration;

use face_pipeline::{
    Capture, Pipeline, Presentation, QualityLimits, Rotation, Settings, Stage, WindowLimits,
};
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

/// Good frames of one capture, as a usual one has them: the mesh is asked twice, the spectrum three
/// times, and motion is followed from the second on.
const CAPTURE: usize = 8;
/// Rounds before anything is measured: one capture.
const WARM_UP: usize = CAPTURE;
/// Frames of a capture after which its memory has grown to what a usual one needs.
const SETTLED: usize = 5;

pub fn bench(options: &Options, workload: &Workload) -> Result<ExitCode, Failure> {
    let start_up = start::measure(options)?;
    let mut pipeline = options.pipeline(endless(options.rotation))?;
    let reference = Photo::open(&workload.reference)?;
    let frames = workload.frames.iter();
    let frames = frames
        .map(|path| CameraFrame::open(path))
        .collect::<Result<Vec<_>, _>>()?;
    let mut bench = Bench {
        capture: Capture::new(pipeline.reference(reference.view()?)?),
        motion: Presentation::default(),
        reference,
        frames,
        infrared: workload.infrared,
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
    // The frames of a capture are not alike, so each has to be measured as often as any other.
    let rounds = workload.rounds.max(1).next_multiple_of(CAPTURE);
    let bar = progress::bar(rounds, "rounds");
    for round in 0..rounds {
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
fn endless(rotation: Rotation) -> Settings {
    Settings {
        rotation,
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
    /// The face followed from frame to frame, and at how many places it was found.
    motion: Times,
    places: usize,
    /// Full paths in which the mesh was asked.
    meshes: usize,
    /// Most allocations of a frame, in the full path and by its networks alone.
    allocations: [usize; 2],
    /// The most beyond those of the networks, once a capture has settled.
    own_allocations: usize,
    /// The same, of the first frames of a capture.
    first_allocations: usize,
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
            motion: Times::new("  Motion"),
            places: 0,
            meshes: 0,
            allocations: [0; 2],
            own_allocations: 0,
            first_allocations: 0,
        }
    }

    fn count_allocations(&mut self, path: usize, networks: usize, is_settled: bool) {
        let own = path.saturating_sub(networks);
        if !is_settled {
            self.first_allocations = self.first_allocations.max(own);
            return;
        }
        self.own_allocations = self.own_allocations.max(own);
        if path > self.allocations[0] {
            self.allocations = [path, networks];
        }
    }

    fn rows(&self) -> impl Iterator<Item = &Times> {
        let paths = [
            &self.motion,
            &self.full,
            &self.bare_full,
            &self.tracking,
            &self.bare_tracking,
        ];
        self.stages.iter().chain(paths)
    }

    /// Whole path over its networks alone, CPU time: tracking, full.
    fn overheads(&self, of: impl Fn(&Times) -> f64) -> [f64; 2] {
        [
            of(&self.tracking) / of(&self.bare_tracking),
            of(&self.full) / of(&self.bare_full),
        ]
    }
}

struct Bench {
    pipeline: Pipeline,
    reference: Photo,
    capture: Capture,
    /// The same face, followed beside the capture to be timed.
    motion: Presentation,
    frames: Vec<CameraFrame>,
    /// Each frame is its own companion.
    infrared: bool,
    peers: Vec<Peer>,
    table: Table,
}

impl Bench {
    /// Everything once on one frame.
    fn round(&mut self, round: usize) -> Result<(), Failure> {
        let number = round % self.frames.len();
        let image = self.frames[number].view()?;
        let (pipeline, table) = (&mut self.pipeline, &mut self.table);
        if round.is_multiple_of(CAPTURE) {
            self.capture = Capture::new(pipeline.reference(self.reference.view()?)?);
            self.motion = Presentation::default();
        }

        let meshes = pipeline.meshes_made();
        let before = allocations::count();
        let companion = self.infrared.then_some(image);
        let capture = &mut self.capture;
        let (step, spent) =
            Spent::time(|| pipeline.observe_pair(capture, image, companion, Duration::ZERO));
        let path = allocations::count() - before;
        if let Some(rejection) = step?.rejection {
            return Err(
                format!("frame {number} is not good ({rejection:?}); see `face detect`").into(),
            );
        }
        table.full.add(spent);
        table.asked = pipeline.recognisers_asked();

        const NETWORKS: [Stage; 3] = [Stage::Detect, Stage::PresentationAttack, Stage::Template];
        let meshes = pipeline.meshes_made() - meshes;
        table.meshes += meshes;
        let before = allocations::count();
        let (done, all) = Spent::time(|| {
            let asked = NETWORKS.into_iter().chain((0..meshes).map(|_| Stage::Mesh));
            asked
                .into_iter()
                .try_for_each(|stage| pipeline.infer(stage))
        });
        done?;
        let networks = allocations::count() - before;
        table.count_allocations(path, networks, round % CAPTURE >= SETTLED);
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
        let places = self.motion.cues().motion.places;
        let (done, spent) = Spent::time(|| pipeline.perform_motion(&mut self.motion));
        done?;
        table.places += self.motion.cues().motion.places - places;
        table.motion.add(spent);
        self.peers
            .iter_mut()
            .try_for_each(|peer| peer.verify(number))
    }

    fn print(&self, start_up: &StartUp) -> Result<(), Failure> {
        let table = &self.table;
        line(HEADING)?;
        table.rows().try_for_each(line)?;
        for (name, [tracking, full]) in [
            ("median", table.overheads(Times::median_cpu_ms)),
            ("mean", table.overheads(Times::mean_cpu_ms)),
        ] {
            line(format_args!(
                "overhead ratio (CPU, {name} ÷ {name}): tracking {tracking:.3}, full path {full:.3}"
            ))?;
        }
        line(format_args!(
            "the full path is of captures of {CAPTURE} good frames; its networks include the mesh where it was asked, \
             {} times",
            table.meshes
        ))?;
        let unmoved = match table.places {
            0 => ": nothing moves in these frames, so following a face that moves was not measured",
            _ => "",
        };
        line(format_args!(
            "places at which a face that moved was followed: {}{unmoved}",
            table.places
        ))?;
        line(format_args!(
            "recognisers asked about the last frame: {} (the row Template is of all)",
            table.asked
        ))?;
        let [path, bare] = table.allocations;
        line(format_args!(
            "heap allocations per good frame: {path} at most, of which {bare} by the runtime's binding to run the networks; \
             our own {} at most, in the first {SETTLED} frames of a capture {}",
            table.own_allocations, table.first_allocations
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
        let median = self.table.overheads(Times::median_cpu_ms);
        let mean = self.table.overheads(Times::mean_cpu_ms);
        let [path, bare] = self.table.allocations;
        Ok(json!({
            "times": self.table.rows().map(Times::json).collect::<Vec<_>>(),
            "recognisers_asked": self.table.asked,
            "overhead_ratio": { "tracking": median[0], "full": median[1] },
            "overhead_ratio_of_means": { "tracking": mean[0], "full": mean[1] },
            "frames": self.frames.len(),
            "meshes": self.table.meshes,
            "places": self.table.places,
            "allocations_per_good_frame": {
                "all": path, "binding": bare, "own": self.table.own_allocations,
                "own_in_first_frames": self.table.first_allocations,
            },
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
