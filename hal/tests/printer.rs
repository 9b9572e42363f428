//! The real driver on a real pseudo-terminal against the simulated printer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

#[path = "common/patience.rs"]
mod patience;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use hal::DeviceState;
use hal::printer::{
    Paper, PrinterConfig, PrinterEvent, PrinterTimings, PrinterWorker, QrMode, Slip, SlipEnd,
    Style, TextMode, Trouble, Typeface, probe,
};
use hal::sim::printer::{PrinterFault, PrinterSimulator, PrinterSimulatorOptions, SimEvent};
use patience::{LONG, until};
use tempfile::TempDir;

/// Debian's package fonts-noto-cjk.
const FONT: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";

fn face() -> Arc<Typeface> {
    Arc::new(Typeface::read(Path::new(FONT)).unwrap())
}

/// A printer that says something at all is waited for however busy the machine is.
fn patient(port: &Path) -> PrinterConfig {
    PrinterConfig {
        timings: PrinterTimings {
            answer: LONG,
            stalled: LONG,
            finish: LONG,
            unsaid: LONG,
        },
        ..PrinterConfig::on(port)
    }
}

fn receipt() -> Slip {
    Slip::new()
        .headline("回执")
        .centred("身份核验回执 Receipt")
        .rule()
        .pair("服务", "门诊挂号 Outpatient registration")
        .pair("时间", "2026-11-21 14:05")
        .qr(
            "KV1:A TEXT AS LONG AS A RECEIPT'S, FOR A CODE OF ITS SIZE. "
                .repeat(6)
                .as_str(),
        )
        .text("任何人都可以用免费的核验程序验证这张回执。Anyone can check it.")
}

/// A printer, its driver, and everything that happens on either.
struct Scene {
    folder: TempDir,
    simulator: Option<PrinterSimulator>,
    slips: Receiver<SimEvent>,
    states: Receiver<DeviceState>,
    events: Receiver<PrinterEvent>,
    worker: PrinterWorker,
}

