//! Opening the chip (ICAO 9303-11, 4.2): PACE where the chip offers a variant that is spoken
//! here, basic access control otherwise.

use zeroize::Zeroizing;

use super::session::Session;
use super::{Access, EmrtdFault};
use crate::card::emrtd::access::{AccessKey, MrzKey};
use crate::card::emrtd::apdu::{Command, Status};
use crate::card::emrtd::bac::{self, BacError, BacKeys, Contribution};
use crate::card::emrtd::cipher::{MAC_LEN, same};
use crate::card::emrtd::lds::{File, SecurityInfos};
use crate::card::emrtd::pace::{self, PaceVariant};
use crate::card::emrtd::secure_messaging::SecureMessaging;
use crate::card::emrtd::tlv;

/// Application of travel documents (ICAO 9303-10, 3.1).
const APPLICATION: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
/// MSE:Set AT (ICAO 9303-11, 4.4.4.1): cryptographic mechanism reference.
const DO_MECHANISM: u32 = 0x80;
/// Reference of the password.
const DO_PASSWORD: u32 = 0x83;
/// Reference of the domain parameters.
const DO_PARAMETERS: u32 = 0x84;
/// Command chaining: more follows (ISO/IEC 7816-4, 5.3.3).
const CLA_CHAINED: u8 = 0x10;
/// What a chip answers when authentication fails (ISO/IEC 7816-4, 5.6): `63xx` with a number of
/// tries left, and what some chips answer instead.
const NOT_THE_KEY: [Status; 3] = [
    Status::SECURITY_NOT_SATISFIED,
    Status::SM_INCORRECT,
    Status::BAD_DATA,
];

/// Opens the chip and selects the application.
pub(super) async fn open(session: &mut Session, key: &AccessKey) -> Result<Access, EmrtdFault> {
    if let Some(variant) = offered(session).await? {
        pace(session, key, variant).await?;
        select_application(session).await?;
        return Ok(Access::Pace {
            variant,
            with_can: matches!(key, AccessKey::Can(_)),
        });
    }
    select_application(session).await?;
    match key {
        AccessKey::Mrz(key) => basic(session, key).await?,
        AccessKey::Can(_) => return Err(EmrtdFault::CanNotOffered),
    }
    Ok(Access::Bac)
}

