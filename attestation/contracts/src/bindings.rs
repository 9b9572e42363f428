//! Typed calls, events and errors of the contracts, one module each. What they mean is said in
//! `solidity/`; `tests/bindings.rs` holds them against the artefacts' ABI.

#![allow(
    missing_docs,
    reason = "generated from the signatures below; documented in solidity/"
)]

/// The OpenZeppelin part that every role comes from.
pub mod access {
    alloy_sol_types::sol! {
        interface AccessControl {
            function grantRole(bytes32 role, address account) external;
            function revokeRole(bytes32 role, address account) external;
            function renounceRole(bytes32 role, address account) external;
            function hasRole(bytes32 role, address account) external view returns (bool);
            function defaultAdmin() external view returns (address);
            function beginDefaultAdminTransfer(address newAdmin) external;
            function cancelDefaultAdminTransfer() external;
            function acceptDefaultAdminTransfer() external;
            error AccessControlUnauthorizedAccount(address account, bytes32 neededRole);
            error AccessControlBadConfirmation();
            error AccessControlEnforcedDefaultAdminRules();
            error AccessControlInvalidDefaultAdmin(address defaultAdmin);
            error AccessControlEnforcedDefaultAdminDelay(uint48 schedule);
            event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
            event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender);
        }
    }
}

/// `KioskRegistry`
pub mod registry {
    alloy_sol_types::sol! {
        #[derive(Debug, PartialEq, Eq)]
        interface KioskRegistry {
            function OPERATOR_ROLE() external view returns (bytes32);
            function ISSUER_ROLE() external view returns (bytes32);
            function enrol(bytes32 id, bytes32 deviceKey, address sender, bytes32 bindingR, bytes32 bindingS) external;
            function suspend(bytes32 id) external;
            function reinstate(bytes32 id) external;
            function rotate(bytes32 id, bytes32 deviceKey, address sender, bytes32 bindingR, bytes32 bindingS) external;
            function assign(bytes32 id, address operator) external;
            function kioskOf(address sender) external view returns (bytes32);
            function kiosk(bytes32 id) external view returns (bytes32 deviceKey, address sender, bytes32 bindingR, bytes32 bindingS, uint8 state, uint64 since);
            function keyOf(bytes32 id, bytes32 deviceKey) external view returns (address sender, bytes32 bindingR, bytes32 bindingS, uint64 since, uint64 until);
            function operatorOf(bytes32 id) external view returns (address operator, bool heldByAuthority);
            event Enrolled(bytes32 indexed kiosk, address indexed operator, bytes32 deviceKey, address sender, bytes32 bindingR, bytes32 bindingS);
            event Suspended(bytes32 indexed kiosk, address indexed by);
            event Reinstated(bytes32 indexed kiosk, address indexed by);
            event Rotated(bytes32 indexed kiosk, address indexed by, bytes32 deviceKey, address sender, bytes32 bindingR, bytes32 bindingS);
            event Assigned(bytes32 indexed kiosk, address indexed operator);
            error ZeroValue();
            error UnknownKiosk(bytes32 kiosk);
            error AlreadyEnrolled(bytes32 kiosk);
            error SenderUsed(address sender);
            error NotResponsible(bytes32 kiosk, address caller);
            error WrongState(bytes32 kiosk, uint8 state);
            error HeldByAuthority(bytes32 kiosk);
            error NotAnOperator(address account);
        }
    }
}

/// `Anchor`
pub mod anchor {
    alloy_sol_types::sol! {
        #[derive(Debug, PartialEq, Eq)]
        interface Anchor {
            function anchor(bytes32 root, uint64 size) external;
            function anchorOf(bytes32 kiosk, bytes32 root) external view returns (uint64 size, uint64 sequence, uint64 blockNumber, uint64 time);
            function head(bytes32 kiosk) external view returns (bytes32 root, uint64 size, uint64 sequence);
            function REGISTRY() external view returns (address);
            event Anchored(bytes32 indexed kiosk, uint64 indexed sequence, bytes32 root, uint64 size);
            error NotAKiosk(address sender);
            error SizeNotGrowing(uint64 newest, uint64 size);
            error RootKnown(bytes32 root, uint64 size);
        }
    }
}

