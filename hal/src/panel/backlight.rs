//! The screen's backlight, through the kernel's `/sys/class/backlight`: dimmed while nobody is
//! there. Kiosks whose display has none simply stay bright.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the kernel lists backlights (sysfs-class-backlight).
const CLASS: &str = "/sys/class/backlight";
/// Share of full brightness while nobody is there: the invitation can still be read up close.
const DIM_PERCENT: u32 = 15;

/// The backlight of this computer's screen.
#[derive(Clone, Debug)]
pub struct Backlight {
    folder: PathBuf,
    max: u32,
}

impl Backlight {
    /// The first backlight there is; none on a display that dims itself or not at all.
    #[must_use]
    pub fn find() -> Option<Self> {
        Self::below(Path::new(CLASS))
    }

    fn below(class: &Path) -> Option<Self> {
        let mut folders: Vec<_> = fs::read_dir(class)
            .ok()?
            .flatten()
            .map(|entry| entry.path())
            .collect();
        folders.sort();
        folders.into_iter().find_map(|folder| {
            let text = fs::read_to_string(folder.join("max_brightness")).ok()?;
            let max = text.trim().parse().ok().filter(|max| *max > 0)?;
            Some(Self { folder, max })
        })
    }

    /// Full brightness, or dim.
    ///
    /// # Errors
    /// The kernel does not let this user set it.
    pub fn dim(&self, dim: bool) -> io::Result<()> {
        let percent = if dim { DIM_PERCENT } else { 100 };
        // Never quite dark: some backlights switch off at 0.
        let level = (u64::from(self.max) * u64::from(percent) / 100).max(1);
        fs::write(self.folder.join("brightness"), level.to_string())
    }

    /// Where it is, for a technician.
    #[must_use]
    pub fn describe(&self) -> String {
        self.folder.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_dimmed_and_brightened_in_the_kernels_own_units() {
        let class = tempfile::tempdir().unwrap();
        let folder = class.path().join("panel-0");
        fs::create_dir(&folder).unwrap();
        assert!(Backlight::below(class.path()).is_none(), "no range, no use");
        fs::write(folder.join("max_brightness"), "31\n").unwrap();
        let light = Backlight::below(class.path()).unwrap();
        let brightness = || fs::read_to_string(folder.join("brightness")).unwrap();
        light.dim(true).unwrap();
        assert_eq!(brightness(), "4");
        light.dim(false).unwrap();
        assert_eq!(brightness(), "31");
        assert!(Backlight::below(Path::new("/nowhere")).is_none());
    }
}
