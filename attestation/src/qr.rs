//! A receipt's text from a picture with its QR code (ISO/IEC 18004): grey pixels in, text out.

use crate::any::AnyReceipt;
use crate::wallet::parts::is_part;

/// The text of the first QR code in the picture that looks like a receipt's, or like a part of a
/// wallet proof ([`crate::wallet::parts`]). Pixels stand row by row, 0 is black; those that are missing count as white.
#[must_use]
pub fn find_receipt(width: usize, height: usize, pixels: &[u8]) -> Option<String> {
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        pixels.get(y * width + x).copied().unwrap_or(u8::MAX)
    });
    let codes = prepared.detect_grids();
    let mut texts = codes.iter().filter_map(|code| code.decode().ok());
    // Other codes in the picture are passed over.
    texts.find_map(|(_, text)| (AnyReceipt::is_like(&text) || is_part(&text)).then_some(text))
}
