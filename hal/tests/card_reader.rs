//! The real driver on a real pseudo-terminal against the simulated reader: a card is read, and
//! every failure has its name, its time, and its way back.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test
#![cfg(feature = "sim")]

mod common;

use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use common::{Heard, LONG, Reader, card, impatient, probed, quick, simulator};
use hal::DeviceState;
use hal::card::ga467::Sw3;
use hal::card::serial::{CardReaderConfig, CardWorker, Timings};
use hal::card::{CardAdvice, CardEvent, CardFault, Field, ProbeError, ServiceAdvice, probe};
use hal::sim::card::{CardSimulator, Fault, FaultNumbers, Line, SimulatorOptions};

fn fault_with(fault: Fault) -> CardFault {
    let reader_device = simulator(Some(fault));
    let reader = Reader::on(reader_device.path());
    reader.worker.start_polling();
    reader.wait_for_fault()
}

#[test]
fn a_card_is_read_when_somebody_asks_and_not_before() {
    let device = simulator(None);
    let reader = Reader::on(device.path());
    reader.wait_for_state(&DeviceState::Ready);
    assert!(reader.rest().is_empty(), "nobody has asked for a card yet");
    reader.worker.start_polling();
    let record = reader.wait_for_card();
    assert_eq!(record.name.reveal(), &card().name);
    assert_eq!(record.number.reveal().as_str(), card().number);
    assert_eq!(record.photo.reveal(), card().photo);
}

#[test]
fn a_card_that_is_put_down_later_is_found() {
    let device = simulator(None);
    device.remove();
    let reader = Reader::on(device.path());
    reader.worker.start_polling();
    reader.wait_for_state(&DeviceState::Ready);
    device.place();
    reader.wait("presence", |h| {
        matches!(h, Heard::Event(CardEvent::Present)).then_some(())
    });
    reader.wait_for_card();
}

#[test]
fn a_card_left_on_the_reader_is_not_read_for_the_next_person() {
    let device = simulator(None);
    let reader = Reader::on(device.path());
    reader.worker.start_polling();
    reader.wait_for_card();
    reader.worker.start_polling();
    device.remove();
    device.place();
    reader.wait_for_card();
}

#[test]
fn noise_around_every_answer_changes_nothing() {
    let device = simulator(Some(Fault::Noise));
    let reader = Reader::on(device.path());
    reader.worker.start_polling();
    assert_eq!(reader.wait_for_card().photo.reveal(), card().photo);
}

#[test]
fn faults_of_the_card_are_told_apart() {
    let expected = [
        (Fault::NoPhoto, CardFault::NoPhoto),
        (Fault::WrongCheckDigit, CardFault::BadCheckDigit),
        (Fault::EmptyFields, CardFault::EmptyField(Field::Name)),
        (Fault::BadText, CardFault::BadField(Field::Name)),
        (Fault::UnknownKind, CardFault::UnknownKind('Q')),
        (Fault::WrongCard, CardFault::Refused(Sw3::WrongCard)),
        (
            Fault::VerificationFailed,
            CardFault::Refused(Sw3::Verification),
        ),
    ];
    for (wrong, fault) in expected {
        let found = fault_with(wrong);
        assert_eq!(found, fault, "{wrong:?}");
        assert_eq!(found.for_resident(), CardAdvice::NotAccepted, "{wrong:?}");
    }
    let length = fault_with(Fault::WrongTextLength);
    assert!(matches!(length, CardFault::Length { found: 200, .. }));
}

#[test]
fn damage_on_the_line_is_told_apart_from_a_bad_card() {
    let expected = [
        (Fault::BadChecksum, CardFault::Garbled),
        (Fault::Truncated, CardFault::Garbled),
        (Fault::Garbage, CardFault::Garbled),
        (Fault::Oversized, CardFault::Oversized(65_535)),
    ];
    // Together: each is told only after a silence.
    thread::scope(|at_once| {
        for (wrong, fault) in expected {
            at_once.spawn(move || {
                let found = fault_with(wrong);
                assert_eq!(found, fault, "{wrong:?}");
                assert_eq!(found.for_resident(), CardAdvice::Unreadable, "{wrong:?}");
            });
        }
    });
}

#[test]
fn a_card_pulled_at_any_byte_is_pulled_and_can_be_put_back() {
    // Inside every part of the frame, and at each of its seams; together, as each is told only after a
    // silence.
    let bytes = [
        0, 1, 4, 5, 6, 7, 9, 10, 13, 14, 15, 269, 270, 700, 1293, 1294,
    ];
    thread::scope(|at_once| {
        for at in bytes {
            at_once.spawn(move || pulled_and_put_back(at));
        }
    });
}

