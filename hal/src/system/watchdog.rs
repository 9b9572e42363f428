//! The hardware watchdog that systemd is to feed (sysfs-class-watchdog).

use super::Machine;
use super::files::{number, text};

/// The first watchdog there is: the one that systemd opens.
const FIRST: &str = "sys/class/watchdog/watchdog0";

/// A hardware watchdog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watchdog {
    /// Its driver's name for it.
    pub name: String,
    /// Whether it is running, so that it resets the computer when nobody feeds it; none where the kernel
    /// does not tell.
    pub active: Option<bool>,
    /// After how long.
    pub seconds: Option<u32>,
}

impl Machine {
    /// The computer's watchdog; none where there is none, or no driver for it.
    #[must_use]
    pub fn watchdog(&self) -> Option<Watchdog> {
        let folder = self.root.join(FIRST);
        folder.exists().then(|| Watchdog {
            name: text(&folder.join("identity")).unwrap_or_else(|| String::from("watchdog0")),
            active: text(&folder.join("state")).map(|state| state == "active"),
            seconds: number(&folder.join("timeout")).and_then(|s| u32::try_from(s).ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_watchdog_says_whether_it_watches_and_for_how_long() {
        let root = tempfile::tempdir().unwrap();
        let machine = Machine::at(root.path());
        assert_eq!(machine.watchdog(), None);
        let folder = root.path().join(FIRST);
        fs::create_dir_all(&folder).unwrap();
        let bare = Watchdog {
            name: "watchdog0".into(),
            active: None,
            seconds: None,
        };
        assert_eq!(machine.watchdog(), Some(bare));
        for (file, content) in [
            ("identity", "iTCO_wdt\n"),
            ("state", "active\n"),
            ("timeout", "30\n"),
        ] {
            fs::write(folder.join(file), content).unwrap();
        }
        let whole = Watchdog {
            name: "iTCO_wdt".into(),
            active: Some(true),
            seconds: Some(30),
        };
        assert_eq!(machine.watchdog(), Some(whole));
        fs::write(folder.join("state"), "inactive\n").unwrap();
        assert_eq!(machine.watchdog().and_then(|it| it.active), Some(false));
    }
}
