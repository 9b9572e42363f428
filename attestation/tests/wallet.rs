//! A resident brings a wallet, shares the name on the card, and shows it at a bank.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod common;

use attestation::wallet::{
    self, Holder, HolderSecret, IssueError, KeyBinding, PresentError, VerifiedWallet, WalletToken,
};
use attestation::{
    CardField, Check, Claims, CommittedAttestation, DeviceKey, Disclosures, Freshness, OperatorKey,
    Refusal, StatusDraft, StatusList, StatusUri, TrustDraft,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use common::{Kiosk, NOW, claims, name};
use serde_json::{Value, json};
use zeroize::Zeroizing;

const BANK: &str = "https://bank.example.org";
const NONCE: &str = "once-4711";
/// A minute after the verification.
const LATER: u64 = NOW + 60;

/// What the resident agreed to share.
fn shared() -> Disclosures {
    let fields = [
        (CardField::Name, "张三"),
        (CardField::BirthDate, "1990-05-01"),
        (CardField::Address, "北京市东城区\"和平\"里"),
    ];
    let fields = fields.map(|(field, value)| (field, Zeroizing::new(value.to_owned())));
    Disclosures::new(fields).unwrap()
}

struct Visit {
    kiosk: Kiosk,
    committed: CommittedAttestation,
    disclosures: Disclosures,
}

impl Visit {
    /// The fifth visitor shares three fields.
    fn new() -> Self {
        let mut kiosk = Kiosk::with_entries(4);
        let disclosures = shared();
        let claims = Claims {
            disclosable: disclosures.digests(),
            ..claims(4)
        };
        Self {
            committed: kiosk.commit(&claims),
            kiosk,
            disclosures,
        }
    }

    fn issue(&self, holder: Option<&HolderSecret>) -> String {
        let holder = holder.map(HolderSecret::public);
        let Kiosk {
            device, credential, ..
        } = &self.kiosk;
        wallet::issue(
            &self.committed,
            device,
            credential,
            &self.disclosures,
            holder.as_ref(),
        )
        .unwrap()
    }

    fn verify(&self, text: &str) -> Result<VerifiedWallet, Refusal> {
        let operator = self.kiosk.operator_public();
        WalletToken::decode(text)?.verify(&operator, None, Some(LATER))
    }

    fn verify_bound(&self, text: &str, asked: &KeyBinding<'_>) -> Result<VerifiedWallet, Refusal> {
        let operator = self.kiosk.operator_public();
        WalletToken::decode(text)?.verify(&operator, Some(asked), Some(LATER))
    }
}

fn ed25519_wallet() -> HolderSecret {
    HolderSecret::Ed25519(ed25519_dalek::SigningKey::from_bytes(&[7; 32]))
}

fn p256_wallet() -> HolderSecret {
    HolderSecret::P256(p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap())
}

fn refused<T: std::fmt::Debug>(found: Result<T, Refusal>) -> &'static str {
    found.unwrap_err().as_code()
}

fn shown(verified: &VerifiedWallet) -> Vec<(CardField, &str)> {
    let fields = verified.fields().iter();
    fields.map(|d| (d.field(), d.value())).collect()
}

#[test]
fn the_wallet_says_the_same_as_the_receipt_and_every_shared_field() {
    let visit = Visit::new();
    let verified = visit.verify(&visit.issue(None)).unwrap();
    assert_eq!(verified.claims(), visit.committed.claims());
    assert_eq!(
        shown(&verified),
        [
            (CardField::Name, "张三"),
            (CardField::BirthDate, "1990-05-01"),
            (CardField::Address, "北京市东城区\"和平\"里"),
        ]
    );
    assert_eq!(verified.index(), visit.committed.index());
    assert_eq!(verified.holder(), Holder::NotBound);
    assert_eq!(
        verified.status_uri().as_str(),
        "urn:kiosk:status:hall-2/kiosk-07"
    );
    let checks = [
        Check::OperatorVouches,
        Check::CredentialInTime,
        Check::KioskSigned,
        Check::FieldsAsSigned,
    ];
    assert_eq!(verified.checks(), checks);
}

