//! Finds the key of a resident's phone, a QR code (ISO/IEC 18004), in camera pictures. The picture
//! may show a person, so every copy of it is overwritten when it is dropped.

use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

use attestation::wallet::{HolderKey, NotAHolderKey};
use hal::camera::{Frame, PixelFormat};
use image::{ImageBuffer, Luma};
use kiosk_ui::Preview;
use zeroize::Zeroizing;

/// Codes in one picture that are looked at: a phone shows one.
const MOST_CODES: usize = 4;

/// A picture in shades of grey.
pub type Grey = ImageBuffer<Luma<u8>, Pixels>;

/// The memory of a picture, overwritten when dropped.
#[derive(Clone)]
pub struct Pixels(Zeroizing<Vec<u8>>);

impl Deref for Pixels {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Pixels {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// The brightness of a frame, turned clockwise by so many quarters.
pub fn grey(frame: &Frame, quarters: u8) -> Option<Grey> {
    let (width, height) = (frame.width(), frame.height());
    let step = frame.format().bytes_per_pixel();
    let row_bytes = width as usize * step;
    let mut pixels = Zeroizing::new(Vec::with_capacity(width as usize * height as usize));
    for row in frame.data().chunks(frame.stride()).take(height as usize) {
        let row = &row[..row_bytes.min(row.len())];
        pixels.extend(
            row.chunks_exact(step)
                .map(|pixel| brightness(frame.format(), pixel)),
        );
    }
    let lying = ImageBuffer::from_raw(width, height, Pixels(pixels))?;
    (0..quarters % 4).try_fold(lying, |picture, _| quarter_turned(&picture))
}

/// The picture turned clockwise by a quarter.
fn quarter_turned(picture: &Grey) -> Option<Grey> {
    let (width, height) = picture.dimensions();
    let places = (0..width).flat_map(|x| (0..height).rev().map(move |y| (x, y)));
    let mut pixels = Zeroizing::new(Vec::with_capacity(width as usize * height as usize));
    pixels.extend(places.map(|(x, y)| picture.get_pixel(x, y).0[0]));
    ImageBuffer::from_raw(height, width, Pixels(pixels))
}

fn brightness(format: PixelFormat, pixel: &[u8]) -> u8 {
    match format {
        PixelFormat::Yuyv | PixelFormat::Nv12 | PixelFormat::Grey8 => pixel[0],
        // Green carries most of what the eye calls bright (ITU-R BT.601).
        PixelFormat::Rgb8 => pixel[1],
    }
}

/// The picture for the screen.
pub fn preview(grey: &Grey) -> Preview {
    Preview {
        rgb: grey.as_raw().iter().flat_map(|&shade| [shade; 3]).collect(),
        width: grey.width(),
        height: grey.height(),
        face: None,
    }
}

/// Reads codes on a thread of its own: a picture made to confuse can take seconds, and whoever shows
/// pictures must not have to wait for it. One thread for all residents, so that such pictures do not
/// pile up; it ends after its picture when this is dropped.
pub struct Scanner {
    pictures: SyncSender<(Scan, Grey)>,
    seen: Receiver<(Scan, Option<Seen>)>,
    busy: bool,
    scan: Scan,
}

/// Which scan a picture belongs to.
type Scan = u64;

/// A code that was read.
pub type Seen = Result<HolderKey, NotAHolderKey>;

impl Scanner {
    /// Starts the thread.
    pub fn start() -> Self {
        let (pictures, given) = sync_channel(1);
        let (answer, seen) = channel();
        std::thread::spawn(move || {
            while let Ok((scan, picture)) = given.recv() {
                if answer.send((scan, key(picture))).is_err() {
                    break;
                }
            }
        });
        Self {
            pictures,
            seen,
            busy: false,
            scan: 0,
        }
    }

    /// Begins with the next resident: what was in an earlier one's pictures is not said any more.
    pub fn begin(&mut self) {
        self.scan += 1;
    }

