// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {KioskRegistry} from "./KioskRegistry.sol";

/// @title Which status list was the newest, and when
/// @notice Operators anchor the digest of each signed list they publish (Token Status List, trust list).
/// So nobody can show one reader an older list as the newest, nor deny later what a list said.
contract StatusListAnchor {
    struct Entry {
        bytes32 digest;
        uint64 time;
    }

    /// @notice The registry in which the authority appoints operators.
    KioskRegistry public immutable REGISTRY;

    bytes32 private immutable OPERATOR_ROLE;

    mapping(address operator => mapping(bytes32 list => mapping(uint64 number => Entry))) private _entries;

    /// @notice The number of an operator's newest list; 0 if there is none.
    mapping(address operator => mapping(bytes32 list => uint64)) public newest;

    /// @notice An operator published a list.
    event ListAnchored(address indexed operator, bytes32 indexed list, uint64 indexed number, bytes32 digest);

    /// @notice This account is not an operator.
    error NotAnOperator(address account);
    /// @notice A digest of zero stands for "none".
    error ZeroDigest();
    /// @notice Another list has this number already.
    error NumberTaken(uint64 number);
    /// @notice The number does not grow: `newest` is there.
    error NumberNotGrowing(uint64 newest, uint64 number);

    /// @param registry The registry in which the authority appoints operators.
    constructor(KioskRegistry registry) {
        REGISTRY = registry;
        OPERATOR_ROLE = registry.OPERATOR_ROLE();
    }

    /// @notice Anchors a list; does nothing if this very list is there already. Only an operator.
    /// @dev Reverts with `NotAnOperator`, `ZeroDigest`, `NumberTaken` or `NumberNotGrowing`.
    /// @param list Names the list through its versions: SHA-256 of its address (its `sub` claim).
    /// @param number The list's own number; must grow, may skip (lists that were never published).
    /// @param digest SHA-256 of the list's bytes as published.
    function publish(bytes32 list, uint64 number, bytes32 digest) external {
        if (!REGISTRY.hasRole(OPERATOR_ROLE, msg.sender)) revert NotAnOperator(msg.sender);
        if (digest == 0) revert ZeroDigest();

        Entry storage entry = _entries[msg.sender][list][number];
        if (entry.digest == digest) return;
        if (entry.digest != 0) revert NumberTaken(number);
        uint64 last = newest[msg.sender][list];
        if (number <= last) revert NumberNotGrowing(last, number);

        newest[msg.sender][list] = number;
        _entries[msg.sender][list][number] = Entry(digest, uint64(block.timestamp));
        emit ListAnchored(msg.sender, list, number, digest);
    }

    /// @notice What was anchored under a number. Never reverts; all zero if nothing.
    /// @param operator Who published the list.
    /// @param list The list's name (see `publish`).
    /// @param number The list's number.
    /// @return digest SHA-256 of the list's bytes.
    /// @return time Block time in seconds since 1970.
    function listOf(address operator, bytes32 list, uint64 number)
        external
        view
        returns (bytes32 digest, uint64 time)
    {
        Entry storage entry = _entries[operator][list][number];
        return (entry.digest, entry.time);
    }
}
