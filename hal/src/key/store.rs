//! The key store: create, load, rotate and wipe named secrets. All of them lie in one file, which is
//! written anew with every change, so that a change happens as a whole or not at all, whenever the
//! power fails.
//!
//! A change takes three steps: the new file is written beside the old one (`keys.sealed.next`); it
//! is brought into force (the TPM forgets what opened the old one); it takes the old one's place. Cut
//! off after any of them, one file is in force, and that one is used.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, RenameFlags, flock};

#[cfg(not(feature = "tpm"))]
use super::TpmTrouble;
use super::container::{self, Container};
use super::driver::{Driver, Secrets, Standing, Weakness};
use super::file::FileDriver;
use super::guarded;
#[cfg(feature = "tpm")]
use super::tpm::TpmDriver;
use super::{Choice, Counter, KeyError, Kind, Secret, Settings};

/// Longest name of a secret.
const MAX_NAME_LEN: usize = 24;
/// Marks the successor of a secret. No name has it.
const NEXT: &str = "+next";

/// A change takes Argon2id or a few commands of the TPM, seconds at most; then somebody is stuck.
const LONGEST_CHANGE: Duration = Duration::from_secs(30);
/// A lock that is not free at once may soon be: another program has opened the key store, or one of
/// this program's is just being started and holds what its parent had open (flock(2)).
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks whether the lock is free.
const PAUSE: Duration = Duration::from_millis(20);

/// Stands in the place of the next file while a new key store is made: not a key store, but a sign
/// that what the driver finds half done is our own.
const BEGUN: &[u8] = b"begun\n";

/// Named secrets, kept by a TPM or in an encrypted file.
pub struct KeyStore {
    files: Files,
    driver: Box<dyn Driver>,
    settings: Settings,
}

/// Where a key store lies.
#[derive(Clone)]
struct Files {
    main: PathBuf,
    next: PathBuf,
    counter: PathBuf,
    lock: PathBuf,
}

impl Files {
    fn of(folder: &Path) -> Self {
        Self {
            main: folder.join("keys.sealed"),
            next: folder.join("keys.sealed.next"),
            counter: folder.join("keys.counter"),
            lock: folder.join("keys.lock"),
        }
    }

    /// Two programs must not change one key store at a time.
    fn hold(&self) -> Result<File, KeyError> {
        let path = &self.lock;
        let failed = |source| KeyError::Io {
            operation: "lock",
            path: path.clone(),
            source,
        };
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            // Somebody who wiped the key store took the lock away in the meantime.
            Ok(()) if !guarded::lies_at(&file, path) => Err(KeyError::Held(self.main.clone())),
            Ok(()) => Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(KeyError::Held(self.main.clone())),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// The same, waiting for another program.
    fn hold_within(&self, patience: Duration) -> Result<File, KeyError> {
        let begun = Instant::now();
        loop {
            match self.hold() {
                Err(KeyError::Held(_)) if begun.elapsed() < patience => thread::sleep(PAUSE),
                held => return held,
            }
        }
    }
}

impl KeyStore {
    /// The key store in this folder. A folder that holds one sealed to a TPM is never used
    /// without that TPM.
    ///
    /// # Errors
    /// [`KeyError::NotFound`] if there is none; when it is not well kept, or of another kind than
    /// the settings ask for.
    pub fn open(folder: &Path, settings: &Settings) -> Result<Self, KeyError> {
        let files = Files::of(folder);
        let container = read(&files.main)?;
        let wanted = match settings.choice {
            Choice::Auto => container.kind,
            Choice::Tpm => Kind::Tpm,
            Choice::File => Kind::File,
        };
        if wanted != container.kind {
            return Err(KeyError::OtherKind {
                path: files.main,
                found: container.kind,
                wanted,
            });
        }
        let driver: Box<dyn Driver> = match wanted {
            Kind::Tpm => tpm_driver(&files.main, settings)?,
            Kind::File => Box::new(FileDriver::of(
                &files.main,
                &files.counter,
                settings,
                &container,
            )?),
        };
        Ok(Self::with(files, driver, settings))
    }

