//! The integrator's library: loading it and calling it. The only place where foreign code runs.

use std::ffi::c_int;
use std::path::Path;

use hal::wlt::protocol::{End, RGB_LEN, WLT_LEN};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

type Init = unsafe extern "C" fn() -> c_int;
type Decode = unsafe extern "C" fn(*const u8, *mut u8) -> c_int;

/// A loaded decoder.
pub(crate) struct Plugin {
    decode: Decode,
    /// Kept loaded as long as its function can be called.
    _library: Library,
}

impl Plugin {
    /// Loads the library and lets it prepare itself.
    #[allow(unsafe_code, reason = "loading and calling a C library")]
    pub(crate) fn load(path: &Path) -> Result<Self, End> {
        // SAFETY: loading runs the library's constructors, which can do anything that a process
        // can. That is what the sandbox around this process is for: it was entered before.
        // RTLD_NOW: no symbol is left to be looked up in files that cannot be opened any more.
        let library =
            unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map_err(|error| {
                eprintln!("kiosk-wlt: {error}");
                End::NotLoaded
            })?;
        // SAFETY: the symbols have the types that `wlt-plugin/wlt.h` gives them; a library that
        // has others under these names corrupts or ends this process and no other.
        let (init, decode) = unsafe {
            (
                library.get::<Init>(c"kiosk_wlt_init").ok().map(|s| *s),
                library
                    .get::<Decode>(c"kiosk_wlt_decode")
                    .map(|s| *s)
                    .map_err(|_| End::NoDecoder)?,
            )
        };
        // SAFETY: as above; it takes nothing.
        if init.is_some_and(|init| unsafe { init() } != 0) {
            return Err(End::InitRefused);
        }
        Ok(Self {
            decode,
            _library: library,
        })
    }

    /// Lets the decoder decode; `rgb` is [`RGB_LEN`] bytes.
    #[allow(unsafe_code, reason = "calling a C library")]
    pub(crate) fn decode(&self, photo: &[u8; WLT_LEN], rgb: &mut [u8]) -> c_int {
        debug_assert_eq!(rgb.len(), RGB_LEN);
        // SAFETY: both buffers have the sizes of the interface and live through the call; the
        // library stays loaded as long as `self`. What it does beyond its buffers harms this
        // process alone.
        unsafe { (self.decode)(photo.as_ptr(), rgb.as_mut_ptr()) }
    }
}
