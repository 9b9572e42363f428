//! `models/manifest.toml` as types: which weights play which role, how they are fed, and where the
//! thresholds lie. Unknown keys are refused, and weights only leave this file checked: [`Manifest::weights`]
//! returns bytes whose SHA-256 is the one in the manifest.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::pad::MAX_SCALES;
use crate::presentation::{Cues, Fusion};

/// The manifest, and the SHA-256 of its text.
pub(crate) struct Manifest {
    pub(crate) content: Content,
    pub(crate) sha256: [u8; 32],
    path: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "some keys are for people and for fetch.py; all are checked"
)]
pub(crate) struct Content {
    format: u32,
    runtime: RuntimeEntry,
    pub(crate) detector: DetectorEntry,
    pub(crate) recogniser: Vec<RecogniserEntry>,
    pub(crate) presentation_attack: Vec<PadEntry>,
    pub(crate) landmarks: MeshEntry,
    pub(crate) comparison: ComparisonThresholds,
    pub(crate) liveness: LivenessThresholds,
    package: Vec<PackageEntry>,
    file: Vec<FileEntry>,
}

/// The order of colours a network was trained with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Colour {
    Rgb,
    Bgr,
}

/// How a pixel is fed: (value − mean) / divisor, value 0 to 255.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feed {
    pub(crate) colour: Colour,
    pub(crate) mean: f32,
    pub(crate) divisor: f32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "some keys are for people and for fetch.py; all are checked"
)]
pub(crate) struct DetectorEntry {
    kind: DetectorKind,
    pub(crate) file: String,
    licence: String,
    card: String,
    pub(crate) input: Feed,
    pub(crate) longest_side_px: usize,
    pub(crate) score_threshold: f32,
    pub(crate) nms_iou: f32,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum DetectorKind {
    Yunet,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "some keys are for people and for fetch.py; all are checked"
)]
pub(crate) struct RecogniserEntry {
    kind: RecogniserKind,
    pub(crate) file: String,
    licence: String,
    card: String,
    pub(crate) input: Feed,
    pub(crate) size_px: usize,
}

/// Both take the five-point ArcFace crop and answer with one vector; they differ in how they are fed.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RecogniserKind {
    Sface,
    Arcface,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "some keys are for people and for fetch.py; all are checked"
)]
pub(crate) struct PadEntry {
    kind: PadKind,
    pub(crate) file: String,
    licence: String,
    card: String,
    pub(crate) input: Feed,
    pub(crate) size_px: usize,
    /// Taken in turn by the frames of a capture.
    pub(crate) crop_scales: Vec<f32>,
    pub(crate) live_class: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum PadKind {
    Minifasnet,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "some keys are for people and for fetch.py; all are checked"
)]
pub(crate) struct MeshEntry {
    kind: MeshKind,
    pub(crate) file: String,
    licence: String,
    card: String,
    pub(crate) input: Feed,
    pub(crate) size_px: usize,
    pub(crate) crop_scale: f32,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum MeshKind {
    Mesh,
}

/// Scores at which the bands of a decision begin, and the measurement they come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "data and command are for people; all keys are checked"
)]
pub(crate) struct Thresholds {
    pub(crate) doubtful: f32,
    pub(crate) accepted: f32,
    pub(crate) strong: f32,
    pub(crate) data: String,
    pub(crate) command: String,
}

/// [`Thresholds`] of the comparison; the similarity by the first recogniser alone below which two
/// frames of one capture are of two people, and that from which the other recognisers are not asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComparisonThresholds {
    pub(crate) bands: Thresholds,
    pub(crate) same_capture: f32,
    pub(crate) clear: Option<f32>,
}

/// [`Thresholds`] of liveness, and the model that makes one certainty of the cues of a window; without
/// one, that certainty is the networks'.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LivenessThresholds {
    pub(crate) bands: Thresholds,
    pub(crate) fusion: Option<Fusion>,
}

impl LivenessThresholds {
    /// How certain it is that a living person was there, 0 to 1.
    pub(crate) fn certainty(&self, cues: &Cues) -> f32 {
        self.fusion
            .map_or(cues.network, |fusion| fusion.certainty(cues))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "some keys are for people and for fetch.py; all are checked"
)]
struct RuntimeEntry {
    file: String,
}

/// Read by `models/fetch.py`; here only so that an unknown key is noticed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "some keys are for people and for fetch.py; all are checked"
)]
struct PackageEntry {
    id: String,
    ecosystem: String,
    name: String,
    version: String,
    platform: Option<String>,
    source_archive: Option<bool>,
    sha256: String,
    licence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "some keys are for people and for fetch.py; all are checked"
)]
struct FileEntry {
    path: String,
    sha256: String,
    machine: Option<String>,
    package: Option<String>,
    member: Option<String>,
    bytes: Option<[u64; 2]>,
    convert: Option<Vec<String>>,
}

const FORMAT: u32 = 1;

