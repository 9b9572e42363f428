//! `hal-sim camera --device`: a live picture into a V4L2 output device, as another program would
//! see it coming from a camera. The kernel side is v4l2loopback: what is written to the node as
//! output comes out of it as capture.

use std::{
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use clap::ValueEnum;
use v4l::{Device, Format, FourCC, video::Output};

use super::{
    HEIGHT, WIDTH,
    chance::Chance,
    coding::Coding,
    options::{CameraArgs, Shot, SimError},
    scene::Script,
    source::Source,
};

/// Black in BT.601 limited range, and no colour.
const BLACK: u8 = 16;
const NO_COLOUR: u8 = 128;

/// Plays the script into the device until `quit` or the end of standard input.
pub(super) fn play(args: &CameraArgs, source: Source, device: &Path) -> Result<(), SimError> {
    let mut feed = Feed {
        source,
        node: Node::new(device, args.format),
        yuyv: Vec::new(),
        coded: Vec::new(),
        sequence: 0,
    };
    // What cannot be played is said even to who has no orders.
    feed.node.open()?;
    let orders = orders();
    let mut script = args.script.0.clone();
    let mut start = Instant::now();
    let mut due = start;
    loop {
        match wait(&orders, due) {
            Order::Frame => {}
            Order::Play(shot) => {
                (script, start) = (Script::only(shot), Instant::now());
                continue;
            }
            Order::Quit => return Ok(()),
        }
        let (shot, since) = script.at(start.elapsed());
        feed.show(shot, since)?;
        // Late frames are left out, as a camera would.
        due = (due + Duration::from_secs_f32(1.0 / args.fps)).max(Instant::now());
    }
}

/// What is to be done next.
enum Order {
    Frame,
    Play(Shot),
    Quit,
}

/// Lines of standard input, read on a thread of their own; its end is "quit".
fn orders() -> Receiver<String> {
    let (send, orders) = channel();
    thread::spawn(move || {
        let lines = io::stdin().lock().lines();
        for line in lines.map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    orders
}

/// Waits for the next frame's time, or an order before it.
fn wait(orders: &Receiver<String>, due: Instant) -> Order {
    let line = match orders.recv_timeout(due.saturating_duration_since(Instant::now())) {
        Ok(line) => line,
        Err(RecvTimeoutError::Timeout) => return Order::Frame,
        Err(RecvTimeoutError::Disconnected) => return Order::Quit,
    };
    match (line.trim(), Shot::from_str(line.trim(), true)) {
        ("quit", _) => Order::Quit,
        (_, Ok(shot)) => Order::Play(shot),
        ("", _) => Order::Frame,
        (other, _) => {
            eprintln!("hal-sim: unknown order {other:?}");
            Order::Frame
        }
    }
}

struct Feed {
    source: Source,
    node: Node,
    yuyv: Vec<u8>,
    coded: Vec<u8>,
    sequence: u64,
}

impl Feed {
    fn show(&mut self, shot: Shot, since: Duration) -> Result<(), SimError> {
        self.sequence += 1;
        match shot {
            Shot::Stop => return self.node.open().map(drop),
            Shot::Close => {
                self.node.close();
                return Ok(());
            }
            // A camera cannot freeze before its first picture.
            Shot::Freeze if !self.coded.is_empty() => {}
            Shot::Black => {
                black(self.sequence, &mut self.yuyv);
                self.encode()?;
            }
            _ => {
                self.source.picture(shot, since, &mut self.yuyv)?;
                self.encode()?;
            }
        }
        self.node.write(&self.coded)
    }

    fn encode(&mut self) -> Result<(), SimError> {
        let coding = self.node.coding;
        coding
            .encode(&self.yuyv, WIDTH, &mut self.coded)
            .map_err(SimError::Coding)
    }
}

/// What a covered lens gives: no light, and the sensor's last bit of noise.
fn black(sequence: u64, yuyv: &mut Vec<u8>) {
    let mut chance = Chance::new(sequence);
    yuyv.clear();
    while yuyv.len() < 2 * WIDTH * HEIGHT {
        let bits = chance.bits();
        let pair = |i: u64| BLACK + u8::from(bits >> i & 1 == 1);
        for i in (0..64).step_by(2) {
            yuyv.extend([pair(i), NO_COLOUR, pair(i + 1), NO_COLOUR]);
        }
    }
    yuyv.truncate(2 * WIDTH * HEIGHT);
}

/// The output device, opened when there is something to write.
struct Node {
    path: PathBuf,
    coding: Coding,
    device: Option<Device>,
}

impl Node {
    fn new(path: &Path, coding: Coding) -> Self {
        Self {
            path: path.to_owned(),
            coding,
            device: None,
        }
    }

    fn close(&mut self) {
        self.device = None;
    }

    fn write(&mut self, picture: &[u8]) -> Result<(), SimError> {
        let written = self.open()?.write(picture);
        match written {
            Ok(length) if length == picture.len() => Ok(()),
            Ok(_) => Err(self.failed("write a whole picture to", io::ErrorKind::WriteZero.into())),
            Err(error) => Err(self.failed("write to", error)),
        }
    }

    fn open(&mut self) -> Result<&mut Device, SimError> {
        let device = match self.device.take() {
            Some(device) => device,
            None => self.opened()?,
        };
        Ok(self.device.insert(device))
    }

    fn opened(&self) -> Result<Device, SimError> {
        let device = Device::with_path(&self.path).map_err(|e| self.failed("open", e))?;
        let wanted = FourCC::new(self.coding.four_cc());
        let (width, height) = (WIDTH as u32, HEIGHT as u32);
        let agreed = Output::set_format(&device, &Format::new(width, height, wanted))
            .map_err(|e| self.failed("set the format of", e))?;
        if (agreed.fourcc, agreed.width, agreed.height) != (wanted, width, height) {
            return Err(SimError::Format {
                path: self.path.clone(),
                wanted: format!("{width}×{height} {wanted}"),
            });
        }
        Ok(device)
    }

    fn failed(&self, operation: &'static str, source: io::Error) -> SimError {
        SimError::Device {
            operation,
            path: self.path.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_covered_lens_is_dark_but_not_dead() {
        let (mut one, mut two) = (Vec::new(), Vec::new());
        black(1, &mut one);
        black(2, &mut two);
        assert_eq!(one.len(), 2 * WIDTH * HEIGHT);
        assert!(one.iter().step_by(2).all(|y| (16..=17).contains(y)));
        assert_ne!(one, two);
    }

    #[test]
    fn what_is_no_output_device_is_refused_by_name() {
        let error = Node::new(Path::new("/dev/null"), Coding::Yuyv)
            .write(&[0; 4])
            .unwrap_err();
        assert!(error.to_string().contains("/dev/null"), "{error}");
    }
}
