//! Keys in a TPM 2.0 (swtpm): they come back after a restart, on this machine, in its state, and
//! nowhere else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use hal::key::{Choice, KeyError, KeyStore, Kind, Secret, Settings, TpmTrouble};
use hal::sim::tpm::SoftTpm;
use tempfile::TempDir;
use tss_esapi::attributes::NvIndexAttributes;
use tss_esapi::constants::response_code::Tss2ResponseCodeKind as Code;
use tss_esapi::handles::{AuthHandle, NvIndexTpmHandle, PcrHandle};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::resource_handles::{NvAuth, Provision};
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{Auth, Digest, DigestValues, NvPublic};
use tss_esapi::tcti_ldr::TctiNameConf;
use tss_esapi::{Context, Error};

/// A machine: a TPM and a folder.
struct Machine {
    tpm: SoftTpm,
    folder: PathBuf,
    _home: TempDir,
}

impl Machine {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("state");
        fs::create_dir(&folder).unwrap();
        Self {
            tpm: SoftTpm::start(&home.path().join("tpm")).unwrap(),
            folder,
            _home: home,
        }
    }

    fn settings(&self, pcrs: &[u8]) -> Settings {
        Settings {
            choice: Choice::Auto,
            tcti: self.tpm.tcti(),
            pcrs: pcrs.to_vec(),
            secret_file: None,
        }
    }

    fn provision(&self, pcrs: &[u8]) -> KeyStore {
        KeyStore::open_or_create(&self.folder, &self.settings(pcrs)).unwrap()
    }

    fn open(&self) -> Result<KeyStore, KeyError> {
        KeyStore::open(&self.folder, &self.settings(&[]))
    }

    /// What another program does with the TPM.
    fn raw(&self) -> Context {
        let tcti = TctiNameConf::from_str(&self.tpm.tcti()).unwrap();
        let mut context = Context::new(tcti).unwrap();
        context.set_sessions((Some(AuthSession::Password), None, None));
        context
    }

    /// A measurement as firmware makes it.
    fn measure(&self, pcr: PcrHandle) {
        let mut values = DigestValues::new();
        let value = Digest::try_from(vec![7; 32]).unwrap();
        values.set(HashingAlgorithm::Sha256, value);
        self.raw().pcr_extend(pcr, values).unwrap();
    }
}

fn secret(byte: u8) -> Secret {
    Secret::new([byte; 32])
}

fn copy(from: &Path, to: &Path) {
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

fn trouble<T>(result: Result<T, KeyError>) -> TpmTrouble {
    match result {
        Err(KeyError::Tpm { trouble, .. }) => trouble,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("no error"),
    }
}

#[test]
fn secrets_come_back_after_the_tpm_and_the_machine_were_restarted_and_lie_nowhere_in_the_clear() {
    let mut machine = Machine::new();
    let store = machine.provision(&[]);
    assert_eq!(store.kind(), Kind::Tpm);
    store.create("device", &secret(0x5a)).unwrap();
    store.create("pseudonym", &secret(0xa5)).unwrap();
    drop(store);
    machine.tpm.restart().unwrap();
    let store = machine.open().unwrap();
    assert_eq!(*store.load("device").unwrap(), [0x5a; 32]);
    assert_eq!(*store.load("pseudonym").unwrap(), [0xa5; 32]);
    for file in fs::read_dir(&machine.folder).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        for byte in [0x5a, 0xa5] {
            assert!(!bytes.windows(8).any(|window| window == [byte; 8]));
        }
    }
}

#[test]
fn the_folder_is_of_no_use_to_another_tpm() {
    let machine = Machine::new();
    machine.provision(&[]).create("device", &secret(1)).unwrap();
    // A machine that never had a key store, and one that has its own.
    let (empty, other) = (Machine::new(), Machine::new());
    copy(&machine.folder, &empty.folder);
    let missing = trouble(empty.open().unwrap().load("device"));
    assert!(
        matches!(missing, TpmTrouble::IndexMissing { .. }),
        "{missing}"
    );
    other.provision(&[]).create("device", &secret(2)).unwrap();
    copy(&machine.folder, &other.folder);
    let another = trouble(other.open().unwrap().load("device"));
    assert_eq!(another, TpmTrouble::AnotherTpm);
    assert!(
        another.to_string().contains("put the disk back"),
        "{another}"
    );
}

#[test]
fn a_machine_that_starts_differently_gets_no_keys_until_it_starts_as_before() {
    let mut machine = Machine::new();
    let store = machine.provision(&[7]);
    store.create("device", &secret(1)).unwrap();
    machine.measure(PcrHandle::Pcr8); // not one of those
    assert!(store.load("device").is_ok());
    machine.measure(PcrHandle::Pcr7);
    let changed = trouble(store.load("device"));
    assert!(matches!(changed, TpmTrouble::MeasurementsChanged { .. }));
    let words = changed.to_string();
    assert!(
        words.contains("PCRs 7") && words.contains("tampered"),
        "{words}"
    );
    // Nothing can be changed either: the other secrets would be lost.
    assert!(store.create("sender", &secret(2)).is_err());
    machine.tpm.restart().unwrap();
    assert_eq!(*store.load("device").unwrap(), [1; 32]);
}