    /// Gives a picture if the one before is done with; says what was in that one.
    pub fn look(&mut self, picture: Grey) -> Option<Seen> {
        let answer = self.seen.try_recv();
        self.busy &= answer.is_err();
        if !self.busy {
            self.busy = self.pictures.send((self.scan, picture)).is_ok();
        }
        let (scan, seen) = answer.ok()?;
        seen.filter(|_| scan == self.scan)
    }
}

/// What the codes in the picture say; none if none can be read. A key outranks anything else.
fn key(grey: Grey) -> Option<Seen> {
    // Whatever is held before the camera comes from outside: who stumbles over it must not take the
    // kiosk down.
    catch_unwind(AssertUnwindSafe(|| key_in(texts(grey)))).unwrap_or_default()
}

fn key_in(texts: Vec<Zeroizing<String>>) -> Option<Seen> {
    let mut seen = None;
    for text in texts {
        match HolderKey::from_qr_text(&text) {
            Ok(key) => return Some(Ok(key)),
            Err(NotAHolderKey::Secret) => seen = Some(Err(NotAHolderKey::Secret)),
            Err(other) => seen = seen.or(Some(Err(other))),
        }
    }
    seen
}

fn texts(grey: Grey) -> Vec<Zeroizing<String>> {
    let mut prepared = rqrr::PreparedImage::prepare(grey);
    let grids = prepared.detect_grids();
    let codes = grids.iter().take(MOST_CODES);
    codes
        .filter_map(|grid| grid.decode().ok())
        .map(|(_, text)| Zeroizing::new(text))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use base64ct::Encoding;
    use fast_qr::QRBuilder;
    use hal::camera::FrameLayout;

    use super::*;

    const KEY: &str =
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    const WIDTH: usize = 640;
    const HEIGHT: usize = 480;

    /// A frame as a camera gives it, with this brightness at each place.
    fn frame(bright: impl Fn(usize, usize) -> u8) -> Frame {
        let places = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
        let data: Vec<u8> = places.flat_map(|(x, y)| [bright(x, y), 128]).collect();
        let layout = FrameLayout::packed(WIDTH as u32, HEIGHT as u32, PixelFormat::Yuyv);
        Frame::new(data.into(), layout, Duration::ZERO, 0).unwrap()
    }

    /// A code of five pixels a module, from this place.
    fn code(text: &str, left: usize, top: usize) -> impl Fn(usize, usize) -> u8 + use<> {
        let code = QRBuilder::new(text).build().unwrap();
        move |x, y| {
            let module = |at: usize, from| at.checked_sub(from).map(|at| at / 5);
            match (module(x, left), module(y, top)) {
                (Some(x), Some(y)) if x < code.size && y < code.size && code[y][x].value() => 30,
                _ => 220,
            }
        }
    }

    fn seen(bright: impl Fn(usize, usize) -> u8) -> Option<Seen> {
        key(grey(&frame(bright), 0).unwrap())
    }

    fn phone_key() -> HolderKey {
        HolderKey::from_jwk(KEY.as_bytes()).unwrap()
    }

    #[test]
    fn the_key_on_a_phone_is_read_from_a_frame() {
        let bright = code(&phone_key().to_qr_text(), 100, 60);
        assert_eq!(seen(bright), Some(Ok(phone_key())));
    }

    #[test]
    fn pictures_of_a_camera_on_its_side_are_turned_upright() {
        // Bright in the upper left corner: after a quarter clockwise in the upper right one.
        let corner = frame(|x, y| if x < 10 && y < 10 { 220 } else { 30 });
        let turned = grey(&corner, 1).unwrap();
        assert_eq!(turned.dimensions(), (HEIGHT as u32, WIDTH as u32));
        assert_eq!(turned.get_pixel(HEIGHT as u32 - 5, 5).0, [220]);
        assert_eq!(turned.get_pixel(5, 5).0, [30]);
    }

    /// A scanner that sees nothing shows as a failed expectation, not as a test without end.
    fn until_seen(mut look: impl FnMut() -> Option<Seen>) -> Seen {
        let begun = Instant::now();
        loop {
            if let Some(seen) = look() {
                return seen;
            }
            assert!(begun.elapsed() < Duration::from_secs(300), "nothing seen");
        }
    }

    #[test]
    fn the_scanner_says_what_was_in_the_picture_before() {
        let mut scanner = Scanner::start();
        let picture = || grey(&frame(code(&phone_key().to_qr_text(), 100, 60)), 0).unwrap();
        let seen = until_seen(|| scanner.look(picture()));
        assert_eq!(seen, Ok(phone_key()));
    }

    #[test]
    fn what_an_earlier_resident_showed_is_not_said_to_the_next() {
        let mut scanner = Scanner::start();
        let picture = |text: &str| grey(&frame(code(text, 100, 60)), 0).unwrap();
        assert_eq!(scanner.look(picture(&phone_key().to_qr_text())), None);
        scanner.begin();
        let poster = || picture("https://example.org");
        let seen = until_seen(|| scanner.look(poster()));
        assert_eq!(seen, Err(NotAHolderKey::NotAKey));
    }

    #[test]
    fn a_key_outranks_another_code_beside_it() {
        let (poster, phone) = (
            code("https://example.org", 20, 40),
            code(&phone_key().to_qr_text(), 300, 100),
        );
        assert_eq!(
            seen(|x, y| poster(x, y).min(phone(x, y))),
            Some(Ok(phone_key()))
        );
    }

    #[test]
    fn nothing_nonsense_and_a_secret_are_told_apart() {
        assert_eq!(seen(|_, _| 200), None);
        assert_eq!(
            seen(code("https://example.org", 100, 60)),
            Some(Err(NotAHolderKey::NotAKey))
        );
        let secret = KEY.replace(
            "\"x\"",
            "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\",\"x\"",
        );
        // The text of a code with a secret key, as a careless wallet would make it.
        let text = phone_key().to_qr_text();
        let encoded = base64ct::Base64UrlUnpadded::encode_string(secret.as_bytes());
        let text = format!("{}{encoded}", &text[..5]);
        assert_eq!(seen(code(&text, 40, 20)), Some(Err(NotAHolderKey::Secret)));
    }

    /// Noise and a wall of finder patterns: the corners by which codes are found, without a code.
    #[test]
    fn a_picture_made_to_confuse_is_no_key() {
        let finder = |x: usize, y: usize| {
            let ring = |at: usize| (at % 30 / 3).abs_diff(3);
            let (across, down) = (ring(x), ring(y));
            let far = across.max(down);
            // Few enough for a test: all over the picture they take seconds.
            let wall = x < 180 && y < 150;
            if wall && (far <= 1 || far == 3) {
                20
            } else {
                230
            }
        };
        assert_eq!(seen(finder), None);
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(WIDTH * HEIGHT)
        .collect();
        assert_eq!(seen(|x, y| noise[y * WIDTH + x]), None);
    }

    #[test]
    fn the_preview_is_the_frame_in_grey_and_names_nobody() {
        let grey = grey(&frame(|x, _| (x % 256) as u8), 0).unwrap();
        let preview = preview(&grey);
        assert_eq!((preview.width, preview.height), (640, 480));
        assert_eq!(preview.rgb[3 * 7..3 * 8], [7, 7, 7]);
        assert_eq!(preview.face, None);
    }
}
