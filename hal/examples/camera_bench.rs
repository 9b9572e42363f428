//! What a camera costs and how fast it comes back: processor time per frame from the driver's buffer
//! to the slot, and the time from the first loss of a stream to its next frame.
//!
//! `cargo run --release -p hal --features sim --example camera_bench -- DEVICE [SECONDS] [--unplug]`,
//! with DEVICE a path, `usb:VENDOR:PRODUCT`, `none` (then only what is done with each picture is
//! measured, on a driver's buffer made up here), or `list` (says which cameras there are). With `--unplug` it then waits until somebody has pulled the camera
//! (or unbound its driver) and has given it back, three times at most within SECONDS each.
#![allow(clippy::print_stdout, clippy::unwrap_used)] // a measuring program

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use hal::DeviceState;
use hal::camera::v4l::{V4lCamera, cameras};
use hal::camera::{
    Camera, CameraPlace, CameraSettings, CameraWorker, Coding, Delivery, Frame, FramePool,
    LatestFrame, Watch,
};

/// How often it may be unplugged.
const LOSSES: u32 = 3;
/// Longest wait for the first picture.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let unplug = arguments.iter().position(|a| a == "--unplug");
    let unplug = unplug.map(|at| arguments.remove(at)).is_some();
    match arguments.first().map(String::as_str) {
        Some("none") => return pictures(),
        Some("list") => return cameras().iter().for_each(|camera| println!("{camera:?}")),
        _ => {}
    }
    let Some(place) = arguments.first().and_then(|a| a.parse().ok()) else {
        eprintln!("usage: camera_bench DEVICE [SECONDS] [--unplug]");
        std::process::exit(2);
    };
    let seconds = arguments.get(1).and_then(|a| a.parse().ok()).unwrap_or(10);
    let look = Duration::from_secs(seconds);
    let (worker, states) = start(place);
    let frames = worker.frames();
    cost(&frames, look);
    if unplug {
        for number in 1..=LOSSES {
            recovery(number, &frames, &states, look);
        }
    }
}

/// What is done with a picture between the driver's buffer and the slot, and with the watch over it.
fn pictures() {
    const COUNT: u32 = 300;
    println!("640×480 pictures        processor time each, ms");
    for (coding, mirror) in Coding::ALL
        .into_iter()
        .flat_map(|c| [(c, false), (c, true)])
    {
        let buffer = picture(coding);
        let delivery = Delivery::new(coding, 640, 480, 0, mirror).unwrap();
        let (pool, slot) = (FramePool::new(), LatestFrame::new());
        let mut watch = Watch::default();
        let cpu = cpu_time();
        for number in 0..COUNT {
            let (data, layout) = delivery.picture(&buffer, &pool).unwrap();
            let at = Duration::from_secs(1) / 30 * number;
            let frame = Frame::new(data, layout, at, u64::from(number)).unwrap();
            let _ = watch.look(&frame);
            slot.put(frame);
        }
        let each = (cpu_time() - cpu).as_secs_f64() * 1000.0 / f64::from(COUNT);
        let how = if mirror { "mirrored" } else { "" };
        println!("{} {how:9}          {each:.3}", coding.four_cc());
    }
}

/// A driver's buffer with a picture that is not easy to compress.
fn picture(coding: Coding) -> Vec<u8> {
    let noise = |i: u32| ((i.wrapping_mul(2_654_435_761) >> 24) / 16 + (i / 640) % 200) as u8;
    let Coding::Mjpeg = coding else {
        return (0..640 * 480 * 3).map(noise).collect();
    };
    let picture = image::RgbImage::from_fn(640, 480, |x, y| {
        image::Rgb([noise(640 * y + x), noise(640 * y + x + 7), (x / 3) as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .unwrap();
    bytes.into_inner()
}

fn start(place: CameraPlace) -> (CameraWorker, Receiver<(Instant, DeviceState)>) {
    let settings = CameraSettings::on(place);
    match V4lCamera::open_with(&settings) {
        Ok(camera) => println!("{}", camera.describe()),
        Err(error) => println!("not yet: {error}"),
    }
    let (send, states) = channel();
    let open = move || Ok(Box::new(V4lCamera::open_with(&settings)?) as Box<dyn Camera>);
    let worker = CameraWorker::spawn(open, move |state| {
        let _ = send.send((Instant::now(), state));
    });
    worker.start_capture();
    (worker, states)
}

/// Takes frames for a while and prints what they cost.
fn cost(frames: &LatestFrame, look: Duration) {
    let first = frames.take(PATIENCE).unwrap();
    let (begun, cpu, missed) = (Instant::now(), cpu_time(), frames.overwritten());
    let (mut count, mut last, mut delay) = (0_u32, first.at(), Duration::ZERO);
    let (start, mut lost) = (first.at(), 0);
    let mut sequence = first.sequence();
    drop(first);
    while begun.elapsed() < look {
        let Ok(frame) = frames.take(PATIENCE) else {
            println!("the camera stopped");
            return;
        };
        delay += hal::clock::monotonic_now().saturating_sub(frame.at());
        lost += frame.sequence().saturating_sub(sequence + 1);
        (last, sequence) = (frame.at(), frame.sequence());
        count += 1;
    }
    let count = count.max(1);
    let used = cpu_time().saturating_sub(cpu);
    let rate = f64::from(count) / last.saturating_sub(start).as_secs_f64().max(0.001);
    println!("frames                  {count}, {rate:.1} per second by the driver's times");
    println!(
        "processor time          {:.3} ms per frame (all threads of this process)",
        1000.0 * used.as_secs_f64() / f64::from(count)
    );
    println!(
        "from driver to consumer {:.1} ms",
        1000.0 * delay.as_secs_f64() / f64::from(count)
    );
    println!(
        "lost                    {lost} before us, {} not taken in time",
        frames.overwritten() - missed
    );
}

/// Waits for a loss and a return; prints how long each took to be known.
fn recovery(
    number: u32,
    frames: &LatestFrame,
    states: &Receiver<(Instant, DeviceState)>,
    within: Duration,
) {
    println!("loss {number}: pull the camera now");
    while states.try_recv().is_ok() {}
    let mut last_frame = Instant::now();
    let begun = Instant::now();
    let (lost, state) = loop {
        if frames.take(Duration::from_millis(20)).is_ok() {
            last_frame = Instant::now();
        }
        if let Ok(lost) = states.try_recv() {
            break lost;
        }
        if begun.elapsed() > within {
            println!("loss {number}: it was not pulled");
            return;
        }
    };
    println!(
        "loss {number}: {state:?} {} ms after the last frame",
        lost.saturating_duration_since(last_frame).as_millis()
    );
    match frames.take(within) {
        Ok(_) => println!(
            "loss {number}: frames again {} ms after the loss was known",
            lost.elapsed().as_millis()
        ),
        Err(error) => println!("loss {number}: it did not come back: {error}"),
    }
}

/// Processor time of this process so far.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap();
    Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap())
}
