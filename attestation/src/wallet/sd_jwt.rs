//! The selective disclosure of RFC 9901 §7.1: a signed JSON object in which digests stand for what
//! may be shown, and the disclosures that were shown, put back into their places. Knows nothing of
//! kiosks; the issuer's key comes from the caller.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{HolderKey, base64url, json, jws::Jws};

/// Larger than any wallet's token needs to be, in bytes.
pub(super) const MAX_BYTES: usize = 64 << 10;

/// More disclosures than this nobody signs about a person.
const MAX_DISCLOSURES: usize = 128;

/// How deep disclosures and objects may stand in each other.
const MAX_DEPTH: usize = 32;

/// The one digest algorithm that is known (RFC 9901 §4.1.1: also where none is named).
const SHA_256: &str = "sha-256";

/// An SD-JWT as it was shown, not yet checked.
#[derive(Clone)]
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
mod tests;
