//! From an [`EncoderConfig`] to the parameters of the library.

use crate::shared::{FINEST, macroblocks, quantizer, slice_threads};
use framewire_codec::{BackendError, Content, EncoderConfig, Preset, Profile, Rate};
use framewire_frame::{Bitrate, Color, FrameRate, Size};

/// The most macroblocks of any level (H.264, table A-1, level 6.2).
const MAX_MACROBLOCKS: u32 = 139_264;
/// The most threads that the library has.
const MAX_THREADS: usize = 128;
/// The most kilobits a second that the library takes.
const MAX_KILOBITS: f64 = 2_000_000.0;
/// The buffer of the library's model, which bounds the first key frame, in frames ...
const BUFFER_FRAMES: f64 = 5.0;
/// ... but no more than so many seconds ...
const BUFFER_SECONDS: f64 = 0.5;
/// ... unless a frame lasts longer than that.
const LEAST_BUFFER_FRAMES: f64 = 1.5;
/// For files the rate may rise to so many times the mean ...
const FILE_PEAK: f64 = 2.0;
/// ... for so many seconds.
const FILE_BUFFER_SECONDS: f64 = 2.0;
/// A distance of key frames that is never reached.
const NEVER: u32 = 1 << 29;
/// The library's own number of pictures to look ahead in the preset for quality, each of which it holds in memory ...
const LOOKAHEAD: usize = 40;
/// ... and the number of pixels beyond which they are fewer, so that they never take more memory than at 1080p.
const LOOKAHEAD_PIXELS: usize = 1920 * 1088;
/// A wave of intra refresh crosses the picture in so many seconds.
const REFRESH_SECONDS: f64 = 2.0;

/// Everything about a session that follows from its config.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// The library's name for a trade between time and size.
    pub(super) preset: &'static str,
    /// The library's name for what the preset is changed for.
    pub(super) tune: Option<&'static str>,
    /// Parameters by the library's own names, in order.
    pub(super) options: Vec<(&'static str, String)>,
    /// The most that the stream may use.
    pub(super) profile: &'static str,
    pub(super) size: Size,
    pub(super) color: Color,
    /// Whether macroblocks that are said to be unchanged are skipped.
    pub(super) uses_changes: bool,
    /// As the library was told when it was opened.
    frame_rate: FrameRate,
    control: Control,
}

/// What bounds the bits of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    /// The bitrate, at any moment.
    Stream,
    /// The bitrate in the mean.
    File,
    /// Quality, as long as the bitrate allows it.
    BoundedQuality,
    /// Quality alone.
    Quality,
}

impl Settings {
    pub(super) fn new(config: &EncoderConfig) -> Result<Self, BackendError> {
        check_size(config.size)?;
        let control = match (config.preset, config.quality) {
            (Preset::LowLatency, None) => Control::Stream,
            (Preset::LowLatency, Some(_)) => Control::BoundedQuality,
            (Preset::Fast | Preset::Quality, None) => Control::File,
            (Preset::Fast | Preset::Quality, Some(_)) => Control::Quality,
        };
        let (preset, tune) = match config.preset {
            Preset::LowLatency => ("ultrafast", Some("zerolatency")),
            Preset::Fast => ("ultrafast", None),
            Preset::Quality => ("medium", None),
        };
        let profile = match config.profile {
            Profile::Baseline => "baseline",
            Profile::Main => "main",
            Profile::High => "high",
        };
        // The library skips only where the picture before is the only reference and is not weighted.
        let uses_changes = config.preset != Preset::Quality;
        let mut settings = Self {
            preset,
            tune,
            options: Vec::new(),
            profile,
            size: config.size,
            color: config.color,
            frame_rate: config.rate.frame_rate,
            uses_changes,
            control,
        };
        settings.fill(config);
        Ok(settings)
    }

    /// Follows another rate, also when a session is opened anew, and returns the parameters that change.
    ///
    /// The library believes that frames come as often as was said when the session was opened: it gets the bitrate that
    /// gives each frame its share of `bitrate` where they come every `interval` seconds.
    pub(super) fn set_rate(&mut self, bitrate: Bitrate, interval: f64) -> Vec<(&'static str, String)> {
        let changed = self.rate_options(bitrate, interval);
        for (name, value) in &changed {
            if let Some(known) = self.options.iter_mut().find(|(known, _)| known == name) {
                known.1.clone_from(value);
            }
        }
        changed
    }

    /// For a session that begins with frames of this rate.
    pub(super) fn begin_anew(&mut self, rate: Rate) {
        self.frame_rate = rate.frame_rate;
        if let Some(fps) = self.options.iter_mut().find(|(name, _)| *name == "fps") {
            fps.1 = fraction(rate.frame_rate);
        }
        self.set_rate(rate.bitrate, 1.0 / rate.frame_rate.as_f64());
    }

