//! Simulators of the kiosk's devices as programs of their own, for demonstrations, tests and
//! integrators.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Simulated devices of an identity-verification kiosk.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    device: Device,
}

#[derive(Subcommand)]
enum Device {
    Card(Box<hal::sim::card::CardArgs>),
    Camera(Box<hal::sim::camera::CameraArgs>),
    Printer(hal::sim::printer::PrinterArgs),
    Passport(Box<hal::sim::passport::PassportArgs>),
}

fn main() -> ExitCode {
    let result = match Cli::parse().device {
        Device::Card(args) => hal::sim::card::run(&args),
        Device::Printer(args) => hal::sim::printer::run(&args),
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
