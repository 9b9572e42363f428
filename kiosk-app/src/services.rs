//! The services a resident can choose: rules as data, one TOML file each, with names in every
//! language. The digest of the file goes into each attestation made under it, so that an auditor
//! knows which text the resident agreed to.

use std::fs;
use std::path::{Path, PathBuf};

use attestation::Name;
use kiosk_ui::{CardField, Language};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::session::ServiceStamp;

/// The services of a kiosk, in the order of their file names.
#[derive(Clone, Debug)]
pub struct Services(Vec<Service>);

/// One service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its rules.
    pub rules: Rules,
    /// SHA-256 of the file the rules were read from.
    pub digest: [u8; 32],
}

/// The contents of a service file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Identifier, as it stands in attestations.
    #[serde(deserialize_with = "crate::config::name")]
    pub id: Name,
    /// Identifier of the provider; pseudonyms are made for it.
    #[serde(deserialize_with = "crate::config::name")]
    pub provider: Name,
    /// Whether a verified resident may keep the verification in their phone's wallet.
    #[serde(default)]
    pub wallet: bool,
    /// Fields of the card that the provider asks for, in the order of the screen.
    #[serde(default, rename = "field")]
    pub fields: Vec<AskedField>,
    /// The words of the notice.
    pub text: Texts,
}

/// A field of the card that the provider asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedField {
    /// Which field.
    #[serde(deserialize_with = "FieldName::deserialize")]
    pub name: CardField,
    /// Whether the resident can only have all required fields in the proof, or go to an officer.
    #[serde(default)]
    pub required: bool,
    /// What it is needed for, in every language.
    pub purpose: Purposes,
}

/// What a field is needed for, in every language of the kiosk.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purposes {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// The names of the fields in service files.
#[derive(Deserialize)]
#[serde(remote = "CardField", rename_all = "snake_case")]
enum FieldName {
    Name,
    DocumentNumber,
    BirthDate,
    Sex,
    Ethnicity,
    Address,
    ValidUntil,
}

/// The words of a service in every language of the kiosk.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Simplified Chinese.
    pub zh: Text,
    /// English.
    pub en: Text,
}

/// The words of a service in one language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The service's name.
    pub name: String,
    /// Who offers it.
    pub provider: String,
    /// Why the check is needed.
    pub purpose: String,
    /// What the provider will learn, one item a line.
    pub shared: Vec<String>,
    /// The law or rule it rests on.
    pub legal_basis: String,
    /// What is kept, and for how long.
    pub retention: String,
}

/// Why the services cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ServicesError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read the services in {path}: check that the folder exists and is readable")]
    Read {
        /// Folder or file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// A file is not a service.
    #[error("the service file {path} is not valid: correct it as the message below says")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Cause, with line and column.
        source: Box<toml::de::Error>,
    },
    /// A file asks for something that cannot be.
    #[error("the service file {path} is not valid")]
    Rules {
        /// The file.
        path: PathBuf,
        /// Cause, with the remedy.
        source: RulesError,
    },
    /// There is none.
    #[error("no service (*.toml) in {path}: a kiosk needs at least one")]
    None {
        /// Folder.
        path: PathBuf,
    },
    /// Two files claim one identifier.
    #[error("two service files have the id {id}: each id must be used once")]
    Twice {
        /// The identifier.
        id: Name,
    },
}

/// What is wrong with rules that are well-formed.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// One field, two rows.
    #[error("it asks for the field {0:?} twice: keep one of the two")]
    FieldTwice(CardField),
    /// Fields without a wallet would be asked for and go nowhere.
    #[error(
        "it asks for card fields, which go into the wallet form only: add `wallet = true` or remove the fields"
    )]
    FieldsWithoutWallet,
}

impl Services {
    /// Reads every `*.toml` of a folder.
    pub fn load(folder: &Path) -> Result<Self, ServicesError> {
        let read = |path: &Path, source| ServicesError::Read {
            path: path.into(),
            source,
        };
        let mut paths = fs::read_dir(folder)
            .and_then(|entries| {
                entries
                    .map(|entry| Ok(entry?.path()))
                    .collect::<Result<Vec<_>, _>>()
            })
            .map_err(|source| read(folder, source))?;
        paths.retain(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        });
        paths.sort();