impl Manifest {
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(unreadable(path))?;
        let content: Content = toml::from_str(&text).map_err(|e| Error::Manifest {
            path: path.into(),
            source: Box::new(e),
        })?;
        let manifest = Self {
            content,
            sha256: Sha256::digest(text.as_bytes()).into(),
            path: path.into(),
        };
        manifest.check()?;
        Ok(manifest)
    }

    /// The bytes of a weights file, after its SHA-256 was found to be the manifest's.
    pub(crate) fn weights(&self, folder: &Path, file: &str) -> Result<Vec<u8>, Error> {
        let entry_path = format!("models/{file}");
        let entry = self.content.file.iter().find(|f| f.path == entry_path);
        let expected = &entry
            .ok_or_else(|| self.wrong(format!("no [[file]] has the path {entry_path:?}; add one")))?
            .sha256;
        let path = folder.join(file);
        let bytes = std::fs::read(&path).map_err(unreadable(&path))?;
        let actual = hex(&Sha256::digest(&bytes));
        if actual != expected.to_ascii_lowercase() {
            return Err(Error::WrongHash {
                path,
                expected: expected.clone(),
                actual,
            });
        }
        Ok(bytes)
    }

    fn check(&self) -> Result<(), Error> {
        let c = &self.content;
        if c.format != FORMAT {
            return Err(self.wrong(format!(
                "format {} is not known, this program reads {FORMAT}",
                c.format
            )));
        }
        if c.recogniser.is_empty() || c.presentation_attack.is_empty() {
            return Err(self.wrong(
                "at least one [[recogniser]] and one [[presentation_attack]] are needed".into(),
            ));
        }
        for (name, t) in [
            ("comparison.bands", &c.comparison.bands),
            ("liveness.bands", &c.liveness.bands),
        ] {
            if !(t.doubtful <= t.accepted && t.accepted <= t.strong) {
                return Err(self.wrong(format!(
                    "[{name}]: doubtful ≤ accepted ≤ strong does not hold"
                )));
            }
        }
        let weights = c.liveness.fusion.map(|f| [f.flat, f.attached, f.grid]);
        if !weights.is_none_or(|weights| weights.iter().all(|w| w.is_finite() && *w <= 0.0)) {
            return Err(self.wrong(
                "[liveness.fusion]: a weight above 0 would let a sign of an attack speak for a person"
                    .into(),
            ));
        }
        // A NaN would let every person pass for the one before, or every match for a clear one.
        let comparison = &c.comparison;
        if !(-1.0..=1.0).contains(&comparison.same_capture) {
            return Err(self.wrong("[comparison]: same_capture is not a cosine".into()));
        }
        let strong = comparison.bands.strong;
        if !comparison.clear.is_none_or(|clear| clear >= strong) {
            return Err(self.wrong("[comparison]: strong ≤ clear does not hold".into()));
        }
        let sizes = c
            .recogniser
            .iter()
            .map(|r| r.size_px)
            .chain(c.presentation_attack.iter().map(|p| p.size_px));
        for size in sizes.chain([c.detector.longest_side_px, c.landmarks.size_px]) {
            if !SIDE_PX.contains(&size) {
                return Err(self.wrong(format!("a side of {size} px is not within {SIDE_PX:?}")));
            }
        }
        let feeds = c
            .recogniser
            .iter()
            .map(|r| r.input)
            .chain(c.presentation_attack.iter().map(|p| p.input));
        for feed in feeds.chain([c.detector.input, c.landmarks.input]) {
            if !(feed.divisor.is_normal() && feed.divisor > 0.0) {
                return Err(self.wrong("an input's divisor is not a number above zero".into()));
            }
            self.within("input: mean", feed.mean, 0.0..=255.0)?;
        }
        let detector = &c.detector;
        self.within(
            "detector: score_threshold",
            detector.score_threshold,
            0.0..=1.0,
        )?;
        self.within("detector: nms_iou", detector.nms_iou, 0.0..=1.0)?;
        self.check_crop_scales(&c.presentation_attack)?;
        self.within("landmarks: crop_scale", c.landmarks.crop_scale, CROP_SCALES)
    }

    /// Networks look at a frame together, so each has a scale of the same number for it.
    fn check_crop_scales(&self, attacks: &[PadEntry]) -> Result<(), Error> {
        const KEY: &str = "presentation_attack: crop_scales";
        for attack in attacks {
            let count = attack.crop_scales.len();
            if !(1..=MAX_SCALES).contains(&count) {
                let what = format!("[{KEY}]: {count} of them, not 1 to {MAX_SCALES}");
                return Err(self.wrong(what));
            }
            if count != attacks[0].crop_scales.len() {
                let what = format!("[{KEY}]: one network has more of them than another");
                return Err(self.wrong(what));
            }
            let mut scales = attack.crop_scales.iter();
            scales.try_for_each(|scale| self.within(KEY, *scale, CROP_SCALES))?;
        }
        Ok(())
    }

    /// No number is in any range.
    fn within(&self, key: &str, value: f32, range: RangeInclusive<f32>) -> Result<(), Error> {
        if range.contains(&value) {
            return Ok(());
        }
        Err(self.wrong(format!("[{key}] is {value}, not within {range:?}")))
    }

    /// Says what the manifest contradicts.
    pub(crate) fn wrong(&self, what: String) -> Error {
        Error::ManifestContent {
            path: self.path.clone(),
            what,
        }
    }
}

/// Sides of a network's input, pixels: what the kinds known here can have.
const SIDE_PX: RangeInclusive<usize> = 32..=1024;

/// Side of a crop over the longer side of the face box: from part of the face to a face that is a tenth of
/// what is seen, more than any network of these kinds is made for.
const CROP_SCALES: RangeInclusive<f32> = 0.5..=10.0;

fn unreadable(path: &Path) -> impl Fn(std::io::Error) -> Error {
    move |source| Error::Read {
        path: path.into(),
        source,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
