//! A document scanner that presents itself as a USB keyboard (HID) and types the machine-readable zone:
//! read from the kernel's input device, which is held alone, so that nothing is typed into the kiosk's
//! screen. Key events in, the same bytes as from a serial line out.
//!
//! Sources: `linux/input.h` (`struct input_event`, `EVIOCGRAB`), `linux/input-event-codes.h`; the
//! scanner must be set to the US layout.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use zeroize::Zeroizing;

/// Major number of the kernel's input devices (`linux/major.h`, `INPUT_MAJOR`).
const INPUT_MAJOR: u32 = 13;
/// `struct input_event` on a 64-bit machine: two times eight bytes of time, type, code, value.
pub const EVENT_BYTES: usize = 24;
/// Events that are read at once.
const EVENTS: usize = 64;
/// Stands for a key that is no sign of a machine-readable zone.
const NO_SIGN: u8 = b'?';

/// Whether there is an input device of the kernel at this path, rather than a serial port.
pub(super) fn is_input_device(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| {
        found.file_type().is_char_device() && libc::major(found.rdev()) == INPUT_MAJOR
    })
}

/// An input device that nobody else hears while this is open.
pub(super) struct Keyboard {
    device: File,
    keys: Keys,
    wait: Duration,
}

impl Keyboard {
    /// Opens the device for itself; a read waits for so long.
    pub(super) fn open(path: &Path, wait: Duration) -> io::Result<Self> {
        let device = OpenOptions::new().read(true).open(path)?;
        grab(&device)?;
        Ok(Self {
            device,
            keys: Keys::default(),
            wait,
        })
    }
}

impl Read for Keyboard {
    /// What was typed: at most one byte per event. Nothing in time is [`io::ErrorKind::TimedOut`], as of a
    /// serial port.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let wait = Timespec::try_from(self.wait).map_err(io::Error::other)?;
        let mut waiting = [PollFd::new(&self.device, PollFlags::IN)];
        if poll(&mut waiting, Some(&wait))? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let mut events = Zeroizing::new([0; EVENT_BYTES * EVENTS]);
        let room = EVENT_BYTES * out.len().min(EVENTS);
        let read = self.device.read(&mut events[..room])?;
        let (events, _) = events[..read].as_chunks();
        let typed = events.iter().filter_map(|event| self.keys.press(event));
        let bytes = out.iter_mut().zip(typed);
        match bytes.map(|(to, byte)| *to = byte).count() {
            // A key that is held down repeats and types nothing: whoever waits must not wait longer.
            0 if read > 0 => Err(io::ErrorKind::TimedOut.into()),
            typed => Ok(typed),
        }
    }
}

/// What key events type: one event in, at most one byte out. Keeps which keys are held, as far as that
/// matters, and nothing else.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    shift: [bool; 2],
}

/// `EV_SYN` with `SYN_DROPPED`: the kernel lost events.
const SYN: u16 = 0;
const DROPPED: u16 = 3;
/// `EV_KEY`, and its values; a key that is held down repeats with 2.
const KEY: u16 = 1;
const RELEASED: i32 = 0;
const PRESSED: i32 = 1;

/// Rows of keys: the code of the first, and what they type. A layout that has a key between left shift and
/// Z has < on it.
const ROWS: [(u16, &[u8]); 6] = [
    (2, b"1234567890"),
    (16, b"QWERTYUIOP"),
    (30, b"ASDFGHJKL"),
    (44, b"ZXCVBNM"),
    (71, b"789-456+1230"), // the keypad
    (86, b"<"),
];
const ENTER: [u16; 2] = [28, 96];
const LESS: u16 = 51; // with shift; a comma without
const SHIFT: [u16; 2] = [42, 54];
/// Control, alt, caps lock, num lock and meta keys type nothing.
const SILENT: [u16; 8] = [29, 97, 56, 100, 58, 69, 125, 126];

