//! Plots as SVG: histograms of scores and detection-error-trade-off curves. Drawn by hand, so that
//! they are small enough for git and the same to the byte for the same figures.

use std::fmt::Write as _;

/// A curve or histogram and its name.
pub struct Series {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// A line across the plot at a value of x.
pub struct Mark {
    pub x: f64,
    pub name: String,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const MARGIN: f64 = 48.0;
/// Told apart by people who do not see all colours (Okabe and Ito).
const COLOURS: [&str; 4] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];
/// Once the colours are used up, the next series have the next dashes.
const DASHES: [&str; 4] = ["none", "6 3", "2 2", "8 3 2 3"];
const BINS: usize = 120;
/// The least rate on a trade-off plot; a share of 10⁻⁵.
const LEAST_RATE: f64 = 1e-5;

/// Shares of each class's scores per bin of width (high − low) / 120.
pub fn histogram(
    title: &str,
    classes: &[(&str, &[f32])],
    range: (f64, f64),
    marks: &[Mark],
) -> String {
    let (low, high) = range;
    let series: Vec<Series> = classes
        .iter()
        .map(|(name, scores)| {
            let mut bins = vec![0_usize; BINS];
            for score in *scores {
                let at = (f64::from(*score) - low) / (high - low) * BINS as f64;
                bins[(at.max(0.0) as usize).min(BINS - 1)] += 1;
            }
            let share = |count: usize| count as f64 / scores.len().max(1) as f64;
            let x = |bin: usize| low + (high - low) * (bin as f64 + 0.5) / BINS as f64;
            let points = bins.iter().enumerate();
            Series {
                name: format!("{name} ({})", scores.len()),
                points: points.map(|(bin, count)| (x(bin), share(*count))).collect(),
            }
        })
        .collect();
    let tallest = series
        .iter()
        .flat_map(|s| s.points.iter().map(|p| p.1))
        .fold(f64::MIN_POSITIVE, f64::max);
    let frame = Frame {
        x: Axis::linear(low, high, 0.2),
        y: Axis::linear(0.0, tallest * 1.05, tallest / 4.0),
    };
    frame.draw(
        title,
        "score",
        "share of comparisons per bin",
        &series,
        marks,
    )
}

/// Detection error trade-off: both error rates over all thresholds, on logarithmic axes.
pub fn trade_off(title: &str, x_name: &str, y_name: &str, series: &[Series]) -> String {
    let frame = Frame {
        x: Axis::logarithmic(LEAST_RATE),
        y: Axis::logarithmic(LEAST_RATE),
    };
    frame.draw(title, x_name, y_name, series, &[])
}

struct Axis {
    low: f64,
    high: f64,
    ticks: Vec<f64>,
    logarithmic: bool,
}

impl Axis {
    fn linear(low: f64, high: f64, step: f64) -> Self {
        let first = (low / step).ceil() as i64;
        let ticks = (first..)
            .map(|n| n as f64 * step)
            .take_while(|t| *t <= high);
        Self {
            low,
            high,
            ticks: ticks.collect(),
            logarithmic: false,
        }
    }

    fn logarithmic(least: f64) -> Self {
        let decades = least.log10().round() as i32..=0;
        Self {
            low: least.log10(),
            high: 0.0,
            ticks: decades.map(|d| 10_f64.powi(d)).collect(),
            logarithmic: true,
        }
    }

    /// Where a value lies, 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let value = if self.logarithmic {
            value.max(10_f64.powf(self.low)).log10()
        } else {
            value
        };
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    fn label(&self, tick: f64) -> String {
        if self.logarithmic {
            format!("{tick:.0e}")
        } else {
            format!("{tick:.2}")
        }
    }
}

struct Frame {
    x: Axis,
    y: Axis,
}

impl Frame {
    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (
            MARGIN + self.x.place(x) * (WIDTH - 2.0 * MARGIN),
            HEIGHT - MARGIN - self.y.place(y) * (HEIGHT - 2.0 * MARGIN),
        )
    }

    fn draw(
        &self,
        title: &str,
        x_name: &str,
        y_name: &str,
        series: &[Series],
        marks: &[Mark],
    ) -> String {
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"11\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
        );
        text(&mut svg, (WIDTH / 2.0, 18.0), "middle", title);
        text(&mut svg, (WIDTH / 2.0, HEIGHT - 8.0), "middle", x_name);
        let _ = writeln!(
            svg,
            "<g transform=\"translate(12 {}) rotate(-90)\"><text text-anchor=\"middle\">{y_name}</text></g>",
            HEIGHT / 2.0
        );
        self.grid(&mut svg);
        for mark in marks {
            let (x, top) = self.at(mark.x, f64::INFINITY);
            line(&mut svg, &[(x, top), (x, HEIGHT - MARGIN)], "#888", "4 3");
            text(&mut svg, (x + 2.0, top + 10.0), "start", &mark.name);
        }
        for (number, one) in series.iter().enumerate() {
            let colour = COLOURS[number % COLOURS.len()];
            let dashes = DASHES[number / COLOURS.len() % DASHES.len()];
            let points: Vec<_> = one.points.iter().map(|(x, y)| self.at(*x, *y)).collect();
            line(&mut svg, &points, colour, dashes);
            let y = 34.0 + 14.0 * number as f64;
            line(
                &mut svg,
                &[(60.0, y - 4.0), (80.0, y - 4.0)],
                colour,
                dashes,
            );
            text(&mut svg, (86.0, y), "start", &one.name);
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn grid(&self, svg: &mut String) {
        let (left, bottom) = (MARGIN, HEIGHT - MARGIN);
        for tick in &self.x.ticks {
            let (x, _) = self.at(*tick, 0.0);
            line(svg, &[(x, MARGIN), (x, bottom)], "#ddd", "none");
            text(svg, (x, bottom + 14.0), "middle", &self.x.label(*tick));
        }
        for tick in &self.y.ticks {
            let (_, y) = self.at(0.0, *tick);
            line(svg, &[(left, y), (WIDTH - MARGIN, y)], "#ddd", "none");
            text(svg, (left - 3.0, y + 4.0), "end", &self.y.label(*tick));
        }
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        svg,
        "<text x=\"{x:.0}\" y=\"{y:.0}\" text-anchor=\"{anchor}\">{words}</text>"
    );
}

fn line(svg: &mut String, points: &[(f64, f64)], colour: &str, dashes: &str) {
    let list = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}"));
    let list = list.collect::<Vec<_>>().join(" ");
    let _ = writeln!(
        svg,
        "<polyline points=\"{list}\" fill=\"none\" stroke=\"{colour}\" stroke-dasharray=\"{dashes}\"/>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_is_well_formed_and_stays_inside_its_frame() {
        let scores = [-5.0, 0.1, 0.2, f32::NAN, 9.0];
        let svg = histogram("a < b & c", &[("some", &scores)], (-0.5, 1.0), &[]);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
        assert!(svg.contains("a &lt; b &amp; c"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn sixteen_attacks_are_told_apart() {
        let series: Vec<Series> = (0..16)
            .map(|n| Series {
                name: format!("attack {n}"),
                points: vec![(0.1, 0.1)],
            })
            .collect();
        let svg = trade_off("", "", "", &series);
        let legend = svg.lines().filter(|l| l.contains("points=\"60.0"));
        let style = |l: &str| l.split_once("fill").map(|(_, style)| style.to_owned());
        let styles: std::collections::BTreeSet<_> = legend.filter_map(style).collect();
        assert_eq!(styles.len(), 16);
    }
}
