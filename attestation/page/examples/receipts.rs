//! Writes what the page's tests need into a folder: receipts from a real log, and every way in
//! which a receipt can fail, each as text, link and QR code; what the checking says about each is
//! asked of the crate, not written down. `cargo run -p verify-page --example receipts -- FOLDER`

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use attestation::merkle::InclusionProof;
use attestation::{
    Band, Checkpoint, Claims, Credential, Decision, DeviceKey, DocumentAuthenticity,
    DocumentEvidence, DocumentKind, DocumentValidity, FactorOutcome, Factors, Log, Name,
    OperatorKey, Pseudonym, Reason, Receipt, TimeQuality, TrustDraft, Validity,
};
use base64ct::{Base64, Encoding};
use fast_qr::{ECL, QRBuilder};
use image::{GrayImage, Luma};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

const DAY_S: u64 = 86_400;
const DEVICE_SEED: [u8; 32] = [42; 32];
/// Where the links point.
const PAGE: &str = "https://check.example.org/";
/// A module of the QR code, and the quiet zone around it, as ISO/IEC 18004 asks (four modules).
const MODULE_PX: usize = 5;
const QUIET: usize = 4;

fn main() -> Outcome<()> {
    let folder = std::env::args().nth(1).ok_or("give a folder to write to")?;
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    let office = Office::open(&folder)?;
    let mut story = Story {
        office,
        folder,
        cases: Vec::new(),
    };
    story.decisions()?;
    story.changed()?;
    story.forged()?;
    story.keys()?;
    story.lists()?;
    story.write()
}

/// An operator with one kiosk, and its log.
struct Office {
    operator: OperatorKey,
    device: DeviceKey,
    credential: Credential,
    log: Log,
    now: u64,
}

impl Office {
    fn open(folder: &Path) -> Outcome<Self> {
        let database = folder.join("log.sqlite");
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", database.display()));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let (operator, device) = (OperatorKey::generate()?, DeviceKey::from_seed(&DEVICE_SEED));
        Ok(Self {
            credential: vouch(&operator, &device, now - 30 * DAY_S, now + 365 * DAY_S)?,
            operator,
            device,
            log: Log::create(&database)?,
            now,
        })
    }

    /// A receipt of two days ago; what is special about it is changed before it is committed.
    fn receipt(&mut self, number: u8, change: impl FnOnce(&mut Claims)) -> Outcome<Receipt> {
        let mut claims = claims(number, self.now - 2 * DAY_S)?;
        change(&mut claims);
        let committed = self.log.commit(&claims, &self.device, &self.credential)?;
        Ok(committed.receipt().clone())
    }

    /// A receipt by hand, as a kiosk's own key could make it: the only entry of a log.
    fn lone(&self, claims: &Claims, credential: Credential) -> Outcome<Receipt> {
        let attestation = self.device.attest(claims);
        let head = self.device.sign_checkpoint(Checkpoint {
            origin: Checkpoint::origin(&claims.site, &claims.kiosk),
            size: 1,
            root: attestation::merkle::leaf_hash(&attestation),
        });
        Ok(Receipt::new(
            &attestation,
            credential,
            alone(0),
            head.signature,
        )?)
    }

    fn list(
        &self,
        issued_at: u64,
        change: impl FnOnce(&mut TrustDraft<'_>) -> Outcome<()>,
    ) -> Outcome<Vec<u8>> {
        let mut draft = TrustDraft::first(&self.operator);
        draft.vouch(&self.credential)?;
        change(&mut draft)?;
        Ok(draft.issue(issued_at, issued_at + 7 * DAY_S)?.encode())
    }
}

/// The cases, as the page's tests read them.
struct Story {
    office: Office,
    folder: PathBuf,
    cases: Vec<Value>,
}

/// One case: a text, and by what it is checked.
struct Case<'c> {
    name: &'c str,
    text: String,
    link: Option<String>,
    operator: String,
    trust: Option<&'c [u8]>,
    require_fresh: bool,
}

