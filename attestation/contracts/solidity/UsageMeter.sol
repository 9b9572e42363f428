// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {KioskRegistry} from "./KioskRegistry.sol";
import {CommitmentTree} from "./CommitmentTree.sol";

/// @title What service providers used, and the credits it gives validators
/// @notice Once a period (a week) an operator reports how many attestations its kiosks made in all, and
/// commits to how many each provider asked for. The total becomes credits, which the authority divides
/// among those who run the chain's nodes. Credits are a tally: they cannot be transferred or exchanged.
/// @dev What an observer learns: one total per operator and week, which the sizes in `Anchor` tell
/// anyhow. A count per provider would tell which service few visitors came for, and with a count for each
/// anchor even which person who stood at the kiosk came for what. So counts are leaves
/// `(provider, count, salt)` of a tree, with every provider in it also when its count is 0; a leaf is
/// shown to its provider and to the auditor, off chain, and anyone who has it can check it with `proves`.
contract UsageMeter {
    struct Report {
        bytes32 root;
        uint64 total;
    }

    /// @notice Length of a period in seconds. A period's number is the time since 1970 divided by this.
    uint64 public constant PERIOD = 7 days;

    /// @notice The registry in which the authority appoints operators.
    KioskRegistry public immutable REGISTRY;

    bytes32 private immutable OPERATOR_ROLE;

    mapping(address operator => mapping(uint64 period => Report)) private _reports;

    /// @notice Attestations reported for a period and not yet divided among validators. Wide enough that
    /// no operator can make the sum overflow, and so keep the others from reporting.
    mapping(uint64 period => uint256 attestations) public undivided;

    /// @notice What a validator has earned and not yet been paid, in attestations.
    mapping(address validator => uint64 attestations) public creditsOf;

    /// @notice An operator reported a period.
    event Reported(address indexed operator, uint64 indexed period, bytes32 root, uint64 total);
    /// @notice A validator got a part of a period.
    event Credited(address indexed validator, uint64 indexed period, uint64 attestations);
    /// @notice A validator was paid, outside of this ledger.
    event Settled(address indexed validator, uint64 attestations, bytes32 reference_);

    /// @notice This account is not an operator.
    error NotAnOperator(address account);
    /// @notice Only the authority may do this.
    error NotTheAuthority(address account);
    /// @notice A root of zero stands for "none".
    error ZeroRoot();
    /// @notice The period ends at this time (seconds since 1970); it can be reported from then on.
    error PeriodNotOver(uint256 endsAt);
    /// @notice This operator reported other figures for this period.
    error AlreadyReported(uint64 period);
    /// @notice More than is there: `available` attestations are left.
    error MoreThanAvailable(uint256 available);

    /// @param registry The registry in which the authority appoints operators.
    constructor(KioskRegistry registry) {
        REGISTRY = registry;
        OPERATOR_ROLE = registry.OPERATOR_ROLE();
    }

    /// @notice Reports a period that is over; does nothing if exactly this is reported already. Only an
    /// operator.
    /// @dev Reverts with `NotAnOperator`, `ZeroRoot`, `PeriodNotOver` or `AlreadyReported`.
    /// @param period The period's number.
    /// @param root Root of the tree of leaves `(provider, count, salt)`.
    /// @param total Attestations of all providers together.
    function report(uint64 period, bytes32 root, uint64 total) external {
        if (!REGISTRY.hasRole(OPERATOR_ROLE, msg.sender)) revert NotAnOperator(msg.sender);
        if (root == 0) revert ZeroRoot();
        uint256 endsAt = (uint256(period) + 1) * PERIOD;
        if (block.timestamp < endsAt) revert PeriodNotOver(endsAt);

        Report storage entry = _reports[msg.sender][period];
        if (entry.root != 0) {
            if (entry.root != root || entry.total != total) revert AlreadyReported(period);
            return;
        }
        _reports[msg.sender][period] = Report(root, total);
        undivided[period] += total;
        emit Reported(msg.sender, period, root, total);
    }

    /// @notice Gives a validator a part of a period's attestations as credits. Only the authority.
    /// @dev Reverts with `NotTheAuthority` or `MoreThanAvailable`: never more is given than was used.
    /// @param validator Who runs a node.
    /// @param period The period's number.
    /// @param attestations How many.
    function credit(address validator, uint64 period, uint64 attestations) external {
        _onlyAuthority();
        if (attestations > undivided[period]) revert MoreThanAvailable(undivided[period]);
        undivided[period] -= attestations;
        creditsOf[validator] += attestations;
        emit Credited(validator, period, attestations);
    }

    /// @notice Notes that a validator was paid for credits. Only the authority.
    /// @dev Reverts with `NotTheAuthority` or `MoreThanAvailable`.
    /// @param validator Who was paid.
    /// @param attestations For how many.
    /// @param reference_ Digest of the proof of payment.
    function settle(address validator, uint64 attestations, bytes32 reference_) external {
        _onlyAuthority();
        if (attestations > creditsOf[validator]) revert MoreThanAvailable(creditsOf[validator]);
        creditsOf[validator] -= attestations;
        emit Settled(validator, attestations, reference_);
    }

    /// @notice What an operator reported. Never reverts; all zero if nothing.
    /// @param operator The operator.
    /// @param period The period's number.
    /// @return root Root of the tree of counts.
    /// @return total Attestations of all providers together.
    function reportOf(address operator, uint64 period) external view returns (bytes32 root, uint64 total) {
        Report storage entry = _reports[operator][period];
        return (entry.root, entry.total);
    }

    /// @notice Whether an operator committed to this count for a provider. Never reverts. Ask your own
    /// node: the one that answers sees the count.
    /// @param operator The operator.
    /// @param period The period's number.
    /// @param provider SHA-256 of the provider's name.
    /// @param count Attestations it asked for.
    /// @param salt The leaf's 32 random bytes.
    /// @param proof The way from the leaf to the root.
    /// @return Whether it did.
    function proves(
        address operator,
        uint64 period,
        bytes32 provider,
        uint64 count,
        bytes32 salt,
        bytes32[] calldata proof
    ) external view returns (bool) {
        bytes32 root = _reports[operator][period].root;
        return root != 0 && CommitmentTree.contains(root, abi.encode(provider, count, salt), proof);
    }

    function _onlyAuthority() private view {
        if (!REGISTRY.hasRole(0, msg.sender)) revert NotTheAuthority(msg.sender);
    }
}
