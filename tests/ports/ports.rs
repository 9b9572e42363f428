//! TCP ports of this machine for programs that must be told theirs (swtpm, pcscd's virtual reader, EVM
//! nodes). A port that the kernel chose would be taken by the next connection of anybody as soon as it
//! is let go for the program, or while the program is restarted. These lie below the kernel's choices,
//! and one more, held as long as they are in use, keeps off everybody who asks here.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below `net.ipv4.ip_local_port_range`, which begins at 32768 (Linux, ip-sysctl); most servers have
/// their places below 20000.
const PLACES: Range<u16> = 20_000..32_000;
/// Two to use and the one that is held.
const BLOCK: u16 = 3;
const BLOCKS: u16 = (PLACES.end - PLACES.start) / BLOCK;

/// Two neighbouring ports that are this owner's until it is dropped.
#[derive(Debug)]
pub struct Ports {
    first: u16,
    _held: TcpListener,
}

impl Ports {
    /// Two that nobody else has.
    ///
    /// # Errors
    /// [`io::ErrorKind::AddrInUse`] when none are left.
    pub fn reserve() -> io::Result<Self> {
        static TURN: AtomicU32 = AtomicU32::new(0);
        // Programs that run at once begin to look at different places.
        let begin = process::id().wrapping_mul(97);
        for _ in 0..BLOCKS {
            let turn = begin.wrapping_add(TURN.fetch_add(1, Ordering::Relaxed));
            let block = u16::try_from(turn % u32::from(BLOCKS)).unwrap_or(0);
            let first = PLACES.start + block * BLOCK;
            let Ok(held) = listen(first + 2) else {
                continue;
            };
            if listen(first).is_ok() && listen(first + 1).is_ok() {
                return Ok(Self { first, _held: held });
            }
        }
        Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            format!("no two neighbouring ports are free on 127.0.0.1 in {PLACES:?}"),
        ))
    }

    /// The lower one.
    #[must_use]
    pub fn first(&self) -> u16 {
        self.first
    }

    /// The lower one plus one.
    #[must_use]
    pub fn second(&self) -> u16 {
        self.first + 1
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn nobody_is_given_a_port_of_another_though_nobody_listens_on_it_yet() {
        let given: Vec<Ports> = (0..50).map(|_| Ports::reserve().unwrap()).collect();
        let ports = given.iter().flat_map(|own| [own.first(), own.second()]);
        assert_eq!(ports.collect::<BTreeSet<_>>().len(), 100);
    }

    #[test]
    fn a_port_on_which_somebody_listens_is_not_given() {
        let taken = Ports::reserve().unwrap().second();
        let _somebody = listen(taken).unwrap();
        // More often than there are places.
        for _ in 0..=BLOCKS {
            assert_ne!(Ports::reserve().unwrap().second(), taken);
        }
    }
}
