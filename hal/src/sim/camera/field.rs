//! Planes of numbers over an image: sampling, smoothing and filling the places where nothing is
//! known from those where something is. Used for depth, for cover and for backgrounds.

/// A plane of values with `N` channels, row by row.
#[derive(Clone)]
pub(super) struct Field<const N: usize> {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<[f32; N]>,
}

impl<const N: usize> Field<N> {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            values: vec![[0.0; N]; width * height],
        }
    }

    pub(super) fn from_fn(
        width: usize,
        height: usize,
        mut value: impl FnMut(usize, usize) -> [f32; N],
    ) -> Self {
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            values.extend((0..width).map(|x| value(x, y)));
        }
        Self {
            width,
            height,
            values,
        }
    }

    /// The value between samples; beyond the border, the border's.
    #[inline]
    pub(super) fn at(&self, x: f32, y: f32) -> [f32; N] {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (u, v) = (x - left as f32, y - top as f32);
        let right = (left + 1).min(self.width - 1);
        let below = (top + 1).min(self.height - 1) * self.width;
        let top = top * self.width;
        let (a, b) = (&self.values[top + left], &self.values[top + right]);
        let (c, d) = (&self.values[below + left], &self.values[below + right]);
        std::array::from_fn(|i| {
            let upper = a[i] + (b[i] - a[i]) * u;
            let lower = c[i] + (d[i] - c[i]) * u;
            upper + (lower - upper) * v
        })
    }

    /// The mean over a square of side `2·radius + 1` around each place.
    pub(super) fn smooth(&self, radius: usize) -> Self {
        let across = Self::blur_lines(&self.values, self.width, self.height, 1, self.width, radius);
        let values = Self::blur_lines(&across, self.height, self.width, self.width, 1, radius);
        Self { values, ..*self }
    }

    /// Running mean along `lines` lines of `length` values `step` apart.
    fn blur_lines(
        from: &[[f32; N]],
        length: usize,
        lines: usize,
        step: usize,
        next_line: usize,
        radius: usize,
    ) -> Vec<[f32; N]> {
        let mut to = vec![[0.0; N]; from.len()];
        let last = length - 1;
        let share = 1.0 / (2 * radius + 1) as f32;
        for line in 0..lines {
            let value = |i: usize| &from[line * next_line + i.min(last) * step];
            let mut sum: [f32; N] = std::array::from_fn(|c| {
                value(0)[c] * radius as f32 + (0..=radius).map(|i| value(i)[c]).sum::<f32>()
            });
            for i in 0..length {
                let place = &mut to[line * next_line + i * step];
                let (leaves, enters) = (value(i.saturating_sub(radius)), value(i + radius + 1));
                for c in 0..N {
                    place[c] = sum[c] * share;
                    sum[c] += enters[c] - leaves[c];
                }
            }
        }
        to
    }
}

/// Fills a plane from the places that have weight: those keep their value, the others take a
/// smooth mean of what is around them ("pull-push" over a pyramid of halved planes).
pub(super) fn spread<const N: usize>(known: &Field<N>, weight: &[f32]) -> Field<N> {
    if known.width <= 1 && known.height <= 1 {
        return known.clone();
    }
    let (coarse, coarse_weight) = halve(known, weight);
    let coarse = spread(&coarse, &coarse_weight);
    Field::from_fn(known.width, known.height, |x, y| {
        let i = y * known.width + x;
        let own = weight[i].min(1.0);
        let around = coarse.at(x as f32 / 2.0 - 0.25, y as f32 / 2.0 - 0.25);
        std::array::from_fn(|c| around[c] + (known.values[i][c] - around[c]) * own)
    })
}

fn halve<const N: usize>(known: &Field<N>, weight: &[f32]) -> (Field<N>, Vec<f32>) {
    let (width, height) = (known.width.div_ceil(2), known.height.div_ceil(2));
    let mut weights = Vec::with_capacity(width * height);
    let field = Field::from_fn(width, height, |x, y| {
        let mut sum = [0.0; N];
        let mut total = 0.0;
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let (fx, fy) = (2 * x + dx, 2 * y + dy);
            if fx < known.width && fy < known.height {
                let i = fy * known.width + fx;
                total += weight[i];
                for (sum, value) in sum.iter_mut().zip(known.values[i]) {
                    *sum += value * weight[i];
                }
            }
        }
        weights.push(total.min(1.0));
        sum.map(|s| if total > 0.0 { s / total } else { 0.0 })
    });
    (field, weights)
}
