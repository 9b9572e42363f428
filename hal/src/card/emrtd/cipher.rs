//! The symmetric cryptography of travel documents (ICAO 9303-11, 9.7 and 9.8): key derivation,
//! CBC encryption and message authentication with two-key Triple DES or AES.

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::consts::U8;
use cbc::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit,
    KeyInit,
};
use cmac::{Cmac, Mac};
use des::{Des, TdesEde2};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Bytes of a message authentication code in secure messaging (ICAO 9303-11, 9.8.6).
pub const MAC_LEN: usize = 8;

/// Which ciphers a session uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    /// Two-key Triple DES in CBC mode, retail MAC (ISO/IEC 9797-1, MAC algorithm 3).
    TripleDes,
    /// AES-128 in CBC mode, CMAC truncated to eight bytes.
    Aes128,
    /// AES-192.
    Aes192,
    /// AES-256.
    Aes256,
}

/// What a derived key is for (ICAO 9303-11, 9.7.1.4 and 9.7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Encryption.
    Encryption = 1,
    /// Message authentication.
    Authentication = 2,
    /// Encryption of PACE's nonce, from a password.
    Password = 3,
}

/// A secret key of a session; zeroed when dropped.
pub type Key = Zeroizing<Vec<u8>>;

/// What a peer sent does not decrypt or is no whole number of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cryptogram or key has a length that its cipher does not have, or wrong padding")]
pub struct CipherError;

impl Suite {
    /// Bytes of a key.
    #[must_use]
    pub fn key_len(self) -> usize {
        match self {
            Self::TripleDes | Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Bytes of a block, of an initialisation vector and of the send sequence counter.
    #[must_use]
    pub fn block_len(self) -> usize {
        match self {
            Self::TripleDes => 8,
            _ => 16,
        }
    }

    /// A word for logs and results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TripleDes => "3DES",
            Self::Aes128 => "AES-128",
            Self::Aes192 => "AES-192",
            Self::Aes256 => "AES-256",
        }
    }

    /// Derives a key from a shared secret (ICAO 9303-11, 9.7.1.2 and 9.7.1.3).
    #[must_use]
    pub fn derive(self, secret: &[u8], purpose: KeyPurpose) -> Key {
        let counter = (purpose as u32).to_be_bytes();
        let mut key = match self {
            Self::TripleDes | Self::Aes128 => hash::<Sha1>(secret, counter),
            Self::Aes192 | Self::Aes256 => hash::<Sha256>(secret, counter),
        };
        key.truncate(self.key_len());
        if self == Self::TripleDes {
            key.iter_mut().for_each(|b| *b = with_odd_parity(*b));
        }
        key
    }

    /// Encrypts whole blocks in CBC mode.
    ///
    /// # Errors
    /// [`CipherError`] when these are no whole blocks.
    pub fn encrypt(self, key: &[u8], iv: &[u8], plain: &[u8]) -> Result<Vec<u8>, CipherError> {
        match self {
            Self::TripleDes => encrypt::<TdesEde2>(key, iv, plain),
            Self::Aes128 => encrypt::<Aes128>(key, iv, plain),
            Self::Aes192 => encrypt::<Aes192>(key, iv, plain),
            Self::Aes256 => encrypt::<Aes256>(key, iv, plain),
        }
    }

