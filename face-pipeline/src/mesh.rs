//! 468 points on the surface of a face, with depth: MediaPipe Face Mesh ("Real-time Facial Surface
//! Geometry from Monocular Video on Mobile GPUs", 2019).

use zeroize::Zeroize;

use crate::detect::Face;
use crate::error::Error;
use crate::geometry::{Point, Similarity};
use crate::manifest::MeshEntry;
use crate::pixels::Picture;
use crate::runtime::Network;

/// The surface of a face in the pixels of its image; z grows away from the camera, in the same
/// unit as x and y, from about the centre of the head. Numbering as in MediaPipe's canonical face.
/// Zeroed when dropped.
#[derive(Clone)]
pub struct Mesh {
    /// x, y, z of each point.
    pub points: Vec<[f32; 3]>,
    /// How certain the network is that a face is there and can be seen, 0 to 1.
    pub presence: f32,
}

impl Mesh {
    pub(crate) fn scaled(mut self, factor: f32) -> Self {
        let numbers = self.points.iter_mut().flatten();
        numbers.for_each(|v| *v *= factor);
        self
    }
}

impl Drop for Mesh {
    fn drop(&mut self) {
        self.points.zeroize();
    }
}

impl std::fmt::Debug for Mesh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mesh({} points)", self.points.len())
    }
}

pub(crate) struct MeshNetwork {
    network: Network,
    size_px: usize,
    crop_scale: f32,
    crop: Picture,
    /// The last one, in the same memory as those before.
    mesh: Mesh,
    /// How many there were.
    pub(crate) made: usize,
}

const KIND: &str = "mesh";
const POINTS: usize = 468;
/// Which output says whether a face is there, as log odds.
const PRESENCE: usize = 1;

impl MeshNetwork {
    pub(crate) fn new(network: Network, entry: &MeshEntry) -> Self {
        Self {
            network,
            size_px: entry.size_px,
            crop_scale: entry.crop_scale,
            crop: Picture::default(),
            mesh: Mesh {
                points: Vec::with_capacity(POINTS),
                presence: 0.0,
            },
            made: 0,
        }
    }

    /// The mesh of `face`; none if the network's answer is not of 468 points.
    pub(crate) fn mesh(&mut self, picture: &Picture, face: &Face) -> Result<Option<&Mesh>, Error> {
        let [right, left, ..] = face.landmarks;
        let level = (left.y - right.y).atan2(left.x - right.x);
        let square = face.bounds.width.max(face.bounds.height).max(1.0) * self.crop_scale;
        let to_crop = Similarity::crop(face.bounds.centre(), square, level, self.size_px as f32);
        picture.warp_into(&mut self.crop, &to_crop, self.size_px)?;
        self.network.feed(&self.crop, self.size_px, self.size_px);
        let answer = self.network.run()?;
        let numbers = answer.first(KIND)?;
        let flag = answer.output(KIND, PRESENCE)?.first();
        let presence = flag.map_or(0.0, |logit| 1.0 / (1.0 + (-logit).exp()));
        let back = to_crop.inverse();
        let points = numbers.chunks_exact(3).map(|p| {
            let at = back.apply(Point::new(p[0], p[1]));
            [at.x, at.y, p[2] * back.scale()]
        });
        if numbers.len() != POINTS * 3 {
            return Ok(None);
        }
        self.mesh.points.clear();
        self.mesh.points.extend(points);
        self.mesh.presence = presence;
        self.made += 1;
        Ok(Some(&self.mesh))
    }

    /// Runs the network alone, on what it was last fed.
    pub(crate) fn infer(&mut self) -> Result<(), Error> {
        self.network.run().map(drop)
    }

    pub(crate) fn forget(&mut self) -> Result<(), Error> {
        self.crop.forget();
        self.mesh.points.zeroize();
        self.network.forget(self.size_px, self.size_px)
    }
}
