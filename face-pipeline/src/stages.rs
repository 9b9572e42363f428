//! The path of a frame in its stages, each to be run and timed alone; for `face bench`. A capture
//! takes the same steps in `pipeline.rs`.

use crate::detect::Face;
use crate::error::Error;
use crate::image::ImageView;
use crate::pad;
use crate::pipeline::Pipeline;
use crate::presentation::Presentation;

/// What is done with a frame, in this order; each stage works on what those before it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The camera's pixels become blue, green, red.
    Convert,
    /// Faces are found.
    Detect,
    /// The main face is aligned and its quality measured.
    Quality,
    /// The surface of the main face is measured; of the first good frame and every fourth after it.
    Mesh,
    /// The main face is looked at for a presentation attack, at the first crop scale: the frames of a
    /// capture take all of them in turn.
    PresentationAttack,
    /// The main face becomes a template.
    Template,
    /// Its spectrum is searched for a grid; of the first good frames.
    Spectrum,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Convert,
        Self::Detect,
        Self::Quality,
        Self::Mesh,
        Self::PresentationAttack,
        Self::Template,
        Self::Spectrum,
    ];
}

impl Pipeline {
    /// Performs one stage; false when there is no face to perform it on.
    pub fn perform(&mut self, stage: Stage, frame: ImageView<'_>) -> Result<bool, Error> {
        match stage {
            Stage::Convert => self
                .picture
                .load_turned(&frame, self.settings.rotation)
                .map(|()| true),
            Stage::Detect => {
                self.networks
                    .detector
                    .detect(&self.picture, &mut self.faces)?;
                Ok(!self.faces.is_empty())
            }
            Stage::Quality => self.on_face(|pipeline, face| pipeline.finding(face).map(drop)),
            Stage::Mesh => self.on_face(|pipeline, face| pipeline.features(face).map(drop)),
            Stage::PresentationAttack => self.on_face(|pipeline, face| {
                pad::look(&mut pipeline.networks.pad, &pipeline.picture, face, 0).map(drop)
            }),
            Stage::Template => self.on_face(|pipeline, face| pipeline.template_of(face).map(drop)),
            Stage::Spectrum => self.on_face(|pipeline, face| {
                pipeline.spectrum.peak_db(&pipeline.picture, face);
                Ok(())
            }),
        }
    }

    /// Follows the main face of the frame last looked at from where a presentation last saw it, as a
    /// capture does with every good frame; false when there is no face.
    pub fn perform_motion(&mut self, presentation: &mut Presentation) -> Result<bool, Error> {
        self.on_face(|pipeline, face| pipeline.trace(&mut presentation.follower, face))
    }

    /// How many surfaces of faces were measured since the start.
    #[must_use]
    pub fn meshes_made(&self) -> usize {
        self.networks.mesh.made
    }

    /// How many recognisers the last good frame was shown to.
    #[must_use]
    pub fn recognisers_asked(&self) -> usize {
        self.template.filled()
    }

    /// Runs the networks of a stage and nothing else, on what they were last fed; of the recognisers
    /// those that the last good frame was shown to.
    pub fn infer(&mut self, stage: Stage) -> Result<(), Error> {
        let asked = self.recognisers_asked();
        let networks = &mut self.networks;
        match stage {
            Stage::Convert | Stage::Quality | Stage::Spectrum => Ok(()),
            Stage::Detect => networks.detector.infer(),
            Stage::Mesh => networks.mesh.infer(),
            Stage::PresentationAttack => networks.pad.iter_mut().try_for_each(|n| n.infer()),
            Stage::Template => {
                let mut recognisers = networks.recognisers.iter_mut().take(asked);
                recognisers.try_for_each(|n| n.infer())
            }
        }
    }

    fn on_face(
        &mut self,
        stage: impl FnOnce(&mut Self, &Face) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        let Some(face) = self.choose(None) else {
            return Ok(false);
        };
        stage(self, &face).map(|()| true)
    }
}
