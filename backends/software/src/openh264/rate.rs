//! Which quantizer the next frame gets, so that the stream keeps its bitrate: a pure function of the sizes and times of
//! the frames before it.
//!
//! A bucket fills with every coded bit and drains with time. The fuller it is, the fewer bits the next frame may take; the
//! quantizer follows from how many bits the last frames took at theirs (bits halve with every 6 steps of QP). A key frame
//! has a budget of its own, and is coded again where it exceeds that by much: viewers wait for its last byte. Where the
//! coarsest quantizer is not coarse enough (noise), the picture loses detail before it is coded.

use crate::shared::FINEST;
use framewire_codec::Rate;
use framewire_frame::{Size, Timestamp};

/// The coarsest quantizer of H.264.
pub(super) const COARSEST: i32 = 51;
/// The share of the bitrate that is aimed at, so that the errors of the control stay below the target.
const AIM: f64 = 0.97;
/// A key frame may take so many frames' bits ...
const KEY_FRAMES: f64 = 4.0;
/// ... but no more than so many seconds' ...
const KEY_SECONDS: f64 = 0.5;
/// ... and is coded again above so many times that.
const KEY_TOLERANCE: f64 = 1.2;
/// How often a key frame is coded again at most.
const KEY_RETRIES: u32 = 4;
/// Excess is paid back over about so many seconds.
const RECOVERY_SECONDS: f64 = 0.5;
/// Excess that is remembered at most, in seconds: what the coarsest quantizer could not avoid is not paid for later.
const MAX_DEBT_SECONDS: f64 = 1.0;
/// Unused bits that may be spent later, in frames.
const MAX_CREDIT_FRAMES: f64 = 2.0;
/// How many QP steps finer one frame may be than the one before; small, so that a resting picture sharpens gradually.
const STEP_FINER: i32 = 2;
/// How many QP steps coarser one frame may be than the one before.
const STEP_COARSER: i32 = 16;
/// The quantizer of a picture that rests and is as sharp as it gets. Nothing is left to code then, so that it costs no
/// sharpness, but the frame with which motion sets in takes a third of the bits.
const RESTING: i32 = 28;
/// A frame in which nothing is coded has about so many bits, and so many per macroblock.
const REST_BITS: f64 = 240.0;
const REST_BITS_PER_MACROBLOCK: f64 = 0.05;
/// Bits per pixel of a key frame of average content at [`FIRST_KEY_QP`], where nothing has been coded yet.
const FIRST_KEY_DENSITY: f64 = 0.55;
const FIRST_KEY_QP: f64 = 27.0;
/// The picture loses detail down to squares of 2 to this power.
const MAX_SOFTENING: u32 = 3;
/// Detail is halved at the coarsest quantizer when the debt exceeds so many seconds ...
const SOFTENING_DEBT: f64 = 0.2;
/// ... and the last change was so many seconds ago ...
const SOFTENING_WAIT: f64 = 0.15;
/// ... and doubled when the quantizer is so many steps finer ...
const SHARPENING_MARGIN: i32 = 9;
/// ... for at least so many seconds.
const SHARPENING_WAIT: f64 = 2.0;

/// A quantizer as the library's constant-QP mode takes it: that of the top temporal layer. Lower layers are coded finer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Qp(i32);

/// What the control aims at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// The bitrate.
    Bitrate,
    /// This quantizer, as long as the bitrate allows it.
    Bounded(u8),
    /// This quantizer, whatever the bits.
    Constant(u8),
}

/// How coarsely a frame is to be coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coarseness {
    pub(super) qp: Qp,
    /// Detail below squares of so many samples is taken from the picture first; 1 leaves it as it is.
    pub(super) block: usize,
}

/// What kind of frame a coded size belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Key,
    Inter { layer: u8 },
}

/// The state between two frames.
#[derive(Debug)]
pub(super) struct RateControl {
    bits_per_second: f64,
    frames_per_second: f64,
    layers: u8,
    aim: Aim,
    pixels: f64,
    /// Bits coded beyond what the bitrate allows by now; negative when some are left.
    debt: f64,
    drained: Option<Timestamp>,
    qp: Qp,
    /// Halvings of the picture's detail, and the frames since the last change of it.
    softening: u32,
    frames_since_softening: u32,
    /// Bits at QP 0, by the model, of key frames and of the frames of each layer.
    key_complexity: Option<f64>,
    complexity: [Option<f64>; 3],
    /// Whether the last frame added nothing to a picture at the finest quantizer.
    resting: bool,
}

