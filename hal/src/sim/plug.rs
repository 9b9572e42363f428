//! How a simulated device is plugged in: where its driver finds it, the thread that serves it, and the
//! way to wake that thread. Dropping it is pulling the plug.

use std::fs;
use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

/// A device node or an address, and a symbolic link to it that is known beforehand.
pub(super) struct Place {
    path: PathBuf,
    link: Option<PathBuf>,
}

impl Place {
    pub(super) fn new(path: PathBuf, link: Option<PathBuf>) -> io::Result<Self> {
        if let Some(link) = &link {
            relink(&path, link)?;
        }
        Ok(Self { path, link })
    }

    /// What a driver opens.
    pub(super) fn path(&self) -> &Path {
        self.link.as_deref().unwrap_or(&self.path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Only our own link: a successor may have taken its place.
        if let Some(link) = &self.link
            && fs::read_link(link).is_ok_and(|target| target == self.path)
        {
            let _ = fs::remove_file(link);
        }
    }
}

/// Puts a link in place in one step, so that nobody ever finds it missing.
fn relink(target: &Path, link: &Path) -> io::Result<()> {
    let mut draft = link.to_owned().into_os_string();
    draft.push(format!(".{}", std::process::id()));
    let _ = fs::remove_file(&draft);
    symlink(target, &draft)?;
    fs::rename(&draft, link)
}

/// A device that is served.
pub(super) struct Plugged {
    place: Place,
    control: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl Plugged {
    /// Starts the thread, which reads from its stream one byte for each wake-up call, and the end of
    /// the stream when it shall end.
    pub(super) fn serve(
        place: Place,
        serve: impl FnOnce(UnixStream) + Send + 'static,
    ) -> io::Result<Self> {
        let (control, other) = UnixStream::pair()?;
        Ok(Self {
            place,
            control,
            thread: Some(thread::spawn(move || serve(other))),
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.place.path()
    }

    /// Something has changed: the thread looks.
    pub(super) fn wake(&self) {
        // If nobody hears it, the thread has ended, and with it the device.
        let _ = (&self.control).write_all(&[0]);
    }
}

impl Drop for Plugged {
    fn drop(&mut self) {
        let _ = self.control.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
