//! Data group 2 (ICAO 9303-10, 4.7.2): the portrait, as a face image record of ISO/IEC
//! 19794-5:2005 with a JPEG or JPEG 2000 picture, and its decoding into pixels.

use std::fmt;

use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};
use zeroize::Zeroizing;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::File;
use crate::card::emrtd::tlv::{self, TlvError};
use crate::jpeg::guarded;

const TAG_GROUP_TEMPLATE: u32 = 0x7F61;
const TAG_TEMPLATE: u32 = 0x7F60;
/// Biometric data block, primitive and constructed.
const TAGS_BLOCK: [u32; 2] = [0x5F2E, 0x7F2E];
/// ISO/IEC 19794-5:2005, 5.4: format identifier and version.
const RECORD_MAGIC: &[u8] = b"FAC\x00010\x00";
/// ISO/IEC 19794-5:2005, 5.4: facial record header.
const RECORD_HEADER_LEN: usize = 14;
/// ISO/IEC 19794-5:2005, 5.5: facial information block.
const FACE_HEADER_LEN: usize = 20;
/// ISO/IEC 19794-5:2005, 5.6: one feature point.
const FEATURE_LEN: usize = 8;
/// ISO/IEC 19794-5:2005, 5.7: image information block.
const IMAGE_HEADER_LEN: usize = 12;
/// Largest side of a portrait; those of documents have some 400 to 900 pixels.
const MAX_SIDE_PX: u32 = 2048;
/// Smallest side: no face could be compared below it.
const MIN_SIDE_PX: u32 = 64;

/// Why there is no usable portrait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaceError {
    /// The data objects are malformed.
    #[error("the data objects around the portrait are malformed")]
    Malformed(#[source] TlvError),
    /// The face image record is malformed or of another version.
    #[error("the face image record is malformed or of an unknown version")]
    Record,
    /// The picture is neither JPEG nor JPEG 2000.
    #[error("the portrait is neither JPEG nor JPEG 2000")]
    Coding,
    /// The picture does not decode.
    #[error("the portrait does not decode")]
    Damaged,
    /// The picture is too small or too large.
    #[error("the portrait has {0}×{1} pixels, which no portrait has")]
    Size(u32, u32),
}

impl From<TlvError> for FaceError {
    fn from(error: TlvError) -> Self {
        Self::Malformed(error)
    }
}

/// In what coding a portrait is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PortraitCoding {
    /// JPEG (ISO/IEC 10918-1).
    Jpeg,
    /// JPEG 2000 (ISO/IEC 15444-1), as a file or a bare codestream.
    Jpeg2000,
}

/// The portrait of a document, encoded.
#[derive(Clone, PartialEq, Eq)]
pub struct Portrait {
    bytes: Zeroizing<Vec<u8>>,
    coding: PortraitCoding,
}

/// A portrait as pixels, zeroed when dropped.
pub struct PortraitPicture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Three bytes a pixel, red first, in rows.
    pub rgb: Zeroizing<Vec<u8>>,
}

