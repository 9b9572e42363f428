//! Memory of the computer and of this program (proc_meminfo(5), proc_pid_smaps(5)).

use std::path::Path;

use super::Machine;
use super::files::text;

/// Memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What programs can still have without swapping.
    pub available_bytes: u64,
    /// All there is.
    pub total_bytes: u64,
    /// This program's own share (PSS): what it alone uses and its part of what it shares. None where
    /// the kernel does not count it.
    pub own_bytes: Option<u64>,
}

impl Machine {
    /// Memory; none where the kernel does not tell.
    #[must_use]
    pub fn memory(&self) -> Option<Memory> {
        let text = text(&self.root.join("proc/meminfo"))?;
        Some(Memory {
            available_bytes: entry(&text, "MemAvailable:")?,
            total_bytes: entry(&text, "MemTotal:")?,
            own_bytes: own(&self.root),
        })
    }
}

fn own(root: &Path) -> Option<u64> {
    entry(&text(&root.join("proc/self/smaps_rollup"))?, "Pss:")
}

/// An entry, in bytes; the kernel's "kB" are 1024.
fn entry(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_the_kernel_writes_it() {
        let text = "MemTotal:        8000000 kB\nMemAvailable:     123456 kB\n";
        assert_eq!(entry(text, "MemAvailable:"), Some(123_456 * 1024));
        assert_eq!(entry(text, "SwapTotal:"), None);
        assert_eq!(entry("Pss: 99999999999999999999 kB", "Pss:"), None);
    }

    #[test]
    fn this_program_knows_its_own_share() {
        let memory = Machine::here().memory().unwrap();
        assert!(
            memory
                .own_bytes
                .is_some_and(|own| own > 0 && own < memory.total_bytes)
        );
    }
}
