//! A receipt's text from a picture with its QR code (ISO/IEC 18004): grey pixels in, text out.

/// How a receipt in a QR code begins, or the fragment of a link to one; other codes in the picture
/// are ignored.
const PREFIX: &str = "KVR";
const FRAGMENT: &str = "#KVR";

/// The text of the first QR code in the picture that looks like a receipt's. Pixels stand row by
/// row, 0 is black; those that are missing count as white.
#[must_use]
pub fn find_receipt(width: usize, height: usize, pixels: &[u8]) -> Option<String> {
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        pixels.get(y * width + x).copied().unwrap_or(u8::MAX)
    });
    let codes = prepared.detect_grids();
    let mut texts = codes.iter().filter_map(|code| code.decode().ok());
    texts.find_map(|(_, text)| {
        let is_receipt = text.starts_with(PREFIX) || text.contains(FRAGMENT);
        is_receipt.then_some(text)
    })
}
