//! Whom to trust, against certificates, revocation lists, master lists and document security
//! objects that OpenSSL made: every kind of key that states use (ICAO 9303-12, 4.1).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed helper is a failed test

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use hal::card::emrtd::pki::passive::{
    PassiveFault, PassivePolicy, PassiveProof, Revocation, authenticate,
};
use hal::card::emrtd::pki::trust::{FileProblem, TrustError, TrustStore};
use hal::card::emrtd::tlv;

/// How a state makes its keys and signs, as OpenSSL is told.
#[derive(Clone, Copy)]
struct Kind {
    key: &'static [&'static str],
    digest: &'static str,
    pss: bool,
}

const fn ec(key: &'static [&'static str], digest: &'static str) -> Kind {
    Kind {
        key,
        digest,
        pss: false,
    }
}

const P256: Kind = ec(&["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "-sha256");

const SHA_1: Kind = ec(&["rsa", "-pkeyopt", "rsa_keygen_bits:2048"], "-sha1");
const SHORT: Kind = ec(&["rsa", "-pkeyopt", "rsa_keygen_bits:1024"], "-sha256");

const KINDS: [Kind; 8] = [
    P256,
    ec(&["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], "-sha384"),
    ec(&["ec", "-pkeyopt", "ec_paramgen_curve:P-521"], "-sha512"),
    ec(
        &[
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:brainpoolP256r1",
            "-pkeyopt",
            "ec_param_enc:explicit",
        ],
        "-sha256",
    ),
    ec(
        &["ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP384r1"],
        "-sha384",
    ),
    ec(&["rsa", "-pkeyopt", "rsa_keygen_bits:2048"], "-sha256"),
    ec(&["rsa", "-pkeyopt", "rsa_keygen_bits:4096"], "-sha512"),
    Kind {
        key: &["rsa", "-pkeyopt", "rsa_keygen_bits:3072"],
        digest: "-sha256",
        pss: true,
    },
];

const DATA_GROUP_1: &[u8] = b"data group one";
/// id-icao-mrtd-security-ldsSecurityObject.
const SECURITY_OBJECT: &str = "2.23.136.1.1.1";
/// id-icao-cscaMasterList.
const MASTER_LIST: &str = "2.23.136.1.1.2";
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// A state: an authority, and a signer that it certified.
struct State {
    folder: tempfile::TempDir,
    kind: Kind,
}

impl State {
    fn found(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = Self { folder, kind };
        fs::create_dir(state.path("trust")).unwrap();
        let extensions = "[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,\
            cRLSign\nsubjectKeyIdentifier=hash\n[ds]\nkeyUsage=critical,digitalSignature\n\
            authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n[list]\nkeyUsage=critical,\
            digitalSignature\nextendedKeyUsage=critical,2.23.136.1.1.3\n[strange]\nkeyUsage=\
            critical,digitalSignature\n1.2.3.4=critical,ASN1:NULL\n[garbled]\n2.5.29.15=critical,\
            DER:0500\n[delta]\n2.5.29.27=critical,DER:020101\n[ca_db]\ndatabase=index\n\
            crlnumber=number\ndefault_crl_days=30\n";
        fs::write(state.path("ext"), extensions).unwrap();
        fs::write(state.path("index"), "").unwrap();
        fs::write(state.path("number"), "01").unwrap();
        state.make_key("csca");
        state.request("csca", "/C=UT/O=Utopia/CN=Authority");
        state.certify("csca", &["-signkey", "csca.key", "-extensions", "ca"]);
        state.appoint("ds", "365", "ds");
        state.openssl(&[
            "x509",
            "-in",
            "csca.pem",
            "-outform",
            "DER",
            "-out",
            "trust/csca.cer",
        ]);
        state
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("openssl is installed (scripts/setup.sh)");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments:?}: {said}");
    }

    fn make_key(&self, name: &str) {
        let out = format!("{name}.key");
        let mut arguments = vec!["genpkey", "-algorithm"];
        arguments.extend(self.kind.key);
        arguments.extend(["-out", &out]);
        self.openssl(&arguments);
    }

    fn request(&self, name: &str, subject: &str) {
        let (key, out) = (format!("{name}.key"), format!("{name}.csr"));
        self.openssl(&["req", "-new", "-key", &key, "-subj", subject, "-out", &out]);
    }

    fn certify(&self, name: &str, how: &[&str]) {
        let (request, out) = (format!("{name}.csr"), format!("{name}.pem"));
        let mut arguments = vec!["x509", "-req", "-in", &request, "-out", &out];
        arguments.extend(["-extfile", "ext", self.kind.digest]);
        arguments.extend(how);
        if self.kind.pss {
            arguments.extend([
                "-sigopt",
                "rsa_padding_mode:pss",
                "-sigopt",
                "rsa_pss_saltlen:32",
            ]);
        }
        self.openssl(&arguments);
    }

    /// Certifies a signer with these extensions.
    fn appoint(&self, name: &str, days: &str, extensions: &str) {
        self.make_key(name);
        self.request(name, "/C=UT/O=Utopia/CN=Signer");
        let authority = ["-CA", "csca.pem", "-CAkey", "csca.key", "-CAcreateserial"];
        let how = [&authority[..], &["-days", days, "-extensions", extensions]].concat();
        self.certify(name, &how);
    }

    /// Changes the fields of a certificate and has the authority sign it again, without any
    /// encoder in between.
    fn rewrite(&self, name: &str, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
        let (pem, der) = (format!("{name}.pem"), format!("{name}.der"));
        self.openssl(&["x509", "-in", &pem, "-outform", "DER", "-out", &der]);
        let certificate = fs::read(self.path(&der)).unwrap();
        let parts = parts(&certificate);
        let mut fields: Vec<Vec<u8>> = self::parts(&parts[0]);
        change(&mut fields);
        let signed = tlv::encode(0x30, &fields.concat());
        fs::write(self.path("tbs"), &signed).unwrap();
        let digest = self.kind.digest;
        let key = ["-sign", "csca.key", "-out", "tbs.signature", "tbs"];
        self.openssl(&[&["dgst", digest], &key[..]].concat());
        let signature = [vec![0], fs::read(self.path("tbs.signature")).unwrap()].concat();
        let certificate = [signed, parts[1].clone(), tlv::encode(0x03, &signature)].concat();
        fs::write(self.path(&der), tlv::encode(0x30, &certificate)).unwrap();
        self.openssl(&["x509", "-inform", "DER", "-in", &der, "-out", &pem]);
    }

    /// Signs content of this type with a signer's key (CMS).
    fn sign(&self, signer: &str, content: &[u8], content_type: &str, more: &[&str]) -> Vec<u8> {
        fs::write(self.path("content"), content).unwrap();
        let mut arguments = vec!["cms", "-sign", "-binary", "-nodetach", "-outform", "DER"];
        arguments.extend([
            "-in",
            "content",
            "-out",
            "signed",
            "-econtent_type",
            content_type,
        ]);
        let digest = self.kind.digest.trim_start_matches('-');
        let (certificate, key) = (format!("{signer}.pem"), format!("{signer}.key"));
        arguments.extend(["-signer", &certificate, "-inkey", &key, "-md", digest]);
        arguments.extend(more);
        if self.kind.pss {
            arguments.extend([
                "-keyopt",
                "rsa_padding_mode:pss",
                "-keyopt",
                "rsa_pss_saltlen:32",
            ]);
        }
        self.openssl(&arguments);
        fs::read(self.path("signed")).unwrap()
    }

    /// An EF.SOD over [`DATA_GROUP_1`].
    fn security_object(&self) -> Vec<u8> {
        tlv::encode(0x77, &self.sign("ds", &self.hashes(), SECURITY_OBJECT, &[]))
    }

    /// LDSSecurityObject over [`DATA_GROUP_1`].
    fn hashes(&self) -> Vec<u8> {
        fs::write(self.path("dg1"), DATA_GROUP_1).unwrap();
        self.openssl(&["dgst", "-sha256", "-binary", "-out", "dg1.hash", "dg1"]);
        let hash = fs::read(self.path("dg1.hash")).unwrap();
        let sha256 = tlv::encode(0x06, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]);
        let entry = [tlv::encode(0x02, &[1]), tlv::encode(0x04, &hash)].concat();
        let content = [
            tlv::encode(0x02, &[0]),
            tlv::encode(0x30, &sha256),
            tlv::encode(0x30, &tlv::encode(0x30, &entry)),
        ];
        tlv::encode(0x30, &content.concat())
    }

    fn list_revoked(&self, name: Option<&str>) {
        self.list_revoked_with(name, &[]);
    }

    fn list_revoked_with(&self, name: Option<&str>, more: &[&str]) {
        if let Some(name) = name {
            let certificate = format!("{name}.pem");
            self.in_database(&["-revoke", &certificate]);
        }
        self.in_database(&[&["-gencrl", "-out", "list.pem"], more].concat());
        self.openssl(&[
            "crl",
            "-in",
            "list.pem",
            "-outform",
            "DER",
            "-out",
            "trust/state.crl",
        ]);
    }

    fn in_database(&self, what: &[&str]) {
        let database = ["ca", "-config", "ext", "-name", "ca_db", "-md", "sha256"];
        let keys = ["-cert", "csca.pem", "-keyfile", "csca.key"];
        self.openssl(&[&database[..], &keys, what].concat());
    }

    fn trust(&self) -> TrustStore {
        TrustStore::load(&self.path("trust")).unwrap()
    }

    fn verdict(&self, at: SystemTime) -> Result<PassiveProof, PassiveFault> {
        self.judge(&self.trust(), PassivePolicy::default(), at)
    }

    fn judge(
        &self,
        trust: &TrustStore,
        policy: PassivePolicy,
        at: SystemTime,
    ) -> Result<PassiveProof, PassiveFault> {
        let groups = [(1, DATA_GROUP_1)];
        authenticate(&self.security_object(), &groups, trust, policy, at)
    }
}

/// The objects in a sequence.
fn parts(sequence: &[u8]) -> Vec<Vec<u8>> {
    let objects = tlv::objects(tlv::only(sequence, 0x30).unwrap());
    objects.map(|o| o.unwrap().encoded.to_vec()).collect()
}

fn now() -> SystemTime {
    SystemTime::now()
}

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
