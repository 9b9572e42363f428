//! Image work, done by OpenCV on buffers that belong to the pipeline, are reused from frame to
//! frame and are zeroed when dropped.

use opencv::core::{
    BORDER_CONSTANT, BORDER_REPLICATE, Mat, Rect as CvRect, Scalar, Size, Vec2b, Vec3b,
};
use opencv::imgproc;
use zeroize::{Zeroize, Zeroizing};

use crate::error::Error;
use crate::geometry::{Rect, Similarity};
use crate::image::{ImageView, PixelFormat, Rotation};
use crate::shrink::{Shrinker, Source};

/// An image in blue, green, red, 8 bits each, without gaps.
#[derive(Default)]
pub(crate) struct Picture {
    data: Zeroizing<Vec<u8>>,
    width: usize,
    height: usize,
    /// A spare buffer: somebody else's image without the gaps between its rows, or before it was turned.
    packed: Zeroizing<Vec<u8>>,
    /// Grows with every image that is loaded, so that what was made of an earlier one is known to be old.
    edition: u64,
    /// Makes this image when it is a smaller one of another.
    shrinker: Shrinker,
}

const CHANNELS: usize = 3;
/// What lies outside an image: black, as the networks' own training pipelines fill it.
const OUTSIDE: Scalar = Scalar::new(0.0, 0.0, 0.0, 0.0);

/// Keeps OpenCV to the calling thread: results do not depend on how many cores there are, and the
/// cores belong to inference.
pub(crate) fn single_thread() -> Result<(), Error> {
    opencv::core::set_num_threads(1).map_err(failed("set_num_threads"))
}

