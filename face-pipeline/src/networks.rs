//! All networks of the manifest: checked, built, warm.

use std::path::Path;

use crate::detect::Detector;
use crate::error::Error;
use crate::manifest::{ComparisonThresholds, Feed, LivenessThresholds, Manifest};
use crate::mesh::MeshNetwork;
use crate::pad::PadNetwork;
use crate::recognise::Recogniser;
use crate::runtime::{Network, Runtime};
use crate::window::{Rules, WindowLimits};

/// The networks, each with the SHA-256 its manifest names, and the thresholds that belong to them.
pub struct Networks {
    pub(crate) detector: Detector,
    pub(crate) recognisers: Vec<Recogniser>,
    pub(crate) pad: Vec<PadNetwork>,
    pub(crate) mesh: MeshNetwork,
    pub(crate) comparison: ComparisonThresholds,
    pub(crate) liveness: LivenessThresholds,
    manifest_sha256: [u8; 32],
}

impl Networks {
    /// Loads everything that `manifest` names from the folder `weights`, runs each network once,
    /// and refuses files that are not the manifest's. `threads` is per network.
    pub fn load(
        manifest: &Path,
        weights: &Path,
        onnxruntime: &Path,
        threads: usize,
    ) -> Result<Self, Error> {
        let manifest = Manifest::read(manifest)?;
        let runtime = Runtime::load(onnxruntime, threads)?;
        let build = |file: &str, feed: Feed| -> Result<Network, Error> {
            runtime.network(file, &manifest.weights(weights, file)?, feed)
        };
        let content = &manifest.content;
        let recognisers = content
            .recogniser
            .iter()
            .map(|e| Ok(Recogniser::new(build(&e.file, e.input)?, e)));
        let pad = content
            .presentation_attack
            .iter()
            .map(|e| Ok(PadNetwork::new(build(&e.file, e.input)?, e)));
        let mut networks = Self {
            detector: Detector::new(
                build(&content.detector.file, content.detector.input)?,
                &content.detector,
            ),
            recognisers: recognisers.collect::<Result<_, Error>>()?,
            pad: pad.collect::<Result<_, Error>>()?,
            mesh: MeshNetwork::new(
                build(&content.landmarks.file, content.landmarks.input)?,
                &content.landmarks,
            ),
            comparison: content.comparison.clone(),
            liveness: content.liveness.clone(),
            manifest_sha256: manifest.sha256,
        };
        networks.forget()?;
        for (network, entry) in networks.pad.iter_mut().zip(&content.presentation_attack) {
            let (file, live, classes) = (&entry.file, entry.live_class, network.classes()?);
            if live >= classes {
                let what = format!(
                    "[presentation_attack: live_class] is {live}, but {file} has {classes} classes"
                );
                return Err(manifest.wrong(what));
            }
        }
        Ok(networks)
    }

    /// SHA-256 of the manifest, and so of every weights file, contract and threshold in use.
    #[must_use]
    pub fn manifest_sha256(&self) -> [u8; 32] {
        self.manifest_sha256
    }

    /// What decides a capture.
    pub(crate) fn rules(&self, window: WindowLimits) -> Rules<'_> {
        Rules {
            window,
            comparison: &self.comparison,
            liveness: &self.liveness,
        }
    }

    pub(crate) fn forget(&mut self) -> Result<(), Error> {
        // All of them, also when one fails.
        let recognisers = self.recognisers.iter_mut().map(Recogniser::forget);
        let pad = self.pad.iter_mut().map(PadNetwork::forget);
        let others = recognisers.chain(pad).fold(Ok(()), Result::and);
        self.detector.forget().and(others).and(self.mesh.forget())
    }
}

impl std::fmt::Debug for Networks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Networks({} recognisers, {} for presentation attacks)",
            self.recognisers.len(),
            self.pad.len()
        )
    }
}