impl Keys {
    /// What this event types: a sign of a machine-readable zone, an end of a line (CR), or `?` for what is
    /// neither.
    pub fn press(&mut self, event: &[u8; EVENT_BYTES]) -> Option<u8> {
        let [.., t0, t1, c0, c1, v0, v1, v2, v3] = *event;
        let (kind, code) = (u16::from_ne_bytes([t0, t1]), u16::from_ne_bytes([c0, c1]));
        let value = i32::from_ne_bytes([v0, v1, v2, v3]);
        if let (KEY, Some(side)) = (kind, SHIFT.iter().position(|key| *key == code)) {
            self.shift[side] = value != RELEASED;
            return None;
        }
        match (kind, value) {
            (SYN, _) if code == DROPPED => {
                self.shift = [false; 2]; // a release may be among what was lost
                Some(NO_SIGN)
            }
            (KEY, PRESSED) if SILENT.contains(&code) => None,
            (KEY, PRESSED) => Some(self.sign(code)),
            _ => None,
        }
    }

    /// What a key means. Letters are those of a zone whether shift is held or not.
    fn sign(&self, code: u16) -> u8 {
        if ENTER.contains(&code) {
            return b'\r';
        }
        let shift = self.shift.contains(&true);
        if code == LESS && shift {
            return b'<';
        }
        let keys = ROWS.iter().find_map(|(first, row)| {
            let place = code.checked_sub(*first)?;
            row.get(usize::from(place)).copied()
        });
        match keys {
            Some(digit) if digit.is_ascii_digit() && shift => NO_SIGN,
            Some(sign) => sign,
            None => NO_SIGN,
        }
    }
}

/// Takes the device for this process alone, until it is closed.
#[allow(unsafe_code, reason = "a request to the kernel that no crate here has")]
fn grab(device: &File) -> io::Result<()> {
    use rustix::ioctl::{IntegerSetter, ioctl, opcode};
    const EVIOCGRAB: rustix::ioctl::Opcode = opcode::write::<libc::c_int>(b'E', 0x90);
    // SAFETY: the kernel takes this request's argument as a number, not as a pointer
    // (drivers/input/evdev.c).
    unsafe { ioctl(device, IntegerSetter::<EVIOCGRAB>::new_usize(1)) }.map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: u16, code: u16, value: i32) -> [u8; EVENT_BYTES] {
        let mut event = [0; EVENT_BYTES];
        event[16..18].copy_from_slice(&kind.to_ne_bytes());
        event[18..20].copy_from_slice(&code.to_ne_bytes());
        event[20..].copy_from_slice(&value.to_ne_bytes());
        event
    }

    /// What comes of these keys, each pressed and released, with or without shift.
    fn typed(keys: &[(u16, bool)]) -> Vec<u8> {
        let mut state = Keys::default();
        let mut bytes = Vec::new();
        let mut send = |kind, code, value| bytes.extend(state.press(&event(kind, code, value)));
        for (code, shift) in keys {
            if *shift {
                send(KEY, SHIFT[0], PRESSED);
            }
            for value in [PRESSED, 2, RELEASED] {
                send(KEY, *code, value);
                send(SYN, 0, 0);
            }
            send(KEY, SHIFT[0], RELEASED);
        }
        bytes
    }

    #[test]
    fn signs_of_a_zone_are_understood_as_scanners_type_them() {
        // P, <, u, t, o, 7, 0 of the keypad, enter; codes of linux/input-event-codes.h.
        let keys = [
            (25, true),
            (51, true),
            (22, false),
            (20, false),
            (24, true),
            (8, false),
            (82, false),
            (28, false),
        ];
        assert_eq!(typed(&keys), b"P<UTO70\r");
        assert_eq!(
            typed(&[(86, false), (96, false)]),
            b"<\r",
            "a layout with < beside shift"
        );
    }

    #[test]
    fn what_is_no_sign_spoils_a_line_and_modifiers_type_nothing() {
        assert_eq!(
            typed(&[(51, false), (2, true), (57, false)]),
            [NO_SIGN; 3],
            "comma, !, space"
        );
        assert_eq!(typed(&[(29, false), (58, false), (125, false)]), b"");
    }

    #[test]
    fn events_that_the_kernel_lost_spoil_the_line() {
        assert_eq!(
            Keys::default().press(&event(SYN, DROPPED, 0)),
            Some(NO_SIGN)
        );
    }
}
