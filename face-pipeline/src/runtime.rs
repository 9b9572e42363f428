//! ONNX Runtime: the library is loaded once per process, and each network becomes a warm
//! [`Network`] with its own input buffer, zeroed when dropped.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{Session, SessionOutputs};
use ort::value::TensorRef;
use zeroize::{Zeroize, Zeroizing};

use crate::error::Error;
use crate::manifest::{Colour, Feed};
use crate::pixels::Picture;
use crate::telemetry;

/// ONNX Runtime allows one environment per process; it lives as long as the process does.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// The library, ready to build networks.
pub(crate) struct Runtime {
    environment: Environment,
    threads: usize,
}

impl Runtime {
    /// Loads the library, or finds it loaded. `threads` is the number of threads of each network.
    pub(crate) fn load(library: &Path, threads: usize) -> Result<Self, Error> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((path, environment)) = &*loaded {
            if path != library {
                return Err(Error::SecondLibrary {
                    loaded: path.clone(),
                });
            }
            return Ok(Self {
                environment: environment.clone(),
                threads,
            });
        }
        telemetry::check()?;
        std::fs::metadata(library).map_err(|source| Error::Read {
            path: library.into(),
            source,
        })?;
        let builder = ort::init_from(library).map_err(|e| unloadable(library, e))?;
        let environment = builder
            .with_telemetry(false)
            .build()
            .map_err(|e| unloadable(library, e))?;
        *loaded = Some((library.into(), environment.clone()));
        Ok(Self {
            environment,
            threads,
        })
    }

    /// Builds a network from checked bytes.
    pub(crate) fn network(&self, file: &str, weights: &[u8], feed: Feed) -> Result<Network, Error> {
        let session = self
            .session(weights)
            .map_err(|source| failed(file, "building", source))?;
        Ok(Network {
            file: file.to_owned(),
            session,
            feed,
            input: Zeroizing::default(),
            shape: [1, CHANNELS, 0, 0],
        })
    }

    fn session(&self, weights: &[u8]) -> ort::Result<Session> {
        Session::builder(&self.environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(self.threads)?
            .with_inter_threads(1)?
            .with_intra_op_spinning(false)? // the cores are shared with camera and screen
            .commit_from_memory(weights)
    }
}

/// One network and the memory it is fed from.
pub(crate) struct Network {
    file: String,
    session: Session,
    feed: Feed,
    input: Zeroizing<Vec<f32>>,
    shape: [usize; 4],
}

const CHANNELS: usize = 3;

impl Network {
    /// Writes a picture into the input: planes in the network's order of colours, normalised, with
    /// zeros right and below up to `width`×`height`.
    pub(crate) fn feed(&mut self, picture: &Picture, width: usize, height: usize) {
        let plane = width * height;
        let padded = (width, height) != (picture.width(), picture.height());
        if self.input.len() != plane * CHANNELS {
            self.input.zeroize();
            self.input.resize(plane * CHANNELS, 0.0);
        } else if padded {
            self.input.fill(0.0);
        }
        self.shape = [1, CHANNELS, height, width];

        let Feed {
            colour,
            mean,
            divisor,
        } = self.feed;
        let factor = 1.0 / divisor;
        let (first, rest) = self.input.split_at_mut(plane);
        let (second, third) = rest.split_at_mut(plane);
        let (blue, green, red) = match colour {
            Colour::Bgr => (first, second, third),
            Colour::Rgb => (third, second, first),
        };
        for (y, row) in picture
            .data()
            .chunks_exact(picture.width() * CHANNELS)
            .enumerate()
        {
            let start = y * width;
            let end = start + picture.width();
            let planes = blue[start..end]
                .iter_mut()
                .zip(&mut green[start..end])
                .zip(&mut red[start..end]);
            for (pixel, ((b, g), r)) in row.chunks_exact(CHANNELS).zip(planes) {
                *b = (f32::from(pixel[0]) - mean) * factor;
                *g = (f32::from(pixel[1]) - mean) * factor;
                *r = (f32::from(pixel[2]) - mean) * factor;
            }
        }
    }

    /// Runs the network on what was fed last.
    pub(crate) fn run(&mut self) -> Result<Answer<'_>, Error> {
        let input = TensorRef::from_array_view((self.shape, self.input.as_slice()))
            .map_err(|source| failed(&self.file, "feeding", source))?;
        let outputs = self
            .session
            .run(ort::inputs![input])
            .map_err(|source| failed(&self.file, "running", source))?;
        Ok(Answer {
            file: &self.file,
            outputs,
        })
    }

    /// Zeroes the input and runs on zeros, so that neither our memory nor the runtime's own holds
    /// what was last fed. Also warms the network up.
    pub(crate) fn forget(&mut self, width: usize, height: usize) -> Result<(), Error> {
        self.input.zeroize();
        self.input.resize(width * height * CHANNELS, 0.0);
        self.shape = [1, CHANNELS, height, width];
        self.run().map(drop)
    }
}

/// What a network said.
pub(crate) struct Answer<'a> {
    file: &'a str,
    outputs: SessionOutputs<'a>,
}

impl Answer<'_> {
    /// The output called `name`, which has `len` numbers in a network of this `kind`.
    pub(crate) fn named(
        &self,
        kind: &'static str,
        name: &str,
        len: usize,
    ) -> Result<&[f32], Error> {
        let found = self
            .outputs
            .get(name)
            .and_then(|v| v.try_extract_tensor::<f32>().ok());
        let (_, values) =
            found.ok_or_else(|| self.shape(kind, format!("no output of numbers called {name}")))?;
        self.of_length(kind, values, len)
    }

    /// The first output.
    pub(crate) fn first(&self, kind: &'static str) -> Result<&[f32], Error> {
        self.output(kind, 0)
    }

    /// The output of this number, in the order of the network.
    pub(crate) fn output(&self, kind: &'static str, number: usize) -> Result<&[f32], Error> {
        let values = (self.outputs.len() > number)
            .then(|| self.outputs[number].try_extract_tensor::<f32>().ok())
            .flatten();
        values
            .map(|(_, v)| v)
            .ok_or_else(|| self.shape(kind, format!("no output {number} of numbers")))
    }

    fn of_length<'v>(
        &self,
        kind: &'static str,
        values: &'v [f32],
        len: usize,
    ) -> Result<&'v [f32], Error> {
        if values.len() == len {
            return Ok(values);
        }
        Err(self.shape(
            kind,
            format!("{len} numbers expected, {} given", values.len()),
        ))
    }

    fn shape(&self, kind: &'static str, what: String) -> Error {
        Error::Shape {
            file: self.file.to_owned(),
            kind,
            what,
        }
    }
}

fn failed(file: &str, operation: &'static str, source: ort::Error) -> Error {
    Error::Network {
        file: file.to_owned(),
        operation,
        source,
    }
}

fn unloadable(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Library {
        path: path.into(),
        source: source.into(),
    }
}
