//! Presentation-attack detection (ISO/IEC 30107-3) on one frame: networks of the MiniFASNet family
//! look at the face with its surroundings, where paper edges and screens show.

use crate::detect::Face;
use crate::error::Error;
use crate::manifest::PadEntry;
use crate::pixels::Picture;
use crate::runtime::Network;

pub(crate) struct PadNetwork {
    network: Network,
    size_px: usize,
    crop_scale: f32,
    live_class: usize,
    crop: Picture,
}

const KIND: &str = "minifasnet";

impl PadNetwork {
    pub(crate) fn new(network: Network, entry: &PadEntry) -> Self {
        Self {
            network,
            size_px: entry.size_px,
            crop_scale: entry.crop_scale,
            live_class: entry.live_class,
            crop: Picture::default(),
        }
    }

    /// How certain this network is that the face is bona fide, 0 to 1.
    fn bona_fide(&mut self, picture: &Picture, face: &Face) -> Result<f32, Error> {
        let square = face
            .bounds
            .square_inside(self.crop_scale, picture.width(), picture.height());
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

/// The mean of all networks' certainty that the face is bona fide, 0 to 1.
pub(crate) fn bona_fide(
    networks: &mut [PadNetwork],
    picture: &Picture,
    face: &Face,
) -> Result<f32, Error> {
    let count = networks.len() as f32;
    networks.iter_mut().try_fold(0.0, |sum, network| {
        Ok(sum + network.bona_fide(picture, face)? / count)
    })
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
    use super::softmax;

    #[test]
    fn what_is_no_answer_counts_as_an_attack() {
        assert_eq!(softmax(&[f32::NAN, 1.0, 2.0], 0), 0.0);
        assert_eq!(softmax(&[1.0, 2.0], 7), 0.0);
        assert!((softmax(&[5.0, 5.0], 0) - 0.5).abs() < 1e-6);
    }
}
