//! Depth from motion: do the points of a face move as those of a solid head, or as those of a flat
//! picture of one? In: where points of a face with their depths went. Out: the turn of a head that
//! no flat picture can show.
//!
//! A plane that moves before a camera moves its points by a homography; to first order that is
//!
//!   u = a₀ + a₁x + a₂y + x(p₁x + p₂y),   v = b₀ + b₁x + b₂y + y(p₁x + p₂y).
//!
//! A solid that turns by the small angles ω adds its depth z times these: u += ω₁z, v += ω₂z
//! (weak perspective; Longuet-Higgins and Prazdny, "The interpretation of a moving retinal image",
//! 1980). All ten are fitted by least squares; what cannot be said of ω for the scatter of the
//! points is taken off.

use zeroize::Zeroize;

/// A point of a face: where it was, in units of the distance between the eyes, how far it lies away
/// from the camera in the same unit, and how far it went.
#[derive(Clone, Copy, Debug, Zeroize)]
pub(crate) struct Moved {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) z: f64,
    pub(crate) u: f64,
    pub(crate) v: f64,
}

/// What the points of a face did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Parallax {
    /// Turn that needs depth to be seen, radians, less twice its standard error.
    pub(crate) turn: f64,
    /// Standard error of the turn, radians.
    pub(crate) error: f64,
    /// The plane's part: a₀, a₁, a₂, b₀, b₁, b₂, p₁, p₂.
    pub(crate) plane: [f64; 8],
}

/// Turn from which the points are those of a solid, degrees. In NUAA's prints and in moved still
/// pictures one place in forty reaches it, in NUAA's living people one in three.
const SOLID_DEGREES: f64 = 2.0;
/// Least way of a face, over the distance between the eyes, on which a head turns as seen by the
/// camera: by itself, and because the camera sees it from another side.
const MIN_WAY: f64 = 0.1;
/// Largest turn, its error included, at which the points are those of a plane: degrees, per way as
/// above, and at most. Of NUAA's living people and of the simulated ones the least seen is half as
/// large again at ways from 0.2 on; of moved still pictures most stay below.
const FLAT_DEGREES_PER_WAY: f64 = 4.0;
const MAX_FLAT_DEGREES: f64 = 1.5;

/// Narrowness below which something is turned away: a plane by 22° (its cosine).
const MAX_NARROWNESS: f64 = 0.93;
/// Largest turn with its error, degrees, of a plane that is turned so far. Of 42 places of 8 simulated
/// cut-outs the median is 1.2 and the largest 3.0; of 41 of 8 heads the median is 14.5, and two are not
/// above 3.0.
const MAX_PLANE_DEGREES: f64 = 3.0;

impl Parallax {
    /// Whether the points moved as those of a head that turned, and no plane can.
    pub(crate) fn is_solid(&self) -> bool {
        self.turn.to_degrees() > SOLID_DEGREES
    }

    /// Whether the points of a face that went so far, over the distance between the eyes, moved as
    /// those of a plane, and hardly a head would.
    pub(crate) fn is_flat(&self, way: f64) -> bool {
        way >= MIN_WAY && self.most_degrees() < most_flat_degrees(way)
    }

    /// Whether a plane that went so far shows itself as one: what scatters so much that not even a fit
    /// without any turn would be called flat says nothing about who is no plane.
    pub(crate) fn tells_a_plane(&self, way: f64) -> bool {
        let without_turn = Self { turn: 0.0, ..*self };
        without_turn.is_flat(way)
    }

    /// The turn with twice its standard error, degrees; `turn` is less by as much.
    fn most_degrees(&self) -> f64 {
        (self.turn + 4.0 * self.error).to_degrees()
    }

    /// Whether the points moved as those of a plane that was turned away: narrower one way than the
    /// other, and without the depth that a head has which is turned so far.
    pub(crate) fn is_turned_plane(&self) -> bool {
        self.narrowness() < MAX_NARROWNESS && self.most_degrees() < MAX_PLANE_DEGREES
    }

    /// The least length that the plane's part makes of a length, over the greatest: the ratio of the
    /// singular values of its matrix.
    fn narrowness(&self) -> f64 {
        let [_, a1, a2, _, b1, b2, _, _] = self.plane;
        let (a, b, c, d) = (1.0 + a1, a2, b1, 1.0 + b2);
        let squares = (a * a + b * b + c * c + d * d) / 2.0;
        let area = a * d - b * c;
        let apart = (squares * squares - area * area).max(0.0).sqrt();
        ((squares - apart) / (squares + apart)).max(0.0).sqrt()
    }