/// The first variant of PACE in EF.CardAccess that is spoken here. A chip without that file
/// has no PACE.
async fn offered(session: &mut Session) -> Result<Option<PaceVariant>, EmrtdFault> {
    match session.read(File::CardAccess).await {
        Ok(file) => Ok(SecurityInfos::from_card_access(&file)?
            .pace
            .first()
            .copied()),
        Err(EmrtdFault::File { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

async fn select_application(session: &mut Session) -> Result<(), EmrtdFault> {
    let select = Command::new(0, 0xA4, 0x04, 0x0C).data(APPLICATION);
    match session.send(&select).await?.status {
        Status::OK => Ok(()),
        status => Err(EmrtdFault::NotADocument(status)),
    }
}

fn is_wrong_key(status: Status) -> bool {
    status.0 & 0xFF00 == 0x6300 || NOT_THE_KEY.contains(&status)
}

/// ICAO 9303-11, 4.3.4.
async fn basic(session: &mut Session, key: &MrzKey) -> Result<(), EmrtdFault> {
    let ask = Command::new(0, 0x84, 0, 0).ne(bac::CHALLENGE_LEN as u32);
    let challenge = session.demand(&ask, "give a challenge").await?;
    let challenge: [u8; bac::CHALLENGE_LEN] = challenge[..]
        .try_into()
        .map_err(|_| EmrtdFault::Bac(BacError::Length))?;
    let mut own = Contribution {
        challenge: [0; bac::CHALLENGE_LEN],
        keying: Zeroizing::new([0; bac::KEYING_LEN]),
    };
    session.random.fill(&mut own.challenge)?;
    session.random.fill(&mut *own.keying)?;
    let keys = BacKeys::new(key);
    let request = keys.request(&own, challenge).map_err(EmrtdFault::Bac)?;
    let command = Command::new(0, 0x82, 0, 0)
        .data(request)
        .ne(bac::MESSAGE_LEN as u32);
    let answer = session.send(&command).await?;
    match answer.status {
        Status::OK => {}
        status if is_wrong_key(status) => return Err(EmrtdFault::WrongKey(status)),
        status => {
            let what = "authenticate the reader";
            return Err(EmrtdFault::Refused { what, status });
        }
    }
    let channel = keys
        .accept_answer(&own, challenge, &answer.data)
        .map_err(|e| match e {
            BacError::Mac | BacError::Challenge => EmrtdFault::ChipDoesNotKnowKey,
            other => EmrtdFault::Bac(other),
        })?;
    session.channel = Some(channel);
    Ok(())
}

/// ICAO 9303-11, 4.4.4.
async fn pace(
    session: &mut Session,
    key: &AccessKey,
    variant: PaceVariant,
) -> Result<(), EmrtdFault> {
    choose(session, key, variant).await?;
    let nonce = ask(session, CLA_CHAINED, None, pace::DO_NONCE).await?;
    let password = key.password_key(variant.suite);
    let nonce = variant.decrypt_nonce(&password, &nonce)?;

    let base = variant.curve.generator();
    let secret = variant.curve.draw(&mut *session.random)?;
    let own = base.times(&secret)?;
    let send = Some((pace::DO_MAP_READER, own.bytes()));
    let theirs = ask(session, CLA_CHAINED, send, pace::DO_MAP_CHIP).await?;
    let mapped = variant.curve.point(&theirs)?.times(&secret)?.map(&nonce)?;

    let secret = variant.curve.draw(&mut *session.random)?;
    let own = mapped.times(&secret)?;
    let send = Some((pace::DO_KEY_READER, own.bytes()));
    let theirs = ask(session, CLA_CHAINED, send, pace::DO_KEY_CHIP).await?;
    let theirs = variant.curve.point(&theirs)?;
    if theirs == own {
        return Err(EmrtdFault::ChipDoesNotKnowKey); // an echo, ICAO 9303-11, 4.4.4.2
    }
    let agreed = theirs.times(&secret)?;

    let token_key = variant.token_key(&agreed);
    let token = variant.token(&token_key, &theirs)?;
    let expected: [u8; MAC_LEN] = variant.token(&token_key, &own)?;
    let send = Some((pace::DO_TOKEN_READER, &token[..]));
    let shown = ask(session, 0, send, pace::DO_TOKEN_CHIP).await?;
    if !same(&shown, &expected) {
        return Err(EmrtdFault::ChipDoesNotKnowKey);
    }
    session.channel = Some(SecureMessaging::from_secret(variant.suite, agreed.x()));
    Ok(())
}

/// MSE:Set AT.
async fn choose(
    session: &mut Session,
    key: &AccessKey,
    variant: PaceVariant,
) -> Result<(), EmrtdFault> {
    let mut data = tlv::encode(DO_MECHANISM, variant.oid().as_bytes());
    tlv::push(&mut data, DO_PASSWORD, &[key.password_reference()]);
    let parameters = variant.curve.parameter_id();
    tlv::push(&mut data, DO_PARAMETERS, &[parameters as u8]); // below 32
    let command = Command::new(0, 0x22, 0xC1, 0xA4).data(data);
    let status = session.send(&command).await?.status;
    match status {
        Status::OK => Ok(()),
        // A password of a kind that this chip does not have.
        Status::REFERENCE_NOT_FOUND if matches!(key, AccessKey::Can(_)) => {
            Err(EmrtdFault::CanNotOffered)
        }
        // A warning about tries left (63Cx) is not a refusal.
        status if status.0 & 0xFFF0 == 0x63C0 => Ok(()),
        status => {
            let what = "begin PACE";
            Err(EmrtdFault::Refused { what, status })
        }
    }
}

/// GENERAL AUTHENTICATE: one object out, one object in.
async fn ask(
    session: &mut Session,
    cla: u8,
    send: Option<(u32, &[u8])>,
    want: u32,
) -> Result<Vec<u8>, EmrtdFault> {
    let data = match send {
        Some((tag, value)) => pace::dynamic_data(tag, value),
        None => tlv::encode(pace::DO_DYNAMIC, &[]),
    };
    let command = Command::new(cla, 0x86, 0, 0).data(data).ne(256);
    let answer = session.send(&command).await?;
    match answer.status {
        Status::OK => Ok(pace::dynamic_value(&answer.data, want)?.to_vec()),
        status if is_wrong_key(status) => Err(EmrtdFault::WrongKey(status)),
        status => {
            let what = "go on with PACE";
            Err(EmrtdFault::Refused { what, status })
        }
    }
}
