//! The panel on real GPIO lines of the kernel: a chip that the module `gpio-sim` makes.
//!
//! Not run by itself: a machine with that module is needed, and root. The device lab (and anybody
//! else who has one) makes a chip with at least six lines and names it:
//!
//! ```sh
//! modprobe gpio-sim                      # needs configfs on /sys/kernel/config
//! cd /sys/kernel/config/gpio-sim && mkdir -p panel/bank0 && echo 6 >panel/bank0/num_lines
//! mkdir -p panel/bank0/line5 && echo TAMPER >panel/bank0/line5/name && echo 1 >panel/live
//! KIOSK_GPIO_SIM=/sys/devices/platform/$(cat panel/dev_name)/$(cat panel/bank0/chip_name) \
//!     cargo test -p hal --test panel_gpio_sim
//! ```
//!
//! Without `KIOSK_GPIO_SIM` the tests say that they were not run, and pass.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
#![allow(clippy::print_stderr, reason = "a test that was not run says so")]

#[path = "common/patience.rs"]
mod patience;

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use hal::DeviceState;
use hal::panel::{
    Line, Output, PanelError, PanelWorker, Place, Pull, StatusLight, Switch, Waker, Wiring, open,
};
use patience::LONG;

/// The line that has a name.
const TAMPER: u32 = 5;
const DOOR: u32 = 4;

/// Both tests use the one chip. To be held before it is looked for: one test takes it away for a while,
/// and it comes back with another number.
static CHIP: Mutex<()> = Mutex::new(());

/// The simulated chip, from outside.
struct GpioSim(PathBuf);

impl GpioSim {
    fn there() -> Option<Self> {
        let Some(path) = std::env::var_os("KIOSK_GPIO_SIM").map(PathBuf::from) else {
            eprintln!("NOT RUN: KIOSK_GPIO_SIM names no gpio-sim chip");
            return None;
        };
        let folder = path.parent()?;
        let end = Instant::now() + LONG;
        loop {
            // A chip that came back has its lines some time after itself.
            let mut chips = fs::read_dir(folder)
                .unwrap()
                .flatten()
                .map(|at| Self(at.path()));
            if let Some(chip) = chips.find(|chip| chip.file(TAMPER, "value").exists()) {
                return Some(chip);
            }
            assert!(Instant::now() < end, "no chip in {}", folder.display());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn place(&self, offset: u32) -> Place {
        Place::Chip {
            chip: self.0.file_name().unwrap().into(),
            offset,
        }
    }

    /// What pulls an input from outside.
    fn pull(&self, offset: u32, high: bool) {
        let level = if high { "pull-up" } else { "pull-down" };
        fs::write(self.file(offset, "pull"), level).unwrap();
    }

    /// Waits until a line has this level.
    fn wait_for(&self, offset: u32, high: bool) {
        let (file, end) = (self.file(offset, "value"), Instant::now() + LONG);
        while fs::read_to_string(&file).unwrap().trim() != if high { "1" } else { "0" } {
            assert!(Instant::now() < end, "line {offset} is not {high}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn file(&self, offset: u32, name: &str) -> PathBuf {
        self.0.join(format!("sim_gpio{offset}/{name}"))
    }

    /// Takes the driver away from the chip, or gives it back.
    fn driver(&self, what: &str) {
        let device = self.0.parent().unwrap().file_name().unwrap();
        let file = format!("/sys/bus/platform/drivers/gpio-sim/{what}");
        fs::write(file, device.to_str().unwrap()).unwrap();
    }
}

/// Without a resistor of our own: gpio-sim lets it win over what pulls from outside.
fn switch(place: Place) -> Line {
    Line {
        pull: Pull::None,
        ..Line::at(place)
    }
}

fn wiring(sim: &GpioSim) -> Wiring {
    let mut wiring = Wiring::default();
    let outputs = [(Output::Idle, 0), (Output::LookHere, 1), (Output::Error, 2)];
    for (output, offset) in outputs {
        wiring.outputs.insert(output, Line::at(sim.place(offset)));
    }
    let fill = Line {
        active_low: true,
        ..Line::at(sim.place(3))
    };
    wiring.outputs.insert(Output::Fill, fill);
    let door = Line {
        active_low: true,
        ..switch(sim.place(DOOR))
    };
    wiring.switches.insert(Switch::ServiceDoor, door);
    let tamper = switch(Place::Named(String::from("TAMPER")));
    wiring.switches.insert(Switch::Tamper, tamper);
    wiring
}

#[derive(Debug, PartialEq)]
enum Heard {
    State(DeviceState),
    Switch(Switch, bool),
}

fn panel(wiring: Wiring) -> (PanelWorker, Receiver<Heard>) {
    let (states, heard) = channel();
    let switches = states.clone();
    let worker = PanelWorker::spawn(
        wiring.switches.keys().copied().collect::<Vec<_>>(),
        move |waker| open(&wiring, waker),
        move |state| drop(states.send(Heard::State(state))),
        move |switch, active| drop(switches.send(Heard::Switch(switch, active))),
    )
    .unwrap();
    (worker, heard)
}

fn hear(heard: &Receiver<Heard>, wanted: &Heard) {
    while heard.recv_timeout(LONG).unwrap() != *wanted {}
}

#[test]
fn lights_shine_and_switches_are_heard_on_real_lines() {
    let _alone = CHIP.lock().unwrap_or_else(|error| error.into_inner());
    let Some(sim) = GpioSim::there() else { return };
    sim.pull(TAMPER, false);
    sim.pull(DOOR, true);
    let (panel, heard) = panel(wiring(&sim));
    hear(&heard, &Heard::State(DeviceState::Ready));
    hear(&heard, &Heard::Switch(Switch::Tamper, false));

    panel.show(StatusLight::LookHere);
    panel.fill_light(true);
    sim.wait_for(1, true);
    sim.wait_for(3, false);
    panel.show(StatusLight::Error);
    sim.wait_for(1, false);
    sim.wait_for(2, true);

    sim.pull(TAMPER, true);
    hear(&heard, &Heard::Switch(Switch::Tamper, true));
    sim.pull(DOOR, false);
    hear(&heard, &Heard::Switch(Switch::ServiceDoor, true));
    drop(panel);
    sim.wait_for(2, false);
}

#[test]
fn a_line_in_use_is_named_with_its_user_and_a_chip_that_goes_comes_back() {
    let _alone = CHIP.lock().unwrap_or_else(|error| error.into_inner());
    let Some(sim) = GpioSim::there() else { return };
    sim.pull(TAMPER, false);
    sim.pull(DOOR, true);
    // By name: while a program still holds the old one, the kernel gives a chip that comes back
    // another number.
    let tamper = switch(Place::Named(String::from("TAMPER")));
    let wiring = Wiring {
        switches: [(Switch::Tamper, tamper)].into(),
        ..Wiring::default()
    };
    let (_holder, heard) = panel(wiring.clone());
    hear(&heard, &Heard::State(DeviceState::Ready));
    let busy = open(&wiring, &Waker::new().unwrap()).err().unwrap();
    assert!(
        matches!(&busy, PanelError::Busy { user, .. } if user == "kiosk-panel"),
        "{}",
        busy.words()
    );

    sim.driver("unbind");
    hear(&heard, &Heard::State(DeviceState::Absent));
    sim.driver("bind");
    hear(&heard, &Heard::State(DeviceState::Ready));
    hear(&heard, &Heard::Switch(Switch::Tamper, false));
}
