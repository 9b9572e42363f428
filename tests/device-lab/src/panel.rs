//! The machine's panel: a GPIO chip of the kernel module `gpio-sim`, whose lines the kiosk finds by
//! name, whose inputs are pulled from outside and whose outputs are seen there.

use crate::error::LabError;
use crate::kiosk::PATIENCE;
use crate::machine::Machine;
use crate::wait;

/// The lines, as the kiosk's settings name them.
const BUILD: &str = r#"modprobe gpio-sim && cd /sys/kernel/config/gpio-sim && mkdir panel panel/bank0 &&
echo 3 >panel/bank0/num_lines && mkdir panel/bank0/line0 panel/bank0/line1 panel/bank0/line2 &&
echo LOOK_HERE >panel/bank0/line0/name && echo TAMPER >panel/bank0/line1/name &&
echo DOOR >panel/bank0/line2/name && echo 1 >panel/live && udevadm settle"#;

/// The lines' numbers on the chip.
const LOOK_HERE: u32 = 0;
const CASE: u32 = 1;
const DOOR: u32 = 2;

/// Builds the panel in. Case and door are closed: their contacts pull the lines to ground.
pub fn build(machine: &mut Machine) -> Result<(), LabError> {
    machine.shell.run(BUILD).map(drop)
}

/// A chip for the panel driver's own tests, in place of the kiosk's panel: six lines, of which the
/// last has a name (`hal/tests/panel_gpio_sim.rs`).
const BENCH: &str = r#"modprobe gpio-sim && cd /sys/kernel/config/gpio-sim && mkdir panel panel/bank0 &&
echo 6 >panel/bank0/num_lines && mkdir panel/bank0/line5 && echo TAMPER >panel/bank0/line5/name &&
echo 1 >panel/live && udevadm settle &&
echo /sys/devices/platform/$(cat panel/dev_name)/$(cat panel/bank0/chip_name)"#;

/// Builds that chip; says where it is seen from outside.
pub fn bench(machine: &mut Machine) -> Result<String, LabError> {
    Ok(machine.shell.run(BENCH)?.trim().to_owned())
}

/// The contact of the case opens.
pub fn open_case(machine: &mut Machine) -> Result<(), LabError> {
    pull(machine, CASE, "pull-up")
}

/// And closes again.
pub fn close_case(machine: &mut Machine) -> Result<(), LabError> {
    pull(machine, CASE, "pull-down")
}

/// The service door's contact opens.
pub fn open_door(machine: &mut Machine) -> Result<(), LabError> {
    pull(machine, DOOR, "pull-up")
}

/// And closes again.
pub fn close_door(machine: &mut Machine) -> Result<(), LabError> {
    pull(machine, DOOR, "pull-down")
}

fn pull(machine: &mut Machine, line: u32, level: &str) -> Result<(), LabError> {
    let command = format!("echo {level} >{}/pull", line_folder(line));
    machine.shell.run(&command).map(drop)
}

/// Waits until the light that says where to look shines, or does not.
pub fn light(machine: &mut Machine, shines: bool) -> Result<(), LabError> {
    let wanted = if shines { "1" } else { "0" };
    wait::until("the look-here light", PATIENCE, || {
        let command = format!("cat {}/value", line_folder(LOOK_HERE));
        let said = machine.shell.run(&command)?;
        let seen = said.trim();
        Ok(if seen == wanted {
            Ok(())
        } else {
            Err(format!("its line is {seen}"))
        })
    })
}

/// Where the kernel shows a line from outside.
fn line_folder(line: u32) -> String {
    format!(
        "/sys/devices/platform/$(cat /sys/kernel/config/gpio-sim/panel/dev_name)/\
         $(cat /sys/kernel/config/gpio-sim/panel/bank0/chip_name)/sim_gpio{line}"
    )
}
