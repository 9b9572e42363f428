//! Where the simulated reader is plugged in: a pseudo-terminal for a driver on this machine, or a
//! socket for whatever carries bytes to a serial port elsewhere (a virtual machine's UART, ser2net,
//! socat).

use std::fmt;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::str::FromStr;

/// What the reader's cable is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A pseudo-terminal, with a symbolic link to it if its name must be known beforehand.
    Terminal {
        /// The link.
        link: Option<PathBuf>,
    },
    /// A socket on which one peer at a time is awaited.
    Listen(Address),
    /// A socket that is connected to, again and again until the peer is there.
    Connect(Address),
}

/// A stream socket: `HOST:PORT` or `unix:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// TCP.
    Tcp(String),
    /// A Unix domain socket.
    Unix(PathBuf),
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("unix:") {
            Some("") => Err(String::from("expected a path after \"unix:\"")),
            Some(path) => Ok(Self::Unix(PathBuf::from(path))),
            None if text.contains(':') => Ok(Self::Tcp(text.to_owned())),
            None => Err(String::from("expected HOST:PORT or unix:PATH")),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => f.write_str(address),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl Address {
    pub(super) fn connect(&self) -> io::Result<OwnedFd> {
        Ok(match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                stream.into()
            }
            Self::Unix(path) => UnixStream::connect(path)?.into(),
        })
    }
}

/// A socket that awaits peers.
pub(super) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Listener {
    pub(super) fn bind(address: &Address) -> io::Result<Self> {
        Ok(match address {
            Address::Tcp(address) => Self::Tcp(TcpListener::bind(address)?),
            Address::Unix(path) => Self::Unix(UnixListener::bind(path)?, path.clone()),
        })
    }

    /// The address with the port that was chosen, where none was asked for.
    pub(super) fn address(&self) -> io::Result<Address> {
        Ok(match self {
            Self::Tcp(listener) => Address::Tcp(listener.local_addr()?.to_string()),
            Self::Unix(_, path) => Address::Unix(path.clone()),
        })
    }

    pub(super) fn accept(&self) -> io::Result<OwnedFd> {
        Ok(match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept()?;
                stream.set_nodelay(true)?;
                stream.into()
            }
            Self::Unix(listener, _) => listener.accept()?.0.into(),
        })
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(listener) => listener.as_fd(),
            Self::Unix(listener, _) => listener.as_fd(),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}