    /// How far the plane moves a point.
    pub(crate) fn carry(&self, x: f64, y: f64) -> [f64; 2] {
        let [a0, a1, a2, b0, b1, b2, p1, p2] = self.plane;
        let tilt = p1 * x + p2 * y;
        [
            a0 + a1 * x + a2 * y + x * tilt,
            b0 + b1 * x + b2 * y + y * tilt,
        ]
    }
}

/// The turn below which a face that went so far is flat.
fn most_flat_degrees(way: f64) -> f64 {
    (FLAT_DEGREES_PER_WAY * way).min(MAX_FLAT_DEGREES)
}

const UNKNOWNS: usize = 10;
/// Fewer points than this say nothing.
const MIN_POINTS: usize = 20;
/// Points that scatter more than so many times the median are lids, lips or wrongly followed.
const OUTLIER: f64 = 2.5;

/// Fits twice, the second time without the points that move on their own.
pub(crate) fn fit(points: &mut Vec<Moved>, scatter: &mut Vec<f64>) -> Option<Parallax> {
    let first = solve(points)?;
    scatter.clear();
    scatter.extend(points.iter().map(|p| off(p, &first.solution)));
    scatter.sort_unstable_by(f64::total_cmp);
    let limit = OUTLIER * scatter.get(scatter.len() / 2).copied()?;
    points.retain(|p| off(p, &first.solution) <= limit);
    let Fit {
        solution: s,
        inverse,
    } = solve(points)?;
    let squares: f64 = points.iter().map(|p| off(p, &s).powi(2)).sum();
    let freedom = (2 * points.len()).saturating_sub(UNKNOWNS).max(1) as f64;
    let variance = squares / freedom;
    let error = (variance * inverse[8].max(inverse[9])).sqrt();
    let turn = (s[8].hypot(s[9]) - 2.0 * error).max(0.0);
    let plane = std::array::from_fn(|i| s[i]);
    (turn.is_finite() && error.is_finite()).then_some(Parallax { turn, error, plane })
}

struct Fit {
    solution: [f64; UNKNOWNS],
    /// Diagonal of the inverse normal matrix.
    inverse: [f64; UNKNOWNS],
}

/// The rows of a point's two equations.
fn rows(p: &Moved) -> [[f64; UNKNOWNS]; 2] {
    let Moved { x, y, z, .. } = *p;
    [
        [1.0, x, y, 0.0, 0.0, 0.0, x * x, x * y, z, 0.0],
        [0.0, 0.0, 0.0, 1.0, x, y, x * y, y * y, 0.0, z],
    ]
}

fn off(p: &Moved, solution: &[f64; UNKNOWNS]) -> f64 {
    let [u, v] = rows(p).map(|row| row.iter().zip(solution).map(|(a, s)| a * s).sum::<f64>());
    (p.u - u).hypot(p.v - v)
}

fn solve(points: &[Moved]) -> Option<Fit> {
    if points.len() < MIN_POINTS {
        return None;
    }
    // Normal equations, the identity beside them for the inverse.
    const WIDTH: usize = 2 * UNKNOWNS + 1;
    let mut m = [[0.0; WIDTH]; UNKNOWNS];
    for p in points {
        for (row, value) in rows(p).iter().zip([p.u, p.v]) {
            for i in 0..UNKNOWNS {
                for j in 0..UNKNOWNS {
                    m[i][j] += row[i] * row[j];
                }
                m[i][UNKNOWNS] += row[i] * value;
            }
        }
    }
    for (i, row) in m.iter_mut().enumerate() {
        row[UNKNOWNS + 1 + i] = 1.0;
    }
    eliminate(&mut m)?;
    Some(Fit {
        solution: std::array::from_fn(|i| m[i][UNKNOWNS]),
        inverse: std::array::from_fn(|i| m[i][UNKNOWNS + 1 + i]),
    })
}

