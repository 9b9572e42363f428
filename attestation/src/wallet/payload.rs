//! Claims as the payload of an SD-JWT VC: registered names where they exist, the rest in one
//! object, with the codes that every other output of this crate uses. `wallet.cddl` says
//! the same formally. A reader accepts exactly these members.

#[cfg(feature = "log")]
use serde_json::json;
use serde_json::{Map, Value};

use super::{HolderKey, base64url};
use crate::claims::{
    Claims, Decision, DocumentAuthenticity, DocumentEvidence, DocumentKind, DocumentValidity,
    FactorOutcome, Factors, Reason, TimeQuality,
};
use crate::name::Name;
use crate::pseudonym::Pseudonym;
use crate::status_uri::StatusUri;

/// The type of this credential (`vct`).
pub const VCT: &str = "urn:kiosk:verification:1";

/// How the types of all versions begin.
pub(super) const VCT_FAMILY: &str = "urn:kiosk:verification:";

/// The media type of an SD-JWT VC (`typ`).
pub(super) const TYP: &str = "dc+sd-jwt";

/// The header that carries the operator's word for the kiosk, as `x5c` carries certificates: the
/// kiosk's credential without what the claims say too.
pub(super) const CREDENTIAL: &str = "kiosk_credential";

/// What is signed besides the claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Payload {
    pub(super) claims: Claims,
    pub(super) holder: Option<HolderKey>,
    /// The place in the kiosk's log, which is the place in its status list.
    pub(super) index: u64,
    pub(super) status_uri: StatusUri,
}

impl Payload {
    #[cfg(feature = "log")]
    pub(super) fn to_json(&self) -> Value {
        let claims = &self.claims;
        let mut payload = json!({
            "vct": VCT,
            "iss": claims.kiosk.as_str(),
            "iat": claims.issued_at,
            "jti": base64url::encode(&claims.id),
            "swversion": [claims.firmware.as_str()],
            "status": { "status_list": { "idx": self.index, "uri": self.status_uri.as_str() } },
            "verification": verification(claims),
        });
        if let Some(subject) = &claims.subject {
            payload["sub"] = base64url::encode(&subject.0).into();
        }
        if let Some(Ok(jwk)) = self
            .holder
            .map(|key| serde_json::from_str::<Value>(&key.to_jwk()))
        {
            payload["cnf"] = json!({ "jwk": jwk });
        }
        if !claims.disclosable.is_empty() {
            let digests: Vec<_> = claims
                .disclosable
                .iter()
                .map(|d| base64url::encode(d))
                .collect();
            payload["card"] = json!({ "_sd": digests });
            payload["_sd_alg"] = "sha-256".into();
        }
        payload
    }

    /// Reads a payload; none if anything is missing, more, or other than it should be.
    pub(super) fn from_json(payload: &Map<String, Value>) -> Option<Self> {
        let mut members = Members(payload.clone());
        let disclosable = read_digests(&mut members)?;
        let mut status = members.object("status")?.only("status_list")?;
        let holder = members.optional("cnf", |cnf| {
            let Members(jwk) = members_of(cnf)?.only("jwk")?;
            HolderKey::from_members(&jwk).ok()
        })?;
        let mut verification = members.object("verification")?;
        let decision = verification.text("decision")?;
        let reason = verification.optional("reason", |v| Reason::from_code(v.as_str()?))?;
        let claims = Claims {
            id: members.base64("jti")?,
            kiosk: members.name("iss")?,
            issued_at: members.number("iat")?,
            subject: members
                .optional("sub", |v| base64url::decode_array(v.as_str()?))?
                .map(Pseudonym),
            firmware: read_version(&members.take("swversion")?)?,
            site: verification.name("site")?,
            time_quality: TimeQuality::from_code(&verification.text("time_quality")?)?,
            service: verification.name("service")?,
            policy: verification.base64("policy")?,
            document: verification.optional("document", read_document)?,
            factors: read_factors(verification.object("factors")?)?,
            decision: Decision::from_codes(&decision, reason)?,
            officer: verification.optional("officer", |v| Name::new(v.as_str()?).ok())?,
            models: verification.base64("models")?,
            software: verification
                .optional("software", |v| base64url::decode_array(v.as_str()?))?,
            disclosable,
        };
        let payload = Self {
            holder,
            index: status.number("idx")?,
            status_uri: StatusUri::parse(&status.text("uri")?).ok()?,
            claims,
        };
        let right = members.text("vct")? == VCT
            && verification.number("version")? == payload.claims.version();
        (right && status.is_empty() && verification.is_empty() && members.is_empty())
            .then_some(payload)
    }
}

