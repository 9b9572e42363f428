//! What witnesses said about the log is kept, and nothing that they did not say.

use super::{Kiosk, tamper};
use crate::{Cosigned, WitnessKey};

fn witness(seed: u8) -> WitnessKey {
    WitnessKey::from_seed("witness.example/w1", &[seed; 32]).unwrap()
}

#[test]
fn a_witnesss_word_is_kept_and_the_largest_head_counts() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log_of(3);
    let (one, other) = (witness(1), WitnessKey::from_seed("w2", &[2; 32]).unwrap());
    for (entries, time) in [(3, 100), (5, 200), (5, 150)] {
        for number in log.size().unwrap()..entries {
            kiosk.commit(&mut log, number as u8).unwrap();
        }
        for key in [&one, &other] {
            let head = log.head().unwrap().unwrap();
            let cosignature = key.cosign(&head.checkpoint, time);
            let note = head.note(&kiosk.device.public()) + &cosignature.line();
            let kept = log.accept_cosignature(&note, key.public()).unwrap();
            assert_eq!(kept, Cosigned { head, cosignature });
            assert_eq!(log.accept_cosignature(&note, key.public()).unwrap(), kept);
        }
    }
    let known = log.cosigned().unwrap();
    let told = |it: &Cosigned| (it.head.checkpoint.size, it.cosignature.time());
    assert_eq!(
        known.iter().map(told).collect::<Vec<_>>(),
        [(5, 200), (5, 200)]
    );
    drop(log);
    assert_eq!(kiosk.log().cosigned().unwrap(), known);
    assert_eq!(kiosk.audited(&kiosk.log()), 5);
    tamper(&kiosk.path(), "UPDATE cosignatures SET time = time + 1");
    let refused = kiosk.log().audit(&kiosk.device.public()).unwrap_err();
    assert!(refused.to_string().contains("cosignature"), "{refused}");
}

#[test]
fn what_a_witness_did_not_say_about_this_log_is_refused() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log_of(3);
    let witness = witness(1);
    let head = log.head().unwrap().unwrap();
    let plain = head.note(&kiosk.device.public());
    let mut accept = |note: &str| {
        log.accept_cosignature(note, witness.public())
            .unwrap_err()
            .as_code()
    };
    assert_eq!(accept("something"), "not_cosigned");
    assert_eq!(accept(&plain), "not_cosigned");
    let line = witness.cosign(&head.checkpoint, 9).line();
    let later = head.checkpoint.clone();
    let line_of_another_time = line.replace("AAAAAAJ", "AAAAAAK");
    assert_ne!(line, line_of_another_time);
    assert_eq!(
        accept(&format!("{plain}{line_of_another_time}")),
        "not_cosigned"
    );
    for change in [
        |it: &mut crate::Checkpoint| it.root[0] ^= 1,
        |it: &mut crate::Checkpoint| it.size = 2,
        |it: &mut crate::Checkpoint| it.size = 4,
        |it: &mut crate::Checkpoint| it.size = 0,
        |it: &mut crate::Checkpoint| it.origin.push('8'),
    ] {
        let mut other = later.clone();
        change(&mut other);
        let said = witness.cosign(&other, 9).line();
        let note = kiosk
            .device
            .sign_checkpoint(other)
            .note(&kiosk.device.public())
            + &said;
        assert_eq!(accept(&note), "other_history");
    }
    assert_eq!(log.cosigned().unwrap(), []);
}
