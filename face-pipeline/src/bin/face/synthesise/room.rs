//! A small screen in a hand, and what is around it: the hand, and shelves of books, drawn from a seed, full
//! of corners that motion can follow. In: where the camera looks. Out: a colour.

use super::Chance;

/// A screen in a hand, before shelves of books.
pub(super) struct Held {
    /// Share of the picture that the screen shows, over its width and height.
    pub(super) shown: f32,
    seed: u64,
    /// Shelves, and books on each, over the frame's height.
    shelves: f32,
    books: f32,
}

/// Board under a shelf's books, over the shelf.
const BOARD: f32 = 0.08;

impl Held {
    pub(super) fn new(chance: &mut Chance) -> Self {
        let shown = 0.55 + 0.1 * chance.unit();
        let seed = chance.next();
        let mut chance = Chance(seed);
        Self {
            shown,
            seed,
            shelves: 3.0 + 3.0 * chance.unit(),
            books: 16.0 + 16.0 * chance.unit(),
        }
    }

    /// Where the camera looks past the screen, in a frame of this height.
    pub(super) fn room(&self, at: [f32; 2], height: f32) -> [f32; 3] {
        let down = at[1] / height * self.shelves;
        let along = at[0] / height * self.books;
        let mut book = self.chance(along.floor(), down.floor());
        let tall = 0.55 + 0.35 * book.unit();
        let from_board = 1.0 - down.fract();
        if from_board < BOARD {
            return [96.0, 72.0, 50.0];
        }
        if from_board > BOARD + tall || along.fract() < 0.06 {
            return [34.0, 30.0, 28.0];
        }
        let cover = [(); 3].map(|()| 40.0 + 170.0 * book.unit());
        // A label on the back of a book.
        let label = 0.3 + 0.5 * book.unit();
        let on_label = (from_board / tall - label).abs() < 0.07 && along.fract() > 0.2;
        if on_label { [215.0; 3] } else { cover }
    }

    /// The same for the same book.
    fn chance(&self, column: f32, row: f32) -> Chance {
        let place = ((column as u64) << 32) ^ row as u64;
        Chance(Chance(self.seed ^ place).next())
    }

    /// The hand below the screen, and its thumb, which lies on the edge: where, from the middle of the
    /// lower edge, for a picture of this width.
    pub(super) fn hand(at: [f32; 2], width: f32) -> Option<[f32; 3]> {
        let [x, below] = at.map(|v| v / width);
        let arm = below > 0.01 && (x - 0.3 * below).abs() < 0.11;
        let thumb = ((x + 0.09) / 0.035).hypot((below - 0.01) / 0.07) < 1.0;
        // Folds of the skin.
        let fold = 12.0 * (90.0 * x).sin() * (70.0 * below).cos();
        (arm || thumb).then(|| [188.0, 142.0, 120.0].map(|v| v + fold))
    }
}
