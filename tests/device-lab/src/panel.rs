//! The machine's panel: a GPIO chip of the kernel module `gpio-sim`, whose lines the kiosk finds by
//! name and whose inputs are pulled from outside.

use crate::error::LabError;
use crate::machine::Machine;

/// The lines, as the kiosk's settings name them.
const BUILD: &str = r#"modprobe gpio-sim && cd /sys/kernel/config/gpio-sim && mkdir panel panel/bank0 &&
echo 2 >panel/bank0/num_lines && mkdir panel/bank0/line0 panel/bank0/line1 &&
echo LOOK_HERE >panel/bank0/line0/name && echo TAMPER >panel/bank0/line1/name && echo 1 >panel/live &&
udevadm settle"#;

/// Builds the panel in. The case is closed: its contact pulls the line to ground.
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
    pull(machine, "pull-up")
}

/// And closes again.
pub fn close_case(machine: &mut Machine) -> Result<(), LabError> {
    pull(machine, "pull-down")
}

fn pull(machine: &mut Machine, level: &str) -> Result<(), LabError> {
    let command = format!(
        "cd /sys/kernel/config/gpio-sim/panel && \
         echo {level} >/sys/devices/platform/$(cat dev_name)/$(cat bank0/chip_name)/sim_gpio1/pull"
    );
    machine.shell.run(&command).map(drop)
}
