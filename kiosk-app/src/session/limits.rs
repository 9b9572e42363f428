//! How long each screen waits for a person. Every state that can wait has an entry, so that no
//! resident is ever stuck and no kiosk is ever blocked.

use std::time::Duration;

/// Waiting times of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Choosing a service.
    pub choose: Duration,
    /// Reading the notice: long, because it is the one screen with text to read.
    pub consent: Duration,
    /// Presenting the card.
    pub card: Duration,
    /// Typing the numbers of a travel document: long, because they are looked up in it.
    pub numbers: Duration,
    /// Looking into the camera.
    pub capture: Duration,
    /// Answering a challenge.
    pub challenge: Duration,
    /// Making the attestation durable; a disk that takes longer is broken.
    pub commit: Duration,
    /// Looking at the receipt.
    pub receipt: Duration,
    /// Choosing a way into the wallet, and reading its codes with a phone.
    pub wallet: Duration,
    /// Holding the phone's key up to the camera.
    pub scan: Duration,
    /// Reading that everything was deleted.
    pub ended: Duration,
    /// The shortest time that "out of service" stays, so that it can be read.
    pub outage: Duration,
    /// "Are you still there?" appears this long before a screen gives up.
    pub still_there: Duration,
    /// Card attempts before an officer takes over.
    pub card_attempts: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            choose: Duration::from_secs(45),
            consent: Duration::from_secs(120),
            card: Duration::from_secs(60),
            numbers: Duration::from_secs(120),
            capture: Duration::from_secs(30),
            challenge: Duration::from_secs(20),
            commit: Duration::from_secs(10),
            receipt: Duration::from_secs(60),
            wallet: Duration::from_secs(60),
            scan: Duration::from_secs(45),
            ended: Duration::from_secs(6),
            outage: Duration::from_secs(8),
            still_there: Duration::from_secs(12),
            card_attempts: 3,
        }
    }
}
