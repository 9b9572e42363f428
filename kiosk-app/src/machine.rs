//! Looks after the computer while the kiosk runs: what crosses a threshold becomes an event, once, and
//! so does its end. Thresholds in [`Concern`]; nothing here takes the kiosk out of service.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use hal::system::{Machine, Readings};

use crate::record::Record;
use crate::shell::Inbox;

/// How often the computer is looked at: heat and disks change in minutes.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How many looks in a row must agree before something counts: a peak is no news.
const LOOKS: u8 = 2;
/// The program's memory after ten minutes is what it is compared with later: until then networks and
/// screens are still being warmed up.
const SETTLED_LOOKS: u32 = 20;

const MIB: i64 = 1 << 20;

/// What an operator is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// A part is near the temperature from which on it is slowed down.
    Temperature,
    /// A processor is slowed down.
    Throttled,
    /// The power supply is too weak.
    Supply,
    /// The disk fills up.
    Disk,
    /// The disk may not be written any more.
    DiskReadOnly,
    /// The flash wears out.
    Wear,
    /// The computer's memory runs out.
    Memory,
    /// This program takes more and more memory.
    OwnMemory,
    /// The clock is not set by a time service.
    Clock,
    /// No network.
    Network,
}

/// What was measured for a concern, against which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Measured {
    value: i64,
    limit: i64,
    unit: &'static str,
    /// Which side of the limit is bad, and how far back over it counts as good again.
    bad: Bad,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bad {
    /// At or above the limit; good again below it by so much.
    Above(i64),
    /// Below the limit; good again above it by so much.
    Below(i64),
}

impl Measured {
    const fn new(value: i64, limit: i64, unit: &'static str, bad: Bad) -> Self {
        Self {
            value,
            limit,
            unit,
            bad,
        }
    }

    /// Yes or no: no limit to be near to.
    const fn flag(bad: bool) -> Self {
        Self::new(bad as i64, 1, "", Bad::Above(0))
    }

    /// Whether it is bad, if it was or was not so before.
    const fn is_bad(&self, was: bool) -> bool {
        match self.bad {
            Bad::Above(back) => self.value >= if was { self.limit - back } else { self.limit },
            Bad::Below(back) => self.value < if was { self.limit + back } else { self.limit },
        }
    }
}

impl Concern {
    /// Its name in events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::Throttled => "throttled",
            Self::Supply => "supply",
            Self::Disk => "disk",
            Self::DiskReadOnly => "disk_read_only",
            Self::Wear => "wear",
            Self::Memory => "memory",
            Self::OwnMemory => "own_memory",
            Self::Clock => "clock",
            Self::Network => "network",
        }
    }
}

/// With less free space somebody should look why before it runs out: a year of events and self-tests.
pub const DISK_LOW_BYTES: u64 = 512 << 20;
/// Networks, pictures and screens together take about 400 MiB; less left over is no reserve.
pub const MEMORY_LOW_BYTES: u64 = 256 << 20;
/// From here to the limit of a part the processor is still at full speed, but the fan is not enough.
pub const WARM_MILLICELSIUS: i64 = 5_000;
/// Nine tenths of the flash's life (JEDEC JESD84-B51: steps of a tenth).
pub const WORN_PERCENT: u8 = 90;

/// Everything that can be said of one look; what this computer does not tell is not there.
fn measure(readings: &Readings, baseline: Option<u64>) -> Vec<(Concern, Measured)> {
    let mut all = vec![
        (
            Concern::Throttled,
            Measured::flag(readings.throttling.is_slowed()),
        ),
        (
            Concern::Supply,
            Measured::flag(readings.throttling.is_underpowered()),
        ),
        (Concern::Clock, Measured::flag(!readings.clock.synchronised)),
        (Concern::Network, Measured::flag(!readings.network.is_up())),
    ];
    if let Some(heat) = &readings.temperature {
        let limit = heat.limit() - WARM_MILLICELSIUS;
        let measured = Measured::new(
            heat.millicelsius / 1_000,
            limit / 1_000,
            "°C",
            Bad::Above(5),
        );
        all.push((Concern::Temperature, measured));
    }
    if let Ok(disk) = &readings.disk {
        let low = mib(DISK_LOW_BYTES);
        let measured = Measured::new(mib(disk.free_bytes), low, "MiB", Bad::Below(low / 4));
        all.push((Concern::Disk, measured));
        all.push((Concern::DiskReadOnly, Measured::flag(disk.read_only)));
    }
    if let Some(wear) = readings.wear {
        let used = if wear.near_end {
            100
        } else {
            wear.used_percent
        };
        let limit = WORN_PERCENT.into();
        all.push((
            Concern::Wear,
            Measured::new(used.into(), limit, "%", Bad::Above(0)),
        ));
    }
    if let Some(memory) = readings.memory {
        let low = mib(MEMORY_LOW_BYTES);
        let free = mib(memory.available_bytes);
        all.push((
            Concern::Memory,
            Measured::new(free, low, "MiB", Bad::Below(low / 4)),
        ));
        all.extend(grown(memory.own_bytes, baseline).map(|it| (Concern::OwnMemory, it)));
    }
    all
}

/// Half as much again as when it had settled, and at least 64 MiB more.
fn grown(own: Option<u64>, baseline: Option<u64>) -> Option<Measured> {
    let (own, baseline) = (mib(own?), mib(baseline?));
    let limit = (baseline * 3 / 2).max(baseline + 64);
    Some(Measured::new(own, limit, "MiB", Bad::Above(baseline / 10)))
}

fn mib(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX) / MIB
}

