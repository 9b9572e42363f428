//! Files that are either there whole or not at all, also after the power failed: written beside
//! their place, flushed to the disk, and only then moved into it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// What a file is called until it is whole.
const UNFINISHED: &str = "unfinished";

/// Writes or replaces a file; its folder must be there.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_added_extension(UNFINISHED);
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    sync_folder(path)
}

/// The name beside a file's place under which it is made, with nothing there.
#[cfg(feature = "log")]
pub(crate) fn unfinished(path: &Path) -> io::Result<std::path::PathBuf> {
    let beside = path.with_added_extension(UNFINISHED);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(beside),
    }
}

/// Moves a whole file into its place, where no other may be.
#[cfg(feature = "log")]
pub(crate) fn place_new(beside: &Path, path: &Path) -> io::Result<()> {
    File::open(beside)?.sync_all()?;
    // Unlike a rename, a link never replaces what is there.
    fs::hard_link(beside, path)?;
    fs::remove_file(beside)?;
    sync_folder(path)
}

/// Makes a folder and those above it that are missing.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        make_folder(above)?;
    }
    fs::create_dir(path)?;
    sync_folder(path)
}

/// A name is only as durable as the folder that it stands in.
fn sync_folder(of: &Path) -> io::Result<()> {
    let folder = match of.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}
