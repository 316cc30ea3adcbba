use super::*;
use framewire_bitstream::annexb;
use framewire_codec::{
    Encoder, EncoderConfig,
    testing::{DecoderScript, Script, pictures},
};
use framewire_frame::{FrameId, PixelFormat, Size};

const COUNT: u64 = 24;
/// What is to be said when a script fails.
const WHY: &str = "the script says so";

/// Units with their moments.
#[derive(Clone)]
struct Film {
    units: Vec<(Vec<u8>, u64)>,
    index: usize,
}

impl Film {
    /// So many pictures, of which these are key frames. Where they are reordered, their moments are as
    /// [`DecoderScript::reorders`] shows them.
    fn new(keys: &[u64], reorders: bool, script: &Script) -> Self {
        let roster = Roster { encoders: vec![script.candidate()], ..Roster::default() };
        let size = Size::new(48, 32).unwrap();
        let mut encoder = Encoder::open(&roster, &Choice::Auto, EncoderConfig::new(size)).unwrap();
        let mut key = 0;
        let unit = |index| {
            if keys.contains(&index) {
                encoder.request_keyframe();
                key = index;
            }
            let frame = pictures::frame(PixelFormat::I420, size, index);
            let unit = encoder.encode(&frame, FrameId(index), Timestamp::ZERO).unwrap().remove(0);
            let is_last = index + 1 == COUNT || keys.contains(&(index + 1));
            let place = match (index - key) % 2 {
                _ if !reorders || index == key => index,
                0 => index - 1,
                _ if is_last => index,
                _ => index + 1,
            };
            (unit.data.to_vec(), place * 10)
        };
        Self { units: (0..COUNT).map(unit).collect(), index: 0 }
    }
}

impl Units for Film {
    fn codec(&self) -> Codec {
        Codec::H264
    }

    fn next(&mut self, unit: &mut Vec<u8>) -> Result<Option<u64>, InputError> {
        let Some((data, moment)) = self.units.get(self.index) else { return Ok(None) };
        self.index += 1;
        unit.clone_from(data);
        Ok(Some(*moment))
    }

    fn rewind(&mut self) -> Result<bool, InputError> {
        self.index = 0;
        Ok(true)
    }

    fn timescale(&self) -> Timescale {
        Timescale::new(300)
    }

    fn counted(&self) -> Option<FrameRate> {
        None
    }

    fn average(&self) -> Option<FrameRate> {
        None
    }

    fn count(&self) -> Option<u64> {
        None
    }

    fn rotation(&self) -> Rotation {
        Rotation::None
    }

    fn describe(&self) -> String {
        "a film".to_owned()
    }
}

/// What came of a clip: the moments and the pictures, how many are lost, and what ended it.
#[derive(Debug, PartialEq)]
struct Shown {
    moments: Vec<u64>,
    luma: Vec<Vec<u8>>,
    lost: u64,
    error: Option<String>,
}

/// Decodes with the first of these, and with the others where it fails.
fn shown(film: &Film, scripts: &[DecoderScript], limits: Limits) -> Shown {
    let mut shown = Shown { moments: Vec::new(), luma: Vec::new(), lost: 0, error: None };
    let mut clip = match open(film, scripts, limits) {
        Ok(clip) => clip,
        Err(error) => return Shown { error: Some(error.to_string()), ..shown },
    };
    loop {
        match clip.next() {
            Ok(Some(timed)) => {
                let Due::At(moment) = timed.due else { panic!("a clip has moments") };
                shown.moments.push(moment.ticks);
                let picture = timed.frame.surface.to_host().unwrap();
                let picture = picture.as_ref();
                shown.luma.push((0..32).flat_map(|row| picture.plane(0).row(row).to_vec()).collect());
            }
            Ok(None) => break,
            Err(error) => {
                shown.error = Some(error.to_string());
                assert!(clip.next().unwrap().is_none(), "nothing comes after an error");
                break;
            }
        }
    }
    Shown { lost: clip.lost(), ..shown }
}

