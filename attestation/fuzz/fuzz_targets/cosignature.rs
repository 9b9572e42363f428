//! Any text as a witness's verifier key, any text as a cosigned note, and any time and checkpoint
//! under the witness's own signature. What is read is written again as it was.
#![no_main]

use attestation::{Checkpoint, Note, WitnessKey, WitnessPublicKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, u64, [u8; 32], u64)| {
    let (text, size, root, time) = input;
    if let Ok(key) = WitnessPublicKey::parse(text) {
        assert_eq!(key.verifier_key(), text.trim());
    }
    let Ok(witness) = WitnessKey::from_seed("witness.example/w1", &[1; 32]) else {
        return;
    };
    if let Ok(note) = Note::parse(text) {
        let _ = witness.public().find(&note);
    }
    let checkpoint = Checkpoint {
        // A device key signs heads of kiosks' logs and nothing that could be something else.
        origin: format!("kiosk-log/{text}"),
        size,
        root,
    };
    let said = witness.cosign(&checkpoint, time);
    let device = attestation::DeviceKey::from_seed(&[2; 32]);
    let head = device.sign_checkpoint(checkpoint.clone());
    let text = head.note(&device.public()) + &said.line();
    if let Ok(note) = Note::parse(&text) {
        assert_eq!(note.checkpoint, checkpoint);
        assert_eq!(witness.public().find(&note), Ok(Some(said)));
    }
});
