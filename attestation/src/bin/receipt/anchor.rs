//! `receipt verify --rpc`: whether the receipt is anchored on a chain, at which block and time, by
//! a kiosk that the registry there lists.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use attestation::chain::{AnchorRefusal, Anchored, Contracts, Endpoint, fetch, find_anchor};
use attestation::json::not_held;
use attestation::utc::rfc3339;
use attestation::{ExportFinding, ExportedLog, Found, Verified};
use serde_json::json;

use crate::Failure;
use crate::chain::{ChainError, ledger_file};
use crate::report::{OnLedger, hex, with_causes};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Also check that the receipt is anchored: a node's address. Several may be given; those that
    /// answer must say the same.
    #[arg(long, value_name = "URL", requires = "ledger")]
    rpc: Vec<String>,
    /// Which chain and contracts: the operator's ledger.json.
    #[arg(long, value_name = "FILE", requires = "rpc")]
    ledger: Option<PathBuf>,
    /// The kiosk's exported log (a folder, or its http(s) address): shows that a later anchored
    /// head contains the receipt. Only hashes are read from it.
    #[arg(long, value_name = "FOLDER|URL", requires = "rpc")]
    log: Option<String>,
}

impl Args {
    /// What the chain says about a receipt that holds. The inner error is the program's end.
    pub(crate) fn ask(
        &self,
        found: &Found,
        json: bool,
    ) -> Result<Result<OnLedger, ExitCode>, Failure> {
        let Some(ledger) = &self.ledger else {
            return Ok(Ok(OnLedger::default()));
        };
        let Found::Full(verified) = found else {
            return Err(ChainError::NotFull.into());
        };
        let contracts = ledger_file(ledger)?;
        let endpoints = self.rpc.iter().map(|url| Endpoint::new(url));
        let endpoints: Vec<_> = endpoints
            .collect::<Result<_, _>>()
            .map_err(ChainError::from)?;
        let log = self.log.as_deref().map(open_log);
        let found = log
            .transpose()
            .map_err(AnchorRefusal::from)
            .and_then(|log| find_anchor(verified, &endpoints, &contracts, log.as_ref()));
        Ok(match found {
            Ok(anchored) => Ok(describe(verified, &contracts, &anchored)),
            Err(refusal) => Err(refuse(&refusal, json)),
        })
    }
}

fn open_log(place: &str) -> Result<ExportedLog, ExportFinding> {
    if !place.starts_with("http://") && !place.starts_with("https://") {
        return ExportedLog::in_folder(Path::new(place));
    }
    let base = place.trim_end_matches('/').to_owned();
    let get = move |name: &str, limit| {
        let url = format!("{base}/{name}");
        fetch(&url, limit).map_err(|error| ExportFinding::Unreadable {
            path: url.into(),
            source: std::io::Error::other(error),
        })
    };
    ExportedLog::fetched(get)
}

fn describe(verified: &Verified, contracts: &Contracts, found: &Anchored) -> OnLedger {
    let log = &verified.log().part;
    let own = log.start == 0 && log.end == found.size;
    let head = match own {
        true => "the receipt's own head".to_owned(),
        false => format!("the head of {} entries, which contains it", found.size),
    };
    let depth = found.newest_block.saturating_sub(found.block) + 1;
    let block = format!(
        "block {} of {}, {depth} deep, on chain {}",
        found.block,
        rfc3339(found.time),
        contracts.chain_id
    );
    let sender = found.sender.to_string();
    let since = rfc3339(found.key_since);
    let key = match found.key_until {
        None => format!("the kiosk's newest in the registry, since {since}"),
        Some(until) => format!(
            "an older one of the kiosk: in the registry from {since} to {}",
            rfc3339(until)
        ),
    };
    OnLedger {
        lines: vec![
            ("Anchored", block),
            ("By", head),
            ("Key", key),
            ("Sender", sender),
        ],
        checks: found.checks(),
        json: json!({
            "chain_id": contracts.chain_id,
            "block": found.block,
            "time": rfc3339(found.time),
            "depth": depth,
            "size": found.size,
            "sequence": found.sequence,
            "own_head": own,
            "sender": found.sender.to_string(),
            "key_since": rfc3339(found.key_since),
            "key_until": found.key_until.map(rfc3339),
            "kiosk": hex(&attestation::chain::kiosk_id(&log.origin)),
        }),
    }
}

/// That nothing could be found out is no refusal of the receipt: exit code 2.
fn refuse(refusal: &AnchorRefusal, json: bool) -> ExitCode {
    let code = refusal.as_code();
    if json {
        println!("{:#}", not_held(code, refusal));
    } else if refusal.is_unknown() {
        println!("NOT FOUND OUT ({code})\n{}", with_causes(refusal));
    } else {
        println!("REFUSED ({code})\n{}", with_causes(refusal));
    }
    ExitCode::from(if refusal.is_unknown() { 2 } else { 1 })
}
