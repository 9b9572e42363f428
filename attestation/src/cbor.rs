//! Deterministic CBOR (RFC 8949 §4.2.1) in and out, over `minicbor`. What we write is
//! deterministic because every map is written in the byte order of its keys; what we read is
//! accepted only if writing it again gives the same bytes. That one comparison refuses duplicate,
//! unknown and misordered keys, longer-than-needed numbers, indefinite lengths and trailing bytes.

use minicbor::{Decoder, Encoder};

use crate::name::{Name, NameError};

/// Why bytes are not what they should be.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not the CBOR that the format prescribes at this place.
    #[error("the CBOR does not have the prescribed structure")]
    Structure(#[from] minicbor::decode::Error),
    /// The structure is right, but it is not the one deterministic encoding of its content.
    #[error("the CBOR is not deterministically encoded (RFC 8949 §4.2.1), or bytes are added")]
    NotDeterministic,
    /// A number or text that the format does not know at this place.
    #[error("{what} is not one that this version knows")]
    Unknown {
        /// The thing that should have been known.
        what: &'static str,
    },
    /// A claim set or list of a version that this program does not know.
    #[error("the content is of version {0}, which this program does not know; use a newer one")]
    UnknownVersion(u64),
    /// An identifier with characters that may not be in one.
    #[error("an identifier is not well-formed")]
    Name(#[from] NameError),
}

/// Reads `bytes` and proves them to be the one encoding of what was read.
pub(crate) fn decode_strictly<'b, T>(
    bytes: &'b [u8],
    read: impl FnOnce(&mut Reader<'b>) -> Result<T, DecodeError>,
    write: impl FnOnce(&T) -> Vec<u8>,
) -> Result<T, DecodeError> {
    let value = read(&mut Reader::new(bytes))?;
    if write(&value) == bytes {
        Ok(value)
    } else {
        Err(DecodeError::NotDeterministic)
    }
}

/// Writes CBOR items one after the other, each in its shortest form.
pub(crate) struct Writer(Encoder<Vec<u8>>);

type Written<'e> =
    Result<&'e mut Encoder<Vec<u8>>, minicbor::encode::Error<std::convert::Infallible>>;

impl Writer {
    pub(crate) fn new() -> Self {
        Self(Encoder::new(Vec::new()))
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.into_writer()
    }

    pub(crate) fn array(&mut self, items: u64) -> &mut Self {
        self.put(|e| e.array(items))
    }

    pub(crate) fn map(&mut self, entries: u64) -> &mut Self {
        self.put(|e| e.map(entries))
    }

    pub(crate) fn tag(&mut self, tag: u64) -> &mut Self {
        self.put(|e| e.tag(minicbor::data::Tag::new(tag)))
    }

    pub(crate) fn uint(&mut self, value: u64) -> &mut Self {
        self.put(|e| e.u64(value))
    }

    /// The number of a value of an enumeration.
    pub(crate) fn code(&mut self, number: u8) -> &mut Self {
        self.uint(u64::from(number))
    }

    pub(crate) fn int(&mut self, value: i64) -> &mut Self {
        self.put(|e| e.i64(value))
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.put(|e| e.bytes(value))
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.put(|e| e.str(value))
    }

    /// Appends items that are already encoded.
    pub(crate) fn encoded(&mut self, items: &[u8]) -> &mut Self {
        self.0.writer_mut().extend_from_slice(items);
        self
    }

    #[expect(
        clippy::expect_used,
        reason = "the writer is a Vec, whose error type is Infallible"
    )]
    fn put(&mut self, write: impl FnOnce(&mut Encoder<Vec<u8>>) -> Written<'_>) -> &mut Self {
        write(&mut self.0).expect("writing to memory cannot fail");
        self
    }
}

