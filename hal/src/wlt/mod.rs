//! Card photos in the vendor's WLT coding, decoded by an integrator's licensed library in a process
//! of its own (`kiosk-wlt`). In: the photo field of a card. Out: 102×126 pixels, or the reason why
//! there are none.
//!
//! The library is not ours and is not trusted. Each photo gets a new process, so no photo meets the
//! one before; the process has no network, no files and no environment (`src/bin/kiosk-wlt`), and
//! is ended when it takes too long. What it can do at worst is to return a wrong picture. Its
//! interface is `wlt-plugin/wlt.h`.

mod plugin;
pub mod protocol;

pub use plugin::{TIME_LIMIT, WltError, WltPicture, WltPlugin};
