// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {KioskRegistry} from "./KioskRegistry.sol";

/// @title Which rules were in force, and who issued them
/// @notice An attestation carries the hash of the policy that decided. Here an auditor finds who issued
/// the policy with that hash, for which time, and whether it was withdrawn. Issuers are of any level
/// (state, district, institution) and do not touch each other's entries: whom to trust is for the
/// reader to say.
contract PolicyRegistry {
    struct Policy {
        bytes32 series;
        uint64 version;
        uint64 validFrom;
        uint64 validUntil;
        uint64 withdrawnAt;
    }

    /// @notice The registry in which the authority appoints issuers.
    KioskRegistry public immutable REGISTRY;

    bytes32 private immutable ISSUER_ROLE;

    mapping(address issuer => mapping(bytes32 hash => Policy)) private _policies;

    /// @notice The newest version of an issuer's series; 0 if there is none.
    mapping(address issuer => mapping(bytes32 series => uint64)) public newestVersion;

    /// @notice An issuer published a version of a policy.
    event Published(
        address indexed issuer,
        bytes32 indexed hash,
        bytes32 indexed series,
        uint64 version,
        uint64 validFrom,
        uint64 validUntil
    );
    /// @notice From here on the policy is not in force any more.
    event Withdrawn(address indexed issuer, bytes32 indexed hash, address by);

    /// @notice This account may not publish.
    error NotAnIssuer(address account);
    /// @notice The hash is zero, or the validity is empty.
    error Malformed();
    /// @notice This issuer published this hash with other particulars.
    error AlreadyPublished(bytes32 hash);
    /// @notice Versions of a series count from 1 without a gap: this one is due.
    error VersionDue(uint64 version);
    /// @notice This issuer has no such policy, or has withdrawn it.
    error NothingToWithdraw(address issuer, bytes32 hash);
    /// @notice Only the issuer itself, while appointed, and the authority may withdraw.
    error NotResponsible(address issuer, address caller);

    /// @param registry The registry in which the authority appoints issuers.
    constructor(KioskRegistry registry) {
        REGISTRY = registry;
        ISSUER_ROLE = registry.ISSUER_ROLE();
    }

    /// @notice Publishes a version of a policy; does nothing if exactly this is published already.
    /// Only an issuer.
    /// @dev Reverts with `NotAnIssuer`, `Malformed`, `AlreadyPublished` or `VersionDue`.
    /// @param series Names the policy through its versions: SHA-256 of its name.
    /// @param hash SHA-256 of the policy, as attestations carry it.
    /// @param version 1 for a new series, then one more each time.
    /// @param validFrom First second (since 1970) in which it is in force.
    /// @param validUntil First second in which it is no longer in force.
    function publish(bytes32 series, bytes32 hash, uint64 version, uint64 validFrom, uint64 validUntil)
        external
    {
        if (!_isIssuer(msg.sender)) revert NotAnIssuer(msg.sender);
        if (hash == 0 || validFrom >= validUntil) revert Malformed();

        Policy storage entry = _policies[msg.sender][hash];
        if (entry.version != 0) {
            bool same = entry.series == series && entry.version == version && entry.validFrom == validFrom
                && entry.validUntil == validUntil;
            if (!same) revert AlreadyPublished(hash);
            return;
        }
        uint64 due = newestVersion[msg.sender][series] + 1;
        if (version != due) revert VersionDue(due);

        newestVersion[msg.sender][series] = version;
        _policies[msg.sender][hash] = Policy(series, version, validFrom, validUntil, 0);
        emit Published(msg.sender, hash, series, version, validFrom, validUntil);
    }

    /// @notice Ends a policy's force now, for good. Its issuer, or the authority.
    /// @dev Reverts with `NothingToWithdraw` or `NotResponsible`.
    /// @param issuer Who published it.
    /// @param hash SHA-256 of the policy.
    function withdraw(address issuer, bytes32 hash) external {
        bool itsIssuer = msg.sender == issuer && _isIssuer(msg.sender);
        if (!itsIssuer && !REGISTRY.hasRole(0, msg.sender)) revert NotResponsible(issuer, msg.sender);
        Policy storage entry = _policies[issuer][hash];
        if (entry.version == 0 || entry.withdrawnAt != 0) revert NothingToWithdraw(issuer, hash);
        entry.withdrawnAt = uint64(block.timestamp);
        emit Withdrawn(issuer, hash, msg.sender);
    }

    /// @notice What an issuer published under a hash. Never reverts; all zero if nothing.
    /// @param issuer Who published it.
    /// @param hash SHA-256 of the policy.
    /// @return series The policy's series.
    /// @return version Its version in the series, from 1.
    /// @return validFrom First second (since 1970) in which it is in force.
    /// @return validUntil First second in which it is no longer in force.
    /// @return withdrawnAt Block time in seconds since 1970 of its withdrawal; 0 if it was not withdrawn.
    function policyOf(address issuer, bytes32 hash)
        external
        view
        returns (bytes32 series, uint64 version, uint64 validFrom, uint64 validUntil, uint64 withdrawnAt)
    {
        Policy storage entry = _policies[issuer][hash];
        return (entry.series, entry.version, entry.validFrom, entry.validUntil, entry.withdrawnAt);
    }

    /// @notice Whether a policy was in force at a time. Never reverts.
    /// @param issuer Who published it.
    /// @param hash SHA-256 of the policy.
    /// @param time Seconds since 1970.
    /// @return Whether `time` is within its validity and before its withdrawal.
    function inForce(address issuer, bytes32 hash, uint64 time) external view returns (bool) {
        Policy storage entry = _policies[issuer][hash];
        bool withdrawn = entry.withdrawnAt != 0 && time >= entry.withdrawnAt;
        return entry.validFrom <= time && time < entry.validUntil && !withdrawn;
    }

    function _isIssuer(address account) private view returns (bool) {
        return REGISTRY.hasRole(ISSUER_ROLE, account);
    }
}
