//! Readings of computers that are not this one: what the kernels of a Raspberry Pi 5, a Jetson and a
//! virtual machine write, as a tree of files.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;
use std::path::Path;

use hal::system::{Firmware, Machine};
use tempfile::TempDir;

/// A computer made of files.
fn computer(files: &[(&str, &str)]) -> (TempDir, Machine) {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let machine = Machine::at(root.path());
    (root, machine)
}

#[test]
fn a_raspberry_pi_tells_of_heat_and_of_a_weak_supply() {
    let (_files, pi) = computer(&[
        ("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n"),
        ("sys/class/thermal/thermal_zone0/temp", "61850\n"),
        (
            "sys/class/thermal/thermal_zone0/trip_point_0_type",
            "critical\n",
        ),
        (
            "sys/class/thermal/thermal_zone0/trip_point_0_temp",
            "110000\n",
        ),
        (
            "sys/class/thermal/thermal_zone0/trip_point_1_type",
            "active\n",
        ),
        (
            "sys/class/thermal/thermal_zone0/trip_point_1_temp",
            "50000\n",
        ),
        ("sys/class/thermal/cooling_device0/type", "pwm-fan\n"),
        ("sys/class/thermal/cooling_device0/cur_state", "2\n"),
        (
            "sys/devices/platform/soc/soc:firmware/get_throttled",
            "50001\n",
        ),
        ("sys/class/hwmon/hwmon1/name", "rpi_volt\n"),
        ("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n"),
    ]);
    let hottest = pi.temperature().unwrap();
    assert_eq!((hottest.millicelsius, hottest.limit()), (61_850, 80_000));
    let throttling = pi.throttling();
    assert!(!throttling.cooling, "a fan slows nothing down");
    assert!(throttling.is_underpowered() && !throttling.is_slowed());
    let firmware = throttling.firmware.unwrap();
    assert!(firmware.undervoltage_happened() && firmware.slowed_happened());
}

#[test]
fn the_part_nearest_to_its_own_limit_counts_and_a_processor_slowed_down_is_seen() {
    let (_files, jetson) = computer(&[
        ("sys/class/thermal/thermal_zone0/type", "cpu-thermal"),
        ("sys/class/thermal/thermal_zone0/temp", "84000"),
        (
            "sys/class/thermal/thermal_zone0/trip_point_0_type",
            "passive",
        ),
        ("sys/class/thermal/thermal_zone0/trip_point_0_temp", "99000"),
        ("sys/class/thermal/thermal_zone1/type", "gpu-thermal"),
        ("sys/class/thermal/thermal_zone1/temp", "79000"),
        ("sys/class/thermal/cooling_device3/type", "cpufreq-cpu0"),
        ("sys/class/thermal/cooling_device3/cur_state", "3"),
    ]);
    assert_eq!(jetson.temperature().unwrap().zone, "gpu-thermal");
    assert!(jetson.throttling().is_slowed());
    assert!(!jetson.throttling().is_underpowered());
}

#[test]
fn the_firmwares_bits_are_read_as_documented() {
    let bits = |text| Firmware::parse(text).unwrap();
    assert!(!bits("0").undervoltage() && !bits("0x0").slowed());
    assert!(bits("0x50005").undervoltage() && bits("0x50005").slowed());
    assert!(bits("80008\n").slowed() && !bits("80008").undervoltage_happened());
    assert_eq!(Firmware::parse("throttled=0x0"), None);
}

#[test]
fn networks_are_told_by_link_and_way_out() {
    let (root, machine) = computer(&[
        ("sys/class/net/lo/operstate", "unknown"),
        ("sys/class/net/lo/carrier", "1"),
        ("sys/class/net/lo/flags", "0x9"),
        ("sys/class/net/eth0/operstate", "down"),
        ("sys/class/net/eth0/device/vendor", "0x14e4"),
        ("sys/class/net/wlan0/operstate", "up"),
        ("sys/class/net/docker0/operstate", "down"),
    ]);
    let network = machine.network();
    let seen: Vec<_> = network
        .interfaces
        .iter()
        .map(|interface| (interface.name.as_str(), interface.connected))
        .collect();
    assert_eq!(seen, [("eth0", false), ("wlan0", true)]);
    assert!(!network.is_up(), "connected, but no way leads out");
    let table = "Iface\nwlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n";
    fs::create_dir_all(root.path().join("proc/net")).unwrap();
    fs::write(root.path().join("proc/net/route"), table).unwrap();
    assert!(machine.network().is_up());
}

#[test]
fn a_computer_that_tells_nothing_is_no_failure() {
    let (_files, machine) = computer(&[]);
    let readings = machine.look(Path::new("/nowhere"));
    assert!(readings.temperature.is_none() && readings.memory.is_none());
    assert!(readings.wear.is_none() && readings.disk.is_err());
    assert!(!readings.throttling.is_slowed() && !readings.network.is_up());
}

#[test]
fn this_computer_can_be_looked_at() {
    let readings = Machine::here().look(Path::new("/tmp"));
    assert!(readings.memory.unwrap().total_bytes > 0);
    assert!(readings.disk.unwrap().total_bytes > 0);
}