fn open(film: &Film, scripts: &[DecoderScript], limits: Limits) -> Result<Clip, InputError> {
    let candidates = scripts.iter().zip(["first", "second", "third"]);
    let decoders = candidates.map(|(script, name)| script.candidate(name)).collect();
    let roster = Roster { decoders, ..Roster::default() };
    Clip::open_within(Box::new(film.clone()), &SourceOptions::default(), &roster, limits)
}

fn failing(at: u64) -> DecoderScript {
    DecoderScript { fail_at: Some(at), ..DecoderScript::default() }
}

fn moments(numbers: impl IntoIterator<Item = u64>) -> Vec<u64> {
    numbers.into_iter().map(|number| number * 10).collect()
}

#[test]
fn a_decoder_that_fails_anywhere_costs_no_picture_and_doubles_none() {
    for (keys, reorders) in [(&[][..], false), (&[], true), (&[5, 6, 13], false), (&[5, 6, 13], true)] {
        let film = Film::new(keys, reorders, &Script::new("encoder"));
        let whole = shown(&film, &[DecoderScript { reorders, ..DecoderScript::default() }], Limits::DEFAULT);
        assert_eq!((&whole.moments, whole.lost, &whole.error), (&moments(0..COUNT), 0, &None));
        for (delay, next_delay, fail_at) in (0..=COUNT).flat_map(|at| [(0, 0, at), (3, 0, at), (0, 3, at)]) {
            let first = DecoderScript { delay, reorders, ..failing(fail_at) };
            let second = DecoderScript { delay: next_delay, reorders, ..DecoderScript::default() };
            let both = shown(&film, &[first, second], Limits::DEFAULT);
            assert!(
                both == whole,
                "{keys:?}, {reorders}, {delay}, {next_delay}, {fail_at}: {:?}",
                both.moments
            );
            let middle = DecoderScript { reorders, ..failing(fail_at / 2) };
            let three = shown(&film, &[first, middle, second], Limits::DEFAULT);
            assert!(
                three == whole,
                "{keys:?}, {reorders}, {delay}, {next_delay}, {fail_at}: {:?}",
                three.moments
            );
        }
    }
}

#[test]
fn key_frames_without_parameter_sets_do_for_another_decoder_too() {
    let mut film = Film::new(&[5, 13], false, &Script::new("encoder"));
    for (unit, _) in &mut film.units[1..] {
        let slices = annexb::nals(unit).filter(|nal| nal.h264_type().starts_slice());
        *unit = slices.flat_map(|nal| [&annexb::START_CODE, nal.bytes()].concat()).collect();
    }
    for fail_at in 0..=COUNT {
        let both = shown(&film, &[failing(fail_at), DecoderScript::default()], Limits::DEFAULT);
        assert_eq!((both.moments, both.lost), (moments(0..COUNT), 0), "{fail_at}");
    }
}

#[test]
fn beyond_the_limits_pictures_are_lost_up_to_the_next_key_frame_and_counted() {
    let film = Film::new(&[12], false, &Script::new("encoder"));
    let bytes = film.units[..4].iter().map(|(unit, _)| unit.len()).sum();
    for limits in [Limits { units: 4, ..Limits::DEFAULT }, Limits { bytes, ..Limits::DEFAULT }] {
        let film = shown(&film, &[failing(3), DecoderScript::default()], limits);
        assert_eq!((film.moments, film.lost), (moments(0..COUNT), 0));
    }
    let limits = Limits { units: 4, ..Limits::DEFAULT };
    for (delay, fail_at) in [(0, 7), (2, 7), (0, 4), (2, 11), (0, 20), (2, 20)] {
        let first = DecoderScript { delay, ..failing(fail_at) };
        let both = shown(&film, &[first, DecoderScript::default()], limits);
        let gone = fail_at - delay as u64..if fail_at < 12 { 12 } else { COUNT };
        assert_eq!(both.lost, gone.end - gone.start);
        assert_eq!(both.moments, moments((0..COUNT).filter(|number| !gone.contains(number))));
        assert_eq!(both.error, None);
    }
}

