//! Whether the computer is slowed down, and whether its supply holds.
//!
//! Any board: the kernel's processor cooling devices (`/sys/class/thermal/cooling_device*`), which
//! slow a processor down when they are in a state above 0. A Raspberry Pi also tells through its
//! firmware: the bits of `get_throttled`
//! (raspberrypi.com/documentation/computers/os.html#get_throttled), or at least an alarm for the
//! supply (hwmon `rpi_volt`).

use super::Machine;
use super::files::{entries, number, text};

/// Where the Raspberry Pi's kernel shows the firmware's bits.
const FIRMWARE: &str = "sys/devices/platform/soc/soc:firmware/get_throttled";
/// The hwmon driver that watches a Raspberry Pi's supply.
const SUPPLY: &str = "rpi_volt";

/// What slows the computer down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Throttling {
    /// The kernel slows a processor down because it is hot.
    pub cooling: bool,
    /// What a Raspberry Pi's firmware says, where it can be asked.
    pub firmware: Option<Firmware>,
    /// The supply is below 4.63 V on a Raspberry Pi, by its own alarm.
    pub supply_alarm: bool,
}

/// The firmware's bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Firmware(u32);

impl Firmware {
    /// The bits as the firmware gives them, in hexadecimal.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim();
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        u32::from_str_radix(digits, 16).ok().map(Self)
    }

    const fn has(self, bit: u32) -> bool {
        self.0 >> bit & 1 == 1
    }

    /// The supply is too weak now.
    #[must_use]
    pub const fn undervoltage(self) -> bool {
        self.has(0)
    }

    /// It is slowed down now: frequency capped, throttled, or at the soft temperature limit.
    #[must_use]
    pub const fn slowed(self) -> bool {
        self.has(1) || self.has(2) || self.has(3)
    }

    /// The supply was too weak since the computer was switched on.
    #[must_use]
    pub const fn undervoltage_happened(self) -> bool {
        self.has(16)
    }

    /// It was slowed down since the computer was switched on.
    #[must_use]
    pub const fn slowed_happened(self) -> bool {
        self.has(17) || self.has(18) || self.has(19)
    }
}

impl Throttling {
    /// The computer is slower than it could be, now.
    #[must_use]
    pub fn is_slowed(&self) -> bool {
        self.cooling || self.firmware.is_some_and(Firmware::slowed)
    }

    /// The supply is too weak, now.
    #[must_use]
    pub fn is_underpowered(&self) -> bool {
        self.supply_alarm || self.firmware.is_some_and(Firmware::undervoltage)
    }
}

impl Machine {
    /// What slows the computer down.
    #[must_use]
    pub fn throttling(&self) -> Throttling {
        Throttling {
            cooling: self.is_cooling(),
            firmware: text(&self.root.join(FIRMWARE)).and_then(|text| Firmware::parse(&text)),
            supply_alarm: self.has_supply_alarm(),
        }
    }

    /// Fans and panels are cooling devices too; only processors count.
    fn is_cooling(&self) -> bool {
        let devices = entries(&self.root.join("sys/class/thermal"));
        devices.iter().any(|device| {
            let kind = text(&device.join("type")).unwrap_or_default();
            let slows = kind.contains("cpufreq") || kind == "Processor" || kind.contains("devfreq");
            slows && number(&device.join("cur_state")).is_some_and(|state| state > 0)
        })
    }

    fn has_supply_alarm(&self) -> bool {
        let monitors = entries(&self.root.join("sys/class/hwmon"));
        monitors.iter().any(|monitor| {
            text(&monitor.join("name")).as_deref() == Some(SUPPLY)
                && number(&monitor.join("in0_lcrit_alarm")) == Some(1)
        })
    }
}
