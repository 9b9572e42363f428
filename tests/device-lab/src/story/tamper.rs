//! The case is opened: the keys are destroyed, the kiosk closes, also across a restart, until a
//! technician signs off and new keys are made.

use serde_json::Value;

use crate::error::{LabError, ensure};
use crate::kiosk::{self, Events, Wanted::Named};
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
    let noticed = events.named(&mut machine, "kiosk.out_of_service")?;
    // Neither waits for the other.
    let wanted = [Named("tamper.detected"), Named("tamper.closed")];
    let [detected, closed] = events.each(&mut machine, wanted)?;
    ensure(detected["keys"] == "destroyed", || {
        format!("the keys outlived it: {detected}")
    })?;
    let written = machine
        .shell
        .run("grep '\"tamper\\.' /var/lib/kiosk/events.jsonl")?;
    ensure(written.lines().count() == 2, || {
        format!("not written once each: {written}")
    })?;
    // Closing is work, too, and must not keep the supervisor waiting.
    let restarts = machine.shell.run("systemctl show -P NRestarts kiosk")?;
    ensure(restarts.trim() == "0", || {
        format!("systemd had to start the kiosk anew: {restarts}")
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
    Ok(format!(
        "closed after {:.1} s, keys destroyed after {:.1} s; closed after a restart, too; \
         new keys after the technician's sign-off",
        seconds_between(&noticed, &closed),
        seconds_between(&noticed, &detected),
    ))
}

fn seconds_between(earlier: &Value, later: &Value) -> f64 {
    let ms = |event: &Value| event["unix_ms"].as_f64().unwrap_or(f64::NAN);
    (ms(later) - ms(earlier)) / 1_000.0
}
