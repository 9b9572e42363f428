//! `kiosk run`: the appliance. The window has the main thread, the shell and the devices have
//! their own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use hal::camera::CameraSettings;
use hal::camera::v4l::V4lCamera;
use kiosk_ui::{Options, Preview, Remote, Size, UiError, View, Window};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::assemble::{Kiosk, OpenCamera, StartError, Surroundings, raise};
use crate::config::{Config, ConfigError};
use crate::events::EventFile;
use crate::panel_desk::{PanelSource, look_at_case};
use crate::provision::{ProvisionError, StateFolder};
use crate::record::Record;
use crate::shell::{Crashed, Display, Inbox, inbox};
use crate::supervise::Pulse;

/// Why the kiosk stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It would leave files that the service cannot open.
    #[error(transparent)]
    OtherUser(#[from] ProvisionError),
    /// Start.
    #[error("the kiosk cannot start")]
    Start(#[from] StartError),
    /// Screen.
    #[error("the screen cannot be used")]
    Screen(#[from] UiError),
    /// Event file.
    #[error(
        "cannot write events to {path}: check that the folder exists and may be written (`kiosk provision` makes it)"
    )]
    Events {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// Threads.
    #[error("the operating system gave no threads")]
    Runtime(#[source] std::io::Error),
    /// A defect in a part.
    #[error(transparent)]
    Crashed(#[from] Crashed),
    /// A defect.
    #[error("the kiosk's main thread panicked: restart it and report the lines above")]
    Panicked,
}

/// Half the size of the kiosk's screen: it fits on a desktop that is 1080 pixels high.
const ON_A_DESKTOP: Size = Size {
    width: 540,
    height: 960,
};

/// Serves residents until the window closes or a signal asks to stop.
pub fn run(config: &Path) -> Result<(), RunError> {
    let config = Config::load(config)?;
    let state = StateFolder::of(&config);
    state.must_be_ours()?;
    forbid_core_dumps();
    let case = PanelSource::of_case(&config.panel.wiring);
    look_at_case(case.as_ref(), &state);
    let (inbox, outlet) = inbox();
    let window = open_window(&config, &inbox)?;
    let events = state.events();
    let kiosk = raise(
        &config,
        Surroundings {
            inbox: inbox.clone(),
            outlet,
            display: Arc::new(window.handle()),
            open_camera: v4l_camera(config.camera.settings()),
            open_infrared: config.camera.infrared_settings().map(v4l_camera),
            panel: PanelSource::of(&config.panel.wiring),
            pipeline: None,
            records: Box::new(event_file(&events)?),
        },
    );
    let remote = window.handle();
    let thread = start(kiosk, inbox.clone(), move || remote.quit())?;
    window.run()?;
    inbox.stop();
    Ok(thread.join().map_err(|_| RunError::Panicked)??)
}

/// A crash must not leave a picture of a person on the disk, nor may another process of this user
/// read this one's memory.
fn forbid_core_dumps() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let forbidden = setrlimit(Resource::Core, none)
        .and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable));
    if let Err(error) = forbidden {
        tracing::warn!(%error, "core dumps could not be forbidden");
    }
}

/// Opens the resident's window; touches go to the inbox.
pub fn open_window(config: &Config, inbox: &Inbox) -> Result<Window, RunError> {
    let touches = inbox.clone();
    let options = Options {
        fullscreen: config.screen.fullscreen,
        size: ON_A_DESKTOP,
    };
    Ok(Window::open(options, move |touch| touches.touch(touch))?)
}

/// Opens a V4L2 camera.
pub fn v4l_camera(settings: CameraSettings) -> OpenCamera {
    Box::new(move || Ok(Box::new(V4lCamera::open_with(&settings)?)))
}

/// Appends records to a file, one JSON object a line, on a thread of its own.
pub fn event_file(path: &Path) -> Result<impl FnMut(&Record) + Send + use<>, RunError> {
    let mut file = EventFile::open(path).map_err(|source| RunError::Events {
        path: path.into(),
        source,
    })?;
    Ok(move |record: &Record| file.write(record))
}

/// Starts the kiosk on a thread of its own; SIGINT and SIGTERM end it.
pub fn start(
    kiosk: Kiosk,
    inbox: Inbox,
    ended: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<Result<(), Crashed>>, RunError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(RunError::Runtime)?;
    Ok(std::thread::spawn(move || {
        // Also when the shell panics: a frozen screen could be somebody's receipt. The program
        // then ends with an error, and whoever supervises it starts it anew.
        let _ended = OnDrop(Some(ended));
        runtime.block_on(async {
            // Before anything runs that such a signal must end in order.
            match signals() {
                Ok(signals) => {
                    tokio::spawn(stop_on(signals, inbox));
                }
                Err(error) => {
                    tracing::warn!(%error, "signals cannot be heard; the kiosk can only be killed");
                }
            }
            kiosk.run().await
        })
    }))
}

/// Calls a function at the end of a scope, however it ends.
struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}

/// What asks the kiosk to end.
fn signals() -> std::io::Result<[Signal; 2]> {
    Ok([
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    ])
}

async fn stop_on([mut interrupt, mut terminate]: [Signal; 2], inbox: Inbox) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    inbox.stop();
}

impl Display for Remote {
    fn show(&self, view: View) {
        Remote::show(self, view);
    }

    fn preview(&self, preview: Preview) {
        Remote::preview(self, preview);
    }

    fn pulse(&self, pulse: Pulse) {
        Remote::turned(self, move || pulse.arrive());
    }
}
