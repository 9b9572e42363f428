//! A phone held up to the camera, with a code on its lit screen.

use std::sync::Arc;

use super::{
    chance::ramp,
    field::Field,
    sheet::{Hand, inside, over},
    surface::{CELL, Finish, Surface},
    texture::Texture,
};

/// Size of the surface in units: the phone with room for the hand beside and below it.
const WIDTH: usize = 1040;
const HEIGHT: usize = 1120;
/// The phone, and the glass on it: left, top, right, bottom.
const BODY: [f32; 4] = [230.0, 150.0, 590.0, 850.0];
const GLASS: [f32; 4] = [242.0, 190.0, 578.0, 810.0];
/// Where the middle of the code lies, and how wide it is with its margin: above the thumb.
const CENTRE: [f32; 2] = [410.0, 370.0];
const CODE: f32 = 316.0;
/// Margin around a code, modules (ISO/IEC 18004, 6.3.8).
const QUIET_ZONE: f32 = 4.0;

/// A code as a square of dark and light modules.
pub struct Code {
    side: usize,
    dark: Vec<bool>,
}

impl Code {
    /// A code of so many modules a side, row by row; none if their number is another one.
    #[must_use]
    pub fn new(side: usize, dark: Vec<bool>) -> Option<Self> {
        (side > 0 && side.checked_mul(side) == Some(dark.len())).then_some(Self { side, dark })
    }

    /// Whether there is a dark module at a place in the code with its margin, 0 to 1.
    fn is_dark(&self, across: f32, down: f32) -> bool {
        let modules = self.side as f32 + 2.0 * QUIET_ZONE;
        let module = |share: f32| {
            let at = share * modules - QUIET_ZONE;
            (0.0..self.side as f32).contains(&at).then_some(at as usize)
        };
        match (module(across), module(down)) {
            (Some(x), Some(y)) => self.dark[y * self.side + x],
            _ => false,
        }
    }
}

/// Makes the surface of a phone in a hand; its screen is dark if it shows no code.
pub(super) fn surface(code: Option<&Code>) -> Surface {
    let hand = Hand::holding(&BODY);
    let colours = Field::from_fn(WIDTH, HEIGHT, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let mut colour = [0.0; 4];
        over(&mut colour, hand.behind(x, y));
        over(&mut colour, phone(code, x, y));
        over(&mut colour, hand.before(x, y));
        colour
    });
    let flat = |_, _| [0.0, 1.0];
    Surface {
        texture: Arc::new(Texture::new(&colours)),
        shape: Field::from_fn(WIDTH / CELL as usize + 1, HEIGHT / CELL as usize + 1, flat),
        centre: CENTRE,
        pivot: [BODY[2], 600.0, 0.0],
        finish: Finish::Glossy(BODY),
    }
}

/// Colour and opacity of the phone at a place.
fn phone(code: Option<&Code>, x: f32, y: f32) -> [f32; 4] {
    let opacity = ramp(-0.8, 0.8, inside(&BODY, x, y));
    let lit = ramp(-0.8, 0.8, inside(&GLASS, x, y));
    let across = (x - CENTRE[0]) / CODE + 0.5;
    let down = (y - CENTRE[1]) / CODE + 0.5;
    let glass = match code {
        Some(code) if !code.is_dark(across, down) => 0.93,
        Some(_) => 0.07,
        None => 0.03,
    };
    let shade = 0.12 + (glass - 0.12) * lit;
    [shade, shade, 1.03 * shade, opacity]
}
