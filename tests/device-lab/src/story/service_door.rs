//! The panel under the kiosk's hands: while the service door is open nobody new is served, and the
//! light that says where to look shines while the camera looks, and not afterwards.

use crate::error::{LabError, ensure};
use crate::kiosk::{self, Events};
use crate::lab::Lab;
use crate::panel;
use crate::pictures::Person;

pub fn tell(lab: &mut Lab) -> Result<String, LabError> {
    let (machine, reader) = lab.kiosk()?;
    kiosk::stand_before_camera(machine, Person::Holder)?;
    let mut events = Events::from_now(machine)?;
    panel::open_door(machine)?;
    let closed = events.named(machine, "kiosk.out_of_service")?;
    ensure(closed["reason"] == "service_door_open", || {
        format!("out of service for something else: {closed}")
    })?;
    machine.touch(kiosk::button::BEGIN)?;
    panel::close_door(machine)?;
    let back = events.until(machine, "the kiosk in service, or a visit", |event| {
        event["event"] == "kiosk.in_service" || event["event"] == "session.begun"
    })?;
    ensure(back["event"] == "kiosk.in_service", || {
        format!("somebody was served with the door open: {back}")
    })?;
    panel::light(machine, false)?;
    kiosk::begin(machine, &mut events)?;
    reader.place()?;
    events.named(machine, "capture.started")?;
    panel::light(machine, true)?;
    let decided = events.named(machine, "session.decided")?;
    panel::light(machine, false)?;
    events.named(machine, "session.ended")?;
    reader.remove()?;
    machine.touch(kiosk::button::DONE)?;
    Ok(format!(
        "nobody was served with the door open; the light shone while the camera looked, and then no more ({})",
        decided["decision"].as_str().unwrap_or("undecided"),
    ))
}
