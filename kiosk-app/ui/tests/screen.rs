//! The screens as a resident, a phone and the rest of the kiosk meet them, through the public
//! interface alone.
#![allow(clippy::unwrap_used)] // a test that cannot read its material has failed

use std::thread;

use image::RgbImage;
use kiosk_ui::{
    CapturePrompt, ChallengePrompt, ChallengeTask, Decided, Guidance, Headless, Language, Preview,
    Remote, ScanHint, Screen, Size, UiError, View, WalletView,
};

mod common;

/// Ends the screen's loop also when the thread that was to end it panics.
struct QuitsAtTheEnd(Remote);

impl Drop for QuitsAtTheEnd {
    fn drop(&mut self) {
        self.0.quit();
    }
}

fn open() -> Headless {
    Headless::new(Size::PORTRAIT, |_| ()).unwrap()
}

fn capture() -> View {
    let prompt = CapturePrompt {
        guidance: Guidance::ComeCloser,
        progress: 0.4,
    };
    common::view(Language::English, Screen::Capture(prompt))
}

fn read_code(picture: &RgbImage) -> (rqrr::MetaData, String) {
    let grey = |x: usize, y: usize| picture.get_pixel(x as u32, y as u32).0[1];
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = prepared.detect_grids();
    assert_eq!(grids.len(), 1, "one code on the screen");
    grids[0].decode().unwrap()
}

#[test]
fn a_phone_reads_the_receipt_from_the_screen() {
    let headless = open();
    for (decision, bytes) in [
        (Decided::Verified, 297),
        (Decided::Referred, 582),
        (Decided::NotVerified, 720), // 105 × 105 modules, the largest receipt
    ] {
        for (language, _) in common::LANGUAGES {
            let receipt = common::receipt(language, decision, bytes);
            headless.show(&common::view(language, Screen::Receipt(receipt.clone())));
            let (data, text) = read_code(&headless.pixels());
            assert_eq!(text, receipt.receipt);
            if bytes == 720 {
                assert_eq!(data.version.to_size(), 105);
            }
        }
    }
}

#[test]
fn a_receipt_too_large_for_any_code_still_shows_its_number() {
    let headless = open();
    let receipt = common::receipt(Language::English, Decided::Verified, 6_000);
    headless.show(&common::view(Language::English, Screen::Receipt(receipt)));
    let picture = headless.pixels();
    let grey = |x: usize, y: usize| picture.get_pixel(x as u32, y as u32).0[1];
    assert!(
        rqrr::PreparedImage::prepare_from_greyscale(1080, 1920, grey)
            .detect_grids()
            .is_empty()
    );
}

#[test]
fn the_same_view_gives_the_same_picture_whatever_was_shown_before() {
    let headless = open();
    for (name, view) in common::all_views() {
        headless.show(&view);
        let first = headless.pixels();
        headless.show(&common::view(Language::English, Screen::Deciding));
        headless.show(&view);
        assert!(first == headless.pixels(), "{name}");
    }
}

#[test]
fn the_preview_is_a_mirror() {
    let headless = open();
    headless.show(&capture());
    let mut preview = Preview {
        rgb: Vec::new(),
        width: 640,
        height: 480,
        face: None,
    };
    for _ in 0..480 {
        preview.rgb.extend([250, 0, 0].repeat(320));
        preview.rgb.extend([0, 0, 250].repeat(320));
    }
    headless.preview(&preview);
    let picture = headless.pixels();
    assert_eq!(picture.get_pixel(100, 1200).0, [0, 0, 250]);
    assert_eq!(picture.get_pixel(980, 1200).0, [250, 0, 0]);
}

