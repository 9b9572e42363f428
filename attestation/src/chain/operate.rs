//! What the authority and the operators of a network do: put the contracts there, appoint
//! operators, list, suspend and reinstate kiosks, give them other keys. Each is one transaction by
//! their account, tried out by the node first so that a refusal costs nothing and says why.

use std::time::Duration;

use alloy_primitives::{Address, Bytes, U256};
use attestation_contracts::Contract;

use super::abi;
use super::account::Account;
use super::contracts::Contracts;
use super::endpoint::{Endpoint, Outcome, RpcError};
use super::enrolment::SenderEnrolment;
use super::transaction::Transaction;

/// Gas to spare, because the state may change between trying out and doing: a quarter.
const SPARE_DIVISOR: u64 = 4;

/// How often it is asked whether a transaction is in a block.
const POLL: Duration = Duration::from_millis(200);

/// How long a transaction may take into a block, in polls: five minutes.
const MAX_POLLS: u32 = 1500;

/// The contracts that no kiosk needs, but authorities, operators and issuers may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Further {
    /// Which rules were in force, issued by whom.
    PolicyRegistry,
    /// Consents given and taken back, as commitments.
    ConsentRegister,
    /// Which status list was the newest.
    StatusListAnchor,
    /// How much was used, and what node operators are owed for it.
    UsageMeter,
}

impl Further {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::PolicyRegistry,
        Self::ConsentRegister,
        Self::StatusListAnchor,
        Self::UsageMeter,
    ];

    /// Its compiled code.
    #[must_use]
    pub const fn contract(self) -> Contract {
        match self {
            Self::PolicyRegistry => Contract::PolicyRegistry,
            Self::ConsentRegister => Contract::ConsentRegister,
            Self::StatusListAnchor => Contract::StatusListAnchor,
            Self::UsageMeter => Contract::UsageMeter,
        }
    }

    /// The one with this name (as in its source).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let is_it = |further: &Self| further.contract().name() == name;
        Self::ALL.into_iter().find(is_it)
    }
}

/// One account's operations through one endpoint.
#[derive(Debug)]
pub struct Operations<'a> {
    endpoint: &'a Endpoint,
    account: &'a Account,
    chain_id: u64,
}

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// The endpoint.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// A contract said no, before anything was sent.
    #[error("the contract refuses: {why}")]
    Refused {
        /// Why.
        why: &'static str,
    },
    /// It was sent and did not work.
    #[error("the transaction is in block {block} and did not work; try again")]
    Failed {
        /// The block.
        block: u64,
    },
    /// It is in no block yet.
    #[error("the transaction was sent and is in no block after five minutes; look again later")]
    Late,
    /// The artefacts in this program are damaged: a defect.
    #[error("the contracts that this program carries cannot be read")]
    Artifact(#[from] attestation_contracts::ArtifactError),
}

impl OperateError {
    /// The stable code for programs.
    #[must_use]
    pub const fn as_code(&self) -> &'static str {
        match self {
            Self::Rpc(error) => error.as_code(),
            Self::Refused { .. } => "contract_refused",
            Self::Failed { .. } => "transaction_failed",
            Self::Late => "transaction_late",
            Self::Artifact(_) => "artifact",
        }
    }
}

impl<'a> Operations<'a> {
    /// Operations on the chain with this number; the endpoint is asked whether it is of that chain.
    ///
    /// # Errors
    /// When the endpoint cannot be reached or belongs to another chain.
    pub fn new(
        endpoint: &'a Endpoint,
        account: &'a Account,
        chain_id: u64,
    ) -> Result<Self, OperateError> {
        endpoint.check_chain(chain_id)?;
        Ok(Self {
            endpoint,
            account,
            chain_id,
        })
    }

    /// Puts registry and anchor contract on the chain. The account becomes the authority, and
    /// operator too.
    ///
    /// # Errors
    /// When something was not done; what was done before stays.
    pub fn deploy(&self) -> Result<Contracts, OperateError> {
        let registry = self.make(Contract::KioskRegistry, self.account.address())?;
        let anchor = self.make(Contract::Anchor, registry)?;
        let contracts = Contracts {
            chain_id: self.chain_id,
            registry,
            anchor,
        };
        self.appoint(&contracts, self.account.address())?;
        Ok(contracts)
    }

