//! The simulated wire: the master side of a pseudo-terminal, over which bytes leave no faster
//! than a UART would send them.
//!
//! A pseudo-terminal is not quite a wire. While nobody has its other side open, the master gets
//! errors, and its settings are forgotten: so the simulator keeps the other side open, too. And
//! what nobody reads piles up until writing blocks: so what does not fit is lost, as on a wire.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// Start bit, eight data bits, stop bit.
const BITS_PER_BYTE: u32 = 10;

/// One pseudo-terminal.
pub(in crate::sim) struct Wire {
    master: OwnedFd,
    path: PathBuf,
    /// Kept open, never used: see above.
    _other_side: OwnedFd,
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Woken {
    /// Time is up.
    Timeout,
    /// The other side has sent something.
    Bytes,
    /// The owner of the simulator wants something.
    Control,
}

impl Wire {
    pub(in crate::sim) fn open() -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let path = PathBuf::from(OsStr::from_bytes(name.as_bytes()));
        let other_side = rustix::fs::open(
            &path,
            OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let mut settings = tcgetattr(&other_side)?;
        // Raw before anybody connects: an echo would answer our answers.
        settings.make_raw();
        tcsetattr(&other_side, OptionalActions::Now, &settings)?;
        rustix::io::ioctl_fionbio(&master, true)?;
        Ok(Self {
            master,
            path,
            _other_side: other_side,
        })
    }

    /// The device node that a driver opens.
    pub(in crate::sim) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits for bytes or for the owner.
    pub(in crate::sim) fn wait(
        &self,
        control: BorrowedFd<'_>,
        timeout: Option<Duration>,
    ) -> io::Result<Woken> {
        let mut fds = [
            PollFd::new(&control, PollFlags::IN),
            PollFd::new(&self.master, PollFlags::IN),
        ];
        let timeout = timeout.map(timespec);
        match poll(&mut fds, timeout.as_ref()) {
            Err(Errno::INTR) | Ok(0) => Ok(Woken::Timeout),
            Err(e) => Err(e.into()),
            Ok(_) if !fds[0].revents().is_empty() => Ok(Woken::Control),
            Ok(_) => Ok(Woken::Bytes),
        }
    }

    /// Waits for the owner only: the wire is busy sending.
    pub(in crate::sim) fn pause(
        &self,
        control: BorrowedFd<'_>,
        timeout: Duration,
    ) -> io::Result<Woken> {
        let mut fds = [PollFd::new(&control, PollFlags::IN)];
        match poll(&mut fds, Some(&timespec(timeout))) {
            Err(Errno::INTR) | Ok(0) => Ok(Woken::Timeout),
            Err(e) => Err(e.into()),
            Ok(_) => Ok(Woken::Control),
        }
    }

    pub(in crate::sim) fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        match rustix::io::read(&self.master, bytes) {
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            other => Ok(other?),
        }
    }

    pub(in crate::sim) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match rustix::io::write(&self.master, bytes) {
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(e) => Err(e.into()),
            Ok(_) => Ok(()),
        }
    }
}

/// How long `count` bytes take at this speed; nothing at no speed limit.
pub(in crate::sim) fn time_for(count: usize, baud: Option<u32>) -> Duration {
    let Some(baud) = baud.filter(|b| *b > 0) else {
        return Duration::ZERO;
    };
    Duration::from_secs(count as u64) * BITS_PER_BYTE / baud
}

fn timespec(duration: Duration) -> Timespec {
    Timespec::try_from(duration).unwrap_or(Timespec {
        tv_sec: i64::MAX,
        tv_nsec: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contents_of_a_card_take_112_ms_at_the_usual_speed() {
        let time = time_for(1295, Some(115_200));
        assert_eq!(time.as_micros(), 112_413);
        assert_eq!(time_for(1295, None), Duration::ZERO);
    }
}
