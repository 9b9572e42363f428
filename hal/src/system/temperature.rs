//! How hot the computer is: the kernel's thermal zones (Documentation/driver-api/thermal/sysfs-api).

use std::path::Path;

use super::Machine;
use super::files::{entries, number, text};

/// Below this no board throttles, so a trip point there is meant for a fan.
const LOWEST_LIMIT_MILLICELSIUS: i64 = 60_000;

/// The hottest part of the computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Temperature {
    /// In thousandths of a degree Celsius.
    pub millicelsius: i64,
    /// The zone's name, as the board calls it.
    pub zone: String,
    /// From where on the kernel slows this part down, where it tells: in thousandths of a degree.
    pub limit_millicelsius: Option<i64>,
}

impl Machine {
    /// The part that is nearest to its own limit, or else the hottest one.
    #[must_use]
    pub fn temperature(&self) -> Option<Temperature> {
        let zones = entries(&self.root.join("sys/class/thermal"));
        zones
            .iter()
            .filter_map(|zone| look(zone))
            .max_by_key(|zone| {
                let limit = zone.limit_millicelsius.unwrap_or(FALLBACK_LIMIT);
                zone.millicelsius - limit
            })
    }
}

/// Raspberry Pi (soft limit 80 °C) and Jetson (software throttling from 81 °C up) slow down near it.
const FALLBACK_LIMIT: i64 = 80_000;

impl Temperature {
    /// From where on this part is slowed down, in thousandths of a degree Celsius.
    #[must_use]
    pub fn limit(&self) -> i64 {
        self.limit_millicelsius.unwrap_or(FALLBACK_LIMIT)
    }
}

fn look(zone: &Path) -> Option<Temperature> {
    Some(Temperature {
        millicelsius: number(&zone.join("temp"))?,
        zone: text(&zone.join("type")).unwrap_or_default(),
        limit_millicelsius: limit(zone),
    })
}

/// The lowest "passive" trip point: where the kernel begins to slow down.
fn limit(zone: &Path) -> Option<i64> {
    (0..32)
        .map_while(|index| {
            let kind = text(&zone.join(format!("trip_point_{index}_type")))?;
            let at = number(&zone.join(format!("trip_point_{index}_temp")))?;
            Some((kind, at))
        })
        .filter(|(kind, at)| kind == "passive" && *at >= LOWEST_LIMIT_MILLICELSIUS)
        .map(|(_, at)| at)
        .min()
}