    /// Decrypts whole blocks in CBC mode.
    ///
    /// # Errors
    /// [`CipherError`] when these are no whole blocks.
    pub fn decrypt(
        self,
        key: &[u8],
        iv: &[u8],
        cryptogram: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CipherError> {
        match self {
            Self::TripleDes => decrypt::<TdesEde2>(key, iv, cryptogram),
            Self::Aes128 => decrypt::<Aes128>(key, iv, cryptogram),
            Self::Aes192 => decrypt::<Aes192>(key, iv, cryptogram),
            Self::Aes256 => decrypt::<Aes256>(key, iv, cryptogram),
        }
    }

    /// Authenticates a message that the caller has padded where the protocol pads it.
    ///
    /// # Errors
    /// [`CipherError`] when the key has the wrong length, or the message is no whole number of
    /// blocks where the algorithm needs that.
    pub fn mac(self, key: &[u8], message: &[u8]) -> Result<[u8; MAC_LEN], CipherError> {
        match self {
            Self::TripleDes => retail_mac(key, message),
            Self::Aes128 => truncated::<Cmac<Aes128>>(key, message),
            Self::Aes192 => truncated::<Cmac<Aes192>>(key, message),
            Self::Aes256 => truncated::<Cmac<Aes256>>(key, message),
        }
    }

    /// Appends `80 00…` up to a whole block (ISO/IEC 9797-1, padding method 2).
    pub fn pad(self, message: &mut Vec<u8>) {
        message.push(0x80);
        let len = message.len().next_multiple_of(self.block_len());
        message.resize(len, 0);
    }

    /// The same message without its padding.
    ///
    /// # Errors
    /// [`CipherError`] when it has none.
    pub fn unpad(self, message: &[u8]) -> Result<&[u8], CipherError> {
        let zeros = message.iter().rev().take_while(|b| **b == 0).count();
        let (rest, _) = message.split_at(message.len() - zeros);
        match rest {
            [inner @ .., 0x80] if zeros < self.block_len() => Ok(inner),
            _ => Err(CipherError),
        }
    }
}

/// Whether two authentication codes are the same, without telling how far they are.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

fn hash<H: Digest>(secret: &[u8], counter: [u8; 4]) -> Key {
    let digest = H::new()
        .chain_update(secret)
        .chain_update(counter)
        .finalize();
    Zeroizing::new(digest.to_vec())
}

/// DES ignores the lowest bit of each byte; ICAO 9303-11, 9.7.1.2 wants it to make the parity
/// odd.
fn with_odd_parity(byte: u8) -> u8 {
    let high = byte & 0xFE;
    high | u8::from(high.count_ones().is_multiple_of(2))
}

fn encrypt<C>(key: &[u8], iv: &[u8], plain: &[u8]) -> Result<Vec<u8>, CipherError>
where
    C: BlockCipherEncrypt + KeyInit,
{
    let cipher = C::new_from_slice(key).map_err(|_| CipherError)?;
    let cbc = cbc::Encryptor::inner_iv_slice_init(cipher, iv).map_err(|_| CipherError)?;
    let mut out = vec![0; plain.len()];
    cbc.encrypt_padded_b2b::<NoPadding>(plain, &mut out)
        .map_err(|_| CipherError)?;
    Ok(out)
}

fn decrypt<C>(key: &[u8], iv: &[u8], cryptogram: &[u8]) -> Result<Zeroizing<Vec<u8>>, CipherError>
where
    C: BlockCipherDecrypt + KeyInit,
{
    let cipher = C::new_from_slice(key).map_err(|_| CipherError)?;
    let cbc = cbc::Decryptor::inner_iv_slice_init(cipher, iv).map_err(|_| CipherError)?;
    let mut out = Zeroizing::new(vec![0; cryptogram.len()]);
    cbc.decrypt_padded_b2b::<NoPadding>(cryptogram, &mut out)
        .map_err(|_| CipherError)?;
    Ok(out)
}

fn truncated<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Result<[u8; MAC_LEN], CipherError> {
    let mac = <M as KeyInit>::new_from_slice(key).map_err(|_| CipherError)?;
    let code = mac.chain_update(message).finalize().into_bytes();
    code.first_chunk().copied().ok_or(CipherError)
}

/// ISO/IEC 9797-1, MAC algorithm 3: DES in CBC mode with the first half of the key, the last
/// block decrypted with the second half and encrypted with the first again.
fn retail_mac(key: &[u8], message: &[u8]) -> Result<[u8; MAC_LEN], CipherError> {
    let (first, second) = key.split_at_checked(8).ok_or(CipherError)?;
    let first = Des::new_from_slice(first).map_err(|_| CipherError)?;
    let second = Des::new_from_slice(second).map_err(|_| CipherError)?;
    let mut state = cbc::cipher::array::Array::<u8, U8>::default();
    let (blocks, rest) = message.as_chunks::<MAC_LEN>();
    if blocks.is_empty() || !rest.is_empty() {
        return Err(CipherError);
    }
    for block in blocks {
        state.iter_mut().zip(block).for_each(|(s, b)| *s ^= b);
        first.encrypt_block(&mut state);
    }
    second.decrypt_block(&mut state);
    first.encrypt_block(&mut state);
    Ok(state.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::emrtd::hex::hex;

    /// ICAO 9303-11, D.1 (key derivation).
    #[test]
    fn keys_are_derived_as_in_the_worked_example() {
        let seed = hex("239AB9CB282DAF66231DC5A4DF6BFBAE");
        let key = |purpose| Suite::TripleDes.derive(&seed, purpose).to_vec();
        assert_eq!(
            key(KeyPurpose::Encryption),
            hex("AB94FDECF2674FDFB9B391F85D7F76F2")
        );
        assert_eq!(
            key(KeyPurpose::Authentication),
            hex("7962D9ECE03D1ACD4C76089DCE131543")
        );
    }

    /// RFC 4493, section 4, example 3 (first eight bytes).
    #[test]
    fn cmac_is_that_of_rfc_4493() {
        let key = hex("2B7E151628AED2A6ABF7158809CF4F3C");
        let message =
            hex("6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E5130C81C46A35CE411");
        let code = Suite::Aes128.mac(&key, &message).unwrap();
        assert_eq!(code[..], hex("DFA66747DE9AE630"));
    }

    #[test]
    fn padding_is_taken_off_only_where_it_is() {
        for suite in [Suite::TripleDes, Suite::Aes128] {
            for len in [0, 7, 8, 15, 16] {
                let mut message = vec![0; len];
                suite.pad(&mut message);
                assert!(message.len().is_multiple_of(suite.block_len()));
                assert_eq!(suite.unpad(&message).unwrap(), vec![0; len]);
            }
            assert!(suite.unpad(&[0; 32]).is_err());
            assert!(suite.unpad(&[]).is_err());
            assert!(suite.unpad(&[1; 16]).is_err());
        }
        let mut long = vec![0x80];
        long.resize(9, 0);
        assert!(Suite::TripleDes.unpad(&long).is_err());
    }

    #[test]
    fn half_blocks_and_wrong_keys_are_refused() {
        assert!(Suite::Aes128.decrypt(&[0; 16], &[0; 16], &[0; 15]).is_err());
        assert!(Suite::Aes128.encrypt(&[0; 15], &[0; 16], &[0; 16]).is_err());
        assert!(Suite::TripleDes.mac(&[0; 16], &[0; 7]).is_err());
        assert!(Suite::TripleDes.mac(&[0; 7], &[0; 8]).is_err());
    }
}