#[test]
fn what_the_limits_lose_before_a_key_frame_is_counted_and_the_key_frame_shown() {
    let film = Film::new(&[12], false, &Script::new("encoder"));
    let first = DecoderScript { delay: 2, ..failing(12) };
    let both = shown(&film, &[first, DecoderScript::default()], Limits { units: 4, ..Limits::DEFAULT });
    assert_eq!((both.moments, both.lost), (moments((0..10).chain(12..COUNT)), 2));
}

#[test]
fn where_no_decoder_is_left_the_error_says_why_each_failed_and_what_was_decoded_is_given() {
    let film = Film::new(&[12], false, &Script::new("encoder"));
    let end = "it was not decoded to its end";
    let one = shown(&film, &[failing(5)], Limits::DEFAULT);
    assert_eq!(one.error.unwrap(), format!("{end}: no decoder of h264 works: first refused ({WHY})"));
    assert_eq!((one.moments, one.lost), (moments(0..5), 1));
    for limits in [Limits::DEFAULT, Limits { units: 2, ..Limits::DEFAULT }] {
        let two = shown(&film, &[failing(5), failing(9)], limits);
        let each = format!("{end}: no decoder of h264 works: first refused ({WHY}); second refused ({WHY})");
        assert_eq!(two.error.unwrap(), each);
        let expected = if limits.units > 2 { moments(0..9) } else { moments((0..5).chain(12..21)) };
        assert_eq!(two.moments, expected);
    }
    let none = shown(&film, &[failing(0), failing(0)], Limits::DEFAULT);
    assert!(none.error.unwrap().contains("second refused"));
}

#[test]
fn a_picture_that_one_decoder_calls_broken_is_shown_by_the_next_where_it_is_in_time() {
    let film = Film::new(&[], false, &Script::new("encoder"));
    // Nothing was shown behind the broken unit when the decoder failed.
    let first = DecoderScript { broken_at: Some(8), ..failing(9) };
    let both = shown(&film, &[first, DecoderScript::default()], Limits::DEFAULT);
    assert_eq!((both.moments, both.lost), (moments(0..COUNT), 0));
    // Here it would come out of order.
    let first = DecoderScript { broken_at: Some(5), ..failing(9) };
    let both = shown(&film, &[first, DecoderScript::default()], Limits::DEFAULT);
    assert_eq!((both.moments, both.lost), (moments((0..COUNT).filter(|number| *number != 5)), 1));
    // The next one does not have the picture that was shown last.
    let second = DecoderScript { broken_at: Some(8), ..DecoderScript::default() };
    let both = shown(&film, &[failing(9), second], Limits::DEFAULT);
    assert_eq!((both.moments, both.lost), (moments(0..COUNT), 0));
}

#[test]
fn broken_units_of_the_file_are_counted_in_every_round() {
    let mut film = Film::new(&[12], false, &Script::new("encoder"));
    film.units[7].0.truncate(12);
    film.units[9].1 = HIDDEN;
    let one = shown(&film, &[DecoderScript::default()], Limits::DEFAULT);
    assert_eq!((one.lost, one.moments.len()), (1, COUNT as usize - 2));
    let mut clip = open(&film, &[DecoderScript::default()], Limits::DEFAULT).unwrap();
    for round in 1..=2 {
        while clip.next().unwrap().is_some() {}
        assert_eq!(clip.lost(), round);
        assert!(clip.rewind().unwrap());
    }
}

#[test]
fn an_average_rate_is_exact_where_times_are_and_whole_where_they_are_rounded() {
    let rate = |frames, ticks, timescale| average_rate(frames, ticks, timescale).unwrap();
    assert_eq!(rate(90, 90_090, 30_000), FrameRate::new(30_000, 1001).unwrap());
    assert_eq!(rate(300, 11_999, 1000), FrameRate::whole(25));
    assert_eq!(rate(7, 3_000_007, 999_983).as_f64().round(), 2.0);
    assert!(average_rate(3, 0, 90_000).is_none());
}
