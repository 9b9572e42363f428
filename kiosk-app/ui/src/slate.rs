//! The code of a wallet proof on the screen. It says what the resident agreed to share, perhaps a
//! name, so it does not stay behind: when it goes, the screen is made to let go of the picture, and
//! then its memory is overwritten.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use slint::{ComponentHandle, Image, Rgb8Pixel, SharedPixelBuffer};
use zeroize::Zeroize;

use crate::slint_screens::{Api, App};
use crate::{Confidential, Screen, View, WalletView, qr};

/// Where the code is drawn; clones are the same slate.
#[derive(Clone, Default)]
pub(crate) struct Slate(Arc<Mutex<Option<Drawn>>>);

struct Drawn {
    text: Confidential,
    pixels: SharedPixelBuffer<Rgb8Pixel>,
}

impl Slate {
    /// Draws the code that `view` shows, or wipes the one that was there.
    pub(crate) fn present(&self, app: &App, view: &View) {
        let Screen::Wallet(WalletView::Codes(codes)) = &view.screen else {
            return self.wipe(app);
        };
        if self
            .lock()
            .as_ref()
            .is_some_and(|drawn| drawn.text == codes.code)
        {
            return;
        }
        self.wipe(app);
        if let Some(pixels) = qr::plain(codes.code.reveal()) {
            let api = app.global::<Api>();
            api.set_wallet_code(Image::from_rgb8(pixels.clone()));
            let text = codes.code.clone();
            *self.lock() = Some(Drawn { text, pixels });
        }
    }

    /// Takes the code off the screen and overwrites it.
    pub(crate) fn wipe(&self, app: &App) {
        let Some(mut drawn) = self.lock().take() else {
            return;
        };
        app.global::<Api>().set_wallet_code(blank());
        // Only a screen that is drawn lets go of a picture; drawn to nowhere.
        let let_go = app.window().take_snapshot().is_ok();
        app.window().request_redraw();
        if let_go {
            drawn.pixels.make_mut_bytes().zeroize();
            #[cfg(test)]
            tests::note_blank(&drawn.pixels);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Drawn>> {
        // Every change is a single assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One light pixel. An empty picture would have no size, and what has no size is not drawn and lets
/// go of nothing.
fn blank() -> Image {
    let mut pixels = SharedPixelBuffer::<Rgb8Pixel>::new(1, 1);
    pixels.make_mut_bytes().fill(u8::MAX);
    Image::from_rgb8(pixels)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use zeroize::Zeroizing;

    use super::*;
    use crate::{Headless, Language, Size, WalletCodes};

    thread_local! {
        /// Where a code was overwritten last, on this thread.
        static BLANKED: Cell<usize> = const { Cell::new(0) };
    }

    fn place(pixels: &SharedPixelBuffer<Rgb8Pixel>) -> usize {
        pixels.as_slice().as_ptr().addr()
    }

    /// Overwriting a picture that somebody else holds would overwrite a copy.
    pub(super) fn note_blank(pixels: &SharedPixelBuffer<Rgb8Pixel>) {
        assert!(pixels.as_bytes().iter().all(|&byte| byte == 0));
        BLANKED.set(place(pixels));
    }

    fn view(screen: Screen) -> View {
        View {
            language: Language::English,
            screen,
            seconds_left: Some(42),
            seconds_in_all: Some(60),
            still_there: false,
        }
    }

    fn codes(text: &str) -> View {
        view(Screen::Wallet(WalletView::Codes(WalletCodes {
            code: Confidential::new(Zeroizing::new(text.to_owned())),
            number: 1,
            count: 2,
            bound: true,
            fields: Vec::new(),
        })))
    }

    #[test]
    fn the_memory_that_held_a_proof_is_overwritten_when_it_leaves_the_screen() {
        let headless = Headless::new(Size::PORTRAIT, |_| ()).unwrap();
        let held = || place(&headless.slate.lock().as_ref().unwrap().pixels);
        for next in [codes("another"), view(Screen::Attract)] {
            headless.show(&codes("secret"));
            headless.pixels();
            let at = held();
            headless.show(&codes("secret"));
            assert_eq!(at, held(), "the same code is not drawn anew");
            headless.show(&next);
            assert_eq!(BLANKED.take(), at);
        }
        headless.show(&codes("secret"));
        headless.pixels();
        let at = held();
        headless.handle().quit();
        headless.run(|_, _| ());
        assert_eq!(BLANKED.take(), at);
    }
}
