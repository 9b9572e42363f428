//! `receipt chain`: what the people behind a ledger on an EVM chain do. The authority makes an
//! account and puts the contracts there; the operator lists kiosks, suspends and reinstates them.
//! None of it needs a kiosk, so it is here and not in the kiosk's program.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use attestation::chain::{
    Account, AccountError, Address, Contracts, Endpoint, EnrolmentError, Further, KioskOnChain,
    KioskState, NotALedger, OperateError, Operations, RpcError, SenderEnrolment, kiosk_id,
};
use attestation::utc::rfc3339;
use attestation::{Checkpoint, Credential, DecodeError, Name};
use clap::Subcommand;

use crate::Failure;
use crate::report::{hex, line};

/// More than any file that is read here has, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 10;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make an account: the key with which you sign on the chain. Keep the file secret.
    Key {
        /// The new file (PKCS#8 PEM, readable by you alone).
        account: PathBuf,
    },
    /// Print the address of an account.
    Address {
        /// The account's file.
        account: PathBuf,
    },
    /// Put registry and anchor contract on a chain. The account becomes authority and operator.
    Deploy {
        #[command(flatten)]
        by: By,
        /// The chain's number, so that no other chain is taken by mistake.
        #[arg(long, value_name = "NUMBER")]
        chain_id: u64,
        /// The file that says where they are; publish it.
        #[arg(value_name = "LEDGER.JSON")]
        ledger: PathBuf,
    },
    /// Put one of the contracts that no kiosk needs on the chain, and print its address.
    DeployFurther {
        #[command(flatten)]
        by: By,
        /// The operator's ledger.json.
        #[arg(long, value_name = "FILE")]
        ledger: PathBuf,
        /// PolicyRegistry, ConsentRegister, StatusListAnchor or UsageMeter.
        #[arg(value_parser = further)]
        contract: Further,
    },
    /// Make an account an operator, who may list kiosks. Only the authority.
    Appoint {
        #[command(flatten)]
        by: By,
        /// The operator's ledger.json.
        #[arg(long, value_name = "FILE")]
        ledger: PathBuf,
        /// The address ("receipt chain address").
        #[arg(value_name = "ADDRESS")]
        operator: Address,
    },
    /// List a kiosk, so that it may anchor. Only an operator.
    Enrol(Enrol),
    /// Give a listed kiosk other keys.
    Rotate(Enrol),
    /// Take a kiosk's right to anchor away, for now.
    Suspend(OneKiosk),
    /// Give a suspended kiosk its right back.
    Reinstate(OneKiosk),
    /// Show what the chain says about a kiosk.
    Status {
        /// A node's address.
        #[arg(long, value_name = "URL")]
        rpc: String,
        /// Which chain and contracts: ledger.json.
        #[arg(long, value_name = "FILE")]
        ledger: PathBuf,
        #[command(flatten)]
        names: Names,
    },
}

#[derive(clap::Args)]
pub(crate) struct By {
    /// A node's address.
    #[arg(long, value_name = "URL")]
    rpc: String,
    /// Your account's file ("receipt chain key").
    #[arg(long, value_name = "FILE")]
    account: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct Enrol {
    #[command(flatten)]
    by: By,
    /// Which chain and contracts: ledger.json.
    #[arg(long, value_name = "FILE")]
    ledger: PathBuf,
    /// The operator's credential for this kiosk: the enrolment must be of the same kiosk and key.
    #[arg(long, value_name = "FILE")]
    credential: PathBuf,
    /// What the kiosk printed ("kiosk ledger enrolment").
    #[arg(value_name = "ENROLMENT.JSON")]
    enrolment: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct OneKiosk {
    #[command(flatten)]
    by: By,
    /// Which chain and contracts: ledger.json.
    #[arg(long, value_name = "FILE")]
    ledger: PathBuf,
    #[command(flatten)]
    names: Names,
}

#[derive(clap::Args)]
pub(crate) struct Names {
    /// The site's name, as in the kiosk's credential.
    #[arg(long)]
    site: String,
    /// The kiosk's name, as in its credential.
    #[arg(long)]
    kiosk: String,
}

/// Why nothing could be done on the chain.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChainError {
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Rpc(#[from] RpcError),
    #[error(transparent)]
    Operate(#[from] OperateError),
    #[error("cannot read {path}: check that it is there and that you may read it")]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {path}: an existing file is never overwritten")]
    Write { path: PathBuf, source: io::Error },
    #[error("{path} cannot be used")]
    Ledger { path: PathBuf, source: NotALedger },
    #[error("{path} cannot be used")]
    Enrolment {
        path: PathBuf,
        source: EnrolmentError,
    },
    #[error("{path} is not a credential of a kiosk")]
    Credential { path: PathBuf, source: DecodeError },
    #[error(
        "the enrolment is of another kiosk or key than the credential: it may be forged; fetch it \
         from the kiosk again"
    )]
    OtherKiosk,
    #[error(
        "the enrolment is for another chain or registry: give the kiosk this ledger's settings and \
         fetch it again"
    )]
    OtherLedger,
    #[error(
        "only a full receipt proves its place in the log, by which it is found there or on a chain"
    )]
    NotFull,
    #[error("{name:?} is not a name of a kiosk or site")]
    NotAName { name: String },
}