/// Gauss and Jordan's elimination with pivots; none where the equations leave something open.
fn eliminate<const W: usize, const N: usize>(m: &mut [[f64; W]; N]) -> Option<()> {
    const SINGULAR: f64 = 1e-9;
    for column in 0..N {
        let pivot =
            (column..N).max_by(|a, b| m[*a][column].abs().total_cmp(&m[*b][column].abs()))?;
        let size = m[pivot][column].abs();
        if size.is_nan() || size <= SINGULAR {
            return None;
        }
        m.swap(column, pivot);
        let by = m[column][column];
        m[column].iter_mut().for_each(|v| *v /= by);
        let pivot = m[column];
        for (_, row) in m.iter_mut().enumerate().filter(|(i, _)| *i != column) {
            let factor = row[column];
            row.iter_mut()
                .zip(&pivot)
                .for_each(|(v, p)| *v -= factor * p);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head of sorts: an ellipsoid with a nose, seen at 9×9 points.
    fn head() -> Vec<[f64; 3]> {
        let grid = (0..81).map(|i| [f64::from(i % 9) / 4.0 - 1.0, f64::from(i / 9) / 3.0 - 1.0]);
        let depth = |x: f64, y: f64| {
            let nose = 0.35 * (-((x * x + (y - 0.6).powi(2)) / 0.08)).exp();
            0.5 * x * x + 0.2 * y * y - nose
        };
        grid.map(|[x, y]| [x, y, depth(x, y)]).collect()
    }

    fn moved(motion: impl Fn(f64, f64, f64) -> [f64; 2]) -> Option<Parallax> {
        moved_with(0.01, motion)
    }

    /// With points found as inexactly as this, over the distance between the eyes.
    fn moved_with(scatter: f64, motion: impl Fn(f64, f64, f64) -> [f64; 2]) -> Option<Parallax> {
        let noise = |i: usize| ((i * 7919 % 101) as f64 / 101.0 - 0.5) * scatter;
        let mut points: Vec<Moved> = head()
            .into_iter()
            .enumerate()
            .map(|(i, [x, y, z])| {
                let [u, v] = motion(x, y, z);
                let (u, v) = (u + noise(i), v + noise(i + 40));
                Moved { x, y, z, u, v }
            })
            .collect();
        fit(&mut points, &mut Vec::new())
    }

    #[test]
    fn a_head_that_turns_by_three_degrees_is_seen_to() {
        let turn = 3.0_f64.to_radians();
        let seen = moved(|_, _, z| [turn * z, 0.0]).expect("points");
        assert!((seen.turn - turn).abs() < 0.012, "{seen:?}");
        assert!(seen.is_solid() && !seen.is_flat(0.5), "{seen:?}");
    }

    #[test]
    fn a_plane_that_is_moved_turned_scaled_and_tilted_has_no_depth() {
        let seen = moved(|x, y, _| {
            let tilt = 0.02 * x - 0.01 * y;
            [
                0.3 + 0.1 * x - 0.05 * y + x * tilt,
                -0.2 + 0.05 * x + 0.08 * y + y * tilt,
            ]
        });
        let seen = seen.expect("points");
        assert!(seen.turn < 0.5_f64.to_radians(), "{seen:?}");
        assert!(seen.is_flat(0.4) && !seen.is_solid(), "{seen:?}");
        assert!(!seen.is_flat(0.02), "who holds still is not flat");
    }

    /// A place counts as far only there: a plane that scatters more is not flat, and no head either.
    #[test]
    fn a_plane_is_flat_wherever_the_points_are_exact_enough_to_tell() {
        let mut told = [0, 0];
        for way in [0.1, 0.12, 0.15, 0.2] {
            for scatter in [0.0005, 0.001, 0.002, 0.004, 0.01, 0.02] {
                let tilt = |x: f64| 0.01 * x;
                let seen = moved_with(scatter, |x, y, _| {
                    [way + x * tilt(x), 0.02 * y + y * tilt(x)]
                });
                let seen = seen.expect("points");
                let tells = seen.tells_a_plane(way);
                assert_eq!(seen.is_flat(way), tells, "{way} {scatter} {seen:?}");
                told[usize::from(tells)] += 1;
            }
        }
        assert!(told[0] > 0 && told[1] > 0, "{told:?}");
    }

    #[test]
    fn a_picture_that_is_turned_away_is_one_and_a_head_is_not() {
        let turn = 30.0_f64.to_radians();
        // Narrower by the cosine, nearer on one side: the camera is five times the width away.
        let picture = moved(|x, y, _| {
            let nearer = 1.0 / (1.0 + x * turn.sin() / 10.0);
            [x * turn.cos() * nearer - x, y * nearer - y]
        });
        let picture = picture.expect("points");
        assert!(
            picture.is_turned_plane() && !picture.is_solid(),
            "{picture:?}"
        );
        let head = moved(|x, _, z| [x * turn.cos() + z * turn.sin() - x, 0.0]).expect("points");
        assert!(head.is_solid() && !head.is_turned_plane(), "{head:?}");
    }

    #[test]
    fn too_few_points_and_points_on_a_plane_say_nothing() {
        assert!(fit(&mut Vec::new(), &mut Vec::new()).is_none());
        let mut flat: Vec<Moved> = head()
            .into_iter()
            .map(|[x, y, _]| Moved {
                x,
                y,
                z: 0.0,
                u: 0.0,
                v: 0.0,
            })
            .collect();
        assert!(fit(&mut flat, &mut Vec::new()).is_none());
    }
}
