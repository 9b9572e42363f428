//! The computer around the kiosk: disk, memory, temperature, network. Read from the kernel's files
//! (proc(5), sysfs); nothing is sent anywhere.

use std::fs;
use std::path::Path;

use rustix::fs::statvfs;

use super::Finding;
use crate::store::ROOM_BYTES;

const MIB: u64 = 1 << 20;
/// With less free space somebody should look why before it runs out.
const DISK_LOW_BYTES: u64 = 512 * MIB;
/// Networks, pictures and screens together take about 400 MiB; less left over is no reserve.
const MEMORY_LOW_BYTES: u64 = 256 * MIB;
/// Raspberry Pi and Jetson slow down from 80 to 85 °C on.
const HOT_CELSIUS: i64 = 80;

/// Room for attestations.
pub fn disk(state: &Path) -> Finding {
    let disk = match statvfs(state) {
        Ok(disk) => disk,
        Err(error) => {
            return Finding::failed(
                format!("The folder {} cannot be used: {error}.", state.display()),
                "Make the folder (`kiosk provision --config FILE` does), or correct `state` in the \
                 settings file.",
            );
        }
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let all = disk.f_blocks.saturating_mul(disk.f_frsize);
    let seen = format!("{} of {} free.", size(free), size(all));
    if free < ROOM_BYTES {
        Finding::failed(
            format!("The disk is full: {seen}"),
            "Free some space. Never delete anything in the kiosk's state folder.",
        )
    } else if free < DISK_LOW_BYTES {
        Finding::warning(
            seen,
            "Free some space soon. Never delete anything in the kiosk's state folder.",
        )
    } else {
        Finding::passed(seen)
    }
}

/// Memory that programs can still have.
pub fn memory() -> Finding {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let (Some(free), Some(all)) = (entry(&text, "MemAvailable:"), entry(&text, "MemTotal:")) else {
        return Finding::not_there("This computer does not tell how much memory it has.");
    };
    let seen = format!("{} of {} free.", size(free), size(all));
    if free < MEMORY_LOW_BYTES {
        Finding::warning(seen, "End other programs, or restart the kiosk.")
    } else {
        Finding::passed(seen)
    }
}

/// An entry of /proc/meminfo, in bytes.
fn entry(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The hottest of the computer's sensors.
pub fn temperature() -> Finding {
    let hottest = entries("/sys/class/thermal")
        .iter()
        .filter_map(|zone| fs::read_to_string(zone.join("temp")).ok())
        .filter_map(|text| text.trim().parse::<i64>().ok())
        .max();
    let Some(millidegrees) = hottest else {
        return Finding::not_there("This computer has no temperature sensor that can be read.");
    };
    let celsius = millidegrees / 1000;
    let seen = format!("{celsius} °C.");
    if celsius < HOT_CELSIUS {
        Finding::passed(seen)
    } else {
        Finding::warning(
            format!("{seen} The computer slows down to protect itself."),
            "Clean the fan and the air slots, and keep the kiosk out of the sun.",
        )
    }
}

/// Which network connections are up. No address is told and nothing is sent.
pub fn network() -> Finding {
    let (up, down): (Vec<_>, Vec<_>) = entries("/sys/class/net")
        .iter()
        .filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), is_up(path))))
        .filter(|(name, up)| name != "lo" && (*up || is_hardware(name)))
        .partition(|(_, up)| *up);
    let names = |those: &[(String, bool)]| {
        let names: Vec<&str> = those.iter().map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    };
    match (up.as_slice(), down.as_slice()) {
        ([], []) => Finding::not_there(
            "This computer has no network connection; residents can be served without one.",
        ),
        ([], down) => Finding::warning(
            format!(
                "Not connected: {}. Residents can be served all the same.",
                names(down)
            ),
            "Plug in the network cable, or set up the wireless network.",
        ),
        (up, []) => Finding::passed(format!("Connected: {}.", names(up))),
        (up, down) => Finding::passed(format!(
            "Connected: {}; not connected: {}.",
            names(up),
            names(down)
        )),
    }
}

/// Networks that software makes up are of interest only while they are used.
fn is_hardware(name: &str) -> bool {
    Path::new("/sys/class/net")
        .join(name)
        .join("device")
        .exists()
}

/// RFC 2863 states; drivers that do not know theirs tell by the carrier.
fn is_up(interface: &Path) -> bool {
    let read = |file| fs::read_to_string(interface.join(file)).unwrap_or_default();
    match read("operstate").trim() {
        "up" => true,
        "unknown" => read("carrier").trim() == "1",
        _ => false,
    }
}

fn entries(folder: &str) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn size(bytes: u64) -> String {
    let mib = bytes / MIB;
    match mib {
        0..1024 => format!("{mib} MiB"),
        _ => format!("{}.{} GiB", mib / 1024, mib % 1024 * 10 / 1024),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_the_kernel_writes_it() {
        let text = "MemTotal:        8000000 kB\nMemAvailable:     123456 kB\n";
        assert_eq!(entry(text, "MemAvailable:"), Some(123_456 * 1024));
        assert_eq!(entry(text, "SwapTotal:"), None);
    }

    #[test]
    fn sizes_are_told_in_the_unit_a_person_would_use() {
        assert_eq!(size(300 * MIB), "300 MiB");
        assert_eq!(size(1536 * MIB), "1.5 GiB");
    }
}
