//! The photo of a document becomes a reference. It may be as small and as coarse as an ID chip's, and
//! its face may fill it from edge to edge.

use serde::Deserialize;

use crate::detect::Face;
use crate::error::Error;
use crate::image::ImageView;
use crate::pipeline::Pipeline;
use crate::quality::{Quality, Rejection};
use crate::recognise;
use crate::template::Template;

/// The photo on the card, ready for comparison. Zeroed when dropped.
pub struct Reference {
    pub(crate) template: Template,
    pub(crate) quality: Quality,
}

impl Reference {
    /// How good the photo is.
    #[must_use]
    pub fn quality(&self) -> &Quality {
        &self.quality
    }
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reference(…)")
    }
}

/// Limits of a reference photo. Defaults and their origin in `README.md`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReferenceLimits {
    /// Least distance between the eyes, pixels.
    pub min_inter_eye_distance_px: f32,
    /// Largest turn to a side, degrees.
    pub max_yaw_degrees: f32,
    /// Least mean luminance.
    pub min_luminance: f32,
    /// Largest mean luminance.
    pub max_luminance: f32,
    /// Largest share of nearly black or nearly white pixels.
    pub max_badly_exposed: f32,
    /// Least entropy of the luminance, bits.
    pub min_dynamic_range_bits: f32,
    /// Least sharpness.
    pub min_sharpness: f32,
    /// Least luminance of the lighter eye's region, over that of the face.
    pub min_eyes_visible: f32,
}

impl Default for ReferenceLimits {
    fn default() -> Self {
        Self {
            min_inter_eye_distance_px: 20.0, // a chip photo of 102×126 has about 28
            max_yaw_degrees: 45.0,
            min_luminance: 25.0,
            max_luminance: 235.0,
            max_badly_exposed: 0.5,
            min_dynamic_range_bits: 4.0,
            min_sharpness: 0.006,
            min_eyes_visible: 0.4,
        }
    }
}

impl ReferenceLimits {
    /// The first limit that a photo does not keep, as in [`Quality::rejection`].
    #[must_use]
    pub fn rejection(&self, photo: &Quality) -> Option<Rejection> {
        let exposed = |share: f32| share <= self.max_badly_exposed;
        let checks = [
            (
                photo.inter_eye_distance_px >= self.min_inter_eye_distance_px,
                Rejection::TooFar,
            ),
            (
                photo.yaw_degrees.abs() <= self.max_yaw_degrees,
                Rejection::Turned,
            ),
            (
                photo.luminance >= self.min_luminance && exposed(photo.under_exposed),
                Rejection::TooDark,
            ),
            (
                photo.luminance <= self.max_luminance && exposed(photo.over_exposed),
                Rejection::TooBright,
            ),
            (
                photo.dynamic_range_bits >= self.min_dynamic_range_bits
                    && photo.sharpness >= self.min_sharpness,
                Rejection::Blurred,
            ),
            (
                photo.eyes_visible >= self.min_eyes_visible,
                Rejection::Covered,
            ),
        ];
        let broken = checks.into_iter().find(|(kept, _)| !kept);
        broken.map(|(_, rejection)| rejection)
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
    /// There is a face, but the photo is too poor to compare it with anybody's.
    #[error("reference photo too poor to compare: {0:?}")]
    TooPoor(Rejection),
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
        let quality = self.finding(&face)?.quality;
        if let Some(rejection) = self.settings.reference.rejection(&quality) {
            return Err(ReferenceError::TooPoor(rejection));
        }
        let template = self.template_of(&face)?;
        let template = template.ok_or(ReferenceError::TooPoor(Rejection::Blurred))?;
        Ok(Reference { template, quality })
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