impl Portrait {
    /// Reads data group 2; where there are several pictures, the first.
    ///
    /// # Errors
    /// [`FaceError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FaceError> {
        let content = tlv::only(bytes, File::DataGroup(2).tag())?;
        let group = tlv::expect(&mut &*content, TAG_GROUP_TEMPLATE)?;
        let missing = |expected| TlvError::Unexpected { expected, found: 0 };
        let template = tlv::find(group, TAG_TEMPLATE)?.ok_or(missing(TAG_TEMPLATE))?;
        for object in tlv::objects(template) {
            let object = object?;
            if TAGS_BLOCK.contains(&object.tag) {
                return Self::from_record(object.value);
            }
        }
        Err(missing(TAGS_BLOCK[0]).into())
    }

    /// Reads a face image record (ISO/IEC 19794-5:2005, 5).
    fn from_record(record: &[u8]) -> Result<Self, FaceError> {
        let (header, faces) = record
            .split_at_checked(RECORD_HEADER_LEN)
            .filter(|(header, _)| header.starts_with(RECORD_MAGIC))
            .ok_or(FaceError::Record)?;
        if header[12..] == [0, 0] {
            return Err(FaceError::Record); // no face at all
        }
        let length = faces.first_chunk().map(|b| u32::from_be_bytes(*b));
        let length = usize::try_from(length.ok_or(FaceError::Record)?);
        let face = length.ok().and_then(|len| faces.get(..len));
        let face = face.ok_or(FaceError::Record)?;
        let features = face.get(4..6).ok_or(FaceError::Record)?;
        let features = usize::from(features[0]) << 8 | usize::from(features[1]);
        let start = FACE_HEADER_LEN + features * FEATURE_LEN + IMAGE_HEADER_LEN;
        Self::from_picture(face.get(start..).ok_or(FaceError::Record)?)
    }

    /// Takes an encoded picture. Its own first bytes say what it is: the field in the record is
    /// wrong in some documents.
    ///
    /// # Errors
    /// [`FaceError::Coding`].
    pub fn from_picture(bytes: &[u8]) -> Result<Self, FaceError> {
        let coding = match bytes {
            [0xFF, 0xD8, 0xFF, ..] => PortraitCoding::Jpeg,
            [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', ..] | [0xFF, 0x4F, 0xFF, 0x51, ..] => {
                PortraitCoding::Jpeg2000
            }
            _ => return Err(FaceError::Coding),
        };
        Ok(Self {
            bytes: Zeroizing::new(bytes.to_vec()),
            coding,
        })
    }

    /// The encoded picture. Every call is a place to review for leaks.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        &self.bytes
    }

    /// The encoded picture, given away.
    #[must_use]
    pub fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }

    /// How the picture is encoded.
    #[must_use]
    pub fn coding(&self) -> PortraitCoding {
        self.coding
    }

    /// Decodes the picture.
    ///
    /// # Errors
    /// [`FaceError`].
    pub fn decode(&self) -> Result<PortraitPicture, FaceError> {
        match self.coding {
            PortraitCoding::Jpeg => guarded(&self.bytes, || Some(jpeg(&self.bytes))),
            PortraitCoding::Jpeg2000 => guarded(&self.bytes, || Some(jpeg_2000(&self.bytes))),
        }
        .unwrap_or(Err(FaceError::Damaged))
    }
}

impl fmt::Debug for Portrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[portrait, {:?}]", self.coding)
    }
}

impl fmt::Debug for PortraitPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[portrait, {}×{}]", self.width, self.height)
    }
}

fn check_size(width: u32, height: u32) -> Result<(), FaceError> {
    let sides = MIN_SIDE_PX..=MAX_SIDE_PX;
    (sides.contains(&width) && sides.contains(&height))
        .then_some(())
        .ok_or(FaceError::Size(width, height))
}

fn jpeg(bytes: &[u8]) -> Result<PortraitPicture, FaceError> {
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_max_width(MAX_SIDE_PX as usize)
        .set_max_height(MAX_SIDE_PX as usize);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| FaceError::Damaged)?;
    let (width, height) = decoder.dimensions().ok_or(FaceError::Damaged)?;
    let (width, height) = (px(width)?, px(height)?);
    check_size(width, height)?;
    let rgb = Zeroizing::new(decoder.decode().map_err(|_| FaceError::Damaged)?);
    finished(width, height, rgb)
}

fn jpeg_2000(bytes: &[u8]) -> Result<PortraitPicture, FaceError> {
    let image = Image::new(bytes, &DecodeSettings::default()).map_err(|_| FaceError::Damaged)?;
    let (width, height) = (image.width(), image.height());
    check_size(width, height)?;
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|_| FaceError::Damaged)?;
    let samples = Zeroizing::new(decoded.data_u8());
    let pixels = width as usize * height as usize;
    let channels = samples.len() / pixels; // at least 64² pixels
    let rgb = match channels {
        1 | 2 => samples
            .chunks_exact(channels)
            .flat_map(|p| [p[0]; 3])
            .collect(),
        3 | 4 => samples
            .chunks_exact(channels)
            .flat_map(|p| [p[0], p[1], p[2]])
            .collect(),
        _ => return Err(FaceError::Damaged),
    };
    finished(width, height, Zeroizing::new(rgb))
}

fn finished(
    width: u32,
    height: u32,
    rgb: Zeroizing<Vec<u8>>,
) -> Result<PortraitPicture, FaceError> {
    let picture = PortraitPicture { width, height, rgb };
    (picture.rgb.len() == width as usize * height as usize * 3)
        .then_some(picture)
        .ok_or(FaceError::Damaged)
}

fn px(side: usize) -> Result<u32, FaceError> {
    u32::try_from(side).map_err(|_| FaceError::Damaged)
}
