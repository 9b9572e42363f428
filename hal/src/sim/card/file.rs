//! A card described in a TOML file. Every field may be left out: the rest comes from the example
//! card of its kind.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Crop, PhotoError, SimCard, encode_photo};

/// The contents of a card file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardFile {
    #[serde(default)]
    kind: Kind,
    name: Option<String>,
    latin_name: Option<String>,
    sex: Option<String>,
    ethnicity: Option<String>,
    nationality: Option<String>,
    birth_date: Option<String>,
    address: Option<String>,
    number: Option<String>,
    issuer: Option<String>,
    valid_from: Option<String>,
    valid_to: Option<String>,
    newest_address: Option<String>,
    fingerprints: Option<usize>,
    photo: Option<PathBuf>,
    crop: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    #[default]
    Resident,
    Foreigner,
    HkMacaoTaiwan,
}

/// Why a card file did not become a card.
#[derive(Debug, thiserror::Error)]
pub enum CardFileError {
    /// The file cannot be read.
    #[error("failed to read the card file {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The file says something that cannot be.
    #[error("the card file {path} is wrong")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: Box<toml::de::Error>,
    },
    /// The crop is wrong.
    #[error("the crop in the card file is wrong: {0}")]
    Crop(String),
    /// The photo could not be made.
    #[error(transparent)]
    Photo(#[from] PhotoError),
}

impl CardFile {
    /// Reads a card file; the path of its photo is taken relative to the file.
    ///
    /// # Errors
    /// [`CardFileError`].
    pub fn read(path: &Path) -> Result<Self, CardFileError> {
        let text = fs::read_to_string(path).map_err(|source| CardFileError::Read {
            path: path.to_owned(),
            source,
        })?;
        let mut file: Self = toml::from_str(&text).map_err(|source| CardFileError::Parse {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        if let (Some(photo), Some(folder)) = (&mut file.photo, path.parent()) {
            *photo = folder.join(&*photo);
        }
        Ok(file)
    }

    /// The card, with its photo encoded.
    ///
    /// # Errors
    /// [`CardFileError`] if the photo cannot be made.
    pub fn into_card(self) -> Result<SimCard, CardFileError> {
        let example = match self.kind {
            Kind::Resident => SimCard::example(),
            Kind::Foreigner => SimCard::example_foreigner(),
            Kind::HkMacaoTaiwan => SimCard::example_hk_macao_taiwan(),
        };
        let crop = self
            .crop
            .map(|c| c.parse::<Crop>())
            .transpose()
            .map_err(CardFileError::Crop)?;
        let photo = match &self.photo {
            Some(path) => encode_photo(path, crop)?,
            None => Vec::new(),
        };
        Ok(SimCard {
            kind: example.kind,
            name: self.name.unwrap_or(example.name),
            latin_name: self.latin_name.unwrap_or(example.latin_name),
            sex: self.sex.unwrap_or(example.sex),
            ethnicity: self.ethnicity.unwrap_or(example.ethnicity),
            nationality: self.nationality.unwrap_or(example.nationality),
            birth_date: self.birth_date.unwrap_or(example.birth_date),
            address: self.address.unwrap_or(example.address),
            number: self.number.unwrap_or(example.number),
            issuer: self.issuer.unwrap_or(example.issuer),
            valid_from: self.valid_from.unwrap_or(example.valid_from),
            valid_to: self.valid_to.unwrap_or(example.valid_to),
            newest_address: self.newest_address.unwrap_or_default(),
            fingerprints: self.fingerprints.unwrap_or_default().min(1024),
            photo,
        })
    }
}
