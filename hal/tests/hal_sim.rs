//! The simulator as the program that an integrator starts: its own process, killed and started
//! again under the driver.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test
#![cfg(feature = "sim")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::iter;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::{LONG, Reader, until};
use hal::DeviceState;
use hal::card::ga467::Command as Ga467;
use hal::card::{CardFault, Field, PhotoCoding};

/// A running `hal-sim card`.
struct Program {
    child: Child,
    port: PathBuf,
}

impl Program {
    fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hal-sim"))
            .args(["card", "--baud", "0", "--chip-time-ms", "0"])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = PathBuf::from(line.trim());
        assert!(port.exists() || args.contains(&"--listen"), "{line:?}");
        Self { child, port }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn portrait(folder: &Path) -> PathBuf {
    let path = folder.join("portrait.png");
    image::RgbImage::from_fn(204, 252, |x, y| image::Rgb([x as u8, y as u8, 128]))
        .save(&path)
        .unwrap();
    path
}

#[test]
fn a_card_from_a_file_is_read_with_its_photo() {
    let folder = tempfile::tempdir().unwrap();
    portrait(folder.path());
    let file = folder.path().join("card.toml");
    std::fs::write(
        &file,
        "name = \"张三\"\nvalid_to = \"长期\"\nphoto = \"portrait.png\"\n",
    )
    .unwrap();
    let mut program = Program::start(&["--card", file.to_str().unwrap()]);
    let reader = Reader::on(&program.port);
    reader.worker.start_polling();
    program.say("place");
    let record = reader.wait_for_card();
    assert_eq!(record.name.reveal(), "张三");
    assert_eq!(record.photo.coding(), PhotoCoding::WebP);
    let photo = image::load_from_memory(record.photo.reveal()).unwrap();
    assert_eq!((photo.width(), photo.height()), (102, 126));
}

#[test]
fn a_killed_and_restarted_reader_is_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let photo = portrait(folder.path());
    let link = folder.path().join("reader");
    let args = [
        "--photo",
        photo.to_str().unwrap(),
        "--link",
        link.to_str().unwrap(),
        "--placed",
    ];
    let first = Program::start(&args);
    let reader = Reader::on(&link);
    reader.wait_for_state(&DeviceState::Ready);
    drop(first);
    // A killed program leaves it, and what it points to may be given to another test's reader.
    std::fs::remove_file(&link).unwrap();
    reader.wait_for_state(&DeviceState::Absent);
    let _second = Program::start(&args);
    reader.worker.start_polling();
    reader.wait_for_card();
}

#[test]
fn faults_come_and_go_by_command() {
    let mut program = Program::start(&["--placed", "--fault", "no-photo"]);
    let reader = Reader::on(&program.port);
    reader.worker.start_polling();
    assert_eq!(reader.wait_for_fault(), CardFault::NoPhoto);
    program.say("fault empty-fields");
    program.say("remove");
    program.say("place");
    // It may have been under way again when it was taken away.
    let fault = iter::repeat_with(|| reader.wait_for_fault());
    let mut fault = fault.skip_while(|fault| *fault == CardFault::PulledMidRead);
    assert_eq!(fault.next(), Some(CardFault::EmptyField(Field::Name)));
}

#[test]
fn it_serves_a_virtual_machine_through_a_socket() {
    let mut program = Program::start(&["--listen", "127.0.0.1:0"]);
    let mut line = TcpStream::connect(program.port.to_str().unwrap()).unwrap();
    line.set_read_timeout(Some(LONG)).unwrap();
    let mut status = |command: Ga467| {
        line.write_all(&command.frame()).unwrap();
        let mut header = [0; 10];
        line.read_exact(&mut header).unwrap();
        let rest = usize::from(header[6]) - 3;
        line.read_exact(&mut vec![0; rest]).unwrap();
        header[9]
    };
    assert_eq!(status(Ga467::Status), 0x90);
    for order in ["sw3 40", "fault select-status", "no such order", "place"] {
        program.say(order);
    }
    until("card", || match status(Ga467::Find) {
        0x9F => Ok(()),
        other => Err(other),
    });
    assert_eq!(status(Ga467::Select), 0x40);
}

#[test]
fn it_ends_when_its_input_ends_and_takes_its_link_away() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("reader");
    let mut program = Program::start(&["--link", link.to_str().unwrap()]);
    drop(program.child.stdin.take());
    assert!(program.child.wait().unwrap().success());
    assert!(!link.exists());
}

#[test]
fn what_it_cannot_do_it_says() {
    let output = Command::new(env!("CARGO_BIN_EXE_hal-sim"))
        .args(["card", "--photo", "/no/such/portrait.jpg"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("/no/such/portrait.jpg"), "{said}");
}

/// Runs `hal-sim camera` to its end; whether it was content, and what it said.
fn camera(args: &[&str]) -> (bool, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_hal-sim"))
        .arg("camera")
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    (done.status.success(), said)
}

#[test]
fn the_simulated_camera_writes_pictures_of_a_folder_as_frames() {
    let folder = tempfile::tempdir().unwrap();
    let (pictures, frames) = (folder.path().join("pictures"), folder.path().join("frames"));
    std::fs::create_dir(&pictures).unwrap();
    portrait(&pictures);
    let paths = [pictures.to_str().unwrap(), frames.to_str().unwrap()];
    let (good, said) = camera(&["--pictures", paths[0], "--out", paths[1], "--frames", "3"]);
    assert!(good, "{said}");
    let last = image::open(frames.join("0002.png")).unwrap();
    assert_eq!((last.width(), last.height()), (640, 480));
}

#[test]
fn what_the_simulated_camera_cannot_do_is_said_in_words() {
    let folder = tempfile::tempdir().unwrap();
    portrait(folder.path());
    let pictures = folder.path().to_str().unwrap();
    for (args, words) in [
        (
            ["--pictures", pictures, "--device", "/dev/null"],
            "v4l2loopback",
        ),
        (["--pictures", pictures, "--script", "dance"], "dance"),
        (
            ["--pictures", "/nowhere", "--out", "/tmp"],
            "cannot read photographs",
        ),
    ] {
        let (good, said) = camera(&args);
        assert!(!good && said.contains(words), "{args:?}: {said}");
    }
}
