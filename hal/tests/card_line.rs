//! What a serial line and an old or odd module do to the driver: other speeds, slow and late bytes,
//! every status there is, cards of every kind, and the simulator at the end of a socket.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test
#![cfg(feature = "sim")]

mod common;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use common::{Heard, LONG, Reader, card, impatient, probed, quick, simulator, until};
use hal::DeviceState;
use hal::card::ga467::{Baud, Command, Decoded, Decoder, Sw3};
use hal::card::serial::{CardReaderConfig, Timings};
use hal::card::{CardAdvice, CardEvent, CardFault, CardKind, Fingerprints, LineSpeed, probe};
use hal::sim::card::{
    Address, CardSimulator, Fault, FaultNumbers, Line, SimCard, SimulatorOptions,
};

fn placed(card: SimCard) -> SimulatorOptions {
    SimulatorOptions {
        placed: true,
        baud: None,
        ..SimulatorOptions::with_card(card)
    }
}

fn start(options: SimulatorOptions) -> CardSimulator {
    CardSimulator::start(options).unwrap()
}

fn asked(device: &CardSimulator) -> Reader {
    let reader = Reader::on(device.path());
    reader.worker.start_polling();
    reader
}

fn detecting(device: &CardSimulator, raise: bool) -> CardReaderConfig {
    CardReaderConfig {
        speed: LineSpeed::Detect { raise },
        ..quick(device.path())
    }
}

#[test]
fn all_kinds_of_cards_are_read_over_the_line() {
    let photo = card().photo;
    for mut card in [
        SimCard::example(),
        SimCard::example_foreigner(),
        SimCard::example_hk_macao_taiwan(),
    ] {
        card.photo.clone_from(&photo);
        let (kind, number) = (card.kind, card.number.clone());
        let device = start(placed(card));
        let record = asked(&device).wait_for_card();
        assert_eq!(record.kind, kind);
        assert_eq!(record.number.reveal().as_str(), number);
        let has_address = kind != CardKind::ForeignerPermanentResidence;
        assert_eq!(record.current_address().is_some(), has_address);
        assert_eq!(record.fingerprints, Fingerprints::NotRead);
    }
}

#[test]
fn the_newest_address_is_the_one_that_holds() {
    let moved = SimCard {
        newest_address: String::from("示例省示例市新址路2号"),
        ..card()
    };
    let device = start(placed(moved));
    let record = asked(&device).wait_for_card();
    assert_eq!(record.address.as_ref().unwrap().reveal(), &card().address);
    let holds = record.current_address().unwrap().reveal();
    assert_eq!(holds, "示例省示例市新址路2号");
}

#[test]
fn a_module_that_knows_no_newest_address_reads_cards_all_the_same() {
    let device = simulator(Some(Fault::NoAddressCommand));
    assert!(asked(&device).wait_for_card().newest_address.is_none());
}

#[test]
fn a_card_pulled_before_its_newest_address_is_known_is_pulled() {
    let moved = SimCard {
        newest_address: String::from("新址"),
        ..card()
    };
    let pulled = |at| {
        let device = start(SimulatorOptions {
            fault: Some(Fault::PulledAtAddress),
            numbers: FaultNumbers {
                pull_at: Some(at),
                ..FaultNumbers::default()
            },
            ..placed(moved.clone())
        });
        let fault = asked(&device).wait_for_fault();
        assert_eq!(fault, CardFault::PulledMidRead, "after {at} bytes");
    };
    // Together: each is told only after a silence.
    thread::scope(|at_once| {
        for at in [0, 1, 7, 9, 40, 80] {
            at_once.spawn(move || pulled(at));
        }
    });
}

#[test]
fn of_fingerprints_only_their_length_is_known() {
    for (bytes, seen) in [
        (0, Fingerprints::None),
        (512, Fingerprints::NotKept { bytes: 512 }),
        (1024, Fingerprints::NotKept { bytes: 1024 }),
    ] {
        let device = start(placed(SimCard {
            fingerprints: bytes,
            ..card()
        }));
        let reader = Reader::with(CardReaderConfig {
            fingerprints: true,
            ..quick(device.path())
        });
        reader.worker.start_polling();
        // The published lengths of the whole answer: 1,297, 1,809, 2,321.
        let expected = reader.wait("progress", |h| match h {
            Heard::Event(CardEvent::Reading { expected, .. }) => Some(expected),
            _ => None,
        });
        assert_eq!(expected, 1297 + bytes);
        assert_eq!(reader.wait_for_card().fingerprints, seen);
    }
}

#[test]
fn a_module_that_knows_no_fingerprints_reads_cards_all_the_same() {
    let device = simulator(Some(Fault::NoFingerprintCommand));
    let reader = Reader::with(CardReaderConfig {
        fingerprints: true,
        ..quick(device.path())
    });
    reader.worker.start_polling();
    let record = reader.wait_for_card();
    assert_eq!(record.fingerprints, Fingerprints::NotRead);
}

#[test]
fn the_speed_of_a_module_is_found_and_remembered() {
    for baud in Baud::ALL {
        let speed = baud.bits_per_second();
        let device = start(SimulatorOptions {
            baud: Some(speed),
            ..placed(card())
        });
        let seen = probed(&detecting(&device, false), |_| true);
        assert_eq!(seen.baud, speed);
        let reader = Reader::with(detecting(&device, false));
        reader.wait_for_state(&DeviceState::Ready);
        reader.worker.start_polling();
        reader.wait_for_card();
    }
}

