//! Lids: skin above an eye that is stretched down over it, as a change of the row that is looked up
//! in the picture of the open eye.

/// Skin that folds down over an opening: where, between which rows.
#[derive(Clone, Copy)]
pub(super) struct Fold {
    pub(super) corners: [[f32; 2]; 2],
    pub(super) upper: f32,
    pub(super) lower: f32,
}

impl Fold {
    /// The skin above that is stretched down reaches this share of the eye's width up.
    const REACH: f32 = 0.48;
    /// Lashes and the rim of the lid go down with its edge unstretched: a share of the eye's width.
    const LASHES: f32 = 0.13;

    fn width(&self) -> f32 {
        (self.corners[1][0] - self.corners[0][0]).max(1.0)
    }

    /// Whether a place may be changed by the lid, within a margin.
    pub(super) fn near(&self, x: f32, y: f32, margin: f32) -> bool {
        x > self.corners[0][0] - margin
            && x < self.corners[1][0] + margin
            && y > self.upper - Self::REACH * self.width() - margin
            && y < self.lower + margin
    }

    /// Which row of the open eye's picture is seen at a place when the lid is so far `closed`.
    pub(super) fn source_row(&self, x: f32, y: f32, closed: f32) -> f32 {
        let [left, right] = self.corners;
        let along = (x - left[0]) / (right[0] - left[0]);
        if !(0.0..=1.0).contains(&along) {
            return y;
        }
        // Both lids are arches from corner to corner.
        let arch = 1.0 - (2.0 * along - 1.0).powi(2);
        let corner = left[1] + (right[1] - left[1]) * along;
        let upper = corner + (self.upper - corner) * arch;
        let lower = corner + (self.lower - corner) * arch;
        let down = (lower - upper + 0.5 * Self::LASHES * self.width() * arch) * closed;
        let rim = upper - Self::LASHES * self.width() * arch;
        let crease = upper - Self::REACH * self.width() * arch;
        if y <= crease || y >= upper + down {
            y
        } else if y >= rim + down {
            y - down
        } else {
            crease + (y - crease) * (rim - crease) / (rim + down - crease)
        }
    }
}