    fn rate_options(&self, bitrate: Bitrate, interval: f64) -> Vec<(&'static str, String)> {
        let real = f64::from(bitrate.bits_per_second());
        let mean = real * interval * self.frame_rate.as_f64();
        let (peak, buffer) = match self.control {
            Control::Stream | Control::BoundedQuality => (mean, real * buffer_seconds(interval)),
            Control::File => (mean * FILE_PEAK, real * FILE_PEAK * FILE_BUFFER_SECONDS),
            Control::Quality => return Vec::new(),
        };
        let mut options = vec![("vbv-maxrate", kilobits(peak)), ("vbv-bufsize", kilobits(buffer))];
        if matches!(self.control, Control::Stream | Control::File) {
            options.push(("bitrate", kilobits(mean)));
        }
        options
    }

    fn fill(&mut self, config: &EncoderConfig) {
        let frame_rate = config.rate.frame_rate;
        let mut options = self.rate_options(config.rate.bitrate, 1.0 / frame_rate.as_f64());
        let mut set = |name, value: String| options.push((name, value));
        let number = |number: u32| number.to_string();
        // Nothing is written to the program's standard error.
        set("log", "-1".to_owned());
        set("fps", fraction(frame_rate));
        // To hear of the moments of the pictures it would hold one of them back.
        set("force-cfr", number(1));
        set("bframes", number(0));
        if let Some(quality) = config.quality {
            set("crf", number(quantizer(quality).into()));
        } else if config.preset == Preset::LowLatency {
            set("qpmin", number(FINEST.into()));
        }
        match config.preset {
            Preset::LowLatency => {
                // A quarter more time than the library's fastest preset, for 3 to 5 dB where pictures move. Windows and
                // text move by whole pixels and want sharp edges; there the time would buy nothing.
                if config.content == Content::Camera {
                    set("subme", number(1));
                    set("deblock", "0:0".to_owned());
                }
                set("weightp", number(0));
                set("scenecut", number(0));
                set("threads", slice_threads(config.threads, config.size).to_string());
            }
            Preset::Fast | Preset::Quality => {
                if config.preset == Preset::Quality {
                    set("rc-lookahead", lookahead(config.size).to_string());
                }
                // Zero is the library's own choice: one and a half for each processor.
                set(
                    "threads",
                    config.threads.map_or(0, |threads| threads.get().min(MAX_THREADS)).to_string(),
                );
            }
        }
        if config.intra_refresh {
            let wave = (frame_rate.as_f64() * REFRESH_SECONDS).clamp(2.0, 600.0) as u32;
            set("intra-refresh", number(1));
            // A wave that a key frame cuts short would never reach the other side.
            set("keyint", number(config.gop.map_or(wave, |frames| frames.get().min(wave))));
            set("scenecut", number(0));
        } else {
            // A scene cut soon after a key frame makes a picture of intra blocks and no other key frame. The library
            // lowers the least distance to half the longest one.
            set("min-keyint", number(NEVER));
            let keyint = config.gop.map(|frames| frames.get().min(NEVER).to_string());
            set("keyint", keyint.unwrap_or_else(|| "infinite".to_owned()));
        }
        // The fast presets leave CABAC out for its time; a profile beyond Baseline asks for it.
        if config.profile != Profile::Baseline {
            set("cabac", number(1));
        }
        self.options = options;
    }
}

/// How long the buffer of a stream takes to fill where a frame comes every `interval` seconds.
fn buffer_seconds(interval: f64) -> f64 {
    (interval * BUFFER_FRAMES).min(BUFFER_SECONDS).max(interval * LEAST_BUFFER_FRAMES)
}

/// How many pictures the preset for quality looks ahead.
fn lookahead(size: Size) -> usize {
    (LOOKAHEAD * LOOKAHEAD_PIXELS / size.pixels()).min(LOOKAHEAD)
}

fn fraction(rate: FrameRate) -> String {
    format!("{}/{}", rate.numerator(), rate.denominator())
}

/// Bits in the unit of the library, within what it takes.
fn kilobits(bits: f64) -> String {
    (bits / 1000.0).round().clamp(1.0, MAX_KILOBITS).to_string()
}

