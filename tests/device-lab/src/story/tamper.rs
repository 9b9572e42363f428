//! The case is opened: the keys are destroyed, the kiosk closes, also across a restart, until a
//! technician signs off and new keys are made.

use crate::error::{LabError, ensure};
use crate::kiosk::{self, Events};
use crate::lab::Lab;
use crate::panel;
use crate::pictures::Person;

pub fn tell(lab: &mut Lab) -> Result<String, LabError> {
    let body = lab.enrolled()?.copy_to(&lab.folder("tamper"))?;
    let mut machine = lab.switch_on(&body)?;
    kiosk::plug_camera(&mut machine, Person::Holder)?;
    kiosk::start(&mut machine)?;
    let mut events = Events::from_now(&mut machine)?;
    panel::open_case(&mut machine)?;
    let detected = events.named(&mut machine, "tamper.detected")?;
    ensure(detected["keys"] == "destroyed", || {
        format!("the keys outlived it: {detected}")
    })?;

    machine.shell.run("systemctl restart kiosk")?;
    events.named(&mut machine, "tamper.closed")?;
    panel::close_case(&mut machine)?;
    machine.shell.run("systemctl stop kiosk")?;
    kiosk::command(&mut machine, "sign-off --by technician-1")?;
    let said = kiosk::command(&mut machine, "provision")?;
    ensure(said.contains("public key"), || {
        format!("no new key was made: {said}")
    })?;
    Ok(String::from(
        "keys destroyed; closed, also after a restart; new keys after the technician's sign-off",
    ))
}
