//! Do the ledger's nodes answer, and may this kiosk anchor there? Residents can be served either
//! way: what is not anchored waits in the log.

use attestation::Checkpoint;
use attestation::chain::KioskState;

use super::Finding;
use crate::config::Config;
use crate::ledger;
use crate::ledger_command::look;
use crate::provision::{Identity, StateFolder};

/// As many nodes as fit the time of one check.
const MAX_ASKED: usize = 3;

/// Asks the nodes.
pub fn ask(config: &Config, identity: Option<&Identity>) -> Finding {
    let Some(settings) = config.ledger.on_chain() else {
        return Finding::not_there("No outside ledger is set up: the log is its own.");
    };
    let Some(identity) = identity else {
        return Finding::warning(
            "Not looked at, because the kiosk's keys cannot be used.",
            "See \"Keys\" and \"Credential\" first.",
        );
    };
    let credential = &identity.credential;
    let origin = Checkpoint::origin(&credential.site, &credential.kiosk);
    let asked = settings.endpoints.iter().take(MAX_ASKED);
    let answers: Vec<_> = asked.map(|url| look(url, settings, &origin)).collect();
    let (good, bad): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    let trouble = bad.into_iter().find_map(Result::err);
    let Some((_, found)) = good.iter().flatten().next() else {
        let why = trouble.map_or_else(String::new, |error| error.to_string());
        return Finding::warning(
            format!("No node of the ledger can be used: {why}."),
            "Check the network and [ledger] in the settings. Until then attestations wait in the \
             log; nothing is lost.",
        );
    };
    match found.listed.state {
        KioskState::Unknown => {
            return Finding::warning(
                "The ledger's registry does not know this kiosk.",
                "Run `kiosk ledger enrolment --config FILE` and send what it prints to the operator.",
            );
        }
        KioskState::Suspended => {
            return Finding::warning(
                "The operator has suspended this kiosk on the ledger.",
                "Call the operator. Attestations wait in the log; nothing is lost.",
            );
        }
        KioskState::Active => {}
    }
    let ours = ledger::sender(&StateFolder::of(config));
    if !ours.is_ok_and(|account| account.address() == found.listed.sender) {
        return Finding::warning(
            "The ledger's registry has another sender for this kiosk.",
            "Run `kiosk ledger enrolment --config FILE` and send what it prints to the operator, \
             who rotates it.",
        );
    }
    let seen = format!(
        "This kiosk is listed and may anchor; {} of {} nodes answer; {} attestations are anchored.",
        good.len(),
        settings.endpoints.len().min(MAX_ASKED),
        found.size
    );
    match trouble {
        None => Finding::passed(seen),
        Some(error) => Finding::warning(
            format!("{seen} One does not: {error}."),
            "Check that node's address in [ledger] and the network.",
        ),
    }
}
