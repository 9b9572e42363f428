//! The panel driver's own tests on lines of the kernel: lights shine, switches are heard, a line in use
//! is named with its user, a chip that goes comes back.

use crate::error::{LabError, ensure};
use crate::lab::Lab;
use crate::machine::Machine;
use crate::panel;

pub fn tell(lab: &mut Lab) -> Result<String, LabError> {
    let body = lab.enrolled()?.copy_to(&lab.folder("panel"))?;
    lab.rest();
    let mut machine = Machine::start(&lab.blueprint, &body, &lab.reader.port)?;
    let chip = panel::bench(&mut machine)?;
    let said = machine.shell.attempt(&format!(
        "KIOSK_GPIO_SIM={chip} /opt/kiosk/bin/panel_gpio_sim --nocapture"
    ))?;
    let summary = said
        .text
        .lines()
        .find(|line| line.starts_with("test result: ok. 2 passed"));
    // A test that finds no chip says so, and passes.
    let ran = said.status == 0 && !said.text.contains("NOT RUN");
    ensure(ran && summary.is_some(), || said.text.clone())?;
    Ok(String::from(
        "both tests of the driver passed on lines of gpio-sim",
    ))
}
