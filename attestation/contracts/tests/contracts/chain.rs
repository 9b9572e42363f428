//! A chain in the process: revm with the contracts deployed, accounts without balance (gas costs
//! nothing here, as on many permissioned networks) and a clock that a test moves.
#![allow(dead_code, reason = "the example uses a part of it")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "test code: a broken fixture ends the test"
)]

use alloy_primitives::{Address, B256, Bytes, Log, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use attestation_contracts::Contract;
use attestation_contracts::bindings::access::AccessControl::{
    AccessControlUnauthorizedAccount, grantRoleCall,
};
use attestation_contracts::bindings::registry::KioskRegistry::{enrolCall, rotateCall};
use revm::context::result::{ExecutionResult, Output};
use revm::context::{BlockEnv, CfgEnv, TxEnv};
use revm::database::{CacheDB, EmptyDB};
use revm::primitives::{TxKind, hardfork::SpecId};
use revm::{Context, ExecuteCommitEvm, MainBuilder, MainContext};

pub const AUTHORITY: Address = Address::repeat_byte(0xa0);
pub const OPERATOR: Address = Address::repeat_byte(0x09);
pub const OTHER_OPERATOR: Address = Address::repeat_byte(0x0a);
pub const ISSUER: Address = Address::repeat_byte(0x15);
pub const SENDER: Address = Address::repeat_byte(0x5e);
pub const NEW_SENDER: Address = Address::repeat_byte(0x5f);
pub const STRANGER: Address = Address::repeat_byte(0x57);

pub const KIOSK: B256 = B256::repeat_byte(0x07);
pub const DEVICE_KEY: B256 = B256::repeat_byte(0xde);
pub const NEW_DEVICE_KEY: B256 = B256::repeat_byte(0xdf);
pub const BINDING_R: B256 = B256::repeat_byte(0x11);
pub const BINDING_S: B256 = B256::repeat_byte(0x22);

/// 2026-11-21T08:00:00Z
pub const START: u64 = 1_795_248_000;
const BLOCK_GAS: u64 = 16_000_000;

/// What a transaction left: its logs and the gas it was charged.
#[derive(Debug)]
pub struct Done {
    pub logs: Vec<Log>,
    pub gas: u64,
}

impl Done {
    /// The only event, which must be of this type.
    pub fn event<E: SolEvent>(&self) -> E {
        assert_eq!(self.logs.len(), 1, "one event: {:?}", self.logs);
        E::decode_log(&self.logs[0])
            .expect("an event of the expected type")
            .data
    }

    /// The events of this type that a contract announced.
    pub fn events_of<E: SolEvent>(&self, contract: Address) -> Vec<E> {
        let of_contract = self.logs.iter().filter(|log| log.address == contract);
        of_contract
            .filter_map(|log| E::decode_log(log).ok())
            .map(|log| log.data)
            .collect()
    }
}

/// The bytes with which a transaction was reverted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reverted(pub Bytes);

pub struct Chain {
    state: CacheDB<EmptyDB>,
    spec: SpecId,
    number: u64,
    pub now: u64,
    pub registry: Address,
    pub anchor: Address,
    pub policies: Address,
    pub consents: Address,
    pub status_lists: Address,
    pub usage: Address,
}

impl Chain {
    /// All contracts deployed by the rules of Istanbul; nobody appointed yet.
    pub fn deployed() -> Self {
        Self::deployed_under(SpecId::ISTANBUL)
    }

    /// The same by the rules of another fork.
    pub fn deployed_under(spec: SpecId) -> Self {
        let zero = Address::ZERO;
        let mut chain = Self {
            state: CacheDB::default(),
            spec,
            number: 1,
            now: START,
            registry: zero,
            anchor: zero,
            policies: zero,
            consents: zero,
            status_lists: zero,
            usage: zero,
        };
        chain.registry = chain.deploy(Contract::KioskRegistry, AUTHORITY).0;
        chain.anchor = chain.deploy(Contract::Anchor, chain.registry).0;
        chain.policies = chain.deploy(Contract::PolicyRegistry, chain.registry).0;
        chain.consents = chain.deploy(Contract::ConsentRegister, chain.registry).0;
        chain.status_lists = chain.deploy(Contract::StatusListAnchor, chain.registry).0;
        chain.usage = chain.deploy(Contract::UsageMeter, chain.registry).0;
        chain
    }

    /// With operators and an issuer appointed and [`KIOSK`] enrolled.
    pub fn in_service() -> Self {
        let mut chain = Self::deployed();
        chain.appoint_and_enrol();
        chain
    }

    pub fn appoint_and_enrol(&mut self) {
        for (role, account) in [
            (operator_role(), OPERATOR),
            (operator_role(), OTHER_OPERATOR),
            (issuer_role(), ISSUER),
        ] {
            self.send(AUTHORITY, self.registry, grantRoleCall { role, account })
                .expect("appointed");
        }
        self.send(OPERATOR, self.registry, enrol(KIOSK, SENDER))
            .expect("enrolled");
    }

    /// Deploys a contract; its address and the gas it took.
    pub fn deploy(&mut self, contract: Contract, argument: Address) -> (Address, u64) {
        let code = contract.deployment(argument).expect("an artefact");
        match self.run(STRANGER, TxKind::Create, code.into()) {
            ExecutionResult::Success {
                output: Output::Create(_, Some(address)),
                gas,
                ..
            } => (address, gas.tx_gas_used()),
            other => panic!("{} is not deployed: {other:?}", contract.name()),
        }
    }

    /// One transaction in a block of its own, ten seconds after the last.
    pub fn send(
        &mut self,
        from: Address,
        to: Address,
        call: impl SolCall,
    ) -> Result<Done, Reverted> {
        match self.run(from, TxKind::Call(to), call.abi_encode().into()) {
            ExecutionResult::Success { logs, gas, .. } => Ok(Done {
                logs,
                gas: gas.tx_gas_used(),
            }),
            ExecutionResult::Revert { output, .. } => Err(Reverted(output)),
            halted => panic!("the contract ran into a halt: {halted:?}"),
        }
    }

    /// A view, asked by nobody in particular.
    pub fn ask<C: SolCall>(&mut self, to: Address, call: C) -> C::Return {
        let before = (self.number, self.now);
        let result = self.run(STRANGER, TxKind::Call(to), call.abi_encode().into());
        (self.number, self.now) = before;
        match result {
            ExecutionResult::Success { output, logs, .. } => {
                assert!(logs.is_empty());
                C::abi_decode_returns(&output.into_data()).expect("the declared answer")
            }
            other => panic!("a view never reverts: {other:?}"),
        }
    }

    fn run(&mut self, caller: Address, kind: TxKind, data: Bytes) -> ExecutionResult {
        self.number += 1;
        self.now += 10;
        let mut cfg = CfgEnv::new_with_spec(self.spec);
        cfg.disable_nonce_check = true;
        let block = BlockEnv {
            number: U256::from(self.number),
            timestamp: U256::from(self.now),
            gas_limit: BLOCK_GAS,
            ..BlockEnv::default()
        };
        let nonce = self
            .state
            .cache
            .accounts
            .get(&caller)
            .map_or(0, |account| account.info.nonce);
        let tx = TxEnv {
            caller,
            kind,
            data,
            nonce,
            gas_limit: BLOCK_GAS,
            ..TxEnv::default()
        };
        Context::mainnet()
            .with_cfg(cfg)
            .with_db(&mut self.state)
            .with_block(block)
            .build_mainnet()
            .transact_commit(tx)
            .expect("a valid transaction")
    }

    pub fn block(&self) -> u64 {
        self.number
    }
}

pub fn enrol(id: B256, sender: Address) -> enrolCall {
    enrolCall {
        id,
        deviceKey: DEVICE_KEY,
        sender,
        bindingR: BINDING_R,
        bindingS: BINDING_S,
    }
}

/// A rotation to [`NEW_DEVICE_KEY`] with the halves of the binding swapped.
pub fn rotation(id: B256, sender: Address) -> rotateCall {
    rotateCall {
        id,
        deviceKey: NEW_DEVICE_KEY,
        sender,
        bindingR: BINDING_S,
        bindingS: BINDING_R,
    }
}

pub fn operator_role() -> B256 {
    keccak256("OPERATOR_ROLE")
}

pub fn issuer_role() -> B256 {
    keccak256("ISSUER_ROLE")
}

/// Holds that a call was refused with exactly this error.
#[track_caller]
pub fn refused(result: Result<Done, Reverted>, error: impl SolError) {
    match result {
        Ok(done) => panic!("taken, with {:?}", done.logs),
        Err(Reverted(bytes)) => assert_eq!(bytes, Bytes::from(error.abi_encode())),
    }
}

/// Holds that a call was refused because the account lacks a role.
#[track_caller]
pub fn lacks_role(result: Result<Done, Reverted>, account: Address, role: B256) {
    refused(
        result,
        AccessControlUnauthorizedAccount {
            account,
            neededRole: role,
        },
    );
}

/// Holds that a call was taken and changed nothing.
#[track_caller]
pub fn nothing_new(result: Result<Done, Reverted>) {
    assert!(result.expect("taken").logs.is_empty());
}

/// The leaf of a tree of commitments for ABI-encoded content.
pub fn leaf(content: &[u8]) -> B256 {
    keccak256(keccak256(content))
}

/// The parent of two nodes: children in ascending order.
pub fn parent(a: B256, b: B256) -> B256 {
    keccak256([a.min(b), a.max(b)].concat())
}
