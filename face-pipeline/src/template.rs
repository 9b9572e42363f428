//! What remains of a face for comparison: a vector of length one, zeroed when dropped and never shown.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A face template (ISO/IEC 2382-37: biometric template): one vector of length 1 per recogniser, in
/// the manifest's order. It may hold the first recogniser's only.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Template {
    /// Buffers; those beyond `filled` are empty.
    parts: Vec<Vec<f32>>,
    filled: usize,
}

impl Template {
    /// Empties it, to be filled again without new buffers.
    pub(crate) fn clear(&mut self) {
        self.parts.iter_mut().for_each(Zeroize::zeroize);
        self.filled = 0;
    }

    /// Adds the vector of the next recogniser; false if it has no direction.
    pub(crate) fn join(&mut self, vector: &[f32]) -> bool {
        if self.filled == self.parts.len() {
            self.parts.push(Vec::with_capacity(vector.len()));
        }
        let part = &mut self.parts[self.filled];
        part.clear();
        part.extend_from_slice(vector);
        self.filled += 1;
        let length = dot(part, part).sqrt();
        part.iter_mut().for_each(|v| *v /= length);
        length.is_normal()
    }

    /// How many recognisers have filled it.
    pub(crate) fn filled(&self) -> usize {
        self.filled
    }

    /// Mean of the recognisers' cosine similarities, −1 to 1.
    pub(crate) fn similarity(&self, other: &Self) -> f32 {
        let parts = self.parts().zip(other.parts());
        let sum: f32 = parts.map(|(a, b)| dot(a, b)).sum();
        sum / self.filled.min(other.filled).max(1) as f32
    }

    /// Cosine similarity by the first recogniser.
    pub(crate) fn first_similarity(&self, other: &Self) -> f32 {
        let parts = self.parts().zip(other.parts());
        parts.map(|(a, b)| dot(a, b)).next().unwrap_or(0.0)
    }

    fn parts(&self) -> impl Iterator<Item = &[f32]> {
        self.parts[..self.filled].iter().map(Vec::as_slice)
    }
}

/// The weighted mean of templates, per recogniser; not every one has to be of all recognisers.
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct TemplateMean {
    sums: Vec<Vec<f32>>,
}

impl TemplateMean {
    /// Adds the parts of a template from recogniser `first` on.
    pub(crate) fn add(&mut self, template: &Template, first: usize, weight: f32) {
        for (number, part) in template.parts().enumerate().skip(first) {
            if number == self.sums.len() {
                self.sums.push(vec![0.0; part.len()]);
            }
            for (sum, value) in self.sums[number].iter_mut().zip(part) {
                *sum += weight * value;
            }
        }
    }

    /// Mean of the recognisers' cosine similarities of the mean so far and a template; none while a
    /// recogniser of the template is missing.
    pub(crate) fn similarity(&self, other: &Template) -> Option<f32> {
        if self.sums.len() != other.filled {
            return None;
        }
        let cosines = self.sums.iter().zip(other.parts());
        let sum = cosines
            .map(|(sum, part)| cosine(sum, part))
            .sum::<Option<f32>>()?;
        Some(sum / other.filled as f32)
    }

    /// Cosine similarity by the first recogniser; none before the first template.
    pub(crate) fn first_similarity(&self, other: &Template) -> Option<f32> {
        cosine(self.sums.first()?, other.parts().next()?)
    }

    /// The mean so far; none before the first template.
    pub(crate) fn template(&self) -> Option<Template> {
        let mut mean = Template::default();
        let sound = self.sums.iter().all(|sum| mean.join(sum));
        (sound && mean.filled > 0).then_some(mean)
    }
}

/// Of a vector of any length and one of length 1; none if the first has no direction.
fn cosine(sum: &[f32], unit: &[f32]) -> Option<f32> {
    let length = dot(sum, sum).sqrt();
    length.is_normal().then(|| dot(sum, unit) / length)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Template(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(parts: &[&[f32]]) -> Option<Template> {
        let mut template = Template::default();
        let sound = parts.iter().all(|part| template.join(part));
        sound.then_some(template)
    }

    #[test]
    fn joined_templates_give_the_mean_of_the_cosines() {
        let a = joined(&[&[3.0, 0.0], &[0.0, 5.0, 0.0]]).expect("directions");
        let b = joined(&[&[1.0, 0.0], &[4.0, 0.0, 0.0]]).expect("directions");
        assert!((a.similarity(&b) - 0.5).abs() < 1e-6, "cosines 1 and 0");
        assert!((a.similarity(&a) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_vector_without_direction_is_no_template() {
        assert!(joined(&[&[0.0; 4]]).is_none());
        assert!(joined(&[&[f32::NAN, 1.0]]).is_none());
        assert!(TemplateMean::default().template().is_none());
    }

    #[test]
    fn the_mean_is_as_similar_as_the_template_made_of_it() {
        let (a, b) = (joined(&[&[3.0, 1.0]]), joined(&[&[1.0, 2.0]]));
        let (a, b) = (a.expect("a direction"), b.expect("a direction"));
        let mut mean = TemplateMean::default();
        assert!(mean.similarity(&a).is_none());
        mean.add(&a, 0, 1.0);
        mean.add(&b, 0, 0.5);
        let made = mean.template().expect("a direction").similarity(&a);
        assert!((mean.similarity(&a).expect("a mean") - made).abs() < 1e-6);
    }

    #[test]
    fn the_first_recogniser_alone_is_not_taken_for_all() {
        let reference = joined(&[&[1.0, 0.0], &[0.0, 1.0]]).expect("directions");
        let first = joined(&[&[1.0, 0.0]]).expect("a direction");
        let mut mean = TemplateMean::default();
        mean.add(&first, 0, 1.0);
        assert_eq!(mean.first_similarity(&reference), Some(1.0));
        assert_eq!(mean.similarity(&reference), None);
        mean.add(&reference, 1, 1.0);
        assert_eq!(mean.similarity(&reference), Some(1.0));
    }

    #[test]
    fn a_template_does_not_show_itself() {
        let template = joined(&[&[0.25, 0.75]]).expect("a direction");
        assert_eq!(format!("{template:?}"), "Template(…)");
    }
}
