//! Chance that repeats: everything that varies in the simulated camera is a function of a seed and
//! of time, so that two runs with the same seed see the same pixels.

/// A stream of reproducible random numbers (`SplitMix64`).
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in 0..1.
    pub(super) fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// A number of a distribution close to normal, mean 0 and deviation 1.
    pub(super) fn bell(&mut self) -> f32 {
        // Four uniform numbers: variance 4/12.
        let sum = self.unit() + self.unit() + self.unit() + self.unit();
        (sum - 2.0) * 3f32.sqrt()
    }
}

/// A quantity that wanders smoothly within −1..1, mostly with the given period in seconds.
///
/// Three sines whose frequencies have no common multiple: it does not visibly repeat.
pub(super) fn wander(seed: u64, quantity: u64, period: f32, t: f32) -> f32 {
    const PARTS: [(f32, f32); 3] = [(0.55, 1.0), (0.3, 1.618), (0.15, 2.873)];
    let mut chance = Chance::new(seed ^ quantity.wrapping_mul(0xA24B_AED4_963E_E407));
    PARTS
        .iter()
        .map(|(share, pace)| {
            let phase = chance.unit();
            share * (std::f32::consts::TAU * (pace * t / period + phase)).sin()
        })
        .sum()
}

/// 0 below `from`, 1 above `to`, smooth between.
pub(super) fn ramp(from: f32, to: f32, x: f32) -> f32 {
    let u = ((x - from) / (to - from)).clamp(0.0, 1.0);
    u * u * (3.0 - 2.0 * u)
}
