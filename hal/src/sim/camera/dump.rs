//! `hal-sim camera --out`: frames as PNG files, to look at and to measure networks with.

use std::{fs, path::Path, time::Duration};

use super::{
    HEIGHT, WIDTH, coding,
    options::{CameraArgs, SimError},
    source::Source,
};

/// Renders the frames and writes them.
pub(super) fn frames(args: &CameraArgs, mut source: Source, out: &Path) -> Result<(), SimError> {
    let written = |path: &Path, source| SimError::Write {
        path: path.to_owned(),
        source,
    };
    fs::create_dir_all(out).map_err(|e| written(out, e.into()))?;
    let mut yuyv = Vec::new();
    for number in 0..args.frames {
        let t = Duration::from_secs_f32(args.from + number as f32 / args.fps);
        let (shot, since) = args.script.0.at(t);
        source.picture(shot, since, &mut yuyv)?;
        let path = out.join(format!("{number:04}.png"));
        let (width, height) = (WIDTH as u32, HEIGHT as u32);
        let rgb = coding::rgb(&yuyv);
        image::save_buffer(&path, &rgb, width, height, image::ColorType::Rgb8)
            .map_err(|e| written(&path, e))?;
    }
    Ok(())
}
