//! The path of a frame through the pipeline: convert, detect, align, assess, and only for a good
//! frame presentation-attack detection and template. Reference photos take the path in
//! `reference.rs`, single images of tools that in `inspect.rs`.

use std::time::Duration;

use serde::Deserialize;
use zeroize::Zeroize;

use crate::align::AlignedFace;
use crate::capture::{Capture, Evidence, GoodFrame, Progress};
use crate::detect::Face;
use crate::error::Error;
use crate::features::Features;
use crate::geometry::Rect;
use crate::image::{ImageView, Rotation};
use crate::inspect::Finding;
use crate::light::Luminance;
use crate::motion::Grey;
use crate::networks::Networks;
use crate::pad;
use crate::pixels::{self, Picture};
use crate::presentation::Presentation;
use crate::quality::{Quality, QualityLimits, Rejection};
use crate::reference::ReferenceLimits;
use crate::spectrum::Spectrum;
use crate::template::Template;
use crate::window::WindowLimits;

/// How the pipeline judges; thresholds of scores are in the model manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How the camera's frames are turned to stand upright; reference photos stand upright.
    pub rotation: Rotation,
    /// When a frame is good enough.
    pub quality: QualityLimits,
    /// When there are enough of them.
    pub window: WindowLimits,
    /// When a reference photo is good enough.
    pub reference: ReferenceLimits,
}

/// What one frame brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Why the frame was not used; none if it was.
    pub rejection: Option<Rejection>,
    /// The person's face, pixels of the frame.
    pub face: Option<Face>,
    /// How near the decision is, 0 to 1.
    pub progress: f32,
    /// The decision, from the frame that completed it on.
    pub evidence: Option<Evidence>,
}

/// The pipeline: networks and the buffers they share. One per thread.
pub struct Pipeline {
    pub(crate) networks: Networks,
    pub(crate) settings: Settings,
    pub(crate) picture: Picture,
    pub(crate) scaled: Picture,
    pub(crate) widened: Picture,
    pub(crate) aligned: AlignedFace,
    pub(crate) luminance: Luminance,
    pub(crate) grey: Grey,
    pub(crate) spectrum: Spectrum,
    /// Of the picture, most certain first.
    pub(crate) faces: Vec<Face>,
    /// The companion of the picture, in infrared light, and the faces in it.
    pub(crate) infrared: Picture,
    pub(crate) infrared_faces: Vec<Face>,
    pub(crate) template: Template,
}

/// Side of the crop on which quality is measured, pixels.
pub(crate) const QUALITY_SIDE_PX: usize = 112;
/// Faces there is room for from the start; a crowd makes room for itself.
const USUAL_FACES: usize = 256;

impl Pipeline {
    /// A pipeline over warm networks.
    pub fn new(networks: Networks, settings: Settings) -> Result<Self, Error> {
        check(&settings)?;
        pixels::single_thread()?;
        Ok(Self {
            networks,
            settings,
            picture: Picture::default(),
            scaled: Picture::default(),
            widened: Picture::default(),
            aligned: AlignedFace::default(),
            luminance: Luminance::default(),
            grey: Grey::default(),
            spectrum: Spectrum::default(),
            faces: Vec::with_capacity(USUAL_FACES),
            infrared: Picture::default(),
            infrared_faces: Vec::with_capacity(USUAL_FACES),
            template: Template::default(),
        })
    }

    /// SHA-256 of the manifest behind the networks.
    #[must_use]
    pub fn manifest_sha256(&self) -> [u8; 32] {
        self.networks.manifest_sha256()
    }

    /// Looks at one frame of a capture, taken at `at`. After the decision it looks no more.
    pub fn observe(
        &mut self,
        capture: &mut Capture,
        frame: ImageView<'_>,
        at: Duration,
    ) -> Result<Step, Error> {
        self.observe_pair(capture, frame, None, at)
    }

