//! An account on the chain: a secp256k1 key that signs transactions. A kiosk's *sender* is one (32
//! bytes that the key store holds), and so are those of operators (PKCS#8 PEM files, which OpenSSL
//! reads too).

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use alloy_primitives::{Address, keccak256};
use k256::ecdsa::SigningKey;
use k256::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use zeroize::Zeroizing;

use crate::merkle::Hash;
use crate::operator::{create_private, write_durably};

/// A secp256k1 key; wiped from memory on drop.
pub struct Account(SigningKey);

impl Account {
    /// The account of a secret. The caller wipes its own copy.
    ///
    /// # Errors
    /// When the secret is zero or beyond the curve's order: one in 2¹²⁸ is.
    pub fn from_secret(secret: &[u8; 32]) -> Result<Self, AccountError> {
        SigningKey::from_slice(secret)
            .map(Self)
            .map_err(|_| AccountError::NotASecret)
    }

    /// Makes a new account.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn generate() -> Result<Self, AccountError> {
        let mut secret = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *secret).map_err(|_| AccountError::NoRandomness)?;
        Self::from_secret(&secret)
    }

    /// Reads a PKCS#8 PEM file.
    ///
    /// # Errors
    /// When it cannot be read, or is not such a file.
    pub fn load(path: &Path) -> Result<Self, AccountError> {
        let pem = std::fs::read_to_string(path).map(Zeroizing::new);
        let pem = pem.map_err(|source| AccountError::Read {
            path: path.to_owned(),
            source,
        })?;
        SigningKey::from_pkcs8_pem(&pem)
            .map(Self)
            .map_err(|_| AccountError::NotAKeyFile {
                path: path.to_owned(),
            })
    }

    /// Writes a new PKCS#8 PEM file that only its owner may read and write (mode 0600).
    ///
    /// # Errors
    /// When it cannot be written, or is already there: a key is never overwritten.
    pub fn save(&self, path: &Path) -> Result<(), AccountError> {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF);
        let pem = pem.map_err(|_| AccountError::NotASecret)?;
        let write = || create_private(path).and_then(|file| write_durably(file, &pem));
        write().map_err(|source| AccountError::Write {
            path: path.to_owned(),
            source,
        })
    }

    /// The address: the last 20 bytes of the Keccak-256 of the public key.
    #[must_use]
    pub fn address(&self) -> Address {
        let point = self.0.verifying_key().to_sec1_point(false);
        // The first byte says that both coordinates follow.
        let digest = keccak256(&point.as_bytes()[1..]);
        Address::from_slice(&digest[12..])
    }

    /// Signs a hash (RFC 6979: the same hash always gets the same signature): r, s, and which of
    /// the two possible keys it was.
    pub(crate) fn sign(&self, hash: &Hash) -> ([u8; 32], [u8; 32], u8) {
        let (signature, recovery) = self.0.sign_prehash_recoverable(hash);
        let (r, s) = signature.split_bytes();
        (r.into(), s.into(), recovery.to_byte())
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({})", self.address())
    }
}

/// Why there is no account.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The bytes are not a secret of the curve.
    #[error("the 32 bytes are not a secp256k1 secret; make a new key")]
    NotASecret,
    /// No randomness.
    #[error("cannot make an account: the system gives no randomness")]
    NoRandomness,
    /// The file cannot be read.
    #[error("cannot read the account {path}; check that it is there and that you may read it")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error(
        "cannot write the account {path}; an existing file is never overwritten, and its folder \
         must be there"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is something else.
    #[error("{path} is not an account: a PKCS#8 PEM file with a secp256k1 key is needed")]
    NotAKeyFile {
        /// The file.
        path: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Account 0 of every test node (mnemonic "test test … junk"), as anvil and hardhat print it.
    #[test]
    fn the_address_is_the_one_that_nodes_know() {
        let secret = alloy_primitives::hex!(
            "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
        );
        let account = Account::from_secret(&secret).unwrap();
        let text = account.address().to_string();
        assert_eq!(text, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    }

    #[test]
    fn a_saved_account_is_read_again_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("account.key");
        let account = Account::generate().unwrap();
        account.save(&path).unwrap();
        assert_eq!(Account::load(&path).unwrap().address(), account.address());
        assert!(matches!(
            account.save(&path),
            Err(AccountError::Write { .. })
        ));
    }

    #[test]
    fn zero_is_no_secret() {
        let zero = Account::from_secret(&[0; 32]);
        assert!(matches!(zero, Err(AccountError::NotASecret)));
    }
}
