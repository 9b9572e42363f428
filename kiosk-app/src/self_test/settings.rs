//! Are the settings valid, and can residents choose something?

use std::path::Path;

use super::Finding;
use crate::config::Config;
use crate::errors::chain;
use crate::services::Services;

/// Reads the settings file.
pub fn load(path: &Path) -> (Finding, Option<Config>) {
    match Config::load(path) {
        Ok(config) => (
            Finding::passed(format!("{} is valid.", path.display())),
            Some(config),
        ),
        Err(error) => (
            Finding::failed(
                format!("The settings cannot be used: {}", chain(&error)),
                "Correct the settings file as the message says. Nothing else can be tested before.",
            ),
            None,
        ),
    }
}

/// Reads the services.
pub fn services(folder: &Path) -> Finding {
    match Services::load(folder) {
        Ok(services) => Finding::passed(match services.iter().count() {
            1 => String::from("Residents can choose 1 service."),
            count => format!("Residents can choose from {count} services."),
        }),
        Err(error) => Finding::failed(
            format!("Residents could not choose anything: {}", chain(&error)),
            "Put the operator's service files into that folder, or correct `services` in the \
             settings file.",
        ),
    }
}
