// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {AccessControlDefaultAdminRules} from
    "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";

/// @title Who may speak for which kiosk
/// @notice The authority (`DEFAULT_ADMIN_ROLE`) appoints operators (`OPERATOR_ROLE`) and issuers
/// (`ISSUER_ROLE`); an operator enrols kiosks. The other contracts ask this one, so an appointment
/// or a suspension counts everywhere at once.
/// @dev There is one authority at a time. It is handed over in two steps (`beginDefaultAdminTransfer`,
/// then `acceptDefaultAdminTransfer` by the new one after `HANDOVER_DELAY`), so it cannot be given to
/// an address that nobody holds.
contract KioskRegistry is AccessControlDefaultAdminRules {
    /// @notice May enrol kiosks, and suspend, reinstate and rotate those it enrolled.
    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");

    /// @notice May publish policies (see `PolicyRegistry`).
    bytes32 public constant ISSUER_ROLE = keccak256("ISSUER_ROLE");

    /// @notice Least time between announcing a new authority and its taking over, in seconds.
    uint48 public constant HANDOVER_DELAY = 1 days;

    uint8 private constant UNKNOWN = 0;
    uint8 private constant ACTIVE = 1;
    uint8 private constant SUSPENDED = 2;

    struct Kiosk {
        bytes32 deviceKey;
        address sender;
        uint8 state;
        uint64 since;
        address operator;
        bool heldByAuthority;
    }

    /// @dev Times are 48 bits, so that they share a slot with the sender; that lasts for millions of years.
    struct Key {
        bytes32 bindingR;
        bytes32 bindingS;
        address sender;
        uint48 since;
        uint48 until;
    }

    mapping(bytes32 id => Kiosk) private _kiosks;

    /// @dev Every key that a kiosk ever had: receipts made under an older one stay checkable.
    mapping(bytes32 id => mapping(bytes32 deviceKey => Key)) private _keys;

    /// @dev What `kioskOf` answers; empty while the kiosk is suspended, so that one read decides.
    mapping(address sender => bytes32 id) private _active;

    /// @dev Every address that ever was a sender: none comes back, for this kiosk or another.
    mapping(address sender => bool) private _used;

    /// @notice A kiosk was enrolled. Auditors check the binding (see `enrol`).
    event Enrolled(
        bytes32 indexed kiosk,
        address indexed operator,
        bytes32 deviceKey,
        address sender,
        bytes32 bindingR,
        bytes32 bindingS
    );
    /// @notice From here on the kiosk may not submit.
    event Suspended(bytes32 indexed kiosk, address indexed by);
    /// @notice From here on the kiosk may submit again.
    event Reinstated(bytes32 indexed kiosk, address indexed by);
    /// @notice From here on the kiosk has these keys.
    event Rotated(
        bytes32 indexed kiosk,
        address indexed by,
        bytes32 deviceKey,
        address sender,
        bytes32 bindingR,
        bytes32 bindingS
    );
    /// @notice From here on another operator answers for the kiosk.
    event Assigned(bytes32 indexed kiosk, address indexed operator);

    /// @notice A kiosk identifier, device key or sender is zero.
    error ZeroValue();
    /// @notice There is no such kiosk.
    error UnknownKiosk(bytes32 kiosk);
    /// @notice This kiosk is enrolled already.
    error AlreadyEnrolled(bytes32 kiosk);
    /// @notice This address is, or was, the sender of a kiosk.
    error SenderUsed(address sender);
    /// @notice Only the operator of this kiosk, while appointed, and the authority may do this.
    error NotResponsible(bytes32 kiosk, address caller);
    /// @notice The kiosk is not in the state that this needs.
    error WrongState(bytes32 kiosk, uint8 state);
    /// @notice The authority suspended this kiosk, so only the authority may reinstate it.
    error HeldByAuthority(bytes32 kiosk);
    /// @notice This address is not an operator.
    error NotAnOperator(address account);

    /// @param authority The first authority: appoints everyone else. Not zero.
    constructor(address authority) AccessControlDefaultAdminRules(HANDOVER_DELAY, authority) {}

    /// @notice Enrols a kiosk. Only an operator.
    /// @dev Reverts with `AccessControlUnauthorizedAccount`, `ZeroValue`, `AlreadyEnrolled` or `SenderUsed`.
    /// @param id SHA-256 of the checkpoint origin `kiosk-log/<site>/<kiosk>`.
    /// @param deviceKey The kiosk's Ed25519 public key.
    /// @param sender The address from which the kiosk submits.
    /// @param bindingR First half of an Ed25519 signature by the device key over
    /// `"kiosk-sender-binding-v1\0" ‖ uint256 chain id ‖ this contract (20 bytes) ‖ kiosk ‖ sender (20 bytes)`.
    /// It is kept for auditors and never checked here.
    /// @param bindingS Second half of that signature.
    function enrol(bytes32 id, bytes32 deviceKey, address sender, bytes32 bindingR, bytes32 bindingS)
        external
        onlyRole(OPERATOR_ROLE)
    {
        if (id == 0) revert ZeroValue();
        Kiosk storage entry = _kiosks[id];
        if (entry.state != UNKNOWN) revert AlreadyEnrolled(id);
        _claim(sender);
        entry.operator = msg.sender;
        _setKeys(id, entry, deviceKey, sender, bindingR, bindingS);
        _setState(id, entry, ACTIVE);
        emit Enrolled(id, msg.sender, deviceKey, sender, bindingR, bindingS);
    }

    /// @notice Stops a kiosk: nothing it submits is taken any more. Its operator or the authority; the
    /// authority may also suspend what its operator suspended, which then only the authority lifts.
    /// @dev Reverts with `UnknownKiosk`, `NotResponsible` or, if nothing would change, `WrongState`.
    /// @param id The kiosk's identifier.
    function suspend(bytes32 id) external {
        Kiosk storage entry = _responsible(id);
        bool byAuthority = _isAuthority();
        if (entry.state == SUSPENDED && (entry.heldByAuthority || !byAuthority)) {
            revert WrongState(id, entry.state);
        }
        entry.heldByAuthority = byAuthority;
        _setState(id, entry, SUSPENDED);
        emit Suspended(id, msg.sender);
    }

    /// @notice Lets a suspended kiosk submit again. The authority; or its operator, unless the authority
    /// suspended it.
    /// @dev Reverts with `UnknownKiosk`, `NotResponsible`, `WrongState` or `HeldByAuthority`.
    /// @param id The kiosk's identifier.
    function reinstate(bytes32 id) external {
        Kiosk storage entry = _responsible(id);
        if (entry.state != SUSPENDED) revert WrongState(id, entry.state);
        if (entry.heldByAuthority && !_isAuthority()) revert HeldByAuthority(id);
        entry.heldByAuthority = false;
        _setState(id, entry, ACTIVE);
        emit Reinstated(id, msg.sender);
    }

    /// @notice Gives a kiosk other keys; its anchors and its state stay, and what is known about its
    /// older device keys (see `keyOf`). Its operator or the authority.
    /// @dev Reverts with `UnknownKiosk`, `NotResponsible`, `ZeroValue`, or `SenderUsed` if the sender is
    /// another than now and was ever used.
    /// @param id The kiosk's identifier.
    /// @param deviceKey The Ed25519 public key from now on; may stay the same.
    /// @param sender The submitting address from now on; may stay the same.
    /// @param bindingR First half of the new binding (see `enrol`).
    /// @param bindingS Second half of the new binding.
    function rotate(bytes32 id, bytes32 deviceKey, address sender, bytes32 bindingR, bytes32 bindingS)
        external
    {
        Kiosk storage entry = _responsible(id);
        if (sender != entry.sender) {
            _claim(sender);
            delete _active[entry.sender];
        }
        _setKeys(id, entry, deviceKey, sender, bindingR, bindingS);
        _setState(id, entry, entry.state);
        emit Rotated(id, msg.sender, deviceKey, sender, bindingR, bindingS);
    }

    /// @notice Makes another operator responsible, as when one has lost its role. Only the authority.
    /// @dev Reverts with `AccessControlUnauthorizedAccount`, `UnknownKiosk` or `NotAnOperator`.
    /// @param id The kiosk's identifier.
    /// @param operator An account with `OPERATOR_ROLE`.
    function assign(bytes32 id, address operator) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (!hasRole(OPERATOR_ROLE, operator)) revert NotAnOperator(operator);
        _known(id).operator = operator;
        emit Assigned(id, operator);
    }

    /// @notice The kiosk that may submit from an address. Never reverts.
    /// @param sender Any address.
    /// @return The kiosk's identifier; zero if there is none, or if it is suspended.
    function kioskOf(address sender) external view returns (bytes32) {
        return _active[sender];
    }

    /// @notice What is known about a kiosk. Never reverts.
    /// @param id The kiosk's identifier.
    /// @return deviceKey Its Ed25519 public key.
    /// @return sender The address from which it submits.
    /// @return bindingR First half of its binding (see `enrol`).
    /// @return bindingS Second half of its binding.
    /// @return state 0 unknown, 1 active, 2 suspended.
    /// @return since Block time in seconds since 1970 of the last change of state or keys.
    function kiosk(bytes32 id)
        external
        view
        returns (
            bytes32 deviceKey,
            address sender,
            bytes32 bindingR,
            bytes32 bindingS,
            uint8 state,
            uint64 since
        )
    {
        Kiosk storage entry = _kiosks[id];
        Key storage key = _keys[id][entry.deviceKey];
        return (entry.deviceKey, entry.sender, key.bindingR, key.bindingS, entry.state, entry.since);
    }

    /// @notice What is known about a device key that a kiosk has or had. Never reverts.
    /// @param id The kiosk's identifier.
    /// @param deviceKey An Ed25519 public key.
    /// @return sender The last address that the kiosk submitted from under this key.
    /// @return bindingR First half of this key's binding of that sender (see `enrol`).
    /// @return bindingS Second half of that binding.
    /// @return since Block time in seconds since 1970 at which the key was first listed; zero if this
    /// kiosk never had it.
    /// @return until Block time at which another key took its place; zero while it is the newest.
    function keyOf(bytes32 id, bytes32 deviceKey)
        external
        view
        returns (address sender, bytes32 bindingR, bytes32 bindingS, uint64 since, uint64 until)
    {
        Key storage key = _keys[id][deviceKey];
        return (key.sender, key.bindingR, key.bindingS, key.since, key.until);
    }

    /// @notice Who answers for a kiosk. Never reverts.
    /// @param id The kiosk's identifier.
    /// @return operator The operator (it may have lost its role since); zero if the kiosk is unknown.
    /// @return heldByAuthority Whether the authority suspended it.
    function operatorOf(bytes32 id) external view returns (address operator, bool heldByAuthority) {
        return (_kiosks[id].operator, _kiosks[id].heldByAuthority);
    }

    function _claim(address sender) private {
        if (sender == address(0)) revert ZeroValue();
        if (_used[sender]) revert SenderUsed(sender);
        _used[sender] = true;
    }

    function _setKeys(
        bytes32 id,
        Kiosk storage entry,
        bytes32 deviceKey,
        address sender,
        bytes32 bindingR,
        bytes32 bindingS
    ) private {
        if (deviceKey == 0) revert ZeroValue();
        uint48 time = uint48(block.timestamp);
        bytes32 before = entry.deviceKey;
        if (before != 0 && before != deviceKey) _keys[id][before].until = time;
        Key storage key = _keys[id][deviceKey];
        if (key.since == 0) key.since = time;
        key.until = 0;
        key.sender = sender;
        key.bindingR = bindingR;
        key.bindingS = bindingS;
        entry.deviceKey = deviceKey;
        entry.sender = sender;
    }

    function _setState(bytes32 id, Kiosk storage entry, uint8 state) private {
        entry.state = state;
        entry.since = uint64(block.timestamp);
        _active[entry.sender] = state == ACTIVE ? id : bytes32(0);
    }

    function _known(bytes32 id) private view returns (Kiosk storage entry) {
        entry = _kiosks[id];
        if (entry.state == UNKNOWN) revert UnknownKiosk(id);
    }

    function _responsible(bytes32 id) private view returns (Kiosk storage entry) {
        entry = _known(id);
        bool itsOperator = entry.operator == msg.sender && hasRole(OPERATOR_ROLE, msg.sender);
        if (!itsOperator && !_isAuthority()) revert NotResponsible(id, msg.sender);
    }

    function _isAuthority() private view returns (bool) {
        return hasRole(DEFAULT_ADMIN_ROLE, msg.sender);
    }
}
