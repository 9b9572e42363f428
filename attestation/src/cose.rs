//! COSE_Sign1 (RFC 9052 §4.2) with EdDSA over Ed25519 (RFC 9053 §2.2), tagged, everything about
//! the algorithm in the protected header, and nothing in the unprotected one.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::cbor::{DecodeError, Reader, Writer};

/// Length of an Ed25519 signature (RFC 8032).
pub(crate) const SIGNATURE_BYTES: usize = 64;

const TAG_COSE_SIGN1: u64 = 18;

/// What a message is about. It decides the protected header, so that a signature for one purpose
/// never holds for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A kiosk attests a verification: a plain CWT header, `{1: -8}`, as any COSE library reads it.
    Attestation,
    /// An operator vouches for a kiosk: `{1: -8, 16: "application/kiosk-credential+cwt"}`
    /// (16 is `typ`, RFC 9596).
    Credential,
    /// An operator says what has become of its kiosks' keys:
    /// `{1: -8, 16: "application/kiosk-trust-list+cwt"}`.
    TrustList,
}

impl Purpose {
    fn protected(self) -> Vec<u8> {
        const ALG: i64 = 1;
        const TYP: i64 = 16;
        const EDDSA: i64 = -8;
        let mut header = Writer::new();
        match self.typ() {
            None => header.map(1).int(ALG).int(EDDSA),
            Some(typ) => header.map(2).int(ALG).int(EDDSA).int(TYP).text(typ),
        };
        header.finish()
    }

    const fn typ(self) -> Option<&'static str> {
        match self {
            Self::Attestation => None,
            Self::Credential => Some("application/kiosk-credential+cwt"),
            Self::TrustList => Some("application/kiosk-trust-list+cwt"),
        }
    }

    pub(crate) fn to_be_signed(self, payload: &[u8]) -> Vec<u8> {
        sig_structure(&self.protected(), payload)
    }

    pub(crate) fn sign(self, key: &SigningKey, payload: &[u8]) -> [u8; SIGNATURE_BYTES] {
        key.sign(&self.to_be_signed(payload)).to_bytes()
    }

    /// Strict verification: no small-order keys, no second form of a signature.
    pub(crate) fn verify(
        self,
        key: &VerifyingKey,
        payload: &[u8],
        signature: &[u8; SIGNATURE_BYTES],
    ) -> bool {
        let signature = Signature::from_bytes(signature);
        key.verify_strict(&self.to_be_signed(payload), &signature)
            .is_ok()
    }
}

/// The bytes that are signed: `Sig_structure`, RFC 9052 §4.4.
pub(crate) fn sig_structure(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut structure = Writer::new();
    structure
        .array(4)
        .text("Signature1")
        .bytes(protected)
        .bytes(&[])
        .bytes(payload);
    structure.finish()
}

/// A message and its signature, not yet checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sign1<'b> {
    pub(crate) payload: &'b [u8],
    pub(crate) signature: [u8; SIGNATURE_BYTES],
}

impl<'b> Sign1<'b> {
    pub(crate) fn encode(&self, purpose: Purpose) -> Vec<u8> {
        let mut message = Writer::new();
        message
            .tag(TAG_COSE_SIGN1)
            .array(4)
            .bytes(&purpose.protected())
            .map(0)
            .bytes(self.payload)
            .bytes(&self.signature);
        message.finish()
    }

    pub(crate) fn read(reader: &mut Reader<'b>, purpose: Purpose) -> Result<Self, DecodeError> {
        reader.tag(TAG_COSE_SIGN1)?;
        reader.array(4)?;
        if reader.byte_string()? != purpose.protected() {
            return Err(DecodeError::Unknown {
                what: "the protected header of a COSE_Sign1",
            });
        }
        reader.map()?;
        Ok(Self {
            payload: reader.byte_string()?,
            signature: reader.bytes()?,
        })
    }

    pub(crate) fn decode(bytes: &'b [u8], purpose: Purpose) -> Result<Self, DecodeError> {
        crate::cbor::decode_strictly(
            bytes,
            |reader| Self::read(reader, purpose),
            |message| message.encode(purpose),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        let digits = |i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap();
        std::array::from_fn(digits)
    }

    /// RFC 8032 §7.1, tests 1 to 3: secret, public, message, signature.
    #[test]
    fn the_vectors_of_rfc_8032_are_signed_and_verified() {
        for (secret, public, message, signature) in [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                &[][..],
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                &[0x72],
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            ),
            (
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                &[0xaf, 0x82],
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
            ),
        ] {
            let key = SigningKey::from_bytes(&bytes(secret));
            assert_eq!(key.verifying_key().to_bytes(), bytes::<32>(public));
            assert_eq!(key.sign(message).to_bytes(), bytes::<64>(signature));
            assert!(
                key.verifying_key()
                    .verify_strict(message, &Signature::from_bytes(&bytes(signature)))
                    .is_ok()
            );
        }
    }

    #[test]
    fn a_signature_for_one_purpose_does_not_hold_for_another() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let signature = Purpose::Credential.sign(&key, b"payload");
        let public = key.verifying_key();
        assert!(Purpose::Credential.verify(&public, b"payload", &signature));
        assert!(!Purpose::Attestation.verify(&public, b"payload", &signature));
        assert!(!Purpose::TrustList.verify(&public, b"payload", &signature));
    }

    /// The example of the COSE working group: the same structure is signed, and the signature is
    /// the same. The message itself is none of ours: its headers say more than ours may.
    #[test]
    fn the_example_of_the_cose_working_group_is_signed_and_verified() {
        let file = include_str!("../tests/data/cose-eddsa-sig-01.txt");
        let [secret, public, message] = file
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split_once(' ').unwrap().1)
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        let key = SigningKey::from_bytes(&bytes(secret));
        assert_eq!(key.verifying_key().to_bytes(), bytes::<32>(public));
        let message = bytes::<100>(message);
        let mut reader = Reader::new(&message);
        reader.tag(TAG_COSE_SIGN1).unwrap();
        reader.array(4).unwrap();
        let protected = reader.byte_string().unwrap();
        reader.map().unwrap();
        reader.after(4, Reader::byte_string).unwrap();
        let payload = reader.byte_string().unwrap();
        let signature: [u8; SIGNATURE_BYTES] = reader.bytes().unwrap();
        assert_eq!(payload, b"This is the content.");
        let signed = sig_structure(protected, payload);
        assert_eq!(key.sign(&signed).to_bytes(), signature);
        let signature = Signature::from_bytes(&signature);
        assert!(
            key.verifying_key()
                .verify_strict(&signed, &signature)
                .is_ok()
        );
        assert!(Sign1::decode(&message, Purpose::Attestation).is_err());
    }

    #[test]
    fn the_message_is_the_tagged_cose_sign1_of_rfc_9052() {
        let message = Sign1 {
            payload: b"p",
            signature: [9; 64],
        };
        let encoded = message.encode(Purpose::Attestation);
        assert_eq!(
            encoded[..12],
            [
                0xd2, 0x84, 0x43, 0xa1, 0x01, 0x27, 0xa0, 0x41, b'p', 0x58, 0x40, 9
            ]
        );
        assert_eq!(encoded.len(), 11 + 64);
        assert_eq!(
            Sign1::decode(&encoded, Purpose::Attestation)
                .unwrap()
                .payload,
            b"p"
        );
        assert!(Sign1::decode(&encoded, Purpose::Credential).is_err());
    }
}
