//! What remains of a face for comparison: a vector of length one, zeroed when dropped and never shown.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A face template (ISO/IEC 2382-37: biometric template): the vectors of all recognisers, each of
/// length 1/√n, one after the other, so that the product of two templates is the mean of the
/// recognisers' cosine similarities.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Template(Vec<f32>);

impl Template {
    /// Empties it, to be filled again without a new buffer.
    pub(crate) fn clear(&mut self) {
        self.0.zeroize();
    }

    /// Adds the vector of one of `recognisers` recognisers; false if it has no direction.
    pub(crate) fn join(&mut self, vector: &[f32], recognisers: usize) -> bool {
        let start = self.0.len();
        let room = vector.len() * recognisers;
        if self.0.capacity() < room {
            self.0.reserve_exact(room); // while it is empty: a moved buffer would leave its numbers behind
        }
        self.0.extend_from_slice(vector);
        scale_to(&mut self.0[start..], 1.0 / (recognisers as f32).sqrt())
    }

    /// Cosine similarity, −1 to 1.
    pub(crate) fn similarity(&self, other: &Self) -> f32 {
        dot(&self.0, &other.0)
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

    /// Cosine similarity of the mean so far and a template; none before the first template.
    pub(crate) fn similarity(&self, other: &Template) -> Option<f32> {
        let length = dot(&self.sum, &self.sum).sqrt();
        length
            .is_normal()
            .then(|| dot(&self.sum, &other.0) / length)
    }

    /// The mean so far; none before the first template.
    pub(crate) fn template(&self) -> Option<Template> {
        let mut mean = Template(self.sum.clone());
        scale_to(&mut mean.0, 1.0).then_some(mean)
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn scale_to(vector: &mut [f32], length: f32) -> bool {
    let norm = dot(vector, vector).sqrt();
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

    fn joined(parts: &[&[f32]]) -> Option<Template> {
        let mut template = Template::default();
        let sound = parts.iter().all(|part| template.join(part, parts.len()));
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
        mean.add(&a, 1.0);
        mean.add(&b, 0.5);
        let made = mean.template().expect("a direction").similarity(&a);
        assert!((mean.similarity(&a).expect("a mean") - made).abs() < 1e-6);
    }

    #[test]
    fn a_template_does_not_show_itself() {
        let template = joined(&[&[0.25, 0.75]]).expect("a direction");
        assert_eq!(format!("{template:?}"), "Template(…)");
    }
}
