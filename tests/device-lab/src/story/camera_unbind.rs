//! A camera that is pulled while its pictures run, as a USB plug is, and one whose stream cannot be ended:
//! the driver's own tests, on the kernel's camera without hardware (module `vivid`).

use crate::error::{LabError, ensure};
use crate::lab::Lab;
use crate::machine::Machine;
use crate::shell::Said;

/// One node, for taking pictures.
const PLUG: &str =
    "modprobe vivid node_types=0x1 && udevadm settle && ls /sys/bus/platform/drivers/vivid";

pub fn tell(lab: &mut Lab) -> Result<String, LabError> {
    let body = lab.enrolled()?.copy_to(&lab.folder("camera-unbind"))?;
    lab.rest();
    let mut machine = Machine::start(&lab.blueprint, &body, &lab.reader.port)?;
    machine.shell.run(PLUG)?;
    let said = machine
        .shell
        .attempt("KIOSK_VIVID=vivid.0 /opt/kiosk/bin/camera_vivid --nocapture")?;
    let told = said.text.lines().find(|line| line.starts_with("TOLD: "));
    ensure(passed(&said) && told.is_some(), || said.text.clone())?;
    let endless = machine.shell.attempt(
        "KIOSK_CAMERA=/dev/v4l/by-path/platform-vivid.0-video-index0 /opt/kiosk/bin/camera_stream --nocapture",
    )?;
    ensure(passed(&endless), || endless.text.clone())?;
    let told = told.unwrap_or_default().replace("TOLD: ", "");
    Ok(format!(
        "{told}; a stream that cannot be ended leaves nothing open"
    ))
}

/// A test that finds no camera says so, and passes.
fn passed(said: &Said) -> bool {
    let ran = !said.text.to_lowercase().contains("not run");
    said.status == 0 && ran && said.text.contains("test result: ok. 1 passed")
}
