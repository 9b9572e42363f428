//! Vectors of others against the code that checks receipts and logs: Wycheproof's and the RFC's
//! Ed25519, the COSE working group's examples, RFC 8949's deterministic encoding. Sources and
//! licences of the files are in `tests/vectors/README.md`.

use serde_json::Value;
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

use crate::cbor::{Reader, Writer, decode_strictly};
use crate::cose::{Purpose, Sign1, sig_structure};
use crate::device::{DeviceKey, DevicePublicKey};

fn from_hex(text: &str) -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digits).collect()
}

fn hex_at(example: &Value, path: &str) -> Vec<u8> {
    from_hex(example.pointer(path).unwrap().as_str().unwrap())
}

/// All of Wycheproof's Ed25519 cases, by the very function that checks checkpoints. Strict
/// verification refuses nothing that is valid.
#[test]
fn wycheproof_ed25519() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut looked_at = 0;
    for group in &set.test_groups {
        let key: Option<[u8; 32]> = group.key.pk.as_slice().try_into().ok();
        let key = key.and_then(|key| DevicePublicKey::from_bytes(&key).ok());
        for test in &group.tests {
            let signature: Result<[u8; 64], _> = test.sig.as_slice().try_into();
            let holds = match (&key, signature) {
                (Some(key), Ok(signature)) => key.signed(&test.msg, &signature),
                _ => false,
            };
            let expected = test.result == TestResult::Valid;
            assert_eq!(holds, expected, "case {}: {}", test.tc_id, test.comment);
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, set.number_of_tests);
    assert!(looked_at > 100);
}

/// RFC 8032 §7.1, "TEST SHA(abc)". (Tests 1 to 3 are in `cose.rs`.)
#[test]
fn rfc_8032_test_sha_abc() {
    let secret: [u8; 32] =
        from_hex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42")
            .try_into()
            .unwrap();
    let message = from_hex(
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    );
    let signature: [u8; 64] = from_hex(
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589\
         09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    )
    .try_into()
    .unwrap();
    let key = DeviceKey::from_seed(&secret).public();
    assert_eq!(
        key.as_bytes()[..],
        from_hex("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf")
    );
    assert!(key.signed(&message, &signature));
}

/// The bytes that are signed, and the signature over them, are those of the working group. The
/// message itself is refused: our profile has one protected header and no unprotected one, and
/// theirs names a key and a content type.
#[test]
fn cose_wg_eddsa_sig_01() {
    let example: Value =
        serde_json::from_str(include_str!("../tests/vectors/eddsa-sig-01.json")).unwrap();
    let message = hex_at(&example, "/output/cbor");
    let mut reader = Reader::new(&message);
    reader.tag(18).unwrap();
    reader.array(4).unwrap();
    let protected = reader.byte_string().unwrap();
    reader.map().unwrap();
    reader.uint().unwrap();
    assert_eq!(reader.byte_string().unwrap(), b"11");
    let payload = reader.byte_string().unwrap();
    let signature = reader.bytes().unwrap();
    let signed = sig_structure(protected, payload);
    assert_eq!(signed, hex_at(&example, "/intermediates/ToBeSign_hex"));
    let key = |name: &str| -> [u8; 32] {
        let path = format!("/input/sign0/key/{name}");
        hex_at(&example, &path).try_into().unwrap()
    };
    let public = DevicePublicKey::from_bytes(&key("x_hex")).unwrap();
    assert!(public.signed(&signed, &signature));
    let secret = DeviceKey::from_seed(&key("d_hex"));
    assert_eq!(secret.sign(&signed), signature, "Ed25519 is deterministic");
    assert!(Sign1::decode(&message, Purpose::Attestation).is_err());
}

#[test]
fn cose_wg_eddsa_sig_02_is_ed448_and_refused() {
    let example: Value =
        serde_json::from_str(include_str!("../tests/vectors/eddsa-sig-02.json")).unwrap();
    let message = hex_at(&example, "/output/cbor");
    assert!(Sign1::decode(&message, Purpose::Attestation).is_err());
}

