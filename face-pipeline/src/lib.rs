//! From an image to evidence: detect, align, assess quality, detect presentation attacks, extract a
//! template, compare.
//!
//! In: borrowed images ([`ImageView`]) and the time at which they were taken. Out: per frame a
//! [`Step`], at the end [`Evidence`] in bands. The pipeline reads no clock, keeps no image, does no
//! I/O but loading its [`Networks`], and gives the same answer for the same frames. Terms follow
//! ISO/IEC 2382-37 (biometrics), 30107 (presentation attacks) and 29794-5 (face image quality).

#![deny(unsafe_code)]

mod align;
mod answer;
mod band;
mod capture;
mod challenge;
mod detect;
mod error;
mod features;
mod geometry;
mod image;
mod infrared;
mod inspect;
mod light;
mod manifest;
mod mesh;
mod motion;
mod networks;
mod pad;
mod pipeline;
mod pixels;
mod pose;
mod presentation;
mod quality;
mod recognise;
mod reference;
mod runtime;
mod shrink;
mod spectrum;
mod stages;
mod telemetry;
mod template;
mod window;

pub use answer::ChallengeStep;
pub use band::Band;
pub use capture::{Capture, Evidence, Scores};
pub use challenge::{Challenge, ChallengeLimits, ChallengeOutcome, Side, TRIES, Task};
pub use detect::Face;
pub use error::Error;
pub use features::{FeatureLimits, Features};
pub use geometry::{Point, Rect};
pub use image::{ImageError, ImageView, PixelFormat, Rotation};
pub use infrared::Infrared;
pub use inspect::{Assessment, Finding};
pub use mesh::Mesh;
pub use motion::Motion;
pub use networks::Networks;
pub use pipeline::{Pipeline, Settings, Step};
pub use presentation::{Cues, FEATURES, Fusion, Look, Presentation};
pub use quality::{Quality, QualityLimits, Rejection};
pub use reference::{Reference, ReferenceError, ReferenceLimits};
pub use stages::Stage;
pub use telemetry::forbid_telemetry;
pub use window::{WindowLimits, lower_quartile};
