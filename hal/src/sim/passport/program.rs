//! `hal-sim passport`: the simulator as a program.
#![allow(clippy::print_stdout)] // a program that is read by people and scripts

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{
    Active, Ciphers, DEFAULT_PORT, Fault, Pace, PaceCurve, PassportFile, PassportOptions,
    PassportSimulator, Protocols, SimPassport, encode_portrait,
};
use crate::sim::card::Crop;
use crate::sim::pcscd::{Pcscd, SOCKET_VARIABLE};
use crate::sim::scanner::ScannerSimulator;

/// An electronic passport or identity card (ICAO 9303) on a virtual reader of pcscd.
///
/// Needs pcscd with vpcd (Debian packages pcscd and vsmartcard-vpcd). Prints the machine-readable
/// zone, line by line, and then "ready"; serves the chip until standard input ends. Lines on standard
/// input: `place` and `remove` move the document, `fault NAME` and `fault none` replace it by another
/// of the same holder, `quit` ends. With `--scanner`, `scan` lays the page on a document scanner, `scan
/// misread` crookedly; `scanner gone` and `scanner back` pull its plug and put it in.
#[derive(Args)]
#[command(after_help = "Examples:
  The example passport, lying on the reader; a kiosk that trusts the folder accepts it:
    hal-sim passport --placed --country /tmp/utopia --write-csca /tmp/utopia/trust

  A passport from a file, placed after three seconds:
    (sleep 3; echo place; sleep 60) | hal-sim passport --passport passport.toml

  The same on a pcscd of its own, which needs no rights and disturbs no other:
    hal-sim passport --placed --own-pcscd /tmp/own
    PCSCLITE_CSOCK_NAME=/tmp/own/run/pcscd.comm kiosk self-test

  An identity card in bank card size with PACE only, opened by its number 773095:
    hal-sim passport --size td1 --protocols pace,chip --placed

  A copy of a genuine chip, which cannot prove that it is the original:
    hal-sim passport --placed --fault cloned

  A passport that is taken away after 25 answers, on a chip that takes 30 ms for each:
    hal-sim passport --placed --fault pulled --pull-at 25 --apdu-time-ms 30

  On a reader that cannot pass on the extended APDUs which the chip says it takes:
    hal-sim passport --placed --fault drops-extended

  With a document scanner beside the reader, as the kiosk's `mrz_scanner`:
    (sleep 5; echo scan; sleep 60) | hal-sim passport --placed --scanner /tmp/scanner

  A passport file:
    size = \"td3\"                 # or \"td1\"
    issuer = \"UTO\"
    surname = \"LIN\"
    given_names = \"YANGLI\"
    full_name = \"林样例\"
    number = \"E00007730\"
    nationality = \"UTO\"
    birth_date = \"19850615\"
    sex = \"F\"
    expiry = \"20360101\"
    birth_place = \"UTOPIA\"
    can = \"773095\"
    portrait = \"portrait.jpg\"    # relative to the file; a JPEG 2000 file (.jp2) is taken as it is
    crop = \"40,10,204,252\"       # x,y,width,height in the portrait")]
pub struct PassportArgs {
    /// A passport file (TOML, see below); without one, the document is an example.
    #[arg(long, value_name = "PASSPORT.toml")]
    passport: Option<PathBuf>,
    /// Size of the example document.
    #[arg(long, value_enum, conflicts_with = "passport")]
    size: Option<SizeArg>,
    /// Document number.
    #[arg(long)]
    number: Option<String>,
    /// Portrait of the holder (JPEG, PNG, WebP; JP2 as it is).
    #[arg(long, value_name = "IMAGE")]
    portrait: Option<PathBuf>,
    /// The face in the portrait, in pixels; without it, the middle.
    #[arg(long, value_name = "X,Y,W,H", requires = "portrait")]
    crop: Option<Crop>,
    /// What the chip can do.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["bac", "pace", "chip", "active"])]
    protocols: Vec<ProtocolArg>,
    /// Ciphers of PACE and chip authentication.
    #[arg(long, value_enum, default_value = "aes-128")]
    ciphers: Ciphers,
    /// Curve of PACE.
    #[arg(long, value_enum, default_value = "brainpool-p256r1")]
    curve: PaceCurve,
    /// Key of active authentication.
    #[arg(long, value_enum, default_value = "ecdsa")]
    active_key: Active,
    /// Folder with the key of the test country; made there if there is none. Without it, every
    /// start founds a new country.
    #[arg(long, value_name = "FOLDER")]
    country: Option<PathBuf>,
    /// Writes the test country's certificate and revocation list (csca.cer, csca.crl) into this
    /// folder. Never let a kiosk in service trust it.
    #[arg(long, value_name = "FOLDER")]
    write_csca: Option<PathBuf>,
    /// The document lies on the reader from the start.
    #[arg(long)]
    placed: bool,
    /// What goes wrong.
    #[arg(long, value_enum)]
    fault: Option<Fault>,
    /// With `--fault pulled`: after how many answers.
    #[arg(long, value_name = "ANSWERS", default_value_t = 10)]
    pull_at: usize,
    /// How long the chip takes for each command.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    apdu_time_ms: u64,
    /// How long the document is away at least when it was taken away: where the machine is busy, pcscd
    /// notices later.
    #[arg(long, value_name = "MS", default_value_t = AWAY_MS)]
    away_ms: u64,
    /// Host on which pcscd with vpcd runs.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Port of the virtual reader.
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Starts a pcscd of its own with one virtual reader, its files in this folder, and prints what
    /// its clients need in their environment as the first line.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["host", "port"])]
    own_pcscd: Option<PathBuf>,
    /// A document scanner beside the reader, on a pseudo-terminal to which this link leads.
    #[arg(long, value_name = "LINK")]
    scanner: Option<PathBuf>,
}

