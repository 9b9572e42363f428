//! The keys are sealed to the TPM: after a power cut the kiosk has them again; a thief who puts the
//! disk into another machine has not.

use std::fs;

use crate::error::{LabError, ensure, failed};
use crate::kiosk;
use crate::lab::Lab;
use crate::machine::Body;

pub fn tell(lab: &mut Lab) -> Result<String, LabError> {
    let body = lab.enrolled()?.copy_to(&lab.folder("tpm-reboot"))?;
    for _ in ["the first time", "after the power was cut"] {
        let mut machine = lab.switch_on(&body)?;
        kiosk::start(&mut machine)?;
        machine.cut_power();
    }

    let stolen = Body {
        state: body.state,
        tpm: lab.folder("another-tpm"),
    };
    let _ = fs::remove_dir_all(&stolen.tpm);
    fs::create_dir_all(&stolen.tpm).map_err(failed("create", &stolen.tpm))?;
    let mut machine = lab.switch_on(&stolen)?;
    let said = machine
        .shell
        .attempt("runuser -u kiosk -- timeout 120 kiosk run --config /etc/kiosk/kiosk.toml")?;
    ensure(said.status == 1, || {
        format!(
            "with another TPM the kiosk ended with {}: {}",
            said.status, said.text
        )
    })?;
    let refused = machine.shell.run("tail -n 1 /var/lib/kiosk/events.jsonl")?;
    ensure(refused.contains("kiosk.start_refused"), || {
        format!("the last event is {refused}")
    })?;
    Ok(String::from(
        "the same keys after a power cut; with another TPM the kiosk does not start",
    ))
}
