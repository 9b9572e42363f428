//! The logical data structure (ICAO 9303-10): which files a chip has and what is in them. Bytes
//! of a file in, checked contents out; sizes are bounded before anything is allocated.

mod details;
mod face;
mod file;
mod security_info;

pub use details::{HolderDetails, IssueDetails};
pub use face::{FaceError, Portrait, PortraitCoding, PortraitPicture};
pub use file::File;
pub use security_info::{ChipKey, SecurityInfos};

use super::mrz::{Mrz, MrzError};
use super::tlv::{self, TlvError};

const TAG_MRZ: u32 = 0x5F1F;

/// Why a file is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LdsError {
    /// Its data objects are malformed.
    #[error("{0} is malformed")]
    Malformed(File, #[source] TlvError),
    /// The machine-readable zone in it does not hold together.
    #[error("the machine-readable zone in data group 1 does not hold together")]
    Mrz(#[source] MrzError),
    /// The portrait in it is not usable.
    #[error("the portrait in data group 2 is not usable")]
    Face(#[source] FaceError),
    /// The public key in it is not supported.
    #[error("the public key in {0} is malformed or not supported")]
    Key(File),
}

/// Reads data group 1: the machine-readable zone.
///
/// # Errors
/// [`LdsError`].
pub fn data_group_1(bytes: &[u8]) -> Result<Mrz, LdsError> {
    let malformed = |e| LdsError::Malformed(File::DataGroup(1), e);
    let content = tlv::only(bytes, File::DataGroup(1).tag()).map_err(malformed)?;
    let mrz = tlv::only(content, TAG_MRZ).map_err(malformed)?;
    let text = std::str::from_utf8(mrz).map_err(|_| LdsError::Mrz(MrzError::Sign))?;
    Mrz::parse(text).map_err(LdsError::Mrz)
}

/// Reads data group 15: the public key of active authentication.
///
/// # Errors
/// [`LdsError`].
pub fn data_group_15(bytes: &[u8]) -> Result<super::pki::PublicKey, LdsError> {
    let file = File::DataGroup(15);
    let key = tlv::only(bytes, file.tag()).map_err(|e| LdsError::Malformed(file, e))?;
    super::pki::PublicKey::from_der(key).map_err(|_| LdsError::Key(file))
}
