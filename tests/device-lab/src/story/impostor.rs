//! Somebody else comes with the card.

use crate::error::{LabError, ensure};
use crate::kiosk;
use crate::lab::Lab;
use crate::pictures::Person;

pub fn tell(lab: &mut Lab) -> Result<String, LabError> {
    let (machine, reader) = lab.kiosk()?;
    kiosk::stand_before_camera(machine, Person::Stranger)?;
    let decided = kiosk::visit(machine, reader)?;
    ensure(decided["decision"] == "not_verified", || {
        format!("the stranger's visit ended otherwise: {decided}")
    })?;
    Ok(format!(
        "not verified ({})",
        decided["reason"].as_str().unwrap_or_default()
    ))
}
