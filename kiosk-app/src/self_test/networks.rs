//! Are the networks the ones that the manifest names, and do they run?

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

use face_pipeline::{Error, ImageView, PixelFormat};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Finding;
use crate::assemble::load_pipeline;
use crate::commands::hex;
use crate::config::{Config, Paths};
use crate::errors::chain;

const INSTALL_AGAIN: &str = "Install the networks again from the kiosk's image or package \
                             (where the kiosk was built from source: `make setup`).";

/// Size of the picture that is searched for a face.
const PICTURE: (usize, usize) = (640, 480);
/// A uniform grey: nobody's face.
const GREY: u8 = 128;

/// The part of the manifest that says which file must have which SHA-256.
#[derive(Deserialize)]
struct Manifest {
    detector: Role,
    recogniser: Vec<Role>,
    presentation_attack: Vec<Role>,
    landmarks: Role,
    file: Vec<Pinned>,
}

#[derive(Deserialize)]
struct Role {
    file: String,
}

#[derive(Deserialize)]
struct Pinned {
    path: String,
    sha256: String,
}

/// Compares each network's SHA-256 with the manifest's.
pub fn files(paths: &Paths) -> Finding {
    let manifest = fs::read_to_string(&paths.manifest)
        .map_err(|error| chain(&error))
        .and_then(|text| toml::from_str::<Manifest>(&text).map_err(|error| chain(&error)));
    let manifest = match manifest {
        Ok(manifest) => manifest,
        Err(error) => {
            return Finding::failed(
                format!(
                    "The list of networks {} cannot be read: {error}.",
                    paths.manifest.display()
                ),
                INSTALL_AGAIN,
            );
        }
    };
    let pinned: BTreeMap<&str, &str> = manifest
        .file
        .iter()
        .map(|file| (file.path.as_str(), file.sha256.as_str()))
        .collect();
    let Manifest {
        detector,
        recogniser,
        presentation_attack,
        landmarks,
        ..
    } = &manifest;
    let roles: Vec<&Role> = [detector, landmarks]
        .into_iter()
        .chain(recogniser)
        .chain(presentation_attack)
        .collect();
    let wrong: Vec<String> = roles
        .iter()
        .filter_map(|role| {
            let expected = pinned.get(format!("models/{}", role.file).as_str());
            trouble(paths, &role.file, expected.copied())
        })
        .collect();
    if wrong.is_empty() {
        Finding::passed(format!(
            "All {} files are there and unchanged (SHA-256).",
            roles.len()
        ))
    } else {
        Finding::failed(format!("{}.", wrong.join("; ")), INSTALL_AGAIN)
    }
}

/// What is wrong with one file.
fn trouble(paths: &Paths, file: &str, expected: Option<&str>) -> Option<String> {
    let Some(expected) = expected else {
        return Some(format!("{file} has no SHA-256 in the manifest"));
    };
    match fs::read(paths.weights.join(file)) {
        Ok(bytes) if hex(&Sha256::digest(&bytes)).eq_ignore_ascii_case(expected) => None,
        Ok(_) => Some(format!(
            "{file} was changed (its SHA-256 is not the manifest's)"
        )),
        Err(error) => Some(format!("{file} cannot be read: {error}")),
    }
}

/// Loads ONNX Runtime and all networks, and searches a picture of nobody for a face.
pub fn work(config: &Config) -> Finding {
    let begun = Instant::now();
    let mut pipeline = match load_pipeline(config) {
        Ok(pipeline) => pipeline,
        Err(error) => return cannot_load(&error),
    };
    let loaded = begun.elapsed();
    let (width, height) = PICTURE;
    let grey = vec![GREY; width * height * 3];
    let Ok(view) = ImageView::packed(&grey, width, height, PixelFormat::Rgb8) else {
        return Finding::failed(
            "The test picture has a wrong size.",
            "This is a defect: report it.",
        );
    };
    // Once to make room, once to measure.
    let mut took = None;
    for _ in 0..2 {
        let begun = Instant::now();
        if let Err(error) = pipeline.mesh(view) {
            return cannot_load(&error);
        }
        took = Some(begun.elapsed());
    }
    Finding::passed(format!(
        "ONNX Runtime and all networks load in {:.1} s; searching a picture for a face takes {:.0} ms.",
        loaded.as_secs_f64(),
        took.unwrap_or_default().as_secs_f64() * 1000.0
    ))
}

fn cannot_load(error: &Error) -> Finding {
    let to_do = match error {
        Error::Library { .. } => {
            "Correct `onnxruntime` in the settings file, or install ONNX Runtime again."
        }
        Error::WrongHash { .. } | Error::Read { .. } => "See \"Face networks\" first.",
        _ => INSTALL_AGAIN,
    };
    Finding::failed(
        format!("Faces cannot be recognised: {}.", chain(error)),
        to_do,
    )
}
