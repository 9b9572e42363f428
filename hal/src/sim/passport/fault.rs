//! What can be wrong with a simulated document, its chip or the way it lies on the reader.

/// A way in which a document fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Fault {
    /// The document signer's certificate has ended.
    ExpiredSigner,
    /// The document signer is on the country's revocation list.
    RevokedSigner,
    /// The signer's certificate is from a country of the same name with another key.
    UnknownSigner,
    /// The signature in EF.SOD is wrong.
    BrokenSignature,
    /// DG1 was changed after it was signed: another name.
    AlteredDg1,
    /// DG2 was changed after it was signed; the picture still decodes.
    AlteredDg2,
    /// A copy of a genuine chip: its files are right, the keys of chip and active authentication
    /// are others, because they cannot be read.
    Cloned,
    /// A copy that refuses chip and active authentication although its files announce them.
    NoChipKey,
    /// A copy without the keys of chip and active authentication: it leaves out the data groups
    /// with the public ones, EF.COM, which nobody signs, does not list them, and it opens with basic
    /// access control only.
    StrippedCom,
    /// The chip belongs to another page: no printed number opens it.
    WrongAccessKey,
    /// Answers after access carry a wrong authentication code, as if somebody changed them.
    BadMac,
    /// The document is taken away before an answer (see `--pull-at`).
    Pulled,
    /// The chip says that it takes extended APDUs, and the reader cannot pass them on: at each the
    /// field drops, the chip starts anew, and nothing useful comes back.
    DropsExtended,
}
