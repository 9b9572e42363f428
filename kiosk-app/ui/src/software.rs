//! Slint's platform for a screen in memory: Slint's software renderer, and a clock that moves only
//! when it is told to, so that the same view always gives the same picture.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use slint::PlatformError;
use slint::platform::software_renderer::{MinimalSoftwareWindow, RepaintBufferType};
use slint::platform::{Platform, WindowAdapter, set_platform, update_timers_and_animations};

use crate::UiError;

/// What the platform and the screens on it share.
#[derive(Default)]
pub(crate) struct Bench {
    clock: Cell<Duration>,
    newest: RefCell<Option<Rc<MinimalSoftwareWindow>>>,
}

impl Bench {
    /// This thread's bench: Slint takes one platform per thread, so it is made once and kept.
    pub(crate) fn of_this_thread() -> Result<Rc<Self>, UiError> {
        BENCH.with(|cell| {
            if let Some(bench) = cell.get() {
                return Ok(Rc::clone(bench));
            }
            let bench = Rc::new(Self::default());
            set_platform(Box::new(InMemory(Rc::clone(&bench))))
                .map_err(|_| UiError::PlatformTaken)?;
            Ok(Rc::clone(cell.get_or_init(|| bench)))
        })
    }

    /// The window that was made last.
    pub(crate) fn take_newest(&self) -> Option<Rc<MinimalSoftwareWindow>> {
        self.newest.take()
    }

    /// Lets time pass and everything that waits for it happen.
    pub(crate) fn pass(&self, time: Duration) {
        self.clock.set(self.clock.get() + time);
        update_timers_and_animations();
    }
}

struct InMemory(Rc<Bench>);

impl Platform for InMemory {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, PlatformError> {
        // A new buffer each time: every picture is painted completely.
        let window = MinimalSoftwareWindow::new(RepaintBufferType::NewBuffer);
        self.0.newest.replace(Some(Rc::clone(&window)));
        Ok(window)
    }

    fn duration_since_start(&self) -> Duration {
        self.0.clock.get()
    }
}

thread_local! {
    static BENCH: OnceCell<Rc<Bench>> = const { OnceCell::new() };
}