fn pulled_and_put_back(at: usize) {
    let device = CardSimulator::start(SimulatorOptions {
        placed: true,
        fault: Some(Fault::PulledMidRead),
        numbers: FaultNumbers {
            pull_at: Some(at),
            ..FaultNumbers::default()
        },
        baud: None,
        ..SimulatorOptions::with_card(card())
    })
    .unwrap();
    let reader = Reader::on(device.path());
    reader.worker.start_polling();
    let fault = reader.wait_for_fault();
    assert_eq!(fault, CardFault::PulledMidRead, "after {at} bytes");
    assert_eq!(fault.for_resident(), CardAdvice::Removed);
    device.set_fault(None);
    device.place();
    reader.wait_for_card();
}

/// A module answers "select" like this for a card that lies badly and is found all the while. Each
/// failure counts against the resident, who needs time to put the card right.
#[test]
fn a_card_that_lies_badly_is_left_alone_until_it_is_laid_anew() {
    for sw3 in [0x41, 0x80, 0x81] {
        let device = simulator(Some(Fault::SelectStatus));
        device.set_numbers(|numbers| numbers.sw3 = sw3);
        let mut config = quick(device.path());
        config.timings.retry_after = 10 * LONG;
        let reader = Reader::with(config);
        reader.worker.start_polling();
        assert_eq!(reader.wait_for_fault(), CardFault::PulledMidRead);
        device.remove();
        reader.wait("removal", |heard| match heard {
            Heard::Event(CardEvent::Removed) => Some(()),
            Heard::Event(again) => panic!("{sw3:02X}: {again:?}"),
            Heard::State(_) => None,
        });
        device.set_fault(None);
        device.place();
        reader.wait_for_card();
    }
}

/// A session can end and the next begin while the worker is still busy with the first one's card.
#[test]
fn what_was_told_to_one_session_is_news_for_the_next() {
    // A card that is not selected is found again where it lies.
    let device = simulator(Some(Fault::SelectStatus));
    let mut config = quick(device.path());
    config.timings.retry_after = 10 * LONG; // of the first session's failure
    let worker = Arc::new(OnceLock::new());
    let (send, heard) = channel();
    let same = Arc::downgrade(&worker);
    let mut session = 1;
    let on_event = move |event| {
        send.send((session, format!("{event:?}")))
            .unwrap_or_default();
        if let (CardEvent::Failed(_), 1, Some(same)) = (event, session, same.upgrade()) {
            let worker: &CardWorker = same.get().unwrap();
            worker.stop_polling();
            worker.start_polling();
            session = 2;
        }
    };
    let reader = worker.get_or_init(|| CardWorker::spawn(config, |_| (), on_event));
    reader.start_polling();
    let first_of = |wanted| loop {
        match heard.recv_timeout(LONG).unwrap() {
            (session, event) if session == wanted => return event,
            _ => {}
        }
    };
    assert_eq!(first_of(1), "Present");
    assert_eq!(first_of(2), "Present");
}

/// A reader in the middle of a card whose contents take more than a minute: time to do something to it,
/// however busy the machine is.
fn in_the_middle_of_a_card(line: Line) -> (CardSimulator, Reader) {
    let device = CardSimulator::start(SimulatorOptions {
        placed: true,
        numbers: FaultNumbers {
            byte_gap: Duration::from_millis(50),
            ..FaultNumbers::default()
        },
        baud: None,
        line,
        ..SimulatorOptions::with_card(card())
    })
    .unwrap();
    let mut config = quick(device.path());
    config.timings.total = LONG;
    config.timings.gap = Duration::from_secs(5);
    let reader = Reader::with(config);
    reader.wait_for_state(&DeviceState::Ready);
    device.set_fault(Some(Fault::SlowBytes));
    reader.worker.start_polling();
    reader.wait("progress", |h| match h {
        Heard::Event(CardEvent::Reading { received, expected }) => {
            assert_eq!(expected, 1295);
            (received > 300).then_some(())
        }
        _ => None,
    });
    (device, reader)
}

#[test]
fn a_card_taken_away_by_hand_while_it_is_sent_is_pulled() {
    let (device, reader) = in_the_middle_of_a_card(Line::Terminal { link: None });
    device.set_fault(None);
    device.remove();
    assert_eq!(reader.wait_for_fault(), CardFault::PulledMidRead);
}

#[test]
fn a_reader_that_answers_nothing_is_faulted_and_comes_back() {
    let device = simulator(Some(Fault::Silent));
    let reader = Reader::with(impatient(device.path(), Duration::from_secs(2)));
    reader.worker.start_polling();
    let reason = reader.wait_for_fault_state();
    assert!(reason.contains("did not answer"), "{reason}");
    device.set_fault(None);
    reader.wait_for_state(&DeviceState::Ready);
    reader.wait_for_card();
}