        let mut services: Vec<Service> = Vec::new();
        for path in paths {
            let text = fs::read_to_string(&path).map_err(|source| read(&path, source))?;
            let service = Service::parse(&text).map_err(|source| ServicesError::Parse {
                path: path.clone(),
                source: Box::new(source),
            })?;
            service
                .rules
                .check()
                .map_err(|source| ServicesError::Rules { path, source })?;
            if services
                .iter()
                .any(|other| other.rules.id == service.rules.id)
            {
                return Err(ServicesError::Twice {
                    id: service.rules.id,
                });
            }
            services.push(service);
        }
        if services.is_empty() {
            return Err(ServicesError::None {
                path: folder.into(),
            });
        }
        Ok(Self(services))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Service> {
        self.0.iter()
    }

    /// The place of the service with this identifier.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.0
            .iter()
            .position(|service| service.rules.id.as_str() == id)
    }

    /// The service at a place that [`Services::position`] gave.
    pub fn at(&self, position: usize) -> &Service {
        &self.0[position]
    }
}

impl Rules {
    fn check(&self) -> Result<(), RulesError> {
        for (at, field) in self.fields.iter().enumerate() {
            if self.fields[..at]
                .iter()
                .any(|other| other.name == field.name)
            {
                return Err(RulesError::FieldTwice(field.name));
            }
        }
        if !self.fields.is_empty() && !self.wallet {
            return Err(RulesError::FieldsWithoutWallet);
        }
        Ok(())
    }
}

impl AskedField {
    /// What it is needed for, in a language.
    pub fn purpose(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.purpose.zh,
            Language::English => &self.purpose.en,
        }
    }
}

impl Service {
    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        Ok(Self {
            rules: toml::from_str(text)?,
            digest: Sha256::digest(text).into(),
        })
    }

    /// What an attestation says about it.
    pub fn stamp(&self) -> ServiceStamp {
        ServiceStamp {
            id: self.rules.id.clone(),
            provider: self.rules.provider.clone(),
            policy: self.digest,
        }
    }

    /// Its words in a language.
    pub fn text(&self, language: Language) -> &Text {
        match language {
            Language::Chinese => &self.rules.text.zh,
            Language::English => &self.rules.text.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "name = 'n'\nprovider = 'p'\npurpose = 'w'\nshared = []\n\
                        legal_basis = 'l'\nretention = 'r'\n";

    fn load(rules: &str) -> Result<Services, ServicesError> {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("id = 'a'\nprovider = 'b'\n{rules}\n[text.zh]\n{TEXT}[text.en]\n{TEXT}");
        fs::write(folder.path().join("a.toml"), text).unwrap();
        Services::load(folder.path())
    }

    fn refused(rules: &str) -> String {
        crate::errors::chain(&load(rules).unwrap_err())
    }

    const NAME: &str = "[[field]]\nname = 'name'\npurpose = { zh = 'z', en = 'e' }\n";

    #[test]
    fn nothing_is_asked_for_and_nothing_is_required_unless_the_file_says_so() {
        assert!(load("").unwrap().at(0).rules.fields.is_empty());
        let services = load(&format!("wallet = true\n{NAME}")).unwrap();
        let field = &services.at(0).rules.fields[0];
        assert_eq!((field.name, field.required), (CardField::Name, false));
    }

    #[test]
    fn a_field_that_no_card_has_is_refused_with_the_names_that_there_are() {
        let said =
            refused("wallet = true\n[[field]]\nname = 'income'\npurpose = { zh = 'z', en = 'e' }");
        assert!(
            said.contains("income") && said.contains("birth_date"),
            "{said}"
        );
    }

    #[test]
    fn a_field_without_a_purpose_in_every_language_is_refused() {
        let said = refused("wallet = true\n[[field]]\nname = 'name'\npurpose = { en = 'e' }");
        assert!(said.contains("zh"), "{said}");
    }

    #[test]
    fn fields_that_would_go_nowhere_and_fields_asked_for_twice_are_refused() {
        assert!(refused(NAME).contains("wallet = true"));
        assert!(refused(&format!("wallet = true\n{NAME}{NAME}")).contains("twice"));
    }
}
