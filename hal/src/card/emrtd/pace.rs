//! PACE with generic mapping over elliptic curves (ICAO 9303-11, 4.4): the calculations that
//! reader and chip share, and their data objects. [`super::procedure`] puts them in order for
//! the reader.

use super::cipher::{CipherError, Key, KeyPurpose, MAC_LEN, Suite};
use super::curve::{Curve, Point};
use super::oid::Oid;
use super::tlv::{self, TlvError};

/// Dynamic authentication data (ISO/IEC 7816-4; ICAO 9303-11, table 5).
pub const DO_DYNAMIC: u32 = 0x7C;
/// Encrypted nonce, from the chip.
pub const DO_NONCE: u32 = 0x80;
/// Mapping data of the reader.
pub const DO_MAP_READER: u32 = 0x81;
/// Mapping data of the chip.
pub const DO_MAP_CHIP: u32 = 0x82;
/// Ephemeral public key of the reader.
pub const DO_KEY_READER: u32 = 0x83;
/// Ephemeral public key of the chip.
pub const DO_KEY_CHIP: u32 = 0x84;
/// Authentication token of the reader.
pub const DO_TOKEN_READER: u32 = 0x85;
/// Authentication token of the chip.
pub const DO_TOKEN_CHIP: u32 = 0x86;
/// Public key data object (ICAO 9303-11, 9.4).
const DO_PUBLIC_KEY: u32 = 0x7F49;
const DO_OID: u32 = 0x06;
/// Public point of an elliptic-curve public key.
const DO_POINT: u32 = 0x86;

/// id-PACE-ECDH-GM: bsi-de protocols(2) smartcard(2) 4 2 (ICAO 9303-11, 9.2.3).
const ECDH_GM: &[u8] = &[0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02];

/// A variant of PACE that a chip offers and this reader speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceVariant {
    /// Ciphers for the nonce and the channel.
    pub suite: Suite,
    /// Curve.
    pub curve: Curve,
}

impl PaceVariant {
    /// The variant with this object identifier and domain parameters, if it is supported.
    #[must_use]
    pub fn find(oid: &Oid, parameter_id: u32) -> Option<Self> {
        let suite = match oid.as_bytes().strip_prefix(ECDH_GM)? {
            [1] => Suite::TripleDes,
            [2] => Suite::Aes128,
            [3] => Suite::Aes192,
            [4] => Suite::Aes256,
            _ => return None,
        };
        let curve = Curve::from_parameter_id(parameter_id)?;
        Some(Self { suite, curve })
    }

    /// Its object identifier.
    #[must_use]
    pub fn oid(&self) -> Oid {
        let last = match self.suite {
            Suite::TripleDes => 1,
            Suite::Aes128 => 2,
            Suite::Aes192 => 3,
            Suite::Aes256 => 4,
        };
        Oid::new([ECDH_GM, &[last]].concat())
    }

    /// Decrypts the chip's nonce with the key from the password. It is a multiple of the block
    /// (ICAO 9303-11, 4.4.3.3), and not of none: a chip that sends no nonce needs no password.
    ///
    /// # Errors
    /// [`CipherError`] when it is empty or no whole number of blocks.
    pub fn decrypt_nonce(&self, password_key: &[u8], nonce: &[u8]) -> Result<Key, CipherError> {
        if nonce.is_empty() {
            return Err(CipherError);
        }
        let zero = vec![0; self.suite.block_len()];
        self.suite.decrypt(password_key, &zero, nonce)
    }

    /// Encrypts a nonce, as the chip does.
    ///
    /// # Errors
    /// [`CipherError`] when it is no whole number of blocks.
    pub fn encrypt_nonce(&self, password_key: &[u8], nonce: &[u8]) -> Result<Vec<u8>, CipherError> {
        let zero = vec![0; self.suite.block_len()];
        self.suite.encrypt(password_key, &zero, nonce)
    }

    /// The key with which both sides make their tokens, from the agreed point.
    #[must_use]
    pub fn token_key(&self, agreed: &Point) -> Key {
        self.suite.derive(agreed.x(), KeyPurpose::Authentication)
    }

    /// An authentication token (ICAO 9303-11, 4.4.3.4): over the *other* side's public key.
    ///
    /// # Errors
    /// [`CipherError`] when the key does not have the cipher's length.
    pub fn token(&self, token_key: &[u8], public: &Point) -> Result<[u8; MAC_LEN], CipherError> {
        let mut message = public_key_object(&self.oid(), public);
        if self.suite == Suite::TripleDes {
            self.suite.pad(&mut message);
        }
        self.suite.mac(token_key, &message)
    }
}

/// A public key as both sides authenticate it: identifier and point (ICAO 9303-11, 9.4.5).
#[must_use]
pub fn public_key_object(oid: &Oid, public: &Point) -> Vec<u8> {
    let mut value = tlv::encode(DO_OID, oid.as_bytes());
    tlv::push(&mut value, DO_POINT, public.bytes());
    tlv::encode(DO_PUBLIC_KEY, &value)
}

