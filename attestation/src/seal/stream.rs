//! Encryption in the age format, version 1 (c2sp.org/age): a header that wraps a fresh file key for
//! the recipient, then the payload in chunks of 64 KiB, each sealed under its number, so that
//! nothing can be cut off, repeated or moved.

use std::io::{self, Write};

use base64ct::{Base64Unpadded, Encoding};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::Recipient;

const VERSION: &str = "age-encryption.org/v1";
const X25519_INFO: &[u8] = b"age-encryption.org/v1/X25519";

/// Plain bytes in a chunk.
const CHUNK_BYTES: usize = 64 << 10;

/// Encrypts what is written to it. Without [`Encryptor::finish`] the file cannot be opened.
pub(super) struct Encryptor<W> {
    out: W,
    cipher: ChaCha20Poly1305,
    chunk: Zeroizing<Vec<u8>>,
    number: u64,
}

impl<W: Write> Encryptor<W> {
    pub(super) fn begin(mut out: W, recipient: &Recipient) -> io::Result<Self> {
        let file_key = Zeroizing::new(random::<16>()?);
        let header = header(recipient, &file_key, &Zeroizing::new(random::<32>()?))?;
        let nonce = random::<16>()?;
        out.write_all(header.as_bytes())?;
        out.write_all(&nonce)?;
        let key = derive(&nonce, &*file_key, b"payload");
        Ok(Self {
            out,
            cipher: ChaCha20Poly1305::new(&Key::from(*key)),
            chunk: Zeroizing::new(Vec::with_capacity(CHUNK_BYTES)),
            number: 0,
        })
    }

    pub(super) fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        Ok(self.out)
    }

    fn seal(&mut self, is_last: bool) -> io::Result<()> {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&self.number.to_be_bytes());
        nonce[11] = u8::from(is_last);
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), self.chunk.as_slice());
        self.out.write_all(&sealed.map_err(|_| refused())?)?;
        self.chunk.clear();
        self.number += 1;
        Ok(())
    }
}

impl<W: Write> Write for Encryptor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk is sealed only when more follows: the last one must be known as the last.
        if self.chunk.len() == CHUNK_BYTES && !bytes.is_empty() {
            self.seal(false)?;
        }
        let taken = bytes.len().min(CHUNK_BYTES - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The file key, wrapped for the recipient, and the seal on all of that.
fn header(recipient: &Recipient, file_key: &[u8; 16], ephemeral: &[u8; 32]) -> io::Result<String> {
    let secret = StaticSecret::from(*ephemeral);
    let share = PublicKey::from(&secret);
    let shared = secret.diffie_hellman(&PublicKey::from(recipient.0));
    // A key of small order would make the secret known to everybody.
    if !shared.was_contributory() {
        return Err(refused());
    }
    let salt = [&share.as_bytes()[..], &recipient.0].concat();
    let wrapping = derive(&salt, shared.as_bytes(), X25519_INFO);
    let wrapped = ChaCha20Poly1305::new(&Key::from(*wrapping))
        .encrypt(&Nonce::default(), &file_key[..])
        .map_err(|_| refused())?;
    let (share, wrapped) = (base64(share.as_bytes()), base64(&wrapped));
    let sealed = format!("{VERSION}\n-> X25519 {share}\n{wrapped}\n---");
    let key = derive(&[], file_key, b"header");
    let mac = Hmac::<Sha256>::new_from_slice(&*key).map_err(|_| refused())?;
    let mac = mac.chain_update(sealed.as_bytes()).finalize().into_bytes();
    Ok(format!("{sealed} {}\n", base64(&mac)))
}

#[expect(clippy::expect_used, reason = "32 bytes are within HKDF's 255 blocks")]
fn derive(salt: &[u8], secret: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand(info, &mut *key)
        .expect("one block can always be expanded");
    key
}

fn base64(bytes: &[u8]) -> String {
    Base64Unpadded::encode_string(bytes)
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| io::Error::other("the system gives no randomness"))?;
    Ok(bytes)
}

fn refused() -> io::Error {
    io::Error::other("the auditor's key cannot be encrypted to")
}
