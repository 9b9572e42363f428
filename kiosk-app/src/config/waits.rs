//! `[waits]`: how long screens wait for a person.

use serde::Deserialize;

use super::Seconds;
use crate::session::Limits;

/// How long screens wait for a person.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Waits {
    /// Choosing a service.
    pub choose: Seconds,
    /// Reading the notice.
    pub consent: Seconds,
    /// Presenting the card.
    pub card: Seconds,
    /// Looking into the camera.
    pub capture: Seconds,
    /// Turning the head, where that is asked.
    pub challenge: Seconds,
    /// What the kiosk itself may take over the card's photo, and over making an attestation durable.
    pub commit: Seconds,
    /// Looking at the receipt.
    pub receipt: Seconds,
    /// Each step into the phone's wallet.
    pub wallet: Seconds,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            choose: Seconds(45),
            consent: Seconds(120),
            card: Seconds(60),
            capture: Seconds(30),
            challenge: Seconds(20),
            commit: Seconds(10),
            receipt: Seconds(60),
            wallet: Seconds(60),
        }
    }
}

impl From<&Waits> for Limits {
    fn from(waits: &Waits) -> Self {
        Self {
            choose: waits.choose.into(),
            consent: waits.consent.into(),
            card: waits.card.into(),
            capture: waits.capture.into(),
            challenge: waits.challenge.into(),
            commit: waits.commit.into(),
            receipt: waits.receipt.into(),
            wallet: waits.wallet.into(),
            scan: waits.wallet.into(),
            ..Self::default()
        }
    }
}
