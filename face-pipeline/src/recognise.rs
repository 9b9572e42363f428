//! From a face to its template: align for each recogniser, run it, join the vectors. A capture asks
//! the first recogniser about every good frame and the others only while that is not clear.

use crate::align::AlignedFace;
use crate::detect::Face;
use crate::error::Error;
use crate::manifest::RecogniserEntry;
use crate::pixels::Picture;
use crate::runtime::Network;
use crate::template::Template;

pub(crate) struct Recogniser {
    network: Network,
    size_px: usize,
}

const KIND: &str = "recogniser";

impl Recogniser {
    pub(crate) fn new(network: Network, entry: &RecogniserEntry) -> Self {
        Self {
            network,
            size_px: entry.size_px,
        }
    }

    pub(crate) fn forget(&mut self) -> Result<(), Error> {
        self.network.forget(self.size_px, self.size_px)
    }

    /// Runs the network alone, on what it was last fed.
    pub(crate) fn infer(&mut self) -> Result<(), Error> {
        self.network.run().map(drop)
    }
}

/// Adds to `template` the vectors of recognisers that are not in it yet, up to number `until`;
/// false when the landmarks of `face` or a network's answer are degenerate.
pub(crate) fn extend(
    template: &mut Template,
    until: usize,
    recognisers: &mut [Recogniser],
    aligned: &mut AlignedFace,
    picture: &Picture,
    face: &Face,
) -> Result<bool, Error> {
    let until = until.min(recognisers.len());
    for Recogniser { network, size_px } in &mut recognisers[template.filled()..until] {
        if !aligned.align(picture, face, *size_px)? {
            return Ok(false);
        }
        network.feed(aligned.picture(), *size_px, *size_px);
        if !template.join(network.run()?.first(KIND)?) {
            return Ok(false);
        }
    }
    Ok(true)
}
