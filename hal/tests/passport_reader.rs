//! The reader of travel documents against a simulated chip, through the real pcscd and its
//! virtual reader.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed helper is a failed test
#![allow(unsafe_code)] // the environment of libpcsclite, see `Lab`
#![cfg(feature = "sim")]

#[path = "common/forged.rs"]
mod forged;
#[path = "common/on_reader.rs"]
mod on_reader;
#[path = "common/patience.rs"]
mod patience;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use forged::{FORGED, UNREADABLE};
use hal::DeviceState;
use hal::card::emrtd::access::AccessKey;
use hal::card::emrtd::lds::PortraitCoding;
use hal::card::emrtd::pki::passive::{PassivePolicy, Revocation};
use hal::card::emrtd::pki::trust::TrustStore;
use hal::card::emrtd::procedure::{Access, ChipProof};
use hal::card::emrtd::worker::{EmrtdReaderConfig, EmrtdWorker};
use hal::card::emrtd::{Authenticity, EmrtdRecord};
use hal::card::{CardAdvice, CardEvent, CardFault, CivilDate};
use hal::sim::passport::{
    Active, Fault, PassportOptions, PassportSimulator, Protocols, SimPassport,
};
use hal::sim::pcscd::{Pcscd, SOCKET_VARIABLE};
use patience::LONG;
use pcsc::State;

/// libpcsclite looks for its service once per process, so the tests share its place, one after
/// another.
static PLACE: Mutex<Option<tempfile::TempDir>> = Mutex::new(None);

/// What is on the worker's channels.
#[derive(Debug)]
enum Heard {
    State(DeviceState),
    Event(CardEvent),
}

/// A pcscd with a document beside it, and the worker that reads it.
struct Lab {
    worker: EmrtdWorker,
    simulator: PassportSimulator,
    heard: Receiver<Heard>,
    pcscd: Pcscd,
    _place: MutexGuard<'static, Option<tempfile::TempDir>>,
}

impl Lab {
    fn with(protocols: Protocols, page: SimPassport, fault: Option<Fault>) -> Self {
        Self::strict(protocols, page, fault, false)
    }

    fn strict(
        protocols: Protocols,
        page: SimPassport,
        fault: Option<Fault>,
        require_revocation_list: bool,
    ) -> Self {
        let change = |config: &mut EmrtdReaderConfig| {
            config.policy = PassivePolicy {
                require_revocation_list,
            };
        };
        Self::configured(protocols, page, fault, change)
    }

    fn configured(
        protocols: Protocols,
        page: SimPassport,
        fault: Option<Fault>,
        change: impl FnOnce(&mut EmrtdReaderConfig),
    ) -> Self {
        let mut place = PLACE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = place
            .get_or_insert_with(|| tempfile::tempdir().unwrap())
            .path()
            .to_owned();
        let pcscd = Pcscd::start(&folder).unwrap();
        // SAFETY: only this function touches the environment, under the lock of `PLACE`, and no
        // thread of libpcsclite is alive outside of it.
        unsafe { std::env::set_var(SOCKET_VARIABLE, pcscd.socket()) };
        let trust: PathBuf = folder.join("trust");
        let simulator = PassportSimulator::start(PassportOptions {
            protocols,
            fault,
            port: pcscd.port(),
            trust: Some(trust.clone()),
            ..PassportOptions::with_page(page)
        })
        .unwrap();
        let trust = Arc::new(TrustStore::load(&trust).unwrap());
        assert!(trust.problems().is_empty(), "{:?}", trust.problems());
        let (send, heard) = channel();
        let states = send.clone();
        let mut config = EmrtdReaderConfig {
            poll_every: Duration::from_millis(20),
            retry_after: Duration::from_millis(20),
            ..EmrtdReaderConfig::trusting(trust)
        };
        change(&mut config);
        let worker = EmrtdWorker::spawn(
            config,
            move |state| states.send(Heard::State(state)).unwrap_or_default(),
            move |event| send.send(Heard::Event(event)).unwrap_or_default(),
        );
        Self {
            worker,
            simulator,
            heard,
            pcscd,
            _place: place,
        }
    }

    /// Waits for the first thing heard that `pick` takes.
    fn wait_for<T>(&self, mut pick: impl FnMut(Heard) -> Option<T>) -> T {
        loop {
            let heard = self.heard.recv_timeout(LONG).expect("nothing happens");
            if let Some(picked) = pick(heard) {
                return picked;
            }
        }
    }

    fn wait_for_state(&self, wanted: impl Fn(&DeviceState) -> bool) {
        self.wait_for(|heard| matches!(&heard, Heard::State(s) if wanted(s)).then_some(()));
    }

    fn outcome(&self) -> Result<Box<EmrtdRecord>, CardFault> {
        self.wait_for(|heard| match heard {
            Heard::Event(CardEvent::ReadDocument(record)) => Some(Ok(record)),
            Heard::Event(CardEvent::Failed(fault)) => Some(Err(fault)),
            _ => None,
        })
    }

