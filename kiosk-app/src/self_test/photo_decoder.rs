//! Can the integrator's decoder of card photos be used? It is loaded into its sandbox and let go
//! again; there is no photo to try it with that would be nobody's.

use hal::wlt::WltError;
use hal::wlt::protocol::End;

use super::Finding;
use crate::config::CardReader;
use crate::errors::chain;

/// Loads the decoder.
pub fn load(settings: &CardReader) -> Finding {
    let Some(decoder) = settings.photo_decoder() else {
        return Finding::not_there(
            "No decoder for card photos (WLT) is set up; residents whose card has such a photo are \
             referred to an officer.",
        );
    };
    match decoder.check() {
        Ok(()) => Finding::passed(format!(
            "The decoder for card photos at {} can be loaded and is locked in.",
            decoder.library().display()
        )),
        Err(error) => Finding::failed(
            format!(
                "The decoder for card photos cannot be used: {}.",
                chain(&error)
            ),
            to_do(&error),
        ),
    }
}

fn to_do(error: &WltError) -> &'static str {
    match error {
        WltError::Start { .. } => {
            "Install the program kiosk-wlt beside the kiosk's own, where the user nobody may start \
             it if the kiosk runs as root."
        }
        WltError::Unusable { end, .. } => match end {
            End::NoSandbox => {
                "Use a kernel with Landlock and seccomp; without them the decoder is not let in."
            }
            End::NotLoaded => {
                "Check that `wlt_plugin` under [card_reader] in the settings file names the \
                 library, that it and its folder can be read by everybody, that it was made for \
                 this processor, and that the libraries it needs are installed."
            }
            End::NoDecoder | End::InitRefused | End::Pipe => {
                "Ask the decoder's supplier; its licence file belongs beside the library."
            }
        },
        _ => "Ask the decoder's supplier for a library that keeps to wlt.h.",
    }
}
