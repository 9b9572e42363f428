//! Lines of any board, through the kernel's GPIO character device (Linux uAPI version 2, since
//! 5.10). One request per line, so that a refusal names the line it is about.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gpiocdev::line::{Bias, EdgeDetection, Value};
use gpiocdev::request::Config;
use gpiocdev::{Chip, Request, find_named_lines};

use super::{Line, Output, PanelError, Place, Pull, Switch, Waker, Wiring};

/// Who the lines are in use by, in `gpioinfo`.
const CONSUMER: &str = "kiosk-panel";

/// The lines of a wiring that are not on a Raspberry Pi's header.
pub(super) struct Chardev {
    outputs: BTreeMap<Output, Taken>,
    switches: BTreeMap<Switch, Taken>,
}

impl Chardev {
    pub(super) fn open(wiring: &Wiring) -> Result<Self, PanelError> {
        let mut outputs = BTreeMap::new();
        for (output, line) in &wiring.outputs {
            if let Some(spot) = Spot::of(output.name(), line)? {
                outputs.insert(*output, spot.take(&drive(line))?);
            }
        }
        let mut switches = BTreeMap::new();
        for (switch, line) in &wiring.switches {
            if let Some(spot) = Spot::of(switch.name(), line)? {
                switches.insert(*switch, spot.take(&watch(line))?);
            }
        }
        Ok(Self { outputs, switches })
    }

    pub(super) fn set(&self, output: Output, on: bool) -> Result<(), PanelError> {
        self.outputs
            .get(&output)
            .map_or(Ok(()), |line| line.set(on))
    }

    pub(super) fn active(&self) -> Result<BTreeSet<Switch>, PanelError> {
        let mut active = BTreeSet::new();
        for (switch, line) in &self.switches {
            line.forget_edges()?;
            if line.is_active()? {
                active.insert(*switch);
            }
        }
        Ok(active)
    }

    pub(super) fn sleep(&self, waker: &Waker, limit: Duration) -> Result<(), PanelError> {
        let lines: Vec<_> = self
            .switches
            .values()
            .map(|line| line.request.as_fd())
            .collect();
        waker.sleep(&lines, limit).map_err(PanelError::Wait)
    }

    /// None if there is nothing.
    pub(super) fn describe(&self) -> Option<String> {
        let lines = self.outputs.values().chain(self.switches.values());
        let chips: BTreeSet<_> = lines
            .map(|line| line.spot.chip.display().to_string())
            .collect();
        let chips: Vec<_> = chips.into_iter().collect();
        (!chips.is_empty()).then(|| format!("lines of {}", chips.join(", ")))
    }
}

/// How an output is requested: off at first.
fn drive(line: &Line) -> Config {
    let mut config = Config::default();
    config.as_output(Value::Inactive);
    if line.active_low {
        config.as_active_low();
    }
    config
}

/// How a switch is requested: both edges wake us.
fn watch(line: &Line) -> Config {
    let mut config = Config::default();
    config
        .as_input()
        .with_edge_detection(EdgeDetection::BothEdges)
        .with_bias(match line.pull {
            Pull::Up => Bias::PullUp,
            Pull::Down => Bias::PullDown,
            Pull::None => Bias::Disabled,
        });
    if line.active_low {
        config.as_active_low();
    }
    config
}

/// A line that was found.
struct Spot {
    what: &'static str,
    chip: PathBuf,
    offset: u32,
}

impl Spot {
    /// None if it is none of ours.
    fn of(what: &'static str, line: &Line) -> Result<Option<Self>, PanelError> {
        let (chip, offset) = match &line.place {
            Place::Header(_) => return Ok(None),
            // A name alone means /dev; an absolute path replaces it.
            Place::Chip { chip, offset } => (Path::new("/dev").join(chip), *offset),
            Place::Named(name) => find(what, name)?,
        };
        Ok(Some(Self { what, chip, offset }))
    }