impl Scene {
    fn with(change: impl FnOnce(&mut PrinterSimulatorOptions, &mut PrinterConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("printer");
        let mut options = options(folder.path());
        let mut config = patient(&link);
        change(&mut options, &mut config);
        let (send, slips) = channel();
        let simulator = PrinterSimulator::start(options, move |e| send.send(e).unwrap()).unwrap();
        let (send_state, states) = channel();
        let (send_event, events) = channel();
        let worker = PrinterWorker::spawn(
            config,
            move |state| drop(send_state.send(state)),
            move |event| {
                let _ = send_event.send(event);
            },
        );
        Self {
            folder,
            simulator: Some(simulator),
            slips,
            states,
            events,
            worker,
        }
    }

    fn plain() -> Self {
        Self::with(|_, _| {})
    }

    fn simulator(&self) -> &PrinterSimulator {
        self.simulator.as_ref().unwrap()
    }

    fn becomes(&self, wanted: &DeviceState) {
        until("such state", || match self.states.recv_timeout(LONG) {
            Ok(state) if state == *wanted => Ok(()),
            other => Err((other, wanted)),
        });
    }

    fn ends(&self, ticket: u64, end: SlipEnd) {
        let event = self.events.recv_timeout(LONG).expect("an event");
        assert_eq!(event, PrinterEvent::Slip { ticket, end });
    }

    fn cut(&self) -> PathBuf {
        match self.slips.recv_timeout(LONG).expect("a slip") {
            SimEvent::Slip(path) => path,
            other => panic!("{other:?}"),
        }
    }
}

fn options(folder: &Path) -> PrinterSimulatorOptions {
    PrinterSimulatorOptions {
        link: Some(folder.join("printer")),
        ..PrinterSimulatorOptions::new(face(), folder)
    }
}

fn faulted(trouble: Trouble) -> DeviceState {
    DeviceState::Faulted(trouble.to_string())
}

/// The QR codes on a drawn slip.
fn codes(slip: &Path) -> Vec<String> {
    let picture = image::open(slip).unwrap().into_luma8();
    let mut picture = rqrr::PreparedImage::prepare(picture);
    picture
        .detect_grids()
        .iter()
        .map(|grid| grid.decode().unwrap().1)
        .collect()
}

#[test]
fn a_slip_comes_out_with_its_code_whoever_draws_letters_and_code() {
    for (text, qr) in [
        (TextMode::Gb18030, QrMode::Native),
        (TextMode::Gb18030, QrMode::Drawn),
        (TextMode::Drawn(face()), QrMode::Drawn),
    ] {
        for paper in [Paper::Mm80, Paper::Mm58] {
            let style = Style {
                paper,
                qr,
                text: text.clone(),
                cutter: true,
            };
            let scene = Scene::with(|options, config| {
                options.paper = paper;
                options.knows_codes = qr == QrMode::Native;
                options.knows_chinese = matches!(style.text, TextMode::Gb18030);
                config.style = style;
            });
            scene.worker.print(1, receipt(), LONG);
            scene.ends(1, SlipEnd::Printed);
            let slip = scene.cut();
            assert_eq!(codes(&slip).len(), 1, "{qr:?} on {paper:?}");
            if let Ok(keep) = std::env::var("KEEP_SLIPS") {
                std::fs::create_dir_all(&keep).unwrap();
                let drawn = matches!(text, TextMode::Drawn(_));
                std::fs::copy(slip, format!("{keep}/{qr:?}-{drawn}-{paper:?}.png")).unwrap();
            }
        }
    }
}

#[test]
fn paper_that_ends_within_a_slip_is_a_broken_slip_and_the_next_one_is_whole() {
    let scene = Scene::with(|options, _| options.fault = Some((PrinterFault::PaperOut, 300)));
    scene.becomes(&DeviceState::Ready);
    scene.worker.print(1, receipt(), LONG);
    scene.becomes(&faulted(Trouble::PaperOut));
    scene.ends(1, SlipEnd::Broken);
    scene.simulator().new_roll();
    let torn = scene.slips.recv_timeout(LONG).unwrap();
    let SimEvent::Torn(torn) = torn else {
        panic!("{torn:?}")
    };
    assert!(codes(&torn).is_empty(), "the code had not come yet");
    scene.becomes(&DeviceState::Ready);
    let void = scene.cut();
    assert!(
        codes(&void).is_empty(),
        "what was left in the printer is not printed"
    );
    scene.worker.print(2, receipt(), LONG);
    scene.ends(2, SlipEnd::Printed);
    assert_eq!(codes(&scene.cut()).len(), 1);
}

#[test]
fn a_broken_slip_never_comes_out_with_the_next_persons() {
    // The driver introduces itself with eight bytes: the first fault comes with the slip's third.
    for at in [11, 43, 123, 253, 333, 423] {
        let scene = Scene::with(|options, _| options.fault = Some((PrinterFault::CoverOpen, at)));
        scene.becomes(&DeviceState::Ready);
        scene.worker.print(1, receipt(), LONG);
        scene.ends(1, SlipEnd::Broken);
        scene.simulator().close_cover();
        scene.worker.print(2, Slip::new().qr("SECOND"), LONG);
        scene.ends(2, SlipEnd::Printed);
        let mut slips = vec![scene.cut()];
        while let Ok(SimEvent::Slip(path)) = scene.slips.try_recv() {
            slips.push(path);
        }
        assert_eq!(
            codes(slips.last().unwrap()),
            ["SECOND"],
            "cover opened at byte {at}"
        );
        assert!(
            slips.len() > 1,
            "cover opened at byte {at}: the first slip was cut by itself"
        );
    }
}

#[test]
fn a_slip_that_a_power_cut_broke_off_is_struck_out_at_the_next_start() {
    let memory = tempfile::tempdir().unwrap();
    let file = memory.path().join("slip.unfinished");
    let remembered = || file.exists();
    let scene = |fault| {
        Scene::with(|options, config| {
            options.fault = fault;
            config.unfinished = Some(file.clone());
        })
    };
    let cut_off = scene(Some((PrinterFault::CoverOpen, 120)));
    cut_off.worker.print(1, receipt(), LONG);
    cut_off.ends(1, SlipEnd::Broken);
    drop(cut_off);
    assert!(remembered(), "the next start knows of it");

    let next = scene(None);
    let void = next.cut();
    assert!(codes(&void).is_empty());
    next.worker.print(2, Slip::new().qr("SECOND"), LONG);
    next.ends(2, SlipEnd::Printed);
    assert_eq!(codes(&next.cut()), ["SECOND"]);
    assert!(!remembered());
    drop(next);

    let fresh = scene(None);
    fresh.worker.print(3, Slip::new().qr("THIRD"), LONG);
    assert_eq!(codes(&fresh.cut()), ["THIRD"], "nothing to strike out");
}

/// So long a printer that does not know GS r would have to be well.
const UNSAID: Duration = Duration::from_secs(10);

/// A printer with a large buffer: it takes a slip at once and prints for longer than that, and its roll
/// ends meanwhile. It knows GS r, and does not get that far.
#[test]
fn paper_that_ends_long_after_the_last_byte_is_a_broken_slip_where_the_printer_would_have_said_so()
{
    let (mut printer, port) = serialport::TTYPort::pair().unwrap();
    let path = serialport::SerialPort::name(&port).unwrap();
    let (send_event, events) = channel();
    let mut config = patient(Path::new(&path));
    config.timings.unsaid = UNSAID;
    let worker = PrinterWorker::spawn(
        config,
        |_| {},
        move |event| {
            let _ = send_event.send(event);
        },
    );
    worker.print(1, Slip::new().headline("A"), LONG);
    let served = std::thread::spawn(move || print_slowly(&mut printer));
    let broken = PrinterEvent::Slip {
        ticket: 1,
        end: SlipEnd::Broken,
    };
    assert_eq!(events.recv_timeout(LONG), Ok(broken));
    drop(worker);
    drop(port);
    served.join().unwrap();
}

/// Answers what a printer is asked; after the slip's GS r it is looked at for longer than [`UNSAID`] before
/// its paper is out. Ends with the line.
fn print_slowly(printer: &mut serialport::TTYPort) {
    use std::io::{ErrorKind, Read, Write};
    const SAY_WHEN_REACHED: [u8; 3] = [0x1d, b'r', 1];
    let (mut last, mut asked, mut begun, mut byte) = ([0; 3], 0, None, [0]);
    loop {
        match printer.read(&mut byte) {
            Err(error) if error.kind() == ErrorKind::TimedOut => continue,
            Ok(1) => last = [last[1], last[2], byte[0]],
            _ => return,
        }
        let out = begun.is_some_and(|begun: Instant| begun.elapsed() > UNSAID + UNSAID / 4);
        let answer = match last {
            SAY_WHEN_REACHED => {
                asked += 1;
                begun = (asked > 1).then(Instant::now);
                // To the question before any slip, but to none after it.
                (asked == 1).then_some(0x00)
            }
            [0x10, 0x04, 2] => Some(if out { 0x32 } else { 0x12 }),
            [0x10, 0x04, 3] => Some(0x12),
            [0x10, 0x04, 4] => Some(if out { 0x72 } else { 0x12 }),
            _ => None,
        };
        if answer.is_some_and(|answer| printer.write_all(&[answer]).is_err()) {
            return;
        }
    }
}

#[test]
fn a_slip_that_cannot_be_begun_in_time_is_never_printed() {
    let scene = Scene::with(|options, _| options.fault = Some((PrinterFault::CoverOpen, 0)));
    scene.becomes(&faulted(Trouble::CoverOpen));
    scene.worker.print(7, receipt(), Duration::from_millis(50));
    scene.ends(7, SlipEnd::TooLate);
    scene.worker.print(8, receipt(), LONG);
    scene.worker.give_up();
    scene.simulator().close_cover();
    scene.becomes(&DeviceState::Ready);
    scene.worker.print(9, Slip::new().qr("MINE"), LONG);
    scene.ends(9, SlipEnd::Printed);
    assert_eq!(codes(&scene.cut()), ["MINE"]);
    assert!(
        scene.slips.try_recv().is_err(),
        "nothing but the last slip was printed"
    );
}

#[test]
fn a_jam_is_over_when_the_cover_was_opened_and_closed() {
    let scene = Scene::plain();
    scene.becomes(&DeviceState::Ready);
    for (fault, trouble) in [
        (PrinterFault::Jam, Trouble::Jam),
        (PrinterFault::CutterJam, Trouble::CutterJam),
    ] {
        scene.simulator().suffer(fault);
        scene.becomes(&faulted(trouble));
        scene.simulator().suffer(PrinterFault::CoverOpen);
        scene.becomes(&faulted(Trouble::CoverOpen));
        scene.simulator().mend();
        scene.simulator().close_cover();
        scene.becomes(&DeviceState::Ready);
    }
}

#[test]
fn the_rolls_nearing_end_is_told_once_and_does_not_stop_anything() {
    let scene = Scene::plain();
    scene.becomes(&DeviceState::Ready);
    scene.simulator().suffer(PrinterFault::PaperLow);
    let told = scene.events.recv_timeout(LONG).unwrap();
    assert_eq!(told, PrinterEvent::PaperNearEnd(true));
    scene.worker.print(1, receipt(), LONG);
    scene.ends(1, SlipEnd::Printed);
    scene.simulator().new_roll();
    let told = scene.events.recv_timeout(LONG).unwrap();
    assert_eq!(told, PrinterEvent::PaperNearEnd(false));
}

#[test]
fn a_printer_that_is_unplugged_is_absent_and_comes_back_by_itself() {
    let mut scene = Scene::plain();
    scene.becomes(&DeviceState::Ready);
    scene.simulator = None;
    scene.becomes(&DeviceState::Absent);
    let again = PrinterSimulator::start(options(scene.folder.path()), |_| {}).unwrap();
    scene.becomes(&DeviceState::Ready);
    drop(again);
}

#[test]
fn a_printer_that_answers_nothing_is_faulted_and_not_waited_for() {
    let scene = Scene::with(|options, config| {
        options.fault = Some((PrinterFault::Silent, 0));
        config.timings.answer = Duration::from_secs(3);
    });
    let state = until("state", || match scene.states.recv_timeout(LONG) {
        Ok(state) if state != DeviceState::Starting => Ok(state),
        other => Err(other),
    });
    assert!(matches!(state, DeviceState::Faulted(why) if why.contains("did not say how it is")));
}

#[test]
fn the_technicians_visit_prints_or_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let (send, slips) = channel();
    let simulator =
        PrinterSimulator::start(options(folder.path()), move |e| drop(send.send(e))).unwrap();
    let config = patient(simulator.path());
    let slip = Slip::new().headline("测试 Test");
    assert_eq!(probe(&config, &slip).unwrap().trouble, None);
    assert!(matches!(slips.recv_timeout(LONG), Ok(SimEvent::Slip(_))));
    simulator.suffer(PrinterFault::PaperOut);
    assert_eq!(
        probe(&config, &slip).unwrap().trouble,
        Some(Trouble::PaperOut)
    );
}