impl Story {
    /// Genuine receipts, whatever they say.
    fn decisions(&mut self) -> Outcome<()> {
        let refused = FactorOutcome::Band(Band::Refused);
        let verified = self.office.receipt(0, |_| ())?;
        self.receipt("verified", &verified)?;
        let not_verified = self.office.receipt(1, |claims| {
            claims.decision = Decision::NotVerified(Reason::PresentationAttack);
            claims.factors.liveness = refused;
        })?;
        self.receipt("not-verified", &not_verified)?;
        let referred = self.office.receipt(2, |claims| {
            claims.decision = Decision::Referred(Reason::ResidentCannot);
            claims.factors = Factors {
                liveness: FactorOutcome::NotPerformed,
                face: FactorOutcome::NotPerformed,
            };
            claims.document = None;
            claims.subject = None;
            claims.time_quality = TimeQuality::Unsynchronised;
        })?;
        self.receipt("referred", &referred)?;
        let officer = Name::new("officer-12")?;
        let decided = self
            .office
            .receipt(3, |claims| claims.officer = Some(officer))?;
        self.receipt("by-an-officer", &decided)
    }

    /// What scanners, hands and time do to a text.
    fn changed(&mut self) -> Outcome<()> {
        let text = self.office.receipt(0, |_| ())?.encode();
        self.text("not-a-receipt", "https://example.org/menu".to_owned())?;
        self.text("newer-version", text.replacen("KVR1:", "KVR2:", 1))?;
        let cut = text.get(..text.len() / 2).unwrap_or_default();
        self.text("cut-off", cut.to_owned())
    }

    /// What forgers do.
    fn forged(&mut self) -> Outcome<()> {
        let now = self.office.now;
        let stranger = OperatorKey::generate()?;
        let claims = claims(9, now - 2 * DAY_S)?;
        let device = DeviceKey::from_seed(&DEVICE_SEED);
        let by_stranger = vouch(&stranger, &device, now - 30 * DAY_S, now + DAY_S)?;
        let unknown = self.office.lone(&claims, by_stranger)?;
        self.receipt("unknown-operator", &unknown)?;

        let expired = vouch(
            &self.office.operator,
            &device,
            now - 30 * DAY_S,
            now - 3 * DAY_S,
        )?;
        let expired = self.office.lone(&claims, expired)?;
        self.receipt("expired", &expired)?;

        let genuine = self.office.receipt(1, |claims| {
            claims.decision = Decision::NotVerified(Reason::NotSamePerson);
            claims.id = [9; 16];
        })?;
        self.text("changed-statement", with_other_models(&genuine)?)?;

        let attestation = device.attest(&claims);
        let credential = self.office.credential.clone();
        let extra = InclusionProof {
            path: vec![[7; 32]],
            ..alone(0)
        };
        let no_proof = Receipt::new(&attestation, credential.clone(), extra, [1; 64])?;
        self.receipt("impossible-proof", &no_proof)?;
        let never_logged = Receipt::new(&attestation, credential.clone(), alone(0), [1; 64])?;
        self.receipt("never-logged", &never_logged)?;

        let mut tomorrow = claims;
        tomorrow.issued_at = now + DAY_S;
        let tomorrow = self.office.lone(&tomorrow, credential)?;
        self.receipt("from-the-future", &tomorrow)
    }

    /// What the operator's list says about the key.
    fn keys(&mut self) -> Outcome<()> {
        let receipt = self.office.receipt(0, |_| ())?;
        let now = self.office.now;
        let key = self.office.device.public();
        let (before, after) = (now - 3 * DAY_S, now - DAY_S);
        let list = self.office.list(now - 3600, |_| Ok(()))?;
        self.listed("listed", &receipt, &list, false)?;
        let list = self
            .office
            .list(now - 3600, |draft| Ok(draft.revoke(&key, before)?))?;
        self.listed("revoked", &receipt, &list, false)?;
        let list = self
            .office
            .list(now - 3600, |draft| Ok(draft.revoke(&key, after)?))?;
        self.listed("revoked-later", &receipt, &list, false)?;
        let list = self
            .office
            .list(now - 3600, |draft| Ok(draft.suspend(&key, before)?))?;
        self.listed("suspended", &receipt, &list, false)?;

        let next = DeviceKey::from_seed(&[43; 32]);
        let successor = vouch(&self.office.operator, &next, before, now + 365 * DAY_S)?;
        let list = self.office.list(now - 3600, |draft| {
            draft.vouch(&successor)?;
            Ok(draft.rotate(&key, &next.public(), before)?)
        })?;
        self.listed("rotated", &receipt, &list, false)?;

        let mut draft = TrustDraft::first(&self.office.operator);
        draft.vouch(&successor)?;
        let others = draft.issue(now - 3600, now + DAY_S)?.encode();
        self.listed("not-listed", &receipt, &others, false)?;

        let mut draft = TrustDraft::first(&self.office.operator);
        let short = vouch(
            &self.office.operator,
            &self.office.device,
            now - 30 * DAY_S,
            before,
        )?;
        draft.vouch(&short)?;
        let short = draft.issue(now - 3600, now + DAY_S)?.encode();
        self.listed("listed-for-another-time", &receipt, &short, false)
    }