impl Qp {
    /// The number for the library.
    pub(super) const fn get(self) -> i32 {
        self.0
    }
}

impl RateControl {
    /// A control for pictures of `size` in `layers` temporal layers (1 to 3).
    pub(super) fn new(rate: Rate, size: Size, layers: u8, aim: Aim) -> Self {
        let mut control = Self {
            bits_per_second: 0.0,
            frames_per_second: 0.0,
            layers,
            aim,
            pixels: size.pixels() as f64,
            debt: 0.0,
            drained: None,
            qp: Qp(0),
            softening: 0,
            frames_since_softening: 0,
            key_complexity: None,
            complexity: [None; 3],
            resting: false,
        };
        control.set_rate(rate);
        control.qp = control.key_qp();
        control
    }

    /// Follows another rate from the next frame on.
    pub(super) fn set_rate(&mut self, rate: Rate) {
        self.bits_per_second = f64::from(rate.bitrate.bits_per_second()) * AIM;
        self.frames_per_second = rate.frame_rate.as_f64();
    }

    /// How the frame of this moment is to be coded.
    pub(super) fn choose(&mut self, timestamp: Timestamp, key: bool) -> Coarseness {
        if let Aim::Constant(_) = self.aim {
            self.qp = self.finest();
            return self.coarseness();
        }
        self.drain(timestamp);
        self.qp = if key { self.key_qp() } else { self.inter_qp() };
        self.choose_softening();
        self.coarseness()
    }

    /// How a key frame of so many bits is to be coded again, unless it is small enough or has been coded often enough.
    pub(super) fn choose_again(&mut self, key_bits: f64, retries: u32) -> Option<Coarseness> {
        let budget = self.key_budget();
        let free = matches!(self.aim, Aim::Constant(_));
        if free || key_bits <= budget * KEY_TOLERANCE || retries >= KEY_RETRIES {
            return None;
        }
        if self.qp < self.coarsest() {
            // The model promises less than it holds near the coarse end, so that each retry goes a step further.
            let coarser = (6.0 * (key_bits / budget).log2()).ceil() + 1.0;
            self.qp = self.clamp(f64::from(self.qp.0) + coarser);
        } else if self.softening < MAX_SOFTENING {
            self.soften_by(1);
        } else {
            return None;
        }
        Some(self.coarseness())
    }

    /// Takes note of a frame that was coded with the last chosen quantizer.
    pub(super) fn coded(&mut self, bits: f64, kind: Kind) {
        self.debt = (self.debt + bits).min(self.bits_per_second * MAX_DEBT_SECONDS);
        let empty = bits <= REST_BITS + REST_BITS_PER_MACROBLOCK * self.pixels / 256.0;
        let sharp = self.resting || self.qp <= self.finest();
        self.resting = empty && sharp && kind != Kind::Key;
        let complexity = bits * (f64::from(self.qp.0) / 6.0).exp2();
        let slot = match kind {
            Kind::Key => &mut self.key_complexity,
            Kind::Inter { layer } => &mut self.complexity[usize::from(layer).min(2)],
        };
        *slot = Some(slot.map_or(complexity, |known| f64::midpoint(known, complexity)));
    }

    fn coarseness(&self) -> Coarseness {
        Coarseness { qp: self.qp, block: 1 << self.softening }
    }

    /// Less detail where the coarsest quantizer does not hold the rate; more again where there is room for a while.
    fn choose_softening(&mut self) {
        self.frames_since_softening = self.frames_since_softening.saturating_add(1);
        let debt_seconds = self.debt / self.bits_per_second;
        let waited =
            |seconds: f64| f64::from(self.frames_since_softening) >= seconds * self.frames_per_second;
        if self.qp >= self.coarsest() && debt_seconds > SOFTENING_DEBT && waited(SOFTENING_WAIT) {
            self.soften_by(1);
        } else if self.qp.0 <= self.coarsest().0 - SHARPENING_MARGIN
            && debt_seconds <= 0.0
            && waited(SHARPENING_WAIT)
        {
            self.soften_by(-1);
        }
    }

