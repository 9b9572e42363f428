//! Every code that an answer can hold. The page has words for each in each language; its tests
//! walk this list, so that a new code without words is noticed.

use attestation::wallet::Holder;
use attestation::{
    Band, CardField, Decision, DocumentAuthenticity, DocumentKind, DocumentValidity, FactorOutcome,
    KeyState, Reason, Refusal, TimeQuality,
};
use serde_json::{Value, json};

use crate::check::unusable_codes;
use crate::steps::steps;

/// What can be found about the holder of a wallet.
const HOLDERS: [Holder; 3] = [Holder::NotBound, Holder::Bound, Holder::Present];

/// The version of the page, and codes by what they are codes of.
#[must_use]
pub fn vocabulary() -> Value {
    let factors = Band::ALL.iter().map(|band| FactorOutcome::Band(*band));
    let factors = factors.chain([FactorOutcome::NotPerformed]);
    let any = Reason::PolicyRefers;
    let decisions = [
        Decision::Verified,
        Decision::NotVerified(any),
        Decision::Referred(any),
    ];
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "refusal": Refusal::CODES,
        "unusable": unusable_codes().collect::<Vec<_>>(),
        "step": steps().map(|(name, _)| name).collect::<Vec<_>>(),
        "decision": decisions.map(|decision| decision.as_code()),
        "reason": codes(Reason::ALL, |reason| reason.as_code()),
        "time_quality": codes(TimeQuality::ALL, |quality| quality.as_code()),
        "document_kind": codes(DocumentKind::ALL, |kind| kind.as_code()),
        "document_authenticity": codes(DocumentAuthenticity::ALL, |how| how.as_code()),
        "document_validity": codes(DocumentValidity::ALL, |validity| validity.as_code()),
        "factor": factors.map(FactorOutcome::as_code).collect::<Vec<_>>(),
        "key_state": KeyState::CODES,
        "field": codes(CardField::ALL, |field| field.as_code()),
        "holder": HOLDERS.map(Holder::as_code),
    })
}

fn codes<T>(all: &[T], code: impl Fn(&T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(code).collect()
}
