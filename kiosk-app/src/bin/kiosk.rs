//! `kiosk`: the appliance's program. The environment is read here and nowhere else.

#![allow(clippy::print_stdout, reason = "a program talks to its user")]

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use kiosk_app::errors::chain;
use kiosk_app::log_commands::{self, LogCommand};
use kiosk_app::self_test::command::{self as self_test, Terminal};
use kiosk_app::{commands, ledger_command, run};
use tracing_subscriber::EnvFilter;

/// Identity-verification kiosk
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// What to log: off, error, warn, info, debug
    #[arg(long, global = true, env = "KIOSK_LOG", default_value = "warn")]
    log: EnvFilter,
}

#[derive(Subcommand)]
enum Command {
    /// Serve residents
    Run {
        /// Settings file (documented sample: kiosk.sample.toml)
        #[arg(long)]
        config: PathBuf,
    },
    /// Check a settings file and its services without starting anything
    Check {
        /// Settings file
        #[arg(long)]
        config: PathBuf,
    },
    /// List the cameras that are plugged in, as the settings file names them
    Cameras,
    /// Make this kiosk's key and print its public half; with --enrolment, take in what the
    /// operator sent back
    Provision {
        /// Settings file
        #[arg(long)]
        config: PathBuf,
        /// Folder from the operator
        #[arg(long)]
        enrolment: Option<PathBuf>,
    },
    /// Make the key that is to follow this kiosk's key, and say how the operator vouches for it
    Rotate {
        /// Settings file
        #[arg(long)]
        config: PathBuf,
    },
    /// Destroy this kiosk's keys for good; the log stays
    Wipe {
        /// Settings file
        #[arg(long)]
        config: PathBuf,
        /// The kiosk's identifier, to show that this kiosk is meant
        #[arg(long, value_name = "KIOSK")]
        confirm: attestation::Name,
    },
    /// After the case was opened: a technician has looked into it and closed the case. Opens the way to
    /// new keys; the kiosk must not run
    SignOff {
        /// Settings file
        #[arg(long)]
        config: PathBuf,
        /// The technician's identifier (a badge number); it goes into the record
        #[arg(long, value_name = "TECHNICIAN")]
        by: attestation::Name,
    },
    /// The operator's side: keys and vouching for kiosks
    #[command(subcommand)]
    Operator(commands::OperatorCommand),
    /// The ledger on a chain: what the operator needs to list this kiosk, and how it stands
    #[command(subcommand)]
    Ledger(ledger_command::LedgerCommand),
    /// The log of this kiosk: audit, export, witnesses, size. The kiosk must not run
    #[command(subcommand)]
    Log(LogCommand),
    /// Make the voices of all prompts from the screens' words, with espeak-ng
    Voices {
        /// Folder for them; give it as `voices` under [speaker]
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
    },
    /// Short for `kiosk log audit`
    #[command(hide = true)]
    Audit {
        /// Settings file
        #[arg(long)]
        config: PathBuf,
    },
    /// Test everything this kiosk needs, and say in plain words what to do
    SelfTest(self_test::Arguments),
    /// See the kiosk at work on simulated devices
    #[cfg(feature = "demo")]
    Demo(kiosk_app::demo::Arguments),
}

fn main() -> ExitCode {
    if let Err(error) = face_pipeline::forbid_telemetry() {
        eprintln!("kiosk: cannot start anew without the networks' telemetry: {error}");
        return ExitCode::FAILURE;
    }
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(arguments.log)
        .with_writer(std::io::stderr)
        .init();
    match execute(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("kiosk: {}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match command {
        Command::Run { config } => run::run(&config)?,
        Command::Check { config } => println!("{}", commands::check(&config)?),
        Command::Cameras => writeln!(std::io::stdout(), "{}", commands::cameras().trim_end())?,
        Command::Provision { config, enrolment } => {
            println!("{}", commands::provision(&config, enrolment.as_deref())?);
        }
        Command::Rotate { config } => println!("{}", commands::rotate(&config)?),
        Command::Wipe { config, confirm } => println!("{}", commands::wipe(&config, &confirm)?),
        Command::SignOff { config, by } => println!("{}", commands::sign_off(&config, &by)?),
        Command::Operator(command) => println!("{}", commands::operator(command)?),
        Command::Ledger(command) => println!("{}", ledger_command::run(&command)?),
        Command::Voices { out } => {
            let count = kiosk_app::voice::render::render(&out)?;
            println!("{count} sound files are in {}.", out.display());
        }
        Command::Log(command) => println!("{}", log(command)?),
        Command::Audit { config } => println!("{}", log(LogCommand::Audit { config })?),
        Command::SelfTest(arguments) => {
            let said = self_test::run(&arguments, terminal())?;
            // Not println!, which panics when the reader of a pipe has seen enough.
            writeln!(std::io::stdout(), "{}", said.text.trim_end())?;
            return Ok(ExitCode::from(u8::from(!said.good)));
        }
        #[cfg(feature = "demo")]
        Command::Demo(arguments) => kiosk_app::demo::run(&arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells who waits at a terminal how far long work is, on a line that is written over.
fn log(command: LogCommand) -> Result<String, Box<dyn std::error::Error>> {
    let mut told = None;
    let is_watched = terminal().watched;
    let result = log_commands::run(command, &mut |done, total| {
        let percent = done.saturating_mul(100) / total.max(1);
        if is_watched && told != Some(percent) {
            told = Some(percent);
            eprint!("\r{percent} % ");
        }
    });
    if told.is_some() {
        eprint!("\r       \r");
    }
    Ok(result?)
}

/// What the terminal can do; NO_COLOR is the convention of no-color.org.
fn terminal() -> Terminal {
    let out = std::io::stdout();
    let size = rustix::termios::tcgetwinsize(&out);
    Terminal {
        width: size.map_or(100, |size| size.ws_col.into()),
        colour: out.is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        watched: std::io::stderr().is_terminal(),
    }
}