    /// As [`Pipeline::observe`], with the companion of the frame, if it has one: the picture that a
    /// camera for infrared light, beside the other one and mounted alike, took at that time.
    pub fn observe_pair(
        &mut self,
        capture: &mut Capture,
        frame: ImageView<'_>,
        companion: Option<ImageView<'_>>,
        at: Duration,
    ) -> Result<Step, Error> {
        if capture.evidence().is_some() {
            return Ok(self.step(capture, None, None));
        }
        capture.look();
        self.picture.load_turned(&frame, self.settings.rotation)?;
        self.networks
            .detector
            .detect(&self.picture, &mut self.faces)?;
        let Some(face) = self.choose(capture.tracked()) else {
            return Ok(self.step(capture, Some(Rejection::NoFace), None));
        };
        let finding = self.finding(&face)?;
        let patience = Duration::from_millis(self.settings.quality.features.patience_ms);
        let rejection = self.look_closer(capture, &finding)?;
        let rejection = rejection.and_then(|r| capture.insist(r, at, patience));
        let rejection = match rejection {
            Some(rejection) => Some(rejection),
            None => self.use_good_frame(capture, &finding, companion, at)?,
        };
        Ok(self.step(capture, rejection, Some(face)))
    }

    /// Why a frame is not used, by its quality and, now and then, by the features of the face.
    fn look_closer(
        &mut self,
        capture: &mut Capture,
        finding: &Finding,
    ) -> Result<Option<Rejection>, Error> {
        let first = finding.rejection;
        let is_settled = first.is_some_and(|rejection| !rejection.is_of_features());
        if is_settled || !capture.frames().is_multiple_of(CLOSER_LOOK_EVERY) {
            return Ok(first);
        }
        let features = self.features(&finding.face)?;
        let closer = features.and_then(|f| f.rejection(&self.settings.quality.features));
        let rejection = Rejection::of_both(first, closer);
        if rejection.is_none() {
            capture.is_whole();
        }
        Ok(rejection)
    }

    /// What the mesh shows of a face of the picture; none if the network has no mesh of it.
    pub(crate) fn features(&mut self, face: &Face) -> Result<Option<Features>, Error> {
        let mesh = self.networks.mesh.mesh(&self.picture, face)?;
        Ok(mesh.map(|mesh| Features::measure(mesh, face)))
    }

    /// The frame last looked at, for a preview: red, green, blue, without gaps, into `rgb`; gives
    /// width and height.
    pub fn last_frame_rgb(&self, rgb: &mut Vec<u8>) -> (usize, usize) {
        rgb.clear();
        rgb.extend(
            self.picture
                .data()
                .chunks_exact(3)
                .flat_map(|bgr| [bgr[2], bgr[1], bgr[0]]),
        );
        (self.picture.width(), self.picture.height())
    }

    /// Overwrites all buffers that held images, here and in the runtime. To be called when a
    /// session ends.
    pub fn forget(&mut self) -> Result<(), Error> {
        self.picture.forget();
        self.scaled.forget();
        self.widened.forget();
        self.aligned.forget();
        self.luminance.forget();
        self.grey.zeroize();
        self.spectrum.forget();
        for faces in [&mut self.faces, &mut self.infrared_faces] {
            faces.resize(faces.capacity(), Face::default());
            faces.clear();
        }
        self.infrared.forget();
        self.template.clear();
        self.networks.forget()
    }

    /// The face that was tracked, or else the nearest and most central one.
    pub(crate) fn choose(&self, tracked: Option<&Face>) -> Option<Face> {
        let middle = Rect {
            width: self.picture.width() as f32,
            height: self.picture.height() as f32,
            ..Rect::default()
        };
        let prominence = |face: &Face| {
            let off =
                face.bounds.centre().distance(middle.centre()) / middle.width.hypot(middle.height);
            let known = tracked.is_some_and(|t| t.bounds.overlap(&face.bounds) >= TRACKED_OVERLAP);
            let central = 1.0 - CENTRALITY * off;
            face.inter_eye_distance() * central * if known { TRACKED_PREFERENCE } else { 1.0 }
        };
        self.faces
            .iter()
            .max_by(|a, b| prominence(a).total_cmp(&prominence(b)))
            .copied()
    }

