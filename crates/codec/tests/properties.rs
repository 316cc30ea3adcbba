//! Whatever is asked in whatever order, and whatever the first backend does: the stream can be played from its first unit
//! to its last, and every unit shows its own frame.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use framewire_codec::{
    AccessUnit, Choice, Codec, Decoder, Encoder, EncoderConfig, Outcome, Rate, Roster, Tier,
    testing::{DecoderScript, Fault, Script, pictures},
};
use framewire_frame::{Bitrate, FrameId, FrameRate, Picture, PixelFormat, Size, Timestamp};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Encode(Size, PixelFormat),
    RequestKey,
    SetRate(u32),
    Flush,
}

fn step() -> impl Strategy<Value = Step> {
    let sizes = prop::sample::select(vec![(16, 16), (1, 1), (35, 17)]);
    let frame = (sizes, prop::sample::select(PixelFormat::ALL.to_vec()))
        .prop_map(|((width, height), format)| Step::Encode(Size::new(width, height).unwrap(), format));
    let same_size = Just(Step::Encode(Size::new(16, 16).unwrap(), PixelFormat::I420));
    prop_oneof![
        8 => same_size,
        3 => frame,
        2 => Just(Step::RequestKey),
        1 => (1_u32..4).prop_map(Step::SetRate),
        1 => Just(Step::Flush),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        (0_u64..9).prop_map(Fault::FailAt),
        (0_u64..9).prop_map(Fault::FailAfter),
        (0_u64..9).prop_map(Fault::Drop),
        (0_u64..9).prop_map(Fault::WrongId),
        (0_u64..9).prop_map(Fault::Garbage),
        (1_u64..4).prop_map(Fault::LateKey),
        (1_usize..4).prop_map(Fault::IgnoreKeys),
        Just(Fault::OmitParameterSets),
        Just(Fault::ParameterSetsOnce),
        Just(Fault::ShortStartCodes),
        Just(Fault::RefuseRate),
        Just(Fault::FailRate),
        Just(Fault::FailFlush),
        Just(Fault::RefuseBelow(Size::new(10, 10).unwrap())),
    ]
}

/// Runs the steps; the frames that went in, and the units that came out.
fn run(roster: &Roster, steps: &[Step]) -> (Vec<Picture>, Vec<AccessUnit>) {
    let config = EncoderConfig::new(Size::new(16, 16).unwrap());
    let mut encoder = Encoder::open(roster, &Choice::Auto, config).unwrap();
    let (mut frames, mut units) = (Vec::new(), Vec::new());
    for step in steps {
        match *step {
            Step::Encode(size, format) => {
                let index = frames.len() as u64;
                let picture = pictures::picture(format, size, index);
                frames.push(picture.clone());
                let encoded =
                    encoder.encode(&picture.into(), FrameId(index), Timestamp::from_micros(3 * index));
                units.extend(encoded.unwrap());
            }
            Step::RequestKey => encoder.request_keyframe(),
            Step::SetRate(megabits) => encoder.set_rate(Rate {
                bitrate: Bitrate::from_bits_per_second(megabits * 1_000_000),
                frame_rate: FrameRate::whole(30),
            }),
            Step::Flush => units.extend(encoder.flush()),
        }
    }
    units.extend(encoder.flush());
    (frames, units)
}