#[test]
fn before_a_wanted_change_of_the_firmware_the_binding_can_be_taken_off_and_put_on_again() {
    let machine = Machine::new();
    machine
        .provision(&[7])
        .create("device", &secret(1))
        .unwrap();
    let mut store = machine.open().unwrap();
    assert!(
        store.follow_settings().unwrap(),
        "bound to PCR 7, and the settings say none"
    );
    assert!(!store.follow_settings().unwrap());
    machine.measure(PcrHandle::Pcr7);
    let mut store = KeyStore::open(&machine.folder, &machine.settings(&[7])).unwrap();
    assert!(store.follow_settings().unwrap());
    assert_eq!(*store.load("device").unwrap(), [1; 32]);
    machine.measure(PcrHandle::Pcr7);
    assert!(store.load("device").is_err());
}

#[test]
fn an_older_copy_of_the_keys_is_refused_and_a_rotated_key_is_gone_for_good() {
    let machine = Machine::new();
    let store = machine.provision(&[]);
    store.create("device", &secret(1)).unwrap();
    let backup = tempfile::tempdir().unwrap();
    copy(&machine.folder, backup.path());
    store.prepare_rotation("device", &secret(2)).unwrap();
    assert_eq!(
        *store.load("device").unwrap(),
        [1; 32],
        "in use until the switch"
    );
    store.rotate("device").unwrap();
    assert_eq!(*store.load("device").unwrap(), [2; 32]);
    assert!(store.successor("device").unwrap().is_none());
    copy(backup.path(), &machine.folder);
    assert!(matches!(store.load("device"), Err(KeyError::Stale { .. })));
}

#[test]
fn after_a_wipe_nothing_that_was_ever_sealed_can_be_unsealed() {
    let machine = Machine::new();
    let store = machine.provision(&[]);
    store.create("device", &secret(1)).unwrap();
    let backup = tempfile::tempdir().unwrap();
    copy(&machine.folder, backup.path());
    KeyStore::wipe(&machine.folder, &machine.settings(&[])).unwrap();
    assert_eq!(fs::read_dir(&machine.folder).unwrap().count(), 0);
    assert!(matches!(machine.open(), Err(KeyError::NotFound(_))));
    // Neither with the TPM as it is now, nor when it is in use again.
    copy(backup.path(), &machine.folder);
    assert!(store.load("device").is_err());
    KeyStore::wipe(&machine.folder, &machine.settings(&[])).unwrap();
    machine.provision(&[]).create("device", &secret(3)).unwrap();
    copy(backup.path(), &machine.folder);
    assert_eq!(trouble(store.load("device")), TpmTrouble::AnotherTpm);
}

#[test]
fn keys_of_one_kiosk_are_not_destroyed_by_setting_up_another_on_the_same_machine() {
    let machine = Machine::new();
    let store = machine.provision(&[]);
    store.create("device", &secret(1)).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = KeyStore::open_or_create(elsewhere.path(), &machine.settings(&[]));
    assert!(matches!(trouble(refused), TpmTrouble::IndexTaken { .. }));
    assert_eq!(*store.load("device").unwrap(), [1; 32]);
}

/// The technician is told the way, and it is one.
#[test]
fn a_machine_whose_disk_was_written_anew_is_provisioned_after_a_wipe() {
    let machine = Machine::new();
    let store = machine.provision(&[]);
    store.create("device", &secret(1)).unwrap();
    let anew = tempfile::tempdir().unwrap();
    let settings = machine.settings(&[]);
    let taken = trouble(KeyStore::open_or_create(anew.path(), &settings));
    assert!(taken.to_string().contains("`kiosk wipe"), "{taken}");
    KeyStore::wipe(anew.path(), &settings).unwrap();
    let new = KeyStore::open_or_create(anew.path(), &settings).unwrap();
    new.create("device", &secret(2)).unwrap();
    assert_eq!(*new.load("device").unwrap(), [2; 32]);
    assert!(store.load("device").is_err(), "the earlier kiosk's keys");
}

#[test]
fn a_kiosk_with_keys_in_a_tpm_never_makes_do_with_a_file() {
    let machine = Machine::new();
    machine.provision(&[]).create("device", &secret(1)).unwrap();
    let mut settings = machine.settings(&[]);
    settings.choice = Choice::File;
    let refused = KeyStore::open_or_create(&machine.folder, &settings);
    assert!(matches!(refused, Err(KeyError::OtherKind { .. })));
    settings.choice = Choice::Auto;
    settings.tcti = String::from("device:/dev/there-is-no-tpm");
    let store = KeyStore::open_or_create(&machine.folder, &settings).unwrap();
    let gone = trouble(store.load("device"));
    assert!(matches!(gone, TpmTrouble::Unreachable { .. }), "{gone}");
}

