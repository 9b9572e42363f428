//! A travel document described in a TOML file. Every field may be left out: the rest comes from the
//! example of its size.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::holder::{SimPassport, Size};
use super::portrait::encode_portrait;
use crate::sim::card::{Crop, PhotoError};

/// The contents of a passport file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassportFile {
    #[serde(default)]
    size: Size,
    document_code: Option<String>,
    issuer: Option<String>,
    surname: Option<String>,
    given_names: Option<String>,
    full_name: Option<String>,
    number: Option<String>,
    nationality: Option<String>,
    birth_date: Option<String>,
    sex: Option<String>,
    expiry: Option<String>,
    optional: Option<String>,
    birth_place: Option<String>,
    can: Option<String>,
    portrait: Option<PathBuf>,
    crop: Option<String>,
}

/// Why a passport file did not become a document.
#[derive(Debug, thiserror::Error)]
pub enum PassportFileError {
    /// The file cannot be read.
    #[error("failed to read the passport file {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The file says something that cannot be.
    #[error("the passport file {path} is wrong")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: Box<toml::de::Error>,
    },
    /// The crop is wrong.
    #[error("the crop in the passport file is wrong: {0}")]
    Crop(String),
    /// The portrait could not be made.
    #[error(transparent)]
    Portrait(#[from] PhotoError),
}

impl PassportFile {
    /// Reads a passport file; the path of its portrait is taken relative to the file.
    ///
    /// # Errors
    /// [`PassportFileError`].
    pub fn read(path: &Path) -> Result<Self, PassportFileError> {
        let text = fs::read_to_string(path).map_err(|source| PassportFileError::Read {
            path: path.to_owned(),
            source,
        })?;
        let mut file: Self = toml::from_str(&text).map_err(|source| PassportFileError::Parse {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        if let (Some(portrait), Some(folder)) = (&mut file.portrait, path.parent()) {
            *portrait = folder.join(&*portrait);
        }
        Ok(file)
    }

    /// The document, with its portrait encoded.
    ///
    /// # Errors
    /// [`PassportFileError`] if the portrait cannot be made.
    pub fn into_passport(self) -> Result<SimPassport, PassportFileError> {
        let example = match self.size {
            Size::Td3 => SimPassport::example(),
            Size::Td1 => SimPassport::example_card(),
        };
        let crop = self
            .crop
            .map(|c| c.parse::<Crop>())
            .transpose()
            .map_err(PassportFileError::Crop)?;
        let portrait = match &self.portrait {
            Some(path) => encode_portrait(path, crop)?,
            None => Vec::new(),
        };
        Ok(SimPassport {
            size: self.size,
            document_code: self.document_code.unwrap_or(example.document_code),
            issuer: self.issuer.unwrap_or(example.issuer),
            surname: self.surname.unwrap_or(example.surname),
            given_names: self.given_names.unwrap_or(example.given_names),
            full_name: self.full_name.unwrap_or(example.full_name),
            number: self.number.unwrap_or(example.number),
            nationality: self.nationality.unwrap_or(example.nationality),
            birth_date: self.birth_date.unwrap_or(example.birth_date),
            sex: self.sex.unwrap_or(example.sex),
            expiry: self.expiry.unwrap_or(example.expiry),
            optional: self.optional.unwrap_or(example.optional),
            birth_place: self.birth_place.unwrap_or(example.birth_place),
            can: self.can.unwrap_or(example.can),
            portrait,
        })
    }
}
