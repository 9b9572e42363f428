//! Agreeing with a driver on coding, size and rate.

use std::path::Path;

use ::v4l::video::Capture;
use ::v4l::video::capture::Parameters;
use ::v4l::{Device, Format, FourCC};
use rustix::io::Errno;

use super::{refine, unsupported};
use crate::camera::{CameraError, CameraSettings, Coding, Delivery};

/// What a driver answered for one coding.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Offer {
    coding: Coding,
    width: u32,
    height: u32,
    /// Frames per second, where the driver tells.
    rate: Option<f64>,
}

/// Asks for each coding in the order of preference, and agrees on the best offer.
pub(super) fn negotiate(
    device: &Device,
    wanted: &CameraSettings,
    path: &Path,
) -> Result<Delivery, CameraError> {
    let all = Coding::ALL;
    let one = wanted.coding.map(|coding| [coding]);
    let codings = one.as_ref().map_or(&all[..], |one| &one[..]);
    let mut offers = Vec::with_capacity(codings.len());
    for coding in codings {
        let Some((format, rate)) = ask(device, *coding, wanted, path)? else {
            continue;
        };
        offers.push(Offer {
            coding: *coding,
            width: format.width,
            height: format.height,
            rate,
        });
    }
    let best = best(&offers, wanted).ok_or_else(|| no_coding(path, codings))?;
    // The last coding asked for is in force; take the best one again.
    let agreed = ask(device, best.coding, wanted, path)?;
    let (format, _) = agreed.ok_or_else(|| no_coding(path, codings))?;
    let Format {
        width,
        height,
        stride,
        ..
    } = format;
    Delivery::new(best.coding, width, height, stride, wanted.mirror)
        .ok_or_else(|| unsupported(path, "its picture size is out of range"))
}

/// Asks for a coding at the size and rate wanted; nothing if the driver has no such coding.
fn ask(
    device: &Device,
    coding: Coding,
    wanted: &CameraSettings,
    path: &Path,
) -> Result<Option<(Format, Option<f64>)>, CameraError> {
    let mut four_cc = [b' '; 4];
    four_cc.copy_from_slice(coding.four_cc().as_bytes());
    let asked = Format::new(wanted.width, wanted.height, FourCC::new(&four_cc));
    let agreed = match Capture::set_format(device, &asked) {
        Ok(agreed) if agreed.fourcc == asked.fourcc => agreed,
        Ok(_) => return Ok(None),
        Err(e) => match Errno::from_io_error(&e) {
            // A coding it does not have, or a node that does not capture at all.
            Some(Errno::INVAL) => return Ok(None),
            Some(Errno::NOTTY) => return Err(unsupported(path, "it does not capture video")),
            _ => return Err(refine("set the format", path, e)),
        },
    };
    // Not every driver knows rates; those that do answer with the nearest.
    let rate = Capture::set_params(device, &Parameters::with_fps(wanted.rate)).ok();
    let rate = rate.map(|given| given.interval).and_then(|interval| {
        let known = interval.numerator > 0 && interval.denominator > 0;
        known.then(|| f64::from(interval.denominator) / f64::from(interval.numerator))
    });
    Ok(Some((agreed, rate)))
}

fn no_coding(path: &Path, codings: &[Coding]) -> CameraError {
    let names: Vec<&str> = codings.iter().map(|coding| coding.four_cc()).collect();
    unsupported(path, &format!("it offers none of {}", names.join(", ")))
}

/// The first offer that is large and fast enough; else the fastest, and of equals the first. A USB
/// camera often gives 5 or 10 uncompressed pictures a second at sizes at which it gives 30 JPEGs.
fn best<'a>(offers: &'a [Offer], wanted: &CameraSettings) -> Option<&'a Offer> {
    let rate = |offer: &Offer| offer.rate.unwrap_or(f64::from(wanted.rate));
    let large = |offer: &Offer| offer.width >= wanted.width && offer.height >= wanted.height;
    // Two thirds: 20 of 30 frames a second are as good, half of them are not.
    let good = |offer: &&Offer| large(offer) && rate(offer) * 3.0 >= f64::from(wanted.rate) * 2.0;
    offers.iter().find(good).or_else(|| {
        let key = |offer: &Offer| (large(offer), rate(offer));
        offers.iter().reduce(|best, offer| {
            let ((large, fast), (best_large, best_fast)) = (key(offer), key(best));
            let better = (large && !best_large) || (large == best_large && fast > best_fast);
            if better { offer } else { best }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{CameraPlace, PixelFormat};

    const YUYV: Coding = Coding::Raw(PixelFormat::Yuyv);

    fn chosen(offers: &[(Coding, u32, Option<f64>)], width: u32) -> Option<Coding> {
        let settings = CameraSettings {
            width,
            height: width * 3 / 4,
            ..CameraSettings::on(CameraPlace::Path("/dev/video0".into()))
        };
        let offers: Vec<Offer> = offers
            .iter()
            .map(|&(coding, width, rate)| Offer {
                coding,
                width,
                height: width * 3 / 4,
                rate,
            })
            .collect();
        best(&offers, &settings).map(|offer| offer.coding)
    }

    #[test]
    fn the_cheapest_coding_that_is_fast_enough_is_taken() {
        let both = [(YUYV, 640, Some(30.0)), (Coding::Mjpeg, 640, Some(30.0))];
        assert_eq!(chosen(&both, 640), Some(YUYV));
        let slow = [(YUYV, 1280, Some(10.0)), (Coding::Mjpeg, 1280, Some(30.0))];
        assert_eq!(chosen(&slow, 1280), Some(Coding::Mjpeg));
        let small = [(YUYV, 640, Some(30.0)), (Coding::Mjpeg, 1280, Some(15.0))];
        assert_eq!(chosen(&small, 1280), Some(Coding::Mjpeg));
        let silent = [(YUYV, 640, None), (Coding::Mjpeg, 640, Some(30.0))];
        assert_eq!(chosen(&silent, 640), Some(YUYV));
        assert_eq!(chosen(&[(YUYV, 320, Some(5.0))], 640), Some(YUYV));
        assert_eq!(chosen(&[], 640), None);
    }
}
