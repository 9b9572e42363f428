//! An auditor with a receipt, the operator's public key and a node's address: is it anchored, and by
//! whom? And the operator's way there, by the commands of `receipt chain` alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops where something is wrong"
)]

mod common;

use std::path::PathBuf;
use std::process::{Command, Output};

use attestation::chain::{Contracts, Operations, SenderEnrolment, kiosk_id};
use attestation::{DeviceKey, Log, Receipt};
use common::anvil::{Anvil, Bench, CHAIN_ID, ORIGIN, authority, eager, fund, network, sender};
use common::bad_endpoint::{BadEndpoint, Reply};
use common::{Kiosk, claims};
use serde_json::{Value, json};

/// A kiosk whose third attestation was anchored, and that went on afterwards.
struct Scene {
    kiosk: Kiosk,
    anvil: Anvil,
    contracts: Contracts,
}

impl Scene {
    fn new() -> Self {
        let mut kiosk = Kiosk::with_entries(3);
        let anvil = Anvil::start();
        let contracts = network(&anvil, &kiosk);
        let mut bench = Bench::new(eager(&[&anvil.url], contracts));
        bench.settle(&mut kiosk.log);
        let scene = Self {
            kiosk,
            anvil,
            contracts,
        };
        scene.write("operator.pub", &scene.kiosk.operator_public().to_pem());
        scene.write("ledger.json", &contracts.to_json());
        for index in 0..3 {
            scene.write_receipt(index);
        }
        scene.kiosk.log.export(&scene.path("export")).unwrap();
        scene
    }

