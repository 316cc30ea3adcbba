//! What a trial shows.

use super::trial::{ASKED, Film};
use framewire_bitstream::{StreamFacts, h264, hevc, parameter_sets};
use framewire_codec::{Codec, EncoderConfig, Observation, Profile, Verdict};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How many times more bytes a rate has to give than one that is two hundred times lower: an encoder that passes over its
/// rate gives as many, and one that obeys many times more.
const MORE: usize = 2;

/// What was seen of an encoder: true is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    /// Pictures that nobody asked a key frame for were none.
    predicts: bool,
    /// The picture that was to be a key frame was one.
    obeys_requests: bool,
    /// Each unit came with its picture.
    immediate: bool,
    /// A higher bitrate gave more bytes.
    obeys_bitrate: bool,
    /// The parameter sets can be read, and what they code has room for the picture.
    has_room: bool,
    sets: Sets,
}

/// What the parameter sets say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sets {
    /// What is shown is as large as the picture.
    cropped: bool,
    /// A decoder need not wait for pictures that are shown before others.
    in_order: bool,
    /// The profile that was asked for.
    profile: bool,
    /// Colour and range of the config.
    color: bool,
    /// Enough references for what is predicted, and no more than any level has.
    references: bool,
}

impl Seen {
    /// Of an encoder that was asked for `config` and gave `rich` at a high bitrate and `poor` at a low one.
    pub(super) fn of(config: &EncoderConfig, rich: &Film, poor: &Film) -> Self {
        let others = |id| id != 0 && id != ASKED;
        let predicts = rich.units.iter().filter(|unit| others(unit.id)).all(|unit| !unit.is_key);
        let sets = rich.units.first().and_then(|first| read(config, &first.data));
        Self {
            predicts,
            obeys_requests: rich.units.iter().any(|unit| unit.id == ASKED && unit.is_key),
            immediate: rich.is_immediate() && poor.is_immediate(),
            obeys_bitrate: rich.bytes() >= MORE * poor.bytes(),
            has_room: sets.is_some(),
            sets: sets.unwrap_or_default(),
        }
    }

    /// Whether viewers notice nothing.
    pub(super) fn is_sound(&self) -> bool {
        self.faults() == 0
    }

    /// How many things viewers notice.
    pub(super) fn faults(&self) -> usize {
        self.observations().iter().filter(|observation| observation.verdict == Verdict::Fault).count()
    }

    /// Everything that was looked at.
    ///
    /// What is wrong with the flags of parameter sets is no reason for other settings: the guard rewrites order, colour and
    /// cropping, and viewers are told the profile that the bytes have.
    pub(super) fn observations(&self) -> Vec<Observation> {
        let Sets { cropped, in_order, profile, color, references } = self.sets;
        let needed = [
            (self.predicts, "predicts pictures", "makes key frames that nobody asked for"),
            (
                self.obeys_requests,
                "makes key frames on request",
                "makes no key frame when it is asked for one",
            ),
            (self.immediate, "gives each unit with its picture", "holds or drops pictures"),
            (self.obeys_bitrate, "obeys the bitrate", "passes over the bitrate"),
            (
                self.has_room,
                "codes the size that was asked for",
                "writes parameter sets that are not of its pictures",
            ),
        ];
        let mended = [
            (cropped, "crops to the picture", "does not crop to the picture"),
            (in_order, "announces no reordering", "announces reordering"),
            (profile, "has the profile that was asked for", "has another profile than was asked for"),
            (color, "tags the colour", "does not tag the colour"),
            (references, "announces its references", "announces no reference, or too many"),
        ];
        let all = |items: &[(bool, &'static str, &'static str)], otherwise| -> Vec<Observation> {
            let observe = |&(well, is, is_not)| match well {
                true => Observation { what: is, verdict: Verdict::Well },
                false => Observation { what: is_not, verdict: otherwise },
            };
            items.iter().map(observe).collect()
        };
        let mut observations = all(&needed, Verdict::Fault);
        if self.has_room {
            observations.extend(all(&mended, Verdict::Mended));
        }
        observations
    }
}

/// What is not as it should be, whether viewers notice or not.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amiss =
            self.observations().into_iter().filter(|observation| observation.verdict != Verdict::Well);
        let amiss: Vec<_> = amiss.map(|observation| observation.what).collect();
        f.write_str(&amiss.join(", "))
    }
}

/// What the parameter sets in `unit` say; `None` where they cannot be read or are of smaller pictures.
fn read(config: &EncoderConfig, unit: &[u8]) -> Option<Sets> {
    let facts = StreamFacts::from_annexb(config.codec, unit).ok()?;
    let (width, height) = (config.size.width(), config.size.height());
    if facts.coded.width < width || facts.coded.height < height {
        return None;
    }
    let references = references(config.codec, unit)?;
    let color = config.color;
    let signal = facts.video_signal.filter(|signal| signal.full_range == color.range.is_full());
    let tagged = signal.and_then(|signal| signal.color).is_some_and(|tagged| {
        tagged.primaries == color.primaries.code_point()
            && tagged.transfer == color.transfer.code_point()
            && tagged.matrix == color.matrix.code_point()
    });
    Some(Sets {
        cropped: (facts.display.width, facts.display.height) == (width, height),
        in_order: facts.reorder_frames == 0,
        profile: facts.profile_idc == profile_idc(config.codec, config.profile),
        color: tagged,
        references: (1..=16).contains(&references),
    })
}

/// Pictures that others may refer to.
fn references(codec: Codec, unit: &[u8]) -> Option<u8> {
    let sets = parameter_sets(codec, unit);
    let sps = sets.sps.first()?;
    match codec {
        Codec::H264 => Some(h264::Sps::parse(sps).ok()?.max_num_ref_frames),
        Codec::Hevc => Some(hevc::Sps::parse(sps).ok()?.ordering.highest().max_dec_pic_buffering_minus1),
    }
}

/// `profile_idc` (H.264, A.2) and `general_profile_idc` (HEVC, A.3).
fn profile_idc(codec: Codec, profile: Profile) -> u8 {
    match (codec, profile) {
        (Codec::H264, Profile::Baseline) => 66,
        (Codec::H264, Profile::Main) => 77,
        (Codec::H264, Profile::High) => 100,
        (Codec::Hevc, _) => 1,
    }
}
