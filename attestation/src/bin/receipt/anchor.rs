//! `receipt verify --rpc`: whether the receipt is anchored on a chain, at which block and time, by
//! a kiosk that the registry there lists. Without a chain, `--log` compares it with the kiosk's
//! exported log (`exported.rs`).

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use attestation::chain::{AnchorRefusal, Anchored, Contracts, Endpoint, find_anchor};
use attestation::utc::rfc3339;
use attestation::{Found, OperatorPublicKey, Verified, WitnessPublicKey};
use serde_json::{Value, json};

use crate::chain::{ChainError, ledger_file};
use crate::exported::{compare, open_log};
use crate::log::witness_key;
use crate::report::{OnLedger, hex};
use crate::{Failure, exported, report};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Also check that the receipt is anchored: a node's address. Several may be given; those that
    /// answer must say the same.
    #[arg(long, value_name = "URL", requires = "ledger")]
    rpc: Vec<String>,
    /// Which chain and contracts: the operator's ledger.json.
    #[arg(long, value_name = "FILE", requires = "rpc")]
    ledger: Option<PathBuf>,
    /// The kiosk's exported log (a folder, or its http(s) address). With --rpc it shows that a later
    /// anchored head contains the receipt; alone, that the log which the kiosk signed does. Only
    /// hashes are read from it.
    #[arg(long, value_name = "FOLDER|URL")]
    log: Option<String>,
    /// Without --rpc: require that this witness has seen the receipt's entry in that log (verifier
    /// key: name+hint+key); more than one may be given.
    #[arg(long, value_name = "KEY", requires = "log", conflicts_with = "rpc", value_parser = witness_key)]
    witness: Vec<WitnessPublicKey>,
}

impl Args {
    /// What chain or exported log say about a receipt that holds. The inner error is the program's
    /// end.
    pub(crate) fn ask(
        &self,
        found: &Found,
        operator: &OperatorPublicKey,
        json: bool,
    ) -> Result<Result<OnLedger, ExitCode>, Failure> {
        match (&self.ledger, &self.log) {
            (None, None) => Ok(Ok(OnLedger::default())),
            (None, Some(log)) => {
                let compared = compare(full(found)?, log, operator, &self.witness);
                Ok(compared.map_err(|finding| exported::refuse(&finding, json)))
            }
            (Some(ledger), _) => self.ask_chain(full(found)?, ledger, json),
        }
    }

    fn ask_chain(
        &self,
        verified: &Verified,
        ledger: &Path,
        json: bool,
    ) -> Result<Result<OnLedger, ExitCode>, Failure> {
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

fn full(found: &Found) -> Result<&Verified, ChainError> {
    match found {
        Found::Full(verified) => Ok(verified),
        Found::Plain(_) | Found::Wallet(_) => Err(ChainError::NotFull),
    }
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
        export: Value::Null,
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

fn refuse(refusal: &AnchorRefusal, json: bool) -> ExitCode {
    report::not_found(refusal.as_code(), refusal, refusal.is_unknown(), json)
}
