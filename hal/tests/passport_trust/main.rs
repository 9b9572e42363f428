//! Whom to trust, against certificates, revocation lists, master lists and document security
//! objects that OpenSSL made: every kind of key that states use (ICAO 9303-12, 4.1).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed helper is a failed test

mod state;

use std::fs;
use std::path::Path;

use hal::card::emrtd::pki::passive::{PassiveFault, PassivePolicy, Revocation, authenticate};
use hal::card::emrtd::pki::trust::{FileProblem, TrustError, TrustStore};
use hal::card::emrtd::tlv;

use state::{
    DATA_GROUP_1, KINDS, MASTER_LIST, P256, SECURITY_OBJECT, SHA_1, SHORT, State, YEAR, now,
};

#[test]
fn documents_signed_with_every_kind_of_key_are_authentic() {
    for kind in KINDS {
        let proof = State::found(kind).verdict(now()).unwrap_or_else(|e| {
            panic!("{:?}: {e} ({e:?})", kind.key);
        });
        assert_eq!(
            (proof.country.as_str(), proof.data_groups.as_slice()),
            ("UT", &[1][..])
        );
        assert_eq!(proof.revocation, Revocation::NoList);
    }
}

/// ICAO 9303-12, table 5, wants UTCTime until 2049 and serial numbers of at most 20 bytes. Not every
/// state keeps to it, and an authority's signature is over the bytes as they are.
#[test]
fn a_signer_whose_certificate_is_written_otherwise_than_we_would_is_believed() {
    let state = State::found(P256);
    state.rewrite("ds", |tbs| {
        tbs[1] = tlv::encode(0x02, &[0x55; 24]);
        tbs[4] = validity("20250101000000Z", "20350101000000Z");
    });
    state.verdict(now()).unwrap();
}

/// Validity of a certificate in GeneralizedTime.
fn validity(from: &str, to: &str) -> Vec<u8> {
    let times = [from, to].map(|time| tlv::encode(0x18, time.as_bytes()));
    tlv::encode(0x30, &times.concat())
}

#[test]
fn short_keys_sign_nothing() {
    assert_eq!(
        State::found(SHORT).verdict(now()).unwrap_err(),
        PassiveFault::Weak
    );
}

/// Documents last ten years, so those of signers from the time of SHA-1 are still about.
#[test]
fn sha_1_is_believed_of_signers_from_its_time_only() {
    let state = State::found(SHA_1);
    assert_eq!(state.verdict(now()).unwrap_err(), PassiveFault::Weak);
    let since = |from| {
        state.rewrite("ds", |tbs| tbs[4] = validity(from, "20280101000000Z"));
        state.verdict(now()).map(drop)
    };
    assert_eq!(since("20171231235959Z"), Ok(()));
    assert_eq!(since("20180101000000Z"), Err(PassiveFault::Weak));
}

#[test]
fn only_the_states_that_are_trusted_can_sign() {
    let (mine, other) = (State::found(P256), State::found(P256));
    let verdict = mine.judge(&other.trust(), PassivePolicy::default(), now());
    assert_eq!(verdict.unwrap_err().code(), "authority_unknown");
}

#[test]
fn a_signer_is_believed_only_while_its_certificate_lasts() {
    let state = State::found(P256);
    let code = |at| state.verdict(at).unwrap_err().code();
    assert_eq!(code(now() + 2 * YEAR), "signer_expired");
    assert_eq!(code(now() - YEAR), "signer_expired");
    // The authority's certificate lasts a month, OpenSSL's default.
    assert_eq!(code(now() + YEAR / 6), "authority_expired");
}

/// A state may issue its authority's certificate anew for the same key (ICAO 9303-12, 4.1.4.2).
#[test]
fn of_two_certificates_of_an_authority_the_valid_one_counts() {
    let state = State::found(P256);
    let renewed = ["-signkey", "csca.key", "-extensions", "ca", "-days", "3650"];
    state.certify("csca", &renewed);
    let der = ["-outform", "DER", "-out", "trust/renewed.cer"];
    state.openssl(&[&["x509", "-in", "csca.pem"], &der[..]].concat());
    // The first one has ended by then: see the test before this one.
    state.verdict(now() + YEAR / 6).unwrap();
}