/// The preview is a mirror, so the resident's left is the screen's left.
#[test]
fn the_arrow_of_a_challenge_points_to_the_side_that_is_asked_for() {
    const ARROW: [u8; 3] = [11, 74, 133]; // Theme.primary
    const MIRROR_ROWS: std::ops::Range<u32> = 800..1550;
    let headless = open();
    for (task, at_left, at_right) in [
        (ChallengeTask::Left, true, false),
        (ChallengeTask::Right, false, true),
        (ChallengeTask::Back, false, false),
    ] {
        let prompt = ChallengePrompt {
            task,
            guidance: Guidance::Good,
            turned: 0.5,
        };
        headless.show(&common::view(Language::English, Screen::Challenge(prompt)));
        let picture = headless.pixels();
        let shows = |columns: std::ops::Range<u32>| {
            let arrow = |x: u32| {
                MIRROR_ROWS
                    .filter(|y| picture.get_pixel(x, *y).0 == ARROW)
                    .count()
            };
            columns.map(arrow).sum::<usize>() > 1000
        };
        assert_eq!(
            (shows(0..540), shows(540..1080)),
            (at_left, at_right),
            "{task:?}"
        );
    }
}

#[test]
fn nobody_sees_the_face_of_the_one_before() {
    let headless = open();
    headless.show(&capture());
    let empty = headless.pixels();
    headless.preview(&common::preview(640, 480, 0.0));
    assert!(headless.pixels() != empty);

    headless.show(&common::view(Language::English, Screen::Deciding));
    headless.preview(&common::preview(640, 480, 0.0)); // a frame that comes late
    headless.show(&capture());
    assert!(headless.pixels() == empty);
}

#[test]
fn who_holds_up_a_phone_sees_where_it_is() {
    let headless = open();
    let scan = Screen::Wallet(WalletView::Scan(ScanHint::Look));
    headless.show(&capture());
    headless.preview(&common::preview(640, 480, 0.0));
    headless.pixels();
    headless.show(&common::view(Language::English, Screen::Deciding));
    headless.show(&common::view(Language::English, scan.clone()));
    let empty = headless.pixels();
    let remote = headless.handle();
    let sender = thread::spawn(move || {
        let QuitsAtTheEnd(remote) = &QuitsAtTheEnd(remote);
        remote.preview(common::preview(640, 480, 0.0));
        remote.show(common::view(Language::English, scan));
    });
    headless.run(|screen, _| assert!(screen.pixels() != empty));
    sender.join().unwrap();
}

#[test]
fn a_preview_with_missing_pixels_is_not_drawn() {
    let headless = open();
    headless.show(&capture());
    let empty = headless.pixels();
    for (width, height) in [(640, 480), (0, 0), (u32::MAX, u32::MAX)] {
        headless.preview(&Preview {
            rgb: vec![9; 99],
            width,
            height,
            face: None,
        });
    }
    assert!(headless.pixels() == empty);
}

#[test]
fn debug_shows_nothing_of_a_face() {
    let text = format!("{:?}", common::preview(64, 48, 0.0));
    assert_eq!(text, "Preview(64 × 48)");
}

#[test]
fn other_threads_drive_the_screen() {
    let headless = open();
    let remote = headless.handle();
    let sender = thread::spawn(move || {
        let QuitsAtTheEnd(remote) = &QuitsAtTheEnd(remote);
        for guidance in common::GUIDANCES {
            let prompt = CapturePrompt {
                guidance,
                progress: 0.0,
            };
            remote.show(common::view(Language::Chinese, Screen::Capture(prompt)));
            remote.clone().preview(common::preview(64, 48, 0.0));
        }
    });
    let mut shown = Vec::new();
    headless.run(|_, view| shown.push(view.clone()));
    sender.join().unwrap();
    assert_eq!(shown.len(), common::GUIDANCES.len());
}

#[test]
fn a_second_platform_on_the_same_thread_is_refused_in_plain_words() {
    i_slint_backend_testing::init_no_event_loop();
    let refused = Headless::new(Size::PORTRAIT, |_| ());
    assert!(matches!(refused, Err(UiError::PlatformTaken)));
}

#[test]
fn two_headless_screens_live_on_one_thread() {
    let (small, large) = (
        Headless::new(
            Size {
                width: 540,
                height: 960,
            },
            |_| (),
        )
        .unwrap(),
        open(),
    );
    small.show(&common::view(Language::English, Screen::Attract));
    large.show(&common::view(Language::Chinese, Screen::Attract));
    assert_eq!(small.pixels().dimensions(), (540, 960));
    assert_eq!(large.pixels().dimensions(), (1080, 1920));
}
