//! One resident after the other: late answers, devices that come and go, what is seen and heard.

use kiosk_app::session::{Answer, Device, Event, Health, Sound};
use kiosk_ui::{Language, Outage, Screen, Touch};

use crate::given::answer;
use crate::steps::{Step, What, happy_path, sharing_path};
use crate::world::World;

#[test]
fn an_answer_meant_for_the_previous_resident_is_not_given_to_the_next() {
    let mut world = World::after(4, happy_path());
    let previous = world.session.turn();
    world.step(Step::Touch(Touch::Stop));
    world.step(Step::Touch(Touch::Done));
    for step in happy_path().into_iter().take(3) {
        world.step(step);
    }
    world.handle(Event::Answer(previous, answer(What::Read)));
    assert!(matches!(world.screen(), Screen::Card(_)));
    assert!(!world.session.holds_personal_data());
}

#[test]
fn a_receipt_that_comes_late_is_handed_out_while_the_resident_can_still_be_there() {
    let mut world = World::after(8, happy_path());
    world.step(Step::Wait(10_000));
    assert!(matches!(world.screen(), Screen::OutOfService(_)));
    world.step(Step::Store { works: true });
    assert!(matches!(world.screen(), Screen::Receipt(_)));
}

#[test]
fn a_receipt_that_comes_too_late_is_shown_to_nobody_else() {
    let mut world = World::after(8, happy_path());
    world.step(Step::Wait(10_000));
    world.step(Step::Device(Device::Storage, Health::Ready));
    world.step(Step::Wait(10_000));
    assert_eq!(world.screen(), Screen::Attract);
    world.step(Step::Store { works: true });
    assert_eq!(world.screen(), Screen::Attract);
}

/// The disk hangs for minutes, so the store never says that it is well again; then the commit comes
/// through, and somebody else stands there.
#[test]
fn a_receipt_that_comes_after_minutes_is_shown_to_nobody_else() {
    let mut world = World::after(10, sharing_path());
    assert!(world.open_commit.is_some());
    world.step(Step::Wait(10_000));
    for _ in 0..100 {
        world.step(Step::Wait(2_000));
    }
    world.step(Step::Store { works: true });
    let screen = world.screen();
    assert_eq!(screen, Screen::OutOfService(Outage::Storage));
}

/// Whoever stands there a moment later may be the next in the queue.
#[test]
fn a_late_receipt_offers_no_fields_to_keep() {
    let mut world = World::after(10, sharing_path());
    world.step(Step::Wait(10_000));
    world.step(Step::Store { works: true });
    assert!(matches!(world.screen(), Screen::Receipt(receipt) if !receipt.wallet));
    assert!(!world.session.holds_personal_data());
}

#[test]
fn a_receipt_that_comes_late_is_not_handed_out_by_a_kiosk_that_was_opened() {
    let mut world = World::after(8, happy_path());
    world.step(Step::Wait(10_000));
    world.step(Step::Device(Device::Case, Health::Lost));
    world.step(Step::Store { works: true });
    assert_eq!(world.screen(), Screen::OutOfService(Outage::Tampered));
}

#[test]
fn an_open_door_closes_a_free_kiosk_until_it_is_closed() {
    let mut world = World::new();
    world.step(Step::Device(Device::ServiceDoor, Health::Lost));
    world.step(Step::Touch(Touch::Begin));
    assert_eq!(world.screen(), Screen::OutOfService(Outage::Service));
    world.step(Step::Device(Device::ServiceDoor, Health::Ready));
    world.step(Step::Wait(10_000));
    assert_eq!(world.screen(), Screen::Attract);
}

#[test]
fn what_can_be_heard_says_what_the_screen_says() {
    let mut world = World::new();
    for step in happy_path() {
        world.step(step);
    }
    assert_eq!(world.heard, [Sound::CardRead, Sound::Ok]);
}

#[test]
fn a_face_pipeline_that_fails_is_not_blamed_on_the_resident() {
    let mut world = World::after(6, happy_path());
    let turn = world.session.turn();
    world.handle(Event::Answer(turn, Answer::PipelineFailed));
    assert_eq!(world.screen(), Screen::OutOfService(Outage::Fault));
    world.step(Step::Wait(20_000));
    assert_eq!(world.screen(), Screen::Attract);
}

#[test]
fn a_language_left_behind_on_the_invitation_goes_back_to_that_of_the_place() {
    let mut world = World::new();
    world.step(Step::Touch(Touch::Speak(Language::English)));
    let language = |world: &World| world.session.view(world.now).language;
    assert_eq!(language(&world), Language::English);
    world.step(Step::Wait(45_000));
    assert_eq!(language(&world), Language::Chinese);
}
