//! Finding faces: YuNet ("YuNet: A Tiny Millisecond-level Face Detector", 2023) with its anchor-free
//! decoding. In: a picture. Out: faces with five landmarks, most certain first.

use serde::Serialize;

use crate::error::Error;
use crate::geometry::{Point, Rect};
use crate::manifest::DetectorEntry;
use crate::pixels::Picture;
use crate::runtime::{Answer, Network};

/// A face in an image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
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

pub(crate) struct Detector {
    network: Network,
    longest_side_px: usize,
    score_threshold: f32,
    nms_iou: f32,
    small: Picture,
}

const KIND: &str = "yunet";
/// Cells of the three levels, pixels; the input is padded to a multiple of the largest.
const STRIDES: [usize; 3] = [8, 16, 32];
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

    /// All faces, most certain first. Larger pictures are made smaller first; none is made larger.
    pub(crate) fn detect(&mut self, picture: &Picture) -> Result<Vec<Face>, Error> {
        let longest = picture.width().max(picture.height());
        let factor = (self.longest_side_px as f32 / longest as f32).min(1.0);
        let scaled = |side: usize| ((side as f32 * factor).round() as usize).max(1);
        let (width, height) = (scaled(picture.width()), scaled(picture.height()));
        picture.resize_into(&mut self.small, width, height)?;

        let padded = |side: usize| side.next_multiple_of(ALIGNMENT_PX);
        let (columns, rows) = (padded(width), padded(height));
        self.network.feed(&self.small, columns, rows);
        let answer = self.network.run()?;
        let mut faces = Vec::new();
        for stride in STRIDES {
            decode(
                &answer,
                stride,
                columns,
                rows,
                self.score_threshold,
                &mut faces,
            )?;
        }
        let kept = suppress(faces, self.nms_iou);
        Ok(kept
            .into_iter()
            .map(|face| face.scaled(1.0 / factor))
            .collect())
    }

    pub(crate) fn forget(&mut self) -> Result<(), Error> {
        self.small.forget();
        let side = self.longest_side_px.next_multiple_of(ALIGNMENT_PX);
        self.network.forget(side, side)
    }
}

/// Reads one level of the network's answer: a score, a box and five points per cell.
fn decode(
    answer: &Answer<'_>,
    stride: usize,
    width: usize,
    height: usize,
    threshold: f32,
    faces: &mut Vec<Face>,
) -> Result<(), Error> {
    let columns = width / stride;
    let cells = columns * (height / stride);
    let output = |name: &str, per_cell: usize| {
        answer.named(KIND, &format!("{name}_{stride}"), cells * per_cell)
    };
    let (class, object, boxes, points) = (
        output("cls", 1)?,
        output("obj", 1)?,
        output("bbox", 4)?,
        output("kps", 10)?,
    );

    for cell in 0..cells {
        let confidence = (class[cell].clamp(0.0, 1.0) * object[cell].clamp(0.0, 1.0)).sqrt();
        if confidence.is_nan() || confidence < threshold {
            continue;
        }
        let (column, row, step) = (
            (cell % columns) as f32,
            (cell / columns) as f32,
            stride as f32,
        );
        let [dx, dy, log_width, log_height] = [0, 1, 2, 3].map(|k| boxes[cell * 4 + k]);
        let (width, height) = (log_width.exp() * step, log_height.exp() * step);
        let bounds = Rect {
            x: (column + dx) * step - width / 2.0,
            y: (row + dy) * step - height / 2.0,
            width,
            height,
        };
        let landmarks = [0, 1, 2, 3, 4].map(|k| {
            let at = cell * 10 + 2 * k;
            Point::new((points[at] + column) * step, (points[at + 1] + row) * step)
        });
        let face = Face {
            bounds,
            landmarks,
            confidence,
        };
        if face.is_finite() {
            faces.push(face);
        }
    }
    Ok(())
}

/// Non-maximum suppression: of faces that overlap, the most certain stays.
fn suppress(mut faces: Vec<Face>, iou: f32) -> Vec<Face> {
    faces.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if kept.iter().all(|k| k.bounds.overlap(&face.bounds) <= iou) {
            kept.push(face);
        }
    }
    kept
}
