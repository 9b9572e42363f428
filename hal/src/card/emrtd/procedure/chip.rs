//! Whether the chip is the one that the state issued, and no copy of its data: chip
//! authentication (ICAO 9303-11, 6.2) where it is offered, active authentication (6.1) otherwise.

use super::EmrtdFault;
use super::session::Session;
use crate::card::emrtd::active;
use crate::card::emrtd::apdu::{Command, MAX_NE, MAX_SHORT_NE};
use crate::card::emrtd::cipher::Suite;
use crate::card::emrtd::curve::Curve;
use crate::card::emrtd::lds::{ChipKey, SecurityInfos};
use crate::card::emrtd::oid::Oid;
use crate::card::emrtd::pace;
use crate::card::emrtd::pki::PublicKey;
use crate::card::emrtd::pki::signature::SignatureAlgorithm;
use crate::card::emrtd::secure_messaging::SecureMessaging;
use crate::card::emrtd::tlv;

/// MSE:Set KAT: ephemeral public key of the reader.
const DO_EPHEMERAL: u32 = 0x91;
/// Reference of the chip's key.
const DO_KEY_ID: u32 = 0x84;
const DO_MECHANISM: u32 = 0x80;
/// Longest signature whose protected answer fits a short APDU.
const MAX_SHORT_SIGNATURE: usize = 223;

/// What is known about the chip. It says something about the document only where the data group
/// with the chip's key (14 or 15) is authentic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipProof {
    /// Chip authentication: the chip knows the private key to the public key in data group 14.
    ChipAuthentication {
        /// Curve of the key.
        curve: Curve,
        /// Ciphers of the channel that came of it.
        suite: Suite,
    },
    /// Active authentication: the same for the key in data group 15.
    ActiveAuthentication(SignatureAlgorithm),
    /// The chip offers neither, or none that is supported.
    NotOffered,
    /// The chip offers one and failed: it is not the chip that the document was issued with.
    Failed,
}

impl ChipProof {
    /// A stable word for records.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ChipAuthentication { .. } => "chip_authentication",
            Self::ActiveAuthentication(_) => "active_authentication",
            Self::NotOffered => "not_offered",
            Self::Failed => "failed",
        }
    }
}

/// Chip authentication with the first key that is supported. Its proof is that the channel with
/// the new keys works, which the next file shows.
pub(super) async fn authenticate(
    session: &mut Session,
    key: &ChipKey,
) -> Result<ChipProof, EmrtdFault> {
    match agree(session, key).await {
        // It announces the protocol in its files and refuses it: its key could not be copied.
        Err(EmrtdFault::Refused { .. }) => Ok(ChipProof::Failed),
        other => other,
    }
}

async fn agree(session: &mut Session, key: &ChipKey) -> Result<ChipProof, EmrtdFault> {
    let curve = key.public.curve();
    let secret = curve.draw(&mut *session.random)?;
    let own = curve.generator().times(&secret)?;
    let agreed = key.public.times(&secret)?;
    if key.suite == Suite::TripleDes {
        set_key_agreement(session, key, own.bytes()).await?;
    } else {
        choose(session, key, &key.protocol()).await?;
        let data = pace::dynamic_data(DO_MECHANISM, own.bytes());
        let command = Command::new(0, 0x86, 0, 0).data(data).ne(MAX_SHORT_NE);
        session.demand(&command, "agree on a key").await?;
    }
    session.channel = Some(SecureMessaging::from_secret(key.suite, agreed.x()));
    session.unproven = true;
    Ok(ChipProof::ChipAuthentication {
        curve,
        suite: key.suite,
    })
}

/// MSE:Set KAT (ICAO 9303-11, 6.2.4.1), only for 3DES.
async fn set_key_agreement(
    session: &mut Session,
    key: &ChipKey,
    own: &[u8],
) -> Result<(), EmrtdFault> {
    let mut data = tlv::encode(DO_EPHEMERAL, own);
    if let Some(id) = &key.id {
        tlv::push(&mut data, DO_KEY_ID, id);
    }
    let command = Command::new(0, 0x22, 0x41, 0xA6).data(data);
    session.demand(&command, "agree on a key").await.map(drop)
}

/// MSE:Set AT (ICAO 9303-11, 6.2.4.2).
async fn choose(session: &mut Session, key: &ChipKey, protocol: &Oid) -> Result<(), EmrtdFault> {
    let mut data = tlv::encode(DO_MECHANISM, protocol.as_bytes());
    if let Some(id) = &key.id {
        tlv::push(&mut data, DO_KEY_ID, id);
    }
    let command = Command::new(0, 0x22, 0x41, 0xA4).data(data);
    session
        .demand(&command, "begin chip authentication")
        .await
        .map(drop)
}

/// Active authentication (ICAO 9303-11, 6.1.3).
pub(super) async fn challenge(
    session: &mut Session,
    key: &PublicKey,
    infos: &SecurityInfos,
) -> Result<ChipProof, EmrtdFault> {
    let mut challenge = [0; active::CHALLENGE_LEN];
    session.random.fill(&mut challenge)?;
    let ne = match key.signature_len() {
        0..=MAX_SHORT_SIGNATURE => MAX_SHORT_NE,
        _ => MAX_NE, // does not fit a short answer with its protection
    };
    let command = Command::new(0, 0x88, 0, 0).data(challenge).ne(ne);
    let answer = session.send(&command).await?;
    if !answer.status.is_ok() {
        return Ok(ChipProof::Failed);
    }
    let checked = active::check(key, infos.active_algorithm, &challenge, &answer.data);
    Ok(checked.map_or(ChipProof::Failed, ChipProof::ActiveAuthentication))
}