    fn soften_by(&mut self, steps: i32) {
        let softening = self.softening.saturating_add_signed(steps).min(MAX_SOFTENING);
        if softening != self.softening {
            self.softening = softening;
            self.frames_since_softening = 0;
        }
    }

    fn drain(&mut self, timestamp: Timestamp) {
        if let Some(drained) = self.drained {
            self.debt -= timestamp.since(drained).as_secs_f64() * self.bits_per_second;
        }
        self.debt = self.debt.max(-MAX_CREDIT_FRAMES * self.mean());
        self.drained = Some(timestamp);
    }

    fn key_qp(&self) -> Qp {
        let target = self.key_budget();
        match self.key_complexity {
            Some(complexity) => self.clamp(quantizer(complexity, target)),
            None => {
                let complexity = self.pixels * FIRST_KEY_DENSITY * (FIRST_KEY_QP / 6.0).exp2();
                self.clamp(quantizer(complexity, target).clamp(22.0, 42.0) + f64::from(self.offset()))
            }
        }
    }

    fn inter_qp(&self) -> Qp {
        let Some(complexity) = self.mean_complexity() else { return self.qp };
        let mean = self.mean();
        let frames_to_recover = (self.frames_per_second * RECOVERY_SECONDS).max(4.0);
        let target = (mean - self.debt / frames_to_recover).clamp(mean / 4.0, mean * 1.5);
        let wanted = quantizer(complexity, target);
        if self.resting {
            return self.clamp(wanted.max(f64::from(RESTING + self.offset())));
        }
        let last = f64::from(self.qp.0);
        self.clamp(wanted.clamp(last - f64::from(STEP_FINER), last + f64::from(STEP_COARSER)))
    }

    /// The complexity of an average frame: every other frame is of the top layer, every fourth of the next, and so on.
    fn mean_complexity(&self) -> Option<f64> {
        let top = usize::from(self.layers) - 1;
        let mut sum = 0.0;
        let mut weights = 0.0;
        for (layer, complexity) in self.complexity.iter().enumerate().take(top + 1) {
            let Some(complexity) = complexity else { continue };
            let weight = [0.5, 0.25, 0.125][top - layer.max(1).min(top)];
            sum += weight * complexity;
            weights += weight;
        }
        (weights > 0.0).then(|| sum / weights)
    }

    /// The bits of an average frame. A rate below one frame a second saves up no bits.
    fn mean(&self) -> f64 {
        self.bits_per_second / self.frames_per_second.max(1.0)
    }

    fn key_budget(&self) -> f64 {
        let budget = (self.mean() * KEY_FRAMES).min(self.bits_per_second * KEY_SECONDS);
        // Key frame upon key frame, each still has to be paid for.
        (budget - self.debt.max(0.0) / 2.0).max(self.mean())
    }

    /// How much finer the library codes the lowest of several layers than the top one.
    fn offset(&self) -> i32 {
        if self.layers == 1 { 0 } else { i32::from(self.layers) + 1 }
    }

    fn finest(&self) -> Qp {
        let base = match self.aim {
            Aim::Bitrate => FINEST,
            Aim::Bounded(quantizer) | Aim::Constant(quantizer) => quantizer,
        };
        Qp(i32::from(base) + self.offset())
    }

    fn coarsest(&self) -> Qp {
        Qp(COARSEST + self.offset())
    }

    #[expect(clippy::cast_possible_truncation, reason = "the clamped value is a small integer")]
    fn clamp(&self, qp: f64) -> Qp {
        let (finest, coarsest) = (self.finest().0, self.coarsest().0);
        Qp(qp.round().clamp(f64::from(finest), f64::from(coarsest)) as i32)
    }
}

