//! The compiled contracts. Each artefact is `{abi, bytecode, deployedBytecode, compiler,
//! sourceSha256}`, written by `build.mjs` and checked by `build.mjs --check`.

use alloy_primitives::hex;
use alloy_sol_types::SolValue;
use serde_json::Value;

/// One of the contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// Who may speak for which kiosk; constructor `(address authority)`.
    KioskRegistry,
    /// The roots of the kiosks' logs; constructor `(address registry)`.
    Anchor,
    /// Which rules were in force; constructor `(address registry)`.
    PolicyRegistry,
    /// Consents as commitments; constructor `(address registry)`.
    ConsentRegister,
    /// Which status list was the newest; constructor `(address registry)`.
    StatusListAnchor,
    /// What service providers used; constructor `(address registry)`.
    UsageMeter,
}

impl Contract {
    /// All of them, in the order of deployment: the registry first.
    pub const ALL: [Self; 6] = [
        Self::KioskRegistry,
        Self::Anchor,
        Self::PolicyRegistry,
        Self::ConsentRegister,
        Self::StatusListAnchor,
        Self::UsageMeter,
    ];

    /// The contract's name in Solidity.
    pub fn name(self) -> &'static str {
        match self {
            Self::KioskRegistry => "KioskRegistry",
            Self::Anchor => "Anchor",
            Self::PolicyRegistry => "PolicyRegistry",
            Self::ConsentRegister => "ConsentRegister",
            Self::StatusListAnchor => "StatusListAnchor",
            Self::UsageMeter => "UsageMeter",
        }
    }

    /// The artefact: JSON text.
    pub fn artifact(self) -> &'static str {
        match self {
            Self::KioskRegistry => include_str!("../artifacts/KioskRegistry.json"),
            Self::Anchor => include_str!("../artifacts/Anchor.json"),
            Self::PolicyRegistry => include_str!("../artifacts/PolicyRegistry.json"),
            Self::ConsentRegister => include_str!("../artifacts/ConsentRegister.json"),
            Self::StatusListAnchor => include_str!("../artifacts/StatusListAnchor.json"),
            Self::UsageMeter => include_str!("../artifacts/UsageMeter.json"),
        }
    }

    /// The data of the transaction that deploys the contract. The one argument of every constructor
    /// is an address: the authority for the registry, the registry for all others.
    pub fn deployment(self, argument: alloy_primitives::Address) -> Result<Vec<u8>, ArtifactError> {
        let mut code = self.code("bytecode")?;
        code.extend(argument.abi_encode());
        Ok(code)
    }

    /// The code that lies at the contract's address once it is deployed, its immutable values (the
    /// registry's address and roles) being zero. For comparing with what a node has.
    pub fn deployed_code(self) -> Result<Vec<u8>, ArtifactError> {
        self.code("deployedBytecode")
    }

    fn code(self, member: &'static str) -> Result<Vec<u8>, ArtifactError> {
        let bad = || ArtifactError {
            contract: self.name(),
            member,
        };
        let artifact: Value = serde_json::from_str(self.artifact()).map_err(|_| bad())?;
        let text = artifact[member].as_str().ok_or_else(bad)?;
        hex::decode(text).map_err(|_| bad())
    }
}

/// An artefact is not what `build.mjs` writes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the artefact of {contract} has no {member} in hexadecimal: run node build.mjs")]
pub struct ArtifactError {
    contract: &'static str,
    member: &'static str,
}
