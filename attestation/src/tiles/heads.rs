//! Whose log an export is, and which of its heads were signed: the operator's words for the kiosk, the
//! checkpoint, and what witnesses cosigned. The files come from a folder or from wherever the caller
//! fetches them; nothing but the operator's key is believed.

use super::finding::ExportFinding;
use super::{CHECKPOINT, COSIGNED, CREDENTIALS, bundle};
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::credential::Credential;
use crate::device::DevicePublicKey;
use crate::note::{self, Note, NoteError};
use crate::operator::OperatorPublicKey;
use crate::witness::{Cosignature, WitnessPublicKey};

/// Gets the file with this name, of at most so many bytes.
pub(super) type Fetch<'f> = dyn Fn(&str, usize) -> Result<Vec<u8>, ExportFinding> + 'f;

/// A log's credentials (at least one, in the order in which they were used) and its newest head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heads {
    pub(super) credentials: Vec<Credential>,
    pub(super) head: SignedCheckpoint,
}

impl Heads {
    pub(super) fn read(
        fetch: &Fetch<'_>,
        operator: &OperatorPublicKey,
    ) -> Result<Self, ExportFinding> {
        let credentials = credentials(fetch, operator)?;
        let head = head(fetch, newest(&credentials))?;
        Ok(Self { credentials, head })
    }

    /// The credential under which the newest entries were written.
    pub(super) fn newest(&self) -> &Credential {
        newest(&self.credentials)
    }

    /// A head that any of the kiosk's keys signed, and the key.
    pub(super) fn signed(
        &self,
        note: &Note<'_>,
    ) -> Result<(SignedCheckpoint, DevicePublicKey), NoteError> {
        let by = |one: &Credential| Some((note.signed_by(&one.device).ok()?, one.device));
        match self.credentials.iter().rev().find_map(by) {
            Some(signed) => Ok(signed),
            // For the reason.
            None => {
                let device = self.newest().device;
                note.signed_by(&device).map(|head| (head, device))
            }
        }
    }

    /// The largest head that a witness cosigned, with its word; none if it is silent. The kiosk
    /// signed the head; it is still to be compared with the tree.
    pub(super) fn cosigned(
        &self,
        fetch: &Fetch<'_>,
        witness: &WitnessPublicKey,
    ) -> Result<Option<Cosigned>, ExportFinding> {
        let mut largest: Option<Cosigned> = None;
        let beside = format!("{COSIGNED}/{}", witness.hint_text());
        for name in [CHECKPOINT, &beside] {
            let text = match text(fetch, name) {
                // A witness that said nothing has no file.
                Err(ExportFinding::Unreadable { .. }) => continue,
                other => other?,
            };
            let note = Note::parse(&text)?;
            let Some(cosignature) = witness.find(&note)? else {
                continue;
            };
            let (head, _) = self.signed(&note)?;
            let found = Cosigned { head, cosignature };
            if largest
                .as_ref()
                .is_none_or(|known| known.size() < found.size())
            {
                largest = Some(found);
            }
        }
        Ok(largest)
    }
}

/// A head of a log, and a witness's word on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The head, signed by the kiosk.
    pub head: SignedCheckpoint,
    /// The witness's word.
    pub cosignature: Cosignature,
}

impl Cosigned {
    /// How many entries the witness has seen grow.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.head.checkpoint.size
    }

    /// The note with the signatures of kiosk and witness.
    #[must_use]
    pub fn note(&self, device: &DevicePublicKey) -> String {
        self.head.note(device) + &self.cosignature.line()
    }
}

pub(super) fn not_witnessed(witness: &WitnessPublicKey) -> ExportFinding {
    let name = witness.name().to_owned();
    ExportFinding::NotWitnessed { name }
}

/// At least one, all of this operator for one kiosk and site, in the order in which they were used.
fn credentials(
    fetch: &Fetch<'_>,
    operator: &OperatorPublicKey,
) -> Result<Vec<Credential>, ExportFinding> {
    let bytes = fetch(CREDENTIALS, bundle::MAX_BYTES)?;
    let malformed = || ExportFinding::Malformed {
        path: CREDENTIALS.into(),
    };
    let messages = bundle::split(&bytes).ok_or_else(malformed)?;
    let credentials = messages.into_iter().map(Credential::from_cose);
    let credentials: Vec<_> = credentials
        .collect::<Result<_, _>>()
        .map_err(|_| malformed())?;
    let first = credentials.first().ok_or_else(malformed)?;
    let one_log = |other: &Credential| (&other.kiosk, &other.site) == (&first.kiosk, &first.site);
    let hold = |one: &Credential| one.is_from(operator) && one_log(one);
    if credentials.iter().all(hold) {
        Ok(credentials)
    } else {
        Err(ExportFinding::Credentials)
    }
}

fn newest(credentials: &[Credential]) -> &Credential {
    &credentials[credentials.len() - 1]
}

fn head(fetch: &Fetch<'_>, credential: &Credential) -> Result<SignedCheckpoint, ExportFinding> {
    let head = SignedCheckpoint::from_note(&text(fetch, CHECKPOINT)?, &credential.device)?;
    let origin = head.checkpoint.origin.clone();
    if origin == Checkpoint::origin(&credential.site, &credential.kiosk) {
        Ok(head)
    } else {
        Err(ExportFinding::AnotherLog { origin })
    }
}

/// The text of a note.
pub(super) fn text(fetch: &Fetch<'_>, name: &str) -> Result<String, ExportFinding> {
    let bytes = fetch(name, note::MAX_BYTES)?;
    Ok(String::from_utf8(bytes).map_err(|_| NoteError::Malformed)?)
}
