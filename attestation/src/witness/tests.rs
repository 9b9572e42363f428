//! Cosignatures of the specification and of another implementation, and every way to get one wrong.

use super::*;
use crate::device::DeviceKey;

/// Made by github.com/transparency-dev/formats (note, 0f2e7b6) and golang.org/x/mod/sumdb/note, in
/// Go, from a key of 32 bytes 7: the checkpoint is that of the example of c2sp.org/tlog-cosignature.
const GO_KEY: &str = "witness.example.com/w1+8122a5ab+BOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
const GO_NOTE: &str = "example.com/behind-the-sofa\n20852163\n\
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    \u{2014} witness.example.com/w1 gSKlqwAAAABrAXGHlbUEksWdcd7SeqNV+FXWzE9qGM2u8PxT54F59ZdK0O8jKae6Nt/7I5gbZqzMPByUkeoernM23Mi/jpsEMyWbCw==\n";
const GO_TIME: u64 = 0x6b01_7187;

/// The example of c2sp.org/tlog-cosignature; it publishes no key.
const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\n\
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

fn key(name: &str, seed: u8) -> WitnessKey {
    WitnessKey::from_seed(name, &[seed; 32]).unwrap()
}

fn head() -> Checkpoint {
    Checkpoint {
        origin: "kiosk-log/hall/k1".to_owned(),
        size: 300,
        root: [7; 32],
    }
}

#[test]
fn a_cosignature_made_in_go_holds_and_ours_is_the_same_to_the_byte() {
    let witness = WitnessPublicKey::parse(GO_KEY).unwrap();
    let note = Note::parse(GO_NOTE).unwrap();
    let found = witness.find(&note).unwrap().unwrap();
    assert_eq!((found.time(), found.witness()), (GO_TIME, &witness));
    let ours = key("witness.example.com/w1", 7);
    assert_eq!(ours.public().verifier_key(), GO_KEY);
    assert_eq!(ours.cosign(&note.checkpoint, GO_TIME), found);
    assert!(GO_NOTE.ends_with(&found.line()));
}

#[test]
fn the_example_of_the_specification_is_framed_as_it_says() {
    let note = Note::parse(EXAMPLE).unwrap();
    let (name, stamp) = &note.signatures[1];
    assert_eq!(
        (*name, stamp.len()),
        ("witness.example.com/w1", STAMP_BYTES)
    );
    assert_eq!(stamp[..4], [0x8d, 0x66, 0xcf, 0x3f]);
    assert_eq!(stamp[4..12], 1_679_315_147_u64.to_be_bytes());
    assert_eq!(
        signed_text(&note.checkpoint, 1_679_315_147),
        "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n\
         CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    );
}

/// The keys of transparency-dev/formats, note_cosigv1_test.go; the first is for another type.
#[test]
fn only_keys_of_witnesses_are_taken() {
    let real = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";
    let parsed = WitnessPublicKey::parse(real).unwrap();
    assert_eq!(
        (parsed.name(), parsed.verifier_key().as_str()),
        ("remora.n621.de", real)
    );
    for wrong in [
        "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
        "bananas.sigstore.dev+12344556",
        "rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!",
        "rekor.sigstore.dev+12345678+AwEB",
        &real.replace("da77ade7", "00000000"),
        &real.replace("da77ade7", "DA77ADE7"),
        &real.replace("remora", "remorb"),
        &real.replace("remora.n621.de", ""),
        &real.replace("remora.n621.de", "two words"),
        &format!("{real}AA"),
        &"x".repeat(10_000),
        "",
    ] {
        assert_eq!(WitnessPublicKey::parse(wrong), Err(NotAWitness), "{wrong}");
    }
    assert!(WitnessKey::from_seed("", &[1; 32]).is_err());
    assert!(WitnessKey::from_seed("a\nb", &[1; 32]).is_err());
}

#[test]
fn the_kiosk_and_several_witnesses_stand_in_one_note() {
    let device = DeviceKey::from_seed(&[1; 32]);
    let signed = device.sign_checkpoint(head());
    let (one, two) = (key("one.example", 2), key("two.example", 3));
    let lines = [
        one.cosign(&head(), 50),
        one.cosign(&head(), 70),
        two.cosign(&head(), 60),
    ];
    let note = lines
        .iter()
        .fold(signed.note(&device.public()), |note, it| note + &it.line());
    assert_eq!(
        crate::SignedCheckpoint::from_note(&note, &device.public()),
        Ok(signed)
    );
    let note = Note::parse(&note).unwrap();
    let found = |key: &WitnessKey| key.public().find(&note).unwrap().map(|it| it.time());
    assert_eq!(
        [found(&one), found(&two)],
        [Some(70), Some(60)],
        "the latest of each"
    );
    assert_eq!(
        found(&key("one.example", 9)),
        None,
        "another key of the same name is another"
    );
}

#[test]
fn every_changed_bit_of_a_cosigned_note_is_refused_or_silent() {
    let witness = WitnessPublicKey::parse(GO_KEY).unwrap();
    for at in 0..GO_NOTE.len() {
        for bit in 0..8 {
            let mut changed = GO_NOTE.as_bytes().to_vec();
            changed[at] ^= 1 << bit;
            let text = std::str::from_utf8(&changed).ok();
            let note = text.and_then(|text| Note::parse(text).ok());
            let found = note.map(|note| witness.find(&note));
            assert!(!matches!(found, Some(Ok(Some(_)))), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn a_time_beyond_what_is_allowed_does_not_hold() {
    let key = key("one.example", 2);
    assert_eq!(key.cosign(&head(), u64::MAX).time(), MAX_TIME);
    let text = signed_text(&head(), u64::MAX);
    let signature = key.secret.sign(text.as_bytes()).to_bytes();
    assert_eq!(key.public().holds(&head(), u64::MAX, &signature), None);
}

#[test]
fn the_secret_is_not_shown() {
    assert_eq!(
        format!("{:?}", key("one.example", 2)),
        "WitnessKey(one.example, …)"
    );
}
