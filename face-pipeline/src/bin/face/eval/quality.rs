//! How good the images of people are, component by component, and how many of them a capture (or, as
//! chip photos, a comparison) would refuse: where the limits of quality come from.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use face_pipeline::{Pipeline, ReferenceError};
use serde_json::{Value, json};

use super::{Failure, Outcome};
use crate::chip;
use crate::collection::Collection;
use crate::options::Options;
use crate::output::line;
use crate::photo::Photo;
use crate::progress;
use crate::unreadable::Unreadable;

/// Shares of the images below which each component is printed.
const SHARES: [f64; 9] = [0.0, 0.002, 0.01, 0.05, 0.5, 0.95, 0.99, 0.998, 1.0];

pub fn quality(pipeline: &mut Pipeline, root: &Path, as_chip: bool, options: &Options) -> Outcome {
    let images = Collection::read(root)?;
    let bar = progress::bar(images.images().count(), "quality");
    let mut survey = Survey::default();
    let mut unreadable = Unreadable::of_frames(options.rotation);
    for path in images.images() {
        unreadable.look(path, |photo| {
            if as_chip {
                survey.add_reference(pipeline, photo)
            } else {
                survey.add_frame(pipeline, photo)
            }
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    unreadable.warn();
    if survey.verdicts.is_empty() {
        return Err(format!("{}: no image in it can be read", root.display()).into());
    }
    if options.json {
        line(survey.json(&images, &unreadable))?;
    } else {
        line(&images)?;
        survey.print()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What a folder of images came to.
#[derive(Default)]
struct Survey {
    verdicts: BTreeMap<String, usize>,
    components: BTreeMap<String, Vec<f64>>,
}

impl Survey {
    fn add_frame(&mut self, pipeline: &mut Pipeline, photo: &Photo) -> Result<(), Failure> {
        let Some(assessment) = pipeline.assess(photo.view()?)? else {
            self.count("NoFace".into());
            return Ok(());
        };
        let why = assessment.rejection;
        self.count(why.map_or("good".into(), |why| format!("{why:?}")));
        self.components("", &json!(assessment.quality));
        self.components("mesh: ", &json!(assessment.features));
        Ok(())
    }

    fn add_reference(&mut self, pipeline: &mut Pipeline, photo: &Photo) -> Result<(), Failure> {
        let chip = chip::degrade(pipeline, photo)?;
        match pipeline.reference(chip.view()?) {
            Ok(reference) => {
                self.count("good".into());
                self.components("", &json!(reference.quality()));
            }
            Err(ReferenceError::Pipeline(error)) => return Err(error.into()),
            Err(why) => self.count(format!("{why:?}")),
        }
        Ok(())
    }

    fn count(&mut self, verdict: String) {
        *self.verdicts.entry(verdict).or_default() += 1;
    }

    fn components(&mut self, of: &str, measured: &Value) {
        for (name, value) in measured.as_object().into_iter().flatten() {
            let values = self.components.entry(format!("{of}{name}")).or_default();
            values.extend(value.as_f64());
        }
    }

    fn images(&self) -> usize {
        self.verdicts.values().sum()
    }

    fn quantiles(&self) -> BTreeMap<&str, [f64; SHARES.len()]> {
        let components = self.components.iter();
        components
            .map(|(name, values)| {
                let mut sorted = values.clone();
                sorted.sort_unstable_by(f64::total_cmp);
                (name.as_str(), SHARES.map(|share| quantile(&sorted, share)))
            })
            .collect()
    }

    fn json(&self, found: &Collection, unreadable: &Unreadable) -> Value {
        json!({
            "found": found.json(),
            "images": self.images(),
            "unreadable": unreadable.json(),
            "verdicts": self.verdicts,
            "shares": SHARES,
            "components": self.quantiles(),
        })
    }

    fn print(&self) -> Result<(), Failure> {
        let all = self.images();
        for (verdict, count) in &self.verdicts {
            let percent = 100.0 * *count as f64 / all as f64;
            line(format_args!(
                "{verdict:24} {count:6} of {all} {percent:6.2} %"
            ))?;
        }
        line(format_args!(
            "{:24}{}",
            "share of images below",
            row(SHARES)
        ))?;
        for (name, quantiles) in self.quantiles() {
            line(format_args!("{name:24}{}", row(quantiles)))?;
        }
        Ok(())
    }
}

fn row<const N: usize>(values: [f64; N]) -> String {
    values.map(|value| format!("{value:9.3}")).concat()
}

/// Of sorted values; not a number where there are none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1) as f64;
    let at = (last * share).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}
