//! The simulated chip through the real pcscd, read by the kiosk's own procedure: every protocol,
//! every fault, taken away at any answer.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test
#![cfg(feature = "sim")]

#[path = "common/forged.rs"]
mod forged;
#[path = "common/own_reader.rs"]
mod own_reader;
#[path = "common/patience.rs"]
mod patience;

use std::time::SystemTime;

use forged::{FORGED, UNREADABLE};
use hal::card::emrtd::access::AccessKey;
use hal::card::emrtd::cipher::Suite;
use hal::card::emrtd::curve::Curve;
use hal::card::emrtd::pki::hash::HashAlgorithm;
use hal::card::emrtd::pki::passive::{PassiveFault, PassivePolicy, PassiveProof, authenticate};
use hal::card::emrtd::pki::signature::SignatureAlgorithm;
use hal::card::emrtd::pki::trust::TrustStore;
use hal::card::emrtd::procedure::{
    Access, ChipProof, EmrtdFault, Procedure, RawDocument, ReadOptions, Step,
};
use hal::card::emrtd::random::OsRandom;
use hal::sim::passport::{
    Active, Ciphers, Fault, Pace, PaceCurve, PassportOptions, Protocols, SimPassport,
};
use own_reader::{OwnReader, alone};
use pcsc::State;

/// What ended a reading early.
#[derive(Debug)]
#[allow(dead_code)] // what is in them is told when a test fails
enum Ended {
    Fault(EmrtdFault),
    Reader(pcsc::Error),
}

fn from_page() -> AccessKey {
    AccessKey::from_fields("E00007730", "850615", "360101").unwrap()
}

fn read(reader: &OwnReader, key: AccessKey) -> Result<RawDocument, Ended> {
    let card = reader.connect().map_err(Ended::Reader)?;
    let mut procedure = Procedure::new(key, ReadOptions::default(), Box::new(OsRandom));
    let mut buffer = vec![0; 65_538];
    let mut answer: Option<Vec<u8>> = None;
    loop {
        match procedure.step(answer.as_deref()).map_err(Ended::Fault)? {
            Step::Done(document) => return Ok(*document),
            Step::Send(command) => {
                let got = card.transmit(&command, &mut buffer);
                match got.map_err(Ended::Reader)? {
                    // What vpcd makes of a document that went away in the middle.
                    [] => return Err(Ended::Reader(pcsc::Error::RemovedCard)),
                    got => answer = Some(got.to_vec()),
                }
            }
        }
    }
}

fn judge(reader: &OwnReader, document: &RawDocument) -> Result<PassiveProof, PassiveFault> {
    let trust = TrustStore::load(&reader.trust()).unwrap();
    let groups = document.data_groups.iter();
    let groups: Vec<_> = groups.map(|(n, bytes)| (*n, bytes.as_slice())).collect();
    let (policy, now) = (
        PassivePolicy {
            require_revocation_list: true,
        },
        SystemTime::now(),
    );
    authenticate(&document.sod, &groups, &trust, policy, now)
}

#[test]
fn every_combination_of_protocols_is_read_and_believed() {
    alone(
        "every_combination_of_protocols_is_read_and_believed",
        |reader| {
            let pace = |ciphers, curve| Some(Pace { ciphers, curve });
            let (bp, p256, p384) = (PaceCurve::BrainpoolP256r1, PaceCurve::P256, PaceCurve::P384);
            let chips = [
                (true, None, None, None),
                (true, None, Some(Ciphers::TripleDes), None),
                (true, None, None, Some(Active::Ecdsa)),
                (true, None, None, Some(Active::Rsa1024)),
                (true, None, None, Some(Active::Rsa2048)),
                (
                    true,
                    pace(Ciphers::Aes128, bp),
                    Some(Ciphers::Aes128),
                    Some(Active::Ecdsa),
                ),
                (
                    false,
                    pace(Ciphers::TripleDes, p256),
                    None,
                    Some(Active::Rsa2048),
                ),
                (
                    false,
                    pace(Ciphers::Aes192, bp),
                    Some(Ciphers::Aes256),
                    None,
                ),
                (
                    false,
                    pace(Ciphers::Aes256, p384),
                    Some(Ciphers::Aes192),
                    None,
                ),
            ];
            for (bac, pace, chip, active) in chips {
                let protocols = Protocols {
                    bac,
                    pace,
                    chip,
                    active,
                };
                let options = PassportOptions {
                    protocols: protocols.clone(),
                    ..reader.options(SimPassport::example())
                };
                let document = {
                    let _document = reader.with(options);
                    read(reader, from_page()).unwrap()
                };
                reader.wait_for(State::EMPTY);
                println!("{protocols:?}: {} commands", document.commands);
                judge(reader, &document).unwrap();
                match document.access {
                    Access::Bac => assert_eq!(pace, None),
                    Access::Pace { variant, .. } => {
                        assert_eq!(variant.suite, Suite::from(pace.unwrap().ciphers));
                    }
                }
                match (document.chip, chip) {
                    (ChipProof::ChipAuthentication { curve, suite }, Some(ciphers)) => {
                        assert_eq!((curve, suite), (Curve::P256, Suite::from(ciphers)));
                    }
                    (ChipProof::ActiveAuthentication(how), None) => {
                        assert_eq!(Some(how), active.map(signature));
                    }
                    (proof, _) => assert_eq!((proof, active), (ChipProof::NotOffered, None)),
                }
            }
        },
    );
}

