//! The reader's USB plug is pulled while it reads a card, and put in again.

use std::time::Instant;

use crate::error::LabError;
use crate::kiosk::{
    self, Events,
    Wanted::{Device, Named},
};
use crate::lab::Lab;
use crate::pictures::Person;

pub fn tell(lab: &mut Lab) -> Result<String, LabError> {
    let (machine, reader) = lab.kiosk()?;
    kiosk::stand_before_camera(machine, Person::Holder)?;
    let mut events = Events::from_now(machine)?;
    kiosk::begin(machine, &mut events)?;
    // The chip is read for some seconds before its contents are sent: in them the plug is pulled.
    reader.place()?;
    machine.unplug_reader()?;
    let begun = Instant::now();
    let gone = [Named("session.ended"), Device("card_reader", "absent")];
    events.each(machine, gone)?;
    let noticed = begun.elapsed();
    reader.remove()?;
    machine.plug_reader()?;
    let begun = Instant::now();
    let there = [Device("card_reader", "ready"), Named("kiosk.in_service")];
    events.each(machine, there)?;
    let back = begun.elapsed();
    let decided = kiosk::visit(machine, reader)?;
    Ok(format!(
        "noticed after {:.1} s, in service {:.1} s after the plug was in; the next visit: {}",
        noticed.as_secs_f32(),
        back.as_secs_f32(),
        decided["decision"].as_str().unwrap_or("undecided"),
    ))
}
