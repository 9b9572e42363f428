//! From a face to its template: align for each recogniser, run it, join the vectors.

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

/// Fills `template` with that of `face`; false when its landmarks or a network's answer are
/// degenerate.
pub(crate) fn template(
    recognisers: &mut [Recogniser],
    aligned: &mut AlignedFace,
    picture: &Picture,
    face: &Face,
    template: &mut Template,
) -> Result<bool, Error> {
    template.clear();
    let count = recognisers.len();
    for Recogniser { network, size_px } in recognisers {
        if !aligned.align(picture, face, *size_px)? {
            return Ok(false);
        }
        network.feed(aligned.picture(), *size_px, *size_px);
        if !template.join(network.run()?.first(KIND)?, count) {
            return Ok(false);
        }
    }
    Ok(true)
}
