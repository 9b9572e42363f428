//! The virtual machine: QEMU with the devices a kiosk has. It is switched on, and its power can be cut.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::arch::Arch;
use crate::disks::{Checked, copy, copy_all};
use crate::error::{LabError, failed};
use crate::host::{self, Running};
use crate::qmp::Qmp;
use crate::shell::Shell;
use crate::wait;

/// Until a shell answers: about 25 s on two idle cores without KVM, minutes where others work, too.
const START_PATIENCE: Duration = Duration::from_secs(900);
/// Until swtpm and QEMU listen.
const LISTEN_PATIENCE: Duration = Duration::from_secs(30);
/// How long the scanner holds a key: an emulated machine looks at its keyboard now and then only.
const KEY_HELD_MS: u32 = 30;
/// The touch screen's range in both directions (QEMU, virtio-tablet).
const ABSOLUTE_MAX: u32 = 0x7fff;
/// What Debian's installation gives a machine for good (machine-id(5)): keys in a file are bound to it.
const MACHINE_ID: &str = "6b696f736b4c4142810000000000d01d";
/// The screen of the kiosk, pixels.
pub const SCREEN: (u32, u32) = (1080, 1920);

/// What a machine is built of; it can be switched on many times.
pub struct Blueprint {
    /// Its kind.
    pub arch: Arch,
    /// Kernel and initramfs.
    pub image: PathBuf,
    /// The system's disk.
    pub system: Checked,
    /// The kiosk's disk.
    pub kiosk: Checked,
    /// The camera's pictures.
    pub pictures: PathBuf,
    /// Where sockets and logs go.
    pub folder: PathBuf,
}

/// What is left when the power is cut: the disk and the TPM's memory.
#[derive(Clone)]
pub struct Body {
    /// The disk the kiosk writes to.
    pub state: PathBuf,
    /// The TPM's memory.
    pub tpm: PathBuf,
}

impl Body {
    /// Disk and TPM in this folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            state: folder.join("state.img"),
            tpm: folder.join("tpm"),
        }
    }

    /// The same machine a second time, for another story.
    pub fn copy_to(&self, folder: &Path) -> Result<Self, LabError> {
        let _ = fs::remove_dir_all(folder);
        let copied = Self::in_folder(folder);
        copy(&self.state, &copied.state)?;
        // There is none without a TPM.
        if self.tpm.exists() {
            copy_all(&self.tpm, &copied.tpm)?;
        }
        Ok(copied)
    }
}

/// A machine under power.
pub struct Machine {
    /// The emulator's side door.
    pub qmp: Qmp,
    /// A root shell inside.
    pub shell: Shell,
    _qemu: Running,
    _tpm: Option<Running>,
    folder: PathBuf,
}

impl Machine {
    /// Switches a machine on, with this reader at its USB port, and waits for its shell.
    pub fn start(blueprint: &Blueprint, body: &Body, reader: &Path) -> Result<Self, LabError> {
        let folder = &blueprint.folder;
        for name in ["tpm.sock", "qmp.sock", "lab.sock"] {
            let _ = fs::remove_file(folder.join(name));
        }
        let tpm = match blueprint.arch.has_tpm() {
            true => Some(start_tpm(folder, &body.tpm)?),
            false => None,
        };
        let qemu = start_qemu(blueprint, body, reader)?;
        listening(&folder.join("qmp.sock"))?;
        let qmp = Qmp::connect(&folder.join("qmp.sock"))?;
        let shell = Shell::connect(&folder.join("lab.sock"), START_PATIENCE)?;
        Ok(Self {
            qmp,
            shell,
            _qemu: qemu,
            _tpm: tpm,
            folder: folder.clone(),
        })
    }

    /// Cuts the power, now.
    pub fn cut_power(self) {
        // Dropping kills the emulator as it stands.
        drop(self);
    }

