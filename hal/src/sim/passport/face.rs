//! DG2: the portrait in a facial record of ISO/IEC 19794-5:2005 in a biometric information
//! template of ISO/IEC 7816-11, as ICAO 9303-10, 4.7.2 has it.

use crate::card::emrtd::tlv::encode;

/// Pixels of a portrait of 35×45 mm at 300 dots per inch.
pub(super) const WIDTH: u32 = 413;
/// See [`WIDTH`].
pub(super) const HEIGHT: u32 = 531;

/// CBEFF biometric type: facial features (ISO/IEC 19785).
const FACIAL_FEATURES: [u8; 1] = [2];
/// CBEFF format owner: ISO/IEC JTC 1/SC 37.
const SC_37: [u8; 2] = [1, 1];
/// CBEFF format type: 19794-5.
const FACE_IMAGE: [u8; 2] = [0, 8];
/// Bytes of the facial record's header, of its information block and of its image block.
const HEADER: usize = 14;
const FACE_INFORMATION: usize = 20;
const IMAGE_INFORMATION: usize = 12;

/// The file, for a portrait of this many pixels.
pub(super) fn dg2(portrait: &[u8], (width, height): (u16, u16)) -> Vec<u8> {
    let header = [
        encode(0x80, &[1, 1]), // version of the header
        encode(0x81, &FACIAL_FEATURES),
        encode(0x82, &[0]), // no subtype
        encode(0x87, &SC_37),
        encode(0x88, &FACE_IMAGE),
    ]
    .concat();
    let record = facial_record(portrait, width, height);
    let template = [encode(0xA1, &header), encode(0x5F2E, &record)].concat();
    let group = [encode(0x02, &[1]), encode(0x7F60, &template)].concat();
    encode(0x75, &encode(0x7F61, &group))
}

fn facial_record(portrait: &[u8], width: u16, height: u16) -> Vec<u8> {
    let face = FACE_INFORMATION + IMAGE_INFORMATION + portrait.len();
    let coding = u8::from(!portrait.starts_with(&[0xFF, 0xD8])); // 0 JPEG, 1 JPEG 2000
    let mut record = Vec::with_capacity(HEADER + face);
    record.extend_from_slice(b"FAC\x00010\x00");
    record.extend(((HEADER + face) as u32).to_be_bytes());
    record.extend(1_u16.to_be_bytes()); // faces
    record.extend((face as u32).to_be_bytes());
    record.extend([0; FACE_INFORMATION - 4]); // no feature points, everything unspecified
    record.extend([1, coding]); // full frontal
    record.extend(width.to_be_bytes());
    record.extend(height.to_be_bytes());
    record.extend([1, 2, 0, 0, 0, 0]); // sRGB, from a digital still camera, device and quality unknown
    record.extend_from_slice(portrait);
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_what_follows() {
        let portrait = [&[0xFF, 0xD8][..], &[7; 300]].concat();
        let file = dg2(&portrait, (413, 531));
        let start = file.windows(4).position(|w| w == b"FAC\0").unwrap();
        let record = &file[start..];
        assert_eq!(record[8..12], (record.len() as u32).to_be_bytes());
        assert_eq!(record[14..18], (record.len() as u32 - 14).to_be_bytes());
        assert_eq!(record[34..36], [1, 0]);
        assert_eq!(record[46..], portrait);
    }
}
