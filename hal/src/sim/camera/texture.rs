//! Colours with transparency, ready to be drawn smaller than they are: a chain of halved images.
//! Colours are premultiplied and packed four bytes to a word, so that one multiplication moves
//! two channels.

use super::field::Field;

/// A chain of images, each half the size of the one before.
pub(super) struct Texture {
    levels: Vec<Level>,
}

/// One image of the chain.
pub(super) struct Level {
    width: usize,
    height: usize,
    texels: Vec<u32>,
}

impl Texture {
    /// Halvings kept: enough to draw a person at an eighth of their size.
    const LEVELS: usize = 4;

    /// From colours 0..1, not premultiplied, and their opacity.
    pub(super) fn new(colours: &Field<4>) -> Self {
        let mut plane = colours.clone();
        for texel in &mut plane.values {
            let a = texel[3];
            *texel = [texel[0] * a, texel[1] * a, texel[2] * a, a];
        }
        let mut levels = vec![Level::new(&plane)];
        while levels.len() < Self::LEVELS {
            plane = halve(&plane);
            levels.push(Level::new(&plane));
        }
        Self { levels }
    }

    /// The image that suits drawing at `scale`, and how often it was halved.
    pub(super) fn level(&self, scale: f32) -> (&Level, u32) {
        let halvings = ((1.0 / scale).log2() - 0.1)
            .round()
            .clamp(0.0, (Self::LEVELS - 1) as f32);
        (&self.levels[halvings as usize], halvings as u32)
    }
}

fn halve(plane: &Field<4>) -> Field<4> {
    Field::from_fn(plane.width / 2, plane.height / 2, |x, y| {
        plane.at(2.0 * x as f32 + 0.5, 2.0 * y as f32 + 0.5)
    })
}

impl Level {
    fn new(plane: &Field<4>) -> Self {
        let pack = |texel: &[f32; 4]| {
            u32::from_le_bytes(texel.map(|c| (c * 255.0 + 0.5).clamp(0.0, 255.0) as u8))
        };
        Self {
            width: plane.width,
            height: plane.height,
            texels: plane.values.iter().map(pack).collect(),
        }
    }

    /// The colour at a place in 256ths of a texel: red, green, blue, opacity from the low byte
    /// up. Nothing lies beyond the border.
    #[inline]
    pub(super) fn at(&self, x: i32, y: i32) -> u32 {
        let (left, top) = (x >> 8, y >> 8);
        if left < 0 || top < 0 || left as usize + 1 >= self.width || top as usize + 1 >= self.height
        {
            return 0;
        }
        let i = top as usize * self.width + left as usize;
        let upper = &self.texels[i..i + 2];
        let lower = &self.texels[i + self.width..i + self.width + 2];
        if upper[0] | upper[1] | lower[0] | lower[1] == 0 {
            return 0;
        }
        let (u, v) = ((x & 255) as u32, (y & 255) as u32);
        mix(mix(upper[0], upper[1], u), mix(lower[0], lower[1], u), v)
    }
}

#[inline]
fn mix(a: u32, b: u32, share: u32) -> u32 {
    const EVEN: u32 = 0x00FF_00FF;
    let even = (((a & EVEN) * (256 - share) + (b & EVEN) * share) >> 8) & EVEN;
    let odd = (((a >> 8) & EVEN) * (256 - share) + ((b >> 8) & EVEN) * share) & !EVEN;
    even | odd
}
