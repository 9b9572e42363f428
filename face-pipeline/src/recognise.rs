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

    fn vector(&mut self, aligned: &AlignedFace) -> Result<Vec<f32>, Error> {
        self.network
            .feed(aligned.picture(), self.size_px, self.size_px);
        Ok(self.network.run()?.first(KIND)?.to_vec())
    }
}

/// The template of `face`; none when its landmarks or a network's answer are degenerate.
pub(crate) fn template(
    recognisers: &mut [Recogniser],
    aligned: &mut AlignedFace,
    picture: &Picture,
    face: &Face,
) -> Result<Option<Template>, Error> {
    let mut parts = Vec::with_capacity(recognisers.len());
    for recogniser in recognisers {
        if !aligned.align(picture, face, recogniser.size_px)? {
            return Ok(None);
        }
        parts.push(recogniser.vector(aligned)?);
    }
    Ok(Template::join(parts))
}
