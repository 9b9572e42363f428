//! A proof for the wallet of a phone.

use kiosk_app::session::{Device, Health};
use kiosk_ui::{CardField, Screen, Touch, WalletTrouble, WalletView};

use crate::steps::{Step, What, happy_path, phone_key, wallet_path};
use crate::world::World;

#[test]
fn no_formatter_shows_a_field_or_a_proof() {
    for steps in [9, SCANNING, SHOWN] {
        let world = on_the_way_into_the_wallet(steps);
        assert!(world.session.holds_personal_data());
        let shown = format!("{:?} {:?}", world.session, world.session.view(world.now));
        assert!(!shown.contains("secret"), "{shown}");
    }
}

/// A world in which the resident of [`wallet_path`] has gone this many steps.
fn on_the_way_into_the_wallet(steps: usize) -> World {
    World::after(steps, wallet_path())
}

fn wallet_screen(world: &World) -> WalletView {
    match world.screen() {
        Screen::Wallet(wallet) => wallet,
        other => panic!("{other:?}"),
    }
}

/// Steps of [`wallet_path`] until the camera is open for the key, and until the proof is shown.
const SCANNING: usize = 13;
const SHOWN: usize = 16;

#[test]
fn a_proof_is_bound_to_the_key_that_was_shown_and_gone_after_it() {
    let mut world = on_the_way_into_the_wallet(SHOWN);
    let WalletView::Codes(codes) = wallet_screen(&world) else {
        panic!("no codes");
    };
    assert!(codes.bound && codes.count > 1);
    assert_eq!(codes.fields, [CardField::Name]);
    world.step(Step::Wait(3_000));
    let WalletView::Codes(next) = wallet_screen(&world) else {
        panic!("no codes");
    };
    assert_eq!(next.number, 2, "the codes are shown in turn");
    world.step(Step::Touch(Touch::Back));
    assert!(!world.session.holds_personal_data());
    world.step(Step::Touch(Touch::KeepOnPhone));
    let screen = world.screen();
    assert!(matches!(screen, Screen::Receipt(receipt) if !receipt.wallet));
}

#[test]
fn a_key_that_never_comes_leads_back_and_then_home() {
    let mut world = on_the_way_into_the_wallet(SCANNING);
    assert!(matches!(wallet_screen(&world), WalletView::Scan(_)));
    world.step(Step::Wait(45_000));
    assert!(matches!(
        wallet_screen(&world),
        WalletView::Choose {
            trouble: Some(WalletTrouble::NoKey),
            ..
        }
    ));
    world.step(Step::Wait(60_000));
    assert_eq!(world.screen(), Screen::Attract);
}

#[test]
fn a_camera_that_is_lost_leaves_the_other_way() {
    let mut world = on_the_way_into_the_wallet(SCANNING);
    world.step(Step::Device(Device::Camera, Health::Lost));
    assert_eq!(
        wallet_screen(&world),
        WalletView::Choose {
            scanner: false,
            trouble: Some(WalletTrouble::NoCamera)
        }
    );
    world.step(Step::Touch(Touch::WithoutKey));
    world.step(Step::Issue { works: true });
    assert!(matches!(wallet_screen(&world), WalletView::Codes(codes) if !codes.bound));
}

#[test]
fn a_proof_for_an_earlier_wish_is_not_shown() {
    let mut world = on_the_way_into_the_wallet(SCANNING - 1);
    world.step(Step::Touch(Touch::WithoutKey));
    let unbound = world.issue(true).unwrap();
    world.step(Step::Wait(10_000)); // the store is slow
    world.step(Step::Touch(Touch::BringKey));
    world.step(Step::Answer {
        late: false,
        what: What::Scanned(Ok(phone_key())),
    });
    world.handle(unbound);
    assert_eq!(wallet_screen(&world), WalletView::Preparing);
}

#[test]
fn a_service_without_a_wallet_offers_none() {
    let mut world = World::after(9, happy_path());
    let screen = world.screen();
    assert!(matches!(screen, Screen::Receipt(receipt) if !receipt.wallet));
    world.step(Step::Touch(Touch::KeepOnPhone));
    assert!(matches!(world.screen(), Screen::Receipt(_)));
}