    /// Puts one of the further contracts on the chain; it asks the registry who may do what. Its
    /// address.
    ///
    /// # Errors
    /// When it was not done.
    pub fn deploy_further(
        &self,
        contracts: &Contracts,
        further: Further,
    ) -> Result<Address, OperateError> {
        self.make(further.contract(), contracts.registry)
    }

    /// Makes an account an operator: it may list kiosks.
    ///
    /// # Errors
    /// When it was not done.
    pub fn appoint(&self, contracts: &Contracts, operator: Address) -> Result<(), OperateError> {
        self.change(contracts, abi::call_appoint(operator))
    }

    /// Lists a kiosk: it may anchor from now on.
    ///
    /// # Errors
    /// When it was not done.
    pub fn enrol(
        &self,
        contracts: &Contracts,
        enrolment: &SenderEnrolment,
    ) -> Result<(), OperateError> {
        let (bound, device) = (&enrolment.bound, enrolment.device.as_bytes());
        let call = abi::call_enrol(&bound.kiosk, device, bound.sender, &enrolment.binding);
        self.change(contracts, call)
    }

    /// Gives a listed kiosk other keys.
    ///
    /// # Errors
    /// When it was not done.
    pub fn rotate(
        &self,
        contracts: &Contracts,
        enrolment: &SenderEnrolment,
    ) -> Result<(), OperateError> {
        let (bound, device) = (&enrolment.bound, enrolment.device.as_bytes());
        let call = abi::call_rotate(&bound.kiosk, device, bound.sender, &enrolment.binding);
        self.change(contracts, call)
    }

    /// Takes a kiosk's right to anchor away, for now.
    ///
    /// # Errors
    /// When it was not done.
    pub fn suspend(&self, contracts: &Contracts, kiosk: &[u8; 32]) -> Result<(), OperateError> {
        self.change(contracts, abi::call_suspend(kiosk))
    }

    /// Gives it back.
    ///
    /// # Errors
    /// When it was not done.
    pub fn reinstate(&self, contracts: &Contracts, kiosk: &[u8; 32]) -> Result<(), OperateError> {
        self.change(contracts, abi::call_reinstate(kiosk))
    }

    fn change(&self, contracts: &Contracts, data: Vec<u8>) -> Result<(), OperateError> {
        self.transact(Some(contracts.registry), data).map(|_| ())
    }

    fn make(&self, contract: Contract, argument: Address) -> Result<Address, OperateError> {
        let outcome = self.transact(None, contract.deployment(argument)?)?;
        let what = "the address of a new contract";
        Ok(outcome.contract.ok_or(RpcError::Malformed { what })?)
    }

    /// Tries out, signs, sends, and waits until it is in a block.
    fn transact(&self, to: Option<Address>, data: Vec<u8>) -> Result<Outcome, OperateError> {
        let from = self.account.address();
        let gas = self.endpoint.estimate(&from, to.as_ref(), &data);
        let gas = gas.map_err(refused)?;
        let transaction = Transaction {
            chain_id: self.chain_id,
            nonce: self.endpoint.nonce(&from)?,
            // A quarter more than asked: the price may rise until it is in a block.
            gas_price: self.endpoint.gas_price()?.saturating_mul(5) / 4,
            gas_limit: gas.saturating_add(gas / SPARE_DIVISOR),
            to,
            value: U256::ZERO,
            data: Bytes::from(data),
        };
        let (signed, hash) = transaction.sign(self.account);
        self.endpoint.send(&signed).map_err(refused)?;
        for _ in 0..MAX_POLLS {
            match self.endpoint.outcome(&hash)? {
                Some(outcome) if outcome.worked => return Ok(outcome),
                Some(outcome) => {
                    let block = outcome.block;
                    return Err(OperateError::Failed { block });
                }
                None => std::thread::sleep(POLL),
            }
        }
        Err(OperateError::Late)
    }
}

/// A contract's own error in words, where it is one.
fn refused(error: RpcError) -> OperateError {
    let why = match &error {
        RpcError::Refused { data, .. } => abi::reason(data),
        _ => None,
    };
    why.map_or(OperateError::Rpc(error), |why| OperateError::Refused {
        why,
    })
}
