//! Which camera is meant, and where it is: a path, or the USB identity of the device, which stays
//! the same in whatever socket it is plugged. Found through sysfs, without opening anything.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::CameraError;

/// Where the kernel lists video devices.
const SYSFS: &str = "/sys/class/video4linux";
/// Where udev keeps names that stay the same when devices are plugged again.
const STABLE: [&str; 2] = ["/dev/v4l/by-id", "/dev/v4l/by-path"];

/// A camera as the settings name it: a path, or `usb:VENDOR:PRODUCT` or `usb:VENDOR:PRODUCT:SERIAL`
/// (numbers as four hexadecimal digits, as `lsusb` shows them).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CameraPlace {
    /// A device node or a link to one.
    Path(PathBuf),
    /// The first picture-giving node of a USB device.
    Usb(UsbIdentity),
}

/// Who made a USB device, and which one it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsbIdentity {
    /// idVendor.
    pub vendor: u16,
    /// idProduct.
    pub product: u16,
    /// iSerial, where the device has one.
    pub serial: Option<String>,
}

/// Why a text names no camera.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a path (/dev/v4l/by-id/...) nor usb:VENDOR:PRODUCT (usb:046d:0825)")]
pub struct NotAPlace(String);

impl FromStr for CameraPlace {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let wrong = || NotAPlace(text.to_owned());
        if text.starts_with('/') {
            return Ok(Self::Path(text.into()));
        }
        let mut parts = text.strip_prefix("usb:").ok_or_else(wrong)?.splitn(3, ':');
        let mut number = || parts.next().and_then(hex);
        let (vendor, product) = (number().ok_or_else(wrong)?, number().ok_or_else(wrong)?);
        let serial = parts.next().map(str::to_owned);
        Ok(Self::Usb(UsbIdentity {
            vendor,
            product,
            serial,
        }))
    }
}

fn hex(text: &str) -> Option<u16> {
    (text.len() == 4).then(|| u16::from_str_radix(text, 16).ok())?
}

impl CameraPlace {
    /// The device node as it is now.
    ///
    /// # Errors
    /// [`CameraError::NotFound`] if no such camera is plugged in.
    pub fn resolve(&self) -> Result<PathBuf, CameraError> {
        match self {
            Self::Path(path) => Ok(path.clone()),
            Self::Usb(wanted) => nodes(Path::new(SYSFS))
                .into_iter()
                .find(|node| node.usb.as_ref().is_some_and(|usb| wanted.covers(usb)))
                .map(|node| node.path())
                .ok_or_else(|| CameraError::NotFound {
                    device: self.to_string(),
                }),
        }
    }
}

impl UsbIdentity {
    /// Whether that device is the one meant; without a serial number any of its model is.
    fn covers(&self, other: &Self) -> bool {
        (self.vendor, self.product) == (other.vendor, other.product)
            && (self.serial.is_none() || self.serial == other.serial)
    }
}

impl fmt::Display for CameraPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Usb(usb) => write!(f, "{usb}"),
        }
    }
}

impl fmt::Display for UsbIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "usb:{:04x}:{:04x}", self.vendor, self.product)?;
        match &self.serial {
            Some(serial) => write!(f, ":{serial}"),
            None => Ok(()),
        }
    }
}

/// A video node as the kernel lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// `video0`.
    pub(super) node: String,
    /// The name the driver gives it.
    pub(super) name: String,
    /// Which of a device's nodes it is: a USB camera's pictures come from its first one, the others
    /// carry metadata.
    pub(super) index: u32,
    pub(super) usb: Option<UsbIdentity>,
}

impl Node {
    pub(super) fn path(&self) -> PathBuf {
        Path::new("/dev").join(&self.node)
    }

    /// The link that udev made for it, if any: by identity before by socket.
    pub(super) fn stable(&self) -> Option<PathBuf> {
        STABLE
            .iter()
            .find_map(|folder| link_to(Path::new(folder), &self.node))
    }
}

/// All video nodes, those of the lowest number first.
pub(super) fn all_nodes() -> Vec<Node> {
    nodes(Path::new(SYSFS))
}

fn nodes(sysfs: &Path) -> Vec<Node> {
    let entries = fs::read_dir(sysfs).into_iter().flatten().flatten();
    let mut nodes: Vec<(u32, Node)> = entries.filter_map(|entry| node(&entry.path())).collect();
    nodes.sort_by_key(|(number, node)| (node.index, *number));
    nodes.into_iter().map(|(_, node)| node).collect()
}

