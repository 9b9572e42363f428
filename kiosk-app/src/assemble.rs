//! Builds a kiosk from its settings: keys, log, networks, devices, session. The same for the
//! real kiosk and for the demo, which brings another camera.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};

use face_pipeline::{Networks, Pipeline, Settings, WindowLimits};
use hal::camera::{Camera, CameraError, CameraWorker};
use hal::card::emrtd::pki::trust::TrustError;
use sha2::{Digest, Sha256};

use crate::card_desk::TurnCell;
use crate::card_reader::CardReader;
use crate::closed::Closed;
use crate::config::{Config, ReaderKind};
use crate::errors::chain;
use crate::eyes::{Eyes, Sight};
use crate::hall::Hall;
use crate::ledger::{self, LedgerError, LedgerWorker};
use crate::panel_desk::{self, CaseGuard, PanelSource};
use crate::printer_desk;
use crate::provision::StateFolder;
use crate::record::{Record, RecordSink};
use crate::services::{Services, ServicesError};
use crate::session::{Device, Limits, Session};
use crate::shell::{Crashed, Display, Ended, Inbox, Outlet, Shell};
use crate::store::{Measured, Store, StoreError};
use crate::supervise::Supervisor;
use crate::voice::Voice;

/// The running program (Linux, proc(5)).
const PROGRAM: &str = "/proc/self/exe";

/// How much of the program is read at a time while it is measured.
const PROGRAM_BLOCK_BYTES: usize = 64 << 10;

/// Opens the camera, each time anew.
pub type OpenCamera = Box<dyn Fn() -> Result<Box<dyn Camera>, CameraError> + Send>;

/// What differs between a real kiosk and a demo.
pub struct Surroundings {
    /// The way into the shell.
    pub inbox: Inbox,
    /// Its reading end.
    pub outlet: Outlet,
    /// The screen.
    pub display: Arc<dyn Display>,
    /// The camera.
    pub open_camera: OpenCamera,
    /// The panel; none if there is none.
    pub panel: Option<PanelSource>,
    /// Where records go.
    pub records: RecordSink,
}

