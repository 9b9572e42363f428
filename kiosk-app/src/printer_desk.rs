//! From the printer to the session and the records: what the driver reports about paper and slips.

use hal::printer::{PrinterEvent, PrinterWorker, SlipEnd};

use crate::config::Config;
use crate::errors::chain;
use crate::provision::StateFolder;
use crate::record::Record;
use crate::session::{Answer, Turn};
use crate::shell::Inbox;

/// Starts the printer of the settings; none if there is none.
pub fn start(config: &Config, inbox: &Inbox) -> Option<PrinterWorker> {
    let mut printer = match config.printer.to_driver() {
        Ok(printer) => printer?,
        Err(error) => {
            // A kiosk without paper still verifies people; the technician finds the reason here.
            let reason = chain(&error);
            inbox.record(Record::device("printer", hal::DeviceState::Faulted(reason)));
            return None;
        }
    };
    printer.unfinished = Some(StateFolder::of(config).unfinished_slip());
    let (states, events) = (inbox.clone(), inbox.clone());
    Some(PrinterWorker::spawn(
        printer,
        move |state| states.printer(state),
        move |event| hand_in(&events, event),
    ))
}

/// The ticket of a slip is the turn of the resident who wants it.
fn hand_in(inbox: &Inbox, event: PrinterEvent) {
    match event {
        PrinterEvent::PaperNearEnd(near_end) => inbox.record(Record::Paper { near_end }),
        PrinterEvent::Slip { ticket, end } => {
            inbox.record(Record::Slip {
                end: match end {
                    SlipEnd::Printed => "printed",
                    SlipEnd::TooLate => "too_late",
                    SlipEnd::Broken => "broken",
                },
            });
            inbox.answer(Turn(ticket), Answer::Printed(end == SlipEnd::Printed));
        }
    }
}
