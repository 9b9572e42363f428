//! Any bytes as EF.SOD, certificate, revocation list, master list, data groups 11 to 15: none
//! stops the program, and none is authentic where nobody is trusted.
#![no_main]

use std::time::SystemTime;

use hal::card::emrtd::lds::{HolderDetails, IssueDetails, SecurityInfos, data_group_15};
use hal::card::emrtd::pki::certificate::Certificate;
use hal::card::emrtd::pki::passive::{PassivePolicy, authenticate};
use hal::card::emrtd::pki::trust::TrustStore;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut trust = TrustStore::default();
    let verdict = authenticate(
        bytes,
        &[(1, bytes)],
        &trust,
        PassivePolicy::default(),
        SystemTime::UNIX_EPOCH,
    );
    assert!(verdict.is_err());
    let _ = Certificate::from_der(bytes);
    let _ = trust.take_master_list(bytes);
    let _ = trust.take_list(bytes);
    let _ = SecurityInfos::from_card_access(bytes);
    let _ = SecurityInfos::from_data_group_14(bytes);
    let _ = data_group_15(bytes);
    let _ = HolderDetails::parse(bytes);
    let _ = IssueDetails::parse(bytes);
});
