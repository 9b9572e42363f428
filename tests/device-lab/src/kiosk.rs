//! The kiosk in the machine: the service, what it writes down, and a resident's hands and face.

use std::collections::VecDeque;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::disks::Parts;
use crate::error::{LabError, ensure, failed};
use crate::host;
use crate::machine::{Machine, SCREEN};
use crate::pictures::{Person, RATE};
use crate::reader::Reader;
use crate::wait;

/// The longest anything of a resident's visit takes on an emulated processor.
pub const PATIENCE: Duration = Duration::from_secs(900);
/// A person touches again if nothing has happened for so long.
pub const AGAIN: Duration = Duration::from_secs(8);

/// Where on the screen the buttons are, pixels. Kept here because a finger knows no names.
pub mod button {
    /// The invitation: touching anywhere begins; here, the next screen has nothing that a second
    /// touch could choose.
    pub const BEGIN: (u32, u32) = (540, 900);
    /// The first service of the list.
    pub const FIRST_SERVICE: (u32, u32) = (540, 1150);
    /// "I agree" below the notice.
    pub const AGREE: (u32, u32) = (540, 1640);
    /// "I can't do this".
    pub const CANNOT: (u32, u32) = (832, 1810);
    /// "Done" on the receipt.
    pub const DONE: (u32, u32) = (400, 1800);
}

/// A kiosk command, as the kiosk's own user.
pub fn command(machine: &mut Machine, arguments: &str) -> Result<String, LabError> {
    machine.shell.run(&format!(
        "runuser -u kiosk -- kiosk {arguments} --config /etc/kiosk/kiosk.toml"
    ))
}

/// Makes the kiosk's keys in the machine's TPM and has the operator (on the host) vouch for them.
pub fn provision(machine: &mut Machine, parts: &Parts) -> Result<(), LabError> {
    machine
        .shell
        .run("install -d -o kiosk -g kiosk -m 700 /var/lib/kiosk && chown kiosk: /var/lib/kiosk")?;
    let said = command(machine, "provision")?;
    let is_key = |word: &&str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let key = said
        .split_whitespace()
        .find(is_key)
        .ok_or_else(|| LabError::Otherwise(format!("`kiosk provision` printed no key: {said}")))?;
    let (operator, enrolment) = (parts.work.join("operator"), parts.work.join("enrolment"));
    for left_over in [&operator, &enrolment] {
        // Of a story that failed.
        let _ = std::fs::remove_dir_all(left_over);
    }
    host::run(
        Command::new(&parts.operator)
            .args(["operator", "create"])
            .arg(&operator),
    )?;
    host::run(
        Command::new(&parts.operator)
            .args([
                "operator",
                "enrol",
                "--kiosk",
                "kiosk-lab",
                "--site",
                "device-lab",
                "--device-key",
                key,
            ])
            .arg("--operator")
            .arg(&operator)
            .arg("--out")
            .arg(&enrolment),
    )?;
    carry_in(machine, &enrolment)?;
    let said = command(machine, "provision --enrolment /run/enrolment")?;
    ensure(said.contains("ready"), || {
        format!("the kiosk is not enrolled: {said}")
    })
}

/// Carries the files of a small folder into the machine, as a technician's stick would.
fn carry_in(machine: &mut Machine, folder: &Path) -> Result<(), LabError> {
    machine.shell.run("mkdir -p -m 755 /run/enrolment")?;
    for entry in std::fs::read_dir(folder).map_err(failed("read", folder))? {
        let entry = entry.map_err(failed("read", folder))?;
        let bytes = std::fs::read(entry.path()).map_err(failed("read", entry.path()))?;
        let octal: String = bytes.iter().map(|byte| format!("\\{byte:03o}")).collect();
        let name = entry.file_name().to_string_lossy().into_owned();
        machine
            .shell
            .run(&format!("printf '{octal}' >/run/enrolment/{name}"))?;
    }
    machine
        .shell
        .run("chmod 600 /run/enrolment/* && chown -R kiosk: /run/enrolment")
        .map(drop)
}

