//! `kiosk self-test`: looks at everything a kiosk needs to serve residents and says in plain words
//! how it is, for a technician who does not know Linux.
//!
//! In: the settings. Out: a [`Report`] of [`Check`]s, shown as a table ([`table`]), as JSON, or as a
//! page that the kiosk signs ([`page`], [`seal`]). Nothing about a person is in it: no card is
//! looked for and no picture is kept. Every check has a time-out, so that a dead device costs
//! seconds and not the test.

mod bench;
mod camera;
mod check;
mod clock;
pub mod command;
mod documents;
mod identity;
mod ledger;
mod log;
mod networks;
mod page;
mod panel;
mod photo_decoder;
mod printer;
mod reader;
mod report;
mod scanner;
mod seal;
mod settings;
mod speaker;
mod system;
mod table;

use std::path::Path;
use std::sync::Arc;
use std::thread;

use bench::Bench;
pub use bench::{News, Progress};
pub use check::{Check, Finding};
use identity::Keys;
use log::LogState;
pub use report::Report;
pub use seal::{CheckReportError, Genuine, check_report};

use crate::clock::WallTime;
use crate::config::Config;
use crate::provision::{Identity, StateFolder};

/// A finished self-test and what is needed to keep and sign it.
pub struct Tested {
    /// What was found.
    pub report: Report,
    /// Where the kiosk keeps its records; none if the settings cannot be read.
    state: Option<StateFolder>,
    /// Who signs; none if the kiosk is not enrolled.
    identity: Option<Arc<Identity>>,
}

/// Tests everything. Takes two minutes at most, whatever is missing or hangs; with more patience so many
/// times as long.
pub fn test(config: &Path, progress: Progress, patience: u32) -> Tested {
    let bench = Bench::new(progress, patience);
    let path = config.to_owned();
    let (check, config) = bench.learn("settings", "Settings", move || settings::load(&path));
    let mut report = Report::begin(WallTime::now());
    report.add(check);
    let patiently = |mut config: Config| {
        config.card_reader.patience = patience;
        Arc::new(config)
    };
    let Some(config) = config.map(patiently) else {
        return Tested {
            report,
            state: None,
            identity: None,
        };
    };
    let state = StateFolder::of(&config);
    let identity = test_kiosk(&bench, &config, &state, &mut report);
    report.is_about(&config, identity.as_deref());
    Tested {
        report,
        state: Some(state),
        identity,
    }
}

fn test_kiosk(
    bench: &Bench,
    config: &Arc<Config>,
    state: &StateFolder,
    report: &mut Report,
) -> Option<Arc<Identity>> {
    let services = config.paths.services.clone();
    report.add(bench.run("services", "Services", move || {
        settings::services(&services)
    }));

    let (folder, settings) = (state.clone(), Arc::clone(config));
    let (key, keys) = bench.learn("keys", "Keys", move || identity::keys(&folder));
    let keys = keys.unwrap_or_default();
    report.add(key);
    let now = report.time();
    let found = keys.clone();
    report.add(bench.run("credential", "Credential", move || {
        identity::credential(&found, &settings.kiosk, now)
    }));

    let (folder, device) = (state.clone(), keys.device());
    let (check, log) = bench.learn("log", "Log", move || log::examine(&folder, device));
    report.add(check);
    let log = log.unwrap_or_default();
    // Its devices are in use: whatever they answered would say nothing about them.
    if log != LogState::Held {
        report.extend(test_machine(bench, config, &keys, log.newest(), now));
    }
    keys.identity
}

/// Software and devices at the same time: the one needs the processor, the other patience.
fn test_machine(
    bench: &Bench,
    config: &Arc<Config>,
    keys: &Keys,
    newest: Option<WallTime>,
    now: WallTime,
) -> Vec<Check> {
    let validity = keys.validity();
    // First what takes no time, so that nothing slow leaves it untested.
    let system = test_system(bench, config);
    let work = bench.within(bench::WORK);
    thread::scope(|scope| {
        let devices = scope.spawn(|| test_devices(bench, config, now));
        let mut checks = vec![bench.run("clock", "Clock", move || {
            clock::judge(now, clock::known(), validity, newest)
        })];
        let settings = Arc::clone(config);
        checks.push(work.run("networks", "Face networks", move || {
            networks::files(&settings.paths)
        }));
        let settings = Arc::clone(config);
        checks.push(work.run("face_recognition", "Face recognition", move || {
            networks::work(&settings)
        }));
        let (settings, identity) = (Arc::clone(config), keys.identity.clone());
        checks.push(bench.run("ledger", "Ledger", move || {
            ledger::ask(&settings, identity.as_deref())
        }));
        // A panic of a check is caught on its own thread; none can reach this join.
        checks.extend(devices.join().unwrap_or_default());
        checks.extend(system);
        checks
    })
}

fn test_devices(bench: &Bench, config: &Arc<Config>, now: WallTime) -> Vec<Check> {
    let bench = bench.of_devices();
    let (eye, reader, decoder, lights) = (
        config.camera.settings(),
        config.card_reader.clone(),
        config.card_reader.clone(),
        config.panel.wiring.clone(),
    );
    let mut checks = vec![
        bench.run("camera", "Camera", move || camera::look(&eye)),
        bench.run("card_reader", "Card reader", move || reader::ask(&reader)),
        bench.run("photo_decoder", "Card photo decoder", move || {
            photo_decoder::load(&decoder)
        }),
    ];
    if config.card_reader.mrz_scanner.is_some() {
        let scanner = config.card_reader.clone();
        checks.push(
            bench.run_optional("mrz_scanner", "Document scanner", move || {
                scanner::ask(&scanner)
            }),
        );
    }
    if let Some(infrared) = config.camera.infrared_settings() {
        checks.push(
            bench.run_optional("infrared_camera", "Infrared camera", move || {
                camera::look_for_infrared(&infrared)
            }),
        );
    }
    if panel::has_lights(&lights) {
        bench.watch(
            "Look at the panel: its lights go on one after the other, then its buzzer sounds.",
        );
    }
    let guards = panel::guards_case(&lights);
    let look = move || panel::look(&lights);
    checks.push(match guards {
        true => bench.run("panel", "Panel", look),
        false => bench.run_optional("panel", "Panel", look),
    });
    if config.printer.port.is_some() {
        bench.watch("Look at the printer: a slip comes out.");
    }
    let sound = config.speaker.clone();
    if sound.device.is_some() {
        bench.watch("Listen: a chime of two tones is played.");
    }
    checks.push(bench.run_optional("speaker", "Speaker", move || speaker::chime(&sound)));
    let settings = Arc::clone(config);
    let slip = bench.within(bench::SLIP);
    checks.push(slip.run_optional("printer", "Printer", move || printer::print(&settings, now)));
    checks
}

fn test_system(bench: &Bench, config: &Arc<Config>) -> Vec<Check> {
    let state = config.paths.state.clone();
    vec![
        bench.run("disk", "Disk", move || system::disk(&state)),
        bench.run_optional("memory", "Memory", system::memory),
        bench.run_optional("temperature", "Temperature", system::temperature),
        bench.run_optional("watchdog", "Watchdog", system::watchdog),
        bench.run_optional("power", "Power and speed", system::power),
        bench.run_optional("network", "Network", system::network),
    ]
}
