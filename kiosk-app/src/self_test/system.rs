//! The computer around the kiosk, in words for a technician: disk, memory, temperature, power,
//! network. The readings come from [`hal::system`]; nothing is sent anywhere.

use std::path::Path;

use hal::system::{Machine, Network, Temperature, Throttling, Watchdog, Wear};

use super::Finding;
use crate::machine::{DISK_LOW_BYTES, MEMORY_LOW_BYTES, WARM_MILLICELSIUS, WORN_PERCENT};
use crate::store::ROOM_BYTES;

const MIB: u64 = 1 << 20;

/// Room for attestations.
pub fn disk(state: &Path) -> Finding {
    let machine = Machine::here();
    let disk = match machine.disk(state) {
        Ok(disk) => disk,
        Err(error) => {
            return Finding::failed(
                format!("The folder {} cannot be used: {error}.", state.display()),
                "Make the folder (`kiosk provision --config FILE` does), or correct `state` in the \
                 settings file.",
            );
        }
    };
    let seen = format!(
        "{} of {} free.",
        size(disk.free_bytes),
        size(disk.total_bytes)
    );
    if disk.read_only {
        Finding::failed(
            format!("The disk may only be read: {seen}"),
            "Switch the kiosk off and on again. If it stays like this the disk is failing: have it \
             replaced, and keep the old one for the operator.",
        )
    } else if disk.free_bytes < ROOM_BYTES || disk.free_files == Some(0) {
        Finding::failed(
            format!("The disk is full: {seen}"),
            "Free some space. Never delete anything in the kiosk's state folder.",
        )
    } else if disk.free_bytes < DISK_LOW_BYTES {
        Finding::warning(
            seen,
            "Free some space soon. Never delete anything in the kiosk's state folder.",
        )
    } else {
        worn(seen, machine.wear())
    }
}

/// Soldered flash tells how worn it is.
fn worn(seen: String, wear: Option<Wear>) -> Finding {
    let Some(wear) = wear else {
        return Finding::passed(seen);
    };
    let seen = format!(
        "{seen} The flash has used {} % of its life.",
        wear.used_percent
    );
    if wear.near_end || wear.used_percent >= WORN_PERCENT {
        Finding::warning(
            seen,
            "Plan to replace this computer: its built-in flash is nearly worn out.",
        )
    } else {
        Finding::passed(seen)
    }
}

/// Memory that programs can still have.
pub fn memory() -> Finding {
    let Some(memory) = Machine::here().memory() else {
        return Finding::not_there("This computer does not tell how much memory it has.");
    };
    let (free, all) = (memory.available_bytes, memory.total_bytes);
    let seen = format!("{} of {} free.", size(free), size(all));
    if free < MEMORY_LOW_BYTES {
        Finding::warning(seen, "End other programs, or restart the kiosk.")
    } else {
        Finding::passed(seen)
    }
}

/// The part that is nearest to its limit.
pub fn temperature() -> Finding {
    let hottest = Machine::here().temperature();
    hottest.map_or_else(
        || Finding::not_there("This computer has no temperature sensor that can be read."),
        |hottest| judge_temperature(&hottest),
    )
}

fn judge_temperature(hottest: &Temperature) -> Finding {
    let celsius = hottest.millicelsius / 1000;
    let limit = hottest.limit() / 1000;
    let seen = format!(
        "{celsius} °C ({}; it slows down from {limit} °C on).",
        hottest.zone
    );
    if hottest.millicelsius < hottest.limit() - WARM_MILLICELSIUS {
        Finding::passed(seen)
    } else {
        Finding::warning(
            seen,
            "Clean the fan and the air slots, and keep the kiosk out of the sun.",
        )
    }
}

/// What resets the computer when it hangs.
pub fn watchdog() -> Finding {
    judge_watchdog(Machine::here().watchdog())
}

fn judge_watchdog(watchdog: Option<Watchdog>) -> Finding {
    let Some(Watchdog {
        name,
        active,
        seconds,
    }) = watchdog
    else {
        return Finding::warning(
            "There is no hardware watchdog: if this computer hangs, somebody has to switch it off and on.",
            "Switch the watchdog on in the computer's firmware (BIOS) if it has one, and see that its \
             driver is loaded: `bcm2835_wdt` on a Raspberry Pi, `iTCO_wdt` or `sp5100_tco` on a PC.",
        );
    };
    let after = seconds.map_or_else(String::new, |seconds| format!(" after {seconds} seconds"));
    match active {
        Some(false) => Finding::warning(
            format!(
                "The hardware watchdog ({name}) sleeps: it resets nothing when this computer hangs."
            ),
            "Put the kiosk's `watchdog.conf` into /usr/lib/systemd/system.conf.d and switch the computer \
             off and on again.",
        ),
        Some(true) => Finding::passed(format!(
            "The hardware watchdog ({name}) resets this computer{after} if it hangs."
        )),
        None => Finding::not_there(format!(
            "There is a hardware watchdog ({name}), but the kernel does not tell whether it watches."
        )),
    }
}

