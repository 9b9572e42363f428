//! Free TCP ports for programs that want two neighbours.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// The first of a pair, because the second port is by convention the first plus one.
pub(super) fn two_free_ports() -> io::Result<u16> {
    loop {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = first.local_addr()?.port();
        let Some(second) = port.checked_add(1) else {
            continue;
        };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, second)).is_ok() {
            return Ok(port);
        }
    }
}
