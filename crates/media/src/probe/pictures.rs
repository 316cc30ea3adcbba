//! What parameter sets say of pictures, in words; and the pattern of key frames.

use super::{ColorFacts, KeyFrames, VideoFacts};
use framewire_bitstream::{StreamFacts, h264::VideoSignal};

impl VideoFacts {
    /// What the parameter sets say.
    pub(super) fn of_stream(facts: &StreamFacts) -> Self {
        Self {
            profile: facts.profile.map(str::to_owned),
            level: facts.level.map(str::to_owned),
            size: facts.display.to_string(),
            coded_size: Some(facts.coded.to_string()),
            pixel_aspect: facts.pixel_aspect.map(|aspect| format!("{}:{}", aspect.width, aspect.height)),
            chroma: Some(facts.chroma.to_string()),
            bit_depth: Some(facts.bit_depth_luma),
            interlaced: facts.interlaced,
            color: facts.video_signal.map(ColorFacts::of),
            frame_rate: facts.frame_rate.map(framewire_bitstream::FrameRate::per_second),
            reorder_frames: Some(facts.reorder_frames),
            ..Self::default()
        }
    }
}

impl ColorFacts {
    fn of(signal: VideoSignal) -> Self {
        let range = if signal.full_range { "full" } else { "limited" };
        let codes = signal.color;
        Self {
            range: range.to_owned(),
            primaries: codes.map(|codes| name(PRIMARIES, codes.primaries)),
            transfer: codes.map(|codes| name(TRANSFERS, codes.transfer)),
            matrix: codes.map(|codes| name(MATRICES, codes.matrix)),
        }
    }
}

/// Code points of H.273 (tables 2 to 4) with the names that FFmpeg's tools use.
type Names = &'static [(u8, &'static str)];

const PRIMARIES: Names = &[
    (1, "bt709"),
    (2, "unspecified"),
    (4, "bt470m"),
    (5, "bt470bg"),
    (6, "smpte170m"),
    (7, "smpte240m"),
    (8, "film"),
    (9, "bt2020"),
    (10, "smpte428"),
    (11, "smpte431"),
    (12, "smpte432"),
];

const TRANSFERS: Names = &[
    (1, "bt709"),
    (2, "unspecified"),
    (4, "bt470m"),
    (5, "bt470bg"),
    (6, "smpte170m"),
    (7, "smpte240m"),
    (8, "linear"),
    (11, "iec61966-2-4"),
    (13, "iec61966-2-1"),
    (14, "bt2020-10"),
    (15, "bt2020-12"),
    (16, "smpte2084"),
    (18, "arib-std-b67"),
];

const MATRICES: Names = &[
    (0, "gbr"),
    (1, "bt709"),
    (2, "unspecified"),
    (4, "fcc"),
    (5, "bt470bg"),
    (6, "smpte170m"),
    (7, "smpte240m"),
    (8, "ycgco"),
    (9, "bt2020nc"),
    (10, "bt2020c"),
];

fn name(names: Names, code: u8) -> String {
    let known = names.iter().find(|(known, _)| *known == code);
    known.map_or_else(|| code.to_string(), |(_, name)| (*name).to_owned())
}

/// Counts frames from key frame to key frame.
#[derive(Default)]
pub(super) struct KeyPattern {
    count: u64,
    since: u64,
    longest: u64,
    frames: u64,
}

impl KeyPattern {
    pub(super) fn frame(&mut self, key: bool) {
        if key {
            self.count += 1;
            self.since = 0;
        }
        self.since += 1;
        self.frames += 1;
        self.longest = self.longest.max(self.since);
    }

    pub(super) fn finish(self) -> KeyFrames {
        KeyFrames {
            count: self.count,
            longest_distance: self.longest,
            mean_distance: self.frames as f64 / self.count.max(1) as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_key_frames_count_to_the_end() {
        let mut pattern = KeyPattern::default();
        for key in [true, false, false, true, false, false, false, false] {
            pattern.frame(key);
        }
        let found = pattern.finish();
        assert_eq!(found, KeyFrames { count: 2, longest_distance: 5, mean_distance: 4.0 });
    }

    #[test]
    fn code_points_without_a_name_are_numbers() {
        assert_eq!(name(PRIMARIES, 12), "smpte432");
        assert_eq!(name(MATRICES, 77), "77");
    }
}