/// What a value of RFC 8949, appendix A is written as, and read from.
enum Example {
    Unsigned(u64),
    Negative(i64),
    Bytes(&'static [u8]),
    Text(&'static str),
}

/// RFC 8949, appendix A: every example of the types that our formats use.
#[test]
fn rfc_8949_appendix_a() {
    use Example::{Bytes, Negative, Text, Unsigned};
    for (bytes, value) in [
        ("00", Unsigned(0)),
        ("01", Unsigned(1)),
        ("0a", Unsigned(10)),
        ("17", Unsigned(23)),
        ("1818", Unsigned(24)),
        ("1819", Unsigned(25)),
        ("1864", Unsigned(100)),
        ("1903e8", Unsigned(1000)),
        ("1a000f4240", Unsigned(1_000_000)),
        ("1b000000e8d4a51000", Unsigned(1_000_000_000_000)),
        ("1bffffffffffffffff", Unsigned(u64::MAX)),
        ("20", Negative(-1)),
        ("29", Negative(-10)),
        ("3863", Negative(-100)),
        ("3903e7", Negative(-1000)),
        ("40", Bytes(&[])),
        ("4401020304", Bytes(&[1, 2, 3, 4])),
        ("60", Text("")),
        ("6161", Text("a")),
        ("6449455446", Text("IETF")),
        ("62225c", Text("\"\\")),
        ("62c3bc", Text("\u{fc}")),
        ("63e6b0b4", Text("\u{6c34}")),
        ("64f0908591", Text("\u{10151}")),
    ] {
        let bytes = from_hex(bytes);
        let mut writer = Writer::new();
        match value {
            Unsigned(number) => _ = writer.uint(number),
            Negative(number) => _ = writer.int(number),
            Bytes(content) => _ = writer.bytes(content),
            Text(content) => _ = writer.text(content),
        }
        assert_eq!(writer.finish(), bytes);
        let mut reader = Reader::new(&bytes);
        let same = match value {
            Unsigned(number) => reader.uint().is_ok_and(|it| it == number),
            Bytes(content) => reader.byte_string().is_ok_and(|it| it == content),
            Text(content) => reader.text().is_ok_and(|it| it == content),
            Negative(_) => true, // Our formats have negative numbers as keys only (`cwt.rs`).
        };
        assert!(same, "{bytes:02x?}");
    }
}

/// RFC 8949 §4.2.1 and appendix F: encodings that are not the one deterministic one, or not
/// well-formed at all.
#[test]
fn rfc_8949_other_encodings_are_refused() {
    let read = |bytes: &str, read: fn(&mut Reader<'_>) -> Option<Vec<u8>>| {
        decode_strictly(
            &from_hex(bytes),
            |reader| Ok(read(reader)),
            |value| value.clone().unwrap_or_default(),
        )
        .ok()
        .flatten()
    };
    fn number(reader: &mut Reader<'_>) -> Option<Vec<u8>> {
        let number = reader.uint().ok()?;
        let mut writer = Writer::new();
        writer.uint(number);
        Some(writer.finish())
    }
    fn content(reader: &mut Reader<'_>) -> Option<Vec<u8>> {
        let content = reader.byte_string().ok()?.to_vec();
        let mut writer = Writer::new();
        writer.bytes(&content);
        Some(writer.finish())
    }
    fn text(reader: &mut Reader<'_>) -> Option<Vec<u8>> {
        let mut writer = Writer::new();
        writer.text(reader.text().ok()?);
        Some(writer.finish())
    }
    assert!(read("1864", number).is_some() && read("4101", content).is_some());
    for longer_than_needed in [
        "1800",
        "1817",
        "190000",
        "1900ff",
        "1a0000ffff",
        "1b00000000ffffffff",
    ] {
        assert_eq!(
            read(longer_than_needed, number),
            None,
            "{longer_than_needed}"
        );
    }
    for longer_than_needed in ["580101", "59000101", "5f4101ff", "5f41004101ff"] {
        assert_eq!(
            read(longer_than_needed, content),
            None,
            "{longer_than_needed}"
        );
    }
    // Appendix F: end of input in a head or a string; reserved additional information.
    for cut in [
        "18",
        "19",
        "1901",
        "1a",
        "1a0102",
        "1b",
        "1b01020304050607",
        "1c",
        "1d",
        "1e",
        "1f",
    ] {
        assert_eq!(read(cut, number), None, "{cut}");
    }
    for cut in [
        "41",
        "5affffffff00",
        "5bffffffffffffffff010203",
        "5c",
        "5f00ff",
        "5fff00",
    ] {
        assert_eq!(read(cut, content), None, "{cut}");
    }
    for wrong in [
        "61",
        "7affffffff00",
        "7bffffffffffffffff010203",
        "7c",
        "61ff",
        "7f6100ff",
    ] {
        assert_eq!(read(wrong, text), None, "{wrong}");
    }
}
