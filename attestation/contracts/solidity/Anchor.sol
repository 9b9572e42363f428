// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {KioskRegistry} from "./KioskRegistry.sol";

/// @title The roots of the kiosks' logs
/// @notice Each kiosk appends the heads of its log: in order, each root once, the size always growing.
/// Sending the same head again changes nothing, so a client that lost an answer may simply repeat.
/// Root and size say nothing about people.
contract Anchor {
    /// @notice The registry that says which address speaks for which kiosk.
    KioskRegistry public immutable REGISTRY;

    /// @dev From the lowest: size, sequence, block number, time, 64 bits each. Packed by hand, since the
    /// compiler reads and writes the four members of a structure one by one (1,100 gas by Istanbul's rules).
    mapping(bytes32 kiosk => mapping(bytes32 root => uint256 packed)) private _anchors;
    mapping(bytes32 kiosk => bytes32 root) private _newest;

    /// @notice A kiosk's log had this root at this size. Sequences count from 1 without a gap.
    event Anchored(bytes32 indexed kiosk, uint64 indexed sequence, bytes32 root, uint64 size);

    /// @notice No active kiosk submits from this address.
    error NotAKiosk(address sender);
    /// @notice The size does not grow: the kiosk's newest anchor has `newest` entries.
    error SizeNotGrowing(uint64 newest, uint64 size);
    /// @notice This root is anchored with another size.
    error RootKnown(bytes32 root, uint64 size);

    /// @param registry The registry that says which address speaks for which kiosk.
    constructor(KioskRegistry registry) {
        REGISTRY = registry;
    }

    /// @notice Appends a head of the caller's log; does nothing if this very head is there already.
    /// Only an active kiosk's sender.
    /// @dev Reverts with `NotAKiosk`, `RootKnown` or `SizeNotGrowing`.
    /// @param root The root hash (RFC 9162, SHA-256) of the log.
    /// @param size The number of entries under that root.
    function anchor(bytes32 root, uint64 size) external {
        bytes32 kiosk = REGISTRY.kioskOf(msg.sender);
        if (kiosk == 0) revert NotAKiosk(msg.sender);

        mapping(bytes32 root => uint256 packed) storage anchors = _anchors[kiosk];
        uint64 known = _size(anchors[root]);
        if (known == size && size != 0) return;
        if (known != 0) revert RootKnown(root, known);

        uint256 newest = anchors[_newest[kiosk]];
        if (size <= _size(newest)) revert SizeNotGrowing(_size(newest), size);

        uint64 sequence = _sequence(newest) + 1;
        anchors[root] = size | uint256(sequence) << 64 | block.number << 128 | block.timestamp << 192;
        _newest[kiosk] = root;
        emit Anchored(kiosk, sequence, root, size);
    }

    /// @notice When a root was anchored. Never reverts; all zero if it was not.
    /// @param kiosk The kiosk's identifier.
    /// @param root A root hash of its log.
    /// @return size The number of entries under the root.
    /// @return sequence Its place among the kiosk's anchors, from 1.
    /// @return blockNumber The block that took it.
    /// @return time That block's time, in seconds since 1970.
    function anchorOf(bytes32 kiosk, bytes32 root)
        external
        view
        returns (uint64 size, uint64 sequence, uint64 blockNumber, uint64 time)
    {
        uint256 packed = _anchors[kiosk][root];
        return (_size(packed), _sequence(packed), uint64(packed >> 128), uint64(packed >> 192));
    }

    /// @notice A kiosk's newest anchor. Never reverts; all zero if there is none.
    /// @param kiosk The kiosk's identifier.
    /// @return root The root hash.
    /// @return size The number of entries under the root.
    /// @return sequence The number of anchors so far.
    function head(bytes32 kiosk) external view returns (bytes32 root, uint64 size, uint64 sequence) {
        root = _newest[kiosk];
        uint256 packed = _anchors[kiosk][root];
        return (root, _size(packed), _sequence(packed));
    }

    function _size(uint256 packed) private pure returns (uint64) {
        return uint64(packed);
    }

    function _sequence(uint256 packed) private pure returns (uint64) {
        return uint64(packed >> 64);
    }
}
