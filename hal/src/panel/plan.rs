//! What the panel does, without a panel: wishes, levels and times in; what every output must be,
//! which switches were switched, and when to look again, out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub use super::pattern::FULL;
use super::pattern::{At, Playing, glow};
use super::{Output, Settle, Sound, StatusLight, Switch};

/// How long a switch must rest before it counts. Opening a case takes longer than a tenth of a
/// second; a burst on the wire (IEC 61000-4-4: 15 ms) does not.
#[must_use]
pub const fn rest(switch: Switch) -> Duration {
    Duration::from_millis(match switch {
        Switch::Tamper => 100,
        Switch::ServiceDoor => 50,
        Switch::Presence => 200,
    })
}

/// What the owner of the panel wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// What the status light says.
    pub light: StatusLight,
    /// The light on the face.
    pub fill: bool,
}

/// What every output must be now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels {
    wish: Wish,
    buzzer: bool,
    /// Brightness of the ring, in thousandths.
    pub ring: u16,
}

impl Levels {
    /// Whether this output is on.
    #[must_use]
    pub fn is_on(&self, output: Output) -> bool {
        match output {
            Output::Idle => self.wish.light == StatusLight::Idle,
            Output::LookHere => self.wish.light == StatusLight::LookHere,
            Output::Ok => self.wish.light == StatusLight::Ok,
            Output::Error => self.wish.light == StatusLight::Error,
            Output::Fill => self.wish.fill,
            Output::Buzzer => self.buzzer,
        }
    }
}

/// What is to be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// For the outputs.
    pub levels: Levels,
    /// Switches that were switched, and whether they are active now.
    pub switched: Vec<(Switch, bool)>,
    /// When to come again though nothing happens; none if only something that happens matters.
    pub due: Option<Duration>,
}

/// The panel's memory.
#[derive(Clone, Debug)]
pub struct Plan {
    wish: Wish,
    /// When the light began to say what it says.
    lit: Duration,
    sound: Option<Playing>,
    switches: BTreeMap<Switch, Settle>,
}

impl Plan {
    /// A panel that is dark and knows nothing of these switches yet.
    #[must_use]
    pub fn new(switches: impl IntoIterator<Item = Switch>, now: Duration) -> Self {
        let switches = switches.into_iter();
        Self {
            wish: Wish::default(),
            lit: now,
            sound: None,
            switches: switches
                .map(|switch| (switch, Settle::new(rest(switch))))
                .collect(),
        }
    }

    /// The owner wants this from now on.
    pub fn wish(&mut self, wish: Wish, now: Duration) {
        if wish.light != self.wish.light {
            self.lit = now;
        }
        self.wish = wish;
    }

    /// Begins a sound; one that still sounds ends.
    pub fn sound(&mut self, sound: Sound, now: Duration) {
        self.sound = Some(Playing::new(sound, now));
    }

    /// The switches in `active` are active at the moment `now`, the others are not.
    pub fn step(&mut self, active: &BTreeSet<Switch>, now: Duration) -> Step {
        let mut switched = Vec::new();
        for (switch, settle) in &mut self.switches {
            if let Some(level) = settle.see(active.contains(switch), now) {
                switched.push((*switch, level));
            }
        }
        let ring = glow(self.wish.light, now.saturating_sub(self.lit));
        let buzzer = self.buzzer(now);
        let settling = self.switches.values().filter_map(Settle::due);
        let changes = [ring.next, buzzer.next].into_iter().flatten();
        Step {
            levels: Levels {
                wish: self.wish,
                buzzer: buzzer.level,
                ring: ring.level,
            },
            switched,
            due: settling.chain(changes.map(|next| now + next)).min(),
        }
    }

    fn buzzer(&mut self, now: Duration) -> At<bool> {
        let silence = At {
            level: false,
            next: None,
        };
        let at = self
            .sound
            .as_mut()
            .map_or(silence, |playing| playing.at(now));
        if at.next.is_none() {
            self.sound = None;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn lights() -> impl Strategy<Value = StatusLight> {
        prop::sample::select(vec![
            StatusLight::Off,
            StatusLight::Idle,
            StatusLight::LookHere,
            StatusLight::Ok,
            StatusLight::Error,
        ])
    }

    #[test]
    fn an_opened_case_is_told_after_its_rest_and_a_spark_is_not() {
        let mut plan = Plan::new([Switch::Tamper], ms(0));
        let (open, closed) = (BTreeSet::from([Switch::Tamper]), BTreeSet::new());
        assert_eq!(plan.step(&closed, ms(0)).due, Some(ms(100)));
        assert_eq!(
            plan.step(&closed, ms(100)).switched,
            [(Switch::Tamper, false)]
        );
        assert_eq!(plan.step(&open, ms(200)).due, Some(ms(300)));
        assert_eq!(plan.step(&closed, ms(215)).switched, []);
        assert_eq!(plan.step(&closed, ms(315)).switched, []);
        plan.step(&open, ms(400));
        assert_eq!(plan.step(&open, ms(500)).switched, [(Switch::Tamper, true)]);
        assert_eq!(plan.step(&open, ms(600)).due, None);
    }

    #[test]
    fn the_buzzer_falls_silent_whatever_else_happens() {
        let mut plan = Plan::new([], ms(0));
        plan.sound(Sound::Error, ms(0));
        let none = BTreeSet::new();
        assert!(plan.step(&none, ms(0)).levels.is_on(Output::Buzzer));
        plan.sound(Sound::CardRead, ms(100));
        assert_eq!(plan.step(&none, ms(100)).due, Some(ms(180)));
        assert!(!plan.step(&none, ms(180)).levels.is_on(Output::Buzzer));
        assert_eq!(plan.step(&none, ms(180)).due, None);
    }

    proptest! {
        /// Never two status lights at once, and the one that is on is the one wanted; a thread
        /// that comes again when it is told to is never told to come at once.
        #[test]
        fn the_lights_say_what_was_wanted_last(
            wishes in prop::collection::vec((lights(), any::<bool>(), 0_u64..2_000), 1..40)
        ) {
            let mut plan = Plan::new(Switch::ALL, ms(0));
            let mut now = 0;
            for (light, fill, pause) in wishes {
                now += pause;
                plan.wish(Wish { light, fill }, ms(now));
                let step = plan.step(&BTreeSet::new(), ms(now));
                let status = [Output::Idle, Output::LookHere, Output::Ok, Output::Error];
                let on = status.iter().filter(|output| step.levels.is_on(**output)).count();
                prop_assert_eq!(on, usize::from(light != StatusLight::Off));
                prop_assert_eq!(step.levels.is_on(Output::Fill), fill);
                prop_assert!(step.due.is_none_or(|due| due > ms(now)));
            }
        }
    }
}
