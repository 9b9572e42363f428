//! Residents come without pause ("I can't do this" leaves an attestation, too) while the power is cut
//! at random moments. After each cut the log must be whole, and hold every attestation that was
//! reported as durable before.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::chance::Chance;
use crate::error::{LabError, ensure};
use crate::kiosk::{self, AGAIN, Events, button};
use crate::lab::Lab;
use crate::machine::Machine;
use crate::pictures::Person;
use crate::wait;

/// The power is cut at most so long after the first resident has touched the screen.
const LATEST_CUT_MS: u64 = 40_000;

pub fn tell(lab: &mut Lab) -> Result<String, LabError> {
    let body = lab.enrolled()?.copy_to(&lab.folder("power-off"))?;
    let mut chance = Chance::new(lab.seed);
    let (mut durable, mut midway) = (0, 0);
    for cut in 1..=lab.cuts {
        let mut machine = lab.switch_on(&body)?;
        durable = check(&mut machine, durable, cut)?;
        kiosk::plug_camera(&mut machine, Person::Holder)?;
        kiosk::start(&mut machine)?;
        let moment = Duration::from_millis(chance.below(LATEST_CUT_MS));
        let seen = serve_until(&mut machine, moment)?;
        machine.cut_power();
        midway += u32::from(seen.midway);
        durable = durable.max(seen.durable);
        println!(
            "    cut {cut} after {:.1} s: {durable} attestations were durable",
            moment.as_secs_f32()
        );
    }
    let mut machine = lab.switch_on(&body)?;
    let held = check(&mut machine, durable, lab.cuts + 1)?;
    Ok(format!(
        "{} cuts, {midway} of them during a visit; {held} attestations, the log whole each time",
        lab.cuts
    ))
}

/// Audits the log; returns how many attestations it holds.
fn check(machine: &mut Machine, durable: u64, start: u32) -> Result<u64, LabError> {
    let said = kiosk::command(machine, "log audit")?;
    // "The log is whole: 12 attestations, …"; how far it has come is said before.
    let (_, verdict) = said
        .split_once("The log is whole: ")
        .ok_or_else(|| LabError::Otherwise(format!("the audit did not say: {said}")))?;
    let numbers = verdict
        .split_whitespace()
        .find_map(|word| word.replace(',', "").parse::<u64>().ok());
    let held = numbers.unwrap_or(0);
    ensure(held >= durable, || {
        format!(
            "at start {start} the log holds {held} attestations, but {durable} were durable: {said}"
        )
    })?;
    Ok(held)
}

struct Seen {
    durable: u64,
    midway: bool,
}

/// What a resident who cannot be verified by machine touches, and what comes of each touch.
const STEPS: [((u32, u32), &str); 3] = [
    (button::BEGIN, "session.begun"),
    (button::FIRST_SERVICE, "session.service"),
    (button::CANNOT, "session.ended"),
];

/// Serves residents until the moment has come.
fn serve_until(machine: &mut Machine, moment: Duration) -> Result<Seen, LabError> {
    let mut events = Events::from_now(machine)?;
    let begun = Instant::now();
    let mut seen = Seen {
        durable: 0,
        midway: false,
    };
    for (place, name) in STEPS.into_iter().cycle() {
        if !step(
            machine,
            &mut events,
            &mut seen,
            (place, name),
            moment,
            begun,
        )? {
            break;
        }
        seen.midway = name != "session.ended";
        if !seen.midway {
            machine.touch(button::DONE)?;
        }
    }
    Ok(seen)
}

/// Touches until the step is taken (a touch may meet the screen before); false if the moment came first.
fn step(
    machine: &mut Machine,
    events: &mut Events,
    seen: &mut Seen,
    (place, name): ((u32, u32), &str),
    moment: Duration,
    begun: Instant,
) -> Result<bool, LabError> {
    loop {
        let left = moment.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Ok(false);
        }
        machine.touch(place)?;
        let came = wait::until(name, left.min(AGAIN), || {
            let mut came = Err(String::new());
            for event in events.more(machine)? {
                note(seen, &event);
                if event["event"] == name {
                    came = Ok(());
                }
            }
            Ok(came)
        });
        match came {
            Ok(()) => return Ok(true),
            Err(LabError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
    }
}

/// `log.committed` is written when the attestation is durable; indexes count from zero.
fn note(seen: &mut Seen, event: &Value) {
    if event["event"] == "log.committed"
        && let Some(index) = event["index"].as_u64()
    {
        seen.durable = seen.durable.max(index + 1);
    }
}