    /// The key store in this folder, made if there is none.
    ///
    /// # Errors
    /// As [`KeyStore::open`]; when it cannot be made.
    pub fn open_or_create(folder: &Path, settings: &Settings) -> Result<Self, KeyError> {
        match Self::open(folder, settings) {
            Err(KeyError::NotFound(_)) => Self::create_in(folder, settings),
            other => other,
        }
    }

    fn create_in(folder: &Path, settings: &Settings) -> Result<Self, KeyError> {
        let files = Files::of(folder);
        let kind = match settings.choice {
            Choice::Auto if settings.has_tpm() => Kind::Tpm,
            Choice::Auto | Choice::File => Kind::File,
            Choice::Tpm => Kind::Tpm,
        };
        let driver: Box<dyn Driver> = match kind {
            Kind::Tpm => tpm_driver(&files.main, settings)?,
            Kind::File => Box::new(FileDriver::new(&files.main, &files.counter, settings)?),
        };
        let store = Self::with(files, driver, settings);
        let held = store.files.hold_within(PATIENCE)?;
        let begun = store.files.next.exists();
        guarded::replace(&store.files.next, BEGUN)?;
        let own = store.driver.establish(begun)?;
        store.write(None, &own)?;
        drop(held);
        Ok(store)
    }

    fn with(files: Files, driver: Box<dyn Driver>, settings: &Settings) -> Self {
        Self {
            files,
            driver,
            settings: settings.clone(),
        }
    }

    /// Who keeps the secrets.
    pub fn kind(&self) -> Kind {
        self.driver.kind()
    }

    /// How they are kept, as the end of "the keys are …".
    pub fn describe(&self) -> String {
        self.driver.describe()
    }

    /// Why the secrets are not kept as well as they could be, if so.
    pub fn weakness(&self) -> Option<Weakness> {
        if self.kind() == Kind::File && cfg!(feature = "tpm") && self.settings.has_tpm() {
            return Some(Weakness::TpmUnused);
        }
        (!self.driver.is_bound()).then_some(Weakness::Unbound)
    }

    /// Keeps a new secret. After this returns it survives a power cut.
    ///
    /// # Errors
    /// [`KeyError::SecretThere`] if there is another one of this name; the same one is well.
    pub fn create(&self, name: &str, secret: &Secret) -> Result<(), KeyError> {
        check(name)?;
        self.change(|secrets| match secrets.get(name) {
            Some(there) if **there == **secret => Ok(false),
            Some(_) => Err(self.there(name)),
            None => {
                secrets.insert(name.to_owned(), secret.clone());
                Ok(true)
            }
        })
    }

    /// A secret.
    ///
    /// # Errors
    /// [`KeyError::NoSecret`] if there is none of this name; when this machine cannot unseal it.
    pub fn load(&self, name: &str) -> Result<Secret, KeyError> {
        check(name)?;
        self.find(name)?.ok_or_else(|| self.missing(name))
    }

    /// Prepares the rotation of a secret: keeps its successor beside it, in the place of an earlier
    /// one. The secret itself stays in use.
    ///
    /// # Errors
    /// [`KeyError::NoSecret`] if there is nothing to rotate.
    pub fn prepare_rotation(&self, name: &str, successor: &Secret) -> Result<(), KeyError> {
        check(name)?;
        self.change(|secrets| {
            if !secrets.contains_key(name) {
                return Err(self.missing(name));
            }
            secrets.insert(next(name), successor.clone());
            Ok(true)
        })
    }

    /// The successor that was prepared, if there is one.
    ///
    /// # Errors
    /// When this machine cannot unseal it.
    pub fn successor(&self, name: &str) -> Result<Option<Secret>, KeyError> {
        check(name)?;
        self.find(&next(name))
    }

