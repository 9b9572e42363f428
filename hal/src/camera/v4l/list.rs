//! Which cameras are plugged in, for a technician who chooses one.

use std::path::PathBuf;

use ::v4l::framesize::FrameSizeEnum;
use ::v4l::video::Capture;
use ::v4l::{Device, FourCC};

use crate::camera::place::{Node, all_nodes};
use crate::camera::{Coding, UsbIdentity};

/// A camera that is plugged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraInfo {
    /// The device node now; it may be another one after the next start.
    pub node: PathBuf,
    /// A link that stays the same, where udev made one.
    pub stable: Option<PathBuf>,
    /// The name that the driver gives it.
    pub name: String,
    /// Its USB identity, if it is on USB.
    pub usb: Option<UsbIdentity>,
    /// Codings that we understand, each with its largest size; 0×0 where the driver does not tell.
    pub codings: Vec<(Coding, u32, u32)>,
}

/// The cameras that are plugged in. Nodes that cannot be opened or do not capture are left out.
#[must_use]
pub fn cameras() -> Vec<CameraInfo> {
    all_nodes().iter().filter_map(info).collect()
}

fn info(node: &Node) -> Option<CameraInfo> {
    let device = Device::with_path(node.path()).ok()?;
    // Metadata and output nodes have no capture format.
    Capture::format(&device).ok()?;
    let codings = Coding::ALL
        .into_iter()
        .filter_map(|coding| offered(&device, coding));
    Some(CameraInfo {
        node: node.path(),
        stable: node.stable(),
        name: node.name.clone(),
        usb: node.usb.clone(),
        codings: codings.collect(),
    })
}

/// The largest size of a coding that the device has.
fn offered(device: &Device, coding: Coding) -> Option<(Coding, u32, u32)> {
    let mut four_cc = [b' '; 4];
    four_cc.copy_from_slice(coding.four_cc().as_bytes());
    let sizes = Capture::enum_framesizes(device, FourCC::new(&four_cc)).ok()?;
    let largest = sizes
        .iter()
        .map(|size| match &size.size {
            FrameSizeEnum::Discrete(size) => (size.width, size.height),
            FrameSizeEnum::Stepwise(sizes) => (sizes.max_width, sizes.max_height),
        })
        .max_by_key(|(width, height)| u64::from(*width) * u64::from(*height));
    let (width, height) = largest.unwrap_or_default();
    Some((coding, width, height))
}
