//! The selective disclosure of RFC 9901 §7.1: a signed JSON object in which digests stand for what
//! may be shown, and the disclosures that were shown, put back into their places. Knows nothing of
//! kiosks; the issuer's key comes from the caller.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{HolderKey, base64url, json, jws::Jws};

/// Larger than any wallet's token needs to be, in bytes.
const MAX_BYTES: usize = 64 << 10;

/// More disclosures than this nobody signs about a person.
const MAX_DISCLOSURES: usize = 128;

/// How deep disclosures and objects may stand in each other.
const MAX_DEPTH: usize = 32;

/// The one digest algorithm that is known (RFC 9901 §4.1.1: also where none is named).
const SHA_256: &str = "sha-256";

/// An SD-JWT as it was shown, not yet checked.
#[derive(Clone, Debug)]
pub(super) struct SdJwt<'t> {
    pub(super) jwt: Jws<'t>,
    pub(super) disclosures: Vec<&'t str>,
    /// The holder's proof (KB-JWT), where one was given.
    pub(super) key_binding: Option<&'t str>,
    /// What the holder signs the digest of: everything up to and with the last tilde.
    shown: &'t str,
}

impl<'t> SdJwt<'t> {
    /// Reads the compact form, `<JWT>~<disclosure>~…~[<KB-JWT>]` (RFC 9901 §4).
    pub(super) fn decode(text: &'t str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let (before, key_binding) = text.rsplit_once('~')?;
        let (shown, _) = text.split_at(before.len() + 1);
        let mut parts = before.split('~');
        let jwt = Jws::decode(parts.next()?)?;
        let disclosures: Vec<_> = parts.collect();
        (disclosures.len() <= MAX_DISCLOSURES).then_some(Self {
            jwt,
            disclosures,
            key_binding: (!key_binding.is_empty()).then_some(key_binding),
            shown,
        })
    }

    /// What the holder's proof must name as `sd_hash`.
    pub(super) fn shown_digest(&self) -> [u8; 32] {
        Sha256::digest(self.shown.as_bytes()).into()
    }

    /// The payload with everything that was shown in its place, if this key signed it and every
    /// disclosure belongs to it, once.
    pub(super) fn open(&self, issuer: &HolderKey) -> Result<Map<String, Value>, SdJwtError> {
        if !self.jwt.is_signed_by(issuer) {
            return Err(SdJwtError::Signature);
        }
        self.disclosed().ok_or(SdJwtError::Disclosures)
    }

    fn disclosed(&self) -> Option<Map<String, Value>> {
        let mut payload = self.jwt.payload.clone();
        let algorithm = payload.remove("_sd_alg");
        if algorithm.is_some_and(|algorithm| algorithm != SHA_256) {
            return None;
        }
        let mut filling = Filling::new(&self.disclosures)?;
        let payload = filling.object(payload, 0)?;
        filling.hidden.is_empty().then_some(payload)
    }
}

/// Why a token does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SdJwtError {
    /// The key did not sign it.
    Signature,
    /// The disclosures are not those of the token, or not in the prescribed form.
    Disclosures,
}

/// Puts disclosures into their places.
struct Filling {
    /// What has been shown and not yet found its place, by its digest in base64url.
    hidden: HashMap<String, Vec<Value>>,
    /// Digests that have been met; none may stand twice.
    met: HashSet<String>,
}

impl Filling {
    fn new(disclosures: &[&str]) -> Option<Self> {
        let mut hidden = HashMap::new();
        for text in disclosures {
            let digest = base64url::encode(&Sha256::digest(text.as_bytes()));
            let Value::Array(parts) = json::value(&base64url::decode(text)?)? else {
                return None;
            };
            if hidden.insert(digest, parts).is_some() {
                return None;
            }
        }
        Some(Self {
            hidden,
            met: HashSet::new(),
        })
    }

    fn value(&mut self, value: Value, depth: usize) -> Option<Value> {
        match value {
            Value::Object(object) => self.object(object, depth).map(Value::Object),
            Value::Array(items) => self.array(items, depth).map(Value::Array),
            other => Some(other),
        }
    }

