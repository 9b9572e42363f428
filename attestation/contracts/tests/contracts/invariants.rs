//! For any calls, by any callers, in any order: every root that was taken can be read for ever, none
//! is there twice, sequences never skip, sizes grow, repeats change nothing; every key that a kiosk
//! ever had can be read, and no other. The expectation is a plain
//! model of what the kiosks and the registry should do; the contracts must agree with it after each call.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use attestation_contracts::bindings::access::AccessControl::{grantRoleCall, revokeRoleCall};
use attestation_contracts::bindings::anchor::Anchor::{
    Anchored, anchorCall, anchorOfCall, headCall,
};
use attestation_contracts::bindings::registry::KioskRegistry::{
    enrolCall, keyOfCall, kioskCall, kioskOfCall, reinstateCall, rotateCall, suspendCall,
};
use proptest::prelude::*;

use crate::chain::{AUTHORITY, Chain, enrol, operator_role, rotation};

const KIOSKS: u8 = 3;
/// Callers 0 and 1 may be operators, 2 is the authority, the others may be senders.
const CALLERS: u8 = 8;
const KEYS: u8 = 3;
const ROOTS: u8 = 16;
const SIZES: u64 = 8;
const CASES: u32 = 192;
const CALLS: usize = 60;

fn kiosk(n: u8) -> B256 {
    B256::with_last_byte(n + 1)
}

/// Root 0 is all zero: nothing forbids it.
fn root(n: u8) -> B256 {
    B256::with_last_byte(n)
}

fn device_key(n: u8) -> B256 {
    B256::with_last_byte(0xd0 + n)
}

/// Another one for each sender, so that none is taken for another's.
fn binding_r(sender: Address) -> B256 {
    sender.into_word()
}