/// The quantizer at which a frame of this complexity takes the target's bits; not rounded, not limited.
fn quantizer(complexity: f64, target: f64) -> f64 {
    6.0 * (complexity.max(1.0) / target.max(1.0)).log2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_frame::{Bitrate, FrameRate};

    const MEAN: f64 = 1_000_000.0 * AIM / 25.0;

    fn control(layers: u8) -> RateControl {
        let rate =
            Rate { bitrate: Bitrate::from_bits_per_second(1_000_000), frame_rate: FrameRate::whole(25) };
        RateControl::new(rate, Size::new(640, 360).unwrap(), layers, Aim::Bitrate)
    }

    /// Codes frames `range` of content with `complexity` bits at QP 0, and returns the bits of each.
    fn run(control: &mut RateControl, range: std::ops::Range<u64>, complexity: f64) -> Vec<f64> {
        range
            .map(|index| {
                let chosen = control.choose(Timestamp::from_micros(index * 40_000), false);
                let bits = complexity / (f64::from(chosen.qp.0) / 6.0).exp2() / chosen.block.pow(2) as f64;
                control.coded(bits, Kind::Inter { layer: 0 });
                bits
            })
            .collect()
    }

    #[test]
    fn a_jump_of_the_content_is_paid_back_within_two_seconds() {
        let mut control = control(1);
        run(&mut control, 0..50, 4e6);
        let jump = run(&mut control, 50..100, 4e7);
        assert!(jump[0] > 2.0 * MEAN, "the first frame could not be foreseen: {}", jump[0]);
        let share = jump.iter().sum::<f64>() / (50.0 * MEAN);
        assert!((0.9..1.05).contains(&share), "{share}");
    }

    #[test]
    fn a_key_frame_that_is_too_large_is_coded_coarser_until_it_fits_or_nothing_is_left() {
        let mut control = control(1);
        let mut last = control.choose(Timestamp::ZERO, true);
        assert_eq!(control.choose_again(4.0 * MEAN, 0), None);
        for retries in 0..KEY_RETRIES {
            let Some(next) = control.choose_again(1e9, retries) else { break };
            assert!(next.qp > last.qp || next.block > last.block);
            last = next;
        }
        assert_eq!(control.choose_again(1e9, KEY_RETRIES), None);
    }

    #[test]
    fn content_beyond_the_coarsest_quantizer_loses_detail_and_gets_it_back() {
        let mut control = control(1);
        run(&mut control, 0..100, 3.0 * MEAN * (f64::from(COARSEST) / 6.0).exp2());
        assert!(control.softening > 0);
        run(&mut control, 100..500, MEAN);
        assert_eq!(control.softening, 0);
    }

    #[test]
    fn a_rest_ends_at_a_medium_quantizer_once_the_picture_is_sharp() {
        let mut control = control(1);
        run(&mut control, 0..20, 4e6);
        for index in 20..80 {
            control.choose(Timestamp::from_micros(index * 40_000), false);
            control.coded(100.0, Kind::Inter { layer: 0 });
        }
        assert_eq!(control.choose(Timestamp::from_micros(3_200_000), false).qp, Qp(RESTING));
    }

    #[test]
    fn a_constant_quantizer_is_kept_and_a_bounded_one_gives_way_to_the_bitrate() {
        let with = |aim| RateControl { aim, ..control(1) };
        let mut constant = with(Aim::Constant(30));
        run(&mut constant, 0..50, 4e8);
        assert_eq!(constant.choose(Timestamp::from_micros(2_000_000), true).qp, Qp(30));
        assert_eq!(constant.choose_again(1e9, 0), None);
        let mut bounded = with(Aim::Bounded(30));
        run(&mut bounded, 0..50, 1e4);
        assert_eq!(bounded.qp, Qp(30));
        let bits = run(&mut bounded, 50..150, 4e8);
        assert!(bits[50..].iter().sum::<f64>() < 50.0 * MEAN * 1.1);
    }

    #[test]
    fn a_gap_between_frames_saves_up_two_frames_at_most() {
        let mut control = control(1);
        run(&mut control, 0..20, 4e6);
        control.choose(Timestamp::from_micros(60_000_000), false);
        assert!(control.debt >= -MAX_CREDIT_FRAMES * MEAN * 1.001);
        // A clock that stands still gives nothing either.
        control.choose(Timestamp::from_micros(1), false);
        assert!(control.debt >= -MAX_CREDIT_FRAMES * MEAN * 1.001);
    }
}