/// Plugs the camera in: the driver, and somebody before the lens.
pub fn plug_camera(machine: &mut Machine, person: Person) -> Result<(), LabError> {
    machine.shell.run("modprobe v4l2loopback && mkdir -p /run/pictures && { mountpoint -q /run/pictures || mount -r /dev/vdd /run/pictures; }")?;
    stand_before_camera(machine, person)
}

/// Somebody (else) stands before the lens.
pub fn stand_before_camera(machine: &mut Machine, person: Person) -> Result<(), LabError> {
    let unit = format!("lens-{}", person.folder());
    let said = machine
        .shell
        .attempt(&format!("systemctl is-active {unit}"))?;
    if said.status == 0 {
        return Ok(());
    }
    leave_camera(machine)?;
    machine.shell.run(&format!(
        "systemd-run --quiet --collect --unit={unit} -p StandardInput=null -- sh -c \
         'sleep inf | exec /opt/kiosk/bin/hal-sim camera --pictures /run/pictures/{} --device /dev/video0 --fps {RATE}'",
        person.folder()
    ))?;
    wait::until("a picture format on /dev/video0", PATIENCE, || {
        let said = machine.shell.attempt(
            "cat /sys/class/video4linux/video0/format; journalctl -u 'lens-*' -n 3 --no-pager",
        )?;
        Ok(if said.text.contains("YUYV") {
            Ok(())
        } else {
            Err(said.text)
        })
    })
}

/// Nobody stands there, and nothing feeds the camera.
pub fn leave_camera(machine: &mut Machine) -> Result<(), LabError> {
    machine
        .shell
        .attempt("systemctl stop 'lens-*' 2>/dev/null")
        .map(drop)
}

/// An event that is waited for.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// One of this name.
    Named(&'static str),
    /// A device that reports this state.
    Device(&'static str, &'static str),
}

impl Wanted {
    fn is(self, event: &Value) -> bool {
        match self {
            Self::Named(name) => event["event"] == name,
            Self::Device(device, state) => {
                event["event"] == "device.state"
                    && event["device"] == device
                    && event["state"] == state
            }
        }
    }
}

/// The kiosk's event file, read on.
pub struct Events {
    read: usize,
    /// Read, but nobody has waited for them yet.
    pending: VecDeque<Value>,
}

impl Events {
    /// From now on.
    pub fn from_now(machine: &mut Machine) -> Result<Self, LabError> {
        let mut events = Self {
            read: 0,
            pending: VecDeque::new(),
        };
        events.more(machine)?;
        Ok(events)
    }

    /// What was written since the last look.
    pub fn more(&mut self, machine: &mut Machine) -> Result<Vec<Value>, LabError> {
        let path = "/var/lib/kiosk/events.jsonl";
        let said = machine
            .shell
            .attempt(&format!("tail -n +{} {path} 2>/dev/null", self.read + 1))?;
        let lines: Vec<Value> = said
            .text
            .lines()
            .map_while(|line| serde_json::from_str(line).ok())
            .collect();
        self.read += lines.len();
        Ok(lines)
    }

    /// Waits for an event that `is` recognises.
    pub fn until(
        &mut self,
        machine: &mut Machine,
        what: &str,
        is: impl Fn(&Value) -> bool,
    ) -> Result<Value, LabError> {
        self.within(machine, PATIENCE, what, is)
    }

    /// The same, with less patience.
    pub fn within(
        &mut self,
        machine: &mut Machine,
        patience: Duration,
        what: &str,
        is: impl Fn(&Value) -> bool,
    ) -> Result<Value, LabError> {
        let mut last = String::from("no event");
        wait::until(what, patience, || {
            let news = self.more(machine)?;
            self.pending.extend(news);
            while let Some(event) = self.pending.pop_front() {
                if is(&event) {
                    return Ok(Ok(event));
                }
                last = event.to_string();
            }
            Ok(Err(last.clone()))
        })
    }

