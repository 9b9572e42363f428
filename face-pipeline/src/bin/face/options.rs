//! The command line. Environment variables stand in for options here and nowhere else.

use std::path::{Path, PathBuf};

use crate::recordings::{self, Half, Recordings};
use crate::synthesise::Synthesis;
use clap::{Args, Parser, Subcommand};
use face_pipeline::{Error, Networks, Pipeline, Rotation, Settings, Side};

/// The kiosk's face pipeline on image files.
#[derive(Parser)]
#[command(name = "face", version)]
pub struct Options {
    /// Folder with the weights [env KIOSK_MODELS; default .setup/models]
    #[arg(long, global = true, value_name = "FOLDER")]
    models: Option<PathBuf>,
    /// Model manifest [env KIOSK_MANIFEST; default models/manifest.toml]
    #[arg(long, global = true, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// ONNX Runtime's library [env KIOSK_RUNTIME; default .setup/lib/libonnxruntime.so.1.31.1]
    #[arg(long, global = true, value_name = "FILE")]
    runtime: Option<PathBuf>,
    /// Threads per network
    #[arg(long, global = true, default_value_t = 1)]
    pub threads: usize,
    /// One JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Turn frames clockwise by 0, 90, 180 or 270 degrees to stand upright: as `[camera] rotation` of the
    /// kiosk, for frames stored as a camera mounted on its side sent them. The reference of `capture` and
    /// `bench` stays as it is; `verify` and `synthesise` take photos that stand upright, and peers of
    /// `bench` frames that do
    #[arg(long, global = true, value_name = "DEGREES", default_value = "0", value_parser = rotation)]
    pub rotation: Rotation,
    #[command(subcommand)]
    pub command: Command,
}

fn rotation(degrees: &str) -> Result<Rotation, String> {
    let degrees: u16 = degrees
        .parse()
        .map_err(|_| format!("not 0, 90, 180 or 270 degrees: {degrees}"))?;
    Rotation::try_from(degrees)
}

#[derive(Subcommand)]
pub enum Command {
    /// Find faces and say how good each is
    Detect {
        #[arg(required = true)]
        images: Vec<PathBuf>,
    },
    /// Compare two photos
    Verify {
        reference: PathBuf,
        probe: PathBuf,
        /// First degrade the reference to the photo of an ID chip: 102×126 pixels, 1,024 bytes
        #[arg(long)]
        reference_as_chip: bool,
    },
    /// Say whether each photo shows a person or a picture of one
    Pad {
        #[arg(required = true)]
        images: Vec<PathBuf>,
    },
    /// Print the 468 points of a face's surface: x y z in pixels, one point per line
    Mesh {
        #[arg(required = true)]
        images: Vec<PathBuf>,
    },
    /// Run a whole capture over frames in the order given
    Capture {
        #[arg(required = true)]
        frames: Vec<PathBuf>,
        /// Photo to compare with
        #[arg(long)]
        reference: PathBuf,
        /// First degrade the reference to the photo of an ID chip
        #[arg(long)]
        reference_as_chip: bool,
        /// Frames per second
        #[arg(long, default_value_t = 30.0, value_parser = recordings::rate)]
        rate: f64,
        /// After the decision, ask the person to turn the head to this side
        #[arg(long, value_enum)]
        ask: Option<Ask>,
    },
    /// Measure time, overhead, allocations, memory and start-up
    Bench(Workload),
    /// Load everything and end; `bench` times it
    #[command(hide = true)]
    Start,
    /// Make presentation attacks from images of people: moved still pictures, screens
    Synthesise(Synthesis),
    /// Fit a model of the manifest
    #[command(subcommand)]
    Train(Training),
    /// Measure error rates
    #[command(subcommand)]
    Eval(Evaluation),
}

/// A side of the person before the camera.
#[derive(clap::ValueEnum, Clone, Copy)]
pub enum Ask {
    Left,
    Right,
}

impl From<Ask> for Side {
    fn from(ask: Ask) -> Self {
        match ask {
            Ask::Left => Self::Left,
            Ask::Right => Self::Right,
        }
    }
}

#[derive(Subcommand)]
pub enum Training {
    /// `[liveness.fusion]`: what the cues of a visit weigh against the networks; fitted to the half of the
    /// people whose names' bytes have an even sum
    Pad(Presented),
}

