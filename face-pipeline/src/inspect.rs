//! Single images looked at from all sides, for tools, measurements and the demonstration; a capture
//! never comes here.

use serde::Serialize;

use crate::band::Band;
use crate::detect::Face;
use crate::error::Error;
use crate::features::Features;
use crate::image::ImageView;
use crate::mesh::Mesh;
use crate::motion::Grey;
use crate::pad;
use crate::pipeline::Pipeline;
use crate::presentation::{Cues, Look};
use crate::quality::{Quality, Rejection};
use crate::reference::Reference;
use crate::template::TemplateMean;

/// A face in a single image, looked at from all sides; for tools and measurements.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Finding {
    /// Where it is.
    pub face: Face,
    /// How good the image of it is.
    pub quality: Quality,
    /// Why a capture would not use it.
    pub rejection: Option<Rejection>,
}

/// The main face of a single image as a capture looks at it; for measurements.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Assessment {
    /// How good the image of it is.
    pub quality: Quality,
    /// What its mesh shows.
    pub features: Option<Features>,
    /// Why a capture would not use it.
    pub rejection: Option<Rejection>,
}

impl Pipeline {
    /// All faces of an image with their quality, most certain first.
    pub fn find(&mut self, image: ImageView<'_>) -> Result<Vec<Finding>, Error> {
        self.picture.load(&image)?;
        self.networks
            .detector
            .detect(&self.picture, &mut self.faces)?;
        (0..self.faces.len())
            .map(|number| {
                let face = self.faces[number];
                self.finding(&face)
            })
            .collect()
    }

    /// How certain the networks are that the main face of one image is bona fide, 0 to 1, at the crop
    /// scale at which they are least; with its band.
    pub fn liveness(&mut self, image: ImageView<'_>) -> Result<Option<(f32, Band)>, Error> {
        let Some(face) = self.main_face(image)? else {
            return Ok(None);
        };
        let scores = pad::look_at_all_scales(&mut self.networks.pad, &self.picture, &face)?;
        let score = pad::lowest(&scores);
        Ok(Some((
            score,
            Band::of(score, &self.networks.liveness.bands),
        )))
    }

    /// What the cues see of one image, whatever its quality; none when there is no face. For measurements
    /// and training.
    pub fn look(&mut self, image: ImageView<'_>) -> Result<Option<Look>, Error> {
        let Some(face) = self.main_face(image)? else {
            return Ok(None);
        };
        let small = self.networks.detector.small();
        let factor = small.width() as f32 / self.picture.width().max(1) as f32;
        let mut grey = Grey::default();
        grey.read(small);
        let mesh = self.networks.mesh.mesh(&self.picture, &face)?;
        Ok(Some(Look {
            mesh: mesh.map(|mesh| mesh.clone().scaled(factor)),
            scores: pad::look_at_all_scales(&mut self.networks.pad, &self.picture, &face)?,
            peak_db: self.spectrum.peak_db(&self.picture, &face),
            face: face.scaled(factor),
            grey,
        }))
    }

    /// How certain a capture would be, from these cues, that a living person was there; 0 to 1.
    #[must_use]
    pub fn certainty(&self, cues: &Cues) -> f32 {
        self.networks.liveness.certainty(cues)
    }

    /// The template that a frame of a capture would give, whatever its quality; for measurements.
    pub fn probe(&mut self, image: ImageView<'_>) -> Result<Option<Reference>, Error> {
        let Some(face) = self.main_face(image)? else {
            return Ok(None);
        };
        let quality = self.finding(&face)?.quality;
        let template = self.template_of(&face)?;
        Ok(template.map(|template| Reference { template, quality }))
    }

    /// Several frames of one person as one, each weighing what it weighs in a capture; of all
    /// recognisers, where a capture asks only the first if that alone is clear. None without frames. For
    /// measurements.
    #[must_use]
    pub fn fused(&self, frames: &[&Reference]) -> Option<Reference> {
        let mut mean = TemplateMean::default();
        for frame in frames {
            let weight = frame.quality.weight(&self.settings.quality);
            mean.add(&frame.template, 0, weight);
        }
        Some(Reference {
            template: mean.template()?,
            quality: frames.first()?.quality,
        })
    }

    /// The main face of one image as a capture looks at it, closer look included.
    pub fn assess(&mut self, image: ImageView<'_>) -> Result<Option<Assessment>, Error> {
        let Some(face) = self.main_face(image)? else {
            return Ok(None);
        };
        let finding = self.finding(&face)?;
        let features = self.features(&face)?;
        let limits = &self.settings.quality.features;
        let closer = features.and_then(|features| features.rejection(limits));
        Ok(Some(Assessment {
            quality: finding.quality,
            features,
            rejection: Rejection::of_both(finding.rejection, closer),
        }))
    }

    /// The surface of the main face of one image.
    pub fn mesh(&mut self, image: ImageView<'_>) -> Result<Option<Mesh>, Error> {
        let Some(face) = self.main_face(image)? else {
            return Ok(None);
        };
        let mesh = self.networks.mesh.mesh(&self.picture, &face)?;
        Ok(mesh.cloned())
    }

    /// The least liveness that is accepted.
    #[must_use]
    pub fn accepted_liveness(&self) -> f32 {
        self.networks.liveness.bands.accepted
    }

    /// The least similarity that is accepted.
    #[must_use]
    pub fn accepted_similarity(&self) -> f32 {
        self.networks.comparison.bands.accepted
    }

    /// Cosine similarity of two photos, −1 to 1, with its band.
    #[must_use]
    pub fn compare(&self, a: &Reference, b: &Reference) -> (f32, Band) {
        let similarity = a.template.similarity(&b.template);
        (
            similarity,
            Band::of(similarity, &self.networks.comparison.bands),
        )
    }

    /// Cosine similarity by the first recogniser alone, and the value from which a capture asks no
    /// other.
    #[must_use]
    pub fn compare_first(&self, a: &Reference, b: &Reference) -> (f32, Option<f32>) {
        (
            a.template.first_similarity(&b.template),
            self.networks.comparison.clear,
        )
    }

    fn main_face(&mut self, image: ImageView<'_>) -> Result<Option<Face>, Error> {
        self.picture.load(&image)?;
        self.networks
            .detector
            .detect(&self.picture, &mut self.faces)?;
        Ok(self.choose(None))
    }
}