    /// The quality of one of the faces of the picture.
    pub(crate) fn finding(&mut self, face: &Face) -> Result<Finding, Error> {
        let limits = &self.settings.quality;
        let readable = self.aligned.align(&self.picture, face, QUALITY_SIDE_PX)?;
        self.luminance.read(self.aligned.picture());
        let quality = Quality::measure(face, &self.luminance, &self.picture);
        let near = limits.second_face_share * face.inter_eye_distance();
        let crowd = self
            .faces
            .iter()
            .filter(|f| f.inter_eye_distance() >= near)
            .count()
            > 1;
        let rejection = match quality.rejection(limits) {
            _ if !readable => Some(Rejection::Blurred),
            Some(Rejection::TooFar) => Some(Rejection::TooFar), // nobody is near
            _ if crowd => Some(Rejection::SeveralFaces),
            rejection => rejection,
        };
        Ok(Finding {
            face: *face,
            quality,
            rejection,
        })
    }

    fn use_good_frame(
        &mut self,
        capture: &mut Capture,
        finding: &Finding,
        companion: Option<ImageView<'_>>,
        at: Duration,
    ) -> Result<Option<Rejection>, Error> {
        let Finding { face, quality, .. } = *finding;
        let pad = &mut self.networks.pad;
        let scale = capture.presentation().turn(pad::scales(pad));
        let liveness = pad::look(pad, &self.picture, &face, scale)?;
        self.template.clear();
        if !self.extend_template(FIRST, &face)? {
            return Ok(Some(Rejection::Blurred));
        }
        let weight = quality.weight(&self.settings.quality);
        let frame = GoodFrame {
            face,
            template: &self.template,
            liveness,
            weight,
            at,
        };
        let progress = capture.add(&frame, &self.networks.rules(self.settings.window));
        if self.networks.liveness.fusion.is_some() {
            self.follow(capture.presentation(), &face)?;
        }
        // After the cues of motion, which need the frame as the detector saw it.
        if let Some(companion) = companion {
            let glance = self.glance(&face, &companion)?;
            capture.presentation().glances.add(glance);
        }
        let clear = capture.is_clear(&self.networks.comparison);
        if !clear && self.extend_template(usize::MAX, &face)? {
            capture.complete(&self.template, FIRST, weight);
        }
        capture.decide(&self.networks.rules(self.settings.window));
        Ok((progress == Progress::Restarted).then_some(Rejection::OtherPerson))
    }

    /// Adds what motion and spectrum tell of the frame that was last added to a presentation.
    pub(crate) fn follow(
        &mut self,
        presentation: &mut Presentation,
        face: &Face,
    ) -> Result<(), Error> {
        if presentation.wants_peak() {
            presentation.peak(self.spectrum.peak_db(&self.picture, face));
        }
        self.trace(&mut presentation.follower, face)
    }

    fn step(&self, capture: &Capture, rejection: Option<Rejection>, face: Option<Face>) -> Step {
        let progress = capture.progress(&self.settings.window);
        Step {
            rejection,
            face,
            progress,
            evidence: capture.evidence(),
        }
    }
}

/// Of so many good frames one is looked at by the mesh, too; the first of a capture, and the last that
/// the shortest needs. A frame that it refuses is not counted, so the next one is looked at again.
const CLOSER_LOOK_EVERY: usize = 4;
/// Recognisers that are asked about every good frame.
pub(crate) const FIRST: usize = 1;
/// How much a face in the middle is preferred: at 2, one in a corner has no weight. At 1 a larger
/// bystander was taken for the subject in 4 of 1,650 LFW images, at 2 in none.
const CENTRALITY: f32 = 2.0;
/// Overlap from which a face counts as the tracked one, and how much that makes it preferred.
const TRACKED_OVERLAP: f32 = 0.3;
const TRACKED_PREFERENCE: f32 = 2.0;

fn check(settings: &Settings) -> Result<(), Error> {
    let window = &settings.window;
    if window.min_frames == 0 || window.max_frames < window.min_frames {
        return Err(Error::Settings(
            "1 ≤ window.min_frames ≤ window.max_frames does not hold".into(),
        ));
    }
    Ok(())
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pipeline({:?})", self.networks)
    }
}
