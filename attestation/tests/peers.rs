//! Independent implementations in Python check what we make, and we check what they make: COSE and
//! CWT (`cwt`), SD-JWT (`sd-jwt`), JWS (`jwcrypto`), zlib (Python's). They live in a virtual
//! environment of their own, which `scripts/peers.sh` makes before it runs these tests.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use attestation::wallet::{self, Holder, HolderSecret, KeyBinding, VerifiedWallet, WalletToken};
use attestation::{
    CardField, Claims, CommittedAttestation, Credential, Disclosures, Freshness, HolderKey,
    OperatorKey, Receipt, Refusal, StatusDraft, StatusList, StatusListError, StatusUri, TrustDraft,
    verify,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use common::{Kiosk, NOW, claims, credential, name};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use serde_json::{Value, json};
use zeroize::Zeroizing;

const OPERATOR_SEED: [u8; 32] = [9; 32];
const DEVICE_SEED: [u8; 32] = [42; 32];
const WALLET_SEED: [u8; 32] = [7; 32];
const BANK: &str = "https://bank.example.org";
const NONCE: &str = "once-4711";

const FIELDS: [(CardField, &str); 3] = [
    (CardField::Name, "张三"),
    (CardField::BirthDate, "1990-05-01"),
    (CardField::Address, "北京市东城区\"和平\"里"),
];

/// A kiosk whose fifth visitor shared three fields, and a folder for both sides.
struct Meeting {
    kiosk: Kiosk,
    committed: CommittedAttestation,
    disclosures: Disclosures,
}

impl Meeting {
    fn new() -> Self {
        let mut kiosk = Kiosk::with_entries(4);
        let key = SigningKey::from_bytes(&OPERATOR_SEED);
        let path = kiosk.folder.path().join("operator.key");
        std::fs::write(&path, key.to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap();
        kiosk.operator = OperatorKey::load(&path).unwrap();
        kiosk.credential = credential(&kiosk.operator, &kiosk.device);
        let fields = FIELDS.map(|(field, value)| (field, Zeroizing::new(value.to_owned())));
        let disclosures = Disclosures::new(fields).unwrap();
        let claims = Claims {
            disclosable: disclosures.digests(),
            ..claims(4)
        };
        let meeting = Self {
            committed: kiosk.commit(&claims),
            kiosk,
            disclosures,
        };
        meeting.write_keys();
        meeting.write_ours();
        meeting
    }

    fn path(&self, name: &str) -> PathBuf {
        self.kiosk.folder.path().join(name)
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    fn text(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        text.trim_end().to_owned()
    }

    fn write_keys(&self) {
        for (name, seed) in [
            ("operator", OPERATOR_SEED),
            ("device", DEVICE_SEED),
            ("ed25519", WALLET_SEED),
        ] {
            let public = HolderKey::Ed25519(SigningKey::from_bytes(&seed).verifying_key());
            self.write_jwk(name, &public, &seed);
        }
        self.write_jwk("p256", &p256_wallet().public(), &WALLET_SEED);
    }

    fn write_jwk(&self, name: &str, public: &HolderKey, secret: &[u8]) {
        self.put(&format!("{name}.public.jwk"), public.to_jwk());
        let mut jwk: Value = serde_json::from_str(&public.to_jwk()).unwrap();
        jwk["d"] = Base64UrlUnpadded::encode_string(secret).into();
        self.put(&format!("{name}.jwk"), jwk.to_string());
    }

    fn issue(&self, holder: Option<&HolderKey>) -> String {
        let Kiosk {
            device, credential, ..
        } = &self.kiosk;
        wallet::issue(
            &self.committed,
            device,
            credential,
            &self.disclosures,
            holder,
        )
        .unwrap()
    }

    fn write_ours(&self) {
        let claims = self.committed.claims();
        let fields = FIELDS.map(|(field, value)| (field.as_code().to_owned(), value.into()));
        let expected = json!({
            "kiosk": claims.kiosk.as_str(),
            "site": claims.site.as_str(),
            "service": claims.service.as_str(),
            "firmware": claims.firmware.as_str(),
            "issued_at": claims.issued_at,
            "id": hex(&claims.id),
            "subject": hex(&claims.subject.unwrap().0),
            "policy": hex(&claims.policy),
            "software": hex(&claims.software.unwrap()),
            "disclosable": claims.disclosable.iter().map(|d| hex(d)).collect::<Vec<_>>(),
            "index": self.committed.index(),
            "fields": Value::Object(fields.into_iter().collect()),
        });
        self.put("expected.json", expected.to_string());
        self.put("attestation.cose", self.committed.receipt().attestation());
        self.put("credential.cose", self.kiosk.credential.to_cose());
        let mut draft = TrustDraft::first(&self.kiosk.operator);
        draft.vouch(&self.kiosk.credential).unwrap();
        self.put("trust.list", draft.issue(NOW, NOW + 1).unwrap().encode());
        self.put("status.jwt", self.status_list());
        let unbound = self.issue(None);
        self.put(
            "some.sd-jwt",
            wallet::select(&unbound, &[CardField::BirthDate]).unwrap(),
        );
        self.put("unbound.sd-jwt", unbound);
        self.write_bound("p256", &p256_wallet());
        let ed25519 = HolderSecret::Ed25519(SigningKey::from_bytes(&WALLET_SEED));
        self.write_bound("ed25519", &ed25519);
    }

    fn write_bound(&self, name: &str, holder: &HolderSecret) {
        let token = self.issue(Some(&holder.public()));
        let token = wallet::select(&token, &[CardField::Name]).unwrap();
        let bound = wallet::bind(&token, holder, NONCE, BANK, now()).unwrap();
        self.put(&format!("{name}.sd-jwt"), bound);
    }

    fn status_list(&self) -> String {
        let (site, kiosk) = (name("hall-2"), name("kiosk-07"));
        let uri = StatusUri::of(&site, &kiosk);
        let mut draft = StatusDraft::first(&site, &kiosk, &uri, 100).unwrap();
        draft.invalidate(1).unwrap();
        draft.suspend(3).unwrap();
        draft.issue(&self.kiosk.operator, NOW, 60).unwrap()
    }

    fn peers(&self, what: &str) {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let python = project.join(".setup/peers/bin/python");
        let script = project.join("attestation/tests/peers/peers.py");
        let output = Command::new(&python)
            .args([&script, Path::new(what), self.kiosk.folder.path()])
            .output();
        let output = output.unwrap_or_else(|error| panic!("{}: {error}", python.display()));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complained = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}{complained}");
        print!("{said}");
    }

    /// As a bank checks it, which asks for the holder's proof where the wallet is bound.
    fn check(&self, name: &str, asked: bool) -> Result<VerifiedWallet, Refusal> {
        let asked = asked.then(|| KeyBinding::just_now(NONCE, BANK));
        let operator = self.kiosk.operator_public();
        WalletToken::decode(&self.text(name))?.verify(&operator, asked.as_ref(), Some(now()))
    }
}

fn p256_wallet() -> HolderSecret {
    HolderSecret::P256(p256::ecdsa::SigningKey::from_slice(&WALLET_SEED).unwrap())
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
#[ignore = "needs .setup/peers: run scripts/peers.sh"]
fn others_accept_what_we_make() {
    Meeting::new().peers("ours");
}

#[test]
#[ignore = "needs .setup/peers: run scripts/peers.sh"]
fn we_accept_the_cose_that_others_make_and_it_is_ours_byte_for_byte() {
    let meeting = Meeting::new();
    meeting.peers("theirs");
    let read = |name: &str| std::fs::read(meeting.path(name)).unwrap();
    assert_eq!(read("theirs.attestation.cose"), read("attestation.cose"));
    assert_eq!(read("theirs.credential.cose"), read("credential.cose"));
    let operator = meeting.kiosk.operator_public();
    let theirs = Credential::from_cose(&read("theirs.credential.cose")).unwrap();
    assert!(theirs.is_from(&operator));
    let wrong = Credential::from_cose(&read("wrong.credential.cose")).unwrap();
    assert!(!wrong.is_from(&operator));
    let receipt = meeting.committed.receipt();
    let text = receipt.encode();
    assert!(verify(&Receipt::decode(&text).unwrap(), &operator, None).is_ok());
}

#[test]
#[ignore = "needs .setup/peers: run scripts/peers.sh"]
fn we_accept_the_wallet_tokens_that_others_make_and_refuse_their_wrong_ones() {
    let meeting = Meeting::new();
    meeting.peers("theirs");
    let unbound = meeting.check("theirs.unbound.sd-jwt", false).unwrap();
    let mut shown: Vec<_> = unbound
        .fields()
        .iter()
        .map(|d| (d.field(), d.value()))
        .collect();
    shown.sort_unstable();
    assert_eq!(shown, FIELDS);
    for wallet in ["p256", "ed25519"] {
        let verified = meeting
            .check(&format!("theirs.{wallet}.sd-jwt"), true)
            .unwrap();
        assert_eq!(verified.holder(), Holder::Present);
        assert_eq!(verified.fields().len(), 1);
    }
    for (name, asked, code) in [
        ("wrong.nonce.p256", true, "key_binding_nonce"),
        ("wrong.nonce.ed25519", true, "key_binding_nonce"),
        ("wrong.audience.p256", true, "key_binding_audience"),
        ("wrong.audience.ed25519", true, "key_binding_audience"),
        ("wrong.holder", true, "key_binding_signature"),
        ("wrong.less-shown", true, "key_binding_signature"),
        ("wrong.less-shown", false, "key_binding_signature"),
        ("theirs.unbound", true, "key_binding_missing"),
        ("wrong.key", false, "attestation_signature"),
        ("wrong.alg", false, "malformed"),
        ("wrong.typ", false, "malformed"),
        ("wrong.none", false, "malformed"),
        ("wrong.kiosk", false, "credential_signature"),
        ("wrong.place", false, "malformed"),
        ("wrong.field", false, "disclosures"),
        ("wrong.invented", false, "disclosures"),
    ] {
        let found = meeting.check(&format!("{name}.sd-jwt"), asked);
        assert_eq!(found.unwrap_err().as_code(), code, "{name}");
    }
}

#[test]
#[ignore = "needs .setup/peers: run scripts/peers.sh"]
fn we_go_by_the_status_lists_that_others_make() {
    let meeting = Meeting::new();
    meeting.peers("theirs");
    let operator = meeting.kiosk.operator_public();
    let list = |name: &str| StatusList::decode(meeting.text(name).as_bytes(), &operator);
    let ask = |list: &StatusList| {
        let verified = verify(meeting.committed.receipt(), &operator, None).unwrap();
        verified.with_status_list(list, Freshness::Required, Some(now()))
    };
    let answer = ask(&list("theirs.status.jwt").unwrap());
    // Their credential-less list is named after the kiosk, and by its operator.
    assert!(answer.is_ok(), "{answer:?}");
    let invalid = ask(&list("invalid.status.jwt").unwrap());
    assert_eq!(invalid.unwrap_err().as_code(), "status_invalid");
    assert_eq!(list("wrong.status.jwt"), Err(StatusListError::Signature));
}
