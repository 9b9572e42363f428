//! The stories, one file each. A story gets the lab, does what a person, a fault or an attacker does,
//! and says in one line what it saw.

mod camera_replug;
mod camera_unbind;
mod genuine;
mod impostor;
mod panel;
mod power_off;
mod reader_cable;
mod scanner;
mod self_test;
mod service_door;
mod tamper;
mod tpm_reboot;
mod verity;
mod watchdog;

use crate::error::LabError;
use crate::lab::Lab;

/// A story by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Story {
    /// The machine starts, and `kiosk self-test` finds keys, log, camera and card reader
    SelfTest,
    /// The holder of the card is verified
    Genuine,
    /// The keys are sealed to the TPM: there after a reboot, not there with another TPM
    TpmReboot,
    /// The reader's cable is pulled while a card is read, and put in again
    ReaderCable,
    /// The camera is taken away and comes back
    CameraReplug,
    /// The camera driver's own test: a running camera's driver is unbound and bound again
    CameraUnbind,
    /// The light shines while the camera looks; nobody new is served while the service door is open
    ServiceDoor,
    /// Somebody presents another person's card
    Impostor,
    /// The kiosk hangs, then the whole system: it is bitten both times and comes back
    Watchdog,
    /// The panel driver's own tests, on lines of the kernel
    Panel,
    /// A document scanner that types: the driver's own test, on an input device of the kernel
    Scanner,
    /// The case is opened: keys destroyed, kiosk closed until a technician signs off
    Tamper,
    /// A changed block of the kiosk's disk is refused
    Verity,
    /// The power is cut at random moments; the log is whole each time
    PowerOff,
}

impl Story {
    /// Tells it. What it saw, in one line.
    pub fn tell(self, lab: &mut Lab) -> Result<String, LabError> {
        match self {
            Self::SelfTest => self_test::tell(lab),
            Self::Genuine => genuine::tell(lab),
            Self::TpmReboot => tpm_reboot::tell(lab),
            Self::ReaderCable => reader_cable::tell(lab),
            Self::CameraReplug => camera_replug::tell(lab),
            Self::CameraUnbind => camera_unbind::tell(lab),
            Self::ServiceDoor => service_door::tell(lab),
            Self::Impostor => impostor::tell(lab),
            Self::Watchdog => watchdog::tell(lab),
            Self::Panel => panel::tell(lab),
            Self::Scanner => scanner::tell(lab),
            Self::Tamper => tamper::tell(lab),
            Self::Verity => verity::tell(lab),
            Self::PowerOff => power_off::tell(lab),
        }
    }
}