#[derive(Subcommand)]
pub enum Evaluation {
    /// Failures to enrol and to acquire, area under the ROC, EER, FNMR and GFRR at fixed FMR (ISO/IEC 19795-1)
    Match {
        /// Folder of PERSON/OCCASION_n files, or PERSON/OCCASION/n: the first folder is the person
        #[arg(long)]
        root: PathBuf,
        #[command(flatten)]
        comparisons: Comparisons,
        /// First degrade each reference to the photo of an ID chip
        #[arg(long)]
        reference_as_chip: bool,
        /// Fuse so many frames in a row of one occasion (PERSON/OCCASION_n), each weighing what it weighs in a
        /// capture; from two on, references are of other occasions only
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
        window: u16,
        /// Compare with references of other occasions only
        #[arg(long)]
        other_occasion: bool,
        /// Also draw histograms of the scores
        #[arg(long, value_name = "FILE.svg")]
        plot: Option<PathBuf>,
    },
    /// How good images are, component by component, and how many a capture would refuse, and why
    Quality {
        /// Folder of PERSON/IMAGE files
        #[arg(long)]
        root: PathBuf,
        /// As the photo of an ID chip, by the limits of a reference
        #[arg(long)]
        reference_as_chip: bool,
        /// Leave out the limit on the distance between the eyes, for small images
        #[arg(long)]
        any_size: bool,
    },
    /// APCER and BPCER (ISO/IEC 30107-3) of single images and short windows, over folders of
    /// SUBJECT/OCCASION_n files at any depth; of videos, `eval captures` measures decisions
    Pad {
        /// Without it, APCER at the manifest's operating point only
        #[arg(long)]
        bona_fide: Option<PathBuf>,
        /// Folders with one kind of attack each
        #[arg(long, required = true, num_args = 1..)]
        attack: Vec<PathBuf>,
        /// Also fuse so many consecutive frames of one occasion (SUBJECT/OCCASION_n), as a capture does;
        /// those without a face are passed over
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
        window: u16,
        /// Also draw the detection error trade-off of single frames
        #[arg(long, value_name = "FILE.svg")]
        plot: Option<PathBuf>,
    },
    /// APCER and BPCER of whole captures, over the frames of videos, by a kiosk that has time for so many
    /// frames a second
    Captures {
        #[command(flatten)]
        presented: Presented,
        /// Only the half of the people whose names' bytes have this sum; `train pad` fits on the even half
        #[arg(long)]
        people: Option<Half>,
    },
}

/// Recordings of SUBJECT/OCCASION_n files, and how fast they are seen.
#[derive(Args)]
pub struct Presented {
    /// Folders and how many of their images were taken in a second
    #[arg(long, required_unless_present = "attack", num_args = 1.., value_name = "FOLDER@RATE")]
    pub bona_fide: Vec<Recordings>,
    /// Folders with one kind of attack each
    #[arg(long, required_unless_present = "bona_fide", num_args = 1.., value_name = "FOLDER@RATE")]
    pub attack: Vec<Recordings>,
    /// Frames a second that are looked at; those between are dropped
    #[arg(long, num_args = 1.., default_values_t = [30.0, 10.0, 5.0, 3.0], value_parser = recordings::rate)]
    pub rate: Vec<f64>,
}

/// What is measured by `bench`.
#[derive(Args)]
pub struct Workload {
    /// Photo to compare with
    #[arg(long)]
    pub reference: PathBuf,
    /// Good frames of a camera, used in turn
    #[arg(required = true)]
    pub frames: Vec<PathBuf>,
    /// How often everything is done; rounded up to whole captures of eight good frames
    #[arg(long, default_value_t = 96)]
    pub rounds: usize,
    /// Give each frame itself as its companion in infrared light
    #[arg(long)]
    pub infrared: bool,
    /// Also time another face stack on the same frames, in turn with ours: opencv, dlib,
    /// insightface (see face-pipeline/benches/peers)
    #[arg(long, value_name = "NAME")]
    pub peer: Vec<String>,
    /// The Python in which the peers are installed
    #[arg(long, default_value = "python3")]
    pub python: PathBuf,
    /// The program that runs a peer
    #[arg(long, default_value = "face-pipeline/benches/peers/peer.py")]
    pub peer_program: PathBuf,
}

/// Which images are compared.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Comparisons {
    /// Pairs in a file with the columns a,b,mated (0, 1, true, false), images named by their paths below
    /// the root; or LFW's own pairs.txt
    #[arg(long, value_name = "FILE")]
    pub pairs: Option<PathBuf>,
    /// Each image as reference against every other as frame
    #[arg(long)]
    pub all_pairs: bool,
}

impl Options {
    pub fn pipeline(&self, settings: Settings) -> Result<Pipeline, Error> {
        let Installation {
            manifest,
            models,
            runtime,
        } = self.installation();
        let networks = Networks::load(&manifest, &models, &runtime, self.threads)?;
        Pipeline::new(networks, settings)
    }

    /// Refuses a turn that the command would not make.
    pub fn check_rotation(&self) -> Result<(), String> {
        let unturned = match &self.command {
            Command::Verify { .. } => "the photos of `verify`",
            Command::Synthesise(_) => "the images of `synthesise`",
            Command::Bench(workload) if !workload.peer.is_empty() => "the frames that a peer sees",
            _ => return Ok(()),
        };
        if self.rotation == Rotation::default() {
            return Ok(());
        }
        Err(format!("--rotation: {unturned} are not turned"))
    }

    /// The pipeline's own settings, but for what is measured.
    pub fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        if let Command::Eval(Evaluation::Quality { any_size: true, .. }) = self.command {
            settings.quality.min_inter_eye_distance_px = 0.0;
        }
        settings
    }

    pub fn installation(&self) -> Installation {
        Installation {
            manifest: path(&self.manifest, "KIOSK_MANIFEST", "models/manifest.toml"),
            models: path(&self.models, "KIOSK_MODELS", ".setup/models"),
            runtime: path(
                &self.runtime,
                "KIOSK_RUNTIME",
                ".setup/lib/libonnxruntime.so.1.31.1",
            ),
        }
    }
}

/// Where the pipeline's files are.
pub struct Installation {
    pub manifest: PathBuf,
    pub models: PathBuf,
    pub runtime: PathBuf,
}

fn path(option: &Option<PathBuf>, variable: &str, default: &str) -> PathBuf {
    let from_environment = || std::env::var_os(variable).map(PathBuf::from);
    option
        .clone()
        .or_else(from_environment)
        .unwrap_or_else(|| Path::new(default).to_owned())
}