/// Dynamic authentication data with one object in it.
#[must_use]
pub fn dynamic_data(tag: u32, value: &[u8]) -> Vec<u8> {
    tlv::encode(DO_DYNAMIC, &tlv::encode(tag, value))
}

/// The value of one object within dynamic authentication data.
///
/// # Errors
/// [`TlvError`], also when the object is missing.
pub fn dynamic_value(bytes: &[u8], tag: u32) -> Result<&[u8], TlvError> {
    let data = tlv::only(bytes, DO_DYNAMIC)?;
    tlv::find(data, tag)?.ok_or(TlvError::Unexpected {
        expected: tag,
        found: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::emrtd::access::AccessKey;
    use crate::card::emrtd::hex::hex;

    /// The worked example of ICAO 9303-11, appendix G.1: both sides, every value.
    #[test]
    fn both_sides_do_what_the_worked_example_says() {
        let oid = Oid::new(hex("04007F00070202040202"));
        let variant = PaceVariant::find(&oid, 13).unwrap();
        assert_eq!(
            (variant.suite, variant.curve),
            (Suite::Aes128, Curve::BrainpoolP256r1)
        );
        assert_eq!(variant.oid(), oid);

        let password = AccessKey::from_fields("T22000129", "640812", "101031")
            .unwrap()
            .password_key(variant.suite);
        let encrypted = hex("95A3A016522EE98D01E76CB6B98B42C3");
        let nonce = variant.decrypt_nonce(&password, &encrypted).unwrap();
        assert_eq!(nonce.to_vec(), hex("3F00C4D39D153F2B2A214A078D899B22"));
        assert_eq!(variant.encrypt_nonce(&password, &nonce).unwrap(), encrypted);

        let secret = |digits| variant.curve.secret(&hex(digits)).unwrap();
        let reader = secret("7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99");
        let chip = secret("498FF49756F2DC1587840041839A85982BE7761D14715FB091EFA7BCE9058560");
        let base = variant.curve.generator();
        let chip_map = base.times(&chip).unwrap();
        assert_eq!(
            chip_map.bytes(),
            hex(
                "04824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F57
                 30D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C54"
            )
        );
        let shared = chip_map.times(&reader).unwrap();
        assert_eq!(shared, base.times(&reader).unwrap().times(&chip).unwrap());
        let mapped = shared.map(&nonce).unwrap();
        assert_eq!(
            mapped.bytes(),
            hex(
                "048CED63C91426D4F0EB1435E7CB1D74A46723A0AF21C89634F65A9AE87A9265E2
                 8C879506743F8611AC33645C5B985C80B5F09A0B83407C1B6A4D857AE76FE522"
            )
        );

        let reader = secret("A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595");
        let chip = secret("107CF58696EF6155053340FD633392BA81909DF7B9706F226F32086C7AFF974A");
        let [reader_public, chip_public] = [&reader, &chip].map(|s| mapped.times(s).unwrap());
        let agreed = chip_public.times(&reader).unwrap();
        assert_eq!(
            agreed.x(),
            hex("28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925")
        );
        let key = variant.token_key(&agreed);
        assert_eq!(key.to_vec(), hex("FE251C7858B356B24514B3BD5F4297D1"));
        assert_eq!(
            public_key_object(&oid, &chip_public),
            hex(
                "7F494F060A04007F000702020402028641049E880F842905B8B3181F7AF7CAA9F0EFB743847F44
                 A306D2D28C1D9EC65DF6DB7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A019
                 3776F094"
            )
        );
        assert_eq!(
            variant.token(&key, &chip_public).unwrap()[..],
            hex("C2B0BD78D94BA866")
        );
        assert_eq!(
            variant.token(&key, &reader_public).unwrap()[..],
            hex("3ABB9674BCE93C08")
        );
    }

    #[test]
    fn a_nonce_is_of_whole_blocks_and_never_of_none() {
        for (suite, block) in [
            (Suite::TripleDes, 8),
            (Suite::Aes128, 16),
            (Suite::Aes256, 16),
        ] {
            let curve = Curve::BrainpoolP256r1;
            let variant = PaceVariant { suite, curve };
            let key = vec![1; suite.key_len()];
            let decrypt = |len| variant.decrypt_nonce(&key, &vec![7; len]);
            for len in [0, 1, block - 1, block + 1] {
                assert!(decrypt(len).is_err(), "{suite:?}: {len} bytes");
            }
            assert_eq!(decrypt(block).unwrap().len(), block);
        }
    }

    #[test]
    fn variants_that_are_not_supported_are_not_found() {
        let find = |oid, id| PaceVariant::find(&Oid::new(hex(oid)), id);
        assert_eq!(
            find("04007F00070202040102", 1),
            None,
            "modular Diffie-Hellman"
        );
        assert_eq!(find("04007F00070202040402", 13), None, "integrated mapping");
        assert_eq!(find("04007F00070202040202", 10), None, "P-224");
        assert_eq!(find("04007F000702020402", 13), None);
    }
}