    /// Puts the successor into the secret's place; the secret is forgotten. Without a successor
    /// nothing changes, so that this can be repeated after a power cut.
    ///
    /// # Errors
    /// When this machine cannot unseal or seal.
    pub fn rotate(&self, name: &str) -> Result<(), KeyError> {
        check(name)?;
        self.change(|secrets| {
            let successor = secrets.remove(&next(name));
            Ok(successor.is_some_and(|successor| {
                secrets.insert(name.to_owned(), successor);
                true
            }))
        })
    }

    /// Seals everything anew if the settings bind it to something else than it is bound to now.
    /// Says whether that was so.
    ///
    /// # Errors
    /// When this machine cannot unseal or seal.
    pub fn follow_settings(&mut self) -> Result<bool, KeyError> {
        let _held = self.files.hold_within(PATIENCE)?;
        let container = self.current()?;
        if !self.driver.differs_from(&container) {
            return Ok(false);
        }
        let secrets = self.unseal_all(&container)?;
        if container.kind == Kind::Tpm {
            self.write(Some(&container), &secrets)?;
            return Ok(true);
        }
        let (main, counter) = (&self.files.main, &self.files.counter);
        let anew = Box::new(FileDriver::new(main, counter, &self.settings)?);
        let before = std::mem::replace(&mut self.driver, anew);
        let written = self.write(Some(&container), &secrets);
        if written.is_err() {
            self.driver = before;
        }
        written.map(|()| true)
    }

    /// The number that only grows.
    ///
    /// # Errors
    /// When this machine cannot reach it.
    pub fn counter(&self) -> Result<Counter, KeyError> {
        let container = self.current()?;
        let names = container.entries.keys().map(String::as_str);
        let own: Vec<&str> = names.filter(|name| name.starts_with('+')).collect();
        self.driver.counter(&self.driver.unseal(&container, &own)?)
    }

    /// Lets the counter stand at a larger value in one step, whatever the distance: for taking over
    /// a database that was counted elsewhere. A TPM would need a step for each. A value that it has
    /// reached already changes nothing.
    ///
    /// # Errors
    /// When this machine cannot unseal or seal.
    pub fn raise_counter(&self, value: u64) -> Result<(), KeyError> {
        if self.counter()?.read()? >= value {
            return Ok(());
        }
        self.change(|secrets| {
            let own = self.driver.raised_counter(value)?;
            let changed = !own.is_empty();
            secrets.extend(own);
            Ok(changed)
        })
    }

    /// Destroys everything: what the TPM knows of it, and the files. What can be destroyed is
    /// destroyed also when something else cannot. Waits for nobody; what another program was just
    /// changing is destroyed as well once that has ended.
    ///
    /// # Errors
    /// The first thing that could not be destroyed; when another program does not let go.
    pub fn wipe(folder: &Path, settings: &Settings) -> Result<(), KeyError> {
        let files = Files::of(folder);
        let held = files.hold();
        let mut destroyed = Self::destroy(&files, settings);
        let _held = match held {
            Err(KeyError::Held(_)) => {
                let held = files.hold_within(LONGEST_CHANGE)?;
                destroyed = Self::destroy(&files, settings);
                Some(held)
            }
            held => held.ok(),
        };
        destroyed.and(guarded::shred(&files.lock))
    }

    fn destroy(files: &Files, settings: &Settings) -> Result<(), KeyError> {
        let forgotten = match read(&files.main).map(|container| container.kind) {
            Ok(Kind::Tpm) => tpm_driver(&files.main, settings).and_then(|driver| driver.forget()),
            Ok(Kind::File) => Ok(()),
            // The file is lost; the TPM may know of it all the same.
            Err(_) if cfg!(feature = "tpm") && settings.has_tpm() => {
                tpm_driver(&files.main, settings).and_then(|driver| driver.forget())
            }
            Err(_) => Ok(()),
        };
        [&files.main, &files.next, &files.counter]
            .into_iter()
            .map(|file| guarded::shred(file))
            .fold(forgotten, Result::and)
    }

