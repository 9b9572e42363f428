//! Is the panel there? Its lights and its buzzer are switched on one after the other, which only the
//! technician can see and hear; its switches are read.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use hal::panel::plan::FULL;
use hal::panel::{Output, PanelError, Probe, Switch, Wiring};

use super::Finding;

/// For how long each light shines: long enough to be seen, short enough for six of them.
const SHINE: Duration = Duration::from_millis(500);

/// A computer does not see its lamps.
const IF_DARK: &str = "If one of them stayed dark or silent: check its wire and its supply, and its line under [panel] \
     in the settings file.";

/// Whether there is anything to look at.
pub fn has_lights(wiring: &Wiring) -> bool {
    !wiring.outputs.is_empty() || wiring.ring.is_some()
}

/// Whether the kiosk cannot do without it.
pub fn guards_case(wiring: &Wiring) -> bool {
    wiring.switches.contains_key(&Switch::Tamper)
}

/// Switches each light on and off, and reads the switches.
pub fn look(wiring: &Wiring) -> Finding {
    if wiring.is_empty() {
        return Finding::not_there("No lights or switches are set up; a kiosk works without them.");
    }
    match test(wiring) {
        Ok((seen, switches)) => match judge(&seen, &switches) {
            Finding::Passed { seen } if has_lights(wiring) => Finding::look(seen, IF_DARK),
            finding => finding,
        },
        Err(error) => unusable(&error, wiring),
    }
}

fn test(wiring: &Wiring) -> Result<(String, BTreeMap<Switch, bool>), PanelError> {
    let mut panel = Probe::open(wiring)?;
    let shone = shine(&mut panel, wiring)?;
    let switches = panel.switches()?;
    let mut seen = panel.describe();
    if !shone.is_empty() {
        seen.push_str(&format!(
            ": switched on one after the other: {}. Look and listen whether each of them worked",
            shone.join(", ")
        ));
    }
    for (switch, active) in &switches {
        seen.push_str(&format!(". {}", state_of(*switch, *active)));
    }
    Ok((seen + ".", switches))
}

fn shine(panel: &mut Probe, wiring: &Wiring) -> Result<Vec<&'static str>, PanelError> {
    let mut shone = Vec::new();
    for output in wiring.outputs.keys() {
        panel.set(*output, true)?;
        thread::sleep(SHINE);
        panel.set(*output, false)?;
        shone.push(name(*output));
    }
    if wiring.ring.is_some() {
        panel.glow(FULL)?;
        thread::sleep(SHINE);
        panel.glow(0)?;
        shone.push("light ring");
    }
    Ok(shone)
}

fn judge(seen: &str, switches: &BTreeMap<Switch, bool>) -> Finding {
    let active = |switch| switches.get(&switch) == Some(&true);
    if active(Switch::Tamper) {
        Finding::failed(
            seen,
            "Close the case before you start the kiosk: it destroys its keys when it finds the case \
             open. If the case is closed, check the tamper switch and its wire, and `tamper` under \
             [panel] in the settings file.",
        )
    } else if active(Switch::ServiceDoor) {
        Finding::warning(
            seen,
            "Close the service door: the kiosk serves nobody while it is open.",
        )
    } else {
        Finding::passed(seen)
    }
}

/// A kiosk works without lights, but not if it cannot see its own case.
fn unusable(error: &PanelError, wiring: &Wiring) -> Finding {
    let seen = format!("The panel cannot be used: {}.", error.words());
    let to_do =
        "Do what the message says, or correct the lines under [panel] in the settings file.";
    if guards_case(wiring) {
        Finding::failed(seen, to_do)
    } else {
        Finding::warning(seen, to_do)
    }
}

fn name(output: Output) -> &'static str {
    match output {
        Output::Idle => "free",
        Output::LookHere => "look here",
        Output::Ok => "OK",
        Output::Error => "error",
        Output::Fill => "face light",
        Output::Buzzer => "buzzer",
    }
}

fn state_of(switch: Switch, active: bool) -> &'static str {
    match (switch, active) {
        (Switch::Tamper, false) => "The case is closed",
        (Switch::Tamper, true) => "The case is OPEN",
        (Switch::ServiceDoor, false) => "The service door is closed",
        (Switch::ServiceDoor, true) => "The service door is OPEN",
        (Switch::Presence, false) => "The presence sensor sees nobody",
        (Switch::Presence, true) => "The presence sensor sees somebody",
    }
}

#[cfg(test)]
mod tests {
    use hal::panel::{Line, Place};

    use super::*;

    #[test]
    fn an_open_case_fails_and_an_open_door_warns() {
        let judged = |switches: &[(Switch, bool)]| {
            let found: BTreeMap<_, _> = switches.iter().copied().collect();
            judge("seen", &found).code()
        };
        assert_eq!(judged(&[(Switch::Tamper, false)]), "passed");
        assert_eq!(judged(&[(Switch::Tamper, true)]), "failed");
        assert_eq!(judged(&[(Switch::ServiceDoor, true)]), "warning");
        assert_eq!(judged(&[(Switch::Presence, true)]), "passed");
    }

    #[test]
    fn a_panel_that_is_not_there_fails_only_where_it_guards_the_case() {
        let nowhere = |offset| {
            Line::at(Place::Chip {
                chip: "gpiochip-none".into(),
                offset,
            })
        };
        let mut wiring = Wiring::default();
        assert_eq!(look(&wiring).code(), "not_there");
        wiring.outputs.insert(Output::Idle, nowhere(0));
        assert_eq!(look(&wiring).code(), "warning");
        wiring.switches.insert(Switch::Tamper, nowhere(1));
        let found = look(&wiring);
        assert_eq!(found.code(), "failed");
        assert!(found.seen().contains("no GPIO chip"), "{}", found.seen());
    }
}
