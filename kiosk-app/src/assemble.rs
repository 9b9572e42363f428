//! Builds a kiosk from its settings: keys, log, networks, devices, session. The same for the
//! real kiosk and for the demo, which brings another camera.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use attestation::ledger::Ledger;
use face_pipeline::{Networks, Pipeline, Settings, WindowLimits};
use hal::camera::{Camera, CameraError};
use hal::card::emrtd::pki::trust::TrustError;
use sha2::{Digest, Sha256};

use crate::cameras::Cameras;
use crate::card_desk::TurnCell;
use crate::card_reader::ReaderSource;
use crate::closed::{Closed, LETTING_GO};
use crate::config::{Config, ReaderKind};
use crate::errors::chain;
use crate::eyes::{Eyes, Sight};
use crate::hall::Hall;
use crate::ledger::{self, LedgerError, LedgerWorker};
use crate::panel_desk::{self, CaseGuard, PanelSource};
use crate::printer_desk;
use crate::provision::{ProvisionError, StateFolder};
use crate::record::{Record, RecordSink};
use crate::refused::Refused;
use crate::services::{Services, ServicesError};
use crate::session::{Limits, Session};
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
    /// The camera for infrared light; none if there is none.
    pub open_infrared: Option<OpenCamera>,
    /// The panel; none if there is none.
    pub panel: Option<PanelSource>,
    /// The networks, if somebody has loaded them already.
    pub pipeline: Option<Pipeline>,
    /// Where records go.
    pub records: RecordSink,
}

/// Why the kiosk cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Whether the case was opened is not known.
    #[error(transparent)]
    Case(#[from] ProvisionError),
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
    #[error(
        "the trusted authorities of travel documents cannot be used: check that the folder `trust` under \
         [card_reader] in the settings file is there, holds the certificates that the operator gave, and may be \
         read by the kiosk's user"
    )]
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
            Self::Case(_) => "tamper_record",
            Self::Services(_) => "services",
            Self::Ledger(_) => "ledger",
            Self::Face(_) | Self::Manifest { .. } => "networks",
            Self::Trust(_) => "trust",
            Self::Store(_) | Self::Program(_) => "other",
        }
    }

    fn record(&self) -> Record {
        Record::StartRefused {
            code: self.code(),
            error: chain(self),
        }
    }
}

/// A kiosk, ready to run.
pub enum Kiosk {
    /// It serves residents.
    Open(Box<Shell>),
    /// Its case was opened.
    Closed(Box<Closed>),
    /// It cannot start.
    Refused(Box<Refused>),
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
            Self::Refused(refused) => refused.stay().await,
        }
    }
}

/// Builds the kiosk; one whose case was opened stays closed, and one that cannot start says so on its
/// screen, in its events and to whoever reads its messages.
pub fn raise(config: &Config, mut around: Surroundings) -> Kiosk {
    let state = StateFolder::of(config);
    let parts = match state.is_tampered() {
        Ok(true) => return Kiosk::Closed(Box::new(closed(config, state, around))),
        Ok(false) => Parts::load(config, &mut around),
        Err(error) => Err(recorded(error.into(), &mut around)),
    };
    match parts {
        Ok(parts) => Kiosk::Open(Box::new(parts.start(config, around))),
        Err(error) => {
            tracing::error!("the kiosk cannot start: {}", chain(&error));
            let case = CaseGuard::new(StateFolder::of(config), around.inbox.clone());
            Kiosk::Refused(Box::new(Refused {
                outlet: around.outlet,
                display: around.display,
                panel: panel_desk::start(around.panel, case.clone(), &around.inbox),
                case,
                records: around.records,
                language: config.screen.language.into(),
                supervisor: Supervisor::of_this_process(),
                wait: REFUSED,
                letting_go: LETTING_GO,
            }))
        }
    }
}

/// So long the screen of a kiosk that cannot start says so, before it is tried again: residents get words
/// instead of a console, and what was only late (a TPM, a disk) holds nobody up for longer.
const REFUSED: Duration = Duration::from_secs(60);

