//! Finding faces: YuNet ("YuNet: A Tiny Millisecond-level Face Detector", 2023) with its anchor-free
//! decoding. In: a picture. Out: faces with five landmarks, most certain first.

use serde::Serialize;

use crate::error::Error;
use crate::geometry::{Point, Rect};
use crate::manifest::DetectorEntry;
use crate::pixels::Picture;
use crate::runtime::{Answer, Network};

/// A face in an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Face {
    /// Where it is.
    pub bounds: Rect,
    /// Right eye, left eye, nose tip, right and left corner of the mouth (the person's own right
    /// is on the left of an unmirrored image).
    pub landmarks: [Point; 5],
    /// How certain the detector is, 0 to 1.
    pub confidence: f32,
}

impl Face {
    /// Distance between the eyes, pixels.
    #[must_use]
    pub fn inter_eye_distance(&self) -> f32 {
        self.landmarks[0].distance(self.landmarks[1])
    }

    fn is_finite(&self) -> bool {
        let Rect {
            x,
            y,
            width,
            height,
        } = self.bounds;
        let landmarks = self.landmarks.iter().flat_map(|p| [p.x, p.y]);
        [x, y, width, height]
            .into_iter()
            .chain(landmarks)
            .all(f32::is_finite)
    }

    pub(crate) fn scaled(mut self, factor: f32) -> Self {
        let Rect {
            x,
            y,
            width,
            height,
        } = self.bounds;
        self.bounds = Rect {
            x: x * factor,
            y: y * factor,
            width: width * factor,
            height: height * factor,
        };
        self.landmarks = self
            .landmarks
            .map(|p| Point::new(p.x * factor, p.y * factor));
        self
    }

    pub(crate) fn shifted(mut self, dx: f32, dy: f32) -> Self {
        self.bounds.x += dx;
        self.bounds.y += dy;
        self.landmarks = self.landmarks.map(|p| Point::new(p.x + dx, p.y + dy));
        self
    }
}

#[cfg(test)]
impl Face {
    /// One of usual size, so far from the left, whose landmarks do not matter.
    pub(crate) fn example(x: f32) -> Self {
        Self {
            bounds: Rect {
                x,
                y: 100.0,
                width: 150.0,
                height: 200.0,
            },
            landmarks: [Point::default(); 5],
            confidence: 0.9,
        }
    }
}

pub(crate) struct Detector {
    network: Network,
    longest_side_px: usize,
    score_threshold: f32,
    nms_iou: f32,
    small: Picture,
}

const KIND: &str = "yunet";
/// The three levels: cells in pixels, and the names of the network's answers for them.
const LEVELS: [Level; 3] = [
    Level::new(8, ["cls_8", "obj_8", "bbox_8", "kps_8"]),
    Level::new(16, ["cls_16", "obj_16", "bbox_16", "kps_16"]),
    Level::new(32, ["cls_32", "obj_32", "bbox_32", "kps_32"]),
];
/// The input is padded to a multiple of the largest cell.
const ALIGNMENT_PX: usize = 32;

impl Detector {
    pub(crate) fn new(network: Network, entry: &DetectorEntry) -> Self {
        Self {
            network,
            longest_side_px: entry.longest_side_px,
            score_threshold: entry.score_threshold,
            nms_iou: entry.nms_iou,
            small: Picture::default(),
        }
    }

    /// All faces into `faces`, most certain first. Larger pictures are made smaller first; none is
    /// made larger.
    pub(crate) fn detect(&mut self, picture: &Picture, faces: &mut Vec<Face>) -> Result<(), Error> {
        let longest = picture.width().max(picture.height());
        let factor = (self.longest_side_px as f32 / longest as f32).min(1.0);
        let scaled = |side: usize| ((side as f32 * factor).round() as usize).max(1);
        let (width, height) = (scaled(picture.width()), scaled(picture.height()));
        picture.resize_into(&mut self.small, width, height)?;

        let padded = |side: usize| side.next_multiple_of(ALIGNMENT_PX);
        let (columns, rows) = (padded(width), padded(height));
        self.network.feed(&self.small, columns, rows);
        let answer = self.network.run()?;
        faces.clear();
        for level in &LEVELS {
            level.decode(&answer, columns, rows, self.score_threshold, faces)?;
        }
        suppress(faces, self.nms_iou);
        enlarge(faces, 1.0 / factor);
        Ok(())
    }

