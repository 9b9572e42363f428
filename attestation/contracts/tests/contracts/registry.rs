//! The registry: who appoints, enrols, suspends, reinstates and rotates, and what is refused.

mod enrolment;
mod roles;
mod rotation;
mod suspension;

use alloy_primitives::{Address, B256};
use attestation_contracts::bindings::registry::KioskRegistry::{
    kioskCall, kioskOfCall, reinstateCall, suspendCall,
};

use crate::chain::{Chain, Done, KIOSK, Reverted, rotation};

const OTHER_KIOSK: B256 = B256::repeat_byte(0x08);
const ACTIVE: u8 = 1;
const SUSPENDED: u8 = 2;
const ONE_DAY_S: u64 = 24 * 3600;

type Result = std::result::Result<Done, Reverted>;

fn suspend(chain: &mut Chain, by: Address) -> Result {
    chain.send(by, chain.registry, suspendCall { id: KIOSK })
}

fn reinstate(chain: &mut Chain, by: Address) -> Result {
    chain.send(by, chain.registry, reinstateCall { id: KIOSK })
}

fn rotate(chain: &mut Chain, by: Address, sender: Address) -> Result {
    chain.send(by, chain.registry, rotation(KIOSK, sender))
}

fn kiosk_of(chain: &mut Chain, sender: Address) -> B256 {
    chain.ask(chain.registry, kioskOfCall { sender })
}

fn state(chain: &mut Chain) -> u8 {
    chain.ask(chain.registry, kioskCall { id: KIOSK }).state
}
