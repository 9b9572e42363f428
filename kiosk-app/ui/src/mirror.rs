//! The picture of the camera on its way to the screen: mirrored on the sender's thread into one of
//! a few pictures that are used again and again. Only the newest waits; an older one that nobody
//! has drawn yet is painted over. A face does not stay behind: the pictures stay ours, the screen
//! asks for one when it draws, and a [`Picture`] is overwritten before its memory is given back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use slint::{ComponentHandle, Image, Rgb8Pixel, SharedPixelBuffer};
use zeroize::Zeroize;

use crate::Preview;
use crate::slint_screens::{Api, App, Face, Page, WalletStep};

/// The way of a preview picture to the screen; clones are the same mirror.
#[derive(Clone)]
pub(crate) struct Mirror(Arc<Mutex<State>>);

/// Slint copies a picture that is written to while anybody else holds it, so each picture is in
/// the place that says who may.
#[derive(Default)]
struct State {
    /// Nobody else's.
    free: Vec<Picture>,
    waiting: Option<(Picture, Face)>,
    /// With the screen.
    lent: Option<Picture>,
    /// With the screen until it has taken what it asked for last.
    leaving: Vec<Picture>,
    /// `lent` is not to be shown again.
    withdrawn: bool,
}

impl Mirror {
    /// The mirror on these screens.
    pub(crate) fn of(app: &App) -> Self {
        let mirror = Self(Arc::default());
        let asked = mirror.clone();
        app.global::<Api>()
            .on_reflection(move |_turn| asked.lock().lend());
        mirror
    }

    /// Takes a picture from any thread. True if the screen has to be woken for it; false if it is
    /// on its way to look already, or if the picture has no pixels.
    pub(crate) fn reflect(&self, preview: &Preview) -> bool {
        let mut state = self.lock();
        let Some(picture) = state.paint(preview) else {
            return false;
        };
        let before = state
            .waiting
            .replace((picture, mirrored_face(preview.face)));
        let wake = before.is_none();
        state.free.extend(before.map(|(picture, _)| picture));
        wake
    }

    /// Makes the screen ask for the newest picture, if it is one with a mirror.
    pub(crate) fn present(&self, app: &App) {
        let api = app.global::<Api>();
        let scans = api.get_page() == Page::Wallet && api.get_wallet().step == WalletStep::Scan;
        let looks = matches!(api.get_page(), Page::Capture | Page::Challenge);
        if !looks && !scans {
            return self.wipe(app);
        }
        let mut state = self.lock();
        let State { free, leaving, .. } = &mut *state;
        free.append(leaving);
        if let Some((_, face)) = &state.waiting {
            api.set_face(face.clone());
            api.set_turn(api.get_turn().wrapping_add(1));
        }
    }