    /// The picture as it was last looked at.
    pub(crate) fn small(&self) -> &Picture {
        &self.small
    }

    /// Runs the network alone, on what it was last fed.
    pub(crate) fn infer(&mut self) -> Result<(), Error> {
        self.network.run().map(drop)
    }

    pub(crate) fn forget(&mut self) -> Result<(), Error> {
        self.small.forget();
        let side = self.longest_side_px.next_multiple_of(ALIGNMENT_PX);
        self.network.forget(side, side)
    }
}

/// One level of the network's answer: a score, a box and five points per cell.
struct Level {
    stride: usize,
    names: [&'static str; 4],
}

impl Level {
    const fn new(stride: usize, names: [&'static str; 4]) -> Self {
        Self { stride, names }
    }

    fn decode(
        &self,
        answer: &Answer<'_>,
        width: usize,
        height: usize,
        threshold: f32,
        faces: &mut Vec<Face>,
    ) -> Result<(), Error> {
        let columns = width / self.stride;
        let cells = columns * (height / self.stride);
        let [class, object, boxes, points] = self.names;
        let class = answer.named(KIND, class, cells)?;
        let object = answer.named(KIND, object, cells)?;
        let boxes = answer.named(KIND, boxes, cells * 4)?;
        let points = answer.named(KIND, points, cells * 10)?;
        for cell in 0..cells {
            let confidence = (class[cell].clamp(0.0, 1.0) * object[cell].clamp(0.0, 1.0)).sqrt();
            if confidence.is_nan() || confidence < threshold {
                continue;
            }
            let at = Point::new((cell % columns) as f32, (cell / columns) as f32);
            let bounds = &boxes[cell * 4..][..4];
            let face = self.face(at, bounds, &points[cell * 10..][..10], confidence);
            if face.is_finite() {
                faces.push(face);
            }
        }
        Ok(())
    }

    /// The face that the cell at column `x` and row `y` describes.
    fn face(&self, cell: Point, bounds: &[f32], points: &[f32], confidence: f32) -> Face {
        let step = self.stride as f32;
        let (width, height) = (bounds[2].exp() * step, bounds[3].exp() * step);
        let bounds = Rect {
            x: (cell.x + bounds[0]) * step - width / 2.0,
            y: (cell.y + bounds[1]) * step - height / 2.0,
            width,
            height,
        };
        let landmarks = [0, 2, 4, 6, 8]
            .map(|k| Point::new((points[k] + cell.x) * step, (points[k + 1] + cell.y) * step));
        Face {
            bounds,
            landmarks,
            confidence,
        }
    }
}

/// In pixels of the larger picture; without what is too large to be a number in it.
fn enlarge(faces: &mut Vec<Face>, factor: f32) {
    faces
        .iter_mut()
        .for_each(|face| *face = face.scaled(factor));
    faces.retain(Face::is_finite);
}

/// Non-maximum suppression: of faces that overlap, the most certain stays.
fn suppress(faces: &mut Vec<Face>, iou: f32) {
    // Of equally certain ones the upper left comes first, so that the order is always the same.
    let place = |f: &Face| [f.bounds.y, f.bounds.x, f.bounds.width];
    faces.sort_unstable_by(|a, b| {
        let (p, q) = (place(a), place(b));
        let ties = p.iter().zip(&q).map(|(p, q)| p.total_cmp(q));
        ties.fold(b.confidence.total_cmp(&a.confidence), |order, tie| {
            order.then(tie)
        })
    });
    let mut kept = 0;
    for at in 0..faces.len() {
        let face = faces[at];
        if faces[..kept]
            .iter()
            .all(|k| k.bounds.overlap(&face.bounds) <= iou)
        {
            faces[kept] = face;
            kept += 1;
        }
    }
    faces.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_that_is_no_number_in_the_whole_picture_is_none() {
        let mut faces = vec![Face::example(1e38), Face::example(10.0)];
        enlarge(&mut faces, 4.0);
        let left: Vec<f32> = faces.iter().map(|face| face.bounds.x).collect();
        assert_eq!(left, [40.0]);
    }
}