    /// Waits for an event of this name.
    pub fn named(&mut self, machine: &mut Machine, name: &str) -> Result<Value, LabError> {
        self.until(machine, &format!("the event {name}"), |event| {
            event["event"] == name
        })
    }

    /// Waits until each of these has come once, in whatever order.
    pub fn each<const N: usize>(
        &mut self,
        machine: &mut Machine,
        wanted: [Wanted; N],
    ) -> Result<[Value; N], LabError> {
        let mut found = [const { Value::Null }; N];
        while let Some(missing) = found.iter().position(Value::is_null) {
            let event = self.until(machine, &format!("{:?}", wanted[missing]), |event| {
                wanted.iter().any(|wanted| wanted.is(event))
            })?;
            for (wanted, place) in wanted.iter().zip(&mut found) {
                if wanted.is(&event) && !place.take().is_null() {
                    return Err(LabError::Otherwise(format!("it came twice: {event}")));
                }
                if wanted.is(&event) {
                    *place = event.clone();
                }
            }
        }
        Ok(found)
    }

    /// Waits until a device reports this state.
    pub fn device(
        &mut self,
        machine: &mut Machine,
        device: &'static str,
        state: &'static str,
    ) -> Result<Value, LabError> {
        let [event] = self.each(machine, [Wanted::Device(device, state)])?;
        Ok(event)
    }
}

/// Starts the kiosk's service; systemd says when its screen is drawn. On a busy host the kernel learns
/// late how large the screen is, and takes it for a small one until it is told to look again.
pub fn start(machine: &mut Machine) -> Result<(), LabError> {
    let size = format!("{}x{}", SCREEN.0, SCREEN.1);
    wait::until("the screen's size", PATIENCE, || {
        let modes = "cd /sys/class/drm/card*-Virtual-1 && echo detect >status && head -n 1 modes";
        let said = machine.shell.attempt(modes)?;
        Ok(if said.text.trim() == size {
            Ok(())
        } else {
            Err(said.text)
        })
    })?;
    machine
        .shell
        .run("systemctl start kiosk || { journalctl -u kiosk -n 20 --no-pager; false; }")
        .map(drop)
}

/// Touches until this follows. What happened is written down before the screen that comes of it is
/// drawn, so that the first touch may meet the screen before.
pub fn touch_until(
    machine: &mut Machine,
    events: &mut Events,
    place: (u32, u32),
    name: &str,
) -> Result<Value, LabError> {
    let begun = Instant::now();
    loop {
        machine.touch(place)?;
        match events.within(machine, AGAIN, name, |event| event["event"] == name) {
            Err(LabError::Missing { .. }) if begun.elapsed() < PATIENCE => {}
            came => return came,
        }
    }
}

/// Goes through a visit until the card is asked for.
pub fn begin(machine: &mut Machine, events: &mut Events) -> Result<(), LabError> {
    for (place, name) in [
        (button::BEGIN, "session.begun"),
        (button::FIRST_SERVICE, "session.service"),
        (button::AGREE, "session.consented"),
    ] {
        touch_until(machine, events, place, name)?;
    }
    Ok(())
}

/// A visit with the demo card until it is decided; the decision's event.
pub fn visit(machine: &mut Machine, reader: &mut Reader) -> Result<Value, LabError> {
    let mut events = Events::from_now(machine)?;
    begin(machine, &mut events)?;
    reader.place()?;
    events.named(machine, "card.read")?;
    let decided = events.named(machine, "session.decided")?;
    events.named(machine, "log.committed")?;
    events.named(machine, "session.ended")?;
    reader.remove()?;
    // Nothing is written down when the receipt goes; without this touch it goes by itself.
    machine.touch(button::DONE)?;
    Ok(decided)
}
