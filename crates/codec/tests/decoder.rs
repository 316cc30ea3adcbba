//! What the decoder makes of streams and of backends that fail.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod log;

use framewire_codec::{
    AccessUnit, Choice, Codec, DecodeError, Decoder, Encoder, EncoderConfig, FrameDecoder, Roster, Tier,
    testing::{DecoderScript, Script, pictures},
};
use framewire_convert::Converter;
use framewire_frame::{FrameId, PictureMut, PixelFormat, Pool, Size, Surface, Timestamp};
use log::warnings;

fn size(text: &str) -> Size {
    text.parse().unwrap()
}

/// Frames of these sizes, one moment per frame; those in `keys` are key frames.
fn units(sizes: &[&str], keys: &[u64]) -> Vec<AccessUnit> {
    let roster = Roster { encoders: vec![Script::new("a").candidate()], ..Roster::default() };
    let mut encoder = Encoder::open(&roster, &Choice::Auto, EncoderConfig::new(size(sizes[0]))).unwrap();
    let frames = (0..).zip(sizes).map(|(index, text)| {
        if keys.contains(&index) {
            encoder.request_keyframe();
        }
        let frame = pictures::frame(PixelFormat::I420, size(text), index);
        encoder.encode(&frame, FrameId(index), Timestamp::from_micros(index)).unwrap().remove(0)
    });
    frames.collect()
}

fn roster(scripts: &[(&'static str, Tier, DecoderScript)]) -> Roster {
    let candidates = scripts.iter().map(|&(name, tier, script)| {
        let mut candidate = script.candidate(name);
        candidate.tier = tier;
        candidate
    });
    Roster { decoders: candidates.collect(), ..Roster::default() }
}

fn plain() -> Roster {
    roster(&[("plain", Tier::Standard, DecoderScript::default())])
}

#[test]
fn it_opens_with_the_first_parameter_sets() {
    let units = units(&["64x48"; 3], &[]);
    let mut decoder = Decoder::new(&plain(), &Choice::Auto, Codec::H264);
    let error = decoder.decode(&units[1].data, units[1].timestamp, &mut |_| panic!()).unwrap_err();
    assert_eq!(error.to_string(), "the unit cannot be decoded: no parameter sets came before it");
    assert_eq!(decoder.name(), None);
    let mut count = 0;
    decoder.decode(&units[0].data, units[0].timestamp, &mut |_| count += 1).unwrap();
    assert_eq!((decoder.name(), count), (Some("plain"), 1));
}

#[test]
fn every_output_format_shows_the_samples_that_were_encoded() {
    let sizes = ["64x48", "64x48", "35x17", "1x1", "64x48"];
    for output in PixelFormat::ALL {
        let mut decoder = Decoder::new(&plain(), &Choice::Auto, Codec::H264).with_output(output);
        for (index, unit) in (0..).zip(units(&sizes, &[])) {
            let source = pictures::picture(PixelFormat::I420, size(sizes[index as usize]), index);
            let mut count = 0;
            let mut check = |decoded: framewire_codec::Decoded<'_>| {
                count += 1;
                let coded = pictures::coded(source.as_ref(), decoded.color);
                let plan = Converter::new(PixelFormat::I420, output, coded.size(), decoded.color).unwrap();
                let mut expected = vec![0; output.packed_len(coded.size())];
                let mut target = PictureMut::packed(output, coded.size(), &mut expected).unwrap();
                plan.convert(&coded.as_ref(), &mut target).unwrap();
                assert_eq!((decoded.picture.format(), decoded.picture.size()), (output, coded.size()));
                let mut shown = vec![0; expected.len()];
                decoded.picture.copy_packed_to(&mut shown);
                assert!(shown == expected, "{output}, picture {index}");
            };
            decoder.decode(&unit.data, unit.timestamp, &mut check).unwrap();
            assert_eq!(count, 1);
        }
    }
}

#[test]
fn a_change_of_size_flushes_what_a_delaying_backend_holds_and_loses_nothing() {
    let sizes = ["64x48", "64x48", "64x48", "32x32", "32x32", "64x48"];
    let roster = roster(&[("slow", Tier::Standard, DecoderScript { delay: 2, ..DecoderScript::default() })]);
    let mut decoder = Decoder::new(&roster, &Choice::Auto, Codec::H264);
    let mut shown = Vec::new();
    let mut counts = Vec::new();
    for unit in units(&sizes, &[]) {
        let mut keep = |decoded: framewire_codec::Decoded<'_>| {
            shown.push((decoded.timestamp.as_micros(), decoded.picture.size().to_string()));
        };
        decoder.decode(&unit.data, unit.timestamp, &mut keep).unwrap();
        counts.push(shown.len());
    }
    decoder
        .flush(&mut |decoded| shown.push((decoded.timestamp.as_micros(), decoded.picture.size().to_string())))
        .unwrap();
    assert_eq!(counts, [0, 0, 1, 3, 3, 5]);
    assert_eq!(shown, (0..).zip(sizes.map(str::to_owned)).collect::<Vec<_>>());
}