    fn take(self, config: &Config) -> Result<Taken, PanelError> {
        self.may_be_used()?;
        let chip = Chip::from_path(&self.chip).map_err(self.refused("open"))?;
        let info = chip
            .line_info(self.offset)
            .map_err(self.refused("look at"))?;
        if info.used {
            let Self { what, chip, offset } = self;
            return Err(PanelError::Busy {
                what,
                chip,
                offset,
                user: info.consumer,
            });
        }
        let request = Request::from_config(config_of(config, &self))
            .with_consumer(CONSUMER)
            .request()
            .map_err(self.refused("take"))?;
        Ok(Taken {
            spot: self,
            request,
        })
    }

    /// Plain words for the two most frequent reasons.
    fn may_be_used(&self) -> Result<(), PanelError> {
        let (what, chip) = (self.what, self.chip.clone());
        match OpenOptions::new().read(true).open(&self.chip) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(PanelError::NoChip { what, chip })
            }
            Err(source) if source.kind() == io::ErrorKind::PermissionDenied => {
                Err(PanelError::Denied { what, chip, source })
            }
            // Anything else is told by the request itself.
            _ => Ok(()),
        }
    }

    fn refused(&self, doing: &'static str) -> impl FnOnce(gpiocdev::Error) -> PanelError + use<> {
        let (what, chip, offset) = (self.what, self.chip.clone(), self.offset);
        move |source| PanelError::Line {
            doing,
            what,
            chip,
            offset,
            source,
        }
    }
}

/// The configuration of one line, on the line it is for.
fn config_of(how: &Config, spot: &Spot) -> Config {
    let mut config = how.clone();
    config.on_chip(&spot.chip).with_line(spot.offset);
    config
}

/// The one line of this name.
fn find(what: &'static str, name: &str) -> Result<(PathBuf, u32), PanelError> {
    let missing = || PanelError::NoLine {
        what,
        name: name.to_owned(),
    };
    match find_named_lines(&[name], true) {
        Ok(mut lines) => {
            let line = lines.remove(name).ok_or_else(missing)?;
            Ok((line.chip, line.info.offset))
        }
        Err(gpiocdev::Error::NonuniqueLineName(_)) => Err(PanelError::Ambiguous {
            what,
            name: name.to_owned(),
        }),
        // No chip at all, or none that may be opened.
        Err(_) => Err(missing()),
    }
}

/// A line that is ours.
struct Taken {
    spot: Spot,
    request: Request,
}

impl Taken {
    fn set(&self, on: bool) -> Result<(), PanelError> {
        let value = if on { Value::Active } else { Value::Inactive };
        self.request
            .set_value(self.spot.offset, value)
            .map(|_| ())
            .map_err(|error| self.lost(error))
    }

    fn is_active(&self) -> Result<bool, PanelError> {
        let value = self.request.value(self.spot.offset);
        value
            .map(|value| value == Value::Active)
            .map_err(|error| self.lost(error))
    }

    /// The levels are what counts; edges only end a sleep. A chip that was unbound wakes us for
    /// ever, and says so here.
    fn forget_edges(&self) -> Result<(), PanelError> {
        let lost = |error| self.lost(error);
        while self.request.has_edge_event().map_err(lost)? {
            self.request.read_edge_event().map_err(lost)?;
        }
        Ok(())
    }

    fn lost(&self, source: gpiocdev::Error) -> PanelError {
        PanelError::Lost {
            what: self.spot.what,
            source: Some(Box::new(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_that_is_not_there_is_said_to_be_absent() {
        let mut wiring = Wiring::default();
        let place = Place::Chip {
            chip: "gpiochip-none".into(),
            offset: 3,
        };
        wiring.switches.insert(Switch::Tamper, Line::at(place));
        let error = Chardev::open(&wiring).err().unwrap();
        assert!(
            matches!(&error, PanelError::NoChip { chip, .. } if chip == Path::new("/dev/gpiochip-none"))
        );
        assert_eq!(error.state(), crate::DeviceState::Absent);
    }
}