#[test]
fn two_sealed_secrets_cannot_be_exchanged() {
    let machine = Machine::new();
    let store = machine.provision(&[]);
    store.create("aaaa", &secret(1)).unwrap();
    store.create("bbbb", &secret(2)).unwrap();
    let path = machine.folder.join("keys.sealed");
    let mut bytes = fs::read(&path).unwrap();
    for (from, to) in [
        (*b"aaaa", *b"cccc"),
        (*b"bbbb", *b"aaaa"),
        (*b"cccc", *b"bbbb"),
    ] {
        let at = bytes.windows(4).position(|window| window == from).unwrap();
        bytes[at..at + 4].copy_from_slice(&to);
    }
    fs::write(&path, bytes).unwrap();
    assert_eq!(trouble(store.load("aaaa")), TpmTrouble::Swapped);
}

#[test]
fn the_counter_only_grows_whatever_is_done_to_the_files_or_to_its_place_in_the_tpm() {
    let mut machine = Machine::new();
    let store = machine.provision(&[]);
    let mut counter = store.counter().unwrap();
    assert_eq!((counter.kind(), counter.read().unwrap()), (Kind::Tpm, 0));
    counter.advance_to(5).unwrap();
    counter.advance_to(5).unwrap();
    counter.advance_to(4).unwrap();
    assert_eq!(counter.read().unwrap(), 5);
    store.raise_counter(1_000_000).unwrap();
    store.raise_counter(999_999).unwrap();
    let mut counter = store.counter().unwrap();
    counter.advance_to(1_000_001).unwrap();
    machine.tpm.restart().unwrap();
    assert_eq!(store.counter().unwrap().read().unwrap(), 1_000_001);
    // The kiosk is wiped and set up again, with the same TPM: it counts from 0, the TPM does not.
    KeyStore::wipe(&machine.folder, &machine.settings(&[])).unwrap();
    assert!(counter.read().is_err());
    let store = machine.provision(&[]);
    assert_eq!(store.counter().unwrap().read().unwrap(), 0);
    assert!(
        counter.read().unwrap() > 1_000_001,
        "the earlier kiosk's count can never be reached again"
    );
}

#[test]
fn a_cleared_tpm_has_forgotten_the_keys_and_says_so() {
    let machine = Machine::new();
    let store = machine.provision(&[]);
    store.create("device", &secret(1)).unwrap();
    machine.raw().clear(AuthHandle::Lockout).unwrap();
    let cleared = trouble(store.load("device"));
    assert!(matches!(cleared, TpmTrouble::IndexMissing { .. }));
    assert!(cleared.to_string().contains("it was cleared"), "{cleared}");
}

#[test]
fn an_owners_password_is_named_as_the_trouble() {
    let machine = Machine::new();
    let password = Auth::try_from(b"owner".to_vec()).unwrap();
    let set = machine
        .raw()
        .hierarchy_change_auth(AuthHandle::Owner, password);
    set.unwrap();
    let refused = KeyStore::open_or_create(&machine.folder, &machine.settings(&[]));
    assert_eq!(trouble(refused), TpmTrouble::OwnerPassword);
}

#[test]
fn a_tpm_that_another_program_locked_by_guessing_still_serves_the_kiosk() {
    let machine = Machine::new();
    let store = machine.provision(&[]);
    store.create("device", &secret(1)).unwrap();
    let mut other = machine.raw();
    let handle = other
        .nv_define_space(
            Provision::Owner,
            Some(Auth::try_from(b"right".to_vec()).unwrap()),
            guessable(),
        )
        .unwrap();
    let wrong = Auth::try_from(b"wrong".to_vec()).unwrap();
    other.tr_set_auth(handle.into(), wrong).unwrap();
    let is_locked =
        |error| matches!(error, Error::Tss2Error(code) if code.kind() == Some(Code::Lockout));
    let locked = (0..100).any(|_| {
        let guess = other.nv_read(NvAuth::NvIndex(handle), handle, 1, 0);
        is_locked(guess.unwrap_err())
    });
    assert!(locked, "no lock-out after 100 guesses");
    drop(other);
    assert_eq!(*store.load("device").unwrap(), [1; 32]);
    store.counter().unwrap().advance_to(1).unwrap();
}

/// An index of another program, subject to the lock-out.
fn guessable() -> NvPublic {
    let attributes = NvIndexAttributes::builder()
        .with_auth_read(true)
        .with_auth_write(true)
        .build();
    NvPublic::builder()
        .with_nv_index(NvIndexTpmHandle::new(0x0180_0001).unwrap())
        .with_index_name_algorithm(HashingAlgorithm::Sha256)
        .with_index_attributes(attributes.unwrap())
        .with_data_area_size(1)
        .build()
        .unwrap()
}
