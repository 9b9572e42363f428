//! What all stories share: the parts, the reader on the host, and one machine that stays under power
//! from story to story unless a story needs one of its own.

use std::fs;
use std::path::{Path, PathBuf};

use crate::disks::Parts;
use crate::error::{LabError, chain, failed};
use crate::kiosk;
use crate::machine::{Blueprint, Body, Machine};
use crate::panel;
use crate::pictures::{self, Person};
use crate::reader::Reader;

/// The lab.
pub struct Lab {
    /// What it is made of.
    pub parts: Parts,
    /// The machine's plan.
    pub blueprint: Blueprint,
    /// The card reader.
    pub reader: Reader,
    /// How often the power is cut.
    pub cuts: u32,
    /// What makes chance repeatable.
    pub seed: u64,
    running: Option<Machine>,
}

impl Lab {
    /// Makes the disks and starts the reader.
    pub fn set_up(parts: Parts, cuts: u32, seed: u64) -> Result<Self, LabError> {
        fs::create_dir_all(&parts.work).map_err(failed("create", &parts.work))?;
        let blueprint = Blueprint {
            arch: parts.arch,
            image: parts.image.clone(),
            system: parts.system()?,
            kiosk: parts.kiosk_disk()?,
            pictures: pictures::disk(&parts)?,
            folder: parts.work.clone(),
        };
        let reader = Reader::start(&parts)?;
        Ok(Self {
            parts,
            blueprint,
            reader,
            cuts,
            seed,
            running: None,
        })
    }

    /// A folder for a story.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.parts.work.join(name)
    }

    /// Disk and TPM of a kiosk that is provisioned and enrolled, but has never run. Made once.
    pub fn enrolled(&mut self) -> Result<Body, LabError> {
        let body = Body::in_folder(&self.folder("enrolled"));
        if body.state.exists() {
            return Ok(body);
        }
        let draft = Body::in_folder(&self.folder("new"));
        fs::create_dir_all(self.folder("new")).map_err(failed("create", &draft.state))?;
        self.parts.state_disk(&draft.state)?;
        self.running = None;
        let mut machine = Machine::start(&self.blueprint, &draft, &self.reader.port)?;
        kiosk::provision(&mut machine, &self.parts)?;
        machine.shell.run("sync; umount /var/lib/kiosk")?;
        machine.cut_power();
        draft.copy_to(&self.folder("enrolled"))
    }

    /// Switches on this machine; the shared one is switched off.
    pub fn switch_on(&mut self, body: &Body) -> Result<Machine, LabError> {
        self.running = None;
        let mut machine = Machine::start(&self.blueprint, body, &self.reader.port)?;
        panel::build(&mut machine)?;
        Ok(machine)
    }

    /// The shared machine with the kiosk running and the holder before the camera, and the reader.
    pub fn kiosk(&mut self) -> Result<(&mut Machine, &mut Reader), LabError> {
        if self.running.is_none() {
            let body = self.enrolled()?.copy_to(&self.folder("shared"))?;
            let mut machine = self.switch_on(&body)?;
            kiosk::plug_camera(&mut machine, Person::Holder)?;
            kiosk::start(&mut machine)?;
            self.running = Some(machine);
        }
        match &mut self.running {
            Some(machine) => Ok((machine, &mut self.reader)),
            None => Err(LabError::Otherwise(String::from(
                "the shared machine is gone",
            ))),
        }
    }

    /// Lets go of the shared machine after a story that failed; saves what its screen shows and what
    /// the kiosk said.
    pub fn give_up(&mut self, story: &str) {
        if let Some(mut machine) = self.running.take() {
            let kept = machine
                .picture(&format!("failed-{story}"))
                .and_then(|_| machine.shell.attempt("journalctl -u kiosk -u 'lens-*' -n 60 --no-pager; tail -n 20 /var/lib/kiosk/events.jsonl"))
                .and_then(|said| {
                    let path = self.parts.work.join(format!("failed-{story}.log"));
                    fs::write(&path, said.text).map_err(failed("write", &path))
                });
            if let Err(error) = kept {
                eprintln!("    nothing could be kept of {story}: {}", chain(&error));
            }
        }
    }

    /// Switches off the shared machine.
    pub fn rest(&mut self) {
        self.running = None;
    }
}

/// The workspace's root, from this crate's folder.
pub fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}
