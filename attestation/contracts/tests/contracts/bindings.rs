//! The Rust bindings say what the compiled contracts say.

use std::collections::BTreeSet;

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolInterface;
use attestation_contracts::Contract;
use attestation_contracts::bindings::access::AccessControl as access;
use attestation_contracts::bindings::anchor::Anchor as anchor;
use attestation_contracts::bindings::consents::ConsentRegister as consents;
use attestation_contracts::bindings::policies::PolicyRegistry as policies;
use attestation_contracts::bindings::registry::KioskRegistry as registry;
use attestation_contracts::bindings::status_lists::StatusListAnchor as status_lists;
use attestation_contracts::bindings::usage::UsageMeter as usage;
use serde_json::Value;

/// Calls and errors by their selectors, events by their first topics.
#[derive(PartialEq, Eq, Debug)]
struct Surface {
    selectors: BTreeSet<[u8; 4]>,
    topics: BTreeSet<B256>,
}

fn bound<Calls: SolInterface, Errors: SolInterface>(topics: &[[u8; 32]]) -> Surface {
    Surface {
        selectors: Calls::selectors().chain(Errors::selectors()).collect(),
        topics: topics.iter().map(B256::from).collect(),
    }
}

fn compiled(contract: Contract) -> Surface {
    let artifact: Value = serde_json::from_str(contract.artifact()).unwrap();
    let mut surface = Surface {
        selectors: BTreeSet::new(),
        topics: BTreeSet::new(),
    };
    for item in artifact["abi"].as_array().unwrap() {
        let hash = keccak256(signature(item));
        match item["type"].as_str().unwrap() {
            "event" => drop(surface.topics.insert(hash)),
            "function" | "error" => {
                surface.selectors.insert(hash[..4].try_into().unwrap());
            }
            _ => {}
        }
    }
    surface
}

fn signature(item: &Value) -> String {
    let inputs = item["inputs"].as_array().unwrap();
    let types: Vec<&str> = inputs
        .iter()
        .map(|input| input["type"].as_str().unwrap())
        .collect();
    format!(
        "{}({})",
        item["name"].as_str().unwrap_or_default(),
        types.join(",")
    )
}

macro_rules! same {
    ($contract:ident, $module:ident, $calls:ident, $errors:ident, $events:ident) => {
        assert_eq!(
            bound::<$module::$calls, $module::$errors>($module::$events::SELECTORS),
            compiled(Contract::$contract),
        )
    };
}

#[test]
fn every_call_error_and_event_is_bound_as_compiled() {
    same!(Anchor, anchor, AnchorCalls, AnchorErrors, AnchorEvents);
    same!(
        ConsentRegister,
        consents,
        ConsentRegisterCalls,
        ConsentRegisterErrors,
        ConsentRegisterEvents
    );
    same!(
        PolicyRegistry,
        policies,
        PolicyRegistryCalls,
        PolicyRegistryErrors,
        PolicyRegistryEvents
    );
    same!(
        StatusListAnchor,
        status_lists,
        StatusListAnchorCalls,
        StatusListAnchorErrors,
        StatusListAnchorEvents
    );
    same!(
        UsageMeter,
        usage,
        UsageMeterCalls,
        UsageMeterErrors,
        UsageMeterEvents
    );
}

/// The registry inherits from OpenZeppelin more than is bound; what is bound must be there.
#[test]
fn what_is_bound_of_the_registry_and_its_roles_is_there() {
    let compiled = compiled(Contract::KioskRegistry);
    for bound in [
        bound::<registry::KioskRegistryCalls, registry::KioskRegistryErrors>(
            registry::KioskRegistryEvents::SELECTORS,
        ),
        bound::<access::AccessControlCalls, access::AccessControlErrors>(
            access::AccessControlEvents::SELECTORS,
        ),
    ] {
        assert!(bound.selectors.is_subset(&compiled.selectors));
        assert!(bound.topics.is_subset(&compiled.topics));
    }
}

#[test]
fn the_code_is_within_eip_170_and_by_the_pinned_compiler() {
    for contract in Contract::ALL {
        assert!(
            contract.deployed_code().unwrap().len() <= 24_576,
            "{}",
            contract.name()
        );
        let artifact: Value = serde_json::from_str(contract.artifact()).unwrap();
        assert!(
            artifact["compiler"]
                .as_str()
                .unwrap()
                .starts_with("0.8.37+"),
            "{}",
            contract.name()
        );
    }
}
