//! Every screen in every language, touched where a resident would touch it and measured as it is
//! laid out.

use std::cell::RefCell;
use std::rc::Rc;

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery};
use slint::platform::{PointerEventButton, WindowEvent};

use crate::{Headless, Language, Screen, Size, Touch, View};

#[path = "../tests/common/mod.rs"]
mod common;

/// About 20 mm on the smallest screen foreseen, 24 inches with 1080 pixels across.
const LEAST_TOUCH_PX: f32 = 72.0;

/// What the switches are called, in the order of [`common::FIELDS`].
const FIELD_WORDS: [[&str; 2]; 7] = [
    ["姓名", "Name"],
    ["住址", "Address"],
    ["证件号码", "Card number"],
    ["出生日期", "Date of birth"],
    ["性别", "Sex"],
    ["民族", "Ethnic group"],
    ["证件有效期至", "Card valid until"],
];

type Touches = Rc<RefCell<Vec<Touch>>>;

fn open(size: Size) -> (Headless, Touches) {
    let touches = Touches::default();
    let heard = Rc::clone(&touches);
    let headless = Headless::new(size, move |touch| heard.borrow_mut().push(touch)).unwrap();
    (headless, touches)
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Area {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Area {
    fn of(element: &ElementHandle) -> Self {
        let (at, size) = (element.absolute_position(), element.size());
        Self {
            left: at.x,
            top: at.y,
            right: at.x + size.width,
            bottom: at.y + size.height,
        }
    }

    fn centre(self) -> (u32, u32) {
        (
            ((self.left + self.right) / 2.0) as u32,
            ((self.top + self.bottom) / 2.0) as u32,
        )
    }

    fn contains(self, other: Self) -> bool {
        self.left <= other.left + 1.0
            && self.top <= other.top + 1.0
            && self.right >= other.right - 1.0
            && self.bottom >= other.bottom - 1.0
    }

    fn overlaps(self, other: Self) -> bool {
        self.left + 1.0 < other.right
            && other.left + 1.0 < self.right
            && self.top + 1.0 < other.bottom
            && other.top + 1.0 < self.bottom
    }
}

fn elements(headless: &Headless, kind: &str) -> Vec<ElementHandle> {
    ElementQuery::from_root(&headless.app)
        .match_descendants()
        .match_inherits(kind)
        .find_all()
}

fn buttons(headless: &Headless) -> Vec<(String, Area)> {
    let query = ElementQuery::from_root(&headless.app).match_descendants();
    let found = query
        .match_accessible_role(AccessibleRole::Button)
        .find_all();
    found
        .iter()
        .map(|b| (b.accessible_label().unwrap().into(), Area::of(b)))
        .collect()
}

/// What touching the button with this label must tell, on a screen that shows `view`.
fn expected(label: &str, view: &View) -> Vec<Touch> {
    use Language::{Chinese, English};
    if view.still_there {
        return vec![Touch::StillHere];
    }
    if let Screen::Services(choices) = &view.screen
        && let Some(choice) = choices.iter().find(|choice| choice.name == label)
    {
        return vec![Touch::Choose(choice.id.clone())];
    }
    if let Screen::Fields(choices) = &view.screen
        && let Some(at) = FIELD_WORDS.iter().position(|words| words.contains(&label))
    {
        let choice = choices
            .iter()
            .find(|choice| choice.field == common::FIELDS[at]);
        return vec![Touch::Share(common::FIELDS[at], !choice.unwrap().agreed)];
    }
    match label {
        "用中文显示全部内容" => vec![Touch::Speak(Chinese)],
        "Show everything in English" => vec![Touch::Speak(English)],
        "触摸屏幕开始" => vec![Touch::Speak(Chinese), Touch::Begin],
        "Touch to begin" => vec![Touch::Speak(English), Touch::Begin],
        "我同意" | "I agree" | "都不提供，继续" | "Share none, go on" => {
            vec![Touch::Agree]
        }
        "停止并删除" | "Stop and delete" => vec![Touch::Stop],
        "我无法完成" | "I can't do this" => vec![Touch::Cannot],
        "完成" | "Done" => vec![Touch::Done],
        "打印纸质凭证" | "Print it on paper" => vec![Touch::Print],
        "存进我手机的钱包" | "Keep it in my phone's wallet" => vec![Touch::KeepOnPhone],
        "绑定我的手机" | "Tie it to my phone" => vec![Touch::BringKey],
        "直接显示二维码" | "Just show me the code" => vec![Touch::WithoutKey],
        "返回" | "Back" | "上一项" | "The one before" => vec![Touch::Back],
        "删除一位" | "Erase" => vec![Touch::Erase],
        "下一项" | "Next" | "读取证件" | "Read my document" => vec![Touch::Next],
        key if key.chars().count() == 1 => key.chars().map(Touch::Key).collect(),
        "查看更多" | "Show more" => vec![],
        other => panic!("a button nobody expects: {other}"),
    }
}

#[test]
fn touching_a_button_tells_what_it_says() {
    let (headless, touches) = open(Size::PORTRAIT);
    for (name, view) in common::all_views() {
        headless.show(&view);
        let pagers: Vec<Area> = elements(&headless, "Pager").iter().map(Area::of).collect();
        let is_more = |label: &str| label == "查看更多" || label == "Show more";
        let mut buttons = buttons(&headless);
        buttons.sort_by_key(|(label, _)| is_more(label)); // turning the page moves the others
        let more = buttons.last().filter(|(label, _)| is_more(label));
        let more = more.map(|(_, area)| *area);
        for (label, area) in buttons {
            let under_more = more.is_some_and(|more| !is_more(&label) && more.overlaps(area));
            let covered = under_more
                || pagers
                    .iter()
                    .any(|pager| pager.overlaps(area) && !pager.contains(area));
            let whole_screen = area.bottom - area.top > 1000.0;
            if covered || whole_screen {
                continue;
            }
            let (x, y) = area.centre();
            headless.touch_at(x, y);
            assert_eq!(touches.take(), expected(&label, &view), "{name}: {label}");
        }
    }
}

#[test]
fn every_screen_has_the_ways_out_that_it_must_have() {
    let (headless, _) = open(Size::PORTRAIT);
    for (name, view) in common::all_views() {
        headless.show(&view);
        let labels: Vec<String> = buttons(&headless)
            .into_iter()
            .map(|(label, _)| label)
            .collect();
        let has = |zh: &str, en: &str| labels.iter().any(|label| label == zh || label == en);
        let in_session = matches!(
            view.screen,
            Screen::Services(_)
                | Screen::Consent(_)
                | Screen::Fields(_)
                | Screen::Numbers(_)
                | Screen::Card(_)
                | Screen::Capture(_)
                | Screen::Challenge(_)
        );
        let wallet = matches!(view.screen, Screen::Wallet(_));
        let at_end = wallet || matches!(view.screen, Screen::Receipt(_) | Screen::Ended(_));
        assert_eq!(has("停止并删除", "Stop and delete"), in_session, "{name}");
        assert_eq!(has("我无法完成", "I can't do this"), in_session, "{name}");
        assert_eq!(has("完成", "Done"), at_end, "{name}");
        assert_eq!(has("返回", "Back"), wallet, "{name}");
        assert!(
            has("用中文显示全部内容", "Show everything in English"),
            "{name}"
        );
    }
}

#[test]
fn a_touch_anywhere_begins_and_answers() {
    let (headless, touches) = open(Size::PORTRAIT);
    headless.show(&common::view(Language::Chinese, Screen::Attract));
    headless.touch_at(540, 700);
    assert_eq!(touches.take(), [Touch::Begin]);

    let asking = common::view(Language::Chinese, Screen::Deciding);
    headless.show(&View {
        still_there: true,
        ..asking
    });
    for (x, y) in [(5, 5), (540, 960), (1075, 1915), (900, 80)] {
        headless.touch_at(x, y);
        assert_eq!(touches.take(), [Touch::StillHere], "at {x}, {y}");
    }
}

#[test]
fn a_finger_stays_on_its_card_while_the_seconds_count() {
    let (headless, touches) = open(Size::PORTRAIT);
    let choices = common::services(Language::Chinese, 3);
    let view = common::view(Language::Chinese, Screen::Services(choices.clone()));
    headless.show(&view);
    let found = buttons(&headless);
    let (_, area) = found
        .iter()
        .find(|(label, _)| *label == choices[1].name)
        .unwrap();
    let (x, y) = area.centre();
    let position = slint::LogicalPosition::new(x as f32, y as f32);
    let button = PointerEventButton::Left;

    headless
        .window
        .dispatch_event(WindowEvent::PointerPressed { position, button });
    headless.show(&View {
        seconds_left: Some(41),
        ..view
    });
    headless
        .window
        .dispatch_event(WindowEvent::PointerReleased { position, button });

    assert_eq!(touches.take(), [Touch::Choose(choices[1].id.clone())]);
}

#[test]
fn everything_to_touch_is_large_and_the_ways_on_are_within_reach() {
    let (headless, _) = open(Size::PORTRAIT);
    for (name, view) in common::all_views() {
        headless.show(&view);
        for (label, area) in buttons(&headless) {
            let (width, height) = (area.right - area.left, area.bottom - area.top);
            assert!(
                width.min(height) >= LEAST_TOUCH_PX,
                "{name}: {label} {width} × {height}"
            );
            let language = label == "用中文显示全部内容" || label == "Show everything in English";
            let card = matches!(
                view.screen,
                Screen::Services(_) | Screen::Fields(_) | Screen::Wallet(_)
            );
            // Thirty-six keys need the middle of the screen, too; the ways on are still below.
            let key = matches!(view.screen, Screen::Numbers(_)) && label.chars().count() == 1;
            let highest = if key { 700.0 } else { 960.0 };
            assert!(
                language || card || area.bottom > highest,
                "{name}: {label} is too high up"
            );
        }
    }
}

#[test]
fn no_text_leaves_its_place() {
    for (width, height) in [(1080, 1920), (720, 1280), (800, 1280), (1200, 1920)] {
        let (headless, _) = open(Size { width, height });
        for (name, view) in common::all_views() {
            headless.show(&View {
                still_there: false,
                ..view.clone()
            });
            let below = texts(&headless);
            headless.show(&view);
            let mut texts = texts(&headless);
            if view.still_there {
                texts.retain(|text| !below.contains(text)); // they lie under the question
            }
            check_texts(&headless, &texts, &name, width as f32, height as f32);
        }
    }
}

fn texts(headless: &Headless) -> Vec<(String, Area)> {
    let pages: Vec<Area> = elements(headless, "Pager").iter().map(Area::of).collect();
    shown_texts(headless, &pages)
}

fn check_texts(headless: &Headless, texts: &[(String, Area)], name: &str, width: f32, height: f32) {
    assert!(texts.len() > 2, "{name}");
    let screen = Area {
        left: 0.0,
        top: 0.0,
        right: width,
        bottom: height,
    };
    for (i, (text, area)) in texts.iter().enumerate() {
        assert!(
            screen.contains(*area),
            "{name}: “{text}” leaves the screen: {area:?}"
        );
        for (other_text, other) in &texts[..i] {
            assert!(
                !area.overlaps(*other),
                "{name}: “{text}” {area:?} over “{other_text}” {other:?}"
            );
        }
        for (label, button) in buttons(headless) {
            let whole_screen = button.bottom - button.top > height / 2.0;
            let inside = whole_screen || button.contains(*area) || !button.overlaps(*area);
            assert!(
                inside,
                "{name}: “{text}” {area:?} sticks out of “{label}” {button:?}"
            );
        }
    }
}

/// The texts that are seen whole.
fn shown_texts(headless: &Headless, pages: &[Area]) -> Vec<(String, Area)> {
    let mut shown: Vec<(String, Area)> = Vec::new();
    for text in elements(headless, "Text") {
        let area = Area::of(&text);
        let seen = area.right > area.left && area.bottom > area.top && !is_below_fold(area, pages);
        // The root of a component is found once for each of its names.
        if seen && shown.iter().all(|(_, other)| *other != area) {
            shown.push((text.accessible_label().unwrap_or_default().into(), area));
        }
    }
    shown
}

/// What the pages hold further down is seen after turning them.
fn is_below_fold(area: Area, pages: &[Area]) -> bool {
    pages.iter().any(|page| {
        let column = Area {
            bottom: f32::INFINITY,
            ..*page
        };
        column.contains(area) && area.bottom > page.bottom - 110.0
    })
}
