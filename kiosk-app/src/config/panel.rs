//! `[panel]`: which function of the panel hangs on which line. A line is a number (a pin of a
//! Raspberry Pi's header), a name (as `gpioinfo` lists it), or a table with all there is to say.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use hal::panel::{Line, Output, Place, Pull, Ring, Switch, Wiring};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Pin, Seconds};

/// The panel around the screen.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Keys")]
pub struct Panel {
    /// Its lines.
    pub wiring: Wiring,
    /// Whether the buzzer says what the screen says.
    pub sounds: bool,
    /// How long nobody must have been there before the screen is dimmed.
    pub dim_after: Duration,
}

impl Default for Panel {
    fn default() -> Self {
        let keys = Keys::default();
        Self {
            wiring: Wiring::default(),
            sounds: keys.sounds,
            dim_after: keys.dim_after.into(),
        }
    }
}

/// The keys as they stand in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Keys {
    #[serde(alias = "idle_pin")]
    idle: Option<Spot>,
    #[serde(alias = "look_here_pin")]
    look_here: Option<Spot>,
    #[serde(alias = "ok_pin")]
    ok: Option<Spot>,
    #[serde(alias = "error_pin")]
    error: Option<Spot>,
    #[serde(alias = "fill_pin")]
    fill: Option<Spot>,
    buzzer: Option<Spot>,
    tamper: Option<Spot>,
    service_door: Option<Spot>,
    presence: Option<Spot>,
    ring: Option<RingKeys>,
    sounds: bool,
    dim_after: Seconds,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            idle: None,
            look_here: None,
            ok: None,
            error: None,
            fill: None,
            buzzer: None,
            tamper: None,
            service_door: None,
            presence: None,
            ring: None,
            sounds: false,
            dim_after: Seconds(120),
        }
    }
}

/// A light ring on a PWM channel.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RingKeys {
    pwmchip: u8,
    channel: u8,
    #[serde(default)]
    inverted: bool,
}

impl TryFrom<Keys> for Panel {
    type Error = String;

    fn try_from(keys: Keys) -> Result<Self, String> {
        let outputs = [
            (Output::Idle, keys.idle),
            (Output::LookHere, keys.look_here),
            (Output::Ok, keys.ok),
            (Output::Error, keys.error),
            (Output::Fill, keys.fill),
            (Output::Buzzer, keys.buzzer),
        ];
        let switches = [
            (Switch::Tamper, keys.tamper),
            (Switch::ServiceDoor, keys.service_door),
            (Switch::Presence, keys.presence),
        ];
        let outputs = outputs.into_iter();
        let switches = switches.into_iter();
        let wiring = Wiring {
            outputs: outputs
                .filter_map(|(which, at)| Some((which, at?.0)))
                .collect(),
            switches: switches
                .filter_map(|(which, at)| Some((which, at?.0)))
                .collect(),
            ring: keys.ring.map(|ring| Ring {
                chip: ring.pwmchip,
                channel: ring.channel,
                inverted: ring.inverted,
            }),
        };
        wiring.check().map_err(|error| error.to_string())?;
        Ok(Self {
            wiring,
            sounds: keys.sounds,
            dim_after: keys.dim_after.into(),
        })
    }
}

/// One line, in any of the ways in which it can be given.
struct Spot(Line);

impl<'de> Deserialize<'de> for Spot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpotVisitor)
    }
}

struct SpotVisitor;

impl<'de> Visitor<'de> for SpotVisitor {
    type Value = Spot;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a BCM pin (4), a line's name (\"GPIO4\"), or a table ({ chip = \"gpiochip0\", line = 4 })",
        )
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Spot, E> {
        let pin = Pin::try_from(number).map_err(E::custom)?;
        Ok(Spot(Line::at(Place::Header(pin.get()))))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Spot, E> {
        Ok(Spot(Line::at(Place::Named(name.into()))))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Spot, A::Error> {
        let table = Table::deserialize(MapAccessDeserializer::new(map))?;
        table.line().map(Spot).map_err(A::Error::custom)
    }
}

/// A line in full.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    pin: Option<Pin>,
    name: Option<String>,
    chip: Option<PathBuf>,
    line: Option<u32>,
    #[serde(default)]
    active_low: bool,
    #[serde(default)]
    pull: PullWord,
}

/// The resistor that holds a switch's line.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PullWord {
    #[default]
    Up,
    Down,
    None,
}

impl Table {
    fn line(self) -> Result<Line, &'static str> {
        let place = match (self.pin, self.name, self.chip, self.line) {
            (Some(pin), None, None, None) => Place::Header(pin.get()),
            (None, Some(name), None, None) => Place::Named(name),
            (None, None, Some(chip), Some(offset)) => Place::Chip { chip, offset },
            _ => return Err("give one of: pin; name; chip and line"),
        };
        Ok(Line {
            place,
            active_low: self.active_low,
            pull: match self.pull {
                PullWord::Up => Pull::Up,
                PullWord::Down => Pull::Down,
                PullWord::None => Pull::None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(text: &str) -> Result<Panel, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_line_can_be_a_pin_a_name_or_a_table() {
        let panel = panel(
            "idle = 4\nok_pin = 17\nfill = 'FILL'\n\
             tamper = { chip = 'gpiochip2', line = 3, active_low = true, pull = 'none' }\n\
             ring = { pwmchip = 0, channel = 1 }\nsounds = true\n",
        )
        .unwrap();
        let outputs = &panel.wiring.outputs;
        assert_eq!(outputs[&Output::Idle].place, Place::Header(4));
        assert_eq!(
            outputs[&Output::Ok].place,
            Place::Header(17),
            "an older key"
        );
        assert_eq!(outputs[&Output::Fill].place, Place::Named("FILL".into()));
        let tamper = &panel.wiring.switches[&Switch::Tamper];
        assert!(tamper.active_low && tamper.pull == Pull::None);
        assert!(panel.sounds && panel.wiring.ring.is_some());
    }

    #[test]
    fn what_cannot_be_wired_is_refused_with_what_could_be() {
        for (text, said) in [
            ("idle = 40", "2 to 27"),
            ("idle = 4\nok = 4", "another function"),
            ("idle = { pin = 4, name = 'X' }", "give one of"),
            ("idle = { chip = 'gpiochip0' }", "give one of"),
            ("idle = true", "a BCM pin"),
            ("idle = { pin = 4, pul = 'up' }", "unknown field"),
            ("fill = ''", "empty line name"),
        ] {
            let refused = panel(text).unwrap_err();
            assert!(refused.contains(said), "{text}: {refused}");
        }
    }
}