fn node(path: &Path) -> Option<(u32, Node)> {
    let node = path.file_name()?.to_str()?.to_owned();
    let number = node.strip_prefix("video")?.parse().ok()?;
    let index = text(&path.join("index")).and_then(|i| i.parse().ok());
    Some((
        number,
        Node {
            name: text(&path.join("name")).unwrap_or_else(|| String::from("camera")),
            index: index.unwrap_or(0),
            usb: usb(&path.join("device")),
            node,
        },
    ))
}

/// The identity of the USB device to which an interface belongs: it stands in the folder above.
fn usb(interface: &Path) -> Option<UsbIdentity> {
    let device = fs::canonicalize(interface).ok()?;
    let device = device.parent()?;
    let number = |name: &str| text(&device.join(name)).as_deref().and_then(hex);
    Some(UsbIdentity {
        vendor: number("idVendor")?,
        product: number("idProduct")?,
        serial: text(&device.join("serial")),
    })
}

/// A line of sysfs. Names may be cut inside a character.
fn text(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

fn link_to(folder: &Path, node: &str) -> Option<PathBuf> {
    let links = fs::read_dir(folder).ok()?.flatten().map(|link| link.path());
    let mut links: Vec<PathBuf> = links
        .filter(|link| {
            fs::canonicalize(link).is_ok_and(|to| to.file_name().is_some_and(|n| n == node))
        })
        .collect();
    links.sort();
    links.into_iter().next()
}

/// The name the kernel shows for a node. Read from sysfs: VIDIOC_QUERYCAP cuts long names inside a
/// character, and the `v4l` crate panics on that.
pub(super) fn model_name(path: &Path) -> String {
    let node = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    node.file_name()
        .and_then(|node| text(&Path::new(SYSFS).join(node).join("name")))
        .unwrap_or_else(|| String::from("camera"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_place_is_a_path_or_a_usb_identity() {
        let place = |text: &str| text.parse::<CameraPlace>();
        assert_eq!(
            place("/dev/video2"),
            Ok(CameraPlace::Path("/dev/video2".into()))
        );
        for text in ["usb:046d:0825", "usb:1bcf:2c99:SN:0001"] {
            assert_eq!(place(text).unwrap().to_string(), text);
        }
        for text in ["video0", "usb:46d:825", "usb:046d", "usb:046d:08zz", ""] {
            assert!(place(text).is_err(), "{text}");
        }
    }

    /// A tree like sysfs: two USB cameras of one model with a node for pictures and one for
    /// metadata each, and a node that is on no USB.
    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for (device, serial) in [("1-1", "AAAA"), ("1-2", "BBBB")] {
            write(&format!("devices/{device}/idVendor"), "046d\n");
            write(&format!("devices/{device}/idProduct"), "0825\n");
            write(&format!("devices/{device}/serial"), serial);
            let interface = root.path().join(format!("devices/{device}/{device}:1.0"));
            fs::create_dir_all(interface).unwrap();
        }
        let nodes = [
            ("video0", 0, None),
            ("video3", 0, Some("1-1")),
            ("video2", 1, Some("1-1")),
            ("video10", 0, Some("1-2")),
        ];
        for (node, index, device) in nodes {
            write(&format!("class/{node}/index"), &format!("{index}\n"));
            write(&format!("class/{node}/name"), "Webcam C270\n");
            if let Some(device) = device {
                let interface = root.path().join(format!("devices/{device}/{device}:1.0"));
                symlink(interface, root.path().join(format!("class/{node}/device"))).unwrap();
            }
        }
        root
    }

    #[test]
    fn a_usb_camera_is_found_by_identity_and_metadata_nodes_come_last() {
        let root = tree();
        let found = nodes(&root.path().join("class"));
        let order: Vec<&str> = found.iter().map(|node| node.node.as_str()).collect();
        assert_eq!(order, ["video0", "video3", "video10", "video2"]);
        let first = |text: &str| {
            let CameraPlace::Usb(wanted) = text.parse().unwrap() else {
                unreachable!()
            };
            let node = found
                .iter()
                .find(|node| node.usb.as_ref().is_some_and(|usb| wanted.covers(usb)));
            node.map(|node| node.node.as_str())
        };
        assert_eq!(first("usb:046d:0825"), Some("video3"));
        assert_eq!(first("usb:046d:0825:BBBB"), Some("video10"));
        assert_eq!(first("usb:046d:0826"), None);
    }

    #[test]
    fn a_link_of_udev_names_a_node_that_keeps_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let node = folder.path().join("video7");
        fs::write(&node, "").unwrap();
        let link = folder.path().join("usb-046d_0825-video-index0");
        symlink(&node, &link).unwrap();
        assert_eq!(link_to(folder.path(), "video7"), Some(link));
        assert_eq!(link_to(folder.path(), "video8"), None);
    }
}
