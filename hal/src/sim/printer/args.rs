//! `hal-sim printer`: the simulated printer as a program.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::{PrinterFault, PrinterSimulator, PrinterSimulatorOptions, SimEvent};
use crate::printer::{Paper, Typeface};

/// Noto's Chinese letters, where Debian's package fonts-noto-cjk puts them.
const FONT: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";

/// A receipt printer (ESC/POS) on a pseudo-terminal, which draws each slip to a PNG.
///
/// Prints the path of its device node as one line, then one line for each slip (`slip FILE`), for
/// paper torn off with an empty roll (`torn FILE`) and for each command it does not know
/// (`unknown XX XX`). It ends when standard input does.
///
/// Lines on standard input: `paper low`, `paper out`, `paper new`, `cover open`, `cover closed`,
/// `jam`, `cutter-jam`, `hot`, `broken`, `silent`, `mend` (takes out what is stuck; the printer goes
/// on when it is told to), `quit` (pulls the plug).
#[derive(Args)]
#[command(after_help = "Examples:
  A printer in good order under a fixed name; slips are drawn into ./slips:
    hal-sim printer --link /tmp/printer --slips slips

  The roll ends after 600 bytes, and a new one comes half a minute later:
    (sleep 30; echo paper new; sleep 60) | hal-sim printer --link /tmp/printer \\
        --fault paper-out --at-byte 600

  A cheap 58 mm printer that has no Chinese font and does not know the QR command:
    hal-sim printer --paper 58 --no-chinese --no-qr --link /tmp/printer

  A test without any driver (the status byte in answer is 12 hexadecimal: nothing is wrong):
    printf 'Hello\\n\\x1dV\\x00' > /tmp/printer
    printf '\\x10\\x04\\x02' > /tmp/printer; head -c1 /tmp/printer | xxd")]
pub struct PrinterArgs {
    /// Width of the paper in millimetres.
    #[arg(long, value_enum, default_value = "80")]
    paper: PaperWidth,
    /// Folder for the drawn slips.
    #[arg(long, value_name = "FOLDER", default_value = "slips")]
    slips: PathBuf,
    /// Font file of its letters (TrueType, OpenType or a collection of them).
    #[arg(long, value_name = "FILE", default_value = FONT)]
    font: PathBuf,
    /// It has no Chinese font.
    #[arg(long)]
    no_chinese: bool,
    /// It does not know the command for QR codes.
    #[arg(long)]
    no_qr: bool,
    /// What goes wrong.
    #[arg(long, value_enum)]
    fault: Option<PrinterFault>,
    /// With `--fault`: after how many bytes that it has dealt with.
    #[arg(long, value_name = "BYTES", requires = "fault", default_value_t = 0)]
    at_byte: usize,
    /// A symbolic link to the device node, removed at the end.
    #[arg(long, value_name = "PATH")]
    link: Option<PathBuf>,
}

/// A width of paper, by its name on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum PaperWidth {
    /// 58 mm
    #[value(name = "58")]
    Mm58,
    /// 80 mm
    #[value(name = "80")]
    Mm80,
}

/// Serves a printer until standard input ends.
///
/// # Errors
/// If the printer cannot be set up.
#[allow(clippy::print_stdout)] // what a program that is read by people and scripts says
pub fn run(args: &PrinterArgs) -> Result<(), Box<dyn Error>> {
    let options = PrinterSimulatorOptions {
        paper: match args.paper {
            PaperWidth::Mm58 => Paper::Mm58,
            PaperWidth::Mm80 => Paper::Mm80,
        },
        knows_chinese: !args.no_chinese,
        knows_codes: !args.no_qr,
        fault: args.fault.map(|fault| (fault, args.at_byte)),
        link: args.link.clone(),
        ..PrinterSimulatorOptions::new(Arc::new(Typeface::read(&args.font)?), &args.slips)
    };
    let simulator = PrinterSimulator::start(options, tell)?;
    println!("{}", simulator.path().display());
    io::stdout().flush()?;
    for line in io::stdin().lock().lines() {
        if !obey(&simulator, line?.trim()) {
            break;
        }
    }
    Ok(())
}

#[allow(clippy::print_stdout)]
fn tell(event: SimEvent) {
    match event {
        SimEvent::Slip(path) => println!("slip {}", path.display()),
        SimEvent::Torn(path) => println!("torn {}", path.display()),
        SimEvent::Unknown([a, b]) => println!("unknown {a:02x} {b:02x}"),
        SimEvent::NotDrawn(why) => eprintln!("hal-sim: a slip could not be drawn: {why}"),
    }
    // Whoever read this has left: the printer goes on.
    let _ = io::stdout().flush();
}

/// Does what a line says; false for the end.
fn obey(simulator: &PrinterSimulator, line: &str) -> bool {
    match line {
        "quit" => return false,
        "" => {}
        "paper new" => simulator.new_roll(),
        "cover closed" => simulator.close_cover(),
        "mend" => simulator.mend(),
        other => match PrinterFault::from_str(&other.replace(' ', "-"), false) {
            Ok(fault) => simulator.suffer(fault),
            Err(_) => eprintln!("hal-sim: unknown command {other:?}"),
        },
    }
    true
}
