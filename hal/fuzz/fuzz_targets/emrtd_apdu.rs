//! Any bytes as APDU and as data objects: what is accepted comes back as it was, and nothing that
//! was not protected passes a protected channel.
#![no_main]

use hal::card::emrtd::apdu::{Command, Response};
use hal::card::emrtd::cipher::Suite;
use hal::card::emrtd::secure_messaging::SecureMessaging;
use hal::card::emrtd::tlv;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(command) = Command::parse(bytes) {
        let again = command.encode().expect("what was parsed fits an APDU");
        assert_eq!(Command::parse(&again), Ok(command.clone()));
        let mut channel = SecureMessaging::from_secret(Suite::Aes128, b"fuzz");
        assert!(channel.unwrap_command(&command).is_err());
    }
    if let Ok(response) = Response::parse(bytes) {
        assert_eq!(&**response.encode(), bytes);
        let mut channel = SecureMessaging::from_secret(Suite::TripleDes, b"fuzz");
        assert!(channel.unwrap_response(&response).is_err());
    }
    let mut rest = bytes;
    while let Ok(object) = tlv::take(&mut rest) {
        let again = tlv::encode(object.tag, object.value);
        assert_eq!(tlv::only(&again, object.tag), Ok(object.value));
    }
});
