//! Entry bundles: entries one after the other, each behind its length in two bytes, big-endian.

/// Longer than any attestation or credential, in bytes.
const MAX_ENTRY_BYTES: usize = 1024;

/// The most bytes of a full bundle.
pub(super) const MAX_BYTES: usize = super::WIDTH as usize * (2 + MAX_ENTRY_BYTES);

/// Appends an entry; none if it is longer than any can be.
#[cfg(any(feature = "log", test))]
pub(crate) fn push(bundle: &mut Vec<u8>, entry: &[u8]) -> Option<()> {
    let length = u16::try_from(entry.len()).ok()?;
    if entry.len() > MAX_ENTRY_BYTES {
        return None;
    }
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Some(())
}

/// The entries of a bundle; none if it does not end with one, or one is too long.
pub(super) fn split(mut bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bundle.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length));
        if length > MAX_ENTRY_BYTES {
            return None;
        }
        let (entry, rest) = rest.split_at_checked(length)?;
        entries.push(entry);
        bundle = rest;
    }
    bundle.is_empty().then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_out_as_they_went_in() {
        let mut bundle = Vec::new();
        let long = [7; MAX_ENTRY_BYTES];
        for entry in [&b"one"[..], b"", &long] {
            push(&mut bundle, entry).unwrap();
        }
        assert_eq!(bundle[..6], *b"\0\x03one\0");
        assert_eq!(split(&bundle), Some(vec![&b"one"[..], b"", &long]));
        assert_eq!(split(&[]), Some(vec![]));
    }

    #[test]
    fn cut_and_oversized_bundles_are_refused() {
        for wrong in [&[0][..], &[0, 2, 1], &[0, 1, 1, 0], &[0xff, 0xff, 1]] {
            assert_eq!(split(wrong), None, "{wrong:?}");
        }
        assert_eq!(push(&mut Vec::new(), &[0; MAX_ENTRY_BYTES + 1]), None);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_split_is_what_was_pushed(
            bytes in proptest::collection::vec(0_u8..3, 0..100),
        ) {
            if let Some(entries) = split(&bytes) {
                let mut again = Vec::new();
                for entry in entries {
                    push(&mut again, entry).unwrap();
                }
                proptest::prop_assert_eq!(again, bytes);
            }
        }
    }
}
