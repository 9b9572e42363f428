//! The other forms of a receipt, and what the operator's status list says about single ones.

use attestation::wallet;
use attestation::{CardField, Disclosures, Name, OperatorKey, StatusDraft, StatusUri};
use zeroize::Zeroizing;

use crate::office::{Office, claims};
use crate::pictures::{camera, draw};
use crate::{Case, DAY_S, Outcome, PAGE, Story};

impl Story {
    /// The small form, with and without the list that it needs.
    pub(crate) fn plain_form(&mut self) -> Outcome<()> {
        let now = self.office.now;
        let receipt = self.office.receipt(0, |_| ())?.to_plain();
        let link = Some(receipt.to_url(PAGE)?);
        let case = self.plain("plain-without-list", receipt.encode(), link);
        self.case(case)?;
        let list = self.office.list(now - 3600, |_| Ok(()))?;
        let link = Some(receipt.to_url(PAGE)?);
        let case = self.plain("plain", receipt.encode(), link);
        self.case(Case {
            trust: Some(&list),
            ..case
        })?;
        let key = self.office.device.public();
        let list = self
            .office
            .list(now - 3600, |draft| Ok(draft.revoke(&key, 0)?))?;
        let case = self.plain("plain-revoked", receipt.encode(), None);
        self.case(Case {
            trust: Some(&list),
            ..case
        })
    }

    /// The form for wallets: fields shown, fields withheld, fields changed.
    pub(crate) fn wallet_form(&mut self) -> Outcome<()> {
        let fields = [
            (CardField::Name, Zeroizing::new("李示范".to_owned())),
            (
                CardField::BirthDate,
                Zeroizing::new("1990-01-01".to_owned()),
            ),
        ];
        let shared = Disclosures::new(fields)?;
        let mut claims = claims(8, self.office.now - 2 * DAY_S)?;
        claims.disclosable = shared.digests();
        let Office {
            device,
            credential,
            log,
            ..
        } = &mut self.office;
        let committed = log.commit(&claims, device, credential)?;
        let token = wallet::issue(&committed, device, credential, &shared, None)?;
        let name_only = wallet::select(&token, &[CardField::Name])?;
        self.parts(&token)?;
        self.text("wallet", name_only.clone())?;
        let other = Disclosures::new([(CardField::Name, Zeroizing::new("王他人".to_owned()))])?;
        let other = other.iter().map(|field| field.as_text().to_owned());
        let signed = name_only.split('~').next().unwrap_or_default().to_owned();
        let parts: Vec<_> = [signed]
            .into_iter()
            .chain(other)
            .chain([String::new()])
            .collect();
        self.text("wallet-with-another-name", parts.join("~"))
    }

    /// A proof as several codes, as the kiosk shows it: pictures, and a film of them in turn.
    fn parts(&self, token: &str) -> Outcome<()> {
        let texts = wallet::parts::split(token);
        let codes: Vec<_> = texts
            .iter()
            .map(|text| draw(text))
            .collect::<Outcome<_>>()?;
        for (number, code) in (1..).zip(&codes) {
            code.save(self.folder.join(format!("part-{number}.png")))?;
        }
        std::fs::write(self.folder.join("parts.y4m"), camera(&codes))?;
        Ok(())
    }

    /// What the operator says about single verifications.
    pub(crate) fn statuses(&mut self) -> Outcome<()> {
        let receipt = self.office.receipt(0, |_| ())?;
        let now = self.office.now;
        let hour_ago = now - 3600;
        let ours = &self.office.operator;
        let stranger = OperatorKey::generate()?;
        let valid = status_list(ours, |_| Ok(()), 100, hour_ago)?;
        let invalid = status_list(ours, |draft| Ok(draft.invalidate(0)?), 100, hour_ago)?;
        let suspended = status_list(ours, |draft| Ok(draft.suspend(0)?), 100, hour_ago)?;
        let short = status_list(ours, |_| Ok(()), 0, hour_ago)?;
        let overdue = status_list(ours, |_| Ok(()), 100, now - 20 * DAY_S)?;
        let forged = status_list(&stranger, |_| Ok(()), 100, hour_ago)?;
        let damaged = valid.replace('.', "");
        for (name, status) in [
            ("status-valid", &valid),
            ("status-invalid", &invalid),
            ("status-suspended", &suspended),
            ("status-list-too-short", &short),
            ("status-list-overdue", &overdue),
            ("status-list-forged", &forged),
            ("status-list-damaged", &damaged),
        ] {
            let case = self.plain(name, receipt.encode(), None);
            self.case(Case {
                status: Some(status),
                ..case
            })?;
        }
        Ok(())
    }
}

/// The kiosk's status list with so many entries.
fn status_list(
    operator: &OperatorKey,
    change: impl FnOnce(&mut StatusDraft) -> Outcome<()>,
    entries: u64,
    issued_at: u64,
) -> Outcome<String> {
    let (site, kiosk) = (Name::new("hall-2")?, Name::new("kiosk-07")?);
    let uri = StatusUri::of(&site, &kiosk);
    let mut draft = StatusDraft::first(&site, &kiosk, &uri, entries)?;
    change(&mut draft)?;
    Ok(draft.issue(operator, issued_at, 7 * DAY_S)?)
}
