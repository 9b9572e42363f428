//! What can be wrong with a document that a reader opens, and the code under which it is refused.

use hal::sim::passport::Fault;

/// Found when the document is read.
pub const FORGED: [(Fault, &str); 6] = [
    (Fault::ExpiredSigner, "signer_expired"),
    (Fault::RevokedSigner, "signer_revoked"),
    (Fault::UnknownSigner, "authority_unknown"),
    (Fault::BrokenSignature, "document_signature_wrong"),
    (Fault::AlteredDg1, "data_group_altered"),
    (Fault::AlteredDg2, "data_group_altered"),
];

/// Found while it is read.
pub const UNREADABLE: [(Fault, &str); 2] = [
    (Fault::WrongAccessKey, "access_key_wrong"),
    (Fault::BadMac, "channel_broken"),
];
