//! Basic Access Control (ICAO 9303-11, 4.3 and D.3): proves to the chip that the reader knows
//! the MRZ, and agrees on the keys of a protected channel. Messages in, messages out; the
//! random numbers come from the caller.

use zeroize::Zeroizing;

use super::access::MrzKey;
use super::cipher::{CipherError, Key, KeyPurpose, MAC_LEN, Suite, same};
use super::secure_messaging::SecureMessaging;

/// Bytes of RND.IC and RND.IFD.
pub const CHALLENGE_LEN: usize = 8;
/// Bytes of K.IC and K.IFD.
pub const KEYING_LEN: usize = 16;
/// Bytes of each of the two messages: cryptogram and authentication code.
pub const MESSAGE_LEN: usize = 2 * CHALLENGE_LEN + KEYING_LEN + MAC_LEN;

const SUITE: Suite = Suite::TripleDes;

/// Why the two sides do not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BacError {
    /// The message does not have the length it should.
    #[error("a message of basic access control has the wrong length")]
    Length,
    /// The authentication code is wrong: the keys differ.
    #[error("the authentication code of basic access control is wrong")]
    Mac,
    /// The other side did not return this side's random number.
    #[error("the other side did not return the random number it was sent")]
    Challenge,
    /// A key does not have the length of the cipher.
    #[error("basic access control has a key of the wrong length")]
    Cipher(#[source] CipherError),
}

impl From<CipherError> for BacError {
    fn from(error: CipherError) -> Self {
        Self::Cipher(error)
    }
}

/// The document basic access keys.
pub struct BacKeys {
    enc: Key,
    mac: Key,
}

/// One side's contribution.
#[derive(Clone)]
pub struct Contribution {
    /// RND.IC or RND.IFD.
    pub challenge: [u8; CHALLENGE_LEN],
    /// K.IC or K.IFD.
    pub keying: Zeroizing<[u8; KEYING_LEN]>,
}

impl BacKeys {
    /// The keys that the MRZ gives (ICAO 9303-11, 9.7.2).
    #[must_use]
    pub fn new(key: &MrzKey) -> Self {
        let seed = key.seed();
        Self {
            enc: SUITE.derive(&seed, KeyPurpose::Encryption),
            mac: SUITE.derive(&seed, KeyPurpose::Authentication),
        }
    }

    /// What the reader sends with EXTERNAL AUTHENTICATE: E.IFD and M.IFD.
    ///
    /// # Errors
    /// None but [`BacError::Cipher`].
    pub fn request(
        &self,
        own: &Contribution,
        chip_challenge: [u8; CHALLENGE_LEN],
    ) -> Result<Vec<u8>, BacError> {
        self.seal(own.challenge, chip_challenge, &own.keying)
    }

    /// What the chip sends in return: E.IC and M.IC.
    ///
    /// # Errors
    /// None but [`BacError::Cipher`].
    pub fn answer(
        &self,
        own: &Contribution,
        reader_challenge: [u8; CHALLENGE_LEN],
    ) -> Result<Vec<u8>, BacError> {
        self.seal(own.challenge, reader_challenge, &own.keying)
    }

    /// The reader's check of the chip's answer, and the channel they now share.
    ///
    /// # Errors
    /// [`BacError`].
    pub fn accept_answer(
        &self,
        own: &Contribution,
        chip_challenge: [u8; CHALLENGE_LEN],
        answer: &[u8],
    ) -> Result<SecureMessaging, BacError> {
        let chip = self.open(answer, own.challenge)?;
        if chip.challenge != chip_challenge {
            return Err(BacError::Challenge);
        }
        Ok(channel(own, &chip))
    }

    /// The chip's check of the reader's request, and what the reader contributed.
    ///
    /// # Errors
    /// [`BacError`].
    pub fn accept_request(
        &self,
        own_challenge: [u8; CHALLENGE_LEN],
        request: &[u8],
    ) -> Result<Contribution, BacError> {
        self.open(request, own_challenge)
    }

    fn seal(
        &self,
        mine: [u8; CHALLENGE_LEN],
        theirs: [u8; CHALLENGE_LEN],
        keying: &[u8; KEYING_LEN],
    ) -> Result<Vec<u8>, BacError> {
        let plain = Zeroizing::new([&mine[..], &theirs, keying].concat());
        let mut message = SUITE.encrypt(&self.enc, &[0; 8], &plain)?;
        message.extend(self.code(&message)?);
        Ok(message)
    }

