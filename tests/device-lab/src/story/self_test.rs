//! The machine starts from its checked disks, the kiosk is provisioned into the TPM and enrolled, and
//! `kiosk self-test` finds every device.

use serde_json::Value;

use crate::error::{LabError, ensure, failed};
use crate::kiosk;
use crate::lab::Lab;
use crate::pictures::Person;

/// What must pass; other checks may warn (a virtual machine has no time server).
const MUST_PASS: [&str; 4] = ["camera", "card_reader", "keys", "log"];

pub fn tell(lab: &mut Lab) -> Result<String, LabError> {
    let body = lab.enrolled()?.copy_to(&lab.folder("self-test"))?;
    let mut machine = lab.switch_on(&body)?;
    kiosk::plug_camera(&mut machine, Person::Holder)?;
    let said = machine.shell.attempt(
        "runuser -u kiosk -- kiosk self-test --json --config /etc/kiosk/kiosk.toml 2>/run/self-test.log",
    )?;
    // Why a check warned or failed, for people.
    let kept = lab.parts.work.join("self-test.json");
    std::fs::write(&kept, &said.text).map_err(failed("keep", &kept))?;
    let report: Value = serde_json::from_str(said.text.trim()).map_err(|error| {
        LabError::Otherwise(format!("the report is no JSON ({error}): {}", said.text))
    })?;
    let checks = report["checks"].as_array().cloned().unwrap_or_default();
    for id in MUST_PASS {
        let check = checks.iter().find(|check| check["id"] == id);
        let passed = check.is_some_and(|check| check["result"] == "passed");
        ensure(passed, || {
            format!(
                "{id} did not pass: {}",
                check.map_or(said.text.clone(), Value::to_string)
            )
        })?;
    }
    let seen: Vec<String> = checks
        .iter()
        .filter_map(|check| {
            Some(format!(
                "{} {}",
                check["id"].as_str()?,
                check["result"].as_str()?
            ))
        })
        .collect();
    Ok(seen.join(", "))
}
