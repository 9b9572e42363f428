//! A rotated key: the log goes on, and everything from before it still holds.

use super::tests::{Kiosk, claims, vouch};
use super::{Finding, Log, LogError};
use crate::{Credential, DeviceKey, verify};

fn next_key(kiosk: &Kiosk, seed: u8) -> (DeviceKey, Credential) {
    let key = DeviceKey::from_seed(&[seed; 32]);
    let credential = vouch(&kiosk.operator, &key, "kiosk-07");
    (key, credential)
}

#[test]
fn a_log_goes_on_under_the_next_key_and_all_of_it_holds() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log_of(3);
    let old = kiosk.device.public();
    let (next, credential) = next_key(&kiosk, 2);
    log.rotate_device(&next.public()).unwrap();
    log.rotate_device(&next.public()).unwrap();
    let refused = kiosk.commit(&mut log, 3);
    assert!(matches!(refused, Err(LogError::AnothersLog { .. })));

    log.commit(&claims(3), &next, &credential).unwrap();
    log.commit(&claims(4), &next, &credential).unwrap();
    drop(log);
    let log = Log::open(&kiosk.path()).unwrap();
    assert_eq!(log.audit(&next.public()).unwrap().entries, 5);
    assert_eq!(log.patrol(&next.public(), 0, 10).unwrap(), 0);
    let audited = log.audit(&old);
    assert!(matches!(
        audited,
        Err(LogError::Corrupt {
            finding: Finding::AnotherDevice,
            ..
        })
    ));
    for index in 0..5 {
        let committed = log.attestation(index).unwrap().unwrap();
        verify(committed.receipt(), &kiosk.operator.public(), None).unwrap();
    }
}

#[test]
fn two_rotations_without_an_entry_between_them_are_no_trouble() {
    let kiosk = Kiosk::new();
    let mut log = kiosk.log_of(1);
    let (unused, _) = next_key(&kiosk, 2);
    let (next, credential) = next_key(&kiosk, 3);
    log.rotate_device(&unused.public()).unwrap();
    log.rotate_device(&next.public()).unwrap();
    log.commit(&claims(1), &next, &credential).unwrap();
    assert_eq!(log.audit(&next.public()).unwrap().entries, 2);
}