    /// Touches the screen at these pixels.
    pub fn touch(&mut self, (x, y): (u32, u32)) -> Result<(), LabError> {
        let (width, height) = SCREEN;
        let place = |axis: &str, at: u32, size: u32| json!({"type": "abs", "data": {"axis": axis, "value": at * ABSOLUTE_MAX / size}});
        let button = |down: bool| json!({"type": "btn", "data": {"button": "left", "down": down}});
        for events in [
            json!([place("x", x, width), place("y", y, height)]),
            json!([button(true)]),
            json!([button(false)]),
        ] {
            self.qmp
                .command("input-send-event", &json!({ "events": events }))?;
        }
        Ok(())
    }

    /// Saves what the screen shows.
    pub fn picture(&mut self, name: &str) -> Result<PathBuf, LabError> {
        let path = self.folder.join(format!("{name}.png"));
        self.qmp
            .command("screendump", &json!({"filename": path, "format": "png"}))?;
        Ok(path)
    }

    /// Types this text on the keyboard that the document scanner is.
    pub fn scan(&mut self, text: &str) -> Result<(), LabError> {
        for sign in text.chars() {
            let shift = sign == '<' || sign.is_ascii_uppercase();
            let key = match sign {
                '<' => String::from("comma"),
                '\n' => String::from("ret"),
                other => other.to_ascii_lowercase().to_string(),
            };
            let keys = shift.then_some("shift").into_iter().chain([key.as_str()]);
            let keys: Vec<_> = keys
                .map(|key| json!({"type": "qcode", "data": key}))
                .collect();
            let typed = json!({"keys": keys, "hold-time": KEY_HELD_MS});
            self.qmp.command("send-key", &typed)?;
        }
        Ok(())
    }

    /// Plugs in a document scanner that types. With a serial number, as scanners have one, its name
    /// does not depend on the port.
    pub fn plug_scanner(&mut self) -> Result<(), LabError> {
        let device = json!({"driver": "usb-kbd", "id": "scanner", "serial": "281"});
        self.qmp.command("device_add", &device).map(drop)
    }

    /// Pulls its plug.
    pub fn unplug_scanner(&mut self) -> Result<(), LabError> {
        self.qmp.command("device_del", &json!({"id": "scanner"}))?;
        self.qmp.event("DEVICE_DELETED", LISTEN_PATIENCE).map(drop)
    }

    /// Pulls the reader's USB plug.
    pub fn unplug_reader(&mut self) -> Result<(), LabError> {
        self.qmp.command("device_del", &json!({"id": "reader"}))?;
        self.qmp.event("DEVICE_DELETED", LISTEN_PATIENCE).map(drop)
    }

    /// Puts it in again.
    pub fn plug_reader(&mut self) -> Result<(), LabError> {
        let device = json!({"driver": "usb-serial", "id": "reader", "chardev": "reader", "always-plugged": true});
        self.qmp.command("device_add", &device).map(drop)
    }
}

