//! Is the font there? Without it Chinese would appear as boxes, and nobody would be told.

use slint::ComponentHandle;

use crate::UiError;
use crate::slint_screens::{App, Theme};

/// Refuses to go on without the font that the theme names.
pub(crate) fn check(app: &App) -> Result<(), UiError> {
    let family = app.global::<Theme>().get_font();
    match slint::fontique_011::shared_collection().family_id(&family) {
        Some(_) => Ok(()),
        None => Err(UiError::FontMissing {
            family: family.into(),
        }),
    }
}