impl Command {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        self.perform()?;
        Ok(ExitCode::SUCCESS)
    }

    fn perform(self) -> Result<(), ChainError> {
        match self {
            Self::Key { account } => {
                let made = Account::generate()?;
                made.save(&account)?;
                println!("{}", made.address());
            }
            Self::Address { account } => println!("{}", Account::load(&account)?.address()),
            Self::Deploy {
                by,
                chain_id,
                ledger,
            } => {
                // What is on the chain cannot be taken back: the place for its addresses comes first.
                if ledger.exists() {
                    let source = io::ErrorKind::AlreadyExists.into();
                    return Err(ChainError::Write {
                        path: ledger,
                        source,
                    });
                }
                let contracts = by.perform(chain_id, |operations| operations.deploy())?;
                write_new(&ledger, &contracts.to_json())?;
                print!("{}", contracts.to_json());
            }
            Self::DeployFurther {
                by,
                ledger,
                contract,
            } => {
                let ledger = ledger_file(&ledger)?;
                let put = |one: &Operations<'_>| one.deploy_further(&ledger, contract);
                println!("{}", by.perform(ledger.chain_id, put)?);
            }
            Self::Appoint {
                by,
                ledger,
                operator,
            } => {
                let ledger = ledger_file(&ledger)?;
                by.perform(ledger.chain_id, |one| one.appoint(&ledger, operator))?;
                println!("{operator} is an operator");
            }
            Self::Enrol(enrol) => enrol.perform("is listed", |by, at, one| by.enrol(at, one))?,
            Self::Rotate(enrol) => {
                enrol.perform("has the new keys", |by, at, one| by.rotate(at, one))?
            }
            Self::Suspend(one) => one.perform("is suspended", |by, at, one| by.suspend(at, one))?,
            Self::Reinstate(one) => {
                one.perform("may anchor again", |by, at, one| by.reinstate(at, one))?
            }
            Self::Status { rpc, ledger, names } => status(&rpc, &ledger, &names)?,
        }
        Ok(())
    }
}

fn further(name: &str) -> Result<Further, &'static str> {
    Further::named(name)
        .ok_or("not one of PolicyRegistry, ConsentRegister, StatusListAnchor, UsageMeter")
}

impl By {
    fn perform<T>(
        &self,
        chain_id: u64,
        perform: impl FnOnce(&Operations<'_>) -> Result<T, OperateError>,
    ) -> Result<T, ChainError> {
        let (endpoint, account) = (Endpoint::new(&self.rpc)?, Account::load(&self.account)?);
        Ok(perform(&Operations::new(&endpoint, &account, chain_id)?)?)
    }
}

type EnrolVerb =
    for<'a> fn(&Operations<'a>, &Contracts, &SenderEnrolment) -> Result<(), OperateError>;

