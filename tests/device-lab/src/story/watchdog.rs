//! The kiosk hangs: systemd misses its signs of life, kills it and starts it anew. Then systemd itself
//! hangs: the hardware watchdog resets the machine.

use std::time::{Duration, Instant};

use crate::error::LabError;
use crate::kiosk::Events;
use crate::lab::Lab;

/// The kiosk's patience and systemd's are 30 s each; an emulated machine may be late.
const BITE_PATIENCE: Duration = Duration::from_secs(180);

pub fn tell(lab: &mut Lab) -> Result<String, LabError> {
    let (machine, _) = lab.kiosk()?;
    let mut events = Events::from_now(machine)?;
    machine
        .shell
        .run("kill -STOP $(systemctl show -P MainPID kiosk)")?;
    let begun = Instant::now();
    events.named(machine, "kiosk.started")?;
    let anew = begun.elapsed();
    machine
        .shell
        .run("journalctl -u kiosk --no-pager | grep -q 'Watchdog timeout'")?;

    // An init that gets SIGSEGV stops for good: nothing feeds /dev/watchdog any more.
    machine.shell.run("grep -qi esb /sys/class/watchdog/watchdog0/identity && grep -q active /sys/class/watchdog/watchdog0/state")?;
    machine.shell.run("kill -SEGV 1")?;
    let begun = Instant::now();
    machine.qmp.event("WATCHDOG", BITE_PATIENCE)?;
    let bitten = begun.elapsed();
    lab.rest();
    Ok(format!(
        "a kiosk that hung was started anew after {:.0} s; a system that hung was reset after {:.0} s",
        anew.as_secs_f32(),
        bitten.as_secs_f32()
    ))
}