    /// Changes the secrets as a whole, if the change says so.
    fn change(
        &self,
        change: impl FnOnce(&mut Secrets) -> Result<bool, KeyError>,
    ) -> Result<(), KeyError> {
        let _held = self.files.hold_within(PATIENCE)?;
        let container = self.current()?;
        let mut secrets = self.unseal_all(&container)?;
        if change(&mut secrets)? {
            self.write(Some(&container), &secrets)?;
        }
        Ok(())
    }

    fn write(&self, before: Option<&Container>, secrets: &Secrets) -> Result<(), KeyError> {
        let sealed = self.driver.seal(before, secrets)?;
        cut_power("sealed");
        let bytes = sealed.container.encode();
        if !container::FORM.len.contains(&(bytes.len() as u64))
            || Container::decode(&bytes).is_none()
        {
            return Err(KeyError::Full(self.files.main.clone()));
        }
        guarded::replace(&self.files.next, &bytes)?;
        cut_power("written");
        self.driver.bring_into_force(&sealed.permit)?;
        cut_power("in force");
        guarded::rename(&self.files.next, &self.files.main, RenameFlags::empty())?;
        cut_power("in place");
        Ok(())
    }

    /// The container in force.
    fn current(&self) -> Result<Container, KeyError> {
        let main = read(&self.files.main)?;
        let Standing::NotInForce { current } = self.driver.standing(&main)? else {
            return Ok(main);
        };
        // A change was cut off before its last step, or an older copy was put back.
        match read(&self.files.next) {
            Ok(next) if matches!(self.driver.standing(&next)?, Standing::InForce) => Ok(next),
            Ok(_) | Err(_) => Err(KeyError::Stale {
                path: self.files.main.clone(),
                found: main.number,
                current,
            }),
        }
    }

    fn unseal_all(&self, container: &Container) -> Result<Secrets, KeyError> {
        let names: Vec<&str> = container.entries.keys().map(String::as_str).collect();
        self.driver.unseal(container, &names)
    }

    fn find(&self, entry: &str) -> Result<Option<Secret>, KeyError> {
        let container = self.current()?;
        Ok(self.driver.unseal(&container, &[entry])?.remove(entry))
    }

    fn missing(&self, name: &str) -> KeyError {
        KeyError::NoSecret {
            name: name.to_owned(),
            path: self.files.main.clone(),
        }
    }

    fn there(&self, name: &str) -> KeyError {
        KeyError::SecretThere {
            name: name.to_owned(),
            path: self.files.main.clone(),
        }
    }
}

fn read(path: &Path) -> Result<Container, KeyError> {
    let form = container::FORM;
    Container::decode(&guarded::read(path, &form)?).ok_or_else(|| KeyError::NotAKey {
        path: path.to_owned(),
        wanted: form.wanted,
    })
}

fn check(name: &str) -> Result<(), KeyError> {
    let fits = (1..=MAX_NAME_LEN).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    fits.then_some(())
        .ok_or_else(|| KeyError::BadName(name.to_owned()))
}

fn next(name: &str) -> String {
    format!("{name}{NEXT}")
}

/// Where tests and demonstrations cut the power.
fn cut_power(_after: &str) {
    #[cfg(feature = "sim")]
    super::power_cut::here(_after);
}

#[cfg(feature = "tpm")]
fn tpm_driver(path: &Path, settings: &Settings) -> Result<Box<dyn Driver>, KeyError> {
    Ok(Box::new(TpmDriver::new(path, settings)))
}

#[cfg(not(feature = "tpm"))]
fn tpm_driver(_: &Path, _: &Settings) -> Result<Box<dyn Driver>, KeyError> {
    Err(KeyError::Tpm {
        operation: "be used",
        trouble: TpmTrouble::NotBuiltIn,
        source: None,
    })
}
