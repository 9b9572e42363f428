//! Draws a textured surface that moves in space: the person's relief, and the printed sheet.
//!
//! For each eighth pixel of the picture the place on the surface that is seen there is found by
//! iteration; the pixels between are interpolated. That is exact enough because surfaces here are
//! smooth and turn by small angles, and costs a few milliseconds instead of a rasteriser.

use std::sync::Arc;

use super::{
    HEIGHT, WIDTH,
    chance::ramp,
    field::Field,
    lids::Fold,
    texture::{Level, Texture},
};

/// Surfaces are measured in units of which a face is this wide.
pub(super) const FACE: f32 = 200.0;
/// Focal length of the camera in pixels: 45° across, as built-in webcams have.
const FOCAL: f32 = 760.0;
/// Units per sample of a surface's shape.
pub(super) const CELL: f32 = 4.0;
/// Pixels between two nodes of the drawing grid.
const STRIDE: usize = 8;
const COLUMNS: usize = WIDTH / STRIDE + 1;
const ROWS: usize = HEIGHT / STRIDE + 1;
/// From here the light falls, towards the surface: from above, a little from the left.
const LIGHT: [f32; 3] = [-0.35, -0.5, 0.79];

/// A textured surface.
pub(super) struct Surface {
    pub(super) texture: Arc<Texture>,
    /// Height towards the camera, and how much a place takes part in turning (0 to 1).
    pub(super) shape: Field<2>,
    /// The place that a pose puts into the picture.
    pub(super) centre: [f32; 2],
    /// The point that it turns about.
    pub(super) pivot: [f32; 3],
    pub(super) finish: Finish,
}

/// How a surface answers to light and time.
pub(super) enum Finish {
    /// Skin and cloth, with two lids that can close.
    Living([Fold; 2]),
    /// Paper with a gloss, as a rectangle: left, top, right, bottom.
    Glossy([f32; 4]),
    /// A board without one.
    Matte,
}

/// Where a surface is at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    /// Pixel at which the surface's centre is.
    pub(super) at: [f32; 2],
    /// Pixels per unit.
    pub(super) scale: f32,
    /// Yaw, pitch and roll in radians.
    pub(super) turn: [f32; 3],
    /// Units moved right, down and towards the camera.
    pub(super) shift: [f32; 3],
    /// How far the lids are closed, 0 to 1.
    pub(super) lids: f32,
}

/// What one node of the drawing grid sees.
#[derive(Clone, Copy, Default)]
pub(super) struct Node {
    x: f32,
    y: f32,
    /// Factor of brightness.
    gain: f32,
    /// Brightness of a reflection, 0 to 255.
    gloss: f32,
}

/// Rows of a rotation matrix.
type Rotation = [[f32; 3]; 3];

impl Surface {
    /// The same picture on a board: no depth, no lids.
    pub(super) fn flattened(&self) -> Self {
        Self {
            texture: Arc::clone(&self.texture),
            shape: Field::from_fn(self.shape.width, self.shape.height, |_, _| [0.0, 1.0]),
            centre: self.centre,
            pivot: [self.centre[0], self.centre[1], 0.0],
            finish: Finish::Matte,
        }
    }

    /// The pixel at which a place of the surface is seen.
    #[cfg(test)]
    pub(super) fn project(&self, pose: &Pose, x: f32, y: f32) -> [f32; 2] {
        self.seen(pose, &rotation(pose.turn), x, y)
    }

    fn seen(&self, pose: &Pose, turn: &Rotation, x: f32, y: f32) -> [f32; 2] {
        let [z, takes_part] = self.shape.at(x / CELL, y / CELL);
        let from_pivot = [x - self.pivot[0], y - self.pivot[1], z - self.pivot[2]];
        let turned = apply(turn, from_pivot);
        let q: [f32; 3] = std::array::from_fn(|i| {
            self.pivot[i] + from_pivot[i] + takes_part * (turned[i] - from_pivot[i]) + pose.shift[i]
        });
        // The photograph already has its own perspective: only the change is applied.
        let distance = FOCAL / pose.scale;
        let nearer = pose.scale * (distance - z) / (distance - q[2]);
        [
            pose.at[0] + (q[0] - self.centre[0]) * nearer,
            pose.at[1] + (q[1] - self.centre[1]) * nearer,
        ]
    }

