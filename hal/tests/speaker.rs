//! The real ALSA library, with its `file` plug-in in place of a sound card: what is played is a file
//! that can be listened to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

#[path = "common/patience.rs"]
mod patience;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::channel;

use hal::DeviceState;
use hal::speaker::{Chime, Sound, SpeakerConfig, SpeakerWorker, play};
use patience::LONG;

/// ALSA reads its settings once in a process, so the test that has its own runs in one.
const CHILD: &str = "SPEAKER_TEST_FOLDER";

#[test]
fn what_is_played_reaches_the_device_at_its_volume() {
    let Some(folder) = std::env::var_os(CHILD) else {
        return in_a_process_of_its_own("what_is_played_reaches_the_device_at_its_volume");
    };
    let recording = Path::new(&folder).join("played.raw");
    let loud = Sound::chime(Chime::Good);
    play("kiosk_file", &loud, 100, &mut || true).unwrap();
    assert_eq!(heard(&recording), loud.samples());
    play("kiosk_file", &loud, 50, &mut || true).unwrap();
    let loudest = |samples: &[i16]| samples.iter().map(|s| s.unsigned_abs()).max().unwrap();
    assert_eq!(loudest(&heard(&recording)), loudest(loud.samples()) / 4);
    play("kiosk_file", &loud, 100, &mut || false).unwrap();
    assert!(
        heard(&recording).is_empty(),
        "what is broken off at once is not heard"
    );
}

#[test]
fn a_worker_says_that_its_device_works_and_is_not_waited_for() {
    let Some(_) = std::env::var_os(CHILD) else {
        return in_a_process_of_its_own(
            "a_worker_says_that_its_device_works_and_is_not_waited_for",
        );
    };
    let state_of = |device: &str| {
        let (send, states) = channel();
        let config = SpeakerConfig {
            device: device.into(),
            volume: 70,
        };
        let worker = SpeakerWorker::spawn(config, move |state| drop(send.send(state)));
        worker.play_now(vec![Arc::new(Sound::chime(Chime::Attention))]);
        let state = loop {
            match states.recv_timeout(LONG).unwrap() {
                DeviceState::Starting => {}
                state => break state,
            }
        };
        worker.hush();
        state
    };
    assert_eq!(state_of("kiosk_file"), DeviceState::Ready);
    assert_eq!(state_of("kiosk_no_such_device"), DeviceState::Absent);
    match state_of("kiosk_two_channels") {
        DeviceState::Faulted(why) => assert!(why.contains("`plughw:…`"), "{why}"),
        other => panic!("{other:?}"),
    }
}

/// Runs one test of this program again, with an ALSA that writes to a file.
fn in_a_process_of_its_own(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("asoundrc");
    let recording = folder.path().join("played.raw");
    std::fs::write(
        &settings,
        format!(
            "pcm.kiosk_null {{ type null }}\n\
         pcm.kiosk_file {{ type file slave.pcm kiosk_null file \"{}\" format raw }}\n\
         pcm.kiosk_two_channels {{ type multi slaves.a {{ pcm kiosk_null channels 2 }} \
         bindings.0 {{ slave a channel 0 }} bindings.1 {{ slave a channel 1 }} }}\n",
            recording.display(),
        ),
    )
    .unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(CHILD, folder.path())
        .env(
            "ALSA_CONFIG_PATH",
            format!("/usr/share/alsa/alsa.conf:{}", settings.display()),
        )
        .status()
        .unwrap();
    assert!(status.success());
}

fn heard(recording: &Path) -> Vec<i16> {
    let bytes = std::fs::read(recording).unwrap();
    bytes
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect()
}