#[test]
fn every_claim_survives_the_wallet() {
    let mut kiosk = Kiosk::new();
    let minimal = Claims {
        document: None,
        decision: attestation::Decision::Referred(attestation::Reason::ResidentCannot),
        officer: Some(name("officer-3")),
        subject: None,
        software: None,
        ..claims(0)
    };
    let committed = kiosk.commit(&minimal);
    let (device, credential) = (&kiosk.device, &kiosk.credential);
    let none = Disclosures::none();
    let text = wallet::issue(&committed, device, credential, &none, None).unwrap();
    let token = WalletToken::decode(&text).unwrap();
    assert_eq!(*token.unverified_claims(), minimal);
    assert!(token.verify(&kiosk.operator_public(), None, None).is_ok());
}

#[test]
fn the_holder_chooses_what_to_show() {
    let visit = Visit::new();
    let all = visit.issue(None);
    let birth_date = wallet::select(&all, &[CardField::BirthDate]).unwrap();
    let verified = visit.verify(&birth_date).unwrap();
    assert_eq!(shown(&verified), [(CardField::BirthDate, "1990-05-01")]);
    assert_eq!(verified.disclosable(), 3);
    assert!(!birth_date.contains(&all.split('~').nth(1).unwrap().to_owned()));

    let nothing = wallet::select(&all, &[]).unwrap();
    assert!(visit.verify(&nothing).unwrap().fields().is_empty());
    let missing = wallet::select(&birth_date, &[CardField::Name]).unwrap_err();
    assert!(matches!(missing, PresentError::NoSuchField { .. }));
}

#[test]
fn who_has_the_key_proves_it_for_one_request_and_nobody_else_can() {
    let visit = Visit::new();
    let asked = KeyBinding::just_now(NONCE, BANK);
    for holder in [ed25519_wallet(), p256_wallet()] {
        let token = wallet::select(&visit.issue(Some(&holder)), &[CardField::Name]).unwrap();
        let bind = |nonce, bank, at| wallet::bind(&token, &holder, nonce, bank, at).unwrap();
        let proven = bind(NONCE, BANK, LATER);
        let verified = visit.verify_bound(&proven, &asked).unwrap();
        assert_eq!(verified.holder(), Holder::Present);
        assert!(verified.checks().contains(&Check::HolderPresent));

        let refusal = |text: &str| refused(visit.verify_bound(text, &asked));
        assert_eq!(refusal(&token), "key_binding_missing");
        assert_eq!(refusal(&bind("other", BANK, LATER)), "key_binding_nonce");
        assert_eq!(
            refusal(&bind(NONCE, "https://thief.example", LATER)),
            "key_binding_audience"
        );
        for other in [LATER - 301, LATER + 301] {
            assert_eq!(refusal(&bind(NONCE, BANK, other)), "key_binding_not_fresh");
        }
        // The proof of one presentation says nothing about another.
        let proof = proven.rsplit_once('~').unwrap().1;
        let less = wallet::select(&token, &[]).unwrap();
        assert_eq!(refusal(&format!("{less}{proof}")), "key_binding_signature");
        // A copy without the key can be shown, and the verifier sees that it may be one.
        assert_eq!(visit.verify(&token).unwrap().holder(), Holder::Bound);
        // A broken proof is refused even where none was asked for.
        assert_eq!(
            refused(visit.verify(&format!("{less}{proof}"))),
            "key_binding_signature"
        );
    }
}

#[test]
fn another_wallets_proof_and_a_proof_for_nobody_are_refused() {
    let visit = Visit::new();
    let asked = KeyBinding::just_now(NONCE, BANK);
    let (owner, thief) = (ed25519_wallet(), p256_wallet());
    let token = visit.issue(Some(&owner));
    let stolen = wallet::bind(&token, &thief, NONCE, BANK, LATER).unwrap();
    assert_eq!(
        refused(visit.verify_bound(&stolen, &asked)),
        "key_binding_signature"
    );
    let unbound = wallet::bind(&visit.issue(None), &thief, NONCE, BANK, LATER).unwrap();
    assert_eq!(
        refused(visit.verify_bound(&unbound, &asked)),
        "key_binding_missing"
    );
    // An empty nonce would hold for ever.
    let always = wallet::bind(&token, &owner, "", BANK, LATER).unwrap();
    let nothing_asked = KeyBinding::just_now("", BANK);
    assert_eq!(
        refused(visit.verify_bound(&always, &nothing_asked)),
        "key_binding_nonce"
    );
    // A verifier that does not know the time cannot tell a fresh proof from an old one.
    let fresh = wallet::bind(&token, &owner, NONCE, BANK, LATER).unwrap();
    let operator = visit.kiosk.operator_public();
    let found = WalletToken::decode(&fresh)
        .unwrap()
        .verify(&operator, Some(&asked), None);
    assert_eq!(refused(found), "key_binding_not_fresh");
}