#[test]
fn a_revoked_signer_is_refused_however_old_the_list() {
    let state = State::found(P256);
    state.list_revoked(None);
    assert_eq!(
        state.verdict(now()).unwrap().revocation,
        Revocation::NotRevoked
    );
    let strict = PassivePolicy {
        require_revocation_list: true,
    };
    state.judge(&state.trust(), strict, now()).unwrap();

    state.list_revoked(Some("ds"));
    assert_eq!(
        state.verdict(now()).unwrap_err(),
        PassiveFault::SignerRevoked
    );
}

#[test]
fn a_list_that_the_authority_did_not_sign_counts_as_none() {
    let (mine, other) = (State::found(P256), State::found(P256));
    other.list_revoked(None);
    fs::copy(other.path("trust/state.crl"), mine.path("trust/state.crl")).unwrap();
    assert_eq!(mine.verdict(now()).unwrap().revocation, Revocation::NoList);
    let strict = PassivePolicy {
        require_revocation_list: true,
    };
    let verdict = mine.judge(&mine.trust(), strict, now());
    assert_eq!(verdict.unwrap_err(), PassiveFault::RevocationUnknown);
}

/// A list of what is new says nothing about all others; states make none (ICAO 9303-12, 4.1.5).
#[test]
fn a_part_of_a_revocation_list_is_not_taken_for_all_of_it() {
    let state = State::found(P256);
    state.list_revoked_with(None, &["-crlexts", "delta"]);
    let trust = state.trust();
    assert_eq!(trust.revocation_lists(now()), (0, 0));
    assert!(matches!(trust.problems(), [(_, FileProblem::Crl(_))]));
}

/// ICAO 9303-12, table 6 and D.1.1.3.
#[test]
fn only_certificates_for_signing_documents_sign_documents() {
    for extensions in ["list", "strange", "garbled", "ca"] {
        let state = State::found(P256);
        state.appoint("ds", "365", extensions);
        assert_eq!(
            state.verdict(now()).unwrap_err(),
            PassiveFault::NotADocumentSigner,
            "{extensions}"
        );
    }
}

#[test]
fn a_signer_of_documents_signs_no_master_lists() {
    let (mine, other) = (State::found(P256), State::found(P256));
    let list = master_list_by("ds", &mine, &[&other.path("trust/csca.cer")]);
    fs::write(mine.path("trust/list.ml"), list).unwrap();
    let trust = mine.trust();
    assert_eq!(trust.authorities(), 1);
    assert!(matches!(
        trust.problems(),
        [(_, FileProblem::NotMasterListSigner)]
    ));
}

/// CscaMasterList (ICAO 9303-12, 8.1).
fn master_list(state: &State, certificates: &[&Path]) -> Vec<u8> {
    state.appoint("list", "365", "list");
    master_list_by("list", state, certificates)
}

fn master_list_by(signer: &str, state: &State, certificates: &[&Path]) -> Vec<u8> {
    let set: Vec<u8> = certificates
        .iter()
        .flat_map(|c| fs::read(c).unwrap())
        .collect();
    let content = [tlv::encode(0x02, &[0]), tlv::encode(0x31, &set)].concat();
    state.sign(signer, &tlv::encode(0x30, &content), MASTER_LIST, &[])
}

#[test]
fn a_master_list_brings_the_authorities_of_other_states() {
    let (mine, other) = (State::found(P256), State::found(KINDS[3]));
    let foreign = other.path("trust/csca.cer");
    let list = master_list(&mine, &[&foreign]);
    // Before the authority's certificate in the order of names.
    fs::write(mine.path("trust/a-list.ml"), list).unwrap();
    let trust = mine.trust();
    assert_eq!((trust.authorities(), trust.problems().len()), (2, 0));
    other
        .judge(&trust, PassivePolicy::default(), now())
        .unwrap();
}

