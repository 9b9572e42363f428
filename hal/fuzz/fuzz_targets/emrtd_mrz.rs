//! Any text as machine-readable zone, typed numbers and data group 1: what is accepted opens a
//! chip, and its dates exist.
#![no_main]

use hal::card::CivilDate;
use hal::card::emrtd::access::AccessKey;
use hal::card::emrtd::lds::data_group_1;
use hal::card::emrtd::mrz::Mrz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = data_group_1(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _ = AccessKey::from_mrz(text);
    let _ = AccessKey::from_can(text);
    let mut fields = text.splitn(3, '|');
    let mut next = || fields.next().unwrap_or_default();
    let _ = AccessKey::from_fields(next(), next(), next());
    if let Ok(mrz) = Mrz::parse(text) {
        assert!(!mrz.document_number.reveal().is_empty());
        let today = CivilDate::new(2026, 11, 21).expect("a day");
        assert!(mrz.birth_date(today).is_none_or(|born| born <= today));
    }
});
