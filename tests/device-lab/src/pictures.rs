//! What the machine's camera will see: frames of the simulated person, drawn on the host by `hal-sim
//! camera` (an emulated processor would draw one a second) and played into the loopback device inside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::disks::Parts;
use crate::error::{LabError, failed};
use crate::host;

/// Frames of a scene, and how fast they are played. Slow enough for an emulated processor, fast enough
/// for a head that moves.
const FRAMES: u32 = 40;
/// Frames per second.
pub const RATE: u32 = 10;

/// Who can stand before the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    /// The holder of the card, photographed four years after the card's portrait.
    Holder,
    /// Somebody else.
    Stranger,
}

/// The portrait on the card.
pub const CARD_PORTRAIT: &str = "person_b_1.jpg";

impl Person {
    /// The name of the folder with frames.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Stranger => "stranger",
        }
    }

    fn portrait(self) -> &'static str {
        match self {
            Self::Holder => "person_b_2.jpg",
            Self::Stranger => "impostor_1.jpg",
        }
    }
}

/// A disk with a folder of frames for each person. Drawn once and kept.
pub fn disk(parts: &Parts) -> Result<PathBuf, LabError> {
    let kept = parts.image.join("pictures.img");
    if kept.exists() {
        return Ok(kept);
    }
    let tree = parts.work.join("pictures");
    for person in [Person::Holder, Person::Stranger] {
        draw(parts, person, &tree.join(person.folder()))?;
    }
    let image = parts.plain(&tree, "pictures.img")?;
    fs::rename(&image, &kept).map_err(failed("keep", &kept))?;
    Ok(kept)
}

fn draw(parts: &Parts, person: Person, out: &Path) -> Result<(), LabError> {
    fs::create_dir_all(out).map_err(failed("create", out))?;
    let portrait = parts.setup.join("portraits").join(person.portrait());
    let landmarks = parts.work.join("landmarks");
    let found = host::run(
        Command::new(&parts.face)
            .current_dir(&parts.home)
            .arg("mesh")
            .arg(&portrait),
    )?;
    fs::write(&landmarks, found).map_err(failed("write", &landmarks))?;
    host::run(
        Command::new(&parts.simulators)
            .args([
                "camera",
                "--script",
                "live",
                "--frames",
                &FRAMES.to_string(),
                "--fps",
                &RATE.to_string(),
            ])
            .arg("--portrait")
            .arg(&portrait)
            .arg("--landmarks")
            .arg(&landmarks)
            .arg("--out")
            .arg(out),
    )
    .map(drop)
}
