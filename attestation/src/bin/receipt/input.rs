//! From what the user points to, to the text of a receipt. A picture is told from a text by its
//! content, not by its name; sizes are bounded before anything is decoded.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use attestation::qr::find_receipt;
use attestation::wallet::parts::{Joiner, PartError, is_part};
use attestation::{
    Credential, DecodeError, NotAKey, OperatorPublicKey, StatusList, StatusListError, TrustList,
    TrustListError,
};
use image::{GrayImage, ImageFormat, ImageReader, Limits};

/// Larger than any photo of a QR code needs to be.
const MAX_FILE_BYTES: u64 = 16 << 20;
/// The side of the largest picture that is decoded, in pixels.
const MAX_SIDE_PX: u32 = 8192;
/// The memory that decoding a picture may take, in bytes.
const MAX_ALLOC_BYTES: u64 = 256 << 20;
/// A key file is some hundred bytes.
const MAX_KEY_BYTES: u64 = 4096;
/// A credential is some two hundred bytes.
const MAX_CREDENTIAL_BYTES: u64 = 4096;

/// Why there is nothing to check.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// The file cannot be read.
    #[error("cannot read {path}; check that it is there and that you may read it")]
    Read { path: PathBuf, source: io::Error },
    /// The file is larger than anything that could be meant.
    #[error(
        "{path} is larger than {limit} bytes, so it is not what is asked for; give the right file"
    )]
    TooLarge { path: PathBuf, limit: u64 },
    /// The key file is something else.
    #[error("{path} is not an operator's public key; ask the operator for the file operator.pub")]
    Key { path: PathBuf, source: NotAKey },
    /// The trust list cannot be gone by.
    #[error("cannot go by the trust list {path} ({})", source.as_code())]
    Trust {
        path: PathBuf,
        source: TrustListError,
    },
    /// The status list cannot be gone by.
    #[error("cannot go by the status list {path} ({})", source.as_code())]
    Status {
        path: PathBuf,
        source: StatusListError,
    },
    /// The credential is something else.
    #[error("{path} is not a kiosk's credential; give the file that enrolment made")]
    Credential { path: PathBuf, source: DecodeError },
    /// The picture cannot be decoded.
    #[error("the picture {path} cannot be decoded; take it again, as PNG or JPEG")]
    Picture {
        path: PathBuf,
        source: image::ImageError,
    },
    /// No receipt is in the picture.
    #[error(
        "no receipt's QR code can be read in {path}; take the picture again: whole code, sharp, \
         straight, without glare"
    )]
    NoCode { path: PathBuf },
    /// A part of a wallet proof cannot be put to the others.
    #[error("cannot join {path} ({})", source.as_code())]
    Part { path: PathBuf, source: PartError },
    /// Some parts of a wallet proof are missing.
    #[error("{read} of {count} parts of the wallet proof are there; give all of them")]
    PartsMissing { read: usize, count: usize },
    /// Several files, but not the parts of one proof.
    #[error("{path} is no part of a wallet proof; give one receipt, or the parts of one proof")]
    Several { path: PathBuf },
    /// Neither a picture nor text.
    #[error("{path} is neither a PNG or JPEG picture nor the text of a receipt")]
    NeitherPictureNorText { path: PathBuf },
}

pub(crate) fn operator(path: &Path) -> Result<OperatorPublicKey, InputError> {
    let bytes = read(path, MAX_KEY_BYTES)?;
    OperatorPublicKey::parse(&String::from_utf8_lossy(&bytes)).map_err(|source| InputError::Key {
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn trust_list(
    path: &Path,
    operator: &OperatorPublicKey,
) -> Result<TrustList, InputError> {
    let bytes = read(path, TrustList::MAX_BYTES as u64)?;
    TrustList::decode(&bytes, operator).map_err(|source| InputError::Trust {
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn status_list(
    path: &Path,
    operator: &OperatorPublicKey,
) -> Result<StatusList, InputError> {
    let bytes = read(path, StatusList::MAX_BYTES as u64)?;
    StatusList::decode(&bytes, operator).map_err(|source| InputError::Status {
        path: path.to_owned(),
        source,
    })
}

pub(crate) fn credential(path: &Path) -> Result<Credential, InputError> {
    let bytes = read(path, MAX_CREDENTIAL_BYTES)?;
    Credential::from_cose(&bytes).map_err(|source| InputError::Credential {
        path: path.to_owned(),
        source,
    })
}

/// The text of a receipt: in one file, or, where it is a wallet proof in parts, in several.
pub(crate) fn receipt_text(paths: &[PathBuf]) -> Result<String, InputError> {
    let mut joiner = Joiner::new();
    let mut whole = None;
    for path in paths {
        let text = one_text(path)?;
        if !is_part(&text) {
            return match paths {
                [_] => Ok(text),
                _ => Err(InputError::Several { path: path.clone() }),
            };
        }
        whole = joiner.take(&text).map_err(|source| InputError::Part {
            path: path.clone(),
            source,
        })?;
    }
    whole
        .map(|whole| whole.to_string())
        .ok_or(InputError::PartsMissing {
            read: joiner.read(),
            count: joiner.count(),
        })
}

fn one_text(path: &Path) -> Result<String, InputError> {
    let bytes = read(path, MAX_FILE_BYTES)?;
    match image::guess_format(&bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg)) => read_code(path, bytes, format),
        _ => read_text(path, bytes),
    }
}

pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, InputError> {
    let failed = |source| InputError::Read {
        path: path.to_owned(),
        source,
    };
    let file: Box<dyn Read> = if path.as_os_str() == "-" {
        crate::standard_input()
    } else {
        Box::new(File::open(path).map_err(failed)?)
    };
    let mut bytes = Vec::new();
    let length = file.take(limit + 1).read_to_end(&mut bytes);
    if length.map_err(failed)? as u64 > limit {
        let path = path.to_owned();
        return Err(InputError::TooLarge { path, limit });
    }
    Ok(bytes)
}

/// The text as it is, without the line end that editors add.
fn read_text(path: &Path, bytes: Vec<u8>) -> Result<String, InputError> {
    let text = String::from_utf8(bytes).map_err(|_| InputError::NeitherPictureNorText {
        path: path.to_owned(),
    })?;
    Ok(text.trim_matches(['\r', '\n']).to_owned())
}

fn read_code(path: &Path, bytes: Vec<u8>, format: ImageFormat) -> Result<String, InputError> {
    let picture = decode(bytes, format).map_err(|source| InputError::Picture {
        path: path.to_owned(),
        source,
    })?;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    find_receipt(width, height, picture.as_raw()).ok_or_else(|| InputError::NoCode {
        path: path.to_owned(),
    })
}

fn decode(bytes: Vec<u8>, format: ImageFormat) -> image::ImageResult<GrayImage> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE_PX);
    limits.max_image_height = Some(MAX_SIDE_PX);
    limits.max_alloc = Some(MAX_ALLOC_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    Ok(reader.decode()?.into_luma8())
}