impl Enrol {
    /// Everything is checked before anything is sent.
    fn perform(&self, done: &str, verb: EnrolVerb) -> Result<(), ChainError> {
        let ledger = ledger_file(&self.ledger)?;
        let path = &self.enrolment;
        let enrolment = SenderEnrolment::parse(&read(path)?);
        let enrolment = enrolment.map_err(|source| ChainError::Enrolment {
            path: path.clone(),
            source,
        })?;
        let path = &self.credential;
        let credential = Credential::from_cose(&read_bytes(path)?);
        let credential = credential.map_err(|source| ChainError::Credential {
            path: path.clone(),
            source,
        })?;
        let origin = Checkpoint::origin(&credential.site, &credential.kiosk);
        if (&enrolment.origin, &enrolment.device) != (&origin, &credential.device) {
            return Err(ChainError::OtherKiosk);
        }
        let bound = &enrolment.bound;
        if (bound.chain_id, bound.registry) != (ledger.chain_id, ledger.registry) {
            return Err(ChainError::OtherLedger);
        }
        self.by
            .perform(ledger.chain_id, |one| verb(one, &ledger, &enrolment))?;
        println!("{} {done}", enrolment.origin);
        Ok(())
    }
}

type KioskVerb = for<'a> fn(&Operations<'a>, &Contracts, &[u8; 32]) -> Result<(), OperateError>;

impl OneKiosk {
    fn perform(&self, done: &str, verb: KioskVerb) -> Result<(), ChainError> {
        let (ledger, origin) = (ledger_file(&self.ledger)?, self.names.origin()?);
        let kiosk = kiosk_id(&origin);
        self.by
            .perform(ledger.chain_id, |one| verb(one, &ledger, &kiosk))?;
        println!("{origin} {done}");
        Ok(())
    }
}

impl Names {
    fn origin(&self) -> Result<String, ChainError> {
        let name = |name: &String| {
            let name = name.clone();
            Name::new(&name).map_err(|_| ChainError::NotAName { name })
        };
        Ok(Checkpoint::origin(&name(&self.site)?, &name(&self.kiosk)?))
    }
}

fn status(rpc: &str, ledger: &Path, names: &Names) -> Result<(), ChainError> {
    let (endpoint, ledger) = (Endpoint::new(rpc)?, ledger_file(ledger)?);
    let origin = names.origin()?;
    let found = KioskOnChain::look_up(&endpoint, &ledger, &origin)?;
    let listed = &found.listed;
    let since = rfc3339(listed.since);
    let state = match listed.state {
        KioskState::Unknown => "not listed: the operator enrols it".to_owned(),
        KioskState::Active => format!("may anchor, since {since}"),
        KioskState::Suspended => format!("suspended, since {since}"),
    };
    let mut text = String::new();
    line(&mut text, "Kiosk", &origin);
    line(&mut text, "State", &state);
    if listed.state != KioskState::Unknown {
        line(&mut text, "Key", &hex(&listed.device));
        line(&mut text, "Sender", &listed.sender.to_string());
    }
    let newest = match found.size {
        0 => "none".to_owned(),
        size => format!(
            "{size} entries, number {}, in block {} of {} (the newest block is {})",
            found.sequence,
            found.block,
            rfc3339(found.time),
            found.newest_block
        ),
    };
    line(&mut text, "Last anchor", &newest);
    print!("{text}");
    Ok(())
}

/// Reads a ledger.json.
pub(crate) fn ledger_file(path: &Path) -> Result<Contracts, ChainError> {
    Contracts::parse(&read(path)?).map_err(|source| ChainError::Ledger {
        path: path.to_owned(),
        source,
    })
}

fn read(path: &Path) -> Result<String, ChainError> {
    let bytes = read_bytes(path)?;
    String::from_utf8(bytes).map_err(|error| ChainError::Read {
        path: path.to_owned(),
        source: io::Error::other(error),
    })
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, ChainError> {
    let read = || {
        let mut bytes = Vec::new();
        let file = fs::File::open(path)?;
        file.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|source| ChainError::Read {
        path: path.to_owned(),
        source,
    })
}

fn write_new(path: &Path, text: &str) -> Result<(), ChainError> {
    let written = fs::File::create_new(path)
        .and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()));
    written.map_err(|source| ChainError::Write {
        path: path.to_owned(),
        source,
    })
}