    /// Lists that are old, or none to go by.
    fn lists(&mut self) -> Outcome<()> {
        let receipt = self.office.receipt(0, |_| ())?;
        let now = self.office.now;
        let old = self.office.list(now - 20 * DAY_S, |_| Ok(()))?;
        self.listed("overdue-list", &receipt, &old, false)?;
        self.listed("overdue-list-not-allowed", &receipt, &old, true)?;
        let fresh = self.office.list(now - 3600, |_| Ok(()))?;
        let cut = fresh.get(..fresh.len() - 9).unwrap_or_default();
        self.listed("damaged-list", &receipt, cut, false)?;
        let mut changed = fresh;
        if let Some(last) = changed.last_mut() {
            *last ^= 1;
        }
        self.listed("forged-list", &receipt, &changed, false)?;
        let vast = vec![0; attestation::TrustList::MAX_BYTES + 1];
        self.listed("vast-list", &receipt, &vast, false)
    }

    fn receipt(&mut self, name: &str, receipt: &Receipt) -> Outcome<()> {
        let link = Some(receipt.to_url(PAGE)?);
        self.case(self.plain(name, receipt.encode(), link))
    }

    fn text(&mut self, name: &str, text: String) -> Outcome<()> {
        self.case(self.plain(name, text, None))
    }

    fn plain<'c>(&self, name: &'c str, text: String, link: Option<String>) -> Case<'c> {
        Case {
            name,
            text,
            link,
            operator: self.office.operator.public().to_pem(),
            trust: None,
            require_fresh: false,
        }
    }

    fn listed(
        &mut self,
        name: &str,
        receipt: &Receipt,
        list: &[u8],
        require_fresh: bool,
    ) -> Outcome<()> {
        let link = Some(receipt.to_url(PAGE)?);
        let case = self.plain(name, receipt.encode(), link);
        self.case(Case {
            trust: Some(list),
            require_fresh,
            ..case
        })
    }

    /// Asks the crate what it says, and writes the case's files.
    fn case(&mut self, case: Case<'_>) -> Outcome<()> {
        let trust = case.trust.map(Base64::encode_string);
        let request = json!({
            "text": case.text,
            "operator": case.operator,
            "trust": trust,
            "require_fresh": case.require_fresh,
            "now": self.office.now,
        });
        let answer = verify_page::check(request.to_string().as_bytes());
        let picture = format!("{}.png", case.name);
        let code = draw(&case.text)?;
        code.save(self.folder.join(&picture))?;
        let list = match case.trust {
            Some(bytes) => {
                let name = format!("{}.list", case.name);
                std::fs::write(self.folder.join(&name), bytes)?;
                Some(name)
            }
            None => None,
        };
        self.cases.push(json!({
            "name": case.name,
            "text": case.text,
            "fragment": case.link.and_then(|link| link.split_once('#').map(|(_, f)| f.to_owned())),
            "trust": list,
            "require_fresh": case.require_fresh,
            "picture": picture,
            "answer": answer,
        }));
        Ok(())
    }

    fn write(self) -> Outcome<()> {
        let key = self.office.operator.public().to_pem();
        std::fs::write(self.folder.join("operator.pub"), key)?;
        let stranger = OperatorKey::generate()?.public().to_pem();
        std::fs::write(self.folder.join("stranger.pub"), stranger)?;
        GrayImage::from_pixel(300, 200, Luma([255])).save(self.folder.join("blank.png"))?;
        let first = TrustDraft::first(&self.office.operator)
            .issue(self.office.now - DAY_S, self.office.now + DAY_S)?;
        let mut second = TrustDraft::after(&first, &self.office.operator)?;
        second.vouch(&self.office.credential)?;
        let second = second.issue(self.office.now - 3600, self.office.now + DAY_S)?;
        std::fs::write(self.folder.join("first.list"), first.encode())?;
        std::fs::write(self.folder.join("second.list"), second.encode())?;
        let genuine = image::open(self.folder.join("verified.png"))?.into_luma8();
        std::fs::write(self.folder.join("camera.y4m"), camera(&genuine))?;
        let cases = serde_json::to_string_pretty(&self.cases)?;
        std::fs::write(self.folder.join("cases.json"), cases)?;
        Ok(())
    }
}

