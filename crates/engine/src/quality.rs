use framewire_codec::Rate;

/// Holds the images of a rendition within its bitrate by their quality.
///
/// The size of an image grows about with the power 1.5 of its quality in the range used here, so that the ratio of the
/// wanted and the real size says how far to go; steps are damped, downwards less than upwards, since a picture that is
/// too large holds up the path at once.
#[derive(Debug)]
pub(crate) struct Quality {
    most: f64,
    now: f64,
}

/// Below this, JPEG shows little but blocks.
const LEAST: f64 = 20.0;

impl Quality {
    pub(crate) fn new(most: u8) -> Self {
        Self { most: f64::from(most), now: f64::from(most) }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
    pub(crate) fn get(&self) -> u8 {
        self.now.round() as u8
    }

    /// Takes the size of an image that was made with [`Quality::get`] as one of a stream of `rate`.
    pub(crate) fn record(&mut self, bytes: usize, rate: Rate) {
        let budget = f64::from(rate.bitrate.bits_per_second()) / 8.0 / rate.frame_rate.as_f64();
        let ratio = budget / (bytes.max(1) as f64);
        // Within a tenth of the budget nothing changes, so that the picture does not pump.
        let factor = match ratio {
            r if r < 1.0 => r.powf(0.5).max(0.5),
            r if r > 1.1 => r.powf(0.2).min(1.1),
            _ => 1.0,
        };
        self.now = (self.now * factor).clamp(LEAST.min(self.most), self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_frame::{Bitrate, FrameRate};

    fn rate(bits: u32) -> Rate {
        Rate { bitrate: Bitrate::from_bits_per_second(bits), frame_rate: FrameRate::whole(25) }
    }

    /// What an encoder makes of a picture: 1000 bytes times quality to the power 1.5.
    fn settle(quality: &mut Quality, rate: Rate) -> f64 {
        let mut bytes = 0.0;
        for _ in 0..200 {
            bytes = 1000.0 * f64::from(quality.get()).powf(1.5);
            quality.record(bytes as usize, rate);
        }
        bytes
    }

    #[test]
    fn images_that_fit_keep_their_quality() {
        let mut quality = Quality::new(80);
        settle(&mut quality, rate(1_000_000_000));
        assert_eq!(quality.get(), 80);
    }

    #[test]
    fn images_that_do_not_fit_become_smaller_until_they_do() {
        let mut quality = Quality::new(80);
        // 25 images a second in 40 Mb/s: 200,000 bytes each.
        let bytes = settle(&mut quality, rate(40_000_000));
        assert!((150_000.0..=220_000.0).contains(&bytes), "{bytes}");
        settle(&mut quality, rate(1_000_000_000));
        assert_eq!(quality.get(), 80, "the quality comes back with the bitrate");
    }

    #[test]
    fn there_is_a_floor_that_never_raises_the_quality() {
        let mut quality = Quality::new(80);
        settle(&mut quality, rate(1000));
        assert_eq!(quality.get(), 20);
        let mut low = Quality::new(10);
        settle(&mut low, rate(1000));
        assert_eq!(low.get(), 10);
    }
}