    /// Draws the surface into an RGB picture, over what is there.
    pub(super) fn draw(&self, pose: &Pose, nodes: &mut Vec<Node>, picture: &mut [u8]) {
        self.solve(pose, nodes);
        let (level, halvings) = self.texture.level(pose.scale);
        let fixed = 256.0 / f32::from(1u16 << halvings);
        for row in 0..ROWS - 1 {
            for column in 0..COLUMNS - 1 {
                let i = row * COLUMNS + column;
                let corners = [
                    nodes[i],
                    nodes[i + 1],
                    nodes[i + COLUMNS],
                    nodes[i + COLUMNS + 1],
                ];
                if self.may_show(&corners) {
                    let lids = if self.lids_near(&corners) {
                        pose.lids
                    } else {
                        0.0
                    };
                    let block = Block {
                        corners,
                        lids,
                        fixed,
                    };
                    self.fill(&block, level, column * STRIDE, row * STRIDE, picture);
                }
            }
        }
    }

    /// Finds for each node the place of the surface that is seen there.
    fn solve(&self, pose: &Pose, nodes: &mut Vec<Node>) {
        const ROUNDS: usize = 4;
        nodes.clear();
        let turn = rotation(pose.turn);
        for row in 0..ROWS {
            let v = (row * STRIDE) as f32;
            let mut offset = [0.0; 2];
            for column in 0..COLUMNS {
                let u = (column * STRIDE) as f32;
                let flat = [
                    self.centre[0] + (u - pose.at[0]) / pose.scale,
                    self.centre[1] + (v - pose.at[1]) / pose.scale,
                ];
                let (mut x, mut y) = (flat[0] + offset[0], flat[1] + offset[1]);
                for _ in 0..ROUNDS {
                    let seen = self.seen(pose, &turn, x, y);
                    x += (u - seen[0]) / pose.scale;
                    y += (v - seen[1]) / pose.scale;
                }
                offset = [x - flat[0], y - flat[1]];
                let (gain, gloss) = self.light(pose, &turn, x, y);
                nodes.push(Node { x, y, gain, gloss });
            }
        }
    }

    fn light(&self, pose: &Pose, turn: &Rotation, x: f32, y: f32) -> (f32, f32) {
        let slope = |dx: f32, dy: f32| {
            let height = |s: f32| self.shape.at((x + s * dx) / CELL, (y + s * dy) / CELL)[0];
            (height(1.0) - height(-1.0)) / (2.0 * (dx + dy))
        };
        let normal = unit([-slope(CELL, 0.0), -slope(0.0, CELL), 1.0]);
        match &self.finish {
            Finish::Living(_) | Finish::Matte => {
                let [_, takes_part] = self.shape.at(x / CELL, y / CELL);
                let change = dot(apply(turn, normal), LIGHT) - dot(normal, LIGHT);
                (1.0 + 0.6 * takes_part * change, 0.0)
            }
            Finish::Glossy(sheet) => {
                let turned = apply(turn, normal);
                (0.45 + 0.7 * dot(turned, LIGHT), gloss(pose, sheet, x, y))
            }
        }
    }

    /// Whether any of a block can lie on the texture.
    fn may_show(&self, corners: &[Node; 4]) -> bool {
        let (width, height) = (
            self.shape.width as f32 * CELL,
            self.shape.height as f32 * CELL,
        );
        let any = |inside: &dyn Fn(&Node) -> bool| corners.iter().any(inside);
        any(&|n| n.x > 0.0)
            && any(&|n| n.x < width)
            && any(&|n| n.y > 0.0)
            && any(&|n| n.y < height)
    }

    fn lids_near(&self, corners: &[Node; 4]) -> bool {
        let Finish::Living(folds) = &self.finish else {
            return false;
        };
        folds.iter().any(|fold| {
            corners
                .iter()
                .any(|n| fold.near(n.x, n.y, 2.0 * STRIDE as f32))
        })
    }

