//! How much room there is, whether it may be written, and how worn the flash is.

use std::io;
use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statvfs};

use super::Machine;
use super::files::{entries, text};

/// The file system that a folder is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// What programs like ours can still write, in bytes.
    pub free_bytes: u64,
    /// Its size, in bytes.
    pub total_bytes: u64,
    /// How many files can still be made; none where the file system has no such limit.
    pub free_files: Option<u64>,
    /// It may not be written: mounted so, or by the kernel after an error.
    pub read_only: bool,
}

/// How worn an eMMC is (JEDEC JESD84-B51, 7.4.13 and 7.4.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wear {
    /// Share of its life that it has used, in percent, rounded up to tens; more than 100 is beyond it.
    pub used_percent: u8,
    /// PRE_EOL_INFO says that the reserved blocks run out: 80 % of them are used.
    pub near_end: bool,
}

/// The file system below a folder.
pub(super) fn look(folder: &Path) -> io::Result<Disk> {
    let disk = statvfs(folder)?;
    Ok(Disk {
        free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
        total_bytes: disk.f_blocks.saturating_mul(disk.f_frsize),
        free_files: (disk.f_files > 0).then_some(disk.f_favail),
        read_only: disk.f_flag.contains(StatVfsMountFlags::RDONLY),
    })
}

impl Machine {
    /// The most worn eMMC of this computer.
    #[must_use]
    pub fn wear(&self) -> Option<Wear> {
        let disks = entries(&self.root.join("sys/class/block"));
        disks
            .iter()
            .filter_map(|disk| {
                let device = disk.join("device");
                let life = text(&device.join("life_time"))?;
                let reserve = text(&device.join("pre_eol_info")).unwrap_or_default();
                parse_wear(&life, &reserve)
            })
            .max_by_key(|wear| (wear.near_end, wear.used_percent))
    }
}

/// `life_time` holds two estimates in steps of a tenth ("0x01 0x02"; 0 is undefined); the worse one
/// counts.
fn parse_wear(life: &str, reserve: &str) -> Option<Wear> {
    let hex = |word: &str| u8::from_str_radix(word.strip_prefix("0x")?, 16).ok();
    let step = life.split_whitespace().filter_map(hex).max()?;
    (step > 0).then(|| Wear {
        used_percent: step.saturating_mul(10),
        near_end: hex(reserve).is_some_and(|reserve| reserve >= 2),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wear_is_read_as_the_standard_codes_it() {
        let wear = |life, reserve| parse_wear(life, reserve);
        let worn = |used_percent, near_end| {
            Some(Wear {
                used_percent,
                near_end,
            })
        };
        assert_eq!(wear("0x01 0x02", "0x01"), worn(20, false));
        assert_eq!(wear("0x0b 0x01", "0x03"), worn(110, true));
        assert_eq!(wear("0x00 0x00", "0x00"), None, "not defined by the maker");
        assert_eq!(wear("", ""), None);
    }

    #[test]
    fn the_disk_of_a_folder_tells_its_room() {
        let folder = tempfile::tempdir().unwrap();
        let disk = look(folder.path()).unwrap();
        assert!(disk.total_bytes >= disk.free_bytes && !disk.read_only);
        assert!(look(&folder.path().join("none")).is_err());
    }
}
