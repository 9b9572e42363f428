//! Writes what the page's tests need into a folder: receipts from a real log, and every way in
//! which a receipt can fail, each as text, link and QR code; what the checking says about each is
//! asked of the crate, not written down. `cargo run -p verify-page --example receipts -- FOLDER`

mod forms;
mod office;
mod pictures;
mod stories;

use std::error::Error;
use std::path::PathBuf;

use attestation::{OperatorKey, Receipt, TrustDraft};
use base64ct::{Base64, Encoding};
use image::{GrayImage, Luma};
use serde_json::{Value, json};

use office::Office;
use pictures::{camera, draw};

type Outcome<T> = Result<T, Box<dyn Error>>;

const DAY_S: u64 = 86_400;
/// Where the links point.
const PAGE: &str = "https://check.example.org/";

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
    story.plain_form()?;
    story.wallet_form()?;
    story.statuses()?;
    story.write()
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
    status: Option<&'c str>,
    require_fresh: bool,
}

impl Story {
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
            status: None,
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
            "statuses": case.status.into_iter().collect::<Vec<_>>(),
            "require_fresh": case.require_fresh,
            "now": self.office.now,
        });
        let answer = verify_page::check(request.to_string().as_bytes());
        let picture = format!("{}.png", case.name);
        draw(&case.text)?.save(self.folder.join(&picture))?;
        let list = self.file(case.name, "list", case.trust)?;
        let status = self.file(case.name, "status", case.status.map(str::as_bytes))?;
        self.cases.push(json!({
            "name": case.name,
            "text": case.text,
            "fragment": case.link.and_then(|link| link.split_once('#').map(|(_, f)| f.to_owned())),
            "trust": list,
            "status": status,
            "require_fresh": case.require_fresh,
            "picture": picture,
            "answer": answer,
        }));
        Ok(())
    }

    /// Writes a list that a case goes by, and says how the file is called.
    fn file(&self, case: &str, kind: &str, bytes: Option<&[u8]>) -> Outcome<Option<String>> {
        let Some(bytes) = bytes else {
            return Ok(None);
        };
        let name = format!("{case}.{kind}");
        std::fs::write(self.folder.join(&name), bytes)?;
        Ok(Some(name))
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
        std::fs::write(self.folder.join("camera.y4m"), camera(&[genuine]))?;
        let cases = serde_json::to_string_pretty(&self.cases)?;
        std::fs::write(self.folder.join("cases.json"), cases)?;
        Ok(())
    }
}
