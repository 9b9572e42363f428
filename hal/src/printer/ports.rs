//! The way to the printer: a serial port, or a USB printer port as the kernel's `usblp` offers it
//! (`/dev/usb/lp0`). Both are files that are read and written without ever waiting longer than asked.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::termios::{
    ControlModes, InputModes, OptionalActions, QueueSelector, isatty, tcflush, tcgetattr, tcsetattr,
};

/// How a serial printer says "not so fast".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// Not at all: its buffer is larger than a slip.
    #[default]
    None,
    /// By wire (RTS/CTS).
    Hardware,
    /// By bytes (XON/XOFF).
    Software,
}

/// An open printer.
pub struct PrinterPort {
    file: OwnedFd,
    path: PathBuf,
    is_serial: bool,
}

impl PrinterPort {
    /// Opens a port. The speed and the flow control are a serial port's; others have none.
    ///
    /// # Errors
    /// If it is not there or cannot be set up.
    pub fn open(path: &Path, baud: u32, flow: Flow) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = open(path, flags, Mode::empty())?;
        let is_serial = isatty(&file);
        let port = Self {
            file,
            path: path.into(),
            is_serial,
        };
        if is_serial {
            port.set_up(baud, flow)?;
        }
        Ok(port)
    }

    /// The device node.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes everything, or as much as the printer takes within this time; returns how much.
    ///
    /// # Errors
    /// If the printer is gone.
    pub fn write(&self, bytes: &[u8], within: Duration) -> io::Result<usize> {
        let end = Instant::now() + within;
        let mut written = 0;
        while written < bytes.len() {
            match rustix::io::write(&self.file, &bytes[written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    if !self.wait(PollFlags::OUT, end)? {
                        break;
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(written)
    }

    /// Reads what has come, waiting for it until `end`; nothing is no error.
    ///
    /// # Errors
    /// If the printer is gone.
    pub fn read(&self, bytes: &mut [u8], end: Instant) -> io::Result<usize> {
        loop {
            match rustix::io::read(&self.file, &mut *bytes) {
                // usblp returns nothing where nothing has come; a serial port only when hung up.
                Ok(0) if self.is_serial => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(0) => return Ok(0),
                Ok(count) => return Ok(count),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    if !self.wait(PollFlags::IN, end)? {
                        return Ok(0);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Forgets what was written and has not left yet.
    pub(super) fn discard(&self) {
        if self.is_serial {
            // What cannot be discarded is printed on the slip that is struck out.
            let _ = tcflush(&self.file, QueueSelector::OFlush);
        }
    }

    fn set_up(&self, baud: u32, flow: Flow) -> io::Result<()> {
        let mut settings = tcgetattr(&self.file)?;
        settings.make_raw();
        settings.set_speed(baud)?;
        settings.control_modes |= ControlModes::CLOCAL | ControlModes::CREAD;
        settings
            .control_modes
            .set(ControlModes::CRTSCTS, flow == Flow::Hardware);
        let software = InputModes::IXON | InputModes::IXOFF;
        settings.input_modes.set(software, flow == Flow::Software);
        tcsetattr(&self.file, OptionalActions::Now, &settings)?;
        Ok(tcflush(&self.file, QueueSelector::IOFlush)?)
    }

    /// Waits until something can be done; false when time is up.
    fn wait(&self, what: PollFlags, end: Instant) -> io::Result<bool> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        let mut fds = [PollFd::new(&self.file, what)];
        match poll(&mut fds, Timespec::try_from(left).ok().as_ref()) {
            Ok(0) => Ok(false),
            Ok(_) | Err(Errno::INTR) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}

/// The kernel would let a serial port wait up to 30 s for bytes that a printer does not take (Linux,
/// `closing_wait`), and with it whoever ends the worker.
impl Drop for PrinterPort {
    fn drop(&mut self) {
        self.discard();
    }
}