#[test]
fn a_reader_that_falls_silent_with_a_card_on_it_fails_the_card_and_itself() {
    let device = simulator(None);
    device.remove();
    let mut config = impatient(device.path(), Duration::from_secs(10));
    config.timings.read_answer = Duration::from_secs(1);
    let reader = Reader::with(config);
    reader.wait_for_state(&DeviceState::Ready);
    device.set_fault(Some(Fault::SilentRead));
    device.place();
    reader.worker.start_polling();
    // It still says that it is well: what hangs is the card.
    assert_eq!(reader.wait_for_fault(), CardFault::PulledMidRead);
    device.set_fault(Some(Fault::Silent));
    reader.wait_for_fault_state();
}

#[test]
fn a_module_without_authorisation_is_out_of_order() {
    for (fault, words) in [
        (Fault::SamNotAuthorised, "no authorisation"),
        (Fault::SelfTestFailed, "self-test"),
    ] {
        let device = simulator(Some(fault));
        let reader = Reader::on(device.path());
        let reason = reader.wait_for_fault_state();
        assert!(reason.contains(words), "{reason}");
    }
}

/// What the record of events says is all that a technician on the telephone has.
#[test]
fn a_reader_out_of_order_says_what_a_technician_does() {
    let device = simulator(Some(Fault::SamNotAuthorised));
    let file = tempfile::NamedTempFile::new().unwrap();
    for (port, advice) in [
        (device.path(), ServiceAdvice::Authorise),
        (file.path(), ServiceAdvice::FreePort),
    ] {
        let reason = Reader::on(port).wait_for_fault_state();
        assert!(reason.ends_with(&format!(". {advice}")), "{reason}");
    }
}

#[test]
fn a_module_that_is_only_confused_is_reset_and_works() {
    let device = simulator(Some(Fault::Confused));
    let reader = Reader::on(device.path());
    let mut told = Vec::new();
    reader.wait("ready", |heard| {
        let Heard::State(state) = heard else {
            return None;
        };
        told.push(state);
        (told.last() == Some(&DeviceState::Ready)).then_some(())
    });
    assert_eq!(
        told,
        [DeviceState::Starting, DeviceState::Ready],
        "no fault"
    );
}

#[test]
fn a_module_that_does_not_belong_here_is_not_used() {
    let device = simulator(None);
    let with = |number: &str| {
        Reader::with(CardReaderConfig {
            sam: Some(number.into()),
            ..quick(device.path())
        })
    };
    let own = "05.99-20100507-0000000001-0000000001";
    let reader = with("05.01-20100507-0000012345-1234567890");
    let reason = reader.wait_for_fault_state();
    assert!(
        reason.contains("sam_wrong") && reason.contains(own),
        "{reason}"
    );
    drop(reader);
    with(own).wait_for_state(&DeviceState::Ready);
}

#[test]
fn authorisation_lost_while_idle_is_noticed_without_a_card() {
    let device = simulator(None);
    let reader = Reader::on(device.path());
    reader.wait_for_state(&DeviceState::Ready);
    device.set_fault(Some(Fault::SamNotAuthorised));
    reader.wait_for_fault_state();
    device.set_fault(None);
    reader.wait_for_state(&DeviceState::Ready);
}

#[test]
fn a_card_that_was_refused_is_removed_and_another_one_read() {
    let device = simulator(Some(Fault::NoPhoto));
    let reader = Reader::on(device.path());
    reader.worker.start_polling();
    assert_eq!(reader.wait_for_fault(), CardFault::NoPhoto);
    device.remove();
    reader.wait_for_removal();
    device.set_fault(None);
    device.place();
    reader.wait_for_card();
}

#[test]
fn an_unplugged_reader_is_absent_and_comes_back_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("reader");
    let plug_in = || {
        CardSimulator::start(SimulatorOptions {
            placed: true,
            baud: None,
            line: Line::Terminal {
                link: Some(link.clone()),
            },
            ..SimulatorOptions::with_card(card())
        })
        .unwrap()
    };
    let device = plug_in();
    let reader = Reader::on(&link);
    reader.wait_for_state(&DeviceState::Ready);
    drop(device);
    reader.wait_for_state(&DeviceState::Absent);
    let _device = plug_in();
    reader.wait_for_state(&DeviceState::Ready);
    reader.worker.start_polling();
    reader.wait_for_card();
}