fn vouch(operator: &OperatorKey, device: &DeviceKey, from: u64, until: u64) -> Outcome<Credential> {
    let validity = Validity {
        not_before: from,
        not_after: until,
    };
    let (kiosk, site) = (Name::new("kiosk-07")?, Name::new("hall-2")?);
    Ok(Credential::issue(
        operator,
        kiosk,
        site,
        device.public(),
        validity,
    ))
}

fn claims(number: u8, issued_at: u64) -> Outcome<Claims> {
    let mut id = [0xA5; 16];
    id[..4].copy_from_slice(&[0xF4, 0xDB, 0xE8, number]);
    Ok(Claims {
        id,
        kiosk: Name::new("kiosk-07")?,
        site: Name::new("hall-2")?,
        issued_at,
        time_quality: TimeQuality::Synchronised,
        service: Name::new("outpatient-registration")?,
        policy: [0x11; 32],
        document: Some(DocumentEvidence {
            kind: DocumentKind::ResidentIdCard,
            authenticity: DocumentAuthenticity::SamRead,
            validity: DocumentValidity::InForce,
        }),
        factors: Factors {
            liveness: FactorOutcome::Band(Band::Accepted),
            face: FactorOutcome::Band(Band::Strong),
        },
        decision: Decision::Verified,
        officer: None,
        models: [0x22; 16],
        firmware: Name::new("0.1.0")?,
        subject: Some(Pseudonym([0x33; 16])),
    })
}

/// The proof of the only entry of a log.
const fn alone(index: u64) -> InclusionProof {
    InclusionProof {
        index,
        size: 1,
        path: Vec::new(),
    }
}

/// The same receipt with another digest of the models: well-formed, but not what was signed.
fn with_other_models(receipt: &Receipt) -> Outcome<String> {
    let mut bytes = receipt.to_cbor();
    let models = [0x22; 16];
    let at = bytes
        .windows(models.len())
        .position(|window| window == models);
    let first = at
        .and_then(|at| bytes.get_mut(at))
        .ok_or("no models in the receipt")?;
    *first ^= 1;
    Ok(format!("KVR1:{}", base45::encode(&bytes)))
}

/// The QR code as a printer or screen would show it.
fn draw(text: &str) -> Outcome<GrayImage> {
    let code = QRBuilder::new(text).ecl(ECL::M).build()?;
    let side = u32::try_from((code.size + 2 * QUIET) * MODULE_PX)?;
    Ok(GrayImage::from_fn(side, side, |x, y| {
        let module = |at: u32| (at as usize / MODULE_PX).checked_sub(QUIET);
        let dark = |x: usize, y: usize| x < code.size && y < code.size && code[y][x].value();
        match (module(x), module(y)) {
            (Some(x), Some(y)) if dark(x, y) => Luma([0]),
            _ => Luma([255]),
        }
    }))
}

/// A film of one still picture for Chromium's fake camera: YUV4MPEG2, 4:2:0, grey all round.
fn camera(code: &GrayImage) -> Vec<u8> {
    const WIDTH: u32 = 1280;
    const HEIGHT: u32 = 720;
    let (left, top) = ((WIDTH - code.width()) / 2, (HEIGHT - code.height()) / 2);
    let pixel = |x: u32, y: u32| {
        let at = x.checked_sub(left).zip(y.checked_sub(top));
        let found = at.and_then(|(x, y)| code.get_pixel_checked(x, y));
        found.map_or(150, |pixel| 16 + (u16::from(pixel.0[0]) * 219 / 255) as u8)
    };
    let luma = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| pixel(x, y)));
    let mut film =
        format!("YUV4MPEG2 W{WIDTH} H{HEIGHT} F5:1 Ip A1:1 C420jpeg\nFRAME\n").into_bytes();
    film.extend(luma);
    film.extend(vec![128; (WIDTH * HEIGHT / 2) as usize]);
    film
}
