//! The chip's side of what opens it: Basic Access Control and PACE with generic mapping (ICAO
//! 9303-11, 4.3 and 4.4).

use zeroize::Zeroizing;

use crate::card::emrtd::access::AccessKey;
use crate::card::emrtd::apdu::Status;
use crate::card::emrtd::bac::{BacKeys, CHALLENGE_LEN, Contribution, KEYING_LEN, channel};
use crate::card::emrtd::cipher::{MAC_LEN, same};
use crate::card::emrtd::curve::{Curve, CurveError, Point, Secret};
use crate::card::emrtd::pace::{
    DO_KEY_CHIP, DO_KEY_READER, DO_MAP_CHIP, DO_MAP_READER, DO_NONCE, DO_TOKEN_CHIP,
    DO_TOKEN_READER, PaceVariant, dynamic_data, dynamic_value,
};
use crate::card::emrtd::random::Random;
use crate::card::emrtd::secure_messaging::SecureMessaging;
use crate::card::emrtd::tlv;

/// Bytes of PACE's nonce: a whole number of blocks of every cipher, as long as the key of AES-128.
const NONCE_LEN: usize = 16;
/// Data object of MSE:Set AT that names the protocol.
const DO_PROTOCOL: u32 = 0x80;
/// Data object of MSE:Set AT that names the password.
const DO_PASSWORD: u32 = 0x83;
/// Something failed that cannot fail on a chip in good order.
const BROKEN: Status = Status(0x6F00);

/// What opens the chip.
pub(super) struct Access {
    /// From the machine-readable zone.
    pub(super) mrz: AccessKey,
    /// From the card access number.
    pub(super) can: AccessKey,
    pub(super) bac: bool,
    pub(super) pace: Option<PaceVariant>,
}

/// A protocol under way.
pub(super) enum Agreement {
    Pace(Box<Pace>),
    ChipAuthentication,
}

/// PACE between two of its four steps.
pub(super) struct Pace {
    variant: PaceVariant,
    password: AccessKey,
    stage: Stage,
}

enum Stage {
    /// The password is chosen.
    Begun,
    /// The reader has the encrypted nonce.
    Nonce(Zeroizing<[u8; NONCE_LEN]>),
    /// Both sides know this generator.
    Mapped(Point),
    /// Both sides agree on a point, if they know the same password.
    Agreed {
        agreed: Point,
        chip: Point,
        reader: Point,
    },
}

/// What comes out of a step.
pub(super) struct Step {
    pub(super) answer: Vec<u8>,
    pub(super) next: Option<Pace>,
    pub(super) channel: Option<SecureMessaging>,
}

impl Access {
    /// BAC: checks the reader's message, gives the answer and the channel.
    pub(super) fn basic(
        &self,
        challenge: [u8; CHALLENGE_LEN],
        request: &[u8],
        random: &mut dyn Random,
    ) -> Result<(Vec<u8>, SecureMessaging), Status> {
        let AccessKey::Mrz(key) = &self.mrz else {
            return Err(BROKEN);
        };
        if !self.bac {
            return Err(Status::UNKNOWN_INSTRUCTION);
        }
        let keys = BacKeys::new(key);
        let refused = |_| Status::AUTHENTICATION_FAILED;
        let reader = keys.accept_request(challenge, request).map_err(refused)?;
        let mut keying = Zeroizing::new([0; KEYING_LEN]);
        random.fill(&mut *keying).map_err(|_| BROKEN)?;
        let own = Contribution { challenge, keying };
        let answer = keys.answer(&own, reader.challenge).map_err(|_| BROKEN)?;
        Ok((answer, channel(&reader, &own)))
    }