    fn open(&self, message: &[u8], mine: [u8; CHALLENGE_LEN]) -> Result<Contribution, BacError> {
        if message.len() != MESSAGE_LEN {
            return Err(BacError::Length);
        }
        let (cryptogram, code) = message.split_at(MESSAGE_LEN - MAC_LEN);
        if !same(&self.code(cryptogram)?, code) {
            return Err(BacError::Mac);
        }
        let plain = SUITE.decrypt(&self.enc, &[0; 8], cryptogram)?;
        let (challenge, rest) = plain.split_first_chunk().ok_or(BacError::Length)?;
        let (returned, keying) = rest.split_at(CHALLENGE_LEN);
        if !same(returned, &mine) {
            return Err(BacError::Challenge);
        }
        Ok(Contribution {
            challenge: *challenge,
            keying: Zeroizing::new(keying.try_into().map_err(|_| BacError::Length)?),
        })
    }

    fn code(&self, cryptogram: &[u8]) -> Result<[u8; MAC_LEN], CipherError> {
        let mut padded = cryptogram.to_vec();
        SUITE.pad(&mut padded);
        SUITE.mac(&self.mac, &padded)
    }
}

/// The channel from both contributions (ICAO 9303-11, 4.3.3 and 9.8.7.1).
#[must_use]
pub fn channel(reader: &Contribution, chip: &Contribution) -> SecureMessaging {
    let seed: Key = Zeroizing::new(
        reader
            .keying
            .iter()
            .zip(chip.keying.iter())
            .map(|(a, b)| a ^ b)
            .collect(),
    );
    let half = CHALLENGE_LEN / 2;
    let ssc = [&chip.challenge[half..], &reader.challenge[half..]].concat();
    SecureMessaging::new(
        SUITE,
        SUITE.derive(&seed, KeyPurpose::Encryption),
        SUITE.derive(&seed, KeyPurpose::Authentication),
        &ssc,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::emrtd::access::AccessKey;
    use crate::card::emrtd::apdu::Command;
    use crate::card::emrtd::hex::hex;

    fn keys() -> BacKeys {
        let key = AccessKey::from_fields("L898902C", "690806", "940623").unwrap();
        let AccessKey::Mrz(key) = key else { panic!() };
        BacKeys::new(&key)
    }

    fn contribution(challenge: &str, keying: &str) -> Contribution {
        Contribution {
            challenge: hex(challenge).try_into().unwrap(),
            keying: Zeroizing::new(hex(keying).try_into().unwrap()),
        }
    }

    fn reader() -> Contribution {
        contribution("781723860C06C226", "0B795240CB7049B01C19B33E32804F0B")
    }

    fn chip() -> Contribution {
        contribution("4608F91988702212", "0B4F80323EB3191CB04970CB4052790B")
    }

    /// ICAO 9303-11, D.3.
    const REQUEST: &str = "72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2
         5F1448EEA8AD90A7";
    /// ICAO 9303-11, D.3.
    const ANSWER: &str = "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F
         2F2D235D074D7449";

    #[test]
    fn the_reader_does_what_the_worked_example_says() {
        let request = keys().request(&reader(), chip().challenge).unwrap();
        assert_eq!(request, hex(REQUEST));
        let mut channel = keys()
            .accept_answer(&reader(), chip().challenge, &hex(ANSWER))
            .unwrap();
        // D.4: the first protected command shows that keys and counter are right.
        let select = Command::new(0, 0xA4, 2, 0x0C).data([0x01, 0x1E]);
        assert_eq!(
            channel
                .wrap_command(&select)
                .unwrap()
                .encode()
                .unwrap()
                .to_vec(),
            hex("0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800")
        );
    }

    #[test]
    fn the_chip_does_what_the_worked_example_says() {
        let theirs = keys()
            .accept_request(chip().challenge, &hex(REQUEST))
            .unwrap();
        assert_eq!(theirs.challenge, reader().challenge);
        assert_eq!(theirs.keying, reader().keying);
        let answer = keys().answer(&chip(), theirs.challenge).unwrap();
        assert_eq!(answer, hex(ANSWER));
    }

    #[test]
    fn a_wrong_or_replayed_answer_is_refused() {
        let accept =
            |answer: &[u8], challenge| keys().accept_answer(&reader(), challenge, answer).err();
        let mut changed = hex(ANSWER);
        changed[3] ^= 1;
        assert_eq!(accept(&changed, chip().challenge), Some(BacError::Mac));
        assert_eq!(
            accept(&changed[1..], chip().challenge),
            Some(BacError::Length)
        );
        assert_eq!(accept(&hex(ANSWER), [0; 8]), Some(BacError::Challenge));
        // The reader's own request sent back to it.
        assert_eq!(
            accept(&hex(REQUEST), chip().challenge),
            Some(BacError::Challenge)
        );
    }
}
