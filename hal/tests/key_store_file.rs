//! Keys in an encrypted file: they come back on this machine with its secret file, and not without;
//! whatever is not well kept or was changed is refused.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use hal::key::{Choice, KeyError, KeyStore, Kind, Secret, Settings};
use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

struct Place {
    home: TempDir,
    settings: Settings,
}

impl Place {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("state")).unwrap();
        let secret_file = home.path().join("stick");
        fs::write(&secret_file, [9; 32]).unwrap();
        let settings = Settings {
            choice: Choice::File,
            secret_file: Some(secret_file),
            ..Settings::default()
        };
        Self { home, settings }
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("state")
    }

    fn file(&self) -> PathBuf {
        self.folder().join("keys.sealed")
    }

    fn made(&self) -> KeyStore {
        KeyStore::open_or_create(&self.folder(), &self.settings).unwrap()
    }

    fn load(&self) -> Result<Secret, KeyError> {
        KeyStore::open(&self.folder(), &self.settings)?.load("device")
    }
}

fn secret(byte: u8) -> Secret {
    Secret::new([byte; 32])
}

#[test]
fn a_secret_comes_back_and_its_name_is_never_given_to_another() {
    let place = Place::new();
    let store = place.made();
    assert_eq!(store.kind(), Kind::File);
    assert!(matches!(
        store.load("device"),
        Err(KeyError::NoSecret { .. })
    ));
    store.create("device", &secret(1)).unwrap();
    store.create("device", &secret(1)).unwrap();
    let other = store.create("device", &secret(2));
    assert!(matches!(other, Err(KeyError::SecretThere { .. })));
    assert_eq!(*place.load().unwrap(), [1; 32]);
    let mode = fs::metadata(place.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for name in ["", "device+next", "Device", "a name", &"a".repeat(25)] {
        assert!(
            matches!(store.load(name), Err(KeyError::BadName(_))),
            "{name}"
        );
    }
}

#[test]
fn without_the_secret_file_or_with_another_one_there_are_no_keys() {
    let mut place = Place::new();
    place.made().create("device", &secret(1)).unwrap();
    let stick = place.settings.secret_file.clone().unwrap();
    fs::write(&stick, [8; 32]).unwrap();
    assert!(matches!(place.load(), Err(KeyError::OtherMachine { .. })));
    fs::write(&stick, [9; 15]).unwrap();
    assert!(
        matches!(place.load(), Err(KeyError::BindingGone { .. })),
        "too short"
    );
    fs::remove_file(&stick).unwrap();
    assert!(matches!(place.load(), Err(KeyError::BindingGone { .. })));
    place.settings.secret_file = None;
    let forgotten = place.load().unwrap_err();
    assert!(matches!(forgotten, KeyError::BindingGone { .. }));
    assert!(forgotten.to_string().contains("secret_file"), "{forgotten}");
}

#[test]
fn a_secret_file_can_be_added_later() {
    let mut place = Place::new();
    let stick = place.settings.secret_file.take();
    place.made().create("device", &secret(1)).unwrap();
    place.settings.secret_file = stick;
    assert_eq!(
        *place.load().unwrap(),
        [1; 32],
        "not needed before it was taken up"
    );
    assert!(place.made().follow_settings().unwrap());
    assert_eq!(*place.load().unwrap(), [1; 32]);
    place.settings.secret_file = None;
    assert!(place.load().is_err());
}

#[test]
fn no_byte_of_the_file_can_be_changed() {
    let place = Place::new();
    place.made().create("device", &secret(1)).unwrap();
    let genuine = fs::read(place.file()).unwrap();
    // Each derivation of the key takes its time: every 13th byte, and all of the ciphertext's end.
    let places = (0..genuine.len()).filter(|at| at % 13 == 0 || at + 17 > genuine.len());
    for at in places {
        let mut bytes = genuine.clone();
        bytes[at] ^= 1;
        fs::write(place.file(), bytes).unwrap();
        assert!(place.load().is_err(), "byte {at}");
    }
    for len in [0, 1, genuine.len() / 2, genuine.len() - 1] {
        fs::write(place.file(), &genuine[..len]).unwrap();
        assert!(
            matches!(place.load(), Err(KeyError::NotAKey { .. })),
            "{len} bytes"
        );
    }
}

#[test]
fn a_file_that_others_may_read_or_that_is_being_changed_is_refused() {
    let place = Place::new();
    let store = place.made();
    store.create("device", &secret(1)).unwrap();
    fs::set_permissions(place.file(), Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(place.load(), Err(KeyError::Exposed { .. })));
    fs::set_permissions(place.file(), Permissions::from_mode(0o600)).unwrap();
    let lock = File::open(place.folder().join("keys.lock")).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    let held = store.create("sender", &secret(2));
    assert!(matches!(held, Err(KeyError::Held(_))));
}

#[test]
fn a_wipe_leaves_no_file() {
    let place = Place::new();
    let store = place.made();
    store.create("device", &secret(1)).unwrap();
    store.prepare_rotation("device", &secret(2)).unwrap();
    KeyStore::wipe(&place.folder(), &place.settings).unwrap();
    assert_eq!(fs::read_dir(place.folder()).unwrap().count(), 0);
    KeyStore::wipe(&place.folder(), &place.settings).unwrap();
}

#[test]
fn a_wipe_takes_what_a_power_cut_left_half_written() {
    let place = Place::new();
    let store = place.made();
    store.create("device", &secret(1)).unwrap();
    let whole = place.folder().join("keys.sealed");
    for draft in ["keys.sealed.next.draft", "keys.counter.draft"] {
        fs::copy(&whole, place.folder().join(draft)).unwrap();
    }
    KeyStore::wipe(&place.folder(), &place.settings).unwrap();
    assert_eq!(fs::read_dir(place.folder()).unwrap().count(), 0);
}

#[test]
fn a_wipe_takes_what_another_program_was_changing() {
    let place = Place::new();
    let store = place.made();
    store.create("device", &secret(1)).unwrap();
    let sealed = fs::read(place.file()).unwrap();
    let lock = File::open(place.folder().join("keys.lock")).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    let (folder, settings) = (place.folder(), place.settings.clone());
    let wipe = std::thread::spawn(move || KeyStore::wipe(&folder, &settings));
    while place.file().exists() {
        assert!(!wipe.is_finished(), "it destroyed nothing");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    // The other program's last step, and its end.
    fs::write(place.file(), sealed).unwrap();
    drop(lock);
    wipe.join().unwrap().unwrap();
    assert_eq!(fs::read_dir(place.folder()).unwrap().count(), 0);
}

#[test]
fn more_secrets_than_can_be_read_again_are_refused_and_nothing_is_lost() {
    let place = Place::new();
    let store = place.made();
    let refused = (0..32).find_map(|n| store.create(&format!("key-{n}"), &secret(n)).err());
    assert!(matches!(refused, Some(KeyError::Full(_))), "{refused:?}");
    assert_eq!(*store.load("key-0").unwrap(), *secret(0));
}

#[test]
fn the_counter_grows_and_is_missed_when_it_is_gone() {
    let place = Place::new();
    let store = place.made();
    let mut counter = store.counter().unwrap();
    counter.advance_to(7).unwrap();
    counter.advance_to(3).unwrap();
    store.raise_counter(9).unwrap();
    assert_eq!(store.counter().unwrap().read().unwrap(), 9);
    fs::write(place.folder().join("keys.counter"), "nine\n").unwrap();
    assert!(matches!(counter.read(), Err(KeyError::NotAKey { .. })));
    fs::remove_file(place.folder().join("keys.counter")).unwrap();
    assert!(matches!(counter.read(), Err(KeyError::CounterGone(_))));
}
