//! `hal-sim card`: the simulated reader as a program.

use std::error::Error;
use std::fs;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{
    Address, CardFile, CardSimulator, Crop, Fault, FaultNumbers, Line, SimCard, SimulatorOptions,
    encode_photo,
};
use crate::card::PHOTO_FIELD_LEN;

/// A GA 467 card reader on a pseudo-terminal or a socket.
///
/// Prints the path of its device node (or its address) as one line, then serves it until standard
/// input ends. Lines on standard input: `place` and `remove` move the card, `fault NAME` and `fault
/// none` change what goes wrong, `pull-at BYTES`, `delay-ms MS`, `byte-gap-ms MS` and `sw3 HEX` the
/// numbers that go with it, `quit` pulls the plug.
#[derive(Args)]
#[command(after_help = "Examples:
  The example card, lying on the reader, under a fixed name:
    hal-sim card --photo portrait.jpg --placed --link /tmp/reader

  A card from a file, placed after three seconds:
    (sleep 3; echo place; sleep 60) | hal-sim card --card card.toml --link /tmp/reader

  A card whose photo is a real one's, to try a licensed decoder with it:
    hal-sim card --photo-field sample.wlt --placed --link /tmp/reader

  A card that is pulled after 700 bytes:
    hal-sim card --photo portrait.jpg --placed --fault pulled-mid-read --pull-at 700

  The bytes of every answer trickle, one each 20 ms:
    hal-sim card --photo portrait.jpg --placed --fault slow-bytes --byte-gap-ms 20

  A status of the module instead of the contents of the card (41: reading failed):
    hal-sim card --placed --fault status --sw3 41

  The serial port of a virtual machine, either side listening:
    hal-sim card --placed --listen 127.0.0.1:4670
    qemu-system-x86_64 … -chardev socket,id=r,host=127.0.0.1,port=4670 -serial chardev:r
    qemu-system-x86_64 … -chardev socket,id=r,path=/tmp/r.sock,server=on,wait=off -serial chardev:r
    hal-sim card --placed --connect unix:/tmp/r.sock

  A card file:
    kind = \"resident\"            # or \"foreigner\", \"hk-macao-taiwan\"
    name = \"林样例\"
    sex = \"2\"                    # GB/T 2261.1
    ethnicity = \"01\"             # GB/T 3304
    birth_date = \"19850615\"
    address = \"示例省示例市样本路1号\"
    newest_address = \"示例省示例市新址路2号\"  # written onto the chip later; left out for none
    fingerprints = 1024          # bytes of made-up fingerprints: 0, 512 or 1024
    number = \"990101198506150024\"
    issuer = \"示例市公安局\"
    valid_from = \"20200101\"
    valid_to = \"长期\"
    photo = \"portrait.jpg\"       # relative to the file
    crop = \"40,10,204,252\"       # x,y,width,height in the portrait")]
pub struct CardArgs {
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
    /// Contents of the photo field as they are, as for trying a licensed decoder (WLT, 1,024 bytes).
    #[arg(long, value_name = "FILE", conflicts_with = "photo")]
    photo_field: Option<PathBuf>,
    /// The card lies on the reader from the start.
    #[arg(long)]
    placed: bool,
    /// What goes wrong.
    #[arg(long, value_enum)]
    fault: Option<Fault>,
    /// With `pulled-mid-read` and `pulled-at-address`: after how many bytes of the answer.
    #[arg(long, value_name = "BYTES")]
    pull_at: Option<usize>,
    /// With `delay`: how late every answer comes.
    #[arg(long, value_name = "MS", default_value_t = 1500)]
    delay_ms: u64,
    /// With `slow-bytes`: the pause after each byte.
    #[arg(long, value_name = "MS", default_value_t = 3)]
    byte_gap_ms: u64,
    /// With `status` and `select-status`: the status in hexadecimal digits.
    #[arg(long, value_name = "HEX", default_value = "41", value_parser = hexadecimal)]
    sw3: u8,
    /// Speed of the module in bits per second; 0 for as fast as the machine, whatever speed the
    /// driver sets. A driver at another speed gets what a UART would make of it.
    #[arg(long, default_value_t = 115_200)]
    baud: u32,
    /// How long reading the chip takes, before its contents are sent.
    #[arg(long, value_name = "MS", default_value_t = 600)]
    chip_time_ms: u64,
    /// A symbolic link to the device node, removed at the end.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["listen", "connect"])]
    link: Option<PathBuf>,
    /// No pseudo-terminal, but a socket on which one peer at a time is awaited.
    #[arg(long, value_name = "HOST:PORT|unix:PATH", conflicts_with = "connect")]
    listen: Option<Address>,
    /// No pseudo-terminal, but a socket that is connected to, again and again.
    #[arg(long, value_name = "HOST:PORT|unix:PATH")]
    connect: Option<Address>,
}

