//! What is to stand on the paper, whatever printer it is for.

use std::fmt;

/// Which side of the paper a piece is near.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// The left.
    #[default]
    Left,
    /// The middle.
    Centre,
}

/// How large text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// As the printer's own letters: 12 dots wide, 24 high.
    #[default]
    Normal,
    /// Twice as wide and as high.
    Double,
}

impl Size {
    /// How many times as large as normal.
    #[must_use]
    pub fn factor(self) -> usize {
        match self {
            Self::Normal => 1,
            Self::Double => 2,
        }
    }
}

/// One thing on the slip; they stand one below the other.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text; it is broken into lines as the paper's width needs.
    Text {
        /// The text.
        text: String,
        /// Where.
        align: Align,
        /// How large.
        size: Size,
    },
    /// Two words at either end of a line, for a name and its value.
    Pair {
        /// On the left.
        name: String,
        /// On the right.
        value: String,
    },
    /// A line across.
    Rule,
    /// Empty lines.
    Space(u8),
    /// A QR code, in the middle.
    Qr(String),
}

/// A slip of paper. `Debug` shows none of its text: it is for one person.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Slip(Vec<Piece>);

impl Slip {
    /// An empty slip.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a paragraph.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.set(text, Align::Left, Size::Normal)
    }

    /// Adds a paragraph in the middle.
    #[must_use]
    pub fn centred(self, text: impl Into<String>) -> Self {
        self.set(text, Align::Centre, Size::Normal)
    }

    /// Adds a large line in the middle.
    #[must_use]
    pub fn headline(self, text: impl Into<String>) -> Self {
        self.set(text, Align::Centre, Size::Double)
    }

    /// Adds a name and its value.
    #[must_use]
    pub fn pair(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.and(Piece::Pair { name, value })
    }

    /// Adds a line across.
    #[must_use]
    pub fn rule(self) -> Self {
        self.and(Piece::Rule)
    }

    /// Adds empty lines.
    #[must_use]
    pub fn space(self, lines: u8) -> Self {
        self.and(Piece::Space(lines))
    }

    /// Adds a QR code.
    #[must_use]
    pub fn qr(self, text: impl Into<String>) -> Self {
        self.and(Piece::Qr(text.into()))
    }

    /// What is on it, from top to bottom.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    fn set(self, text: impl Into<String>, align: Align, size: Size) -> Self {
        let text = text.into();
        self.and(Piece::Text { text, align, size })
    }

    fn and(mut self, piece: Piece) -> Self {
        self.0.push(piece);
        self
    }
}

impl fmt::Debug for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slip({} pieces)", self.0.len())
    }
}