/// What is enough for a pcscd that gets its time.
const AWAY_MS: u64 = 1000;

#[derive(Clone, Copy, ValueEnum)]
enum SizeArg {
    /// Passport booklet.
    Td3,
    /// Bank card.
    Td1,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProtocolArg {
    /// Basic Access Control.
    Bac,
    /// PACE with generic mapping, from the machine-readable zone or the card access number.
    Pace,
    /// Chip authentication.
    Chip,
    /// Active authentication.
    Active,
}

/// Runs the program until standard input ends.
///
/// # Errors
/// If the document cannot be made, or standard output is gone.
pub fn run(args: &PassportArgs) -> Result<(), Box<dyn Error>> {
    let page = page(args)?;
    let lines = page.mrz();
    let pcscd = args.own_pcscd.as_deref().map(Pcscd::start).transpose()?;
    if let Some(pcscd) = &pcscd {
        println!("{SOCKET_VARIABLE}={}", pcscd.socket().display());
    }
    let mut desk = Desk {
        scanner: args.scanner.clone().map(Scanner::plug_in).transpose()?,
        lines: lines.to_vec(),
    };
    let simulator = PassportSimulator::start(PassportOptions {
        protocols: protocols(args),
        country: args.country.clone(),
        trust: args.write_csca.clone(),
        placed: args.placed,
        fault: args.fault,
        pull_at: args.pull_at,
        apdu_time: Duration::from_millis(args.apdu_time_ms),
        away: Duration::from_millis(args.away_ms),
        host: args.host.clone(),
        port: pcscd.as_ref().map_or(args.port, Pcscd::port),
        ..PassportOptions::with_page(page)
    })?;
    lines.iter().for_each(|line| println!("{line}"));
    println!("ready");
    io::stdout().flush()?;
    for line in io::stdin().lock().lines() {
        if !desk.obey(&simulator, line?.trim())? {
            break;
        }
    }
    Ok(())
}

fn page(args: &PassportArgs) -> Result<SimPassport, Box<dyn Error>> {
    let mut page = match (&args.passport, args.size) {
        (Some(path), _) => PassportFile::read(path)?.into_passport()?,
        (None, Some(SizeArg::Td1)) => SimPassport::example_card(),
        (None, _) => SimPassport::example(),
    };
    if let Some(number) = &args.number {
        page.number.clone_from(number);
    }
    if let Some(portrait) = &args.portrait {
        page.portrait = encode_portrait(portrait, args.crop)?;
    }
    Ok(page)
}

fn protocols(args: &PassportArgs) -> Protocols {
    let has = |protocol| args.protocols.contains(&protocol);
    let pace = Pace {
        ciphers: args.ciphers,
        curve: args.curve,
    };
    Protocols {
        bac: has(ProtocolArg::Bac),
        pace: has(ProtocolArg::Pace).then_some(pace),
        chip: has(ProtocolArg::Chip).then_some(args.ciphers),
        active: has(ProtocolArg::Active).then_some(args.active_key),
    }
}

/// A scanner that can be pulled out and put in again.
struct Scanner {
    link: PathBuf,
    device: Option<ScannerSimulator>,
}

impl Scanner {
    fn plug_in(link: PathBuf) -> io::Result<Self> {
        let device = Some(ScannerSimulator::start(Some(link.clone()))?);
        Ok(Self { link, device })
    }
}

/// What stands beside the reader, and the page.
struct Desk {
    scanner: Option<Scanner>,
    lines: Vec<String>,
}

impl Desk {
    /// Does what a line says; false for the end.
    fn obey(&mut self, simulator: &PassportSimulator, line: &str) -> Result<bool, Box<dyn Error>> {
        match line {
            "quit" => return Ok(false),
            "place" => simulator.place(),
            "remove" => simulator.remove(),
            "fault none" => simulator.set_fault(None)?,
            "" => {}
            other if self.scan(other)? => {}
            other => match other
                .strip_prefix("fault ")
                .map(|name| Fault::from_str(name, false))
            {
                Some(Ok(fault)) => simulator.set_fault(Some(fault))?,
                _ => eprintln!("hal-sim: unknown command {other:?}"),
            },
        }
        Ok(true)
    }

    /// Whether the line was for the scanner.
    fn scan(&mut self, line: &str) -> io::Result<bool> {
        let Some(scanner) = &mut self.scanner else {
            return Ok(false);
        };
        match (line, &scanner.device) {
            ("scan", Some(device)) => device.scan(&self.lines)?,
            ("scan misread", Some(device)) => device.misread(&self.lines)?,
            ("scan" | "scan misread", None) => eprintln!("hal-sim: the scanner is not plugged in"),
            ("scanner gone", _) => scanner.device = None,
            ("scanner back", _) => *scanner = Scanner::plug_in(scanner.link.clone())?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
