//! What remains of a face for comparison: a vector of length one, zeroed when dropped and never shown.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A face template (ISO/IEC 2382-37: biometric template): the vectors of all recognisers, each of
/// length 1/√n, one after the other, so that the product of two templates is the mean of the
/// recognisers' cosine similarities.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Template(Vec<f32>);

impl Template {
    /// Normalises each recogniser's vector and joins them; none if one of them has no direction.
    pub(crate) fn join(mut parts: Vec<Vec<f32>>) -> Option<Self> {
        let share = 1.0 / (parts.len() as f32).sqrt();
        let mut joined = Vec::with_capacity(parts.iter().map(Vec::len).sum());
        let sound = parts.iter_mut().all(|part| scale_to(part, share));
        parts.iter().for_each(|part| joined.extend_from_slice(part));
        parts.zeroize();
        let template = Self(joined);
        sound.then_some(template)
    }

    /// Cosine similarity, −1 to 1.
    pub(crate) fn similarity(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

/// The weighted mean of templates, on its way to one.
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct TemplateMean {
    sum: Vec<f32>,
}

impl TemplateMean {
    pub(crate) fn add(&mut self, template: &Template, weight: f32) {
        if self.sum.is_empty() {
            self.sum.resize(template.0.len(), 0.0);
        }
        for (sum, value) in self.sum.iter_mut().zip(&template.0) {
            *sum += weight * value;
        }
    }

    /// The mean so far; none before the first template.
    pub(crate) fn template(&self) -> Option<Template> {
        let mut mean = Template(self.sum.clone());
        scale_to(&mut mean.0, 1.0).then_some(mean)
    }
}

fn scale_to(vector: &mut [f32], length: f32) -> bool {
    let norm = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
    let usable = norm.is_normal();
    if usable {
        vector.iter_mut().for_each(|v| *v *= length / norm);
    }
    usable
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Template(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_templates_give_the_mean_of_the_cosines() {
        let a = Template::join(vec![vec![3.0, 0.0], vec![0.0, 5.0, 0.0]]).expect("directions");
        let b = Template::join(vec![vec![1.0, 0.0], vec![4.0, 0.0, 0.0]]).expect("directions");
        assert!((a.similarity(&b) - 0.5).abs() < 1e-6, "cosines 1 and 0");
        assert!((a.similarity(&a) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_vector_without_direction_is_no_template() {
        assert!(Template::join(vec![vec![0.0; 4]]).is_none());
        assert!(Template::join(vec![vec![f32::NAN, 1.0]]).is_none());
        assert!(TemplateMean::default().template().is_none());
    }

    #[test]
    fn a_template_does_not_show_itself() {
        let template = Template::join(vec![vec![0.25, 0.75]]).expect("a direction");
        assert_eq!(format!("{template:?}"), "Template(…)");
    }
}
