//! Free TCP ports for programs that want two neighbours. Somebody else may take one between our look and
//! the program's start, so whoever starts one looks whether it has got them, and tries others if not.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

/// How many pairs of ports are tried.
const ATTEMPTS: usize = 5;
/// State of a listening socket in /proc/net/tcp (Linux, include/net/tcp_states.h).
const LISTENS: &str = "0A";

/// Starts a program on ports of its own.
pub(super) fn on_free_ports<T>(start: impl Fn(u16) -> io::Result<T>) -> io::Result<T> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match start(two_free_ports()?) {
            Err(error) if attempts < ATTEMPTS && error.kind() == io::ErrorKind::AddrInUse => {}
            ended => return ended,
        }
    }
}

/// Whether this process listens on the port; false as long as nobody does.
///
/// # Errors
/// [`io::ErrorKind::AddrInUse`] if somebody else does.
pub(super) fn listens(process: u32, port: u16) -> io::Result<bool> {
    let sockets = sockets_at(port)?;
    if sockets.is_empty() {
        return Ok(false);
    }
    let open = fs::read_dir(Path::new("/proc").join(process.to_string()).join("fd"))?;
    let mut open = open
        .flatten()
        .filter_map(|file| fs::read_link(file.path()).ok());
    if open.any(|file| sockets.iter().any(|socket| file.as_os_str() == &**socket)) {
        return Ok(true);
    }
    Err(io::Error::new(
        io::ErrorKind::AddrInUse,
        format!("somebody else took port {port}"),
    ))
}

/// The sockets that listen there, as they stand in /proc/PID/fd.
fn sockets_at(port: u16) -> io::Result<Vec<String>> {
    let mut sockets = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let table = match fs::read_to_string(table) {
            // A kernel without IPv6.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            table => table?,
        };
        let of_port = format!(":{port:04X}");
        sockets.extend(table.lines().filter_map(|line| {
            // sl, local_address, rem_address, st, queues, timer, retransmits, uid, timeout, inode
            let columns: Vec<&str> = line.split_whitespace().collect();
            let listens = columns.get(1)?.ends_with(&of_port) && *columns.get(3)? == LISTENS;
            listens.then(|| columns.get(9).map(|inode| format!("socket:[{inode}]")))?
        }));
    }
    Ok(sockets)
}

/// The first of a pair, because the second port is by convention the first plus one.
fn two_free_ports() -> io::Result<u16> {
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