    /// Takes the picture off the screen and overwrites every one there is.
    pub(crate) fn wipe(&self, app: &App) {
        let api = app.global::<Api>();
        api.set_face(Face::default());
        let mut state = self.lock();
        state.waiting = None;
        state.free.clear();
        if state.lent.is_none() && state.leaving.is_empty() {
            return;
        }
        state.withdrawn = true;
        drop(state); // the screen asks while it is drawn
        api.set_turn(api.get_turn().wrapping_add(1));
        // Drawn to nowhere, because only a screen that is drawn lets go of the picture. One that
        // cannot be drawn now is asked again with the next view.
        if app.window().take_snapshot().is_ok() {
            let mut state = self.lock();
            state.lent = None;
            state.leaving.clear();
        }
        app.window().request_redraw();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked while painting leaves at worst half a preview behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn paint(&mut self, preview: &Preview) -> Option<Picture> {
        let (width, height) = (preview.width, preview.height);
        let pixels = (width as usize).checked_mul(height as usize)?;
        if pixels == 0 || preview.rgb.len() != pixels.checked_mul(3)? {
            return None;
        }
        let mut picture = match self.free.pop() {
            Some(used) if used.0.width() == width && used.0.height() == height => used,
            _ => Picture(SharedPixelBuffer::new(width, height)),
        };
        let row = 3 * width as usize;
        let rows = picture.bytes().chunks_exact_mut(row);
        for (to, from) in rows.zip(preview.rgb.chunks_exact(row)) {
            for (pixel, rgb) in to.rchunks_exact_mut(3).zip(from.chunks_exact(3)) {
                pixel.copy_from_slice(rgb);
            }
        }
        Some(picture)
    }

    /// What the screen draws now. It holds the picture before until it has taken this one.
    fn lend(&mut self) -> Image {
        if let Some((newest, _)) = self.waiting.take() {
            self.leaving.extend(self.lent.replace(newest));
            self.withdrawn = false;
        }
        match &self.lent {
            Some(picture) if !self.withdrawn => Image::from_rgb8(picture.0.clone()),
            _ => Image::default(),
        }
    }
}

/// A picture of a resident. Dropped only when nobody else holds it: that overwrites it.
struct Picture(SharedPixelBuffer<Rgb8Pixel>);

impl Picture {
    fn bytes(&mut self) -> &mut [u8] {
        #[cfg(test)]
        tests::note(&mut self.0);
        self.0.make_mut_bytes()
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.bytes().zeroize();
        #[cfg(test)]
        tests::note_blank(&self.0);
    }
}

fn mirrored_face(face: Option<[f32; 4]>) -> Face {
    face.map_or_else(Face::default, |[x, y, width, height]| Face {
        seen: true,
        x: 1.0 - x - width,
        y,
        width,
        height,
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use super::*;
    use crate::{CapturePrompt, Guidance, Headless, Language, Screen, Size, View};

    thread_local! {
        /// Where memory was overwritten and left empty, on this thread.
        static BLANKED: RefCell<BTreeSet<usize>> = RefCell::default();
    }

    fn place(buffer: &SharedPixelBuffer<Rgb8Pixel>) -> usize {
        buffer.as_slice().as_ptr().addr()
    }

    /// Writing to a picture that somebody else holds would write to a copy.
    pub(super) fn note(buffer: &mut SharedPixelBuffer<Rgb8Pixel>) {
        let before = place(buffer);
        buffer.make_mut_slice();
        assert_eq!(before, place(buffer), "the screen still holds the picture");
    }

    pub(super) fn note_blank(buffer: &SharedPixelBuffer<Rgb8Pixel>) {
        assert!(buffer.as_bytes().iter().all(|&byte| byte == 0));
        BLANKED.with_borrow_mut(|all| all.insert(place(buffer)));
    }

    fn view(screen: Screen) -> View {
        View {
            language: Language::English,
            screen,
            seconds_left: None,
            seconds_in_all: None,
            still_there: false,
        }
    }

    fn capture() -> View {
        view(Screen::Capture(CapturePrompt {
            guidance: Guidance::HoldStill,
            progress: 0.0,
        }))
    }

    fn face(shade: u8) -> Preview {
        Preview {
            rgb: vec![shade; 64 * 48 * 3],
            width: 64,
            height: 48,
            face: None,
        }
    }

    fn lent(headless: &Headless) -> usize {
        let state = headless.mirror.lock();
        let picture = state.lent.as_ref().unwrap();
        assert!(picture.0.as_bytes().iter().all(|&byte| byte > 0));
        place(&picture.0)
    }

    #[test]
    fn the_memory_that_held_a_face_is_overwritten() {
        let size = Size {
            width: 270,
            height: 480,
        };
        let headless = Headless::new(size, |_| ()).unwrap();
        for _ in 0..3 {
            headless.show(&capture());
            let mut held = BTreeSet::new();
            for shade in 1..=40 {
                headless.preview(&face(shade));
                // The camera is sometimes faster than the screen, and sometimes slower.
                if shade % 3 > 0 {
                    headless.pixels();
                    held.insert(lent(&headless));
                }
            }
            assert!(held.len() > 1 && held.len() <= 4, "used again and again");
            headless.preview(&face(41)); // nobody draws this one
            BLANKED.take();

            headless.show(&view(Screen::Deciding));
            assert!(held.is_subset(&BLANKED.take()));
            headless.preview(&face(42)); // comes late
            assert_eq!(BLANKED.take().len(), 1);
            let state = headless.mirror.lock();
            assert!(state.free.is_empty() && state.leaving.is_empty());
            assert!(state.waiting.is_none() && state.lent.is_none());
        }
    }

    #[test]
    fn a_face_on_the_screen_is_overwritten_at_the_end() {
        let headless = Headless::new(Size::PORTRAIT, |_| ()).unwrap();
        headless.show(&capture());
        headless.preview(&face(9));
        headless.pixels();
        let held = lent(&headless);
        headless.handle().quit();
        headless.run(|_, _| ());
        assert_eq!(BLANKED.take(), BTreeSet::from([held]));
    }
}
