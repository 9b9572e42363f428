//! Does the card reader answer, and how is it? No card is looked for.

use hal::card::ga467::Sw3;
use hal::card::serial::CardReaderConfig;
use hal::card::{ProbeError, ReaderProbe, probe};

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
    let config = CardReaderConfig {
        baud: settings.baud.get(),
        ..CardReaderConfig::on(&settings.port)
    };
    match probe(&config) {
        Ok(seen) => judge(&seen, settings),
        Err(error) => no_answer(&error, settings),
    }
}

fn judge(seen: &ReaderProbe, settings: &CardReader) -> Finding {
    let number = seen.sam_number.map_or_else(String::new, |number| {
        format!(" Its module has the number {number}.")
    });
    let to_do = match seen.status {
        Sw3::Ok => {
            return Finding::passed(format!(
                "The reader at {} answers and is well.{number}",
                settings.port.display()
            ));
        }
        Sw3::NotAuthorised => {
            "The reader's security module is not authorised to read cards. Ask the reader's \
             supplier to authorise it, and give them its number."
        }
        Sw3::SelfTestFailed => {
            "The reader is broken inside. Take its power away for ten seconds; if it says the same \
             again, replace the reader."
        }
        _ => {
            "Take the reader's power away for ten seconds and repeat the self-test. If it says the \
             same again, replace the reader."
        }
    };
    Finding::failed(
        format!("The reader answers, but says: {}.{number}", seen.status),
        to_do,
    )
}

fn no_answer(error: &ProbeError, settings: &CardReader) -> Finding {
    let port = settings.port.display();
    let baud = settings.baud.get();
    match error {
        ProbeError::NotFound { .. } => Finding::failed(
            format!("There is no card reader at {port}."),
            "Check that the reader's cable is plugged in at both ends. If it is at another port, \
             correct `port` under [card_reader] in the settings file (/dev/serial/by-id lists what \
             is plugged in).",
        ),
        ProbeError::Port { .. } => Finding::failed(
            format!("The port {port} cannot be used: {}.", chain(error)),
            "Check that no other program uses the reader and that the kiosk's user belongs to the \
             group \"dialout\".",
        ),
        ProbeError::Silent { .. } => Finding::failed(
            format!("Nothing answers at {port} ({baud} baud)."),
            "Check the reader's power and cable, and that `port` and `baud` under [card_reader] in \
             the settings file are right.",
        ),
        ProbeError::Garbled { .. } => Finding::failed(
            format!("What answers at {port} cannot be understood at {baud} baud."),
            "Check that `baud` under [card_reader] in the settings file is the reader's speed, that \
             it is a GA 467 reader, and that its cable is not damaged.",
        ),
    }
}