    /// More attestations, of which the newest head is anchored, and all is exported.
    fn grow(&mut self, to: u64) {
        for number in self.kiosk.log.size().unwrap()..to {
            self.kiosk.commit(&claims(number));
        }
        let settings = eager(&[&self.anvil.url], self.contracts);
        Bench::new(settings).settle(&mut self.kiosk.log);
        self.kiosk.log.export(&self.path("export")).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.kiosk.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn receipt(&self, index: u64) -> Receipt {
        let attestation = self.kiosk.log.attestation(index).unwrap();
        attestation.unwrap().receipt().clone()
    }

    fn write_receipt(&self, index: u64) {
        self.write(&index.to_string(), &self.receipt(index).encode());
    }

    fn verify(&self, index: u64, more: &[&str]) -> (Option<i32>, Value) {
        let url = self.anvil.url.clone();
        self.verify_by(&[&url], index, more)
    }

    fn verify_by(&self, urls: &[&str], index: u64, more: &[&str]) -> (Option<i32>, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_receipt"));
        command.current_dir(self.kiosk.folder.path());
        command.args(["verify", "--json", "--operator", "operator.pub"]);
        command.args(["--ledger", "ledger.json"]).args(more);
        for url in urls {
            command.args(["--rpc", url]);
        }
        let output = command.arg(index.to_string()).output().unwrap();
        let json = serde_json::from_slice(&output.stdout);
        (
            output.status.code(),
            json.unwrap_or_else(|_| panic!("{output:?}")),
        )
    }

    fn refused(&self, index: u64, more: &[&str]) -> (Option<i32>, String) {
        let (status, found) = self.verify(index, more);
        (status, code(&found))
    }

    /// What a person reads.
    fn says(&self, index: u64) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_receipt"));
        command.current_dir(self.kiosk.folder.path());
        command.args(["verify", "--operator", "operator.pub"]);
        command.args(["--ledger", "ledger.json", "--rpc", &self.anvil.url]);
        let output = command.arg(index.to_string()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn operate(&self, what: impl FnOnce(&Operations<'_>)) {
        let (endpoint, authority) = (self.anvil.endpoint(), authority());
        what(&Operations::new(&endpoint, &authority, CHAIN_ID).unwrap());
    }
}

fn code(found: &Value) -> String {
    found["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn an_anchored_head_is_found_with_block_and_time() {
    let scene = Scene::new();
    let (status, found) = scene.verify(2, &[]);
    assert_eq!(status, Some(0), "{found}");
    let ledger = &found["ledger"];
    assert_eq!(
        (&ledger["own_head"], &ledger["size"]),
        (&json!(true), &json!(3))
    );
    let block = scene
        .anvil
        .ask("eth_getBlockByNumber", json!(["latest", false]));
    let number = u64::from_str_radix(&block["number"].as_str().unwrap()[2..], 16).unwrap();
    assert_eq!(ledger["block"], json!(number));
    assert!(
        found["checks"]
            .as_array()
            .unwrap()
            .contains(&json!("anchored"))
    );
}

#[test]
fn a_receipt_below_an_anchored_head_is_shown_by_the_logs_hashes() {
    let mut scene = Scene::new();
    assert_eq!(scene.refused(0, &[]), (Some(2), "anchor_needs_log".into()));
    let (status, found) = scene.verify(0, &["--log", "export"]);
    assert_eq!(status, Some(0), "{found}");
    assert_eq!(found["ledger"]["own_head"], json!(false));
    assert_eq!(found["ledger"]["size"], json!(3));

    // Later anchors cover it too; the first one is the best evidence of when.
    for number in 3..600 {
        scene.kiosk.commit(&claims(number));
    }
    let settings = eager(&[&scene.anvil.url], scene.contracts);
    Bench::new(settings).settle(&mut scene.kiosk.log);
    assert_eq!(scene.refused(0, &["--log", "export"]).0, Some(0));
    scene.write_receipt(300);
    let early = scene.refused(300, &["--log", "export"]);
    assert_eq!(early, (Some(2), "export_too_short".into()));
    scene.kiosk.log.export(&scene.path("export")).unwrap();
    let (_, found) = scene.verify(0, &["--log", "export"]);
    assert_eq!(found["ledger"]["size"], json!(3));
    let (_, found) = scene.verify(300, &["--log", "export"]);
    assert_eq!(found["ledger"]["size"], json!(600));
    // A receipt whose proof leads to a part of the log has no head of its own that could be anchored.
    scene.write_receipt(511);
    assert!(scene.receipt(511).encode().len() < 910, "it is one");
    let alone = scene.refused(511, &[]);
    assert_eq!(alone, (Some(2), "anchor_needs_log".into()));
    let (_, found) = scene.verify(511, &["--log", "export"]);
    assert_eq!(found["ledger"]["size"], json!(600), "{found}");
    // Without the kiosk's hint the newest head is gone by.
    std::fs::remove_file(scene.path("export/anchors")).unwrap();
    let (_, found) = scene.verify(0, &["--log", "export"]);
    assert_eq!(found["ledger"]["size"], json!(600), "{found}");
}

#[test]
fn each_kind_of_failure_has_its_code() {
    let mut scene = Scene::new();
    scene.kiosk.commit(&claims(3));
    scene.write_receipt(3);
    let not_yet = scene.refused(3, &["--log", "export"]);
    assert_eq!(not_yet, (Some(1), "not_anchored".into()));

    scene.operate(|one| one.suspend(&scene.contracts, &kiosk_id(ORIGIN)).unwrap());
    assert_eq!(scene.refused(2, &[]), (Some(1), "kiosk_suspended".into()));
    scene.operate(|one| one.reinstate(&scene.contracts, &kiosk_id(ORIGIN)).unwrap());
    assert_eq!(scene.refused(2, &[]), (Some(0), String::new()));

    // Somebody else's signature on the sender.
    let address = sender().address();
    let mut forged = SenderEnrolment::new(
        &scene.contracts,
        ORIGIN,
        &DeviceKey::from_seed(&[1; 32]),
        address,
    );
    forged.device = scene.kiosk.device.public();
    scene.operate(|one| one.rotate(&scene.contracts, &forged).unwrap());
    assert_eq!(scene.refused(2, &[]), (Some(1), "binding_signature".into()));
    let other = Contracts {
        chain_id: 1,
        ..scene.contracts
    };
    scene.write("ledger.json", &other.to_json());
    assert_eq!(scene.refused(2, &[]), (Some(2), "rpc_wrong_chain".into()));
    let nowhere = Contracts {
        registry: scene.contracts.anchor,
        ..scene.contracts
    };
    scene.write("ledger.json", &nowhere.to_json());
    let (status, refused) = scene.refused(2, &[]);
    assert_eq!((status, &*refused), (Some(2), "rpc_refused"));
    scene.anvil.kill();
    assert_eq!(scene.refused(2, &[]), (Some(2), "rpc_unreachable".into()));
}

#[test]
fn a_kiosk_that_the_registry_does_not_know_is_refused() {
    let scene = Scene::new();
    let elsewhere = common::anvil::deploy(&scene.anvil);
    scene.write("ledger.json", &elsewhere.to_json());
    assert_eq!(
        scene.refused(2, &[]),
        (Some(1), "kiosk_not_registered".into())
    );
}

/// The kiosk's name is on the chain, but with somebody else's key.
#[test]
fn a_key_that_was_never_listed_is_refused() {
    let scene = Scene::new();
    let elsewhere = common::anvil::deploy(&scene.anvil);
    let another = DeviceKey::from_seed(&[1; 32]);
    let address = sender().address();
    let enrolment = SenderEnrolment::new(&elsewhere, ORIGIN, &another, address);
    scene.operate(|one| one.enrol(&elsewhere, &enrolment).unwrap());
    scene.write("ledger.json", &elsewhere.to_json());
    let never = (Some(1), "registry_device_key".into());
    assert_eq!(scene.refused(2, &[]), never);
    // Nor does it help that the other key was replaced since.
    let third = DeviceKey::from_seed(&[2; 32]);
    let enrolment = SenderEnrolment::new(&elsewhere, ORIGIN, &third, address);
    scene.operate(|one| one.rotate(&elsewhere, &enrolment).unwrap());
    assert_eq!(scene.refused(2, &[]), never);
}

/// A new key, with the same sender and then with another one: old receipts stay checkable.
#[test]
fn a_receipt_under_an_older_key_of_the_kiosk_is_found_and_said_to_be_one() {
    let scene = Scene::new();
    let (_, found) = scene.verify(2, &[]);
    assert_eq!(found["ledger"]["key_until"], Value::Null);
    let since = found["ledger"]["key_since"].clone();

    let contracts = scene.contracts;
    let address = sender().address();
    let new_key = DeviceKey::from_seed(&[1; 32]);
    for next in [address, authority().address()] {
        let enrolment = SenderEnrolment::new(&contracts, ORIGIN, &new_key, next);
        scene.operate(|one| one.rotate(&contracts, &enrolment).unwrap());
        let (status, found) = scene.verify(2, &[]);
        assert_eq!(status, Some(0), "{found}");
        let ledger = &found["ledger"];
        assert!(ledger["key_until"].is_string(), "{found}");
        assert_eq!(ledger["key_since"], since);
        assert_eq!(ledger["sender"], json!(address.to_string()));
        assert_eq!(scene.refused(0, &["--log", "export"]).0, Some(0));
    }
    assert!(scene.says(2).contains("an older one of the kiosk"));

    // A suspension holds for all of its keys.
    scene.operate(|one| one.suspend(&contracts, &kiosk_id(ORIGIN)).unwrap());
    assert_eq!(scene.refused(2, &[]), (Some(1), "kiosk_suspended".into()));
}

#[test]
fn a_false_export_proves_nothing() {
    let scene = Scene::new();
    let tile = scene.path("export/tile/0/000.p/3");
    let mut bytes = std::fs::read(&tile).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&tile, bytes).unwrap();
    let refused = scene.refused(0, &["--log", "export"]);
    assert_eq!(refused, (Some(2), "export_differs_from_ledger".into()));
}

/// The root of 600 entries is made of the upper tiles, a proof in it of the lower ones: one damaged
/// file speaks against the export, not against the kiosk.
#[test]
fn a_damaged_export_accuses_nobody() {
    let mut scene = Scene::new();
    scene.grow(600);
    std::fs::remove_file(scene.path("export/anchors")).unwrap();
    scene.write_receipt(511);
    for (index, tile, byte) in [(0, "000", 33), (511, "001", 254 * 32)] {
        assert_eq!(scene.refused(index, &["--log", "export"]).0, Some(0));
        let tile = scene.path(&format!("export/tile/0/{tile}"));
        let mut bytes = std::fs::read(&tile).unwrap();
        bytes[byte] ^= 1;
        std::fs::write(&tile, bytes).unwrap();
        let refused = scene.refused(index, &["--log", "export"]);
        assert_eq!(refused, (Some(2), "export_differs_from_ledger".into()));
    }
}

/// The list of anchors is anybody's.
#[test]
fn a_long_list_of_anchors_is_not_asked_through() {
    let mut scene = Scene::new();
    scene.grow(300);
    let all: String = (1..=300).map(|size| format!("{size}\n")).collect();
    scene.write("export/anchors", &all);
    scene.write_receipt(10);
    let endpoint = BadEndpoint::before(&scene.anvil.url, |_, real| Reply::Result(real()));
    let (status, found) = scene.verify_by(&[&endpoint.url], 10, &["--log", "export"]);
    assert_eq!(status, Some(0), "{found}");
    assert_eq!(found["ledger"]["size"], json!(300));
    assert!(endpoint.asked() < 100, "{} questions", endpoint.asked());
}

#[test]
fn a_file_that_is_missing_does_not_end_the_search() {
    let mut scene = Scene::new();
    scene.grow(600);
    scene.write_receipt(255);
    // The head of 300 entries needs it; the proof from 256 to 600 does not.
    scene.write("export/anchors", "300\n600\n");
    std::fs::remove_file(scene.path("export/tile/0/001")).unwrap();
    let (status, found) = scene.verify(255, &["--log", "export"]);
    assert_eq!(status, Some(0), "{found}");
    assert_eq!(found["ledger"]["size"], json!(600));
}

/// One log for the resident and another for the chain, both signed by the kiosk.
#[test]
fn a_kiosk_that_keeps_two_logs_is_caught() {
    let scene = Scene::new();
    let mut second = Log::create(&scene.path("second.sqlite")).unwrap();
    let shown = second
        .commit(&claims(77), &scene.kiosk.device, &scene.kiosk.credential)
        .unwrap();
    scene.write("0", &shown.receipt().encode());
    let refused = scene.refused(0, &["--log", "export"]);
    assert_eq!(refused, (Some(1), "log_differs_from_ledger".into()));
}

#[test]
fn a_lying_endpoint_is_noticed_beside_an_honest_one() {
    let scene = Scene::new();
    let liar = BadEndpoint::before(&scene.anvil.url, |question, real| {
        let asks = question["method"] == "eth_call";
        let reads = question["params"][0]["data"].as_str().unwrap_or("").len() > 100;
        // Any anchor that is asked for is there.
        if asks && reads {
            let word = |n: u64| format!("{n:064x}");
            let words = [word(3), word(1), word(1), word(1)].concat();
            return Reply::Result(json!(format!("0x{words}")));
        }
        Reply::Result(real())
    });
    let honest = scene.anvil.url.clone();
    let (status, found) = scene.verify_by(&[&liar.url, &honest], 2, &[]);
    assert_eq!((status, &*code(&found)), (Some(2), "rpc_disagree"));
}

#[test]
fn an_operator_gets_there_by_commands_alone() {
    let mut kiosk = Kiosk::with_entries(1);
    let anvil = Anvil::start();
    let folder = kiosk.folder.path().to_owned();
    let url = anvil.url.clone();
    let run = |line: &str| -> Output {
        let line = line.replace("URL", &url);
        let mut command = Command::new(env!("CARGO_BIN_EXE_receipt"));
        command
            .current_dir(&folder)
            .arg("chain")
            .args(line.split(' '));
        command.output().unwrap()
    };
    let worked = |line: &str| -> String {
        let output = run(line);
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };

    let authority = worked("key authority.key");
    fund(&anvil, authority.trim());
    worked("deploy --rpc URL --account authority.key --chain-id 31337 ledger.json");
    let operator = worked("key operator-account.key");
    fund(&anvil, operator.trim());
    worked(&format!(
        "appoint --rpc URL --account authority.key --ledger ledger.json {}",
        operator.trim()
    ));
    let text = std::fs::read_to_string(folder.join("ledger.json")).unwrap();
    let contracts = Contracts::parse(&text).unwrap();
    let address = sender().address();
    let enrolment = SenderEnrolment::new(&contracts, ORIGIN, &kiosk.device, address);
    std::fs::write(folder.join("enrolment.json"), enrolment.to_json()).unwrap();
    std::fs::write(folder.join("kiosk.credential"), kiosk.credential.to_cose()).unwrap();
    let enrol = "enrol --rpc URL --account operator-account.key --ledger ledger.json --credential \
                 kiosk.credential enrolment.json";
    worked(enrol);
    let again = run(enrol);
    assert_eq!(again.status.code(), Some(2));
    let words = String::from_utf8(again.stderr).unwrap();
    assert!(words.contains("enrolled already"), "{words}");

    fund(&anvil, &address.to_string());
    Bench::new(eager(&[&url], contracts)).settle(&mut kiosk.log);
    let status = worked("status --rpc URL --ledger ledger.json --site hall-2 --kiosk kiosk-07");
    assert!(status.contains("may anchor, since"), "{status}");
    assert!(status.contains("1 entries, number 1"), "{status}");
    let one = "--rpc URL --account operator-account.key --ledger ledger.json --site hall-2 \
               --kiosk kiosk-07";
    worked(&format!("suspend {one}"));
    let status = worked("status --rpc URL --ledger ledger.json --site hall-2 --kiosk kiosk-07");
    assert!(status.contains("suspended"), "{status}");
    worked(&format!("reinstate {one}"));
    let stranger = run(&format!(
        "suspend {}",
        one.replace("operator-account", "stranger")
    ));
    assert_eq!(stranger.status.code(), Some(2));
}
