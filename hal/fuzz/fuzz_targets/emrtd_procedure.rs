//! A chip that answers anything to each command: the reading ends or goes on, but never stops the
//! program, and never goes on for ever.
#![no_main]

use hal::card::emrtd::access::AccessKey;
use hal::card::emrtd::procedure::{Procedure, ReadOptions, Step};
use hal::card::emrtd::random::OsRandom;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, Vec<Vec<u8>>)| {
    let (with_can, answers) = input;
    let key = if with_can {
        AccessKey::from_can("123456")
    } else {
        AccessKey::from_fields("L898902C", "690806", "940623")
    };
    let key = key.expect("the example of the standard");
    let mut procedure = Procedure::new(key, ReadOptions::default(), Box::new(OsRandom));
    let mut step = procedure.step(None);
    for answer in &answers {
        match step {
            Ok(Step::Send(_)) => step = procedure.step(Some(answer)),
            // Without the right keys no chip gets as far as a document.
            Ok(Step::Done(_)) => panic!("a document from nobody"),
            Err(_) => return,
        }
    }
});
