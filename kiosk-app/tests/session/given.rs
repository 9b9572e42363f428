//! What an honest reader and an honest store hand to a session.

use std::sync::LazyLock;

use attestation::wallet::Disclosures;
use attestation::{
    Band, Claims, CommittedAttestation, Credential, Decision, DeviceKey, DocumentAuthenticity,
    DocumentEvidence, DocumentKind, DocumentValidity, FactorOutcome, Factors, Log, Name,
    OperatorKey, TimeQuality, Validity,
};
use face_pipeline::Infrared;
use hal::card::emrtd::access::AccessKey;
use hal::card::{IdNumber, Personal, Photo};
use kiosk_app::record::Proof;
use kiosk_app::session::{
    Answer, CardFields, DocumentNumber, Draft, Keepsake, Presented, ReferenceUnusable,
};
use zeroize::Zeroizing;

use crate::steps::{FIELDS, What};

/// A reader hands over everything the card says.
fn whole_card() -> CardFields {
    FIELDS
        .map(|field| (field, Personal::new(format!("secret {field:?}"))))
        .into_iter()
        .collect()
}

fn numbers() -> AccessKey {
    AccessKey::from_fields("E00007730", "850615", "360101").unwrap()
}

pub(crate) fn answer(what: What) -> Answer {
    match what {
        What::Present => Answer::CardPresent,
        What::Read => Answer::CardRead(Box::new(Presented {
            evidence: DocumentEvidence {
                kind: DocumentKind::ResidentIdCard,
                authenticity: DocumentAuthenticity::SamRead,
                validity: DocumentValidity::InForce,
            },
            proof: Proof::SECURITY_MODULE,
            number: DocumentNumber::from(&IdNumber::resident("11010519491231002X").unwrap()),
            photo: Photo::parse(b"RIFF\x04\0\0\0WEBP").unwrap(),
            fields: whole_card(),
        })),
        What::NumbersNeeded => Answer::NumbersNeeded,
        What::NumbersScanned => Answer::NumbersScanned(numbers()),
        What::NumbersMisread => Answer::NumbersMisread,
        What::Removed => Answer::CardRemoved,
        What::Failed(fault) => Answer::CardFailed(fault),
        What::Reference(usable) => {
            Answer::Reference(usable.then_some(()).ok_or(ReferenceUnusable::Unsuitable))
        }
        What::Frame(rejection) => Answer::Frame {
            rejection,
            progress: 0.5,
        },
        What::Evidence(liveness, face) => Answer::Evidence {
            liveness,
            face,
            has_depth: true,
            infrared: Infrared::Unknown,
        },
        What::EvidenceOfAStill(liveness, face) => Answer::Evidence {
            liveness,
            face,
            has_depth: false,
            infrared: Infrared::Unknown,
        },
        What::EvidenceInfrared(infrared, face) => Answer::Evidence {
            liveness: FactorOutcome::Band(if infrared.is_doubtful() {
                Band::Doubtful
            } else {
                Band::Accepted
            }),
            face,
            has_depth: true,
            infrared,
        },
        What::Turning(task, rejection) => Answer::ChallengeFrame {
            task,
            rejection,
            turned: 0.5,
        },
        What::Challenged(outcome) => Answer::Challenged(outcome),
        What::Printed(whole) => Answer::Printed(whole),
        What::Scanned(seen) => Answer::Scanned(seen),
    }
}

/// Only a commit makes one; what it says does not matter to a session.
static COMMITTED: LazyLock<CommittedAttestation> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let device = DeviceKey::from_seed(&[7; 32]);
    let name = |text| Name::new(text).unwrap();
    let validity = Validity {
        not_before: 0,
        not_after: u64::MAX >> 1,
    };
    let operator = OperatorKey::generate().unwrap();
    let credential = Credential::issue(
        &operator,
        name("kiosk-7"),
        name("hall-2"),
        device.public(),
        validity,
    );
    let claims = Claims {
        id: [1; 16],
        kiosk: name("kiosk-7"),
        site: name("hall-2"),
        issued_at: 1_800_000_000,
        time_quality: TimeQuality::Synchronised,
        service: name("residence-certificate"),
        policy: [0; 32],
        document: None,
        factors: Factors {
            liveness: FactorOutcome::Band(Band::Accepted),
            face: FactorOutcome::Band(Band::Accepted),
        },
        decision: Decision::Verified,
        officer: None,
        models: [0; 16],
        firmware: name("test"),
        subject: None,
        software: None,
        disclosable: Vec::new(),
    };
    let mut log = Log::create(&folder.path().join("log.sqlite")).unwrap();
    log.commit(&claims, &device, &credential).unwrap()
});

/// What an honest store keeps of a draft for the wallet form.
pub(crate) fn keepsake(draft: &Draft) -> Option<Keepsake> {
    let fields = draft.shared.iter().map(|(field, value)| {
        let field = kiosk_app::wallet_codes::field_in_proof(field);
        (field, Zeroizing::new(value.reveal().clone()))
    });
    let disclosures = Disclosures::new(fields).unwrap();
    draft
        .wallet
        .then(|| Keepsake::new(COMMITTED.clone(), disclosures))
}
