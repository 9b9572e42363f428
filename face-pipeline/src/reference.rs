//! The photo of a document becomes a reference. It may be as small and as coarse as an ID chip's, and
//! its face may fill it from edge to edge.

use serde::Deserialize;

use crate::detect::Face;
use crate::error::Error;
use crate::image::ImageView;
use crate::pipeline::Pipeline;
use crate::recognise;
use crate::template::{Template, TemplateMean};

/// The photo on the card, ready for comparison. Zeroed when dropped.
pub struct Reference {
    pub(crate) template: Template,
    pub(crate) inter_eye_distance_px: f32,
}

impl Reference {
    /// Distance between the eyes in the photo, pixels.
    #[must_use]
    pub fn inter_eye_distance_px(&self) -> f32 {
        self.inter_eye_distance_px
    }

    /// Several frames of one person as one, as a capture fuses them; for measurements.
    #[must_use]
    pub fn fused(frames: &[&Self]) -> Option<Self> {
        let mut mean = TemplateMean::default();
        frames.iter().for_each(|f| mean.add(&f.template, 0, 1.0));
        Some(Self {
            template: mean.template()?,
            inter_eye_distance_px: frames.first()?.inter_eye_distance_px,
        })
    }
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reference(…)")
    }
}

/// Limits of a reference photo.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReferenceLimits {
    /// Least distance between the eyes, pixels.
    pub min_inter_eye_distance_px: f32,
}

impl Default for ReferenceLimits {
    fn default() -> Self {
        Self {
            min_inter_eye_distance_px: 20.0, // a chip photo of 102×126 has about 28
        }
    }
}

/// Why a photo cannot serve as reference.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// Nobody is in the photo.
    #[error("no face in the reference photo")]
    NoFace,
    /// More than one person is in the photo.
    #[error("{0} faces in the reference photo")]
    SeveralFaces(usize),
    /// The face is too small to compare.
    #[error(
        "reference photo too poor: {inter_eye_distance_px:.0} pixels between the eyes, {needed_px:.0} needed"
    )]
    TooPoor {
        /// Of the photo.
        inter_eye_distance_px: f32,
        /// By the settings.
        needed_px: f32,
    },
    /// The pipeline itself failed.
    #[error(transparent)]
    Pipeline(#[from] Error),
}

/// Margins added around a reference photo, shares of its longer side: a face that fills a photo is
/// found only when something surrounds it.
const REFERENCE_MARGINS: [f32; 2] = [0.25, 1.0];
/// Side to which a reference photo and its margin are scaled for detection, pixels.
const REFERENCE_SIDE_PX: f32 = 320.0;

impl Pipeline {
    /// Prepares the photo of a document for comparison; it may be as small as a chip's.
    pub fn reference(&mut self, photo: ImageView<'_>) -> Result<Reference, ReferenceError> {
        self.picture.load(&photo)?;
        let face = self.face_of_reference()?;
        let needed_px = self.settings.reference.min_inter_eye_distance_px;
        let inter_eye_distance_px = face.inter_eye_distance();
        if inter_eye_distance_px < needed_px {
            return Err(ReferenceError::TooPoor {
                inter_eye_distance_px,
                needed_px,
            });
        }
        let template = self.template_of(&face)?.ok_or(ReferenceError::NoFace)?;
        Ok(Reference {
            template,
            inter_eye_distance_px,
        })
    }

    /// The template of a face of the picture that is loaded; none when it is degenerate.
    pub(crate) fn template_of(&mut self, face: &Face) -> Result<Option<Template>, Error> {
        self.template.clear();
        let readable = self.extend_template(usize::MAX, face)?;
        Ok(readable.then(|| self.template.clone()))
    }

    /// Asks the recognisers up to number `until` about a face of the picture that is loaded.
    pub(crate) fn extend_template(&mut self, until: usize, face: &Face) -> Result<bool, Error> {
        recognise::extend(
            &mut self.template,
            until,
            &mut self.networks.recognisers,
            &mut self.aligned,
            &self.picture,
            face,
        )
    }

    /// The one face of the photo that is loaded.
    fn face_of_reference(&mut self) -> Result<Face, ReferenceError> {
        let (width, height) = (self.picture.width(), self.picture.height());
        for share in REFERENCE_MARGINS {
            // Scaled before it is widened, so that a huge photo is never made huger.
            let longer = REFERENCE_SIDE_PX / (1.0 + 2.0 * share);
            let margin = (longer * share) as usize;
            let factor = longer / width.max(height) as f32;
            let scaled = |side: usize| ((side as f32 * factor).round() as usize).max(1);
            self.picture
                .resize_into(&mut self.scaled, scaled(width), scaled(height))?;
            self.scaled.widen_into(&mut self.widened, margin)?;
            self.networks
                .detector
                .detect(&self.widened, &mut self.faces)?;
            if let Some(face) = self.choose_reference()? {
                let margin = margin as f32;
                return Ok(face.shifted(-margin, -margin).scaled(1.0 / factor));
            }
        }
        Err(ReferenceError::NoFace)
    }

    fn choose_reference(&self) -> Result<Option<Face>, ReferenceError> {
        let faces = &self.faces;
        let largest = faces
            .iter()
            .max_by(|a, b| a.inter_eye_distance().total_cmp(&b.inter_eye_distance()));
        let Some(largest) = largest else {
            return Ok(None);
        };
        let near = self.settings.quality.second_face_share * largest.inter_eye_distance();
        match faces
            .iter()
            .filter(|f| f.inter_eye_distance() >= near)
            .count()
        {
            1 => Ok(Some(*largest)),
            several => Err(ReferenceError::SeveralFaces(several)),
        }
    }
}