/// What is known of the computer, look after look.
#[derive(Debug, Default)]
pub struct Watch {
    looks: u32,
    baseline: Option<u64>,
    concerns: BTreeMap<Concern, Standing>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    /// Told as bad.
    bad: bool,
    /// Looks in a row that say otherwise.
    against: u8,
}

impl Watch {
    /// Takes notice of a look; returns what is news.
    pub fn take(&mut self, readings: &Readings) -> Vec<Record> {
        self.looks = self.looks.saturating_add(1);
        if self.looks == SETTLED_LOOKS {
            self.baseline = readings.memory.and_then(|memory| memory.own_bytes);
        }
        let measured = measure(readings, self.baseline);
        let news = |(concern, measured)| self.judge(concern, measured);
        measured.into_iter().filter_map(news).collect()
    }

    fn judge(&mut self, concern: Concern, measured: Measured) -> Option<Record> {
        let standing = self.concerns.entry(concern).or_default();
        let bad = measured.is_bad(standing.bad);
        if bad == standing.bad {
            standing.against = 0;
            return None;
        }
        standing.against += 1;
        if standing.against < LOOKS {
            return None;
        }
        *standing = Standing { bad, against: 0 };
        Some(Record::Machine {
            concern: concern.name(),
            state: if bad { "warning" } else { "ok" },
            value: measured.value,
            limit: measured.limit,
            unit: measured.unit,
        })
    }
}

/// Looks after the computer for as long as the kiosk runs. `state` is the folder whose disk counts.
pub async fn watch(state: PathBuf, inbox: Inbox) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut watch = Watch::default();
    loop {
        looks.tick().await;
        let folder = state.clone();
        // A disk that hangs must not hold up the others on this thread.
        let look = tokio::task::spawn_blocking(move || Machine::here().look(&folder));
        let Ok(readings) = look.await else {
            return inbox.crash("the look at the computer panicked");
        };
        for record in watch.take(&readings) {
            inbox.record(record);
        }
    }
}

#[cfg(test)]
mod tests {
    use hal::system::{ClockSync, Disk, Memory, Network, Temperature, Throttling};
    use proptest::prelude::*;

    use super::*;

    /// A computer on which all is well.
    fn well() -> Readings {
        Readings {
            temperature: Some(Temperature {
                millicelsius: 50_000,
                zone: "cpu".into(),
                limit_millicelsius: None,
            }),
            throttling: Throttling::default(),
            disk: Ok(Disk {
                free_bytes: 8 << 30,
                total_bytes: 16 << 30,
                free_files: None,
                read_only: false,
            }),
            wear: None,
            memory: Some(Memory {
                available_bytes: 2 << 30,
                total_bytes: 4 << 30,
                own_bytes: Some(300 << 20),
            }),
            clock: ClockSync {
                synchronised: true,
                max_error: None,
            },
            network: Network {
                interfaces: vec![hal::system::Interface {
                    name: "eth0".into(),
                    connected: true,
                }],
                has_route: true,
            },
        }
    }

    fn at(celsius: i64) -> Readings {
        let mut readings = well();
        if let Some(heat) = &mut readings.temperature {
            heat.millicelsius = celsius * 1_000;
        }
        readings
    }

    fn states(records: &[Record]) -> Vec<(&'static str, &'static str)> {
        let state = |record: &Record| match record {
            Record::Machine { concern, state, .. } => (*concern, *state),
            _ => ("", ""),
        };
        records.iter().map(state).collect()
    }

    #[test]
    fn heat_is_told_once_and_its_end_once_and_a_peak_not_at_all() {
        let mut watch = Watch::default();
        let mut told = |celsius| states(&watch.take(&at(celsius)));
        assert_eq!(told(50), []);
        assert_eq!(told(80), [], "a peak");
        assert_eq!(told(70), []);
        assert_eq!(told(76), []);
        assert_eq!(told(77), [("temperature", "warning")]);
        assert_eq!(told(72), [], "not yet cool enough");
        assert_eq!(told(72), []);
        assert_eq!(told(69), []);
        assert_eq!(told(69), [("temperature", "ok")]);
    }

    #[test]
    fn a_program_that_grows_is_told_against_what_it_was_after_ten_minutes() {
        let mut watch = Watch::default();
        let mut grow = |own: u64| {
            let mut readings = well();
            if let Some(memory) = &mut readings.memory {
                memory.own_bytes = Some(own << 20);
            }
            states(&watch.take(&readings))
        };
        for _ in 0..20 {
            assert_eq!(grow(300), [], "warming up");
        }
        assert_eq!(grow(449), []);
        assert_eq!(grow(450), []);
        assert_eq!(grow(451), [("own_memory", "warning")]);
    }

    #[test]
    fn what_a_computer_does_not_tell_is_no_concern() {
        let mut readings = well();
        readings.temperature = None;
        readings.memory = None;
        readings.disk = Err(std::io::ErrorKind::NotFound.into());
        let mut watch = Watch::default();
        for _ in 0..30 {
            assert!(watch.take(&readings).is_empty());
        }
    }

    proptest! {
        /// Whatever a value does: warning and ok alternate, and nothing is told without two looks in a
        /// row that say so.
        #[test]
        fn news_alternates(heats in prop::collection::vec(60_i64..90, 1..200)) {
            let mut watch = Watch::default();
            let mut last = "ok";
            for pair in heats.windows(2) {
                for (_, state) in states(&watch.take(&at(pair[1]))) {
                    prop_assert_ne!(state, last);
                    let bad = |celsius: i64| if state == "warning" { celsius >= 75 } else { celsius < 75 };
                    prop_assert!(bad(pair[0]) && bad(pair[1]));
                    last = state;
                }
            }
        }
    }
}