/// Serves a simulated reader until standard input ends.
///
/// # Errors
/// If the card cannot be made or the reader not be plugged in.
pub fn run(args: &CardArgs) -> Result<(), Box<dyn Error>> {
    let simulator = CardSimulator::start(SimulatorOptions {
        card: card(args)?,
        placed: args.placed,
        fault: args.fault,
        numbers: FaultNumbers {
            pull_at: args.pull_at,
            delay: Duration::from_millis(args.delay_ms),
            byte_gap: Duration::from_millis(args.byte_gap_ms),
            sw3: args.sw3,
        },
        baud: Some(args.baud).filter(|b| *b > 0),
        chip_time: Duration::from_millis(args.chip_time_ms),
        line: line(args),
    })?;
    let mut stdout = io::stdout();
    writeln!(stdout, "{}", simulator.path().display())?;
    stdout.flush()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        if words == ["quit"] {
            break;
        }
        if obey(&simulator, &words).is_none() {
            eprintln!("hal-sim: unknown command {line:?}");
        }
    }
    Ok(())
}

fn line(args: &CardArgs) -> Line {
    match (&args.listen, &args.connect) {
        (Some(address), _) => Line::Listen(address.clone()),
        (None, Some(address)) => Line::Connect(address.clone()),
        (None, None) => Line::Terminal {
            link: args.link.clone(),
        },
    }
}

fn card(args: &CardArgs) -> Result<SimCard, Box<dyn Error>> {
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
    if let Some(file) = &args.photo_field {
        card.photo = photo_field(file)?;
    }
    Ok(card)
}

fn photo_field(file: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let field = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    if field.len() > PHOTO_FIELD_LEN {
        let length = field.len();
        let file = file.display();
        return Err(format!("{file} has {length} bytes, a photo field {PHOTO_FIELD_LEN}").into());
    }
    Ok(field)
}

/// Does what a line says, if it says something that is known.
fn obey(simulator: &CardSimulator, words: &[&str]) -> Option<()> {
    match words {
        [] => {}
        ["place"] => simulator.place(),
        ["remove"] => simulator.remove(),
        ["fault", "none"] => simulator.set_fault(None),
        ["fault", name] => simulator.set_fault(Some(Fault::from_str(name, false).ok()?)),
        ["pull-at", bytes] => {
            let bytes = bytes.parse().ok()?;
            simulator.set_numbers(|numbers| numbers.pull_at = Some(bytes));
        }
        ["delay-ms", ms] => {
            let delay = Duration::from_millis(ms.parse().ok()?);
            simulator.set_numbers(|numbers| numbers.delay = delay);
        }
        ["byte-gap-ms", ms] => {
            let gap = Duration::from_millis(ms.parse().ok()?);
            simulator.set_numbers(|numbers| numbers.byte_gap = gap);
        }
        ["sw3", digits] => {
            let status = hexadecimal(digits).ok()?;
            simulator.set_numbers(|numbers| numbers.sw3 = status);
        }
        _ => return None,
    }
    Some(())
}

fn hexadecimal(digits: &str) -> Result<u8, std::num::ParseIntError> {
    u8::from_str_radix(digits, 16)
}
