//! A document scanner that presents itself as a keyboard: the driver's own test hears what is typed on
//! the kernel's input device, nobody else does, and it outlives the scanner's plug.

use std::time::Duration;

use crate::error::{LabError, ensure};
use crate::lab::Lab;
use crate::machine::Machine;
use crate::wait;

/// ICAO 9303-4, appendix B.
const ZONE: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
    L898902C36UTO7408122F1204159ZE184226B<<<<<10\n";
/// The machine is emulated, and its host may be busy.
const PATIENCE: Duration = Duration::from_secs(300);
/// Signs get lost when the machine takes too long over one; a resident lays the page on again, too.
const TRIES: u32 = 5;

const START: &str = "set -- /dev/input/by-id/usb-*-event-kbd; \
    KIOSK_SCANNER=$1 nohup /opt/kiosk/bin/mrz_scanner_keyboard --nocapture >/run/scanner.log 2>&1 &";

pub fn tell(lab: &mut Lab) -> Result<String, LabError> {
    let body = lab.enrolled()?.copy_to(&lab.folder("scanner"))?;
    lab.rest();
    let mut machine = Machine::start(&lab.blueprint, &body, &lab.reader.port)?;
    machine.plug_scanner()?;
    // The device, by the name that survives a replug.
    machine.shell.run("udevadm settle; for n in $(seq 100); do ls /dev/input/by-id/usb-*-event-kbd && break; sleep 0.2; done; ls /dev/input/by-id/usb-*-event-kbd")?;
    machine.shell.run(START)?;
    let mut scans = 0;
    for round in 1..=2 {
        says(&mut machine, "LISTENING", round)?;
        scans += scan(&mut machine, round)?;
        machine.unplug_scanner()?;
        if round == 1 {
            machine.plug_scanner()?;
        }
    }
    says(&mut machine, "test result: ok. 1 passed", 1)?;
    Ok(format!(
        "a zone was heard twice in {scans} scans from a keyboard, whose plug was pulled between"
    ))
}

/// Lays the page on until it is read; how often that was.
fn scan(machine: &mut Machine, round: usize) -> Result<u32, LabError> {
    for scan in 1..=TRIES {
        machine.scan(ZONE)?;
        if says_within(machine, "HEARD", round, Duration::from_secs(20)).is_ok() {
            return Ok(scan);
        }
    }
    says(machine, "HEARD", round)?;
    Ok(TRIES)
}

fn says(machine: &mut Machine, what: &str, times: usize) -> Result<(), LabError> {
    says_within(machine, what, times, PATIENCE)
}

fn says_within(
    machine: &mut Machine,
    what: &str,
    times: usize,
    patience: Duration,
) -> Result<(), LabError> {
    wait::until(what, patience, || {
        let said = machine.shell.run("cat /run/scanner.log")?;
        ensure(
            !said.contains("panicked") && !said.contains("NOT RUN"),
            || said.clone(),
        )?;
        Ok(if said.matches(what).count() >= times {
            Ok(())
        } else {
            Err(said)
        })
    })
}