#[test]
fn a_reader_unplugged_while_it_reads_fails_the_card_and_is_absent() {
    let folder = tempfile::tempdir().unwrap();
    // The name of a terminal may be given to another test's reader at once.
    let link = Some(folder.path().join("reader"));
    let (device, reader) = in_the_middle_of_a_card(Line::Terminal { link });
    drop(device);
    let fault = reader.wait_for_fault();
    assert_eq!(fault, CardFault::LineLost);
    assert_eq!(fault.for_resident(), CardAdvice::ReaderOutOfOrder);
    reader.wait_for_state(&DeviceState::Absent);
}

#[test]
fn a_port_that_is_not_there_or_no_port_at_all_is_no_panic() {
    let absent = Reader::on(std::path::Path::new("/dev/no-such-reader"));
    absent.wait_for_state(&DeviceState::Absent);
    let file = tempfile::NamedTempFile::new().unwrap();
    let faulted = Reader::on(file.path());
    let reason = faulted.wait_for_fault_state();
    assert!(reason.contains("failed to open"), "{reason}");
}

#[test]
fn a_cancelled_session_hears_nothing_of_its_card() {
    let (device, reader) = in_the_middle_of_a_card(Line::Terminal { link: None });
    reader.worker.stop_polling();
    // The next session, with the card put down anew, gets a whole card.
    device.set_fault(None);
    device.remove();
    reader.worker.start_polling();
    device.place();
    reader.wait("card and no fault", |h| match h {
        Heard::Event(CardEvent::Read(_)) => Some(()),
        Heard::Event(CardEvent::Failed(fault)) => panic!("{fault}"),
        _ => None,
    });
}

#[test]
fn stopping_is_prompt_whatever_the_reader_does() {
    for fault in [None, Some(Fault::Silent), Some(Fault::Oversized)] {
        let device = simulator(fault);
        let reader = Reader::with(CardReaderConfig {
            timings: endless(),
            ..quick(device.path())
        });
        reader.worker.start_polling();
        match fault {
            None => reader.wait_for_state(&DeviceState::Ready),
            Some(_) => reader.wait("anything", |_| Some(())),
        }
        let begin = Instant::now();
        drop(reader);
        // An owner leaves a thread that hangs behind after 10 s.
        assert!(begin.elapsed() < Duration::from_secs(8), "{fault:?}");
    }
}

/// Nothing but a stop ends a wait.
fn endless() -> Timings {
    Timings {
        detect: LONG,
        answer: LONG,
        reset_answer: LONG,
        card_answer: LONG,
        read_answer: LONG,
        fingerprints_answer: LONG,
        address_answer: LONG,
        gap: LONG,
        total: LONG,
        poll_every: LONG,
        retry_after: LONG,
        heartbeat: LONG,
    }
}

/// The wire's limit for the contents of a card: 1,295 bytes of ten bits at 115,200 baud.
const WIRE_LIMIT: Duration = Duration::from_micros(112_413);

/// How much more it costs: `cargo run --example card_times`.
#[test]
fn no_card_is_read_faster_than_the_wire_carries_it() {
    let device = CardSimulator::start(SimulatorOptions::with_card(card())).unwrap();
    let reader = Reader::on(device.path());
    reader.wait_for_state(&DeviceState::Ready);
    reader.worker.start_polling();
    device.place();
    let mut present = None;
    let read = reader.wait_timed("card", |told, h| match h {
        Heard::Event(CardEvent::Present) => {
            present = Some(told);
            None
        }
        Heard::Event(CardEvent::Read(_)) => Some(told),
        _ => None,
    });
    let time = read - present.unwrap();
    assert!(time >= WIRE_LIMIT, "{time:?}: the line has no pace");
}

#[test]
fn a_self_test_learns_how_the_reader_is_and_its_number() {
    let well = simulator(None);
    let config = CardReaderConfig::on(well.path());
    let seen = probed(&config, |seen| seen.sam_number.is_some());
    assert_eq!(seen.status, Sw3::Ok);

    let sick = simulator(Some(Fault::SamNotAuthorised));
    let seen = probed(&CardReaderConfig::on(sick.path()), |_| true);
    assert_eq!(seen.status, Sw3::NotAuthorised);
}

#[test]
fn a_self_test_tells_a_missing_reader_from_a_silent_one_and_from_something_else() {
    let missing = probe(&CardReaderConfig::on("/dev/tty-that-is-not-there"));
    assert!(matches!(missing, Err(ProbeError::NotFound { .. })));

    let silent = simulator(Some(Fault::Silent));
    let silent = probe(&CardReaderConfig::on(silent.path()));
    assert!(matches!(silent, Err(ProbeError::Silent { .. })));

    let other = probe(&CardReaderConfig::on("/dev/null"));
    assert!(matches!(other, Err(ProbeError::Port { .. })), "{other:?}");
}
