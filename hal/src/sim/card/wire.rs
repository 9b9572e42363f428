//! The simulated wire: a socket, or the master side of a pseudo-terminal, over which bytes leave no
//! faster than a UART would send them.
//!
//! A pseudo-terminal is not quite a wire. While nobody has its other side open, the master gets
//! errors, and its settings are forgotten: so the simulator keeps the other side open, too. And
//! what nobody reads piles up until writing blocks: so what does not fit is lost, as on a wire.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// Start bit, eight data bits, stop bit.
const BITS_PER_BYTE: u32 = 10;

/// One pseudo-terminal, or one connection.
pub(super) struct Wire {
    end: OwnedFd,
    /// The other side of a pseudo-terminal: kept open (see above), and asked for its speed.
    terminal: Option<OwnedFd>,
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// Time is up.
    Timeout,
    /// The other side has sent something.
    Bytes,
    /// The owner of the simulator wants something.
    Control,
}

impl Wire {
    /// A pseudo-terminal, and the device node that a driver opens.
    pub(super) fn terminal() -> io::Result<(Self, PathBuf)> {
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
        let wire = Self {
            end: master,
            terminal: Some(other_side),
        };
        Ok((wire, path))
    }

    /// A connection.
    pub(super) fn socket(end: OwnedFd) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&end, true)?;
        Ok(Self {
            end,
            terminal: None,
        })
    }

    /// The speed to which the driver has set its side; connections have none.
    pub(super) fn peer_baud(&self) -> Option<u32> {
        let settings = tcgetattr(self.terminal.as_ref()?).ok()?;
        Some(settings.input_speed()).filter(|speed| *speed > 0)
    }

    /// Waits for bytes or for the owner.
    pub(super) fn wait(&self, control: BorrowedFd<'_>) -> io::Result<Woken> {
        pause(control, Some(self.end.as_fd()), None)
    }

    pub(super) fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        match rustix::io::read(&self.end, bytes) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            other => Ok(other?),
        }
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match rustix::io::write(&self.end, bytes) {
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(e) => Err(e.into()),
            Ok(_) => Ok(()),
        }
    }
}

/// Waits for the owner, or for something else that becomes readable.
pub(super) fn pause(
    control: BorrowedFd<'_>,
    other: Option<BorrowedFd<'_>>,
    timeout: Option<Duration>,
) -> io::Result<Woken> {
    let mut fds = vec![PollFd::new(&control, PollFlags::IN)];
    fds.extend(other.as_ref().map(|fd| PollFd::new(fd, PollFlags::IN)));
    match poll(&mut fds, timeout.map(timespec).as_ref()) {
        Err(Errno::INTR) | Ok(0) => Ok(Woken::Timeout),
        Err(e) => Err(e.into()),
        Ok(_) if !fds[0].revents().is_empty() => Ok(Woken::Control),
        Ok(_) => Ok(Woken::Bytes),
    }
}

/// How long `count` bytes take at this speed; nothing at no speed limit.
pub(super) fn time_for(count: usize, baud: Option<u32>) -> Duration {
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
