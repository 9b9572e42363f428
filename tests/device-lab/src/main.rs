//! `device-lab`: tells the stories that need real kernel devices, in a virtual machine, and prints a
//! table. See README.md beside this crate's Cargo.toml; `make device-lab` builds all it needs.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a program that is read by people")]

mod arch;
mod chance;
mod disks;
mod error;
mod host;
mod kiosk;
mod lab;
mod machine;
mod panel;
mod pictures;
mod qmp;
mod reader;
mod shell;
mod story;
mod wait;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};

use arch::Arch;
use disks::Parts;
use error::{LabError, chain};
use lab::Lab;
use story::Story;

/// Tells the device lab's stories.
#[derive(Parser)]
struct Arguments {
    /// Stories, in this order; without any, all of them
    #[arg(value_enum)]
    stories: Vec<Story>,
    /// The machine's architecture
    #[arg(long, value_enum, default_value = "x86_64")]
    arch: Arch,
    /// Folder that image/build.sh filled
    #[arg(long, default_value = ".setup/device-lab")]
    image: PathBuf,
    /// The kiosk as built for the device
    #[arg(long)]
    kiosk: PathBuf,
    /// A kiosk for this computer, which is the operator's; without it, the same program
    #[arg(long)]
    operator: Option<PathBuf>,
    /// The program `kiosk-wlt`, which belongs beside the kiosk
    #[arg(long)]
    wlt: PathBuf,
    /// The program `hal-sim`, for this computer
    #[arg(long)]
    simulators: PathBuf,
    /// The program `hal-sim`, for the machine; without it, the same program
    #[arg(long)]
    lens: Option<PathBuf>,
    /// A program made of a driver's tests in hal/tests, as cargo names it; repeat it for each
    #[arg(long = "driver-tests")]
    driver_tests: Vec<PathBuf>,
    /// The program `face`
    #[arg(long)]
    face: PathBuf,
    /// Folder that `make setup` filled
    #[arg(long, default_value = ".setup")]
    setup: PathBuf,
    /// Folder with the machine's ONNX Runtime; without it, the one that `make setup` filled
    #[arg(long)]
    runtime: Option<PathBuf>,
    /// Folder for the lab's own files: disks, logs, pictures of failed stories. Emptied first
    #[arg(long, default_value = "target/device-lab")]
    work: PathBuf,
    /// Take the disk and the TPM that were enrolled the last time, which saves a start
    #[arg(long)]
    again: bool,
    /// How often the story power-off cuts the power
    #[arg(long, default_value_t = 20)]
    cuts: u32,
    /// The same seed gives the same moments
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    match tell(Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("device-lab: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// What became of a story.
struct Told {
    name: String,
    result: Result<String, LabError>,
    took: Duration,
}

fn tell(arguments: Arguments) -> Result<bool, LabError> {
    machine::check_tools(arguments.arch)?;
    let mut lab = set_up(&arguments)?;
    let stories = match arguments.stories.as_slice() {
        [] => arguments.arch.stories(),
        some => some,
    };
    let mut told = Vec::new();
    for story in stories {
        let name = story
            .to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned());
        println!("==> {name}");
        let begun = Instant::now();
        let result = story.tell(&mut lab);
        match &result {
            Ok(line) => println!("    {line}"),
            Err(error) => {
                println!("    failed: {}", chain(error));
                lab.give_up(&name);
            }
        }
        let took = begun.elapsed();
        println!("    {:.0} s", took.as_secs_f32());
        told.push(Told { name, result, took });
    }
    print(&told);
    Ok(told.iter().all(|told| told.result.is_ok()))
}

fn set_up(arguments: &Arguments) -> Result<Lab, LabError> {
    if !arguments.again {
        // What was left of another time would be taken for this one's.
        let _ = std::fs::remove_dir_all(&arguments.work);
    }
    std::fs::create_dir_all(&arguments.work).map_err(error::failed("create", &arguments.work))?;
    let whole = |path: &PathBuf| path.canonicalize().map_err(error::failed("find", path));
    let parts = Parts {
        recipe: lab::workspace().join("tests/device-lab/image"),
        image: whole(&arguments.image)?,
        arch: arguments.arch,
        kiosk: whole(&arguments.kiosk)?,
        operator: whole(arguments.operator.as_ref().unwrap_or(&arguments.kiosk))?,
        wlt: whole(&arguments.wlt)?,
        simulators: whole(&arguments.simulators)?,
        lens: whole(arguments.lens.as_ref().unwrap_or(&arguments.simulators))?,
        driver_tests: arguments
            .driver_tests
            .iter()
            .map(whole)
            .collect::<Result<_, _>>()?,
        face: whole(&arguments.face)?,
        runtime: match &arguments.runtime {
            Some(folder) => whole(folder)?,
            None => whole(&arguments.setup.join("lib"))?,
        },
        setup: whole(&arguments.setup)?,
        home: lab::workspace().to_owned(),
        work: whole(&arguments.work)?,
    };
    println!("==> disks");
    Lab::set_up(parts, arguments.cuts, arguments.seed)
}

fn print(told: &[Told]) {
    println!(
        "\n{:<14} {:<7} {:>6}  what happened",
        "story", "result", "s"
    );
    for Told { name, result, took } in told {
        let (word, line) = match result {
            Ok(line) => ("passed", line.clone()),
            Err(error) => ("FAILED", chain(error)),
        };
        println!("{name:<14} {word:<7} {:>6.0}  {line}", took.as_secs_f32());
    }
}
