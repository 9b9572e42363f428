//! Somebody changes the kiosk's disk: dm-verity refuses the block.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use crate::disks::Checked;
use crate::error::{LabError, ensure, failed};
use crate::lab::Lab;
use crate::machine::{Blueprint, Machine};

/// Reads everything the kiosk is made of.
const READ_ALL: &str = "cat /opt/kiosk/bin/* /opt/kiosk/lib/* /opt/kiosk/models/* >/dev/null; r=$?; \
                        dmesg | grep -i verity; exit $r";

pub fn tell(lab: &mut Lab) -> Result<String, LabError> {
    let body = lab.enrolled()?.copy_to(&lab.folder("verity"))?;
    let mut machine = lab.switch_on(&body)?;
    machine.shell.run(READ_ALL)?;
    machine.cut_power();

    let intact = &lab.blueprint;
    let changed = lab.folder("changed.img");
    fs::copy(&intact.kiosk.image, &changed).map_err(failed("copy", &changed))?;
    change_a_bit(&changed)?;
    let blueprint = Blueprint {
        arch: intact.arch,
        image: intact.image.clone(),
        system: Checked {
            image: intact.system.image.clone(),
            verity: intact.system.verity.clone(),
        },
        kiosk: Checked {
            image: changed,
            verity: intact.kiosk.verity.clone(),
        },
        pictures: intact.pictures.clone(),
        folder: intact.folder.clone(),
    };
    let mut machine = Machine::start(&blueprint, &body, &lab.reader.port)?;
    let said = machine.shell.attempt(READ_ALL)?;
    ensure(said.status != 0, || String::from("a changed file was read"))?;
    ensure(said.text.contains("is corrupted"), || {
        format!("the kernel did not say why: {}", said.text)
    })?;
    Ok(String::from(
        "the intact disk is read whole; one changed bit, and the kernel refuses its block as corrupted",
    ))
}

/// One bit in the middle of the disk, which is the contents of a file.
fn change_a_bit(image: &Path) -> Result<(), LabError> {
    let bytes = fs::read(image).map_err(failed("read", image))?;
    let middle = bytes.len() / 2;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .open(image)
        .map_err(failed("open", image))?;
    file.seek(SeekFrom::Start(middle as u64))
        .map_err(failed("change", image))?;
    file.write_all(&[bytes[middle] ^ 1])
        .map_err(failed("change", image))
}
