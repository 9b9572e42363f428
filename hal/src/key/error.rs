//! What can go wrong with keys, told so that a technician knows what to do.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use super::Kind;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no such file yet.
    #[error("there is no key at {0}")]
    NotFound(PathBuf),
    /// A key file is there already; a key is never overwritten.
    #[error("a key is already at {0}; it is never overwritten")]
    AlreadyThere(PathBuf),
    /// Others may read or change the file, so the key is not a secret.
    #[error("key file {path} has mode {mode:04o}; only 0600 or 0400 keeps it secret")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is somebody else's.
    #[error("key file {path} belongs to user {owner}, but this program runs as user {us}")]
    WrongOwner {
        /// The file.
        path: PathBuf,
        /// Owner of the file.
        owner: u32,
        /// Effective user of this process.
        us: u32,
    },
    /// The file is not what it should be.
    #[error("key file {path} is not {wanted} in a plain file")]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        wanted: &'static str,
    },
    /// The operating system refused something.
    #[error("failed to {operation} key file {path}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The key store could not be read again if it held more.
    #[error("the key store {0} has no room for another secret")]
    Full(PathBuf),
    /// There is a key store, but no secret of this name in it.
    #[error("there is no secret \"{name}\" in the key store {path}")]
    NoSecret {
        /// The name.
        name: String,
        /// The key store.
        path: PathBuf,
    },
    /// The name is taken by another secret; a secret is never overwritten.
    #[error(
        "another secret \"{name}\" is already in the key store {path}; it is never overwritten"
    )]
    SecretThere {
        /// The name.
        name: String,
        /// The key store.
        path: PathBuf,
    },
    /// Not a name for a secret.
    #[error("\"{0}\" cannot name a secret: give 1 to 24 of a-z 0-9 -")]
    BadName(String),
    /// The key store was made for another kind of protection than the settings ask for.
    #[error(
        "the keys in {path} are kept by {found}, but the settings ask for {wanted}: correct `kind` \
         in [key_store]; or, if the change is meant, wipe this kiosk and have it enrolled anew"
    )]
    OtherKind {
        /// The key store.
        path: PathBuf,
        /// How the keys are kept.
        found: Kind,
        /// How they should be kept.
        wanted: Kind,
    },
    /// The encrypted file cannot be opened with what this machine says about itself.
    #[error(
        "the keys in {path} cannot be decrypted here: the file was made on another machine or by \
         another installation, its secret file or machine-id was changed, or it is damaged; bring \
         back what was changed, or wipe this kiosk and have it enrolled anew"
    )]
    OtherMachine {
        /// The key store.
        path: PathBuf,
    },
    /// Something the encryption is bound to cannot be read.
    #[error(
        "the keys in {path} are bound to {source_name}, which cannot be read: check that {at} is \
         there and readable for this user"
    )]
    BindingGone {
        /// The key store.
        path: PathBuf,
        /// What is missing.
        source_name: &'static str,
        /// Where it should be.
        at: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// The key derivation refused its parameters, or memory is short.
    #[error("the key of the key store {path} cannot be derived: {reason}")]
    Derivation {
        /// The key store.
        path: PathBuf,
        /// What the derivation said.
        reason: String,
    },
    /// Another program is changing the key store.
    #[error("another program is changing the key store {0}: wait until it has ended and try again")]
    Held(PathBuf),
    /// An older copy of the key store was put back.
    #[error(
        "the key store {path} is an older copy (state {found}; the TPM knows state {current}): put \
         the newest copy back, or wipe this kiosk and have it enrolled anew"
    )]
    Stale {
        /// The key store.
        path: PathBuf,
        /// The copy's number.
        found: u64,
        /// The number in force.
        current: u64,
    },
    /// The counter's file is not there.
    #[error(
        "the counter {0} is missing, so nobody can tell whether the log is complete: put it back, \
         or wipe this kiosk and have it enrolled anew"
    )]
    CounterGone(PathBuf),
    /// The TPM.
    #[error("the TPM cannot {operation}: {trouble}")]
    Tpm {
        /// What was being done.
        operation: &'static str,
        /// What is wrong, and what to do.
        trouble: TpmTrouble,
        /// What the TPM's software said.
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The operating system has no randomness.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
}

/// What is wrong with a TPM, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TpmTrouble {
    /// This program cannot use any.
    #[error(
        "this program was built without TPM support (cargo feature `tpm`): install one with it"
    )]
    NotBuiltIn,
    /// There is none, or this user may not use it.
    #[error(
        "no TPM answers at {tcti}: switch it on in the firmware's settings, and let the kiosk's \
         user use the device (group `tss`); never delete the key store because of this"
    )]
    Unreachable {
        /// Where it was looked for.
        tcti: String,
    },
    /// Too many wrong passwords by any program.
    #[error(
        "it is locked against guessing: wait (the lock-out ends by itself, after 24 hours at the \
         latest with most makers), or clear it with the lock-out password (`tpm2_dictionarylockout \
         --clear-lockout`)"
    )]
    LockedOut,
    /// The measurements are not those at sealing.
    #[error(
        "the machine's measurements (PCRs {pcrs}) are not those at provisioning: if firmware, boot \
         loader or their settings were changed on purpose, change them back, set `pcrs = []`, run \
         `kiosk provision`, and make the change again; otherwise treat the machine as tampered with"
    )]
    MeasurementsChanged {
        /// The registers.
        pcrs: String,
    },
    /// The measurements cannot be compared.
    #[error("it has no SHA-256 bank for the PCRs {pcrs}: choose others in [key_store], or none")]
    NoSuchPcr {
        /// The registers.
        pcrs: String,
    },
    /// Sealed by another TPM, or before this one was cleared.
    #[error(
        "the keys were sealed by another TPM, or before this one was cleared: put the disk back \
         into its machine, or wipe this kiosk and have it enrolled anew"
    )]
    AnotherTpm,
    /// A place in its memory is gone.
    #[error(
        "its memory has no index {index:#010x}, so it was cleared or this is another TPM: put the \
         disk back into its machine, or wipe this kiosk and have it enrolled anew"
    )]
    IndexMissing {
        /// The index.
        index: u32,
    },
    /// A place in its memory is somebody else's.
    #[error(
        "its index {index:#010x} is that of an earlier kiosk on this machine, whose disk was replaced or \
         written anew, or of another program: if nobody needs those keys, destroy them with `kiosk wipe \
         --config … --confirm KIOSK` and begin again"
    )]
    IndexTaken {
        /// The index.
        index: u32,
    },
    /// The owner hierarchy has a password.
    #[error(
        "its owner has set a password, which an unattended kiosk does not have: clear the TPM in \
         the firmware's settings, or remove the owner's password (`tpm2_changeauth -c owner`)"
    )]
    OwnerPassword,
    /// What came out is not what was sealed.
    #[error("what it unsealed is not the secret of this name: the key store was tampered with")]
    Swapped,
    /// Anything else.
    #[error(
        "it refused: restart the machine, and if that does not help read this line to the operator"
    )]
    Refused,
}