#[test]
fn a_broken_unit_is_an_error_of_its_own_call_alone() {
    let units = units(&["64x48"; 4], &[2]);
    let mut decoder = Decoder::new(&plain(), &Choice::Auto, Codec::H264);
    decoder.decode(&units[0].data, units[0].timestamp, &mut |_| {}).unwrap();
    let half = &units[1].data[..units[1].data.len() / 2];
    let error = decoder.decode(half, units[1].timestamp, &mut |_| {}).unwrap_err();
    assert!(matches!(error, DecodeError::BrokenUnit { .. }), "{error}");
    let mut stamps = Vec::new();
    for unit in &units[2..] {
        decoder
            .decode(&unit.data, unit.timestamp, &mut |decoded| stamps.push(decoded.timestamp.as_micros()))
            .unwrap();
    }
    assert_eq!(stamps, [2, 3]);
}

#[test]
fn a_parameter_set_that_cannot_be_read_is_a_broken_unit() {
    let mut decoder = Decoder::new(&plain(), &Choice::Auto, Codec::H264);
    let error = decoder.decode(&[0, 0, 0, 1, 0x67, 0x42], Timestamp::ZERO, &mut |_| {}).unwrap_err();
    assert!(matches!(error, DecodeError::BrokenUnit { .. }), "{error}");
}

#[test]
fn a_backend_that_fails_is_replaced_at_the_next_key_frame() {
    let roster = roster(&[
        ("software", Tier::Standard, DecoderScript::default()),
        ("hardware", Tier::Preferred, DecoderScript { fail_at: Some(1), ..DecoderScript::default() }),
    ]);
    let units = units(&["64x48"; 5], &[3]);
    let mut decoder = Decoder::new(&roster, &Choice::Auto, Codec::H264);
    let mut results = Vec::new();
    for unit in &units {
        results
            .push(decoder.decode(&unit.data, unit.timestamp, &mut |_| {}).map_err(|error| error.to_string()));
    }
    assert_eq!(results[0], Ok(()));
    assert_eq!(results[1], Err("the decoder hardware failed: the script says so".to_owned()));
    assert!(results[2].is_err(), "a delta cannot begin a session");
    assert_eq!(results[3..], [Ok(()), Ok(())]);
    assert_eq!(decoder.name(), Some("software"));
}

#[test]
fn a_backend_that_fails_at_a_key_frame_loses_nothing_where_there_is_another() {
    let failing = DecoderScript { fail_at: Some(0), ..DecoderScript::default() };
    let good = ("software", Tier::Standard, DecoderScript::default());
    let units = units(&["64x48"; 2], &[]);
    for (others, expected) in [(vec![good], 2), (vec![], 0)] {
        let scripts = [vec![("hardware", Tier::Preferred, failing)], others].concat();
        let mut decoder = Decoder::new(&roster(&scripts), &Choice::Auto, Codec::H264);
        let mut shown = 0;
        let results: Vec<_> = units
            .iter()
            .map(|unit| decoder.decode(&unit.data, unit.timestamp, &mut |_| shown += 1))
            .map(|result| result.map_err(|error| error.to_string()))
            .collect();
        assert_eq!(shown, expected);
        if expected == 0 {
            let all = "no decoder of h264 works: hardware refused (the script says so)";
            assert_eq!(results[0], Err(all.to_owned()));
        }
    }
}

