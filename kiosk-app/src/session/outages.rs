//! Devices that go away and come back.

use std::time::Duration;

use kiosk_ui::Outage;

use super::state::{LateCommit, State};
use super::wallet::Step;
use super::{Device, Effect, Health, Light, Session};
use crate::record::{Outcome, Record};

impl Session {
    pub(super) fn device(&mut self, device: Device, health: Health, now: Duration) {
        match health {
            // Only a technician brings back a kiosk that was opened, and not into this session.
            Health::Ready if device == Device::Case => {}
            Health::Ready => {
                self.lost.remove(&device);
            }
            Health::Lost => {
                self.lost.insert(device);
                if device == Device::Camera {
                    self.scanner_lost(now);
                }
                if device == Device::Case {
                    // No receipt is handed out by a kiosk that somebody has opened.
                    self.give_up_late_commit();
                }
                if self.needs(device) {
                    self.fail(outage_of(device), lost_code(device), now);
                }
            }
        }
        if let State::OutOfService { outage, .. } = &mut self.state
            && let Some(&lost) = self.lost.first()
        {
            *outage = outage_of(lost);
        }
    }

    /// Whether the present state cannot go on without this device.
    fn needs(&self, device: Device) -> bool {
        match device {
            Device::Case => return !matches!(self.state, State::OutOfService { .. }),
            Device::ServiceDoor | Device::Panel => return matches!(self.state, State::Attract),
            Device::Camera | Device::CardReader | Device::Storage | Device::FacePipeline => {}
        }
        match &self.state {
            State::Attract
            | State::Choosing
            | State::Consenting { .. }
            | State::ChoosingFields { .. }
            | State::Presenting { .. } => true,
            State::Preparing { .. } | State::Capturing { .. } | State::Challenging { .. } => {
                device != Device::CardReader
            }
            // A decision that is made is finished; the outage shows afterwards.
            State::Deciding { .. } | State::Receipt { .. } | State::Wallet(_) => false,
            State::Ended(_) | State::OutOfService { .. } => false,
        }
    }

    /// Goes out of service. The way back is by itself: after a while if nothing is lost, else when
    /// the device is back.
    pub(super) fn fail(&mut self, outage: Outage, reason: &'static str, now: Duration) {
        self.record(Record::OutOfService { reason });
        let is_over = matches!(
            self.state,
            State::Attract | State::Receipt { .. } | State::Wallet(_) | State::Ended(_)
        );
        if !is_over {
            self.ended(Outcome::OutOfService, reason);
        }
        self.leave_service(outage, None, now);
    }

    pub(super) fn leave_service(
        &mut self,
        outage: Outage,
        late: Option<LateCommit>,
        now: Duration,
    ) {
        self.leave_devices();
        self.wipe();
        self.effects.push(Effect::Light(Light::Error));
        self.enter(State::OutOfService { outage, late }, now);
    }

    /// Takes back what the present state asked of the devices.
    pub(super) fn leave_devices(&mut self) {
        match &self.state {
            State::Presenting { .. } => self.effects.push(Effect::StopCard),
            State::Capturing { .. } | State::Challenging { .. } => {
                self.effects.push(Effect::StopCapture);
            }
            State::Wallet(wallet) if matches!(wallet.step, Step::Scanning(_)) => {
                self.effects.push(Effect::StopCapture);
            }
            _ => {}
        }
    }
}

pub(super) fn outage_of(device: Device) -> Outage {
    match device {
        Device::Case => Outage::Tampered,
        Device::ServiceDoor => Outage::Service,
        Device::Camera => Outage::Camera,
        Device::CardReader => Outage::CardReader,
        Device::Storage => Outage::Storage,
        Device::FacePipeline | Device::Panel => Outage::Fault,
    }
}

pub(super) fn lost_code(device: Device) -> &'static str {
    match device {
        Device::Case => "case_opened",
        Device::ServiceDoor => "service_door_open",
        Device::Camera => "camera_lost",
        Device::CardReader => "card_reader_lost",
        Device::Storage => "storage_failed",
        Device::FacePipeline => "face_pipeline_failed",
        Device::Panel => "panel_lost",
    }
}