/// `PolicyRegistry`
pub mod policies {
    alloy_sol_types::sol! {
        #[derive(Debug, PartialEq, Eq)]
        interface PolicyRegistry {
            function publish(bytes32 series, bytes32 hash, uint64 version, uint64 validFrom, uint64 validUntil) external;
            function withdraw(address issuer, bytes32 hash) external;
            function policyOf(address issuer, bytes32 hash) external view returns (bytes32 series, uint64 version, uint64 validFrom, uint64 validUntil, uint64 withdrawnAt);
            function inForce(address issuer, bytes32 hash, uint64 time) external view returns (bool);
            function newestVersion(address issuer, bytes32 series) external view returns (uint64);
            function REGISTRY() external view returns (address);
            event Published(address indexed issuer, bytes32 indexed hash, bytes32 indexed series, uint64 version, uint64 validFrom, uint64 validUntil);
            event Withdrawn(address indexed issuer, bytes32 indexed hash, address by);
            error NotAnIssuer(address account);
            error Malformed();
            error AlreadyPublished(bytes32 hash);
            error VersionDue(uint64 version);
            error NothingToWithdraw(address issuer, bytes32 hash);
            error NotResponsible(address issuer, address caller);
        }
    }
}

/// `ConsentRegister`
pub mod consents {
    alloy_sol_types::sol! {
        #[derive(Debug, PartialEq, Eq)]
        interface ConsentRegister {
            function grant(bytes32 root) external;
            function revoke(bytes32 kiosk, bytes32 root, bytes32 secret, bytes32 record, bytes32[] proof) external;
            function grantedAt(bytes32 kiosk, bytes32 root) external view returns (uint64);
            function revokedAt(bytes32 leaf) external view returns (uint64);
            function REGISTRY() external view returns (address);
            event Granted(bytes32 indexed kiosk, bytes32 indexed root);
            event Revoked(bytes32 indexed leaf);
            error NotAKiosk(address sender);
            error ZeroRoot();
            error NotGranted(bytes32 kiosk, bytes32 root);
        }
    }
}

/// `StatusListAnchor`
pub mod status_lists {
    alloy_sol_types::sol! {
        #[derive(Debug, PartialEq, Eq)]
        interface StatusListAnchor {
            function publish(bytes32 list, uint64 number, bytes32 digest) external;
            function listOf(address operator, bytes32 list, uint64 number) external view returns (bytes32 digest, uint64 time);
            function newest(address operator, bytes32 list) external view returns (uint64);
            function REGISTRY() external view returns (address);
            event ListAnchored(address indexed operator, bytes32 indexed list, uint64 indexed number, bytes32 digest);
            error NotAnOperator(address account);
            error ZeroDigest();
            error NumberTaken(uint64 number);
            error NumberNotGrowing(uint64 newest, uint64 number);
        }
    }
}

/// `UsageMeter`
pub mod usage {
    alloy_sol_types::sol! {
        #[derive(Debug, PartialEq, Eq)]
        interface UsageMeter {
            function PERIOD() external view returns (uint64);
            function report(uint64 period, bytes32 root, uint64 total) external;
            function credit(address validator, uint64 period, uint64 attestations) external;
            function settle(address validator, uint64 attestations, bytes32 reference_) external;
            function reportOf(address operator, uint64 period) external view returns (bytes32 root, uint64 total);
            function proves(address operator, uint64 period, bytes32 provider, uint64 count, bytes32 salt, bytes32[] proof) external view returns (bool);
            function undivided(uint64 period) external view returns (uint256);
            function creditsOf(address validator) external view returns (uint64);
            function REGISTRY() external view returns (address);
            event Reported(address indexed operator, uint64 indexed period, bytes32 root, uint64 total);
            event Credited(address indexed validator, uint64 indexed period, uint64 attestations);
            event Settled(address indexed validator, uint64 attestations, bytes32 reference_);
            error NotAnOperator(address account);
            error NotTheAuthority(address account);
            error ZeroRoot();
            error PeriodNotOver(uint256 endsAt);
            error AlreadyReported(uint64 period);
            error MoreThanAvailable(uint256 available);
        }
    }
}