#[test]
fn who_failed_to_decode_and_who_goes_on_is_said_once_and_asked_for() {
    let failing = DecoderScript { fail_at: Some(1), ..DecoderScript::default() };
    let scripts =
        [("software", Tier::Standard, DecoderScript::default()), ("hardware", Tier::Preferred, failing)];
    let units = units(&["64x48", "64x48", "64x48", "32x32", "64x48"], &[2]);
    let mut decoder = FrameDecoder::new(&roster(&scripts), &Choice::Auto, Codec::H264, Pool::new(1));
    let ((), said) = warnings(|| {
        for unit in &units {
            // The second unit and what needs it show nothing.
            let _ = decoder.decode(&unit.data, unit.timestamp, &mut |_| {});
        }
    });
    let expected = "hardware failed to decode h264 (the script says so); software goes on";
    assert!(said.contains(expected) && said.matches("WARN").count() == 1, "{said}");
    let [failed] = decoder.failed() else { panic!("{:?}", decoder.failed()) };
    assert_eq!((failed.name.as_str(), failed.why.as_str()), ("hardware", "the script says so"));
}

#[test]
fn without_any_decoder_the_error_says_so() {
    let units = units(&["64x48"], &[]);
    let mut decoder = Decoder::new(&Roster::default(), &Choice::Auto, Codec::H264);
    let error = decoder.decode(&units[0].data, Timestamp::ZERO, &mut |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "no decoder of h264 works: there is none in this program");
}

#[test]
fn frames_stay_where_the_backend_has_them() {
    let sizes = ["64x48", "64x48", "32x32", "64x48"];
    for surfaces in [false, true] {
        let script = DecoderScript { delay: 1, surfaces, ..DecoderScript::default() };
        let roster = roster(&[("any", Tier::Standard, script)]);
        let mut decoder = FrameDecoder::new(&roster, &Choice::Auto, Codec::H264, Pool::new(1));
        let mut frames = Vec::new();
        for unit in units(&sizes, &[]) {
            decoder.decode(&unit.data, unit.timestamp, &mut |frame| frames.push(frame)).unwrap();
        }
        decoder.flush(&mut |frame| frames.push(frame)).unwrap();
        assert_eq!((decoder.name(), frames.len()), (Some("any"), sizes.len()));
        for (index, frame) in (0..).zip(frames) {
            assert_eq!(frame.timestamp, Some(Timestamp::from_micros(index)));
            assert_eq!(matches!(frame.surface, Surface::Device(_)), surfaces);
            let source = pictures::picture(PixelFormat::I420, size(sizes[index as usize]), index);
            let coded = pictures::coded(source.as_ref(), frame.color);
            let bytes = |picture: framewire_frame::PictureRef<'_>| {
                let mut data = vec![0; picture.format().packed_len(picture.size())];
                picture.copy_packed_to(&mut data);
                data
            };
            let picture = frame.surface.to_host().unwrap();
            assert!(bytes(picture.as_ref()) == bytes(coded.as_ref()), "picture {index}");
        }
    }
}

#[test]
fn a_decoder_for_the_host_is_given_no_surface() {
    let script = DecoderScript { surfaces: true, ..DecoderScript::default() };
    let mut decoder = Decoder::new(&roster(&[("any", Tier::Standard, script)]), &Choice::Auto, Codec::H264);
    let mut shown = 0;
    for unit in units(&["64x48"; 2], &[]) {
        decoder.decode(&unit.data, unit.timestamp, &mut |_| shown += 1).unwrap();
    }
    assert_eq!(shown, 2);
}
