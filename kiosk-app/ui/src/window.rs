//! The screens in a window on a desktop, or on the bare screen of the device.

use slint::{BackendSelector, ComponentHandle, PhysicalSize};

use crate::mirror::Mirror;
use crate::slate::Slate;
use crate::slint_screens::App;
use crate::{Remote, Size, Touch, UiError, font, touches};

/// How a window is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Over the whole screen, without a frame.
    pub fullscreen: bool,
    /// The size otherwise.
    pub size: Size,
}

/// A window with the screens. It belongs to the main thread; other threads use its [`Remote`].
pub struct Window {
    app: App,
    mirror: Mirror,
    slate: Slate,
}

impl Window {
    /// Opens the window; `on_touch` hears, on the main thread, what is done in it.
    pub fn open(options: Options, on_touch: impl Fn(Touch) + 'static) -> Result<Self, UiError> {
        BackendSelector::new()
            .backend_name(BACKEND.to_owned())
            .renderer_name("software".to_owned())
            .select()
            .map_err(not_open)?;
        let app = App::new().map_err(not_open)?;
        font::check(&app)?;
        touches::connect(&app, on_touch);
        let Size { width, height } = options.size;
        app.window().set_size(PhysicalSize::new(width, height));
        app.window().set_fullscreen(options.fullscreen);
        let mirror = Mirror::of(&app);
        Ok(Self {
            app,
            mirror,
            slate: Slate::default(),
        })
    }

    /// A handle for other threads.
    pub fn handle(&self) -> Remote {
        Remote::to_event_loop(self.app.as_weak(), self.mirror.clone(), self.slate.clone())
    }

    /// Draws until the window is closed or [`Remote::quit`] is called.
    pub fn run(&self) -> Result<(), UiError> {
        self.app.run().map_err(UiError::Run)
    }
}

fn not_open(source: slint::PlatformError) -> UiError {
    match source {
        slint::PlatformError::SetPlatformError(_) => UiError::PlatformTaken,
        source => UiError::Open {
            backend: BACKEND,
            source,
        },
    }
}

/// A desktop has a window system, the device has none; where both are compiled in, it is a desktop.
const BACKEND: &str = if cfg!(feature = "desktop") {
    "winit"
} else {
    "linuxkms"
};
