//! The holder of the card touches through the screens, puts the card on the reader, looks into the
//! camera, and is verified.

use crate::error::{LabError, ensure};
use crate::kiosk;
use crate::lab::Lab;
use crate::pictures::Person;

pub fn tell(lab: &mut Lab) -> Result<String, LabError> {
    let (machine, reader) = lab.kiosk()?;
    kiosk::stand_before_camera(machine, Person::Holder)?;
    let decided = kiosk::visit(machine, reader)?;
    ensure(decided["decision"] == "verified", || {
        format!("the holder was not verified: {decided}")
    })?;
    Ok(format!(
        "verified ({})",
        decided["reason"].as_str().unwrap_or_default()
    ))
}