/// Why the kiosk cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Services.
    #[error("the services cannot be loaded")]
    Services(#[from] ServicesError),
    /// Keys or log.
    #[error("the attestations cannot be kept")]
    Store(#[from] StoreError),
    /// The ledger.
    #[error("the log cannot be anchored")]
    Ledger(#[from] LedgerError),
    /// Networks.
    #[error("the face pipeline cannot start")]
    Face(#[from] face_pipeline::Error),
    /// Whose travel documents are trusted.
    #[error("the trusted authorities of travel documents cannot be used")]
    Trust(#[from] TrustError),
    /// The program itself cannot be measured.
    #[error("cannot measure the running program {PROGRAM}; mount /proc")]
    Program(#[source] io::Error),
    /// The models' manifest.
    #[error("cannot read the models' manifest {path}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
}

impl StartError {
    /// A stable code for whoever watches the events.
    fn code(&self) -> &'static str {
        match self {
            Self::Store(StoreError::Log(error)) => error.as_code(),
            Self::Store(StoreError::Identity(_)) => "keys",
            _ => "other",
        }
    }
}

/// A kiosk, ready to run.
pub enum Kiosk {
    /// It serves residents.
    Open(Box<Shell>),
    /// Its case was opened.
    Closed(Box<Closed>),
}

impl Kiosk {
    /// Runs until told to end, also when the case is opened meanwhile.
    pub async fn run(self) -> Result<(), Crashed> {
        match self {
            Self::Open(shell) => match shell.run().await? {
                Ended::Stopped => Ok(()),
                Ended::Tampered(closed) => closed.stay().await,
            },
            Self::Closed(closed) => closed.stay().await,
        }
    }
}

/// Builds the kiosk; one whose case was opened stays closed.
pub fn raise(config: &Config, around: Surroundings) -> Result<Kiosk, StartError> {
    let state = StateFolder::of(config);
    if state.is_tampered() {
        return Ok(Kiosk::Closed(Box::new(closed(config, state, around))));
    }
    Ok(Kiosk::Open(Box::new(assemble(config, around)?)))
}

/// What a power cut may have left of the keys is destroyed.
fn closed(config: &Config, state: StateFolder, around: Surroundings) -> Closed {
    let case = CaseGuard::new(state, around.inbox.clone());
    let first = case.clone();
    // Not waited for: a key store that hangs must not keep the screen from saying what is the matter.
    std::thread::spawn(move || first.case_opened());
    Closed {
        outlet: around.outlet,
        display: around.display,
        panel: panel_desk::start(around.panel, case, &around.inbox),
        records: around.records,
        language: config.screen.language.into(),
        held: Weak::new(),
        supervisor: Supervisor::of_this_process(),
    }
}

/// The session's clockwork, ready to run. Says what it does as it goes, because networks take a
/// moment to load.
pub fn assemble(config: &Config, around: Surroundings) -> Result<Shell, StartError> {
    let Surroundings {
        inbox,
        outlet,
        display,
        open_camera,
        panel,
        mut records,
    } = around;
    let services = Arc::new(Services::load(&config.paths.services)?);
    let store = open_store(config).inspect_err(|error| {
        records(&Record::StartRefused {
            code: error.code(),
            error: chain(error),
        });
    })?;
    records(&Record::Started {
        log_size: store.size()?,
    });
    let room = store.room()?;
    if room.is_short() {
        records(&Record::LogRoomShort {
            used_bytes: room.used_bytes,
            limit_bytes: room.limit_bytes,
        });
    }

    let ledger = ledger::open(config, &store.origin())?;
    let store = Arc::new(Mutex::new(store));

    tracing::info!("loading the networks");
    let pipeline = load_pipeline(config)?;

    let camera_inbox = inbox.clone();
    let camera = CameraWorker::spawn(open_camera, move |state| {
        camera_inbox.device(Device::Camera, state)
    });
    let sight = Sight {
        frames: camera.frames(),
        face: camera.face(),
        quarters: config.camera.quarters(),
    };
    let decoder = config.card_reader.photo_decoder();
    let eyes = Eyes::spawn(
        pipeline,
        decoder,
        sight,
        inbox.clone(),
        Arc::clone(&display),
    );
    let card_turn = TurnCell::default();
    let limits = Limits::from(&config.waits);
    let mut session = Session::new(services, limits, config.screen.language.into())
        .with_challenge((&config.challenge).into());
    if config.card_reader.kind == ReaderKind::Pcsc {
        session = session.asking_numbers_first();
    }
    Ok(Shell {
        session,
        ledger: LedgerWorker::spawn(ledger, Arc::clone(&store), inbox.clone()),
        store,
        card: CardReader::start(&config.card_reader, &inbox, &card_turn)?,
        panel: panel_desk::start(
            panel,
            CaseGuard::new(StateFolder::of(config), inbox.clone()),
            &inbox,
        ),
        printer: printer_desk::start(config, &inbox),
        voice: Voice::start(config, &inbox),
        kiosk: config.kiosk.id.to_string(),
        sounds: config.panel.sounds,
        hall: Hall::new(config.panel.dim_after),
        state: config.paths.state.clone(),
        language: config.screen.language.into(),
        inbox,
        outlet,
        eyes,
        camera,
        card_turn,
        display,
        records,
    })
}

/// Loads and warms the networks.
pub fn load_pipeline(config: &Config) -> Result<Pipeline, face_pipeline::Error> {
    let paths = &config.paths;
    let threads = usize::from(config.face.threads.get());
    let networks = Networks::load(&paths.manifest, &paths.weights, &paths.onnxruntime, threads)?;
    let settings = Settings {
        rotation: config.camera.rotation,
        window: WindowLimits {
            max_gap_ms: config.face.max_gap_ms.get(),
            ..WindowLimits::default()
        },
        ..Settings::default()
    };
    Pipeline::new(networks, settings)
}

/// Opens the log of an enrolled kiosk.
pub fn open_store(config: &Config) -> Result<Store, StartError> {
    let path = &config.paths.manifest;
    let manifest = fs::read(path).map_err(|source| StartError::Manifest {
        path: path.clone(),
        source,
    })?;
    let measured = Measured {
        models: measurement(Sha256::new_with_prefix(manifest)),
        software: measure_program()?,
    };
    let mut store = Store::open(&StateFolder::of(config), measured)?;
    store.set_limit(config.log.limit_bytes());
    Ok(store)
}

/// Measures the program that runs, as the kernel loaded it: the link leads to that file even if an
/// update has put another one in its place.
fn measure_program() -> Result<[u8; 16], StartError> {
    let mut digest = Sha256::new();
    let measured = File::open(PROGRAM).and_then(|mut file| {
        let mut block = vec![0; PROGRAM_BLOCK_BYTES];
        loop {
            match file.read(&mut block)? {
                0 => return Ok(()),
                length => digest.update(&block[..length]),
            }
        }
    });
    measured.map_err(StartError::Program)?;
    Ok(measurement(digest))
}

/// As much of a digest as an attestation carries.
fn measurement(digest: Sha256) -> [u8; 16] {
    let digest: [u8; 32] = digest.finalize().into();
    let mut start = [0; 16];
    start.copy_from_slice(&digest[..16]);
    start
}
