//! A state: an authority, a signer that it certified, and what they sign, as OpenSSL makes it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use hal::card::emrtd::pki::passive::{PassiveFault, PassivePolicy, PassiveProof, authenticate};
use hal::card::emrtd::pki::trust::TrustStore;
use hal::card::emrtd::tlv;

/// How a state makes its keys and signs, as OpenSSL is told.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) key: &'static [&'static str],
    pub(crate) digest: &'static str,
    pub(crate) pss: bool,
}

pub(crate) const fn ec(key: &'static [&'static str], digest: &'static str) -> Kind {
    Kind {
        key,
        digest,
        pss: false,
    }
}

pub(crate) const P256: Kind = ec(&["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "-sha256");

pub(crate) const SHA_1: Kind = ec(&["rsa", "-pkeyopt", "rsa_keygen_bits:2048"], "-sha1");
pub(crate) const SHORT: Kind = ec(&["rsa", "-pkeyopt", "rsa_keygen_bits:1024"], "-sha256");

pub(crate) const KINDS: [Kind; 8] = [
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

pub(crate) const DATA_GROUP_1: &[u8] = b"data group one";
/// id-icao-mrtd-security-ldsSecurityObject.
pub(crate) const SECURITY_OBJECT: &str = "2.23.136.1.1.1";
/// id-icao-cscaMasterList.
pub(crate) const MASTER_LIST: &str = "2.23.136.1.1.2";
pub(crate) const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// A state: an authority, and a signer that it certified.
pub(crate) struct State {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) kind: Kind,
}

impl State {
    pub(crate) fn found(kind: Kind) -> Self {
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

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .expect("openssl is installed (scripts/setup.sh)");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments:?}: {said}");
    }

    pub(crate) fn make_key(&self, name: &str) {
        let out = format!("{name}.key");
        let mut arguments = vec!["genpkey", "-algorithm"];
        arguments.extend(self.kind.key);
        arguments.extend(["-out", &out]);
        self.openssl(&arguments);
    }

    pub(crate) fn request(&self, name: &str, subject: &str) {
        let (key, out) = (format!("{name}.key"), format!("{name}.csr"));
        self.openssl(&["req", "-new", "-key", &key, "-subj", subject, "-out", &out]);
    }

    pub(crate) fn certify(&self, name: &str, how: &[&str]) {
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
    pub(crate) fn appoint(&self, name: &str, days: &str, extensions: &str) {
        self.make_key(name);
        self.request(name, "/C=UT/O=Utopia/CN=Signer");
        let authority = ["-CA", "csca.pem", "-CAkey", "csca.key", "-CAcreateserial"];
        let how = [&authority[..], &["-days", days, "-extensions", extensions]].concat();
        self.certify(name, &how);
    }

    /// Changes the fields of a certificate and has the authority sign it again, without any
    /// encoder in between.
    pub(crate) fn rewrite(&self, name: &str, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
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
    pub(crate) fn sign(
        &self,
        signer: &str,
        content: &[u8],
        content_type: &str,
        more: &[&str],
    ) -> Vec<u8> {
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
    pub(crate) fn security_object(&self) -> Vec<u8> {
        tlv::encode(0x77, &self.sign("ds", &self.hashes(), SECURITY_OBJECT, &[]))
    }

    /// LDSSecurityObject over [`DATA_GROUP_1`].
    pub(crate) fn hashes(&self) -> Vec<u8> {
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

    pub(crate) fn list_revoked(&self, name: Option<&str>) {
        self.list_revoked_with(name, &[]);
    }

    pub(crate) fn list_revoked_with(&self, name: Option<&str>, more: &[&str]) {
        if let Some(name) = name {
            let certificate = format!("{name}.pem");
            self.in_database(&["-revoke", &certificate]);
        }
        self.in_database(&[&["-gencrl", "-out", "crl.pem"], more].concat());
        self.openssl(&[
            "crl",
            "-in",
            "crl.pem",
            "-outform",
            "DER",
            "-out",
            "trust/state.crl",
        ]);
    }

    pub(crate) fn in_database(&self, what: &[&str]) {
        let database = ["ca", "-config", "ext", "-name", "ca_db", "-md", "sha256"];
        let keys = ["-cert", "csca.pem", "-keyfile", "csca.key"];
        self.openssl(&[&database[..], &keys, what].concat());
    }

    pub(crate) fn trust(&self) -> TrustStore {
        TrustStore::load(&self.path("trust")).unwrap()
    }

    pub(crate) fn verdict(&self, at: SystemTime) -> Result<PassiveProof, PassiveFault> {
        self.judge(&self.trust(), PassivePolicy::default(), at)
    }

    pub(crate) fn judge(
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
pub(crate) fn parts(sequence: &[u8]) -> Vec<Vec<u8>> {
    let objects = tlv::objects(tlv::only(sequence, 0x30).unwrap());
    objects.map(|o| o.unwrap().encoded.to_vec()).collect()
}

pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}