fn recorded(error: StartError, around: &mut Surroundings) -> StartError {
    (around.records)(&error.record());
    error
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
        panel: panel_desk::start(around.panel, case.clone(), &around.inbox),
        case,
        records: around.records,
        language: config.screen.language.into(),
        held: Weak::new(),
        letting_go: LETTING_GO,
        supervisor: Supervisor::of_this_process(),
    }
}

/// The session's clockwork, ready to run.
pub fn assemble(config: &Config, mut around: Surroundings) -> Result<Shell, StartError> {
    Ok(Parts::load(config, &mut around)?.start(config, around))
}

/// Everything that may not be there or not be whole, looked at before anything is started.
struct Parts {
    services: Services,
    store: Store,
    ledger: Box<dyn Ledger + Send>,
    pipeline: Pipeline,
    reader: ReaderSource,
}

impl Parts {
    /// What cannot be used is written down. Says what it does as it goes, because networks take a moment
    /// to load.
    fn load(config: &Config, around: &mut Surroundings) -> Result<Self, StartError> {
        Self::try_load(config, around).map_err(|error| recorded(error, around))
    }

    fn try_load(config: &Config, around: &mut Surroundings) -> Result<Self, StartError> {
        let Surroundings {
            pipeline, records, ..
        } = around;
        let services = Services::load(&config.paths.services)?;
        let store = open_store(config)?;
        let ledger = ledger::open(config, &store.origin())?;
        let reader = ReaderSource::load(&config.card_reader)?;
        let pipeline = match pipeline.take() {
            Some(pipeline) => pipeline,
            None => {
                tracing::info!("loading the networks");
                load_pipeline(config)?
            }
        };
        let (log_size, room) = (store.size()?, store.room()?);
        records(&Record::Started { log_size });
        if room.is_short() {
            records(&Record::LogRoomShort {
                used_bytes: room.used_bytes,
                limit_bytes: room.limit_bytes,
            });
        }
        Ok(Self {
            services,
            store,
            ledger,
            pipeline,
            reader,
        })
    }

    /// Starts the devices' threads.
    fn start(self, config: &Config, around: Surroundings) -> Shell {
        let Surroundings {
            inbox,
            outlet,
            display,
            open_camera,
            open_infrared,
            panel,
            records,
            pipeline: _, // it is among the parts
        } = around;
        let store = Arc::new(Mutex::new(self.store));
        let camera = Cameras::start(open_camera, open_infrared, &inbox);
        let sight = Sight {
            frames: camera.frames(),
            face: camera.face(),
            infrared: camera.infrared(),
            quarters: config.camera.quarters(),
        };
        let decoder = config.card_reader.photo_decoder();
        let eyes = Eyes::spawn(
            self.pipeline,
            decoder,
            sight,
            inbox.clone(),
            Arc::clone(&display),
        );
        let card_turn = TurnCell::default();
        let case = CaseGuard::new(StateFolder::of(config), inbox.clone());
        Shell {
            session: session(config, Arc::new(self.services)),
            ledger: LedgerWorker::spawn(self.ledger, Arc::clone(&store), inbox.clone()),
            store,
            card: self.reader.start(&inbox, &card_turn),
            panel: panel_desk::start(panel, case.clone(), &inbox),
            case,
            printer: printer_desk::start(config, &inbox),
            voice: Voice::start(config, &inbox),
            kiosk: config.kiosk.id.to_string(),
            letting_go: LETTING_GO,
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
        }
    }
}

fn session(config: &Config, services: Arc<Services>) -> Session {
    let limits = Limits::from(&config.waits);
    let session = Session::new(services, limits, config.screen.language.into())
        .with_challenge((&config.challenge).into());
    match config.card_reader.kind {
        ReaderKind::Pcsc => session.asking_numbers_first(),
        ReaderKind::Serial => session,
    }
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