    /// MSE:Set AT for PACE: which protocol, which password.
    pub(super) fn begin_pace(&self, data: &[u8]) -> Result<Agreement, Status> {
        let variant = self.pace.ok_or(Status::REFERENCE_NOT_FOUND)?;
        let object = |tag| tlv::find(data, tag).map_err(|_| Status::BAD_DATA);
        if object(DO_PROTOCOL)? != Some(variant.oid().as_bytes()) {
            return Err(Status::BAD_DATA);
        }
        let password = match object(DO_PASSWORD)? {
            Some([1]) => self.mrz.clone(),
            Some([2]) => self.can.clone(),
            _ => return Err(Status::REFERENCE_NOT_FOUND),
        };
        Ok(Agreement::Pace(Box::new(Pace {
            variant,
            password,
            stage: Stage::Begun,
        })))
    }
}

impl Pace {
    /// One GENERAL AUTHENTICATE.
    pub(super) fn step(self, data: &[u8], random: &mut dyn Random) -> Result<Step, Status> {
        let value = |tag| dynamic_value(data, tag).map_err(|_| Status::BAD_DATA);
        let Self {
            variant,
            password,
            stage,
        } = self;
        let curve = variant.curve;
        let on = |(tag, content): (u32, &[u8]), stage| Step {
            answer: dynamic_data(tag, content),
            next: Some(Self {
                variant,
                password: password.clone(),
                stage,
            }),
            channel: None,
        };
        match stage {
            Stage::Begun => {
                let mut nonce = Zeroizing::new([0; NONCE_LEN]);
                random.fill(&mut *nonce).map_err(|_| BROKEN)?;
                let key = password.password_key(variant.suite);
                let encrypted = variant.encrypt_nonce(&key, &*nonce).map_err(|_| BROKEN)?;
                Ok(on((DO_NONCE, &encrypted), Stage::Nonce(nonce)))
            }
            Stage::Nonce(nonce) => {
                let reader = curve.point(value(DO_MAP_READER)?).map_err(bad)?;
                let (secret, public) = pair(&curve.generator(), curve, random)?;
                let shared = reader.times(&secret).map_err(bad)?;
                let generator = shared.map(&*nonce).map_err(bad)?;
                Ok(on((DO_MAP_CHIP, public.bytes()), Stage::Mapped(generator)))
            }
            Stage::Mapped(generator) => {
                let reader = curve.point(value(DO_KEY_READER)?).map_err(bad)?;
                let (secret, chip) = pair(&generator, curve, random)?;
                if chip == reader {
                    return Err(Status::BAD_DATA); // a reflection (ICAO 9303-11, 4.4.3.1)
                }
                let agreed = reader.times(&secret).map_err(bad)?;
                let answer = chip.clone();
                let stage = Stage::Agreed {
                    agreed,
                    chip,
                    reader,
                };
                Ok(on((DO_KEY_CHIP, answer.bytes()), stage))
            }
            Stage::Agreed {
                agreed,
                chip,
                reader,
            } => {
                let token: &[u8] = value(DO_TOKEN_READER)?;
                finish(&variant, token, &agreed, &chip, &reader)
            }
        }
    }
}

/// The reader's token proves that it knows the password; the chip's proves the same.
fn finish(
    variant: &PaceVariant,
    token: &[u8],
    agreed: &Point,
    chip: &Point,
    reader: &Point,
) -> Result<Step, Status> {
    let key = variant.token_key(agreed);
    let make = |of: &Point| -> Result<[u8; MAC_LEN], Status> {
        variant.token(&key, of).map_err(|_| BROKEN)
    };
    if !same(&make(chip)?, token) {
        return Err(Status::AUTHENTICATION_FAILED);
    }
    Ok(Step {
        answer: dynamic_data(DO_TOKEN_CHIP, &make(reader)?),
        next: None,
        channel: Some(SecureMessaging::from_secret(variant.suite, agreed.x())),
    })
}

/// An ephemeral key over this generator.
fn pair(base: &Point, curve: Curve, random: &mut dyn Random) -> Result<(Secret, Point), Status> {
    let secret = curve.draw(random).map_err(|_| BROKEN)?;
    let public = base.times(&secret).map_err(|_| BROKEN)?;
    Ok((secret, public))
}

fn bad(_: CurveError) -> Status {
    Status::BAD_DATA
}