#[test]
fn a_slow_module_is_made_as_fast_as_it_can_be() {
    let device = start(SimulatorOptions {
        baud: Some(9_600),
        ..placed(card())
    });
    // An order that a starved module hears too late leaves it as it was.
    until("module itself at the new speed", || {
        device.remove();
        device.place();
        let reader = Reader::with(detecting(&device, true));
        reader.worker.start_polling();
        reader.wait_for_card();
        drop(reader);
        let fast = CardReaderConfig {
            speed: LineSpeed::Fixed(115_200),
            ..quick(device.path())
        };
        probe(&fast)
    });
}

#[test]
fn a_module_at_another_speed_than_configured_is_out_of_order_not_misread() {
    let device = start(SimulatorOptions {
        baud: Some(19_200),
        ..placed(card())
    });
    let reader = Reader::with(impatient(device.path(), Duration::from_secs(1)));
    reader.wait_for_fault_state();
    drop(reader);
    assert!(probe(&CardReaderConfig::on(device.path())).is_err());
}

#[test]
fn where_nothing_answers_at_any_speed_the_reader_is_silent() {
    let device = simulator(Some(Fault::Silent));
    let reader = Reader::with(detecting(&device, true));
    let reason = reader.wait_for_fault_state();
    assert!(reason.contains("did not answer"), "{reason}");
}

#[test]
fn slow_bytes_are_waited_for() {
    let device = start(SimulatorOptions {
        fault: Some(Fault::SlowBytes),
        numbers: FaultNumbers {
            byte_gap: Duration::from_millis(1),
            ..FaultNumbers::default()
        },
        ..placed(card())
    });
    assert_eq!(asked(&device).wait_for_card().photo.reveal(), card().photo);
}

#[test]
fn bytes_too_slow_for_any_answer_end_in_a_fault_and_not_in_a_wait() {
    let device = start(SimulatorOptions {
        fault: Some(Fault::SlowBytes),
        numbers: FaultNumbers {
            byte_gap: Duration::from_millis(100),
            ..FaultNumbers::default()
        },
        ..placed(card())
    });
    let reader = Reader::with(CardReaderConfig {
        timings: Timings {
            total: Duration::from_secs(5), // 50 of 1,295 bytes
            ..quick(device.path()).timings
        },
        ..quick(device.path())
    });
    reader.worker.start_polling();
    assert_eq!(reader.wait_for_fault(), CardFault::Garbled);
}

#[test]
fn a_late_answer_is_waited_for_as_long_as_its_command_allows() {
    let device = start(SimulatorOptions {
        fault: Some(Fault::Delay),
        numbers: FaultNumbers {
            delay: Duration::from_millis(400),
            ..FaultNumbers::default()
        },
        ..placed(card())
    });
    asked(&device).wait_for_card();
}

#[test]
fn every_status_of_the_module_ends_in_what_it_means() {
    let device = simulator(Some(Fault::Status));
    let reader = asked(&device);
    // "Found" answers nothing but "find": as an answer to "read" it is a late one and passed over.
    for byte in (0..=255).filter(|byte| ![0x90, 0x9F].contains(byte)) {
        device.remove();
        device.set_numbers(|numbers| numbers.sw3 = byte);
        device.place();
        reader.worker.start_polling();
        let fault = reader.wait_for_fault();
        let status = Sw3::from(byte);
        assert_eq!(fault, status.fault(), "{status}");
        reader.worker.stop_polling();
    }
}

#[test]
fn a_card_that_cannot_be_selected_is_pulled_and_a_refused_one_is_refused() {
    for (byte, advice) in [
        (0x81, CardAdvice::Removed),
        (0x80, CardAdvice::Removed),
        (0x31, CardAdvice::NotAccepted),
        (0x40, CardAdvice::NotAccepted),
        (0x66, CardAdvice::ReaderOutOfOrder),
    ] {
        let device = start(SimulatorOptions {
            fault: Some(Fault::SelectStatus),
            numbers: FaultNumbers {
                sw3: byte,
                ..FaultNumbers::default()
            },
            ..placed(card())
        });
        let fault = asked(&device).wait_for_fault();
        assert_eq!(fault.for_resident(), advice, "{byte:02X}");
    }
}

/// Asks over a stream as a driver would, and gives the status of the answer.
fn ask(stream: &mut (impl Read + Write), command: Command) -> Sw3 {
    stream.write_all(&command.frame()).unwrap();
    let (mut decoder, mut found) = (Decoder::new(), None);
    while found.is_none() {
        let mut bytes = [0; 64];
        let count = stream.read(&mut bytes).unwrap();
        assert!(count > 0, "the simulator hung up");
        decoder.feed(&bytes[..count], |decoded| {
            if let Decoded::Frame(answer) = decoded {
                found = Some(answer.sw3());
            }
        });
    }
    found.unwrap()
}

#[test]
fn the_simulator_serves_one_peer_after_another_on_a_socket() {
    let device = start(SimulatorOptions {
        line: Line::Listen("127.0.0.1:0".parse().unwrap()),
        ..placed(card())
    });
    let address = device.path().to_str().unwrap();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        assert_eq!(ask(&mut stream, Command::Status), Sw3::Ok);
        assert_eq!(ask(&mut stream, Command::Find), Sw3::Found);
    }
}

#[test]
fn the_simulator_comes_to_a_peer_and_comes_back_to_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap().to_string());
    let _device = start(SimulatorOptions {
        line: Line::Connect(address),
        ..placed(card())
    });
    for _ in 0..2 {
        let (mut stream, _) = until("peer", || listener.accept());
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        assert_eq!(ask(&mut stream, Command::Find), Sw3::Found);
    }
}

#[test]
fn a_unix_socket_is_an_address_too_and_is_cleaned_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reader.sock");
    let device = start(SimulatorOptions {
        line: Line::Listen(Address::Unix(path.clone())),
        ..placed(card())
    });
    let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    assert_eq!(ask(&mut stream, Command::Status), Sw3::Ok);
    drop(device);
    assert!(!path.exists());
}
