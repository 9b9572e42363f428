//! Whether a program that was started has got the TCP port it was told.

use std::fs;
use std::io;
use std::path::Path;

/// State of a listening socket in /proc/net/tcp (Linux, include/net/tcp_states.h).
const LISTENS: &str = "0A";

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
