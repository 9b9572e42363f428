//! In an old log the proof of an entry is long, and its receipt would need a larger QR code. For
//! such an entry the kiosk signs, besides the head, the largest part of the log with which the
//! receipt keeps its usual size. The signature is stored, so that the receipt is always the same.

use rusqlite::{Connection, OptionalExtension};

use super::audit::Wrong;
use super::finding::Finding;
use super::nodes::SqliteNodes;
use crate::device::{DeviceKey, DevicePublicKey};
use crate::log_part::{LogPart, SignedLogPart};
use crate::merkle;
use crate::receipt::Receipt;

/// Stores the part for a new receipt that would be too large without.
pub(super) fn shorten(
    connection: &Connection,
    receipt: Receipt,
    device: &DeviceKey,
) -> rusqlite::Result<Receipt> {
    let Some(part) = receipt.part_that_fits() else {
        return Ok(receipt);
    };
    let signed = device.sign_part(part);
    connection
        .prepare_cached("INSERT INTO parts (size, start, signature) VALUES (?1, ?2, ?3)")?
        .execute((signed.part.end, signed.part.start, signed.signature))?;
    Ok(receipt.within(signed.part.start, signed.signature))
}

/// The receipt as it was handed out.
pub(super) fn as_shortened(connection: &Connection, receipt: Receipt) -> Result<Receipt, Wrong> {
    let found = find(connection, receipt.proof.size)?;
    Ok(match found {
        Some((start, signature)) => receipt.within(start, signature),
        None => receipt,
    })
}

/// Whether the part that was signed for the entry before this size, if any, is one of the tree.
pub(super) fn check(
    connection: &Connection,
    origin: &str,
    size: u64,
    device: &DevicePublicKey,
) -> Result<(), Wrong> {
    let Some((start, signature)) = find(connection, size)? else {
        return Ok(());
    };
    let part = LogPart {
        origin: origin.to_owned(),
        start,
        end: size,
        root: merkle::range_root(&SqliteNodes(connection), start, size)?,
    };
    if (SignedLogPart { part, signature }).is_signed_by(device) {
        Ok(())
    } else {
        Err(Finding::PartDoesNotMatch { size }.into())
    }
}

/// The part that was signed for the entry before this size: where it begins, and the signature.
fn find(connection: &Connection, size: u64) -> Result<Option<(u64, [u8; 64])>, Wrong> {
    let found: Option<(u64, _)> = connection
        .prepare_cached("SELECT start, signature FROM parts WHERE size = ?1")?
        .query_one([size], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        Some((start, _)) if start == 0 || !LogPart::is_subtree(start, size) => {
            Err(Finding::PartDoesNotMatch { size }.into())
        }
        found => Ok(found),
    }
}