    fn object(
        &mut self,
        mut object: Map<String, Value>,
        depth: usize,
    ) -> Option<Map<String, Value>> {
        let digests = match object.remove("_sd") {
            None => Vec::new(),
            Some(Value::Array(digests)) => digests,
            Some(_) => return None,
        };
        if depth > MAX_DEPTH || object.contains_key("...") {
            return None;
        }
        let mut filled = Map::new();
        for (name, value) in object {
            filled.insert(name, self.value(value, depth + 1)?);
        }
        for digest in digests {
            let Some(parts) = self.meet(digest.as_str()?)? else {
                continue;
            };
            let [_salt, name, value] = self::parts(parts)?;
            let Value::String(name) = name else {
                return None;
            };
            if matches!(name.as_str(), "_sd" | "...") || filled.contains_key(&name) {
                return None;
            }
            filled.insert(name, self.value(value, depth + 1)?);
        }
        Some(filled)
    }

    fn array(&mut self, items: Vec<Value>, depth: usize) -> Option<Vec<Value>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut filled = Vec::new();
        for item in items {
            match placeholder(&item)? {
                None => filled.push(self.value(item, depth + 1)?),
                Some(digest) => {
                    if let Some(parts) = self.meet(digest)? {
                        let [_salt, value] = self::parts(parts)?;
                        filled.push(self.value(value, depth + 1)?);
                    }
                }
            }
        }
        Some(filled)
    }

    /// What was shown for a digest; nothing for one that was not shown (or stands for nothing).
    fn meet(&mut self, digest: &str) -> Option<Option<Vec<Value>>> {
        let new = self.met.insert(digest.to_owned());
        new.then(|| self.hidden.remove(digest))
    }
}

/// The parts of a disclosure: a salt, and so many others.
fn parts<const N: usize>(parts: Vec<Value>) -> Option<[Value; N]> {
    let parts: [Value; N] = parts.try_into().ok()?;
    parts.first()?.is_string().then_some(parts)
}

