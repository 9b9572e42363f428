//! Numbers that open a chip, typed on the screen.

use kiosk_app::session::{Event, Health};
use kiosk_ui::{CardPrompt, NumbersTrouble, Screen, Touch};

use crate::steps::{Step, WRONG_NUMBERS, What};
use crate::world::World;

/// Chooses a service, agrees, and types these numbers on a kiosk that asks for them first.
fn typing(number: &str) -> World {
    let mut world = World::new();
    world.session = world.session.asking_numbers_first();
    for touch in [
        Touch::Begin,
        Touch::Choose("outpatient-registration".into()),
        Touch::Agree,
    ] {
        world.step(Step::Touch(touch));
    }
    for text in [number, "19850615", "20360101"] {
        type_number(&mut world, text);
    }
    world
}

fn type_number(world: &mut World, text: &str) {
    for key in text.chars() {
        world.step(Step::Touch(Touch::Key(key)));
    }
    world.step(Step::Touch(Touch::Next));
}

#[test]
fn who_mistypes_a_number_corrects_it_and_goes_on() {
    let mut world = typing("E00007731");
    assert!(matches!(world.screen(), Screen::Card(_)));
    let answer = |what| Step::Answer { late: false, what };
    world.step(answer(What::Failed(WRONG_NUMBERS)));
    let Screen::Numbers(shown) = world.screen() else {
        panic!("the numbers are not asked for again");
    };
    assert_eq!(shown.trouble, Some(NumbersTrouble::DoesNotOpen));
    assert_eq!(
        shown.typed.reveal(),
        "E00007731",
        "nothing has to be typed twice"
    );
    world.step(Step::Touch(Touch::Erase));
    world.step(Step::Touch(Touch::Key('0')));
    for _ in 0..3 {
        world.step(Step::Touch(Touch::Next));
    }
    assert!(matches!(world.screen(), Screen::Card(_)));
    world.step(answer(What::Read));
    assert!(!matches!(world.screen(), Screen::Numbers(_)));
}

/// A slow chip takes half a minute. It is waited for once: one that is told to be read for ever is not.
#[test]
fn a_passport_laid_down_late_is_read_to_its_end() {
    let mut world = typing("E00007730");
    let present = || Step::Answer {
        late: false,
        what: What::Present,
    };
    world.step(Step::Wait(55_000));
    world.step(present());
    for _ in 0..11 {
        world.step(Step::Wait(5_000));
        world.step(present());
    }
    assert!(matches!(world.screen(), Screen::Card(CardPrompt::Reading)));
    world.step(Step::Wait(5_000));
    assert!(!matches!(world.screen(), Screen::Card(_)));
}

#[test]
fn who_stops_while_typing_leaves_nothing() {
    let mut world = typing("E00007730");
    world.step(Step::Answer {
        late: false,
        what: What::NumbersNeeded,
    });
    assert!(world.session.holds_personal_data());
    world.step(Step::Touch(Touch::Stop));
    assert!(!world.session.holds_personal_data());
}

#[test]
fn numbers_that_never_open_the_chip_go_to_an_officer() {
    let mut world = typing("E00007731");
    for _ in 0..3 {
        world.step(Step::Answer {
            late: false,
            what: What::Failed(WRONG_NUMBERS),
        });
        for _ in 0..3 {
            world.step(Step::Touch(Touch::Next));
        }
    }
    assert_eq!(world.commits, 1);
}

/// Chooses a service and agrees, on a kiosk with a document scanner.
fn before_the_scanner() -> World {
    let mut world = World::new();
    world.session = world.session.asking_numbers_first();
    world.handle(Event::Scanner(Health::Ready));
    for touch in [
        Touch::Begin,
        Touch::Choose("outpatient-registration".into()),
        Touch::Agree,
    ] {
        world.step(Step::Touch(touch));
    }
    world
}

#[test]
fn a_page_that_was_misread_is_asked_for_again_and_a_scanned_one_needs_no_keys() {
    let mut world = before_the_scanner();
    let answer = |what| Step::Answer { late: false, what };
    let Screen::Numbers(numbers) = world.screen() else {
        panic!("the numbers are asked for");
    };
    assert!(numbers.scanner && numbers.trouble.is_none());
    world.step(answer(What::NumbersMisread));
    let Screen::Numbers(numbers) = world.screen() else {
        panic!("the numbers are still asked for");
    };
    assert_eq!(numbers.trouble, Some(NumbersTrouble::Misread));
    world.step(answer(What::NumbersScanned));
    assert!(matches!(world.screen(), Screen::Card(CardPrompt::Present)));
    // The page is laid on the scanner once more while the chip is read: nothing begins anew.
    world.step(answer(What::Present));
    world.step(answer(What::NumbersScanned));
    assert!(matches!(world.screen(), Screen::Card(CardPrompt::Reading)));
}

#[test]
fn without_its_scanner_the_kiosk_asks_for_keys_and_the_session_goes_on() {
    let mut world = before_the_scanner();
    world.handle(Event::Scanner(Health::Lost));
    let Screen::Numbers(numbers) = world.screen() else {
        panic!("the numbers are asked for");
    };
    assert!(!numbers.scanner);
    for text in ["E00007730", "19850615", "20360101"] {
        type_number(&mut world, text);
    }
    assert!(matches!(world.screen(), Screen::Card(CardPrompt::Present)));
}

#[test]
fn what_was_scanned_for_somebody_who_has_left_opens_nothing() {
    let mut world = before_the_scanner();
    world.step(Step::Answer {
        late: true,
        what: What::NumbersScanned,
    });
    assert!(matches!(world.screen(), Screen::Numbers(_)));
}
