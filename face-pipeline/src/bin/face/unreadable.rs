//! Files of a folder that cannot be looked at: a run of hours goes on without them, and names them at
//! its end.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use face_pipeline::Rotation;
use serde_json::{Value, json};

use crate::photo::{Photo, PhotoError};

/// Each such file and why, once however often it was tried.
#[derive(Default)]
pub struct Unreadable {
    why: BTreeMap<PathBuf, String>,
    rotation: Rotation,
}

impl Unreadable {
    /// Of frames that are turned by this.
    pub fn of_frames(rotation: Rotation) -> Self {
        let why = BTreeMap::new();
        Self { why, rotation }
    }

    /// A frame, standing upright.
    pub fn open(&self, path: &Path) -> Result<Photo, PhotoError> {
        Photo::frame(path, self.rotation)
    }

    /// What `look` makes of a photo; none, and a note, where there is nothing to look at.
    pub fn look<T>(
        &mut self,
        path: &Path,
        look: impl FnOnce(&Photo) -> Result<T, Box<dyn Error>>,
    ) -> Option<T> {
        let seen = self
            .open(path)
            .map_err(|error| crate::chain(&error))
            .and_then(|photo| {
                let named =
                    |e: Box<dyn Error>| format!("{}: {}", path.display(), crate::chain(e.as_ref()));
                look(&photo).map_err(named)
            });
        seen.map_err(|why| self.why.insert(path.into(), why)).ok()
    }

    pub fn count(&self) -> usize {
        self.why.len()
    }

    /// Names them on standard error.
    pub fn warn(&self) {
        for why in self.why.values() {
            eprintln!("face: left out: {why}");
        }
        if !self.why.is_empty() {
            eprintln!("face: {} files left out", self.count());
        }
    }

    pub fn json(&self) -> Value {
        let files = self.why.iter();
        files
            .map(|(path, why)| json!({ "file": path, "why": why }))
            .collect()
    }
}
