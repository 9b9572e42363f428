//! The picture of the camera on its way to the screen: mirrored on the sender's thread into one of
//! a few buffers that are used again and again. Only the newest picture waits; an older one that
//! nobody has drawn yet is dropped. A face does not stay behind: [`Mirror::wipe`] overwrites it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use slint::{ComponentHandle, Image, Rgb8Pixel, SharedPixelBuffer};

use crate::Preview;
use crate::slint_screens::{Api, App, Face, Page};

/// The way of a preview picture to the screen; clones are the same mirror.
#[derive(Clone, Default)]
pub(crate) struct Mirror(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// One is on the screen, one waits, one is being painted.
    buffers: [Option<SharedPixelBuffer<Rgb8Pixel>>; 3],
    next: usize,
    waiting: Option<Reflection>,
}

struct Reflection {
    picture: SharedPixelBuffer<Rgb8Pixel>,
    face: Face,
}

impl Mirror {
    /// Takes a picture from any thread. True if the screen has to be woken for it; false if it is
    /// on its way to look already, or if the picture has no pixels.
    pub(crate) fn reflect(&self, preview: &Preview) -> bool {
        let mut state = self.lock();
        let Some(picture) = state.paint(preview) else {
            return false;
        };
        let newest = Reflection {
            picture,
            face: mirrored_face(preview.face),
        };
        state.waiting.replace(newest).is_none()
    }

    /// Puts the newest picture on the screen, if the screen is one with a mirror.
    pub(crate) fn present(&self, app: &App) {
        let api = app.global::<Api>();
        if api.get_page() != Page::Capture {
            return self.wipe(app);
        }
        if let Some(newest) = self.lock().waiting.take() {
            api.set_preview(Image::from_rgb8(newest.picture));
            api.set_face(newest.face);
        }
    }

    /// Takes the picture off the screen and overwrites every buffer that held one.
    pub(crate) fn wipe(&self, app: &App) {
        let api = app.global::<Api>();
        api.set_preview(Image::default());
        api.set_face(Face::default());
        let mut state = self.lock();
        state.waiting = None;
        for buffer in state.buffers.iter_mut().flatten() {
            buffer.make_mut_slice().fill(Rgb8Pixel::default());
        }
        state.buffers = Default::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked while painting leaves at worst half a preview behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn paint(&mut self, preview: &Preview) -> Option<SharedPixelBuffer<Rgb8Pixel>> {
        let (width, height) = (preview.width, preview.height);
        let pixels = (width as usize).checked_mul(height as usize)?;
        if pixels == 0 || preview.rgb.len() != pixels.checked_mul(3)? {
            return None;
        }
        self.next = (self.next + 1) % self.buffers.len();
        let buffer = match self.buffers[self.next].take() {
            Some(used) if used.width() == width && used.height() == height => used,
            _ => SharedPixelBuffer::new(width, height),
        };
        let buffer = self.buffers[self.next].insert(buffer);
        let rows = buffer.make_mut_slice().chunks_exact_mut(width as usize);
        for (to, from) in rows.zip(preview.rgb.chunks_exact(3 * width as usize)) {
            for (pixel, rgb) in to.iter_mut().rev().zip(from.chunks_exact(3)) {
                *pixel = Rgb8Pixel {
                    r: rgb[0],
                    g: rgb[1],
                    b: rgb[2],
                };
            }
        }
        Some(buffer.clone())
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
