"""Independent implementations check what the kiosk made, and make what it must check.

    peers.py ours FOLDER     the kiosk's messages: each must be accepted, and say what is expected
    peers.py theirs FOLDER   writes messages, right and wrong ones, for the kiosk's crate to judge

COSE and CWT by `cwt`, SD-JWT by `sd-jwt`, JWS by `jwcrypto`, zlib by Python. `peers.rs` makes the
folder and reads the answers.
"""

import base64
import json
import sys
import time
import zlib
from pathlib import Path

import cbor2
from cwt import COSE, Claims, COSEKey
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

AUDIENCE = "https://bank.example.org"
NONCE = "once-4711"
# The labels of CWT claims (RFC 8392), of `swversion` (RFC 9711), and ours.
ISS, SUB, IAT, CTI, CNF, SWVERSION, PRIVATE = 1, 2, 6, 7, 8, 271, -65537
TYP = 16
CREDENTIAL_TYP = "application/kiosk-credential+cwt"
TRUST_LIST_TYP = "application/kiosk-trust-list+cwt"


def unpadded(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def padded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def same(found, expected, what):
    if found != expected:
        sys.exit(f"{what}: found {found!r}, expected {expected!r}")


def refuses(what, check):
    """The other implementation must not accept this: or its "yes" would say nothing."""
    try:
        check()
    except Exception:  # pylint: disable=broad-except  # each library has its own
        return
    sys.exit(f"{what} is accepted")


class Folder:
    def __init__(self, path):
        self.path = Path(path)

    def read(self, name):
        return (self.path / name).read_bytes()

    def text(self, name):
        return self.read(name).decode().strip()

    def json(self, name):
        return json.loads(self.read(name))

    def write(self, name, content):
        data = content if isinstance(content, bytes) else content.encode()
        (self.path / name).write_bytes(data)

    def jwk(self, name):
        return JWK(**self.json(name))

    def cose_key(self, name):
        return COSEKey.from_jwk(self.json(name) | {"alg": "EdDSA"})


# ---- ours ----------------------------------------------------------------------------------------


def check_attestation(folder):
    message, expected = folder.read("attestation.cose"), folder.json("expected.json")
    key = folder.cose_key("device.public.jwk")
    # `cwt.decode` insists on a key identifier; the library's COSE decoder does not.
    cose = COSE.new()
    claims = cbor2.loads(cose.decode(message, key))
    Claims.validate(claims)
    same(claims[ISS], expected["kiosk"], "iss")
    same(claims[IAT], expected["issued_at"], "iat")
    same(claims[CTI].hex(), expected["id"], "cti")
    same(padded(claims[SUB]).hex(), expected["subject"], "sub")
    same(claims[SWVERSION], [expected["firmware"]], "swversion")
    private = claims[PRIVATE]
    same(private[0], 2, "version")
    same(private[1], expected["site"], "site")
    same(private[3], expected["service"], "service")
    same(private[4].hex(), expected["policy"], "policy")
    same([digest.hex() for digest in private[10]], expected["disclosable"], "disclosable")
    same(private[11].hex(), expected["software"], "software")
    # The bytes are the deterministic encoding of RFC 8949 §4.2.1 (map keys in bytewise order).
    payload = cbor2.loads(message).value[2]
    ordered = dict(sorted(cbor2.loads(payload).items(), key=lambda e: cbor2.dumps(e[0])))
    same(cbor2.dumps(ordered), payload, "deterministic encoding")
    changed = message[:-1] + bytes([message[-1] ^ 1])
    refuses("a changed attestation", lambda: cose.decode(changed, key))


def check_operator_messages(folder):
    operator = folder.cose_key("operator.public.jwk")
    device = folder.json("device.public.jwk")
    expected = folder.json("expected.json")
    cose = COSE.new()
    protected, _, payload = cose.decode_with_headers(folder.read("credential.cose"), operator)
    same(protected[TYP], CREDENTIAL_TYP, "typ of the credential")
    claims = cbor2.loads(payload)
    same(claims[SUB], expected["kiosk"], "sub of the credential")
    same(unpadded(claims[CNF][1][-2]), device["x"], "cnf of the credential")
    protected, _, payload = cose.decode_with_headers(folder.read("trust.list"), operator)
    same(protected[TYP], TRUST_LIST_TYP, "typ of the trust list")
    listed = cbor2.loads(payload)[PRIVATE][3]
    same([unpadded(key[0]) for key in listed], [device["x"]], "keys of the trust list")


def credential_of(header, payload):
    """The operator's COSE_Sign1 from its short form and the claims (wallet.cddl, claims.cddl)."""
    key, nbf, exp, signature = cbor2.loads(padded(header["kiosk_credential"]))
    cose_key = {1: 1, -1: 6, -2: key}
    site = payload["verification"]["site"]
    claims = {2: payload["iss"], 4: exp, 5: nbf, 8: {1: cose_key}, PRIVATE: {1: site}}
    protected = cbor2.dumps({1: -8, TYP: CREDENTIAL_TYP})
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, cbor2.dumps(claims), signature]))