fn start_tpm(folder: &Path, memory: &Path) -> Result<Running, LabError> {
    fs::create_dir_all(memory).map_err(failed("create", memory))?;
    let socket = folder.join("tpm.sock");
    let tpm = Running::start(
        Running::command("swtpm")
            .args(["socket", "--tpm2", "--terminate"])
            .arg("--tpmstate")
            .arg(format!("dir={}", memory.display()))
            .arg("--ctrl")
            .arg(format!("type=unixio,path={}", socket.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    )?;
    listening(&socket)?;
    Ok(tpm)
}

fn listening(socket: &Path) -> Result<(), LabError> {
    wait::until(&socket.display().to_string(), LISTEN_PATIENCE, || {
        Ok(if socket.exists() {
            Ok(())
        } else {
            Err(String::from("nothing"))
        })
    })
}

fn start_qemu(blueprint: &Blueprint, body: &Body, reader: &Path) -> Result<Running, LabError> {
    let Blueprint {
        arch,
        image,
        system,
        kiosk,
        pictures,
        folder,
    } = blueprint;
    let log = folder.join("qemu.log");
    let said = fs::File::create(&log).map_err(failed("create", &log))?;
    let at = |name: &str| folder.join(name).display().to_string();
    // A minute and a half, which systemd waits for a device of its own accord, can pass on a busy host.
    // `no_timer_check`: on a host with much else to do the kernel takes the emulated timer for broken.
    let mut qemu = Running::command(arch.emulator().0);
    qemu.args(arch.board())
        .args(["-smp", "2", "-m", "1536"])
        .args(["-accel", "tcg,thread=multi,tb-size=512"])
        .args(["-nodefaults", "-display", "none", "-vga", "none"])
        .arg("-kernel")
        .arg(image.join("vmlinuz"))
        .arg("-initrd")
        .arg(image.join("initrd.img"))
        .arg("-append")
        .arg(format!(
            "console={} loglevel=4 systemd.machine_id={MACHINE_ID} systemd.show_status=1 systemd.default_device_timeout_sec={} root=/dev/mapper/root ro rootfstype=squashfs panic=-1 mitigations=off \
             no_timer_check rcupdate.rcu_cpu_stall_suppress=1 \
             verity.root={} verity.kiosk={}",
            arch.console(),
            START_PATIENCE.as_secs(),
            system.verity,
            kiosk.verity
        ))
        .arg("-serial")
        .arg(format!("file:{}", at("console.log")));
    for (id, path, writable) in [
        ("root", &system.image, false),
        ("kiosk", &kiosk.image, false),
        ("state", &body.state, true),
        ("pictures", pictures, false),
    ] {
        let access = if writable { "" } else { ",readonly=on" };
        qemu.arg("-drive")
            .arg(format!(
                "file={},if=none,id={id},format=raw{access}",
                path.display()
            ))
            .arg("-device")
            .arg(format!("virtio-blk-pci,drive={id}"));
    }
    qemu.args([
        "-device",
        "virtio-serial-pci",
        "-device",
        "virtserialport,chardev=lab,name=lab",
    ])
    .arg("-chardev")
    .arg(format!(
        "socket,id=lab,path={},server=on,wait=off",
        at("lab.sock")
    ))
    .args(["-device", "i6300esb", "-watchdog-action", "reset"])
    .arg("-device")
    .arg(format!(
        "virtio-gpu-pci,xres={},yres={}",
        SCREEN.0, SCREEN.1
    ))
    .args(["-device", "virtio-tablet-pci", "-device", "qemu-xhci"])
    .arg("-chardev")
    .arg(format!("serial,id=reader,path={}", reader.display()))
    .args([
        "-device",
        "usb-serial,id=reader,chardev=reader,always-plugged=on",
    ])
    .arg("-qmp")
    .arg(format!("unix:{},server=on,wait=off", at("qmp.sock")))
    // For people, while a story holds the other one.
    .arg("-qmp")
    .arg(format!("unix:{},server=on,wait=off", at("look.sock")))
    .stdin(Stdio::null())
    .stdout(Stdio::null())
    .stderr(said);
    if arch.has_tpm() {
        qemu.arg("-chardev")
            .arg(format!("socket,id=tpm,path={}", at("tpm.sock")))
            .args(["-tpmdev", "emulator,id=tpm,chardev=tpm"])
            .args(["-device", "tpm-tis,tpmdev=tpm"]);
    }
    Running::start(&mut qemu)
}

/// Says what is missing before an hour is spent.
pub fn check_tools(arch: Arch) -> Result<(), LabError> {
    for (tool, package) in [
        arch.emulator(),
        ("swtpm", "swtpm"),
        ("tar2sqfs", "squashfs-tools-ng"),
    ] {
        host::run(Command::new(tool).arg("--version")).map_err(|_| {
            LabError::Otherwise(format!("{tool} is missing: apt-get install {package}"))
        })?;
    }
    Ok(())
}
