//! Which fields of the card are signed.

use std::path::Path;

use attestation::{Band, Decision, FactorOutcome, Reason};
use kiosk_app::session::{Answer, CardFields, Event};
use kiosk_ui::{CardField, Touch};

use crate::given::answer;
use crate::steps::{Step, What, sharing_path, visit};
use crate::world::World;

/// The fields that are in the draft after these touches on the notice and the switches.
fn fields_after(touches: &[Touch]) -> Vec<CardField> {
    let mut world = World::new();
    for step in visit("residence-certificate", touches) {
        if matches!(step, Step::Store { .. }) {
            break;
        }
        world.step(step);
    }
    let (_, draft) = world.open_commit.expect("a decision");
    draft.shared.iter().map(|(field, _)| field).collect()
}

#[test]
fn only_what_was_switched_on_is_in_the_draft() {
    let share = |yes| Touch::Share(CardField::Name, yes);
    let nothing: [CardField; 0] = [];
    assert_eq!(fields_after(&[Touch::Agree, Touch::Agree]), nothing);
    assert_eq!(
        fields_after(&[Touch::Agree, share(true), Touch::Agree]),
        [CardField::Name]
    );
    let back = [Touch::Agree, share(true), share(false), Touch::Agree];
    assert_eq!(fields_after(&back), nothing);
    let unasked = Touch::Share(CardField::DocumentNumber, true);
    assert_eq!(
        fields_after(&[Touch::Agree, unasked, Touch::Agree]),
        nothing
    );
    let too_late = [Touch::Agree, Touch::Agree, share(true)];
    assert_eq!(fields_after(&too_late), nothing);
}

#[test]
fn who_is_not_verified_shares_nothing() {
    let mut world = World::after(9, sharing_path());
    let refused = FactorOutcome::Band(Band::Refused);
    world.step(Step::Answer {
        late: false,
        what: What::Evidence(refused, refused),
    });
    let (_, draft) = world.open_commit.expect("a decision");
    assert!(draft.shared.is_empty());
}

/// A world whose service cannot do without the name, and would like to have the address.
fn where_the_name_is_required() -> World {
    let folder = tempfile::tempdir().unwrap();
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("services");
    let text = std::fs::read_to_string(services.join("30-residence-certificate.toml")).unwrap();
    let text = text.replace("name = \"name\"\n", "name = \"name\"\nrequired = true\n");
    std::fs::write(folder.path().join("a.toml"), text).unwrap();
    World::with_services(folder.path())
}

#[test]
fn what_is_required_has_no_switch_and_comes_with_i_agree() {
    let mut world = where_the_name_is_required();
    let off = Touch::Share(CardField::Name, false);
    for step in visit("residence-certificate", &[Touch::Agree, off, Touch::Agree]) {
        if matches!(step, Step::Store { .. }) {
            break;
        }
        world.switched_on.insert(CardField::Name); // what "I agree" means on this screen
        world.step(step);
    }
    let (_, draft) = world.open_commit.expect("a decision");
    let shared: Vec<_> = draft.shared.iter().map(|(field, _)| field).collect();
    assert_eq!(shared, [CardField::Name]);
}

#[test]
fn who_does_not_want_what_is_required_goes_to_an_officer_and_shares_nothing() {
    let mut world = where_the_name_is_required();
    for touch in [
        Touch::Begin,
        Touch::Choose("residence-certificate".into()),
        Touch::Agree,
        Touch::Cannot,
    ] {
        world.step(Step::Touch(touch));
    }
    let (_, draft) = world.open_commit.take().expect("a decision");
    assert!(matches!(draft.decision, Decision::Referred(_)));
    assert!(draft.shared.is_empty() && !draft.wallet);
}

/// A foreigner's card has no address, say.
#[test]
fn a_card_that_lacks_what_is_required_is_left_to_an_officer() {
    let mut world = where_the_name_is_required();
    for touch in [
        Touch::Begin,
        Touch::Choose("residence-certificate".into()),
        Touch::Agree,
        Touch::Agree,
    ] {
        world.step(Step::Touch(touch));
    }
    let Answer::CardRead(mut presented) = answer(What::Read) else {
        unreachable!("a card that was read");
    };
    presented.fields = CardFields::default();
    let turn = world.session.turn();
    world.handle(Event::Answer(turn, Answer::CardRead(presented)));
    let (_, draft) = world.open_commit.take().expect("a decision");
    assert_eq!(
        draft.decision,
        Decision::Referred(Reason::DocumentLacksField)
    );
    assert!(draft.shared.is_empty() && !draft.wallet);
}
