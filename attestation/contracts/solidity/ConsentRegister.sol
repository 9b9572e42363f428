// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {KioskRegistry} from "./KioskRegistry.sol";
import {CommitmentTree} from "./CommitmentTree.sol";

/// @title Consents given and taken back, as commitments
/// @notice A kiosk enters the root of a tree of consents; a leaf commits to `(secret, record)`, where the
/// resident alone holds the 32 random bytes `secret` and `record` is the salted SHA-256 of what was
/// consented to. Whoever shows the secret takes that consent back; any account may carry it, so a
/// resident needs none.
/// @dev What an observer learns: that a kiosk entered some consents by a time (fill a tree with random
/// leaves and send it at fixed hours, and neither number nor time of visits shows), and later that one
/// of them was taken back. Not whose, for what, or with whom.
contract ConsentRegister {
    /// @notice The registry that says which address speaks for which kiosk.
    KioskRegistry public immutable REGISTRY;

    mapping(bytes32 kiosk => mapping(bytes32 root => uint64 time)) private _granted;
    mapping(bytes32 leaf => uint64 time) private _revoked;

    /// @notice A kiosk entered consents.
    event Granted(bytes32 indexed kiosk, bytes32 indexed root);
    /// @notice The consent behind this leaf was taken back.
    event Revoked(bytes32 indexed leaf);

    /// @notice No active kiosk submits from this address.
    error NotAKiosk(address sender);
    /// @notice A root of zero stands for "none".
    error ZeroRoot();
    /// @notice This kiosk entered no consent with this secret and record under this root.
    error NotGranted(bytes32 kiosk, bytes32 root);

    /// @param registry The registry that says which address speaks for which kiosk.
    constructor(KioskRegistry registry) {
        REGISTRY = registry;
    }

    /// @notice Enters consents; does nothing if they are entered already. Only an active kiosk's sender.
    /// @dev Reverts with `NotAKiosk` or `ZeroRoot`.
    /// @param root The root of the tree of commitments; for a single consent, its leaf.
    function grant(bytes32 root) external {
        bytes32 kiosk = REGISTRY.kioskOf(msg.sender);
        if (kiosk == 0) revert NotAKiosk(msg.sender);
        if (root == 0) revert ZeroRoot();
        if (_granted[kiosk][root] != 0) return;
        _granted[kiosk][root] = uint64(block.timestamp);
        emit Granted(kiosk, root);
    }

    /// @notice Takes a consent back for good; does nothing if it is taken back already. Anyone who knows
    /// the secret.
    /// @dev Reverts with `NotGranted`. A suspended kiosk's consents can be taken back as well.
    /// @param kiosk Where the consent was given.
    /// @param root The root under which it was entered.
    /// @param secret The resident's secret, 32 random bytes; public from now on.
    /// @param record Salted SHA-256 of what was consented to.
    /// @param proof The way from the leaf to the root; empty for a single consent.
    function revoke(bytes32 kiosk, bytes32 root, bytes32 secret, bytes32 record, bytes32[] calldata proof)
        external
    {
        bytes memory content = abi.encode(secret, record);
        if (_granted[kiosk][root] == 0 || !CommitmentTree.contains(root, content, proof)) {
            revert NotGranted(kiosk, root);
        }
        bytes32 leaf = CommitmentTree.leaf(content);
        if (_revoked[leaf] != 0) return;
        _revoked[leaf] = uint64(block.timestamp);
        emit Revoked(leaf);
    }

    /// @notice When a kiosk entered a tree of consents. Never reverts.
    /// @param kiosk The kiosk's identifier.
    /// @param root The root of the tree.
    /// @return Block time in seconds since 1970; 0 if it did not.
    function grantedAt(bytes32 kiosk, bytes32 root) external view returns (uint64) {
        return _granted[kiosk][root];
    }

    /// @notice When a consent was taken back. Never reverts.
    /// @param leaf `keccak256(keccak256(abi.encode(secret, record)))`.
    /// @return Block time in seconds since 1970; 0 if it was not.
    function revokedAt(bytes32 leaf) external view returns (uint64) {
        return _revoked[leaf];
    }
}
