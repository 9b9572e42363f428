//! Simulators of the kiosk's devices as programs of their own, for demonstrations, tests and
//! integrators.
#![allow(clippy::print_stdout)] // a program that is read by people and scripts

use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use hal::sim::card::{
    CardFile, CardSimulator, Crop, Fault, SimCard, SimulatorOptions, encode_photo,
};

/// Simulated devices of an identity-verification kiosk.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    device: Device,
}

#[derive(Subcommand)]
enum Device {
    Card(Box<CardArgs>),
    Camera(hal::sim::camera::CameraArgs),
    Passport(Box<hal::sim::passport::PassportArgs>),
}

/// A GA 467 card reader on a pseudo-terminal.
///
/// Prints the path of its device node as one line, then serves it until standard input ends.
/// Lines on standard input: `place` and `remove` move the card, `fault NAME` and `fault none`
/// change what goes wrong, `quit` pulls the plug.
#[derive(Args)]
#[command(after_help = "Examples:
  The example card, lying on the reader, under a fixed name:
    hal-sim card --photo portrait.jpg --placed --link /tmp/reader

  A card from a file, placed after three seconds:
    (sleep 3; echo place; sleep 60) | hal-sim card --card card.toml --link /tmp/reader

  A card that is pulled after 700 bytes:
    hal-sim card --photo portrait.jpg --placed --fault pulled-mid-read --pull-at 700

  A card file:
    kind = \"resident\"            # or \"foreigner\", \"hk-macao-taiwan\"
    name = \"林样例\"
    sex = \"2\"                    # GB/T 2261.1
    ethnicity = \"01\"             # GB/T 3304
    birth_date = \"19850615\"
    address = \"示例省示例市样本路1号\"
    number = \"990101198506150024\"
    issuer = \"示例市公安局\"
    valid_from = \"20200101\"
    valid_to = \"长期\"
    photo = \"portrait.jpg\"       # relative to the file
    crop = \"40,10,204,252\"       # x,y,width,height in the portrait")]
struct CardArgs {
    /// A card file (TOML, see below); without one, the card is an example.
    #[arg(long, value_name = "CARD.toml")]
    card: Option<PathBuf>,
    /// Name on the card.
    #[arg(long)]
    name: Option<String>,
    /// Number of the card; its check digit is not looked at.
    #[arg(long)]
    number: Option<String>,
    /// Portrait of the holder (JPEG, PNG or WebP).
    #[arg(long, value_name = "IMAGE")]
    photo: Option<PathBuf>,
    /// The face in the portrait, in pixels; without it, the middle.
    #[arg(long, value_name = "X,Y,W,H", requires = "photo")]
    crop: Option<Crop>,
    /// The card lies on the reader from the start.
    #[arg(long)]
    placed: bool,
    /// What goes wrong.
    #[arg(long, value_enum)]
    fault: Option<Fault>,
    /// With `--fault pulled-mid-read`: after how many bytes of the contents.
    #[arg(long, value_name = "BYTES")]
    pull_at: Option<usize>,
    /// Speed of the wire in bits per second; 0 for as fast as the machine.
    #[arg(long, default_value_t = 115_200)]
    baud: u32,
    /// How long reading the chip takes, before its contents are sent.
    #[arg(long, value_name = "MS", default_value_t = 600)]
    chip_time_ms: u64,
    /// A symbolic link to the device node, removed at the end.
    #[arg(long, value_name = "PATH")]
    link: Option<PathBuf>,
}

fn main() -> ExitCode {
    let result = match Cli::parse().device {
        Device::Card(args) => serve_card(*args),
        Device::Camera(args) => hal::sim::camera::run(&args).map_err(Into::into),
        Device::Passport(args) => hal::sim::passport::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hal-sim: {error}");
            let mut cause = error.source();
            while let Some(source) = cause {
                eprintln!("  because: {source}");
                cause = source.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn serve_card(args: CardArgs) -> Result<(), Box<dyn std::error::Error>> {
    let simulator = CardSimulator::start(SimulatorOptions {
        card: card(&args)?,
        placed: args.placed,
        fault: args.fault,
        pull_at: args.pull_at,
        baud: Some(args.baud).filter(|b| *b > 0),
        chip_time: Duration::from_millis(args.chip_time_ms),
        link: args.link,
    })?;
    println!("{}", simulator.path().display());
    io::stdout().flush()?;
    for line in io::stdin().lock().lines() {
        if !obey(&simulator, line?.trim()) {
            break;
        }
    }
    Ok(())
}

fn card(args: &CardArgs) -> Result<SimCard, Box<dyn std::error::Error>> {
    let mut card = match &args.card {
        Some(path) => CardFile::read(path)?.into_card()?,
        None => SimCard::example(),
    };
    if let Some(name) = &args.name {
        card.name.clone_from(name);
    }
    if let Some(number) = &args.number {
        card.number.clone_from(number);
    }
    if let Some(photo) = &args.photo {
        card.photo = encode_photo(photo, args.crop)?;
    }
    Ok(card)
}

/// Does what a line says; false for the end.
fn obey(simulator: &CardSimulator, line: &str) -> bool {
    match line {
        "quit" => return false,
        "place" => simulator.place(),
        "remove" => simulator.remove(),
        "fault none" => simulator.set_fault(None),
        "" => {}
        other => match other
            .strip_prefix("fault ")
            .map(|f| Fault::from_str(f, false))
        {
            Some(Ok(fault)) => simulator.set_fault(Some(fault)),
            _ => eprintln!("hal-sim: unknown command {other:?}"),
        },
    }
    true
}