def check_token(folder, name, fields, key_binding=None):
    token, device = folder.text(name), folder.jwk("device.public.jwk")
    expected = folder.json("expected.json")
    header = {}

    def issuer(_, parameters):
        header.update(parameters)
        return device

    verifier = SDJWTVerifier(token, issuer)
    if key_binding:
        # The library's own default is ES256; the algorithm is the verifier's to choose.
        verifier._verify_key_binding_jwt(AUDIENCE, NONCE, sign_alg=key_binding)
    payload = verifier.get_verified_payload()
    same(header["typ"], "dc+sd-jwt", f"{name}: typ")
    same(credential_of(header, payload), folder.read("credential.cose"), f"{name}: credential")
    same(payload["vct"], "urn:kiosk:verification:1", f"{name}: vct")
    same(payload["iss"], expected["kiosk"], f"{name}: iss")
    same(payload["iat"], expected["issued_at"], f"{name}: iat")
    same(padded(payload["jti"]).hex(), expected["id"], f"{name}: jti")
    same(payload["status"]["status_list"]["idx"], expected["index"], f"{name}: idx")
    same(payload["verification"]["site"], expected["site"], f"{name}: site")
    software = padded(payload["verification"]["software"]).hex()
    same(software, expected["software"], f"{name}: software")
    shown = {field: expected["fields"][field] for field in fields}
    same(payload["card"], shown, f"{name}: card")
    first = token.split("~")[0]
    signature = first[:-3] + ("AAA" if first[-3:] != "AAA" else "BBB")
    forged = token.replace(first, signature)
    refuses(f"{name} with a forged signature", lambda: SDJWTVerifier(forged, issuer))