/// The digest in an element of an array that stands for another: `{"...": digest}`.
fn placeholder(item: &Value) -> Option<Option<&str>> {
    let Some(object) = item.as_object() else {
        return Some(None);
    };
    match object.get("...") {
        None => Some(None),
        Some(Value::String(digest)) if object.len() == 1 => Some(Some(digest)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::wallet::KeyBinding;

    /// RFC 9901 appendix A.5, the issuer's and the holder's public keys.
    const ISSUER: &str = r#"{"kty":"EC","crv":"P-256",
        "x":"b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
        "y":"Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"}"#;
    const HOLDER: &str = r#"{"kty":"EC","crv":"P-256",
        "x":"TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc",
        "y":"ZxjiWWbZMQGHVWKVQ4hbSIirsVfuecCE6t4jT9F2HZQ"}"#;
    const A1: &str = include_str!("../../tests/data/rfc9901-a1.txt");
    const A4: &str = include_str!("../../tests/data/rfc9901-a4.txt");
    /// The time in the holder's proof of A.4.
    const A4_PROVED: u64 = 1_748_537_244;

    fn token(file: &str) -> String {
        let lines = file.lines().filter(|line| !line.starts_with('#'));
        lines.map(str::trim).collect()
    }

    fn key(jwk: &str) -> HolderKey {
        HolderKey::from_jwk(jwk.as_bytes()).unwrap()
    }

    #[test]
    fn the_examples_of_rfc_9901_are_opened_as_it_says() {
        let text = token(A1);
        let opened = SdJwt::decode(&text).unwrap().open(&key(ISSUER)).unwrap();
        let expected = json!({
            "iss": "https://issuer.example.com",
            "iat": 1_683_000_000,
            "exp": 1_883_000_000,
            "address": { "region": "港区", "country": "JP" },
        });
        assert_eq!(Value::Object(opened), expected);

        let text = token(A4);
        let opened = SdJwt::decode(&text).unwrap().open(&key(ISSUER)).unwrap();
        let subject = json!({
            "vaccine": {
                "type": "Vaccine",
                "atcCode": "J07BX03",
                "medicinalProductName": "COVID-19 Vaccine Moderna",
            },
            "recipient": { "type": "VaccineRecipient" },
            "type": "VaccinationEvent",
            "order": "3/3",
            "dateOfVaccination": "2021-06-23T13:40:12Z",
        });
        assert_eq!(opened["credentialSubject"], subject);
    }

    #[test]
    fn the_holders_proof_of_rfc_9901_holds_for_its_verifier_and_request() {
        let text = token(A4);
        let shown = SdJwt::decode(&text).unwrap();
        let check = |nonce, audience, now| {
            let asked = KeyBinding::just_now(nonce, audience);
            let found = asked.check(&shown, Some(&key(HOLDER)), Some(now));
            found.map_err(|refusal| refusal.as_code())
        };
        let (nonce, verifier) = ("1234567890", "https://verifier.example.org");
        assert_eq!(check(nonce, verifier, A4_PROVED + 300), Ok(()));
        assert_eq!(check("1", verifier, A4_PROVED), Err("key_binding_nonce"));
        assert_eq!(
            check(nonce, "https://other.example.org", A4_PROVED),
            Err("key_binding_audience")
        );
        assert_eq!(
            check(nonce, verifier, A4_PROVED + 301),
            Err("key_binding_not_fresh")
        );
    }

    #[test]
    fn another_issuer_and_a_changed_disclosure_are_refused() {
        let text = token(A1);
        let opened = SdJwt::decode(&text).unwrap().open(&key(HOLDER));
        assert_eq!(opened, Err(SdJwtError::Signature));
        // "JP" becomes "DE".
        let changed = text.replace("LCAiSlAiXQ~", "LCAiREUiXQ~");
        assert_ne!(changed, text);
        let opened = SdJwt::decode(&changed).unwrap().open(&key(ISSUER));
        assert_eq!(opened, Err(SdJwtError::Disclosures));
    }

    const SEED: [u8; 32] = [3; 32];

    /// Signs a payload, and shows disclosures with it.
    fn issued(header: &Value, payload: &Value, disclosures: &[Value]) -> String {
        let key = SigningKey::from_bytes(&SEED);
        let jwt = crate::wallet::jws::sign_with(header, payload, |m| key.sign(m).to_bytes());
        let shown = disclosures.iter().map(|d| encoded(d) + "~");
        format!("{jwt}~{}", shown.collect::<String>())
    }

    fn encoded(disclosure: &Value) -> String {
        base64url::encode(disclosure.to_string().as_bytes())
    }

    fn digest(disclosure: &Value) -> String {
        base64url::encode(&Sha256::digest(encoded(disclosure).as_bytes()))
    }

    fn open(payload: &Value, disclosures: &[Value]) -> Result<Value, SdJwtError> {
        let text = issued(&json!({ "alg": "EdDSA" }), payload, disclosures);
        let issuer = HolderKey::Ed25519(SigningKey::from_bytes(&SEED).verifying_key());
        let opened = SdJwt::decode(&text).unwrap().open(&issuer);
        opened.map(Value::Object)
    }

    #[test]
    fn disclosures_stand_in_objects_in_arrays_and_in_each_other() {
        let inner = json!(["salt1", "street", "Long Street"]);
        let outer = json!(["salt2", "address", { "_sd": [digest(&inner)], "city": "Here" }]);
        let element = json!(["salt3", "CN"]);
        let payload = json!({
            "_sd": [digest(&outer), "decoy"],
            "_sd_alg": "sha-256",
            "nationalities": [{ "...": digest(&element) }, { "...": "decoy2" }, "DE"],
        });
        let all = [outer.clone(), element, inner];
        assert_eq!(
            open(&payload, &all).unwrap(),
            json!({
                "address": { "street": "Long Street", "city": "Here" },
                "nationalities": ["CN", "DE"],
            })
        );
        let some = open(&payload, &[outer]).unwrap();
        assert_eq!(some["address"], json!({ "city": "Here" }));
        assert_eq!(some["nationalities"], json!(["DE"]));
    }

    /// RFC 9901 §7.1, each "MUST be rejected".
    #[test]
    fn what_must_be_rejected_is() {
        let name = json!(["salt", "name", "A"]);
        let digest_of_name = digest(&name);
        let with = |disclosure: &Value| json!({ "_sd": [digest(disclosure)] });
        let refused = |payload: &Value, disclosures: &[Value], why| {
            let found = open(payload, disclosures);
            assert_eq!(found, Err(SdJwtError::Disclosures), "{why}");
        };
        let reserved = json!(["salt", "_sd", []]);
        refused(
            &with(&reserved),
            std::slice::from_ref(&reserved),
            "a name that is reserved",
        );
        let reserved = json!(["salt", "...", "x"]);
        refused(&with(&reserved), std::slice::from_ref(&reserved), "another");
        let two = json!(["salt", "name"]);
        refused(
            &with(&two),
            std::slice::from_ref(&two),
            "two parts in an object",
        );
        let in_array = json!({ "a": [{ "...": digest_of_name }] });
        let names = std::slice::from_ref(&name);
        refused(&in_array, names, "three parts in an array");
        let taken = json!({ "name": "B", "_sd": [digest_of_name] });
        refused(&taken, names, "a name that is there");
        let twice = json!({ "_sd": [digest_of_name, digest_of_name] });
        refused(&twice, names, "a digest twice");
        let decoys = json!({ "_sd": ["decoy"], "a": { "_sd": ["decoy"] } });
        refused(&decoys, &[], "a digest twice, though nothing is shown");
        refused(&json!({}), names, "a disclosure without a digest");
        refused(
            &with(&name),
            &[name.clone(), name.clone()],
            "a disclosure twice",
        );
        let alg = json!({ "_sd": [digest_of_name], "_sd_alg": "md5" });
        refused(&alg, names, "an unknown digest algorithm");
        refused(&json!({ "_sd": "x" }), &[], "digests that are no array");
        refused(&json!({ "_sd": [1] }), &[], "a digest that is no text");
        refused(
            &json!({ "a": { "...": "x" } }),
            &[],
            "an ellipsis outside an array",
        );
        refused(
            &json!({ "a": [{ "...": "x", "b": 1 }] }),
            &[],
            "an ellipsis beside others",
        );
        let salt = json!([1, "name", "A"]);
        refused(
            &with(&salt),
            std::slice::from_ref(&salt),
            "a salt that is no text",
        );
        let mut deep = json!("x");
        for _ in 0..2 * MAX_DEPTH {
            deep = json!([deep]);
        }
        refused(&json!({ "a": deep }), &[], "deeper than anybody needs");
    }

    #[test]
    fn the_key_decides_the_algorithm_and_none_is_no_algorithm() {
        let issuer = HolderKey::Ed25519(SigningKey::from_bytes(&SEED).verifying_key());
        for (header, holds) in [
            (json!({ "alg": "EdDSA" }), true),
            (json!({ "alg": "Ed25519" }), true),
            (json!({ "alg": "ES256" }), false),
            (json!({ "alg": "none" }), false),
            (json!({ "alg": "HS256" }), false),
            (json!({}), false),
            (
                json!({ "alg": "EdDSA", "crit": ["b64"], "b64": false }),
                false,
            ),
        ] {
            let text = issued(&header, &json!({}), &[]);
            let opened = SdJwt::decode(&text).unwrap().open(&issuer);
            assert_eq!(opened.is_ok(), holds, "{header}");
        }
        let unsigned = format!(
            "{}.{}.~",
            encoded(&json!({ "alg": "none" })),
            encoded(&json!({}))
        );
        assert!(SdJwt::decode(&unsigned).is_none());
    }

    #[test]
    fn a_token_of_any_length_is_bounded_before_it_is_read() {
        assert!(SdJwt::decode(&"~".repeat(MAX_BYTES + 1)).is_none());
        let many = vec![json!(["salt", "x", 1]); MAX_DISCLOSURES + 1];
        let text = issued(&json!({ "alg": "EdDSA" }), &json!({}), &many);
        assert!(SdJwt::decode(&text).is_none());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[A-Za-z0-9~._\\-]{0,300}") {
            if let Some(token) = SdJwt::decode(&text) {
                let _ = token.open(&key(ISSUER));
            }
        }
    }
}