impl Picture {
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn height(&self) -> usize {
        self.height
    }

    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }

    /// Which image this is, of those that were loaded here.
    pub(crate) fn edition(&self) -> u64 {
        self.edition
    }

    /// Converts somebody else's image into this one and turns it upright.
    pub(crate) fn load_turned(
        &mut self,
        view: &ImageView<'_>,
        rotation: Rotation,
    ) -> Result<(), Error> {
        self.load(view)?;
        let code = match rotation {
            Rotation::None => return Ok(()),
            Rotation::Quarter => opencv::core::ROTATE_90_CLOCKWISE,
            Rotation::Half => opencv::core::ROTATE_180,
            Rotation::ThreeQuarters => opencv::core::ROTATE_90_COUNTERCLOCKWISE,
        };
        // The turned picture is made in the spare buffer, which then changes places with this one's.
        let (width, height) = match rotation {
            Rotation::None | Rotation::Half => (self.width, self.height),
            Rotation::Quarter | Rotation::ThreeQuarters => (self.height, self.width),
        };
        let mut turned = Self {
            data: std::mem::take(&mut self.packed),
            ..Self::default()
        };
        turned.shape(width, height);
        opencv::core::rotate(&self.mat()?, &mut turned.mat_mut()?, code)
            .map_err(failed("rotate"))?;
        turned.packed = std::mem::take(&mut self.data);
        turned.edition = self.edition;
        *self = turned;
        Ok(())
    }

    /// Converts somebody else's image into this one.
    pub(crate) fn load(&mut self, view: &ImageView<'_>) -> Result<(), Error> {
        self.edition += 1;
        match view.contiguous() {
            Some(bytes) => self.convert(bytes, view),
            None => {
                let mut packed = std::mem::take(&mut self.packed);
                make_room(&mut packed, view.packed_bytes());
                view.rows().for_each(|row| packed.extend_from_slice(row));
                let converted = self.convert(&packed, view);
                self.packed = packed;
                converted
            }
        }
    }

    fn convert(&mut self, bytes: &[u8], view: &ImageView<'_>) -> Result<(), Error> {
        self.shape(view.width(), view.height());
        let rows = view.format().rows(view.height()) as i32;
        let columns = view.width() as i32;
        let code = match view.format() {
            PixelFormat::Bgr8 => {
                self.data.copy_from_slice(bytes);
                return Ok(());
            }
            PixelFormat::Rgb8 => imgproc::COLOR_RGB2BGR,
            PixelFormat::Grey8 => imgproc::COLOR_GRAY2BGR,
            PixelFormat::Yuyv => imgproc::COLOR_YUV2BGR_YUYV,
            PixelFormat::Nv12 => imgproc::COLOR_YUV2BGR_NV12,
        };
        let source = match view.format() {
            PixelFormat::Yuyv => Mat::new_rows_cols_with_bytes::<Vec2b>(rows, columns, bytes),
            PixelFormat::Grey8 | PixelFormat::Nv12 => {
                Mat::new_rows_cols_with_bytes::<u8>(rows, columns, bytes)
            }
            PixelFormat::Rgb8 | PixelFormat::Bgr8 => {
                Mat::new_rows_cols_with_bytes::<Vec3b>(rows, columns, bytes)
            }
        }
        .map_err(failed("view"))?;
        imgproc::cvt_color_def(&source, &mut self.mat_mut()?, code).map_err(failed("cvtColor"))
    }

    /// Scales this image to `width`×`height`.
    pub(crate) fn resize_into(
        &self,
        out: &mut Self,
        width: usize,
        height: usize,
    ) -> Result<(), Error> {
        self.part_into(out, [0, 0, self.width, self.height], [width, height])
    }

    /// Cuts out a square that lies inside this image and scales it to `side` pixels.
    pub(crate) fn cut_into(&self, out: &mut Self, square: &Rect, side: usize) -> Result<(), Error> {
        let size = (square.width.round() as usize).clamp(1, self.width.min(self.height));
        let x = (square.x.round().max(0.0) as usize).min(self.width - size);
        let y = (square.y.round().max(0.0) as usize).min(self.height - size);
        self.part_into(out, [x, y, size, size], [side, side])
    }

    /// Scales a part of this image, given by its corner and size.
    fn part_into(
        &self,
        out: &mut Self,
        [x, y, width, height]: [usize; 4],
        to: [usize; 2],
    ) -> Result<(), Error> {
        out.shape(to[0], to[1]);
        let shrinks = to[0] <= width && to[1] <= height;
        if shrinks && [2 * to[0], 2 * to[1]] != [width, height] {
            let source = Source {
                data: &self.data[(y * self.width + x) * CHANNELS..],
                width,
                height,
                stride: self.width * CHANNELS,
            };
            out.shrinker.shrink(source, &mut out.data, to);
            return Ok(());
        }
        let method = if shrinks {
            imgproc::INTER_AREA // of whole quarters it is faster than ours
        } else {
            imgproc::INTER_LINEAR
        };
        let [x, y, width, height] = [x, y, width, height].map(|v| v as i32);
        let whole = self.mat()?;
        let part = Mat::roi(&whole, CvRect::new(x, y, width, height)).map_err(failed("crop"))?;
        let size = Size::new(to[0] as i32, to[1] as i32);
        imgproc::resize(&part, &mut out.mat_mut()?, size, 0.0, 0.0, method)
            .map_err(failed("resize"))
    }

    /// Carries this image through `transform` into a square of `side` pixels.
    pub(crate) fn warp_into(
        &self,
        out: &mut Self,
        transform: &Similarity,
        side: usize,
    ) -> Result<(), Error> {
        let Similarity { a, b, tx, ty } = *transform;
        let matrix = [a, -b, tx, b, a, ty].map(f64::from);
        let matrix = Mat::new_rows_cols_with_data(2, 3, &matrix).map_err(failed("matrix"))?;
        out.shape(side, side);
        let size = Size::new(side as i32, side as i32);
        imgproc::warp_affine(
            &self.mat()?,
            &mut out.mat_mut()?,
            &matrix,
            size,
            imgproc::INTER_LINEAR,
            BORDER_CONSTANT,
            OUTSIDE,
        )
        .map_err(failed("warpAffine"))
    }

    /// This image with its edge pixels repeated outwards by `margin` pixels on every side.
    pub(crate) fn widen_into(&self, out: &mut Self, margin: usize) -> Result<(), Error> {
        out.shape(self.width + 2 * margin, self.height + 2 * margin);
        let m = margin as i32;
        opencv::core::copy_make_border(
            &self.mat()?,
            &mut out.mat_mut()?,
            m,
            m,
            m,
            m,
            BORDER_REPLICATE,
            OUTSIDE,
        )
        .map_err(failed("copyMakeBorder"))
    }

    /// Overwrites the pixels with zeros.
    pub(crate) fn forget(&mut self) {
        self.data.zeroize();
        self.packed.zeroize();
        self.shrinker.forget();
        (self.width, self.height) = (0, 0);
    }

    fn shape(&mut self, width: usize, height: usize) {
        let bytes = width * height * CHANNELS;
        if self.data.len() != bytes {
            self.data.zeroize(); // before growing: a moved buffer would leave its pixels behind
            self.data.resize(bytes, 0);
        }
        (self.width, self.height) = (width, height);
    }

    fn mat(&self) -> Result<opencv::boxed_ref::BoxedRef<'_, Mat>, Error> {
        Mat::new_rows_cols_with_bytes::<Vec3b>(self.height as i32, self.width as i32, &self.data)
            .map_err(failed("view"))
    }

    fn mat_mut(&mut self) -> Result<opencv::boxed_ref::BoxedRefMut<'_, Mat>, Error> {
        Mat::new_rows_cols_with_bytes_mut::<Vec3b>(
            self.height as i32,
            self.width as i32,
            &mut self.data,
        )
        .map_err(failed("view"))
    }
}

/// Empties a buffer and makes room for `needed` numbers; what was in it is overwritten before the
/// buffer moves.
pub(crate) fn make_room<T>(buffer: &mut Vec<T>, needed: usize)
where
    Vec<T>: Zeroize,
{
    if buffer.capacity() < needed {
        buffer.zeroize();
        buffer.reserve_exact(needed);
    }
    buffer.clear();
}

fn failed(operation: &'static str) -> impl Fn(opencv::Error) -> Error {
    move |source| Error::Image { operation, source }
}