/// As for the receipt: no character can be changed.
#[test]
fn every_changed_character_is_refused() {
    let visit = Visit::new();
    let holder = ed25519_wallet();
    let text = wallet::bind(&visit.issue(Some(&holder)), &holder, NONCE, BANK, LATER).unwrap();
    let asked = KeyBinding::just_now(NONCE, BANK);
    assert!(visit.verify_bound(&text, &asked).is_ok());
    for at in 0..text.len() {
        for other in [b'A', b'b', b'~', b'.'] {
            let mut changed = text.clone().into_bytes();
            if std::mem::replace(&mut changed[at], other) == other {
                continue;
            }
            let changed = String::from_utf8(changed).unwrap();
            assert!(visit.verify_bound(&changed, &asked).is_err(), "at {at}");
        }
    }
    for changed in [
        format!("{text} "),
        format!("{text}~"),
        text[..text.len() - 1].to_owned(),
        text.trim_end_matches(|c| c != '~')
            .trim_end_matches('~')
            .to_owned(),
    ] {
        assert!(visit.verify_bound(&changed, &asked).is_err());
    }
}

#[test]
fn disclosures_that_the_kiosk_did_not_sign_are_refused() {
    let visit = Visit::new();
    let text = visit.issue(None);
    let foreign = Base64UrlUnpadded::encode_string(br#"["salt", "sex", "X"]"#);
    let first = text.split('~').nth(1).unwrap();
    for (changed, why) in [
        (
            format!("{text}{foreign}~"),
            "a field of the holder's own making",
        ),
        (format!("{text}{first}~"), "a field twice"),
        (format!("{text}~"), "an empty field"),
        (format!("{text}e30~"), "no disclosure at all"),
    ] {
        assert_eq!(refused(visit.verify(&changed)), "disclosures", "{why}");
    }
}

/// The kiosk's key signs the token anew, with one thing in it that may not be there.
#[test]
fn a_token_that_no_kiosk_writes_is_refused_whoever_signed_it() {
    let visit = Visit::new();
    let text = visit.issue(None);
    let jwt = text.split('~').next().unwrap();
    let part = |n: usize| -> Value {
        let part = jwt.split('.').nth(n).unwrap();
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap()
    };
    let (header, payload) = (part(0), part(1));
    let sign = |header: &Value, payload: &Value| {
        use ed25519_dalek::Signer;
        let key = ed25519_dalek::SigningKey::from_bytes(&[42; 32]);
        let encode = |v: &Value| Base64UrlUnpadded::encode_string(v.to_string().as_bytes());
        let signed = format!("{}.{}", encode(header), encode(payload));
        let signature = key.sign(signed.as_bytes()).to_bytes();
        format!("{signed}.{}~", Base64UrlUnpadded::encode_string(&signature))
    };
    assert!(visit.verify(&sign(&header, &payload)).is_ok());

    let with = |value: &Value, path: &str, new: Value| {
        let mut value = value.clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        value.pointer_mut(parent).unwrap()[name] = new;
        value
    };
    for (path, new, code) in [
        ("/alg", json!("none"), "malformed"),
        ("/alg", json!("HS256"), "malformed"),
        ("/alg", json!("ES256"), "malformed"),
        ("/typ", json!("JWT"), "malformed"),
        ("/crit", json!(["exp"]), "malformed"),
        ("/jwk", json!({}), "malformed"),
        ("/kiosk_credential", json!("AAAA"), "malformed"),
    ] {
        let changed = sign(&with(&header, path, new), &payload);
        assert_eq!(refused(visit.verify(&changed)), code, "{path}");
    }
    let digests = payload["card"]["_sd"].clone();
    let twice = json!([digests[0], digests[0]]);
    for (path, new, code) in [
        ("/vct", json!("urn:kiosk:verification:2"), "unknown_version"),
        ("/vct", json!("https://example.org/pid"), "not_a_receipt"),
        ("/iss", json!("kiosk-08"), "credential_signature"),
        (
            "/iat",
            json!(NOW + 400 * 86_400),
            "credential_not_valid_at_time",
        ),
        ("/iat", json!("now"), "malformed"),
        ("/exp", json!(1), "malformed"),
        ("/_sd_alg", json!("sha-512"), "malformed"),
        ("/_sd", digests.clone(), "malformed"),
        ("/card/_sd", twice, "malformed"),
        ("/card/name", json!("in the clear"), "malformed"),
        ("/verification/decision", json!("Verified"), "malformed"),
        ("/verification/reason", json!("policy_forbids"), "malformed"),
        ("/verification/version", json!(1), "malformed"),
        ("/verification/_sd", json!([]), "malformed"),
        ("/status/status_list/idx", json!(-1), "malformed"),
        ("/status/status_list/uri", json!("http://a"), "malformed"),
        ("/cnf", json!({ "kid": "1" }), "malformed"),
    ] {
        let changed = sign(&header, &with(&payload, path, new));
        assert_eq!(refused(visit.verify(&changed)), code, "{path}");
    }
}

#[test]
fn another_operators_and_another_kiosks_tokens_are_refused() {
    let visit = Visit::new();
    let text = visit.issue(None);
    let other = OperatorKey::generate().unwrap().public();
    let token = WalletToken::decode(&text).unwrap();
    assert_eq!(
        refused(token.verify(&other, None, None)),
        "credential_signature"
    );
    let before = token.verify(&visit.kiosk.operator_public(), None, Some(NOW - 301));
    assert_eq!(refused(before), "issued_in_future");
}

#[test]
fn nothing_is_issued_that_was_not_committed() {
    let visit = Visit::new();
    let Kiosk {
        device, credential, ..
    } = &visit.kiosk;
    let issue = |device: &DeviceKey, disclosures: &Disclosures| {
        wallet::issue(&visit.committed, device, credential, disclosures, None).unwrap_err()
    };
    for other in [shared(), Disclosures::none()] {
        assert_eq!(issue(device, &other), IssueError::OtherDisclosures);
    }
    let other = DeviceKey::from_seed(&[1; 32]);
    assert_eq!(issue(&other, &visit.disclosures), IssueError::OtherKiosk);
}

/// Nothing on the card is in the log, the receipt, or what is shown of the token beyond the choice.
#[test]
fn a_field_that_is_not_shown_is_nowhere() {
    let visit = Visit::new();
    let all = visit.issue(None);
    let bytes = visit.committed.receipt().to_cbor();
    let shown_none = wallet::select(&all, &[]).unwrap();
    let mut decoded = bytes;
    for part in shown_none.split(['.', '~']) {
        decoded.extend(Base64UrlUnpadded::decode_vec(part).unwrap());
    }
    for disclosure in visit.disclosures.iter() {
        let value = disclosure.value().as_bytes();
        let found = decoded.windows(value.len()).any(|window| window == value);
        assert!(!found, "{:?}", disclosure.field());
    }
}

#[test]
fn trust_list_and_status_list_are_asked_for_the_wallet_too() {
    let visit = Visit::new();
    let operator = &visit.kiosk.operator;
    let verified = visit.verify(&visit.issue(None)).unwrap();
    let mut draft = TrustDraft::first(operator);
    draft.vouch(&visit.kiosk.credential).unwrap();
    let good = draft.issue(NOW, NOW + 86_400).unwrap();
    let now = Some(LATER);
    let with_key = verified
        .clone()
        .with_status(&good, Freshness::Required, now);
    assert!(with_key.unwrap().checks().contains(&Check::KeyCounts));
    let mut draft = TrustDraft::after(&good, operator).unwrap();
    draft.revoke(&visit.kiosk.device.public(), NOW - 1).unwrap();
    let revoked = draft.issue(NOW, NOW + 86_400).unwrap();
    let with_key = verified.clone().with_status(&revoked, Freshness::Any, now);
    assert_eq!(refused(with_key), "key_revoked");

    let list = |kiosk, change: fn(&mut StatusDraft)| {
        let uri = StatusUri::of(&name("hall-2"), &name(kiosk));
        let mut draft = StatusDraft::first(&name("hall-2"), &name(kiosk), &uri, 100).unwrap();
        change(&mut draft);
        let text = draft.issue(operator, NOW, 86_400).unwrap();
        StatusList::decode(text.as_bytes(), &operator.public()).unwrap()
    };
    let ask = |list| {
        verified
            .clone()
            .with_status_list(&list, Freshness::Required, now)
    };
    let counts = ask(list("kiosk-07", |_| ())).unwrap();
    assert_eq!(counts.listed().unwrap().age_s(), Some(60));
    assert_eq!(
        refused(ask(list("kiosk-07", |d| d.invalidate(4).unwrap()))),
        "status_invalid"
    );
    assert_eq!(refused(ask(list("kiosk-08", |_| ()))), "status_other_list");
}
