//! The screens without a display: the same component as in the window, painted into memory. For
//! pictures of every state, for tests that really touch the screen, and for a kiosk whose display
//! is somewhere else.

use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use image::RgbImage;
use slint::platform::software_renderer::MinimalSoftwareWindow;
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition, PhysicalPosition, PhysicalSize, Rgb8Pixel};

use crate::mirror::Mirror;
use crate::remote::{self, Post};
use crate::slate::Slate;
use crate::slint_screens::App;
use crate::software::Bench;
use crate::{Preview, Remote, Size, Touch, UiError, View, font, touches};

/// The screens in memory. It belongs to the thread that made it; other threads use its
/// [`Remote`] while this one is in [`Headless::run`].
pub struct Headless {
    pub(crate) app: App,
    pub(crate) window: Rc<MinimalSoftwareWindow>,
    bench: Rc<Bench>,
    pub(crate) mirror: Mirror,
    pub(crate) slate: Slate,
    post: Receiver<Post>,
    sender: Sender<Post>,
    size: Size,
}

impl Headless {
    /// Opens the screens at `size`; `on_touch` hears what is done on them.
    pub fn new(size: Size, on_touch: impl Fn(Touch) + 'static) -> Result<Self, UiError> {
        let bench = Bench::of_this_thread()?;
        let app = App::new().map_err(UiError::Make)?;
        let window = bench.take_newest().ok_or(UiError::PlatformTaken)?;
        font::check(&app)?;
        touches::connect(&app, on_touch);
        window.set_size(PhysicalSize::new(size.width, size.height));
        app.show().map_err(UiError::Make)?;
        let (sender, post) = mpsc::channel();
        let mirror = Mirror::of(&app);
        Ok(Self {
            app,
            window,
            bench,
            mirror,
            slate: Slate::default(),
            post,
            sender,
            size,
        })
    }

    /// Shows `view` at once.
    pub fn show(&self, view: &View) {
        remote::show(&self.app, &self.mirror, &self.slate, view);
        self.bench.pass(SETTLED);
    }

    /// Shows a picture of the camera, if the capture screen is up.
    pub fn preview(&self, preview: &Preview) {
        self.mirror.reflect(preview);
        self.mirror.present(&self.app);
    }

    /// The screen as it is now, every animation settled.
    pub fn pixels(&self) -> RgbImage {
        self.bench.pass(SETTLED);
        let Size { width, height } = self.size;
        let mut pixels = vec![Rgb8Pixel::default(); width as usize * height as usize];
        self.window.request_redraw();
        self.window.draw_if_needed(|renderer| {
            renderer.render(&mut pixels, width as usize);
        });
        RgbImage::from_fn(width, height, |x, y| {
            let Rgb8Pixel { r, g, b } = pixels[y as usize * width as usize + x as usize];
            image::Rgb([r, g, b])
        })
    }

    /// Writes the screen as it is now to a PNG file.
    pub fn png(&self, path: impl AsRef<Path>) -> Result<(), UiError> {
        let path = path.as_ref();
        self.pixels()
            .save_with_format(path, image::ImageFormat::Png)
            .map_err(|source| UiError::Picture {
                path: path.to_owned(),
                source,
            })
    }

    /// Touches the screen with a finger at these pixels and lets go again.
    pub fn touch_at(&self, x: u32, y: u32) {
        let position = self.logical(x, y);
        let button = PointerEventButton::Left;
        for event in [
            WindowEvent::PointerMoved { position },
            WindowEvent::PointerPressed { position, button },
            WindowEvent::PointerReleased { position, button },
            WindowEvent::PointerExited,
        ] {
            self.bench.pass(MOMENT);
            self.window.dispatch_event(event);
        }
        self.bench.pass(SETTLED);
    }

    /// A handle for other threads; what they send is drawn in [`Headless::run`].
    pub fn handle(&self) -> Remote {
        Remote::to_queue(self.sender.clone(), self.mirror.clone(), self.slate.clone())
    }

    /// Draws what other threads send until one of them says [`Remote::quit`]; `shown` is called
    /// after each view, to take a picture or to touch it.
    pub fn run(&self, mut shown: impl FnMut(&Self, &View)) {
        // This screen holds a sender itself, so the queue cannot end before `Quit`.
        while let Ok(post) = self.post.recv() {
            match post {
                Post::Show(view) => {
                    self.show(&view);
                    shown(self, &view);
                }
                Post::LookIntoMirror => self.mirror.present(&self.app),
                Post::Turned(back) => back(),
                Post::Quit => {
                    self.slate.wipe(&self.app);
                    return self.mirror.wipe(&self.app);
                }
            }
        }
    }

    fn logical(&self, x: u32, y: u32) -> LogicalPosition {
        let at = |pixel: u32| i32::try_from(pixel).unwrap_or(i32::MAX);
        PhysicalPosition::new(at(x), at(y)).to_logical(self.window.scale_factor())
    }
}

/// Long enough for every movement to end, and a whole number of turns of those that never do (2 s
/// and 4 s): the same view gives the same picture.
const SETTLED: Duration = Duration::from_secs(4);

/// Between two things a finger does.
const MOMENT: Duration = Duration::from_millis(20);