fn check_playable(frames: &[Picture], units: &[AccessUnit]) {
    let roster =
        Roster { decoders: vec![DecoderScript::default().candidate("scripted")], ..Roster::default() };
    let mut decoder = Decoder::new(&roster, &Choice::Auto, Codec::H264);
    assert!(units.windows(2).all(|pair| pair[0].id < pair[1].id), "each frame once and in order");
    for unit in units {
        assert_eq!(unit.timestamp.as_micros(), 3 * unit.id.0);
        let expected = pictures::coded(frames[usize::try_from(unit.id.0).unwrap()].as_ref(), unit.color);
        assert_eq!(unit.size, expected.size());
        let mut shown = 0;
        let mut check = |decoded: framewire_codec::Decoded<'_>| {
            shown += 1;
            let packed = |picture: framewire_frame::PictureRef<'_>| {
                let mut data = vec![0; picture.format().packed_len(picture.size())];
                picture.copy_packed_to(&mut data);
                data
            };
            assert!(packed(decoded.picture) == packed(expected.as_ref()), "frame {}", unit.id);
        };
        decoder.decode(&unit.data, unit.timestamp, &mut check).unwrap();
        assert_eq!(shown, 1);
    }
}

proptest! {
    #[test]
    fn a_sound_backend_loses_no_frame(
        steps in prop::collection::vec(step(), 1..40),
        delay in 0_usize..4,
        uses_changes: bool,
    ) {
        let script = Script { uses_changes, ..Script::new("sound").with_delay(delay) };
        let roster = Roster { encoders: vec![script.candidate()], ..Roster::default() };
        let (frames, units) = run(&roster, &steps);
        prop_assert_eq!(units.len(), frames.len());
        check_playable(&frames, &units);
    }

    /// Pictures of eight by four blocks of one grey each, of which a few change, through an encoder that drops some.
    #[test]
    fn what_is_not_marked_is_equal_whatever_is_dropped_or_left_out(
        pictures in prop::collection::vec((0_usize..4, 0_usize..32, 0_u8..3), 1..60),
        drops in prop::collection::vec(0_u64..30, 0..12),
        repetitions in prop::option::of(0_u32..4),
        takes_rgb: bool,
    ) {
        let input: &[PixelFormat] = if takes_rgb { &[PixelFormat::Rgba8] } else { &[PixelFormat::I420] };
        let faults = drops.into_iter().map(Fault::Drop).collect();
        let script = Script { faults, input, uses_changes: true, ..Script::new("only") };
        let roster = Roster { encoders: vec![script.candidate()], ..Roster::default() };
        let size = Size::new(128, 64).unwrap();
        let mut encoder = Encoder::open(&roster, &Choice::Auto, EncoderConfig::new(size)).unwrap();
        encoder.track_changes(true);
        encoder.leave_out_repetitions(repetitions);
        let (mut greys, mut last_out) = ([100_u8; 32], None);
        for (id, (count, first, grey)) in (0..).zip(pictures) {
            (first..first + count).for_each(|block| greys[block % 32] = grey);
            let data: Vec<u8> = (0..64 * 128)
                .flat_map(|pixel| [greys[pixel / 128 / 16 * 8 + pixel % 128 / 16]; 4])
                .collect();
            let frame = Picture::packed(PixelFormat::Rgba8, size, data).unwrap().into();
            let units = encoder.encode(&frame, FrameId(id), Timestamp::from_micros(id)).unwrap();
            prop_assert_eq!(script.diary.sessions(), (1, 1), "no hint was wrong");
            match encoder.last_outcome() {
                Outcome::LeftOut => prop_assert!(units.is_empty() && last_out == Some(greys)),
                Outcome::Refined => prop_assert_eq!(last_out, Some(greys)),
                _ => {}
            }
            if !units.is_empty() {
                last_out = Some(greys);
            }
        }
    }

    #[test]
    fn behind_a_faulty_backend_the_stream_stays_playable(
        steps in prop::collection::vec(step(), 1..40),
        faults in prop::collection::vec(fault(), 1..4),
        delay in 0_usize..4,
        uses_changes: bool,
    ) {
        let faulty = Script { faults, uses_changes, ..Script::new("faulty").in_tier(Tier::Preferred).with_delay(delay) };
        let encoders = vec![faulty.candidate(), Script::new("sound").candidate()];
        let (frames, units) = run(&Roster { encoders, ..Roster::default() }, &steps);
        check_playable(&frames, &units);
    }
}
