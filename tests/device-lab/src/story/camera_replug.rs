//! The camera goes while somebody looks into it (its module is unloaded, its node disappears), and
//! comes back.

use std::time::Instant;

use crate::error::LabError;
use crate::kiosk::{self, Events};
use crate::lab::Lab;
use crate::pictures::Person;

/// Nothing comes any more, the kiosk lets go, and then the device itself can go.
const UNLOAD: &str = "for i in $(seq 300); do rmmod v4l2loopback 2>/dev/null && break; sleep 0.2; done; \
                      ! test -e /dev/video0";

pub fn tell(lab: &mut Lab) -> Result<String, LabError> {
    let (machine, reader) = lab.kiosk()?;
    let mut events = Events::from_now(machine)?;
    kiosk::begin(machine, &mut events)?;
    reader.place()?;
    events.named(machine, "capture.started")?;
    kiosk::leave_camera(machine)?;
    let begun = Instant::now();
    machine.shell.run(UNLOAD)?;
    events.device(machine, "camera", "absent")?;
    let noticed = begun.elapsed();
    reader.remove()?;
    kiosk::plug_camera(machine, Person::Holder)?;
    let begun = Instant::now();
    events.device(machine, "camera", "ready")?;
    let back = begun.elapsed();
    let decided = kiosk::visit(machine, reader)?;
    Ok(format!(
        "absent after {:.1} s, ready {:.1} s after it was back; the next visit: {}",
        noticed.as_secs_f32(),
        back.as_secs_f32(),
        decided["decision"].as_str().unwrap_or("undecided"),
    ))
}