def check_status_list(folder):
    jws = JWS()
    jws.deserialize(folder.text("status.jwt"))
    jws.verify(folder.jwk("operator.public.jwk"))
    same(jws.jose_header["typ"], "statuslist+jwt", "typ of the status list")
    payload = json.loads(jws.payload)
    same(payload["sub"], "urn:kiosk:status:hall-2/kiosk-07", "sub of the status list")
    bits, packed = payload["status_list"]["bits"], padded(payload["status_list"]["lst"])
    same(bits, 2, "bits")
    unpacked = zlib.decompress(packed)
    status = lambda i: unpacked[i * bits // 8] >> (i * bits % 8) & (1 << bits) - 1
    same([status(i) for i in range(6)], [0, 1, 0, 2, 0, 0], "the first six statuses")


def ours(folder):
    check_attestation(folder)
    check_operator_messages(folder)
    check_token(folder, "unbound.sd-jwt", ["name", "birth_date", "address"])
    check_token(folder, "some.sd-jwt", ["birth_date"])
    check_token(folder, "p256.sd-jwt", ["name"], key_binding="ES256")
    check_token(folder, "ed25519.sd-jwt", ["name"], key_binding="EdDSA")
    check_status_list(folder)
    print("attestation, credential, trust list, 4 wallet tokens and status list accepted")


# ---- theirs --------------------------------------------------------------------------------------


def sign_cose(payload, key, protected):
    cose = COSE.new(alg_auto_inclusion=False, kid_auto_inclusion=False)
    return cose.encode(payload, key, protected=protected, unprotected={})


def write_cose(folder):
    device, operator = folder.cose_key("device.jwk"), folder.cose_key("operator.jwk")
    payload = cbor2.loads(folder.read("attestation.cose")).value[2]
    folder.write("theirs.attestation.cose", sign_cose(payload, device, {1: -8}))
    credential = cbor2.loads(folder.read("credential.cose")).value[2]
    typ = {1: -8, TYP: CREDENTIAL_TYP}
    folder.write("theirs.credential.cose", sign_cose(credential, operator, typ))
    folder.write("wrong.credential.cose", sign_cose(credential, device, typ))


def claims_of(folder):
    """The kiosk's own claims, with the card's fields in the clear for the library to hide."""
    expected = folder.json("expected.json")
    token = folder.text("unbound.sd-jwt")
    payload = json.loads(padded(token.split(".")[1]))
    del payload["_sd_alg"]
    payload["card"] = {SDObj(name): value for name, value in expected["fields"].items()}
    return payload


def header_of(folder):
    """The header of the kiosk's own token: only who knows the operator's key could make another."""
    header = json.loads(padded(folder.text("unbound.sd-jwt").split(".")[0]))
    return {name: header[name] for name in ("typ", "kiosk_credential")}


def issue(folder, key="device.jwk", holder=None, change=None, alg="EdDSA", header=None):
    claims = claims_of(folder)
    if change:
        change(claims)
    issued = SDJWTIssuer(
        claims,
        folder.jwk(key),
        holder_key=holder and folder.jwk(holder),
        sign_alg=alg,
        extra_header_parameters=header or header_of(folder),
    )
    return issued.sd_jwt_issuance


def present(folder, token, fields, holder, alg, nonce=NONCE, audience=AUDIENCE):
    presented = SDJWTHolder(token)
    shown = {"card": {field: True for field in fields}}
    presented.create_presentation(shown, nonce, audience, folder.jwk(holder), alg)
    return presented.sd_jwt_presentation


def write_tokens(folder):
    folder.write("theirs.unbound.sd-jwt", issue(folder))
    for name, alg in (("p256", "ES256"), ("ed25519", "EdDSA")):
        token, key = issue(folder, holder=f"{name}.jwk"), f"{name}.jwk"
        folder.write(f"theirs.{name}.sd-jwt", present(folder, token, ["name"], key, alg))
        other = present(folder, token, ["name"], key, alg, nonce="another")
        folder.write(f"wrong.nonce.{name}.sd-jwt", other)
        other = present(folder, token, ["name"], key, alg, audience="https://x.example")
        folder.write(f"wrong.audience.{name}.sd-jwt", other)
    token = issue(folder, holder="p256.jwk")
    stolen = present(folder, token, ["name"], "ed25519.jwk", "EdDSA")
    folder.write("wrong.holder.sd-jwt", stolen)
    bound = present(folder, token, ["name", "address"], "p256.jwk", "ES256")
    parts = bound.split("~")
    folder.write("wrong.less-shown.sd-jwt", "~".join(parts[:1] + parts[2:]))


def write_wrong_tokens(folder):
    header = header_of(folder)
    folder.write("wrong.key.sd-jwt", issue(folder, key="ed25519.jwk"))
    folder.write("wrong.alg.sd-jwt", issue(folder, key="p256.jwk", alg="ES256"))
    folder.write("wrong.typ.sd-jwt", issue(folder, header=header | {"typ": "JWT"}))
    other = issue(folder, change=lambda claims: claims.update(iss="kiosk-08"))
    folder.write("wrong.kiosk.sd-jwt", other)
    other = issue(folder, change=lambda claims: claims.update({SDObj("vct2"): "x"}))
    folder.write("wrong.place.sd-jwt", other)
    other = issue(folder, change=lambda c: c["card"].update({SDObj("photo"): "x"}))
    folder.write("wrong.field.sd-jwt", other)
    token = issue(folder)
    first, rest = token.split("~", 1)
    unsigned = unpadded(json.dumps({"alg": "none"} | header).encode())
    payload = first.split(".")[1]
    folder.write("wrong.none.sd-jwt", f"{unsigned}.{payload}.~{rest}")
    invented = unpadded(json.dumps(["salt", "sex", "X"]).encode())
    folder.write("wrong.invented.sd-jwt", f"{token}{invented}~")


def write_status_list(folder):
    bits = bytearray(25)
    bits[1] = 0b01  # the verification with index 4, at 2 bits each: invalid
    for name, key, statuses in (
        ("theirs.status.jwt", "operator.jwk", bytes(25)),
        ("invalid.status.jwt", "operator.jwk", bytes(bits)),
        ("wrong.status.jwt", "device.jwk", bytes(25)),
    ):
        payload = {
            "sub": "urn:kiosk:status:hall-2/kiosk-07",
            "iat": int(time.time()),
            "ttl": 86400,
            "status_list": {"bits": 2, "lst": unpadded(zlib.compress(statuses, 9))},
        }
        jws = JWS(json.dumps(payload))
        header = json.dumps({"alg": "EdDSA", "typ": "statuslist+jwt"})
        jws.add_signature(folder.jwk(key), alg="EdDSA", protected=header)
        folder.write(name, jws.serialize(compact=True))


def theirs(folder):
    write_cose(folder)
    write_tokens(folder)
    write_wrong_tokens(folder)
    write_status_list(folder)


if __name__ == "__main__":
    {"ours": ours, "theirs": theirs}[sys.argv[1]](Folder(sys.argv[2]))