#[cfg(feature = "log")]
fn verification(claims: &Claims) -> Value {
    let mut verification = json!({
        "version": claims.version(),
        "site": claims.site.as_str(),
        "time_quality": claims.time_quality.as_code(),
        "service": claims.service.as_str(),
        "policy": base64url::encode(&claims.policy),
        "factors": {
            "liveness": claims.factors.liveness.as_code(),
            "face": claims.factors.face.as_code(),
        },
        "decision": claims.decision.as_code(),
        "models": base64url::encode(&claims.models),
    });
    let document = claims.document.map(|document| {
        json!({
            "kind": document.kind.as_code(),
            "authenticity": document.authenticity.as_code(),
            "validity": document.validity.as_code(),
        })
    });
    let optional = [
        ("document", document),
        (
            "reason",
            claims.decision.reason().map(|r| r.as_code().into()),
        ),
        (
            "officer",
            claims.officer.as_ref().map(|o| o.as_str().into()),
        ),
        (
            "software",
            claims.software.map(|s| base64url::encode(&s).into()),
        ),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            verification[name] = value;
        }
    }
    verification
}

fn read_digests(members: &mut Members) -> Option<Vec<[u8; 32]>> {
    let algorithm = members.optional("_sd_alg", |v| v.as_str().map(str::to_owned))?;
    let card = members.optional("card", |card| {
        let mut card = members_of(card)?;
        let Value::Array(digests) = card.take("_sd")? else {
            return None;
        };
        // A field that stands there in the clear was not chosen by the holder.
        card.is_empty().then_some(())?;
        let digest = |v: &Value| base64url::decode_array(v.as_str()?);
        let digests: Option<Vec<_>> = digests.iter().map(digest).collect();
        digests.filter(|digests| !digests.is_empty())
    })?;
    // The order of the digests means nothing; the claims have one.
    let mut digests = card.unwrap_or_default();
    digests.sort_unstable();
    match algorithm.as_deref() {
        _ if digests.is_empty() => Some(digests),
        Some("sha-256") if crate::cwt::are_disclosable(&digests) => Some(digests),
        _ => None,
    }
}

fn read_version(value: &Value) -> Option<Name> {
    match value.as_array()?.as_slice() {
        [version] => Name::new(version.as_str()?).ok(),
        _ => None,
    }
}

fn read_document(value: Value) -> Option<DocumentEvidence> {
    let mut members = members_of(value)?;
    let document = DocumentEvidence {
        kind: DocumentKind::from_code(&members.text("kind")?)?,
        authenticity: DocumentAuthenticity::from_code(&members.text("authenticity")?)?,
        validity: DocumentValidity::from_code(&members.text("validity")?)?,
    };
    members.is_empty().then_some(document)
}

fn read_factors(mut members: Members) -> Option<Factors> {
    let factors = Factors {
        liveness: FactorOutcome::from_code(&members.text("liveness")?)?,
        face: FactorOutcome::from_code(&members.text("face")?)?,
    };
    members.is_empty().then_some(factors)
}

/// The members of an object that nobody has asked for yet.
struct Members(Map<String, Value>);

fn members_of(value: Value) -> Option<Members> {
    match value {
        Value::Object(members) => Some(Members(members)),
        _ => None,
    }
}

impl Members {
    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    fn object(&mut self, name: &str) -> Option<Self> {
        members_of(self.take(name)?)
    }

    /// The one member that this object may have.
    fn only(mut self, name: &str) -> Option<Self> {
        let object = self.object(name)?;
        self.is_empty().then_some(object)
    }

    fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    fn number(&mut self, name: &str) -> Option<u64> {
        self.take(name)?.as_u64()
    }

    fn name(&mut self, name: &str) -> Option<Name> {
        Name::new(self.text(name)?).ok()
    }

    fn base64<const N: usize>(&mut self, name: &str) -> Option<[u8; N]> {
        base64url::decode_array(&self.text(name)?)
    }

    /// `Some(None)` where the member is not there, none where it is another than it should be.
    fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.take(name) {
            None => Some(None),
            Some(value) => read(value).map(Some),
        }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