/// Reads CBOR items that are known beforehand, one after the other.
pub(crate) struct Reader<'b>(Decoder<'b>);

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(Decoder::new(bytes))
    }

    /// An array of exactly `items`.
    pub(crate) fn array(&mut self, items: u64) -> Result<(), DecodeError> {
        known(self.0.array()? == Some(items), "the length of an array")
    }

    /// The length of an array that may have several.
    pub(crate) fn any_array(&mut self) -> Result<u64, DecodeError> {
        self.0.array()?.ok_or(DecodeError::NotDeterministic)
    }

    /// A map; its length is proven by the comparison that follows every reading.
    pub(crate) fn map(&mut self) -> Result<(), DecodeError> {
        self.0.map()?;
        Ok(())
    }

    pub(crate) fn tag(&mut self, tag: u64) -> Result<(), DecodeError> {
        known(self.0.tag()?.as_u64() == tag, "a tag")
    }

    pub(crate) fn uint(&mut self) -> Result<u64, DecodeError> {
        Ok(self.0.u64()?)
    }

    pub(crate) fn byte_string(&mut self) -> Result<&'b [u8], DecodeError> {
        Ok(self.0.bytes()?)
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        self.byte_string()?
            .try_into()
            .map_err(|_| DecodeError::Unknown {
                what: "the length of a byte string",
            })
    }

    pub(crate) fn text(&mut self) -> Result<&'b str, DecodeError> {
        Ok(self.0.str()?)
    }

    pub(crate) fn name(&mut self) -> Result<Name, DecodeError> {
        Ok(Name::new(self.text()?)?)
    }

    /// A number that stands for one of the values of an enumeration.
    pub(crate) fn coded<T>(
        &mut self,
        what: &'static str,
        from_number: impl FnOnce(u8) -> Option<T>,
    ) -> Result<T, DecodeError> {
        let number = u8::try_from(self.uint()?).ok();
        number
            .and_then(from_number)
            .ok_or(DecodeError::Unknown { what })
    }

    /// The next key of a map, which must be this one.
    fn key(&mut self, label: i64) -> Result<(), DecodeError> {
        known(self.0.i64()? == label, "a key")
    }

    /// Takes the next key of a map if it is this one.
    fn optional_key(&mut self, label: i64) -> bool {
        let found = self.0.probe().i64().is_ok_and(|key| key == label);
        found && self.0.i64().is_ok()
    }

    /// The value under the next key of a map, which must be this one.
    pub(crate) fn after<T>(
        &mut self,
        label: i64,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        self.key(label)?;
        read(self)
    }

    /// The value under the next key of a map if it is this one.
    pub(crate) fn after_optional<T>(
        &mut self,
        label: i64,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        self.optional_key(label).then(|| read(self)).transpose()
    }
}

fn known(it_is: bool, what: &'static str) -> Result<(), DecodeError> {
    if it_is {
        Ok(())
    } else {
        Err(DecodeError::Unknown { what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut writer = Writer::new();
        write(&mut writer);
        writer.finish()
    }

    #[test]
    fn the_examples_of_rfc_8949_appendix_a_are_written_byte_for_byte() {
        for (value, bytes) in [
            (0_u64, &[0x00][..]),
            (23, &[0x17]),
            (24, &[0x18, 0x18]),
            (100, &[0x18, 0x64]),
            (1_000, &[0x19, 0x03, 0xe8]),
            (1_000_000, &[0x1a, 0x00, 0x0f, 0x42, 0x40]),
            (
                1_000_000_000_000,
                &[0x1b, 0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0],
            ),
            (u64::MAX, &[0x1b, 255, 255, 255, 255, 255, 255, 255, 255]),
        ] {
            assert_eq!(written(|w| _ = w.uint(value)), bytes);
        }
        assert_eq!(written(|w| _ = w.int(-1)), [0x20]);
        assert_eq!(written(|w| _ = w.int(-1000)), [0x39, 0x03, 0xe7]);
        assert_eq!(written(|w| _ = w.bytes(&[1, 2, 3, 4])), [0x44, 1, 2, 3, 4]);
        assert_eq!(written(|w| _ = w.text("IETF")), *b"\x64IETF");
        assert_eq!(
            written(|w| _ = w.map(2).uint(1).uint(2).uint(3).uint(4)),
            [0xa2, 1, 2, 3, 4]
        );
    }

    #[test]
    fn only_the_one_encoding_is_read() {
        let read = |bytes: &[u8]| {
            decode_strictly(
                bytes,
                |r| {
                    r.map()?;
                    r.key(1)?;
                    r.uint()
                },
                |value| written(|w| _ = w.map(1).int(1).uint(*value)),
            )
        };
        assert_eq!(read(&[0xa1, 1, 5]).unwrap(), 5);
        for (bytes, why) in [
            (&[0xa1, 1, 5, 0][..], "a trailing byte"),
            (&[0xa1, 1, 0x18, 5], "a number longer than needed"),
            (&[0xa1, 0x18, 1, 5], "a key longer than needed"),
            (&[0xbf, 1, 5, 0xff], "an indefinite length"),
            (&[0xa2, 1, 5, 1, 5], "a duplicate key"),
            (&[0xa2, 1, 5, 2, 5], "an unknown key"),
            (&[0xa2, 1, 5], "a length that is not there"),
        ] {
            assert!(
                matches!(read(bytes), Err(DecodeError::NotDeterministic)),
                "{why}"
            );
        }
        assert!(read(&[0xa2, 0, 5, 1, 5]).is_err(), "misordered");
        assert!(read(&[]).is_err());
    }
}
