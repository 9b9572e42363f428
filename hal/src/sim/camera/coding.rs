//! A YUYV picture as other cameras would send it: planes (NV12) or a JPEG. BT.601, limited range.

use image::{ExtendedColorType, ImageError, codecs::jpeg::JpegEncoder};

/// JPEG quality: about what webcams send (70 to 110 kB for 640×480).
const QUALITY: u8 = 88;

/// How pictures are coded.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Yuyv,
    Nv12,
    Mjpeg,
}

impl Coding {
    /// The name V4L2 has for it.
    pub(super) fn four_cc(self) -> &'static [u8; 4] {
        match self {
            Self::Yuyv => b"YUYV",
            Self::Nv12 => b"NV12",
            Self::Mjpeg => b"MJPG",
        }
    }

    /// Codes a packed YUYV picture into `out`, whose contents are replaced.
    pub(super) fn encode(
        self,
        yuyv: &[u8],
        width: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), ImageError> {
        out.clear();
        match self {
            Self::Yuyv => out.extend_from_slice(yuyv),
            Self::Nv12 => planes(yuyv, width, out),
            Self::Mjpeg => jpeg(yuyv, width, out)?,
        }
        Ok(())
    }
}

/// All luminance, then the chrominance of two rows each.
fn planes(yuyv: &[u8], width: usize, out: &mut Vec<u8>) {
    out.extend(yuyv.iter().step_by(2));
    for rows in yuyv.chunks_exact(4 * width) {
        let (upper, lower) = rows.split_at(2 * width);
        let chroma = upper.iter().zip(lower).skip(1).step_by(2);
        out.extend(chroma.map(|(a, b)| a.midpoint(*b)));
    }
}

fn jpeg(yuyv: &[u8], width: usize, out: &mut Vec<u8>) -> Result<(), ImageError> {
    let rgb = rgb(yuyv);
    let height = rgb.len() / (3 * width);
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
    JpegEncoder::new_with_quality(out, QUALITY).encode(
        &rgb,
        side(width),
        side(height),
        ExtendedColorType::Rgb8,
    )
}

/// YUYV to RGB.
pub(super) fn rgb(yuyv: &[u8]) -> Vec<u8> {
    yuyv.chunks_exact(4).flat_map(rgb_pair).collect()
}

fn rgb_pair(pair: &[u8]) -> [u8; 6] {
    let [y0, u, y1, v] = [0, 1, 2, 3].map(|i| i32::from(pair[i]));
    let pixel = |y: i32| {
        let (c, d, e) = (298 * (y - 16), u - 128, v - 128);
        [c + 409 * e, c - 100 * d - 208 * e, c + 516 * d]
            .map(|v| ((v + 128) >> 8).clamp(0, 255) as u8)
    };
    let ([r, g, b], [r2, g2, b2]) = (pixel(y0), pixel(y1));
    [r, g, b, r2, g2, b2]
}

/// RGB to YUYV.
pub(super) fn yuyv(rgb: &[u8]) -> Vec<u8> {
    rgb.chunks_exact(6).flat_map(yuyv_pair).collect()
}

fn yuyv_pair(pair: &[u8]) -> [u8; 4] {
    let [r, g, b, r2, g2, b2] = [0, 1, 2, 3, 4, 5].map(|i| i32::from(pair[i]));
    let y = |r, g, b| (16 + ((66 * r + 129 * g + 25 * b + 128) >> 8)) as u8;
    let (rr, gg, bb) = (r + r2, g + g2, b + b2);
    let u = 128 + ((-38 * rr - 74 * gg + 112 * bb + 256) >> 9);
    let v = 128 + ((112 * rr - 94 * gg - 18 * bb + 256) >> 9);
    [y(r, g, b), u as u8, y(r2, g2, b2), v as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four columns, two rows: a dark blue and a bright red half.
    fn picture() -> Vec<u8> {
        let (blue, red) = ([20, 30, 90], [220, 60, 50]);
        let row = [blue, blue, red, red].concat();
        yuyv(&[row.clone(), row].concat())
    }

    #[test]
    fn colours_survive_the_way_to_yuyv_and_back() {
        let back = rgb(&picture());
        for (seen, sent) in back[..3].iter().zip([20_u8, 30, 90]) {
            assert!(seen.abs_diff(sent) <= 3, "{back:?}");
        }
    }

    #[test]
    fn planes_hold_the_same_light_and_colours() {
        let yuyv = picture();
        let mut nv12 = Vec::new();
        Coding::Nv12.encode(&yuyv, 4, &mut nv12).unwrap();
        assert_eq!(nv12.len(), 4 * 2 * 3 / 2);
        assert_eq!(nv12[2], yuyv[4], "luminance of the third pixel");
        assert_eq!(nv12[8..], [yuyv[1], yuyv[3], yuyv[5], yuyv[7]]);
    }

    #[test]
    fn a_jpeg_decodes_to_the_same_size() {
        let mut jpeg = Vec::new();
        Coding::Mjpeg.encode(&picture(), 4, &mut jpeg).unwrap();
        let back = image::load_from_memory(&jpeg).unwrap();
        assert_eq!((back.width(), back.height()), (4, 2));
    }
}
