//! Does the card reader answer, and how is it? No card is looked for.

use hal::card::ga467::Sw3;
use hal::card::{ProbeError, ReaderProbe, ServiceAdvice, probe};

use super::{Finding, documents};
use crate::config::{CardReader, ReaderKind};
use crate::errors::chain;

/// Asks the reader how it is.
pub fn ask(settings: &CardReader) -> Finding {
    match settings.kind {
        ReaderKind::Serial => ask_serial(settings),
        ReaderKind::Pcsc => documents::ask(settings),
    }
}

fn ask_serial(settings: &CardReader) -> Finding {
    match probe(&settings.serial()) {
        Ok(seen) => judge(&seen, settings),
        Err(error) => no_answer(&error, settings),
    }
}

fn judge(seen: &ReaderProbe, settings: &CardReader) -> Finding {
    let known = seen.sam_number.map(|number| number.to_string());
    let number = known.as_ref().map_or_else(String::new, |number| {
        format!(" Its module has the number {number}.")
    });
    if let Some(wanted) = settings.sam.as_ref().filter(|_| known != settings.sam) {
        return Finding::failed(
            format!(
                "The reader at {} is not the one that belongs here: the settings name the module \
                 {wanted}.{number}",
                settings.port.display()
            ),
            "Find out who changed the reader, and look for anything added between reader and computer. If \
             it was changed on purpose, correct `sam` under [card_reader] in the settings file.",
        );
    }
    if seen.status == Sw3::Ok {
        return Finding::passed(format!(
            "The reader at {} answers at {} baud and is well.{number}",
            settings.port.display(),
            seen.baud
        ));
    }
    Finding::failed(
        format!("The reader answers, but says: {}.{number}", seen.status),
        seen.status.for_technician().to_string(),
    )
}

fn no_answer(error: &ProbeError, settings: &CardReader) -> Finding {
    let port = settings.port.display();
    let baud = settings.baud.map_or_else(
        || String::from("any speed"),
        |baud| format!("{} baud", baud.get()),
    );
    match error {
        ProbeError::NotFound { .. } => Finding::failed(
            format!("There is no card reader at {port}."),
            "Check that the reader's cable is plugged in at both ends. If it is at another port, \
             correct `port` under [card_reader] in the settings file (/dev/serial/by-id lists what \
             is plugged in).",
        ),
        ProbeError::Port { .. } => Finding::failed(
            format!("The port {port} cannot be used: {}.", chain(error)),
            ServiceAdvice::FreePort.to_string(),
        ),
        ProbeError::Silent { .. } => Finding::failed(
            format!("Nothing answers at {port} ({baud})."),
            ServiceAdvice::CheckPower.to_string(),
        ),
        ProbeError::Garbled { .. } => Finding::failed(
            format!("What answers at {port} cannot be understood at {baud}."),
            "Check that it is a GA 467 reader, that its cable is not damaged, and that `baud` under \
             [card_reader] in the settings file, if it is given, is the reader's speed.",
        ),
    }
}
