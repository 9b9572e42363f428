//! What the page's script calls. No address is ever read here: the buffers belong to this module,
//! and the script writes into them through the memory that it shares with us. So the only thing
//! the compiler cannot check is that the names are nobody else's.

use std::cell::RefCell;

use attestation::qr::find_receipt;
use serde_json::Value;

/// A grey picture of 4096 × 4096; a trust list in base64 takes less than 3 MiB.
const MAX_INPUT_BYTES: usize = 16 << 20;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Makes room for what comes in: null if that is more than anything may be.
// SAFETY: the name is this library's own; nothing else is linked into the module.
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 {
    if length > MAX_INPUT_BYTES {
        return std::ptr::null_mut();
    }
    INPUT.with_borrow_mut(|input| {
        input.clear();
        input.resize(length, 0);
        input.as_mut_ptr()
    })
}

/// Where the last answer stands.
// SAFETY: as for `input`.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}

/// Checks a receipt ([`crate::check`]).
// SAFETY: as for `input`.
#[unsafe(no_mangle)]
pub extern "C" fn check() -> usize {
    answer(|input| json(&crate::check(input)))
}

/// Puts the parts of a wallet proof together ([`crate::join`]).
// SAFETY: as for `input`.
#[unsafe(no_mangle)]
pub extern "C" fn join() -> usize {
    answer(|input| json(&crate::join(input)))
}

/// Says what an operator's key and trust list are ([`crate::describe`]).
// SAFETY: as for `input`.
#[unsafe(no_mangle)]
pub extern "C" fn describe() -> usize {
    answer(|input| json(&crate::describe(input)))
}

/// Looks for a receipt's QR code in a grey picture, row by row. No text: there is none.
// SAFETY: as for `input`.
#[unsafe(no_mangle)]
pub extern "C" fn scan(width: usize) -> usize {
    answer(|pixels| {
        let height = pixels.len().checked_div(width).unwrap_or(0);
        let text = (height > 0).then(|| find_receipt(width, height, pixels));
        text.flatten().unwrap_or_default().into_bytes()
    })
}

/// Lists every code that an answer can hold ([`crate::vocabulary`]).
// SAFETY: as for `input`.
#[unsafe(no_mangle)]
pub extern "C" fn vocabulary() -> usize {
    answer(|_| json(&crate::vocabulary()))
}

/// The input is used up: nothing of one receipt is left for the next.
fn answer(of: impl FnOnce(&[u8]) -> Vec<u8>) -> usize {
    let input = INPUT.take();
    let answer = of(&input);
    let length = answer.len();
    OUTPUT.set(answer);
    length
}

fn json(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}
