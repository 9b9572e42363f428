//! The paper in the simulated printer: grows with every line until it is cut off.

use std::path::Path;

use image::{GrayImage, ImageResult, Luma};

use crate::printer::{Align, Bitmap, Typeface};

/// White on each side that a print head does not reach: 4 mm of 80, at 8 dots/mm.
const MARGIN_DOTS: u32 = 32;
/// From one line to the next where nothing else was set (ESC 2: 1/6 inch on Epson's thermal heads).
const LINE_DOTS: usize = 30;

/// One letter with its magnification.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter {
    pub(super) c: char,
    pub(super) factor: usize,
}

/// The paper since the last cut.
pub(super) struct Page {
    width: usize,
    height: usize,
    marks: Vec<(usize, usize, Bitmap)>,
}

impl Page {
    pub(super) fn new(width: usize) -> Self {
        Self {
            width,
            height: 0,
            marks: Vec::new(),
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.marks.is_empty()
    }

    pub(super) fn feed(&mut self, dots: usize) {
        self.height += dots;
    }

    pub(super) fn feed_lines(&mut self, lines: usize) {
        self.feed(lines * LINE_DOTS);
    }

    /// Prints a line of letters; what is too wide is on the next line, as on a printer.
    pub(super) fn print(&mut self, letters: &[Letter], align: Align, face: &Typeface) {
        let mut rest = letters;
        loop {
            let drawn: Vec<Bitmap> = rest
                .iter()
                .map(|letter| face.draw(letter.c, letter.factor))
                .collect();
            let (count, width) = fitting(&drawn, self.width);
            let mut x = self.left(width, align);
            let tallest = drawn[..count].iter().map(Bitmap::height).max();
            let tallest = tallest.unwrap_or_default();
            for letter in drawn.into_iter().take(count) {
                let (wide, top) = (letter.width(), self.height + tallest - letter.height());
                self.marks.push((x, top, letter));
                x += wide;
            }
            self.feed(LINE_DOTS.max(tallest + 6));
            rest = &rest[count..];
            if rest.is_empty() || count == 0 {
                return;
            }
        }
    }

    /// Prints a picture.
    pub(super) fn picture(&mut self, picture: Bitmap, align: Align) {
        let (x, height) = (self.left(picture.width(), align), picture.height());
        self.marks.push((x, self.height, picture));
        self.feed(height);
    }

    /// Cuts the paper off.
    pub(super) fn cut(&mut self) -> Self {
        std::mem::replace(self, Self::new(self.width))
    }

    /// Draws what was cut off.
    pub(super) fn save(&self, path: &Path) -> ImageResult<()> {
        let narrow = |dots: usize| u32::try_from(dots).unwrap_or(u32::MAX);
        let (width, height) = (narrow(self.width), narrow(self.height.max(1)));
        let mut paper = GrayImage::from_pixel(
            width + 2 * MARGIN_DOTS,
            height + 2 * MARGIN_DOTS,
            Luma([255]),
        );
        for (left, top, mark) in &self.marks {
            for y in 0..mark.height() {
                for x in (0..mark.width()).filter(|x| left + x < self.width && mark.get(*x, y)) {
                    let (x, y) = (narrow(left + x), narrow(top + y));
                    if let Some(dot) = paper.get_pixel_mut_checked(x + MARGIN_DOTS, y + MARGIN_DOTS)
                    {
                        *dot = Luma([0]);
                    }
                }
            }
        }
        paper.save(path)
    }

    fn left(&self, width: usize, align: Align) -> usize {
        match align {
            Align::Left => 0,
            Align::Centre => self.width.saturating_sub(width) / 2,
        }
    }
}

/// How many letters fit on a line, and how wide they are.
fn fitting(letters: &[Bitmap], room: usize) -> (usize, usize) {
    let mut width = 0;
    for (count, letter) in letters.iter().enumerate() {
        if width + letter.width() > room {
            return (count, width);
        }
        width += letter.width();
    }
    (letters.len(), width)
}
