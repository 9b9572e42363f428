//! What must hold for every sequence of events, whatever people and devices do.

use kiosk_app::session::{Device, Health};
use kiosk_ui::{Outage, Screen};
use proptest::prelude::*;

use crate::steps::{Step, happy_path, policy, story, wallet_path};
use crate::world::World;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_invariants_hold_for_every_sequence_of_events(steps in story(), policy in policy()) {
        let mut world = World::asking(policy);
        for step in steps {
            world.step(step);
        }
    }

    #[test]
    fn every_state_ends_by_itself(steps in story(), policy in policy()) {
        let mut world = World::asking(policy);
        for step in steps {
            world.step(step);
        }
        // The devices come back, everybody leaves, and nothing answers any more.
        let all = [
            Device::Camera, Device::CardReader, Device::Storage, Device::FacePipeline,
            Device::ServiceDoor, Device::Panel,
        ];
        for device in all {
            world.step(Step::Device(device, Health::Ready));
        }
        for _ in 0..16 {
            world.step(Step::Wait(200_000));
            for device in [Device::Camera, Device::CardReader, Device::Storage] {
                world.step(Step::Device(device, Health::Ready));
            }
        }
        let end = if world.opened { Screen::OutOfService(Outage::Tampered) } else { Screen::Attract };
        prop_assert_eq!(world.screen(), end);
    }

    #[test]
    fn an_open_door_interrupts_nobody(path in prop::sample::select(vec![happy_path(), wallet_path()]), at in any::<prop::sample::Index>()) {
        let mut world = World::new();
        // Not before somebody has begun: then the door closes the kiosk at once.
        let at = 1 + at.index(path.len() - 1);
        for (index, step) in path.into_iter().enumerate() {
            if index == at {
                let before = world.screen();
                for device in [Device::ServiceDoor, Device::Panel] {
                    world.step(Step::Device(device, Health::Lost));
                }
                prop_assert_eq!(before, world.screen());
            }
            world.step(step);
        }
        let screen = world.screen();
        prop_assert_eq!(screen, Screen::OutOfService(Outage::Service));
    }

    #[test]
    fn who_waits_sees_a_change_at_least_every_two_seconds(steps in story(), policy in policy()) {
        let mut world = World::asking(policy);
        for step in steps {
            world.step(step);
        }
        let before = world.session.view(world.now);
        let waits_for_the_kiosk = matches!(
            before.screen,
            Screen::Card(_) | Screen::Capture(_) | Screen::Challenge(_)
        );
        world.step(Step::Wait(2_000));
        if waits_for_the_kiosk {
            prop_assert_ne!(before, world.session.view(world.now));
        }
    }
}
