//! What can go wrong in the pipeline, named by the operation and the thing. A frame that is merely
//! not good enough is no error: see [`crate::Rejection`].

use std::path::PathBuf;

/// Why the networks could not be loaded, or an image not be worked on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that the pipeline needs could not be read.
    #[error("cannot read {path}: run `make setup` to fetch it, or correct the path", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// ONNX Runtime would report to its maker.
    #[error(
        "ONNX Runtime is not loaded, because it would report to its maker: call forbid_telemetry first in main, \
         or set ORT_DISABLE_TELEMETRY=1 in the environment"
    )]
    Telemetry,
    /// The manifest is not what it has to be.
    #[error("{path} is not a valid model manifest", path = path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Line and key.
        source: Box<toml::de::Error>,
    },
    /// The manifest contradicts itself.
    #[error("{path}: {what}", path = path.display())]
    ManifestContent {
        /// The manifest.
        path: PathBuf,
        /// What contradicts what, and the remedy.
        what: String,
    },
    /// A weights file is not the one the manifest names.
    #[error(
        "{path} has SHA-256 {actual}, the manifest says {expected}: refused; delete the file and run `make setup`",
        path = path.display()
    )]
    WrongHash {
        /// The file.
        path: PathBuf,
        /// From the manifest.
        expected: String,
        /// Of the file.
        actual: String,
    },
    /// ONNX Runtime's library could not be loaded.
    #[error("cannot load ONNX Runtime from {path}: run `make setup`, or correct the path", path = path.display())]
    Library {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The process already uses another ONNX Runtime.
    #[error("ONNX Runtime is already loaded in this process from {loaded}", loaded = loaded.display())]
    SecondLibrary {
        /// The library in use.
        loaded: PathBuf,
    },
    /// A network could not be built or run.
    #[error("network {file}: {operation} failed")]
    Network {
        /// The weights.
        file: String,
        /// Building, warming, or running.
        operation: &'static str,
        /// What ONNX Runtime said.
        source: ort::Error,
    },
    /// A network answers in another shape than its kind does.
    #[error(
        "network {file} does not answer as a {kind} does: {what}; correct `kind` in the manifest"
    )]
    Shape {
        /// The weights.
        file: String,
        /// The kind the manifest says it is.
        kind: &'static str,
        /// What is missing or of the wrong size.
        what: String,
    },
    /// OpenCV refused an image operation.
    #[error("image operation {operation} failed")]
    Image {
        /// The operation.
        operation: &'static str,
        /// What OpenCV said.
        source: opencv::Error,
    },
    /// The settings contradict themselves.
    #[error("pipeline settings: {0}")]
    Settings(String),
}