    fn read(&self, key: AccessKey) -> Result<Box<EmrtdRecord>, CardFault> {
        self.worker.start_polling(Some(key));
        self.simulator.place();
        self.outcome()
    }
}

fn mrz_key() -> AccessKey {
    AccessKey::from_mrz(&SimPassport::example().mrz().concat()).unwrap()
}

fn only(bac: bool, chip: bool, active: bool) -> Protocols {
    let all = Protocols::default();
    Protocols {
        bac: true,
        pace: all.pace.filter(|_| !bac),
        chip: all.chip.filter(|_| chip),
        active: active.then(Active::default),
    }
}

#[test]
fn a_new_passport_is_opened_with_pace_and_proves_its_chip() {
    let lab = Lab::strict(Protocols::default(), SimPassport::example(), None, true);
    lab.wait_for_state(|s| *s == DeviceState::Ready);
    let record = lab.read(mrz_key()).unwrap();
    assert_eq!(record.mrz.surname.reveal(), "LIN");
    assert_eq!(record.mrz.given_names.reveal(), "YANGLI");
    assert_eq!(record.mrz.document_number.reveal(), "E00007730");
    let today = CivilDate::new(2026, 11, 21).unwrap();
    assert_eq!(record.mrz.birth_date(today), CivilDate::new(1985, 6, 15));
    assert_eq!(record.mrz.expiry_date(), CivilDate::new(2036, 1, 1));
    let holder = record.holder.unwrap();
    assert_eq!(holder.full_name.unwrap().reveal(), "林样例");
    let picture = record.portrait.decode().unwrap();
    assert!(picture.width >= 64 && picture.rgb.len().is_multiple_of(3));

    let authentication = record.authentication;
    assert_eq!(authentication.authenticity(), Authenticity::Chip);
    assert!(matches!(
        authentication.access,
        Access::Pace {
            with_can: false,
            ..
        }
    ));
    assert!(matches!(
        authentication.chip,
        ChipProof::ChipAuthentication { .. }
    ));
    let proof = authentication.passive.unwrap();
    assert_eq!(proof.revocation, Revocation::NotRevoked);
    assert_eq!(proof.country, "UT");
    assert!([1, 2, 11, 14].iter().all(|n| proof.data_groups.contains(n)));
}

#[test]
fn an_older_passport_is_opened_with_basic_access_control() {
    let lab = Lab::with(only(true, false, true), SimPassport::example(), None);
    let record = lab.read(mrz_key()).unwrap();
    let authentication = record.authentication;
    assert_eq!(authentication.access, Access::Bac);
    assert!(matches!(
        authentication.chip,
        ChipProof::ActiveAuthentication(_)
    ));
    assert_eq!(authentication.authenticity(), Authenticity::Chip);
}

#[test]
fn a_document_that_cannot_prove_its_chip_is_said_to_have_authentic_data() {
    let lab = Lab::with(only(true, false, false), SimPassport::example(), None);
    let authentication = lab.read(mrz_key()).unwrap().authentication;
    assert_eq!(authentication.chip, ChipProof::NotOffered);
    assert_eq!(authentication.authenticity(), Authenticity::Data);
    assert_eq!(authentication.objection(), None);
}

#[test]
fn an_identity_card_is_opened_with_the_number_printed_on_it() {
    let lab = Lab::with(Protocols::default(), SimPassport::example_card(), None);
    lab.worker.start_polling(None);
    lab.simulator.place();
    lab.wait_for(|h| matches!(h, Heard::Event(CardEvent::KeyNeeded)).then_some(()));
    lab.worker.open_with(AccessKey::from_can("773095").unwrap());
    let record = lab.outcome().unwrap();
    assert!(matches!(
        record.authentication.access,
        Access::Pace { with_can: true, .. }
    ));
    assert_eq!(record.mrz.document_code, "I");
}

#[test]
fn numbers_of_another_document_open_nothing_and_other_ones_can_be_given() {
    for protocols in [Protocols::default(), only(true, true, true)] {
        let lab = Lab::with(protocols, SimPassport::example(), None);
        let wrong = AccessKey::from_fields("E00007731", "850615", "360101").unwrap();
        let fault = lab.read(wrong).unwrap_err();
        assert_eq!(fault.for_resident(), CardAdvice::WrongNumbers, "{fault}");
        lab.wait_for(|h| matches!(h, Heard::Event(CardEvent::KeyNeeded)).then_some(()));
        lab.worker.open_with(mrz_key());
        lab.outcome().unwrap();
    }
}

#[test]
fn documents_on_which_something_is_wrong_are_refused_for_what_it_is() {
    let copies = [Fault::Cloned, Fault::NoChipKey].map(|fault| (fault, "chip_not_genuine"));
    let all = FORGED.into_iter().chain(UNREADABLE).chain(copies);
    for (fault, code) in all {
        let lab = Lab::with(Protocols::default(), SimPassport::example(), Some(fault));
        match lab.read(mrz_key()).unwrap_err() {
            CardFault::Document { code: found, .. } => assert_eq!(found, code, "{fault:?}"),
            other => panic!("{fault:?}: {other}"),
        }
    }
}

