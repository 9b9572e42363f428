//! Any bytes as the contents of a card, as they are and behind the lengths that every card has, with
//! and without fingerprints, and as a newest address.
//! Whatever is read must hold to what a record promises.
#![no_main]

use hal::card::ga467::{
    ADDRESS_LEN, TEXT_LEN, parse_contents, parse_newest_address, parse_with_fingerprints,
};
use hal::card::{CardFault, CardKind, CardRecord};
use libfuzzer_sys::fuzz_target;

fn check(read: Result<CardRecord, CardFault>) {
    let Ok(record) = read else {
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
    check(parse_contents(bytes));
    check(parse_with_fingerprints(bytes));

    let mut data = vec![1, 0, 4, 0];
    data.extend_from_slice(bytes);
    data.resize(4 + TEXT_LEN + 1024, 0);
    let read = parse_contents(&data);
    // Fingerprints behind it change nothing.
    data.splice(4..4, [2, 0]);
    data.resize(6 + TEXT_LEN + 1024 + 512, 0xAA);
    let with_prints = parse_with_fingerprints(&data);
    assert_eq!(read.is_ok(), with_prints.is_ok());
    check(read);
    check(with_prints);

    let mut address = bytes.to_vec();
    address.resize(ADDRESS_LEN, 0);
    if let Ok(Some(address)) = parse_newest_address(&address) {
        assert!(!address.reveal().is_empty());
        assert!(!address.reveal().chars().any(char::is_control));
    }
});
