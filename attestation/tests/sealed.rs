//! An export for an auditor leaves as one file that only the auditor opens, with the tool `age`
//! (Debian package `age`; it must be installed) and `tar`. Nothing of it lies beside in the clear.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is wrong"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use attestation::{NotAnAuditor, Recipient, check_export};
use common::Kiosk;

/// Runs a program in a folder; gives whether it succeeded, and what it said.
fn run(folder: &Path, program: &str, arguments: &str) -> (bool, String) {
    let output = Command::new(program)
        .current_dir(folder)
        .args(arguments.split(' '))
        .output()
        .unwrap_or_else(|error| panic!("install the package \"{program}\": {error}"));
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    (output.status.success(), told)
}

/// Makes an auditor's key pair; gives the public half.
fn auditor(folder: &Path, file: &str) -> String {
    let (done, told) = run(folder, "age-keygen", &format!("-o {file}"));
    assert!(done, "{told}");
    let (_, public) = run(folder, "age-keygen", &format!("-y {file}"));
    public.trim().to_owned()
}

#[test]
fn only_the_auditor_opens_the_package_and_finds_the_log_whole() {
    let kiosk = Kiosk::with_entries(600);
    let folder = kiosk.folder.path();
    let public = auditor(folder, "auditor.key");
    auditor(folder, "stranger.key");
    fs::write(
        folder.join("operator.pub"),
        kiosk.operator_public().to_pem(),
    )
    .unwrap();
    let attestation = kiosk.log.attestation(0).unwrap().unwrap();
    let attestation = attestation.receipt().attestation();
    let Kiosk {
        log,
        folder,
        operator,
        ..
    } = kiosk;
    let folder = folder.path();
    drop(log);

    let receipt = env!("CARGO_BIN_EXE_receipt");
    let export = format!("log export --to {public} log.sqlite package.age");
    let (done, told) = run(folder, receipt, &export);
    assert!(done, "{told}");
    assert!(told.contains("600 entries in package.age"), "{told}");
    let sealed = fs::read(folder.join("package.age")).unwrap();
    assert!(sealed.len() > 2 * 65_536, "several chunks");
    assert!(!sealed.windows(40).any(|bytes| bytes == &attestation[..40]));
    let names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name == "log" || name == "package.age.unfinished"),
        "{names:?}"
    );

    let decrypt = |key: &str| {
        run(
            folder,
            "age",
            &format!("--decrypt -i {key} -o package.tar package.age"),
        )
    };
    assert!(!decrypt("stranger.key").0);
    let (done, told) = decrypt("auditor.key");
    assert!(done, "{told}");
    assert!(run(folder, "tar", "xf package.tar").0);
    let report = check_export(&folder.join("log"), &operator.public()).unwrap();
    assert_eq!(report.head.checkpoint.size, 600);
    let (done, told) = run(folder, receipt, "log check --operator operator.pub log");
    assert!(done && told.starts_with("WHOLE: every entry"), "{told}");

    let (done, told) = run(folder, receipt, &export);
    assert!(!done, "an older package is not overwritten: {told}");
    for at in [sealed.len() / 2, sealed.len() - 1] {
        fs::write(folder.join("package.age"), &sealed[..at]).unwrap();
        assert!(!decrypt("auditor.key").0, "cut off at {at}");
    }
}

/// Lengths around the edges of the format's chunks of 64 KiB are those of archives: multiples of
/// 512 bytes. The log's tables decide them, so this looks at many.
#[test]
fn packages_of_every_size_open() {
    let kiosk = Kiosk::new();
    let folder = kiosk.folder.path().to_owned();
    let key = Recipient::parse(&auditor(&folder, "auditor.key")).unwrap();
    let mut kiosk = kiosk;
    for entries in [0, 1, 150, 200, 256] {
        for number in kiosk.log.size().unwrap()..entries {
            kiosk.commit(&common::claims(number));
        }
        let package = folder.join(format!("{entries}.age"));
        kiosk
            .log
            .export_sealed(&key, &package, &mut |_, _| ())
            .unwrap();
        let (done, told) = run(
            &folder,
            "age",
            &format!("--decrypt -i auditor.key -o {entries}.tar {entries}.age"),
        );
        assert!(done, "{told}");
        let (_, listed) = run(&folder, "tar", &format!("tf {entries}.tar"));
        assert_eq!(listed.contains("log/checkpoint"), entries > 0, "{listed}");
    }
}

#[test]
fn only_an_auditors_key_is_taken() {
    // The example of c2sp.org/age, and one changed letter of it.
    let example = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
    assert!(Recipient::parse(example).is_ok());
    for wrong in [
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwk",
        "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "age1",
        "",
    ] {
        assert_eq!(Recipient::parse(wrong), Err(NotAnAuditor), "{wrong}");
    }
    // A point of small order would make everybody a reader.
    let kiosk = Kiosk::with_entries(1);
    let nobody = bech32_of_zeros();
    let nobody = Recipient::parse(&nobody).unwrap();
    let path = kiosk.folder.path().join("package.age");
    assert!(
        kiosk
            .log
            .export_sealed(&nobody, &path, &mut |_, _| ())
            .is_err()
    );
    assert!(!path.exists());
}

fn bech32_of_zeros() -> String {
    let prefix = bech32::Hrp::parse("age").unwrap();
    bech32::encode::<bech32::Bech32>(prefix, &[0; 32]).unwrap()
}
