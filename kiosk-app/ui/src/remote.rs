//! The screens from any other thread: what to show, the camera's picture, and the end.

use std::sync::mpsc::Sender;

use slint::Weak;

use crate::mirror::Mirror;
use crate::slate::Slate;
use crate::slint_screens::App;
use crate::{Preview, View, apply};

/// A handle on the screens that can be cloned and sent to other threads. Once the screens are
/// closed there is nobody to see anything: whatever is sent then is dropped.
#[derive(Clone)]
pub struct Remote {
    line: Line,
    mirror: Mirror,
    slate: Slate,
}

#[derive(Clone)]
enum Line {
    /// To the event loop of a window.
    EventLoop(Weak<App>),
    /// To the thread that runs a headless screen.
    Queue(Sender<Post>),
}

/// What travels to the thread of the screens; pictures travel through the mirror.
pub(crate) enum Post {
    Show(Box<View>),
    LookIntoMirror,
    Turned(Box<dyn FnOnce() + Send>),
    Quit,
}

impl Remote {
    pub(crate) fn to_event_loop(app: Weak<App>, mirror: Mirror, slate: Slate) -> Self {
        Self {
            line: Line::EventLoop(app),
            mirror,
            slate,
        }
    }

    pub(crate) fn to_queue(queue: Sender<Post>, mirror: Mirror, slate: Slate) -> Self {
        Self {
            line: Line::Queue(queue),
            mirror,
            slate,
        }
    }

    /// Shows `view`, after everything shown before.
    pub fn show(&self, view: View) {
        self.send(Post::Show(Box::new(view)));
    }

    /// Shows a picture of the camera; one that comes faster than the screen draws replaces the
    /// one before. Pictures are only drawn on the capture screen.
    pub fn preview(&self, preview: Preview) {
        if self.mirror.reflect(&preview) {
            self.send(Post::LookIntoMirror);
        }
    }

    /// Calls `back` on the thread of the screens when it comes to it: the proof that they are drawn.
    pub fn turned(&self, back: impl FnOnce() + Send + 'static) {
        self.send(Post::Turned(Box::new(back)));
    }

    /// Ends [`crate::Window::run`] or [`crate::Headless::run`].
    pub fn quit(&self) {
        self.send(Post::Quit);
    }

    fn send(&self, post: Post) {
        match &self.line {
            Line::EventLoop(app) => self.invoke(app.clone(), post),
            // The receiver is gone only when the screen is.
            Line::Queue(queue) => drop(queue.send(post)),
        }
    }

    fn invoke(&self, app: Weak<App>, post: Post) {
        let (mirror, slate) = (self.mirror.clone(), self.slate.clone());
        // An error means that the event loop has ended, and the window with it.
        let _ended = slint::invoke_from_event_loop(move || match (app.upgrade(), post) {
            (Some(app), Post::Show(view)) => show(&app, &mirror, &slate, &view),
            (Some(app), Post::LookIntoMirror) => mirror.present(&app),
            (_, Post::Turned(back)) => back(),
            (app, Post::Quit) => {
                if let Some(app) = app {
                    mirror.wipe(&app);
                    slate.wipe(&app);
                }
                drop(slint::quit_event_loop());
            }
            (None, _) => {}
        });
    }
}

/// The one way in which a view reaches the screens, whatever they are drawn on.
pub(crate) fn show(app: &App, mirror: &Mirror, slate: &Slate, view: &View) {
    apply::view(app, view);
    slate.present(app, view);
    mirror.present(app);
}
