//! Files that hold secrets: read only when they are well kept, written so that a power cut leaves
//! the old contents or the new, never half of one.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::ops::RangeInclusive;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use rustix::process::geteuid;
use zeroize::Zeroizing;

use super::KeyError;

/// Read and write for the owner, nothing for anybody else.
const MODE: u32 = 0o600;
/// What a file is called while it is written.
const DRAFT: &str = ".draft";

/// What a file must hold.
pub(super) struct Form {
    /// How many bytes.
    pub len: RangeInclusive<u64>,
    /// In words.
    pub wanted: &'static str,
}

/// Reads a file, refusing one that is not a well-kept secret.
pub(super) fn read(path: &Path, form: &Form) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    // O_NOFOLLOW: the file that is checked is the file that is named. O_NONBLOCK: a FIFO in its
    // place must not hang the start of the kiosk.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(|e| refused("open", path, e))?;
    let len = check(&file, path, form)?;
    // All of the room at once: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(vec![0; len]);
    (&file)
        .read_exact(&mut bytes)
        .map_err(|e| refused("read", path, e))?;
    Ok(bytes)
}

/// Keeps a new secret. After this returns it survives a power cut; before, there is none.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    place(path, bytes, RenameFlags::NOREPLACE)
}

/// Keeps other contents in the place of a file, in one step.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    place(path, bytes, RenameFlags::empty())
}

/// Puts one file in the place of another, durably.
pub(super) fn rename(from: &Path, to: &Path, flags: RenameFlags) -> Result<(), KeyError> {
    renameat_with(CWD, from, CWD, to, flags).map_err(|e| refused("put in place", to, e.into()))?;
    sync_folder(to)
}

/// Overwrites a file and its draft, if a power cut left one, and removes them; none is as good.
pub(super) fn shred(path: &Path) -> Result<(), KeyError> {
    let draft = shred_one(&beside(path, DRAFT));
    shred_one(path).and(draft)
}

/// Overwriting is in vain on media that write
/// elsewhere (flash, copy-on-write), which is why what lies here is encrypted where it can be.
fn shred_one(path: &Path) -> Result<(), KeyError> {
    let overwrite = || {
        let mut file = OpenOptions::new()
            .write(true)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(path)?;
        let len = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        file.write_all(&vec![0; len.min(1 << 16)])?;
        file.sync_all()
    };
    match overwrite() {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        // It is removed all the same.
        Ok(()) | Err(_) => {}
    }
    fs::remove_file(path).map_err(|e| refused("remove", path, e))?;
    sync_folder(path)
}

/// Whether this open file is still the one at this path.
pub(super) fn lies_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// The path of a file beside this one.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn place(path: &Path, bytes: &[u8], flags: RenameFlags) -> Result<(), KeyError> {
    let draft = beside(path, DRAFT);
    let result = write_draft(&draft, bytes).and_then(|()| rename(&draft, path, flags));
    if result.is_err() {
        // The draft is of no use, and it holds the secret. There may be none.
        let _ = fs::remove_file(&draft);
    }
    result
}

fn write_draft(draft: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    // A draft left by a power cut is nobody's key.
    if let Err(e) = fs::remove_file(draft)
        && e.kind() != io::ErrorKind::NotFound
    {
        return Err(refused("clear the draft of", draft, e));
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(draft)
        .map_err(|e| refused("create", draft, e))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|e| refused("write", draft, e))
}

fn sync_folder(path: &Path) -> Result<(), KeyError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|e| refused("make durable", path, e))
}

/// The length of a file that is well kept and of the right form.
fn check(file: &File, path: &Path, form: &Form) -> Result<usize, KeyError> {
    let meta = file.metadata().map_err(|e| refused("inspect", path, e))?;
    let us = geteuid().as_raw();
    let mode = meta.mode() & 0o7777;
    let path = path.to_owned();
    let len = usize::try_from(meta.len()).ok();
    let Some(len) = len.filter(|_| meta.is_file() && form.len.contains(&meta.len())) else {
        let wanted = form.wanted;
        return Err(KeyError::NotAKey { path, wanted });
    };
    if meta.uid() != us {
        let owner = meta.uid();
        return Err(KeyError::WrongOwner { path, owner, us });
    }
    if mode & !MODE != 0 {
        return Err(KeyError::Exposed { path, mode });
    }
    Ok(len)
}

fn refused(operation: &'static str, path: &Path, source: io::Error) -> KeyError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound if operation == "open" => KeyError::NotFound(path),
        io::ErrorKind::AlreadyExists if operation == "put in place" => KeyError::AlreadyThere(path),
        _ => KeyError::Io {
            operation,
            path,
            source,
        },
    }
}
