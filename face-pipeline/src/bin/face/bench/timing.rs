//! Time on the wall and of all cores together, and its percentiles.

use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

/// What one run took, milliseconds.
#[derive(Clone, Copy)]
pub struct Spent {
    pub cpu_ms: f64,
    pub wall_ms: f64,
}

impl Spent {
    pub fn time<T>(work: impl FnOnce() -> T) -> (T, Self) {
        let (cpu, wall) = (cpu_ms(), Instant::now());
        let result = work();
        let spent = Self {
            cpu_ms: cpu_ms() - cpu,
            wall_ms: wall.elapsed().as_secs_f64() * 1e3,
        };
        (result, spent)
    }
}

/// All runs of one thing.
pub struct Times {
    pub name: String,
    runs: Vec<Spent>,
}

const PERCENTILES: [usize; 3] = [50, 95, 99];

impl Times {
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            runs: Vec::new(),
        }
    }

    pub fn add(&mut self, spent: Spent) {
        self.runs.push(spent);
    }

    pub fn mean_cpu_ms(&self) -> f64 {
        self.mean(|s| s.cpu_ms)
    }

    fn mean(&self, of: impl Fn(&Spent) -> f64) -> f64 {
        self.runs.iter().map(of).sum::<f64>() / self.runs.len() as f64
    }

    pub fn median_cpu_ms(&self) -> f64 {
        self.percentiles(|s| s.cpu_ms)[0]
    }

    pub fn median_wall_ms(&self) -> f64 {
        self.percentiles(|s| s.wall_ms)[0]
    }

    fn percentiles(&self, of: impl Fn(&Spent) -> f64) -> [f64; 3] {
        let mut sorted: Vec<f64> = self.runs.iter().map(of).collect();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        PERCENTILES.map(|p| sorted.get(last * p / 100).copied().unwrap_or(f64::NAN))
    }

    pub fn json(&self) -> Value {
        let [cpu, wall] = [
            self.percentiles(|s| s.cpu_ms),
            self.percentiles(|s| s.wall_ms),
        ];
        let means = [self.mean(|s| s.cpu_ms), self.mean(|s| s.wall_ms)];
        let named =
            |mean: f64, p: [f64; 3]| json!({ "mean": mean, "p50": p[0], "p95": p[1], "p99": p[2] });
        json!({ "name": self.name, "cpu_ms": named(means[0], cpu), "wall_ms": named(means[1], wall) })
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:34}", self.name)?;
        for (mean, percentiles) in [
            (self.mean(|s| s.cpu_ms), self.percentiles(|s| s.cpu_ms)),
            (self.mean(|s| s.wall_ms), self.percentiles(|s| s.wall_ms)),
        ] {
            let [p50, p95, p99] = percentiles;
            write!(f, " {mean:8.2} {p50:8.2} {p95:8.2} {p99:8.2} ")?;
        }
        Ok(())
    }
}

/// What [`Times`] are displayed below.
pub const HEADING: &str = "milliseconds                        CPU mean      p50      p95      p99  wall mean      p50      p95      p99";

fn cpu_ms() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}
