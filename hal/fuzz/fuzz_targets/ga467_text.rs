//! Any bytes as the contents of a card, as they are and behind the lengths that every card has.
//! Whatever is read must hold to what a record promises.
#![no_main]

use hal::card::CardKind;
use hal::card::ga467::{TEXT_LEN, parse_contents};
use libfuzzer_sys::fuzz_target;

fn check(data: &[u8]) {
    let Ok(record) = parse_contents(data) else {
        return;
    };
    let shown = format!("{record:?}");
    assert!(!shown.contains(record.number.reveal().as_str()));
    assert!(!record.name.reveal().is_empty());
    let foreign = record.kind == CardKind::ForeignerPermanentResidence;
    assert_eq!(record.latin_name.is_some(), foreign);
    assert_eq!(record.address.is_none(), foreign);
}

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let mut data = vec![1, 0, 4, 0];
    data.extend_from_slice(bytes);
    data.resize(4 + TEXT_LEN + 1024, 0);
    check(&data);
});
