//! The log leaves a kiosk that is not running: for everybody, for a witness, for an auditor.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::path::Path;

use stories::ToTheEnd;

/// A program's answer and whether it succeeded.
fn run(program: &str, arguments: &[&str]) -> (bool, String) {
    let output = stories::program(program).args(arguments).to_the_end();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_log_is_audited_published_witnessed_and_measured() {
    let kiosk = stories::play("cannot");
    kiosk.ends("referred", "resident_cannot");
    let at = |name: &str| kiosk.folder().join(name);
    let config = at("kiosk.toml");
    let log = |arguments: &[&str]| {
        let common = [arguments[0], "--config", text(&config)];
        run("kiosk", &[&["log"], &common[..], &arguments[1..]].concat())
    };
    let (done, said) = log(&["audit"]);
    assert!(done && said.contains("1 attestation, every"), "{said}");
    let (done, said) = log(&["size"]);
    assert!(done && said.contains("MiB of 8192 MiB"), "{said}");

    let published = at("published");
    let (done, said) = log(&["export", text(&published)]);
    assert!(done && said.contains("1 attestation in"), "{said}");
    assert!(!published.join("tile/entries").exists(), "digests only");

    let (key, note) = (at("witness.key"), at("note"));
    let name = ["--name", "w.example"];
    let (done, witness) = run(
        "receipt",
        &[&["log", "witness-key"], &name[..], &[text(&key)]].concat(),
    );
    assert!(done, "{witness}");
    let operator = at("operator.pub");
    let memory = at("memory");
    let cosign = [
        "log",
        "witness",
        "--operator",
        text(&operator),
        "--key",
        text(&key),
    ];
    let places = ["--memory", text(&memory), text(&published), text(&note)];
    let (done, said) = run("receipt", &[&cosign[..], &name, &places].concat());
    assert!(done && said.contains("1 entry cosigned"), "{said}");
    let witness = ["--witness", witness.trim()];
    let (done, said) = log(&[&["add-cosignature"], &witness[..], &[text(&note)]].concat());
    assert!(done && said.contains("has seen 1 attestation"), "{said}");
    assert!(log(&["export", text(&published)]).0);
    let check = ["log", "check", "--operator", text(&operator)];
    let (done, said) = run(
        "receipt",
        &[&check[..], &witness, &[text(&published)]].concat(),
    );
    assert!(
        done && said.contains("Witnessed   1 entry by w.example"),
        "{said}"
    );
}

#[test]
fn an_auditor_gets_everything_in_one_file_and_nobody_else_does() {
    let kiosk = stories::play("cannot");
    let config = kiosk.folder().join("kiosk.toml");
    let package = kiosk.folder().join("package.age");
    // The example of c2sp.org/age: a public key like any auditor's.
    let auditor = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
    let export = |to| {
        let arguments = [
            "log",
            "export",
            "--config",
            text(&config),
            "--to",
            to,
            text(&package),
        ];
        run("kiosk", &arguments)
    };
    let (done, said) = export("age1nobody");
    assert!(!done && said.contains("age-keygen"), "{said}");
    let (done, said) = export(auditor);
    assert!(done && said.contains("1 attestation in"), "{said}");
    let bytes = std::fs::read(&package).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n-> X25519 "));
    assert!(!bytes.windows(9).any(|window| window == b"kiosk-log"));
    let (done, said) = export(auditor);
    assert!(!done, "an older package stays: {said}");
}
