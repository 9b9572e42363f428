//! The program `face`, run on folders of the demonstration portraits.

#![allow(clippy::expect_used, reason = "a test that cannot start fails")]
#![allow(
    dead_code,
    reason = "each test program uses its own part of the fixture"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const SELF: &str = env!("CARGO_BIN_EXE_face");

/// A folder of the demonstration portraits under other names.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn of(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        for (name, portrait) in files {
            let portrait = root().join(".setup/portraits").join(portrait);
            fs::copy(portrait, folder.make(name)).expect("a portrait: run `make setup`");
        }
        folder
    }

    /// Adds a picture without a face.
    pub fn blank(&self, name: &str) {
        let blank = image::RgbImage::from_pixel(320, 320, image::Rgb([90; 3]));
        blank.save(self.make(name)).expect("a picture");
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.make(name);
        fs::write(&path, bytes).expect("a file");
        path
    }

    pub fn make(&self, name: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        path
    }
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub fn face(arguments: &[&str]) -> Output {
    let mut program = Command::new(SELF);
    program.args(arguments).current_dir(root());
    program.output().expect("the program starts")
}

/// What it printed, when it could do it.
pub fn text(arguments: &[&str]) -> String {
    let done = face(arguments);
    assert!(done.status.success(), "{arguments:?}: {done:?}");
    String::from_utf8(done.stdout).expect("text")
}

pub fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&text(&[arguments, &["--json"]].concat())).expect("one JSON document")
}

/// `face eval captures` of a folder as recordings, one image a second, of living people and of attacks.
pub fn captures_of(folder: &Folder) -> [String; 6] {
    let recordings = format!("{}@1", folder.path().display());
    [
        "eval",
        "captures",
        "--bona-fide",
        &recordings,
        "--attack",
        &recordings,
    ]
    .map(String::from)
}

/// What it said when it could not.
pub fn refusal(arguments: &[&str]) -> String {
    let done = face(arguments);
    assert_eq!(done.status.code(), Some(2), "{arguments:?}: {done:?}");
    String::from_utf8(done.stderr).expect("text")
}

pub fn utf8(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Two people, one of them on two days.
pub fn sessions() -> Folder {
    Folder::of(&[
        ("anna/2014/photo.jpg", "person_a_1.jpg"),
        ("anna/2025/photo.jpg", "person_a_2.jpg"),
        ("ben/2014/photo.jpg", "impostor_1.jpg"),
    ])
}
