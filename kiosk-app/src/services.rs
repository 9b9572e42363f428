//! The services a resident can choose: rules as data, one TOML file each, with names in every
//! language. The digest of the file goes into each attestation made under it, so that an auditor
//! knows which text the resident agreed to.

use std::fs;
use std::path::{Path, PathBuf};

use attestation::Name;
use kiosk_ui::Language;
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
    /// The words of the notice.
    pub text: Texts,
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
                path,
                source: Box::new(source),
            })?;
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
