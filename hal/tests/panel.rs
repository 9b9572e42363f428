//! The panel's thread on a simulated board: lights follow the wishes, switches are told once they
//! rest, and a board that is unplugged comes back by itself.

#![cfg(feature = "sim")]
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "common/patience.rs"]
mod patience;

use std::sync::mpsc::{Receiver, channel};

use hal::DeviceState;
use hal::panel::{Output, PanelWorker, Sound, StatusLight, Switch};
use hal::sim::panel::SimPanel;
use patience::LONG;

/// What the owner of a panel hears.
#[derive(Debug, PartialEq)]
enum Heard {
    State(DeviceState),
    Switch(Switch, bool),
}

fn panel(sim: &SimPanel) -> (PanelWorker, Receiver<Heard>) {
    let (states, heard) = channel();
    let (board, switches) = (sim.clone(), states.clone());
    let worker = PanelWorker::spawn(
        Switch::ALL,
        move |waker| board.open(waker),
        move |state| drop(states.send(Heard::State(state))),
        move |switch, active| drop(switches.send(Heard::Switch(switch, active))),
    )
    .unwrap();
    (worker, heard)
}

fn hear(heard: &Receiver<Heard>, wanted: &Heard) {
    while heard.recv_timeout(LONG).unwrap() != *wanted {}
}

#[test]
fn lights_and_buzzer_do_what_they_are_asked_and_go_dark_at_the_end() {
    let sim = SimPanel::default();
    let (panel, heard) = panel(&sim);
    hear(&heard, &Heard::State(DeviceState::Ready));
    panel.show(StatusLight::LookHere);
    panel.fill_light(true);
    let looks = |seen: &hal::sim::panel::Seen| {
        seen.on == [Output::LookHere, Output::Fill].into() && seen.ring == 1_000
    };
    sim.wait_until(LONG, looks).unwrap();
    panel.fill_light(false);
    panel.show(StatusLight::Ok);
    panel.sound(Sound::Ok);
    let rung = |seen: &hal::sim::panel::Seen| {
        let tones = seen
            .story
            .iter()
            .filter(|output| **output == Output::Buzzer);
        seen.on == [Output::Ok].into() && tones.count() == 2
    };
    sim.wait_until(LONG, rung).unwrap();
    drop(panel);
    let seen = sim.wait_until(LONG, |seen| seen.on.is_empty()).unwrap();
    assert_eq!(seen.ring, 0);
}

#[test]
fn switches_are_told_as_they_stand_and_then_as_they_change() {
    let sim = SimPanel::default();
    sim.switch(Switch::ServiceDoor, true);
    let (_panel, heard) = panel(&sim);
    // Each rests for a time of its own, so either may be the first.
    let mut first = vec![
        Heard::Switch(Switch::ServiceDoor, true),
        Heard::Switch(Switch::Tamper, false),
    ];
    while !first.is_empty() {
        let next = heard.recv_timeout(LONG).unwrap();
        first.retain(|wanted| *wanted != next);
    }
    sim.switch(Switch::Tamper, true);
    hear(&heard, &Heard::Switch(Switch::Tamper, true));
    sim.switch(Switch::ServiceDoor, false);
    hear(&heard, &Heard::Switch(Switch::ServiceDoor, false));
}

#[test]
fn an_unplugged_board_comes_back_with_its_lights_and_tells_its_switches_anew() {
    let sim = SimPanel::default();
    let (panel, heard) = panel(&sim);
    hear(&heard, &Heard::Switch(Switch::Tamper, false));
    panel.show(StatusLight::Idle);
    sim.wait_until(LONG, |seen| seen.on == [Output::Idle].into())
        .unwrap();
    sim.pull(true);
    hear(&heard, &Heard::State(DeviceState::Absent));
    // Opened while nobody could see it.
    sim.switch(Switch::Tamper, true);
    sim.pull(false);
    hear(&heard, &Heard::State(DeviceState::Ready));
    hear(&heard, &Heard::Switch(Switch::Tamper, true));
    sim.wait_until(LONG, |seen| seen.on == [Output::Idle].into())
        .unwrap();
}

#[test]
fn a_kiosk_without_a_panel_can_be_asked_everything() {
    let panel = PanelWorker::absent();
    panel.show(StatusLight::Ok);
    panel.fill_light(true);
    panel.sound(Sound::Error);
}

#[test]
fn a_lamp_that_cannot_be_had_is_told_and_the_case_is_watched_all_the_same() {
    let sim = SimPanel::default();
    sim.break_lamp(Output::Idle, true);
    let (panel, heard) = panel(&sim);
    let gone = "the GPIO line for idle is gone; the board may be unplugged";
    hear(&heard, &Heard::State(DeviceState::Faulted(gone.into())));
    sim.switch(Switch::Tamper, true);
    hear(&heard, &Heard::Switch(Switch::Tamper, true));
    panel.show(StatusLight::Error);
    let shown = |lamp: Output| move |seen: &hal::sim::panel::Seen| seen.on.contains(&lamp);
    sim.wait_until(LONG, shown(Output::Error)).unwrap();

    sim.break_lamp(Output::Idle, false);
    hear(&heard, &Heard::State(DeviceState::Ready));
    panel.show(StatusLight::Idle);
    sim.wait_until(LONG, shown(Output::Idle)).unwrap();
    // It breaks while it shines, and the door is still seen.
    sim.break_lamp(Output::Idle, true);
    panel.show(StatusLight::Ok);
    hear(&heard, &Heard::State(DeviceState::Faulted(gone.into())));
    sim.switch(Switch::ServiceDoor, true);
    hear(&heard, &Heard::Switch(Switch::ServiceDoor, true));
}
