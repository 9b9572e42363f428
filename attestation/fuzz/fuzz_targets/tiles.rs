//! An exported log in which one file is any bytes: it is refused, unless they are the right ones.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use attestation::{
    Claims, Credential, Decision, DeviceKey, FactorOutcome, Factors, Log, Name, OperatorKey,
    OperatorPublicKey, Reason, TimeQuality, Validity, check_export,
};
use libfuzzer_sys::fuzz_target;

const ENTRIES: u8 = 3;
const FILES: [&str; 4] = [
    "checkpoint",
    "credentials",
    "tile/0/000.p/3",
    "tile/entries/000.p/3",
];

struct Export {
    folder: PathBuf,
    operator: OperatorPublicKey,
    honest: Vec<Vec<u8>>,
    _removed_at_the_end: tempfile::TempDir,
}

static EXPORT: LazyLock<Export> = LazyLock::new(|| {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("export");
    let operator = OperatorKey::generate().unwrap();
    let device = DeviceKey::from_seed(&[1; 32]);
    let name = |text| Name::new(text).unwrap();
    let validity = Validity {
        not_before: 0,
        not_after: 9,
    };
    let credential = Credential::issue(&operator, name("k"), name("s"), device.public(), validity);
    let mut log = Log::create(&place.path().join("log.sqlite")).unwrap();
    for number in 0..ENTRIES {
        log.commit(&claims(number), &device, &credential).unwrap();
    }
    log.export(&folder).unwrap();
    let operator = operator.public();
    check_export(&folder, &operator).unwrap();
    let honest = FILES.map(|file| std::fs::read(folder.join(file)).unwrap());
    Export {
        folder,
        operator,
        honest: honest.into(),
        _removed_at_the_end: place,
    }
});

fn claims(number: u8) -> Claims {
    let name = |text| Name::new(text).unwrap();
    Claims {
        id: [number; 16],
        kiosk: name("k"),
        site: name("s"),
        issued_at: 1,
        time_quality: TimeQuality::Unsynchronised,
        service: name("v"),
        policy: [0; 32],
        document: None,
        factors: Factors {
            liveness: FactorOutcome::NotPerformed,
            face: FactorOutcome::NotPerformed,
        },
        decision: Decision::Referred(Reason::ResidentCannot),
        officer: None,
        models: [0; 16],
        firmware: name("1"),
        subject: None,
        software: None,
        disclosable: Vec::new(),
    }
}

fuzz_target!(|input: (u8, &[u8])| {
    let Export {
        folder,
        operator,
        honest,
        ..
    } = &*EXPORT;
    let (which, bytes) = (usize::from(input.0) % FILES.len(), input.1);
    let path = folder.join(FILES[which]);
    std::fs::write(&path, bytes).unwrap();
    let accepted = check_export(folder, operator).is_ok();
    std::fs::write(&path, &honest[which]).unwrap();
    assert!(!accepted || bytes == honest[which] || FILES[which] == "checkpoint");
});
