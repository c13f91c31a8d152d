//! Seeded noise without a state: the value at a place is a hash of the place.
//!
//! A generator that is advanced would make what a plant shows depend on what was asked before.
//! Hashed noise gives any instant its value directly, which is what a history in any order and a
//! restart need, and it costs nanoseconds.

/// One independent source of noise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise(u64);

impl Noise {
    /// The source called `channel` under a seed.
    pub(crate) const fn new(seed: u64, channel: u64) -> Self {
        Self(mix(mix(seed) ^ channel))
    }

    /// A number for a place, every bit of it random.
    pub(crate) const fn bits(self, place: u64) -> u64 {
        mix(self.0 ^ mix(place))
    }

    /// A number for a place, evenly distributed in `0..1`.
    pub(crate) fn unit(self, place: u64) -> f64 {
        // 53 bits are what an f64 holds exactly.
        (self.bits(place) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number for a place, evenly distributed in `-1..1`.
    pub(crate) fn signed(self, place: u64) -> f64 {
        self.unit(place) * 2.0 - 1.0
    }

    /// Smooth noise in `0..1`: random at each whole number, eased in between.
    pub(crate) fn smooth(self, x: f64) -> f64 {
        let whole = x.floor();
        let left = self.unit((whole as i64).cast_unsigned());
        let right = self.unit((whole as i64 + 1).cast_unsigned());
        let fraction = x - whole;
        left + (right - left) * fraction * fraction * (3.0 - 2.0 * fraction)
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that spreads every bit.
const fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_fill_the_unit_interval_evenly() {
        let noise = Noise::new(1, 2);
        let mut tenths = [0; 10];
        for place in 0..10_000 {
            tenths[(noise.unit(place) * 10.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|&count| (900..1100).contains(&count)), "{tenths:?}");
    }

    #[test]
    fn smooth_noise_has_no_jumps_also_left_of_zero() {
        let noise = Noise::new(1, 2);
        let mut last = noise.smooth(-5.0);
        for step in -4999..5000 {
            let value = noise.smooth(f64::from(step) / 1000.0);
            assert!((value - last).abs() < 0.002);
            assert!((0.0..1.0).contains(&value));
            last = value;
        }
    }
}
