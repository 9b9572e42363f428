// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title Trees of commitments
/// @notice Off chain a tree is built as OpenZeppelin's `StandardMerkleTree` does it: a leaf is
/// `keccak256(keccak256(content))`, the two children of a node are hashed in ascending order.
/// @dev Hashing a leaf twice keeps an inner node from being shown as a leaf.
library CommitmentTree {
    /// @notice Whether a leaf with this content is below a root.
    /// @param root The tree's root.
    /// @param content What the leaf commits to, ABI-encoded; hard to guess only if it holds a random salt.
    /// @param proof The siblings on the way up.
    /// @return Whether the proof leads from the content to the root.
    function contains(bytes32 root, bytes memory content, bytes32[] calldata proof) internal pure returns (bool) {
        return MerkleProof.verifyCalldata(proof, root, leaf(content));
    }

    /// @notice The leaf for some content.
    /// @param content What the leaf commits to, ABI-encoded.
    /// @return The leaf's hash.
    function leaf(bytes memory content) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(content)));
    }
}
