//! The machine's disks: the system (built once by `image/build.sh`), the kiosk as it is built now with
//! its networks and settings (both read-only, each with its dm-verity tree), the pictures for the
//! camera, and the disk that the kiosk may write to.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arch::Arch;
use crate::error::{LabError, failed};
use crate::host;

/// What the lab is made of.
pub struct Parts {
    /// Folder of `image/`.
    pub recipe: PathBuf,
    /// Folder with vmlinuz, initrd.img, root.img and root.hash.
    pub image: PathBuf,
    /// What kind of machine it is.
    pub arch: Arch,
    /// The kiosk as built for the device.
    pub kiosk: PathBuf,
    /// The operator's kiosk program, on the host.
    pub operator: PathBuf,
    /// `kiosk-wlt`, which belongs beside the kiosk.
    pub wlt: PathBuf,
    /// `hal-sim`, for the host.
    pub simulators: PathBuf,
    /// `hal-sim`, for the machine.
    pub lens: PathBuf,
    /// The drivers' own tests, each a program that cargo has named.
    pub driver_tests: Vec<PathBuf>,
    /// `face`, which finds the landmarks of portraits.
    pub face: PathBuf,
    /// Folder with the machine's ONNX Runtime.
    pub runtime: PathBuf,
    /// What `make setup` fetched.
    pub setup: PathBuf,
    /// The workspace.
    pub home: PathBuf,
    /// The lab's own files, made anew each time.
    pub work: PathBuf,
}

/// The settings of the lab's kiosk. Waits are long because an emulated processor is slow.
const SETTINGS: &str = r#"[kiosk]
id = "kiosk-lab"
site = "device-lab"
[paths]
state = "/var/lib/kiosk"
services = "/opt/kiosk/services"
manifest = "/opt/kiosk/manifest.toml"
weights = "/opt/kiosk/models"
onnxruntime = "/opt/kiosk/lib/libonnxruntime.so"
[key_store]
kind = "KEY_STORE"
[camera]
device = "/dev/video0"
[card_reader]
port = "/dev/ttyUSB0"
[panel]
look_here = { name = "LOOK_HERE" }
tamper = { name = "TAMPER", pull = "none" }
service_door = { name = "DOOR", pull = "none" }
[face]
max_gap_ms = 30000
[waits]
choose = 300
consent = 300
card = 300
capture = 600
commit = 120
receipt = 20
"#;

/// Room for the log, the event file and the sealed keys.
const STATE_BYTES: u64 = 64 << 20;

/// A read-only disk and what vouches for it: the root hash and where the hash tree begins.
pub struct Checked {
    /// The image.
    pub image: PathBuf,
    /// HASH,OFFSET
    pub verity: String,
}

impl Parts {
    /// The system.
    pub fn system(&self) -> Result<Checked, LabError> {
        let hash = self.image.join("root.hash");
        let text = fs::read_to_string(&hash).map_err(failed("read", &hash))?;
        Ok(Checked {
            image: self.image.join("root.img"),
            verity: text.trim().replace(' ', ","),
        })
    }

    /// The kiosk, its networks, its settings.
    pub fn kiosk_disk(&self) -> Result<Checked, LabError> {
        let tree = self.work.join("kiosk");
        let strip = tree.join("bin/kiosk");
        copy(&self.kiosk, &strip)?;
        host::run(
            Command::new(self.arch.strip())
                .arg("--strip-debug")
                .arg(&strip),
        )?;
        copy(&self.wlt, &tree.join("bin/kiosk-wlt"))?;
        copy(&self.lens, &tree.join("bin/hal-sim"))?;
        for program in &self.driver_tests {
            // NAME-HASH
            let name = program.file_name().unwrap_or_default().to_string_lossy();
            let name = name.rsplit_once('-').map_or(&*name, |(name, _)| name);
            copy(program, &tree.join("bin").join(name))?;
        }
        let dist = self.home.join("kiosk-app/dist");
        copy(
            &dist.join("kiosk.service"),
            &tree.join("systemd/kiosk.service"),
        )?;
        copy(
            &self.home.join("models/manifest.toml"),
            &tree.join("manifest.toml"),
        )?;
        copy_all(
            &self.home.join("kiosk-app/services"),
            &tree.join("services"),
        )?;
        copy_all(&self.setup.join("models"), &tree.join("models"))?;
        let runtime = self.runtime.join("libonnxruntime.so.1.31.1");
        copy(&runtime, &tree.join("lib/libonnxruntime.so"))?;
        let settings = tree.join("etc/kiosk.toml");
        fs::create_dir_all(tree.join("etc")).map_err(failed("create", &settings))?;
        let kind = if self.arch.has_tpm() { "tpm" } else { "file" };
        fs::write(&settings, SETTINGS.replace("KEY_STORE", kind))
            .map_err(failed("write", &settings))?;
        self.checked(&tree, "kiosk.img")
    }

    /// A folder as a read-only disk without a hash tree.
    pub fn plain(&self, tree: &Path, name: &str) -> Result<PathBuf, LabError> {
        let image = self.work.join(name);
        let pack = r#"tar -C "$1" --owner=0 --group=0 -c . | tar2sqfs --quiet --force --compressor lz4 "$2""#;
        host::run(
            Command::new("bash")
                .args(["-o", "pipefail", "-c", pack, "bash"])
                .arg(tree)
                .arg(&image),
        )?;
        Ok(image)
    }

    fn checked(&self, tree: &Path, name: &str) -> Result<Checked, LabError> {
        let image = self.plain(tree, name)?;
        let said = host::run(Command::new(self.recipe.join("verity.sh")).arg(&image))?;
        Ok(Checked {
            image,
            verity: said.trim().replace(' ', ","),
        })
    }

    /// An empty disk for the kiosk's state.
    pub fn state_disk(&self, image: &Path) -> Result<(), LabError> {
        let file = fs::File::create(image).map_err(failed("create", image))?;
        file.set_len(STATE_BYTES).map_err(failed("size", image))?;
        host::run(
            Command::new("/usr/sbin/mkfs.ext4")
                .args(["-q", "-F"])
                .arg(image),
        )
        .map(drop)
    }
}

/// Copies a file and makes the folder it goes to.
pub fn copy(from: &Path, to: &Path) -> Result<(), LabError> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed("create", folder))?;
    }
    fs::copy(from, to).map_err(failed("copy", from))?;
    // The kiosk is another user than who built it.
    let mode = if fs::metadata(to)
        .map_err(failed("look at", to))?
        .permissions()
        .mode()
        & 0o111
        == 0
    {
        0o644
    } else {
        0o755
    };
    fs::set_permissions(to, fs::Permissions::from_mode(mode)).map_err(failed("open up", to))
}

/// Copies the files of a folder.
pub fn copy_all(from: &Path, to: &Path) -> Result<(), LabError> {
    for entry in fs::read_dir(from).map_err(failed("read", from))? {
        let entry = entry.map_err(failed("read", from))?;
        if entry.path().is_file() {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
