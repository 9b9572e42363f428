//! BER-TLV data objects (ISO/IEC 7816-4, 5.2.2; ISO/IEC 8825-1): bytes in, tag and value out,
//! and back. Only what travel documents use: tags of up to three bytes, definite lengths below
//! 2^24. Nothing is allocated for a length that is only announced.

/// Why bytes are no data object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlvError {
    /// The bytes end within the tag, the length or the value.
    #[error("a data object ends before its announced end")]
    Truncated,
    /// No tag (`00` is none), or one of more than three bytes.
    #[error("a data object has no tag or one of more than three bytes")]
    Tag,
    /// An indefinite length, or one of more than three bytes.
    #[error("a data object has a length that is indefinite or of more than three bytes")]
    Length,
    /// Another object stands where this one should.
    #[error("data object '{found:X}' stands where '{expected:X}' should")]
    Unexpected {
        /// Tag that should be there.
        expected: u32,
        /// Tag that is there.
        found: u32,
    },
    /// There are bytes after the object that should be the last.
    #[error("there are {0} bytes after the last data object")]
    Trailing(usize),
}

/// One data object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// Its tag, as the bytes it has: `0x87`, `0x7F49`.
    pub tag: u32,
    /// Its value.
    pub value: &'a [u8],
    /// The whole object as it was.
    pub encoded: &'a [u8],
}

/// What the first bytes of an object say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its tag.
    pub tag: u32,
    /// Length of tag and length field.
    pub header_len: usize,
    /// Length of its value.
    pub value_len: usize,
}

impl Header {
    /// Length of the whole object.
    #[must_use]
    pub fn total(&self) -> usize {
        self.header_len + self.value_len // each below 2^24 + 8
    }
}

/// Reads tag and length at the start of `bytes`.
///
/// # Errors
/// [`TlvError`].
pub fn header(bytes: &[u8]) -> Result<Header, TlvError> {
    let (tag, tag_len) = tag(bytes)?;
    let rest = bytes.get(tag_len..).ok_or(TlvError::Truncated)?;
    let (value_len, len_len) = length(rest)?;
    Ok(Header {
        tag,
        header_len: tag_len + len_len,
        value_len,
    })
}

fn tag(bytes: &[u8]) -> Result<(u32, usize), TlvError> {
    let first = *bytes.first().ok_or(TlvError::Truncated)?;
    let mut tag = u32::from(first);
    if first == 0 {
        return Err(TlvError::Tag);
    }
    if first & 0x1F != 0x1F {
        return Ok((tag, 1));
    }
    for i in 1..3 {
        let next = *bytes.get(i).ok_or(TlvError::Truncated)?;
        tag = tag << 8 | u32::from(next);
        if next & 0x80 == 0 {
            return Ok((tag, i + 1));
        }
    }
    Err(TlvError::Tag)
}

fn length(bytes: &[u8]) -> Result<(usize, usize), TlvError> {
    let first = *bytes.first().ok_or(TlvError::Truncated)?;
    let count = match first {
        0..=0x7F => return Ok((usize::from(first), 1)),
        0x81..=0x83 => usize::from(first & 0x7F),
        _ => return Err(TlvError::Length),
    };
    let digits = bytes.get(1..=count).ok_or(TlvError::Truncated)?;
    let value = digits.iter().fold(0, |n, d| n << 8 | usize::from(*d));
    Ok((value, count + 1))
}

/// Takes the first object off `bytes`.
///
/// # Errors
/// [`TlvError`].
pub fn take<'a>(bytes: &mut &'a [u8]) -> Result<Tlv<'a>, TlvError> {
    let header = header(bytes)?;
    let (encoded, rest) = bytes
        .split_at_checked(header.total())
        .ok_or(TlvError::Truncated)?;
    *bytes = rest;
    Ok(Tlv {
        tag: header.tag,
        value: &encoded[header.header_len..],
        encoded,
    })
}

/// Takes the first object off `bytes`, which must have this tag.
///
/// # Errors
/// [`TlvError`].
pub fn expect<'a>(bytes: &mut &'a [u8], tag: u32) -> Result<&'a [u8], TlvError> {
    let object = take(bytes)?;
    if object.tag == tag {
        Ok(object.value)
    } else {
        Err(TlvError::Unexpected {
            expected: tag,
            found: object.tag,
        })
    }
}

/// The value of the one object that `bytes` are.
///
/// # Errors
/// [`TlvError`], also when something follows.
pub fn only(mut bytes: &[u8], tag: u32) -> Result<&[u8], TlvError> {
    let value = expect(&mut bytes, tag)?;
    match bytes.len() {
        0 => Ok(value),
        n => Err(TlvError::Trailing(n)),
    }
}

/// The objects that `bytes` are made of, until they end or are malformed.
pub fn objects(mut bytes: &[u8]) -> impl Iterator<Item = Result<Tlv<'_>, TlvError>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let object = take(&mut bytes);
        if object.is_err() {
            bytes = &[];
        }
        Some(object)
    })
}

/// The value of the first object with this tag among those that `bytes` are made of.
///
/// # Errors
/// [`TlvError`] when an object before it is malformed.
pub fn find(bytes: &[u8], tag: u32) -> Result<Option<&[u8]>, TlvError> {
    for object in objects(bytes) {
        let object = object?;
        if object.tag == tag {
            return Ok(Some(object.value));
        }
    }
    Ok(None)
}

/// Appends an object.
pub fn push(out: &mut Vec<u8>, tag: u32, value: &[u8]) {
    let tag = tag.to_be_bytes();
    out.extend(tag.iter().skip_while(|b| **b == 0));
    let len = value.len();
    match len {
        0..=0x7F => out.push(len as u8),
        0x80..=0xFF => out.extend([0x81, len as u8]),
        0x100..=0xFFFF => out.extend([0x82, (len >> 8) as u8, len as u8]),
        _ => out.extend([0x83, (len >> 16) as u8, (len >> 8) as u8, len as u8]),
    }
    out.extend(value);
}

/// One object as bytes.
#[must_use]
pub fn encode(tag: u32, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 7);
    push(&mut out, tag, value);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (tag, len) in [(0x80, 0), (0x7F49, 127), (0x5F2E, 128), (0x7C, 65_536)] {
            let value = vec![7; len];
            let bytes = encode(tag, &value);
            assert_eq!(only(&bytes, tag).unwrap(), value);
            assert_eq!(header(&bytes).unwrap().total(), bytes.len());
        }
    }

    #[test]
    fn lies_about_length_and_tag_are_refused() {
        let refused = |bytes: &[u8]| take(&mut &*bytes).unwrap_err();
        assert_eq!(refused(&[]), TlvError::Truncated);
        assert_eq!(refused(&[0x80]), TlvError::Truncated);
        // Found by fuzzing: `00` is no tag (ISO/IEC 7816-4, 5.2.2.1), but was read as one.
        assert_eq!(refused(&[0, 2, 0, 0, 4]), TlvError::Tag);
        assert_eq!(refused(&[0x80, 2, 1]), TlvError::Truncated);
        assert_eq!(refused(&[0x80, 0x80, 0, 0]), TlvError::Length);
        assert_eq!(refused(&[0x80, 0x84, 0, 0, 0, 1, 9]), TlvError::Length);
        assert_eq!(refused(&[0x7F, 0x81, 0x82, 0x03, 0]), TlvError::Tag);
        assert_eq!(only(&[0x80, 0, 0], 0x80), Err(TlvError::Trailing(1)));
        assert!(find(&[0x81, 0, 0x80, 9], 0x80).is_err());
    }
}
