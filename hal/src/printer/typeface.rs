//! Letters drawn by us, for printers that have none for Chinese. In: a font file and a character.
//! Out: its dots in a cell of the printer's grid.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use swash::scale::{Render, ScaleContext, Source};
use swash::zeno::Format;
use swash::{FontDataRef, FontRef, StringId};

use super::Bitmap;
use super::wrap::columns;

/// Dots of a Latin letter at normal size (Epson: font A).
pub(super) const CELL_WIDTH: usize = 12;
/// Dots of every letter at normal size.
pub(super) const CELL_HEIGHT: usize = 24;

/// The face of a collection that is taken if it is there: equally wide letters, Chinese forms.
const WANTED: [&str; 2] = ["Noto Sans Mono CJK SC", "Noto Sans CJK SC"];

/// From how much ink on a dot is black, of 255: a little below half, so that thin strokes stay.
const INK: u8 = 110;

/// A font file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TypefaceError {
    /// It cannot be read.
    #[error("failed to read the font file {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// It is no font.
    #[error("{0} is no TrueType or OpenType font")]
    NotAFont(PathBuf),
}

/// One face of a font file.
pub struct Typeface {
    data: Vec<u8>,
    index: usize,
}

impl Typeface {
    /// Reads a font file; of a collection, the Chinese face of Noto if it is there, else the first.
    ///
    /// # Errors
    /// [`TypefaceError`] if it cannot be read or is none.
    pub fn read(path: &Path) -> Result<Self, TypefaceError> {
        let data = std::fs::read(path).map_err(|source| TypefaceError::Read {
            path: path.into(),
            source,
        })?;
        let fonts = FontDataRef::new(&data).map(|fonts| fonts.fonts().collect::<Vec<_>>());
        let fonts = fonts.filter(|fonts| !fonts.is_empty());
        let fonts = fonts.ok_or_else(|| TypefaceError::NotAFont(path.into()))?;
        let wanted = WANTED.iter().find_map(|name| {
            let mut fonts = fonts.iter();
            fonts.position(|font| is_called(font, name))
        });
        let index = wanted.unwrap_or(0);
        Ok(Self { data, index })
    }

    /// The dots of one character, in a cell of `factor` times the normal size.
    #[must_use]
    pub fn draw(&self, c: char, factor: usize) -> Bitmap {
        let mut cell = Bitmap::new(columns(c) * CELL_WIDTH * factor, CELL_HEIGHT * factor);
        self.draw_into(&mut cell, c, factor);
        cell
    }

    /// A line of text, as wide as it needs.
    #[must_use]
    pub fn line(&self, text: &str, factor: usize) -> Bitmap {
        let width = super::wrap::width(text) * CELL_WIDTH * factor;
        let mut line = Bitmap::new(width, CELL_HEIGHT * factor);
        let mut x = 0;
        for c in text.chars() {
            let letter = self.draw(c, factor);
            line.draw(&letter, x, 0);
            x += letter.width();
        }
        line
    }

    fn draw_into(&self, cell: &mut Bitmap, c: char, factor: usize) -> Option<()> {
        let font = FontRef::from_index(&self.data, self.index)?;
        // A full-width character fills its square but for the grid's gap of a dot on each side.
        let size = (CELL_HEIGHT - 2) as f32 * factor as f32;
        let mut context = ScaleContext::new();
        let mut scaler = context.builder(font).size(size).build();
        let glyph = font.charmap().map(c);
        let picture = Render::new(&[Source::Outline])
            .format(Format::Alpha)
            .render(&mut scaler, glyph)?;
        let advance = font.glyph_metrics(&[]).scale(size).advance_width(glyph);
        let inset = (cell.width() as f32 - advance) / 2.0;
        let left = (inset + picture.placement.left as f32).round().max(0.0) as usize;
        let baseline = (BASELINE * size).round() as i32;
        let top = usize::try_from(baseline - picture.placement.top).unwrap_or(0);
        let width = picture.placement.width as usize;
        for (at, ink) in picture.data.iter().enumerate() {
            if *ink >= INK {
                cell.set(left + at % width, top + at / width);
            }
        }
        Some(())
    }
}

/// Where the baseline lies, in em from the top of a Chinese character's square (OpenType, `ideo`).
const BASELINE: f32 = 0.88;

fn is_called(font: &FontRef<'_>, name: &str) -> bool {
    let mut names = font.localized_strings();
    names.any(|said| {
        said.id() == StringId::Full && said.chars().collect::<String>().starts_with(name)
    }) || font
        .localized_strings()
        .any(|said| said.id() == StringId::Family && said.chars().eq(name.chars()))
}

impl fmt::Debug for Typeface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Typeface({} bytes, face {})",
            self.data.len(),
            self.index
        )
    }
}