fn check_size(size: Size) -> Result<(), BackendError> {
    if macroblocks(size) > MAX_MACROBLOCKS {
        return Err(BackendError::unsupported(format!(
            "a picture of {size} in x264, which goes up to 8192x4352 or as many pixels,"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_codec::Quality;
    use std::num::{NonZeroU32, NonZeroUsize};

    fn config() -> EncoderConfig {
        EncoderConfig::new(Size::new(1280, 720).unwrap())
    }

    fn option(config: &EncoderConfig, name: &str) -> Option<String> {
        let settings = Settings::new(config).unwrap();
        settings.options.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn rate(kilobits: u32, frame_rate: FrameRate) -> Rate {
        Rate { bitrate: Bitrate::from_bits_per_second(kilobits * 1000), frame_rate }
    }

    #[test]
    fn a_stream_is_bounded_from_the_start_so_that_its_rate_can_change() {
        let config = config().with_rate(rate(3000, FrameRate::whole(30)));
        assert_eq!(option(&config, "bitrate").as_deref(), Some("3000"));
        assert_eq!(option(&config, "vbv-maxrate").as_deref(), Some("3000"));
        assert_eq!(option(&config, "vbv-bufsize").as_deref(), Some("500"));
        assert_eq!(option(&config, "keyint").as_deref(), Some("infinite"));
    }

    #[test]
    fn the_buffer_of_a_slow_stream_holds_a_frame_and_a_half() {
        let buffer = |interval| {
            let options = Settings::new(&config())
                .unwrap()
                .rate_options(Bitrate::from_bits_per_second(1_000_000), interval);
            options[1].1.parse::<u32>().unwrap()
        };
        assert_eq!(buffer(0.2), 500);
        assert_eq!(buffer(5.0), 7500);
    }

    #[test]
    fn frames_that_come_twice_as_often_as_announced_get_half_the_bits() {
        let mut settings = Settings::new(&config().with_rate(rate(3000, FrameRate::whole(30)))).unwrap();
        let changed = settings.set_rate(Bitrate::from_bits_per_second(3_000_000), 1.0 / 60.0);
        assert!(changed.contains(&("bitrate", "1500".to_owned())), "{changed:?}");
        assert!(settings.options.contains(&("bitrate", "1500".to_owned())));
    }

    #[test]
    fn a_session_that_begins_anew_believes_the_rate_of_that_moment() {
        let mut settings = Settings::new(&config().with_rate(rate(300, FrameRate::whole(30)))).unwrap();
        settings.begin_anew(rate(300, FrameRate::whole(2)));
        for (name, value) in [("fps", "2/1"), ("bitrate", "300"), ("vbv-bufsize", "225")] {
            assert!(settings.options.contains(&(name, value.to_owned())), "{:?}", settings.options);
        }
    }

    #[test]
    fn constant_quality_of_a_file_knows_no_bitrate_and_that_of_a_stream_is_bounded_by_it() {
        let config = config().with_quality(Quality::new(70));
        assert_eq!(option(&config, "crf").as_deref(), Some("23"));
        assert_eq!(option(&config, "bitrate"), None);
        assert!(option(&config, "vbv-maxrate").is_some());
        assert_eq!(option(&config.with_preset(Preset::Fast), "vbv-maxrate"), None);
    }

    #[test]
    fn a_wave_of_intra_refresh_ends_before_the_next_key_frame() {
        let config = config().with_rate(rate(3000, FrameRate::whole(30))).with_intra_refresh(true);
        for (gop, expected) in [(None, "60"), (Some(20), "20"), (Some(300), "60")] {
            let config = config.clone().with_gop(gop.and_then(NonZeroU32::new));
            assert_eq!(option(&config, "keyint").as_deref(), Some(expected), "{gop:?}");
        }
    }

    #[test]
    fn wishes_beyond_the_library_are_met_as_far_as_it_goes() {
        let config = config()
            .with_preset(Preset::Fast)
            .with_gop(NonZeroU32::new(u32::MAX))
            .with_threads(NonZeroUsize::new(usize::MAX));
        assert_eq!(option(&config, "keyint"), Some(NEVER.to_string()));
        assert_eq!(option(&config, "threads"), Some(MAX_THREADS.to_string()));
    }

    #[test]
    fn large_pictures_are_looked_ahead_at_less() {
        let at = |width, height| lookahead(Size::new(width, height).unwrap());
        assert_eq!((at(640, 360), at(1920, 1080), at(3840, 2160)), (40, 40, 10));
    }

    #[test]
    fn every_rate_lies_within_what_the_library_takes() {
        for (bits, interval) in [(0, 1e-3), (1, 0.1), (u32::MAX, 1e3)] {
            for preset in Preset::ALL {
                let settings = Settings::new(&config().with_preset(preset)).unwrap();
                for (name, value) in settings.rate_options(Bitrate::from_bits_per_second(bits), interval) {
                    let value: u32 = value.parse().unwrap();
                    assert!((1..=2_000_000).contains(&value), "{name}={value}");
                }
            }
        }
    }

    #[test]
    fn pictures_of_windows_and_text_take_the_fastest_preset_as_it_is() {
        let (camera, screen) = (config(), config().with_content(Content::Screen));
        assert_eq!(option(&camera, "subme").as_deref(), Some("1"));
        assert_eq!((option(&screen, "subme"), option(&screen, "deblock")), (None, None));
    }

    #[test]
    fn a_size_beyond_every_level_is_refused_by_name() {
        let error =
            Settings::new(&EncoderConfig::new(Size::new(16_384, 16_384).unwrap())).unwrap_err().to_string();
        assert!(error.contains("16384x16384"), "{error}");
    }
}