#[test]
fn a_master_list_of_somebody_unknown_is_not_used_and_said_so() {
    let (mine, other) = (State::found(P256), State::found(P256));
    let list = master_list(&other, &[&mine.path("trust/csca.cer")]);
    fs::write(mine.path("trust/list.ml"), list).unwrap();
    let trust = mine.trust();
    assert_eq!(trust.authorities(), 1);
    assert!(matches!(
        trust.problems(),
        [(_, FileProblem::MasterListSigner { .. })]
    ));
}

/// Anybody can found an authority, put it on a list and have its signer sign the list.
#[test]
fn a_master_list_cannot_vouch_for_itself_nor_for_another_one() {
    let (mine, other) = (State::found(P256), State::found(P256));
    let (own, foreign) = (mine.path("trust/csca.cer"), other.path("trust/csca.cer"));
    let itself = master_list(&other, &[&foreign]);
    fs::write(mine.path("trust/itself.ml"), &itself).unwrap();
    let trust = mine.trust();
    assert_eq!((trust.authorities(), trust.problems().len()), (1, 1));
    assert_eq!(
        other
            .judge(&trust, PassivePolicy::default(), now())
            .unwrap_err()
            .code(),
        "authority_unknown"
    );

    // Now the other authority is trusted for documents, because a list that is trusted says so.
    let good = master_list(&mine, &[&foreign]);
    fs::write(mine.path("trust/good.ml"), good).unwrap();
    let trust = mine.trust();
    assert_eq!((trust.authorities(), trust.problems().len()), (2, 1));

    fs::remove_file(&own).unwrap();
    let alone = TrustStore::load(&mine.path("trust")).unwrap_err();
    assert!(matches!(alone, TrustError::Empty { .. }));
}

/// A signer whose key was stolen could name whomever it likes.
#[test]
fn a_master_list_of_a_signer_who_was_revoked_is_not_used() {
    let (mine, other) = (State::found(P256), State::found(P256));
    let list = master_list(&mine, &[&other.path("trust/csca.cer")]);
    fs::write(mine.path("trust/list.ml"), list).unwrap();
    mine.list_revoked(None);
    assert_eq!(mine.trust().authorities(), 2, "nobody was revoked");

    mine.list_revoked(Some("list"));
    let trust = mine.trust();
    assert_eq!(trust.authorities(), 1);
    assert!(matches!(
        trust.problems(),
        [(_, FileProblem::MasterListSignerRevoked)]
    ));
}

/// RFC 5652, 5.3: only content of the type "data" may be signed without them.
#[test]
fn a_security_object_without_signed_attributes_is_refused() {
    let state = State::found(P256);
    let message = state.sign("ds", &state.hashes(), SECURITY_OBJECT, &["-noattr"]);
    let verdict = authenticate(
        &tlv::encode(0x77, &message),
        &[(1, DATA_GROUP_1)],
        &state.trust(),
        PassivePolicy::default(),
        now(),
    );
    assert_eq!(verdict.unwrap_err().code(), "document_signature_wrong");
}

#[test]
fn what_is_no_authority_is_reported_and_an_empty_folder_is_an_error() {
    let state = State::found(P256);
    fs::copy(state.path("ds.pem"), state.path("trust/ds.pem")).unwrap();
    fs::write(state.path("trust/noise.cer"), b"noise").unwrap();
    let problems = state.trust();
    assert!(matches!(
        problems.problems(),
        [
            (_, FileProblem::NotAuthority),
            (_, FileProblem::Certificate(_))
        ]
    ));
    fs::remove_file(state.path("trust/csca.cer")).unwrap();
    let empty = TrustStore::load(&state.path("trust")).unwrap_err();
    assert!(matches!(empty, TrustError::Empty { .. }));
}

#[test]
fn a_data_group_that_was_changed_or_never_signed_is_named() {
    let state = State::found(P256);
    let (sod, trust) = (state.security_object(), state.trust());
    let judge = |groups: &[(u8, &[u8])]| {
        authenticate(&sod, groups, &trust, PassivePolicy::default(), now()).unwrap_err()
    };
    assert_eq!(judge(&[(1, b"data group two")]), PassiveFault::Altered(1));
    assert_eq!(
        judge(&[(1, DATA_GROUP_1), (2, b"")]),
        PassiveFault::Unsigned(2)
    );
}