#[test]
fn a_copy_of_a_chip_with_active_authentication_is_found_out() {
    let lab = Lab::with(
        only(true, false, true),
        SimPassport::example(),
        Some(Fault::Cloned),
    );
    let fault = lab.read(mrz_key()).unwrap_err();
    assert!(matches!(
        fault,
        CardFault::Document {
            code: "chip_not_genuine",
            ..
        }
    ));
}

/// EF.COM is not signed: a copy could leave out what it has no keys for, and pass for a document
/// that never had any.
#[test]
fn a_copy_that_hides_the_keys_it_does_not_know_is_refused() {
    for protocols in [
        Protocols::default(),
        only(true, true, false),
        only(true, false, true),
    ] {
        let lab = Lab::with(protocols, SimPassport::example(), Some(Fault::StrippedCom));
        match lab.read(mrz_key()).unwrap_err() {
            CardFault::Document { code, advice } => assert_eq!(
                (code, advice),
                ("data_group_missing", CardAdvice::NotAccepted)
            ),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_document_taken_away_while_it_is_read_is_read_when_it_comes_back() {
    let lab = Lab::with(
        Protocols::default(),
        SimPassport::example(),
        Some(Fault::Pulled),
    );
    assert_eq!(lab.read(mrz_key()).unwrap_err(), CardFault::PulledMidRead);
    lab.simulator.set_fault(None).unwrap();
    // What is away for less than a look of pcscd's it may never find again.
    on_reader::wait_for(State::EMPTY);
    lab.simulator.place();
    // The reader may look once more before the service has noticed that the document is gone.
    let record = lab.wait_for(|heard| match heard {
        Heard::Event(CardEvent::ReadDocument(record)) => Some(record),
        _ => None,
    });
    assert_eq!(record.authentication.authenticity(), Authenticity::Chip);
}

/// The chip says that it takes extended APDUs, and at each the reader loses the field: that looks
/// like a document taken away, and is read with short APDUs at the second attempt.
#[test]
fn a_document_is_read_by_a_reader_that_cannot_do_extended_apdus() {
    let fault = Some(Fault::DropsExtended);
    let lab = Lab::with(Protocols::default(), SimPassport::example(), fault);
    assert_eq!(lab.read(mrz_key()).unwrap_err(), CardFault::PulledMidRead);
    let record = lab.outcome().unwrap();
    assert_eq!(record.authentication.authenticity(), Authenticity::Chip);
}

/// Each failure counts against the resident: one who is asked to put the document back needs time
/// for it. And what the reader cannot do, it cannot do either when the document comes back.
#[test]
fn a_document_that_lies_badly_is_left_alone_until_it_is_laid_anew() {
    let fault = Some(Fault::DropsExtended);
    let lab = Lab::configured(
        Protocols::default(),
        SimPassport::example(),
        fault,
        |config| config.retry_after = 10 * LONG,
    );
    assert_eq!(lab.read(mrz_key()).unwrap_err(), CardFault::PulledMidRead);
    lab.simulator.remove();
    lab.wait_for(|heard| match heard {
        Heard::Event(CardEvent::Removed) => Some(()),
        Heard::Event(again) => panic!("{again:?}"),
        Heard::State(_) => None,
    });
    lab.simulator.place();
    lab.outcome().unwrap();
}

#[test]
fn the_reader_comes_back_when_its_service_does() {
    let mut lab = Lab::with(Protocols::default(), SimPassport::example(), None);
    lab.wait_for_state(|s| *s == DeviceState::Ready);
    lab.pcscd.stop();
    lab.wait_for_state(|s| matches!(s, DeviceState::Faulted(_)));
    lab.pcscd.restart().unwrap();
    lab.wait_for_state(|s| *s == DeviceState::Ready);
    lab.read(mrz_key()).unwrap();
}

/// The picture of `data/gradient.jp2`: red grows to the right, green downwards.
#[test]
fn a_portrait_in_jpeg_2000_is_decoded() {
    let portrait = include_bytes!("data/gradient.jp2").to_vec();
    let page = SimPassport {
        portrait: portrait.clone(),
        ..SimPassport::example()
    };
    let lab = Lab::with(Protocols::default(), page, None);
    let record = lab.read(mrz_key()).unwrap();
    assert_eq!(record.portrait.coding(), PortraitCoding::Jpeg2000);
    assert_eq!(record.portrait.reveal(), portrait);
    let picture = record.portrait.decode().unwrap();
    assert_eq!((picture.width, picture.height), (120, 150));
    let pixel = |x: usize, y: usize| &picture.rgb[3 * (y * 120 + x)..][..3];
    assert!(pixel(10, 75)[0] + 100 < pixel(110, 75)[0]);
    assert!(pixel(60, 10)[1] + 100 < pixel(60, 140)[1]);
}