#[test]
fn an_identity_card_opens_with_the_number_on_its_front() {
    alone(
        "an_identity_card_opens_with_the_number_on_its_front",
        |reader| {
            let _card = reader.with(reader.options(SimPassport::example_card()));
            let document = read(reader, AccessKey::from_can("773095").unwrap()).unwrap();
            assert!(matches!(
                document.access,
                Access::Pace { with_can: true, .. }
            ));
            judge(reader, &document).unwrap();
            let wrong = read(reader, AccessKey::from_can("773096").unwrap());
            assert!(
                matches!(wrong, Err(Ended::Fault(EmrtdFault::WrongKey(_)))),
                "{wrong:?}"
            );
        },
    );
}

#[test]
fn what_was_forged_is_refused_for_what_it_is() {
    alone("what_was_forged_is_refused_for_what_it_is", |reader| {
        for (fault, why) in FORGED {
            let document = read_with(reader, fault).unwrap();
            assert_eq!(
                judge(reader, &document).unwrap_err().code(),
                why,
                "{fault:?}"
            );
        }
        for (fault, why) in UNREADABLE {
            let Err(Ended::Fault(found)) = read_with(reader, fault) else {
                panic!("{fault:?} was read");
            };
            assert_eq!(found.code(), why, "{fault:?}");
        }
    });
}

#[test]
fn a_copy_of_a_chip_is_never_proven() {
    alone("a_copy_of_a_chip_is_never_proven", |reader| {
        for fault in [Fault::Cloned, Fault::NoChipKey] {
            if let Ok(document) = read_with(reader, fault) {
                assert_eq!(document.chip, ChipProof::Failed, "{fault:?}");
            }
        }
        // The same where only active authentication is offered.
        for (fault, active) in [
            (Fault::Cloned, Active::Ecdsa),
            (Fault::Cloned, Active::Rsa1024),
            (Fault::Cloned, Active::Rsa2048),
            (Fault::NoChipKey, Active::Ecdsa),
        ] {
            let options = PassportOptions {
                fault: Some(fault),
                protocols: Protocols {
                    chip: None,
                    active: Some(active),
                    ..Protocols::default()
                },
                ..reader.options(SimPassport::example())
            };
            let document = {
                let _document = reader.with(options);
                read(reader, from_page()).unwrap()
            };
            reader.wait_for(State::EMPTY);
            assert_eq!(document.chip, ChipProof::Failed, "{fault:?}, {active:?}");
        }
    });
}

/// How a chip with this key signs.
fn signature(active: Active) -> SignatureAlgorithm {
    match active {
        Active::Ecdsa => SignatureAlgorithm::EcdsaPlain(HashAlgorithm::Sha256),
        Active::Rsa1024 => SignatureAlgorithm::RsaRecovery(HashAlgorithm::Sha1),
        Active::Rsa2048 => SignatureAlgorithm::RsaRecovery(HashAlgorithm::Sha256),
    }
}

#[test]
fn taken_away_at_any_answer_it_is_read_when_it_is_back() {
    alone(
        "taken_away_at_any_answer_it_is_read_when_it_is_back",
        |reader| {
            for pull_at in [0, 1, 2, 3, 5, 8, 13, 21, 34, 55] {
                let options = PassportOptions {
                    fault: Some(Fault::Pulled),
                    pull_at,
                    ..reader.options(SimPassport::example())
                };
                let document = reader.with(options);
                let ended = read(reader, from_page());
                println!("taken away after {pull_at} answers: {ended:?}");
                assert!(
                    matches!(ended, Err(Ended::Reader(_))),
                    "{pull_at}: {ended:?}"
                );
                reader.wait_for(State::EMPTY);
                document.set_fault(None).unwrap();
                document.place();
                reader.wait_for(State::PRESENT);
                judge(reader, &read(reader, from_page()).unwrap()).unwrap();
                drop(document);
                reader.wait_for(State::EMPTY);
            }
        },
    );
}

fn read_with(reader: &OwnReader, fault: Fault) -> Result<RawDocument, Ended> {
    let options = PassportOptions {
        fault: Some(fault),
        ..reader.options(SimPassport::example())
    };
    let result = {
        let _document = reader.with(options);
        read(reader, from_page())
    };
    reader.wait_for(State::EMPTY);
    result
}