/// Whether the power supply holds and the processor runs at full speed.
pub fn power() -> Finding {
    judge_power(Machine::here().throttling())
}

fn judge_power(throttling: Throttling) -> Finding {
    let firmware = throttling.firmware.unwrap_or_default();
    if throttling.is_underpowered() {
        Finding::warning(
            "The power supply is too weak: the voltage is too low right now.",
            "Use the power supply that was made for this computer, with a short, thick cable, and \
             take away what is plugged into its USB ports and needs much power.",
        )
    } else if throttling.is_slowed() {
        Finding::warning(
            "The computer is slowed down right now, because it is hot or lacks power.",
            "See \"Temperature\". Clean the fan and the air slots, and check the power supply.",
        )
    } else if firmware.undervoltage_happened() {
        Finding::warning(
            "The voltage is fine now, but was too low since the computer was switched on.",
            "Use the power supply that was made for this computer, with a short, thick cable.",
        )
    } else if firmware.slowed_happened() {
        Finding::passed(
            "Full speed now; the computer was slowed down for a while since it was switched on.",
        )
    } else {
        Finding::passed("The computer runs at full speed.")
    }
}

/// Which network connections are up.
pub fn network() -> Finding {
    judge_network(&Machine::here().network())
}

fn judge_network(network: &Network) -> Finding {
    let (up, down): (Vec<_>, Vec<_>) = network
        .interfaces
        .iter()
        .partition(|interface| interface.connected);
    let names = |those: &[&hal::system::Interface]| {
        let names: Vec<&str> = those.iter().map(|it| it.name.as_str()).collect();
        names.join(", ")
    };
    let told = match (up.as_slice(), down.as_slice()) {
        ([], []) => {
            return Finding::not_there(
                "This computer has no network connection; residents can be served without one.",
            );
        }
        ([], down) => {
            return Finding::warning(
                format!(
                    "Not connected: {}. Residents can be served all the same.",
                    names(down)
                ),
                "Plug in the network cable, or set up the wireless network.",
            );
        }
        (up, []) => format!("Connected: {}", names(up)),
        (up, down) => format!("Connected: {}; not connected: {}", names(up), names(down)),
    };
    if network.has_route {
        Finding::passed(format!("{told}."))
    } else {
        Finding::warning(
            format!("{told}, but no way leads out of it. Residents can be served all the same."),
            "The network gives this computer no router: ask who looks after the network (DHCP, or the \
             default route).",
        )
    }
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
    use hal::system::{Firmware, Interface};

    use super::*;

    #[test]
    fn sizes_are_told_in_the_unit_a_person_would_use() {
        assert_eq!(size(300 * MIB), "300 MiB");
        assert_eq!(size(1536 * MIB), "1.5 GiB");
    }

    #[test]
    fn a_part_near_its_own_limit_warns() {
        let at = |millicelsius, limit| {
            judge_temperature(&Temperature {
                millicelsius,
                zone: "cpu".into(),
                limit_millicelsius: limit,
            })
            .code()
        };
        assert_eq!(at(74_000, None), "passed");
        assert_eq!(at(75_000, None), "warning");
        assert_eq!(at(85_000, Some(99_000)), "passed");
    }

    #[test]
    fn a_watchdog_that_sleeps_or_is_missing_warns() {
        let judged = |active| {
            judge_watchdog(Some(Watchdog {
                name: "iTCO_wdt".into(),
                active,
                seconds: Some(30),
            }))
            .code()
        };
        assert_eq!(judged(Some(true)), "passed");
        assert_eq!(judged(Some(false)), "warning");
        assert_eq!(judged(None), "not_there");
        assert_eq!(judge_watchdog(None).code(), "warning");
    }

    #[test]
    fn a_weak_supply_warns_even_when_it_is_over() {
        let judged = |bits| {
            judge_power(Throttling {
                firmware: Firmware::parse(bits),
                ..Throttling::default()
            })
            .code()
        };
        assert_eq!(judged("0"), "passed");
        assert_eq!(judged("1"), "warning");
        assert_eq!(judged("4"), "warning");
        assert_eq!(judged("10000"), "warning");
        assert_eq!(judged("40000"), "passed");
    }

    #[test]
    fn a_network_that_leads_nowhere_warns() {
        let interface = |connected| Interface {
            name: "eth0".into(),
            connected,
        };
        let judged = |interfaces, has_route| {
            judge_network(&Network {
                interfaces,
                has_route,
            })
            .code()
        };
        assert_eq!(judged(vec![interface(true)], true), "passed");
        assert_eq!(judged(vec![interface(true)], false), "warning");
        assert_eq!(judged(vec![interface(false)], true), "warning");
        assert_eq!(judged(vec![], false), "not_there");
    }

    #[test]
    fn worn_flash_warns_before_it_fails() {
        let judged = |used_percent, near_end| {
            worn(
                String::new(),
                Some(Wear {
                    used_percent,
                    near_end,
                }),
            )
            .code()
        };
        assert_eq!(judged(80, false), "passed");
        assert_eq!(judged(90, false), "warning");
        assert_eq!(judged(20, true), "warning");
    }
}