fn caller(n: u8) -> Address {
    if n == 2 {
        AUTHORITY
    } else {
        Address::repeat_byte(n + 1)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Appoint {
        by: u8,
        operator: u8,
    },
    Dismiss {
        by: u8,
        operator: u8,
    },
    Enrol {
        by: u8,
        kiosk: u8,
        sender: u8,
    },
    Suspend {
        by: u8,
        kiosk: u8,
    },
    Reinstate {
        by: u8,
        kiosk: u8,
    },
    Rotate {
        by: u8,
        kiosk: u8,
        key: u8,
        sender: u8,
    },
    Anchor {
        by: u8,
        root: u8,
        size: u64,
    },
    /// One entry more than the sender's kiosk has anchored: what an honest client sends.
    Grow {
        by: u8,
        root: u8,
    },
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly those who may, now and then anyone.
    let by = || prop_oneof![3 => 0..3u8, 1 => 0..CALLERS];
    let (kiosk, sender, any) = (0..KIOSKS, 3..CALLERS, 0..CALLERS);
    prop_oneof![
        2 => (by(), 0..2u8).prop_map(|(by, operator)| Step::Appoint { by, operator }),
        1 => (by(), 0..2u8).prop_map(|(by, operator)| Step::Dismiss { by, operator }),
        3 => (by(), kiosk.clone(), any.clone())
            .prop_map(|(by, kiosk, sender)| Step::Enrol { by, kiosk, sender }),
        2 => (by(), kiosk.clone()).prop_map(|(by, kiosk)| Step::Suspend { by, kiosk }),
        3 => (by(), kiosk.clone()).prop_map(|(by, kiosk)| Step::Reinstate { by, kiosk }),
        2 => (by(), kiosk, 0..KEYS, any)
            .prop_map(|(by, kiosk, key, sender)| Step::Rotate { by, kiosk, key, sender }),
        15 => (sender.clone(), 0..ROOTS, 0..SIZES)
            .prop_map(|(by, root, size)| Step::Anchor { by, root, size }),
        15 => (sender, 0..ROOTS).prop_map(|(by, root)| Step::Grow { by, root }),
    ]
}

/// Every case begins with two operators and a kiosk of each.
const BEGINNING: [Step; 4] = [
    Step::Appoint { by: 2, operator: 0 },
    Step::Appoint { by: 2, operator: 1 },
    Step::Enrol {
        by: 0,
        kiosk: 0,
        sender: 3,
    },
    Step::Enrol {
        by: 1,
        kiosk: 1,
        sender: 4,
    },
];

/// What a kiosk's record should be.
#[derive(Default)]
struct Expected {
    operator: u8,
    sender: u8,
    suspended: bool,
    held: bool,
    /// Root, size, block, time; the place in the list is the sequence less one.
    anchors: Vec<(u8, u64, u64, u64)>,
    /// The newest device key, and all that it ever had.
    key: u8,
    keys: BTreeMap<u8, ExpectedKey>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct ExpectedKey {
    sender: Address,
    since: u64,
    until: u64,
}

impl Expected {
    fn list(&mut self, key: u8, now: u64) {
        if let Some(before) = self.keys.get_mut(&self.key) {
            before.until = now;
        }
        self.key = key;
        let sender = caller(self.sender);
        let listed = self.keys.entry(key).or_insert(ExpectedKey {
            since: now,
            ..ExpectedKey::default()
        });
        (listed.sender, listed.until) = (sender, 0);
    }
}

#[derive(Default)]
struct Model {
    operators: [bool; 2],
    kiosks: BTreeMap<u8, Expected>,
    used_senders: Vec<u8>,
}

impl Model {
    fn is_operator(&self, by: u8) -> bool {
        self.operators
            .get(usize::from(by))
            .copied()
            .unwrap_or(false)
    }

    fn speaks_for(&self, sender: u8) -> Option<u8> {
        let found = |k: &&Expected| k.sender == sender && !k.suspended;
        self.kiosks
            .iter()
            .find(|(_, k)| found(k))
            .map(|(id, _)| *id)
    }

    /// The call that a step stands for.
    fn resolve(&self, step: &Step) -> Step {
        let Step::Grow { by, root } = *step else {
            return step.clone();
        };
        let kiosk = self.speaks_for(by).and_then(|id| self.kiosks.get(&id));
        let newest = kiosk
            .and_then(|k| k.anchors.last())
            .map_or(0, |newest| newest.1);
        Step::Anchor {
            by,
            root,
            size: newest + 1,
        }
    }

    fn anchors(&self) -> usize {
        self.kiosks.values().map(|k| k.anchors.len()).sum()
    }

    /// The kiosk, if the caller answers for it.
    fn responsible(&mut self, by: u8, kiosk: u8) -> Option<&mut Expected> {
        let operator = self.is_operator(by);
        self.kiosks
            .get_mut(&kiosk)
            .filter(|k| by == 2 || (operator && k.operator == by))
    }

    /// Whether the call should be taken; and if it should, does it.
    fn takes(&mut self, step: &Step, block: u64, now: u64) -> bool {
        match *step {
            Step::Appoint { by, operator } => by == 2 && self.appoint(operator, true),
            Step::Dismiss { by, operator } => by == 2 && self.appoint(operator, false),
            Step::Enrol { by, kiosk, sender } => self.enrol(by, kiosk, sender, now),
            Step::Suspend { by, kiosk } => self.suspend(by, kiosk),
            Step::Reinstate { by, kiosk } => self.reinstate(by, kiosk),
            Step::Rotate {
                by,
                kiosk,
                key,
                sender,
            } => self.rotate(by, kiosk, (key, sender), now),
            Step::Anchor { by, root, size } => self.anchor(by, root, size, block, now),
            Step::Grow { .. } => unreachable!("resolved to an anchor"),
        }
    }

    fn appoint(&mut self, operator: u8, to: bool) -> bool {
        self.operators[usize::from(operator)] = to;
        true
    }

    fn enrol(&mut self, by: u8, kiosk: u8, sender: u8, now: u64) -> bool {
        let free = !self.kiosks.contains_key(&kiosk) && !self.used_senders.contains(&sender);
        if !self.is_operator(by) || !free {
            return false;
        }
        self.used_senders.push(sender);
        let mut enrolled = Expected {
            operator: by,
            sender,
            ..Expected::default()
        };
        enrolled.list(0, now);
        self.kiosks.insert(kiosk, enrolled);
        true
    }

    fn suspend(&mut self, by: u8, kiosk: u8) -> bool {
        let Some(k) = self.responsible(by, kiosk) else {
            return false;
        };
        if k.suspended && (k.held || by != 2) {
            return false;
        }
        (k.suspended, k.held) = (true, by == 2);
        true
    }

    fn reinstate(&mut self, by: u8, kiosk: u8) -> bool {
        let Some(k) = self.responsible(by, kiosk) else {
            return false;
        };
        if !k.suspended || (k.held && by != 2) {
            return false;
        }
        (k.suspended, k.held) = (false, false);
        true
    }

    fn rotate(&mut self, by: u8, kiosk: u8, (key, sender): (u8, u8), now: u64) -> bool {
        let used = self.used_senders.contains(&sender);
        let Some(k) = self.responsible(by, kiosk) else {
            return false;
        };
        if k.sender != sender && used {
            return false;
        }
        k.sender = sender;
        k.list(key, now);
        self.used_senders.push(sender);
        true
    }

    fn anchor(&mut self, by: u8, root: u8, size: u64, block: u64, now: u64) -> bool {
        let Some(id) = self.speaks_for(by) else {
            return false;
        };
        let Some(k) = self.kiosks.get_mut(&id) else {
            return false;
        };
        if let Some(known) = k.anchors.iter().find(|known| known.0 == root) {
            return known.1 == size;
        }
        if size <= k.anchors.last().map_or(0, |newest| newest.1) {
            return false;
        }
        k.anchors.push((root, size, block, now));
        true
    }
}

/// Sends a call; whether it was taken, and the anchors it announced.
fn perform(chain: &mut Chain, step: &Step) -> (bool, Vec<Anchored>) {
    let (registry, anchor, role) = (chain.registry, chain.anchor, operator_role());
    let result = match *step {
        Step::Appoint { by, operator } => chain.send(
            caller(by),
            registry,
            grantRoleCall {
                role,
                account: caller(operator),
            },
        ),
        Step::Dismiss { by, operator } => chain.send(
            caller(by),
            registry,
            revokeRoleCall {
                role,
                account: caller(operator),
            },
        ),
        Step::Enrol {
            by,
            kiosk: k,
            sender,
        } => chain.send(
            caller(by),
            registry,
            enrolCall {
                deviceKey: device_key(0),
                bindingR: binding_r(caller(sender)),
                ..enrol(kiosk(k), caller(sender))
            },
        ),
        Step::Suspend { by, kiosk: k } => {
            chain.send(caller(by), registry, suspendCall { id: kiosk(k) })
        }
        Step::Reinstate { by, kiosk: k } => {
            chain.send(caller(by), registry, reinstateCall { id: kiosk(k) })
        }
        Step::Rotate {
            by,
            kiosk: k,
            key,
            sender,
        } => chain.send(
            caller(by),
            registry,
            rotateCall {
                deviceKey: device_key(key),
                bindingR: binding_r(caller(sender)),
                ..rotation(kiosk(k), caller(sender))
            },
        ),
        Step::Anchor { by, root: r, size } => chain.send(
            caller(by),
            anchor,
            anchorCall {
                root: root(r),
                size,
            },
        ),
        Step::Grow { .. } => unreachable!("resolved to an anchor"),
    };
    let announced = result
        .as_ref()
        .map_or(Vec::new(), |done| done.events_of(anchor));
    (result.is_ok(), announced)
}

/// Everything the views tell is what the model expects.
fn agree(chain: &mut Chain, model: &Model) -> Result<(), TestCaseError> {
    for n in 0..CALLERS {
        let expected = model.speaks_for(n).map_or(B256::ZERO, kiosk);
        prop_assert_eq!(
            chain.ask(chain.registry, kioskOfCall { sender: caller(n) }),
            expected
        );
    }
    for id in 0..KIOSKS {
        keys_agree(chain, id, model.kiosks.get(&id))?;
        let none = Vec::new();
        let anchors = model.kiosks.get(&id).map_or(&none, |k| &k.anchors);
        for r in 0..ROOTS {
            let place = anchors.iter().position(|known| known.0 == r);
            let expected = place.map_or((0, 0, 0, 0), |place| {
                let (_, size, block, time) = anchors[place];
                (size, place as u64 + 1, block, time)
            });
            let there = chain.ask(
                chain.anchor,
                anchorOfCall {
                    kiosk: kiosk(id),
                    root: root(r),
                },
            );
            let there = (there.size, there.sequence, there.blockNumber, there.time);
            prop_assert_eq!(there, expected, "root {} of kiosk {}", r, id);
        }
        let head = chain.ask(chain.anchor, headCall { kiosk: kiosk(id) });
        let expected = anchors
            .last()
            .map_or((B256::ZERO, 0), |newest| (root(newest.0), newest.1));
        prop_assert_eq!((head.root, head.size), expected);
        prop_assert_eq!(head.sequence, anchors.len() as u64);
    }
    Ok(())
}

/// Every key that the kiosk had, and no other, with its own sender, binding and time.
fn keys_agree(chain: &mut Chain, id: u8, expected: Option<&Expected>) -> Result<(), TestCaseError> {
    for n in 0..KEYS {
        let listed = expected.and_then(|k| k.keys.get(&n)).copied();
        let call = keyOfCall {
            id: kiosk(id),
            deviceKey: device_key(n),
        };
        let there = chain.ask(chain.registry, call);
        prop_assert_eq!(there.bindingR, binding_r(there.sender));
        let there = ExpectedKey {
            sender: there.sender,
            since: there.since,
            until: there.until,
        };
        prop_assert_eq!(
            there,
            listed.unwrap_or_default(),
            "key {} of kiosk {}",
            n,
            id
        );
    }
    let newest = chain.ask(chain.registry, kioskCall { id: kiosk(id) });
    let key = expected.map_or(B256::ZERO, |k| device_key(k.key));
    prop_assert_eq!(newest.deviceKey, key);
    prop_assert_eq!(newest.bindingR, binding_r(newest.sender));
    Ok(())
}

/// The events alone, as an auditor reads them: from 1 without a gap, sizes growing, no root twice.
fn events_hold(announced: &[Anchored]) -> Result<(), TestCaseError> {
    let mut newest: BTreeMap<B256, (u64, u64)> = BTreeMap::new();
    let mut seen = Vec::new();
    for event in announced {
        let (sequence, size) = newest.get(&event.kiosk).copied().unwrap_or((0, 0));
        prop_assert_eq!(event.sequence, sequence + 1);
        prop_assert!(event.size > size);
        prop_assert!(!seen.contains(&(event.kiosk, event.root)), "twice");
        seen.push((event.kiosk, event.root));
        newest.insert(event.kiosk, (event.sequence, event.size));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        // In milliseconds: on a busy machine a failure is told less simple rather than never.
        max_shrink_time: 120_000,
        ..ProptestConfig::with_cases(CASES)
    })]

    #[test]
    fn no_root_lost_none_twice_sequences_without_gap(steps in prop::collection::vec(step(), 1..CALLS)) {
        let mut chain = Chain::deployed();
        let mut model = Model::default();
        let mut announced = Vec::new();
        for step in BEGINNING.iter().chain(&steps) {
            let step = model.resolve(step);
            let before = model.anchors();
            let expected = model.takes(&step, chain.block() + 1, chain.now + 10);
            let (taken, events) = perform(&mut chain, &step);
            prop_assert_eq!(taken, expected, "{:?}", step);
            prop_assert_eq!(events.len(), model.anchors() - before, "a repeat announces nothing");
            announced.extend(events);
        }
        agree(&mut chain, &model)?;
        events_hold(&announced)?;
    }
}
