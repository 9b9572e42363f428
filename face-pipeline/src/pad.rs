//! Presentation-attack detection (ISO/IEC 30107-3) on one frame: networks of the MiniFASNet family
//! look at the face with its surroundings, where paper edges and screens show.
//!
//! How much of the surroundings is one of the crop scales of the manifest: an attack that passes at one
//! may be seen at another (Silent-Face, whose architecture this is, has a network for each of 2.7 and 4.0
//! and adds up what they say). The frames of a capture take the scales in turn, which costs no time;
//! `presentation.rs` keeps what each of them says apart, and the lowest counts.

use crate::detect::Face;
use crate::error::Error;
use crate::manifest::PadEntry;
use crate::pixels::Picture;
use crate::runtime::Network;

pub(crate) struct PadNetwork {
    network: Network,
    size_px: usize,
    crop_scales: Vec<f32>,
    live_class: usize,
    crop: Picture,
}

/// What the networks say of one frame.
#[derive(Clone, Copy)]
pub(crate) struct PadScore {
    /// Number of the crop scale at which they looked.
    pub(crate) scale: usize,
    /// That the face is bona fide, 0 to 1: the mean of all networks.
    pub(crate) certainty: f32,
}

/// Crop scales that there may be: more would leave too few frames of a window to each.
pub(crate) const MAX_SCALES: usize = 4;

const KIND: &str = "minifasnet";

impl PadNetwork {
    pub(crate) fn new(network: Network, entry: &PadEntry) -> Self {
        Self {
            network,
            size_px: entry.size_px,
            crop_scales: entry.crop_scales.clone(),
            live_class: entry.live_class,
            crop: Picture::default(),
        }
    }

    /// How certain this network is, at one of its crop scales, that the face is bona fide, 0 to 1.
    fn bona_fide(&mut self, picture: &Picture, face: &Face, scale: usize) -> Result<f32, Error> {
        let square =
            face.bounds
                .square_inside(self.crop_scales[scale], picture.width(), picture.height());
        picture.cut_into(&mut self.crop, &square, self.size_px)?;
        self.network.feed(&self.crop, self.size_px, self.size_px);
        let answer = self.network.run()?;
        Ok(softmax(answer.first(KIND)?, self.live_class))
    }

    /// How many classes it tells apart, by what it says of what it was last fed.
    pub(crate) fn classes(&mut self) -> Result<usize, Error> {
        Ok(self.network.run()?.first(KIND)?.len())
    }

    /// Runs the network alone, on what it was last fed.
    pub(crate) fn infer(&mut self) -> Result<(), Error> {
        self.network.run().map(drop)
    }

    pub(crate) fn forget(&mut self) -> Result<(), Error> {
        self.crop.forget();
        self.network.forget(self.size_px, self.size_px)
    }
}

/// How many crop scales there are; each network has as many, by the manifest's check.
pub(crate) fn scales(networks: &[PadNetwork]) -> usize {
    networks.first().map_or(0, |n| n.crop_scales.len())
}

/// Looks at a face at the crop scale of this number, below [`scales`].
pub(crate) fn look(
    networks: &mut [PadNetwork],
    picture: &Picture,
    face: &Face,
    scale: usize,
) -> Result<PadScore, Error> {
    let count = networks.len() as f32;
    let certainty = networks.iter_mut().try_fold(0.0, |sum, network| {
        Ok::<_, Error>(sum + network.bona_fide(picture, face, scale)? / count)
    })?;
    Ok(PadScore { scale, certainty })
}

/// Looks at a face at all crop scales, in their order: for single images.
pub(crate) fn look_at_all_scales(
    networks: &mut [PadNetwork],
    picture: &Picture,
    face: &Face,
) -> Result<Vec<PadScore>, Error> {
    (0..scales(networks))
        .map(|scale| look(networks, picture, face, scale))
        .collect()
}

/// What a single image comes to: the lowest certainty of all scales, as in a window.
pub(crate) fn lowest(scores: &[PadScore]) -> f32 {
    let certainties = scores.iter().map(|score| score.certainty);
    certainties.reduce(f32::min).unwrap_or(0.0)
}

/// Probability of `class`; 0, an attack, if the numbers are none.
fn softmax(logits: &[f32], class: usize) -> f32 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|v| (v - largest).exp()).sum();
    let share = logits.get(class).map_or(0.0, |v| (v - largest).exp() / sum);
    if share.is_finite() { share } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::{PadScore, lowest, softmax};

    #[test]
    fn what_is_no_answer_counts_as_an_attack() {
        assert_eq!(softmax(&[f32::NAN, 1.0, 2.0], 0), 0.0);
        assert_eq!(softmax(&[1.0, 2.0], 7), 0.0);
        assert!((softmax(&[5.0, 5.0], 0) - 0.5).abs() < 1e-6);
        assert_eq!(lowest(&[]), 0.0);
    }

    #[test]
    fn a_single_image_has_to_pass_at_every_scale() {
        let score = |scale, certainty| PadScore { scale, certainty };
        assert_eq!(lowest(&[score(0, 0.9), score(1, 0.2)]), 0.2);
        assert_eq!(lowest(&[score(0, 0.1), score(1, 0.8)]), 0.1);
    }
}