    fn fill(&self, block: &Block, level: &Level, left: usize, top: usize, picture: &mut [u8]) {
        for row in 0..STRIDE {
            let (mut node, step) = block.row(row);
            let start = ((top + row) * WIDTH + left) * 3;
            for pixel in picture[start..start + STRIDE * 3].chunks_exact_mut(3) {
                let y = if block.lids > 0.0 {
                    self.under_lids(&node, block.lids)
                } else {
                    node.y
                };
                let at = |c: f32| (c * block.fixed) as i32 - 128;
                cover(pixel, level.at(at(node.x), at(y)), &node);
                node = node.plus(&step);
            }
        }
    }

    fn under_lids(&self, node: &Node, closed: f32) -> f32 {
        match &self.finish {
            Finish::Living(folds) => folds
                .iter()
                .fold(node.y, |y, fold| fold.source_row(node.x, y, closed)),
            Finish::Glossy(_) | Finish::Matte => node.y,
        }
    }
}

/// A square of the drawing grid.
struct Block {
    corners: [Node; 4],
    lids: f32,
    fixed: f32,
}

impl Block {
    /// The first pixel of a row, and the step from one pixel to the next.
    fn row(&self, row: usize) -> (Node, Node) {
        let v = row as f32 / STRIDE as f32;
        let [a, b, c, d] = &self.corners;
        let (first, last) = (a.towards(c, v), b.towards(d, v));
        let step = Node::default().towards(&last.minus(&first), 1.0 / STRIDE as f32);
        (first, step)
    }
}

impl Node {
    fn combine(&self, other: &Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self {
            x: f(self.x, other.x),
            y: f(self.y, other.y),
            gain: f(self.gain, other.gain),
            gloss: f(self.gloss, other.gloss),
        }
    }

    fn towards(&self, other: &Self, share: f32) -> Self {
        self.combine(other, |a, b| a + (b - a) * share)
    }

    fn minus(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a - b)
    }

    fn plus(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a + b)
    }
}

/// A lamp's reflection that runs over the sheet as it tilts.
fn gloss(pose: &Pose, [left, top, right, bottom]: &[f32; 4], x: f32, y: f32) -> f32 {
    /// Units that the reflection moves per radian of tilt.
    const RUNS: f32 = 1500.0;
    let inside = ramp(
        -4.0,
        6.0,
        (x - left).min(right - x).min(y - top).min(bottom - y),
    );
    let across = x - (left + right) / 2.0 - RUNS * pose.turn[0];
    let down = y - (top + bottom) / 2.0 - RUNS * pose.turn[1];
    // A tube lamp: long one way, narrow the other, standing at a slant, in a wide faint haze.
    let (along, beside) = (across * 0.9 + down * 0.43, down * 0.9 - across * 0.43);
    let lamp = (-(along / 150.0).powi(2) - (beside / 38.0).powi(2)).exp();
    let haze = (-(along / 330.0).powi(2) - (beside / 150.0).powi(2)).exp();
    inside * (105.0 * lamp + 30.0 * haze)
}

/// Puts a premultiplied colour over a pixel.
#[inline]
fn cover(pixel: &mut [u8], colour: u32, node: &Node) {
    let opacity = colour >> 24;
    if opacity == 0 {
        return;
    }
    let gain = (node.gain * 256.0) as u32;
    let gloss = (node.gloss as u32 * opacity) >> 8;
    for (channel, value) in pixel.iter_mut().enumerate() {
        let own = ((((colour >> (8 * channel)) & 255) * gain) >> 8) + gloss;
        let below = (u32::from(*value) * (255 - opacity) + 127) / 255;
        *value = (own + below).min(255) as u8;
    }
}

fn rotation([yaw, pitch, roll]: [f32; 3]) -> Rotation {
    let (sy, cy) = yaw.sin_cos();
    let (sp, cp) = pitch.sin_cos();
    let (sr, cr) = roll.sin_cos();
    // roll · pitch · yaw; x right, y down, z towards the camera.
    [
        [cr * cy + sr * sp * sy, -sr * cp, cr * sy - sr * sp * cy],
        [sr * cy - cr * sp * sy, cr * cp, sr * sy + cr * sp * cy],
        [-cp * sy, -sp, cp * cy],
    ]
}

fn apply(turn: &Rotation, v: [f32; 3]) -> [f32; 3] {
    turn.map(|row| dot(row, v))
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn unit(v: [f32; 3]) -> [f32; 3] {
    let length = dot(v, v).sqrt();
    v.map(|c| c / length)
}
