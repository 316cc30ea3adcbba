//! Frames on a device: whoever converts them, the units are those of the same frames in host memory.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod log;

use framewire_codec::{
    AccessUnit, Choice, EncodeError, Encoder, EncoderConfig, Fallback, Outcome, Part, Roster,
    encode::{Fetch, Fetched, Wanted},
    testing::{DeviceCounts, DeviceFault, Entry, Fault, Script, TestDevice, TestSurface, pictures},
};
use framewire_frame::{Color, Frame, FrameId, Picture, PixelFormat, Range, Size, Surface, Timestamp};
use log::{logged, warnings};

fn size(text: &str) -> Size {
    text.parse().unwrap()
}

fn open(script: &Script) -> Encoder {
    let roster = Roster { encoders: vec![script.candidate()], ..Roster::default() };
    let mut encoder = Encoder::open(&roster, &Choice::Auto, EncoderConfig::new(size("64x48"))).unwrap();
    encoder.track_changes(true);
    encoder
}

fn encode(encoder: &mut Encoder, frame: &Frame, index: u64) -> Result<Vec<AccessUnit>, EncodeError> {
    encoder.encode(frame, FrameId(index), Timestamp::from_micros(index * 41_000))
}

/// Picture `index` of a film that rests between its second and third picture.
fn picture(index: u64) -> Picture {
    pictures::rgba(size("64x48"), [0, 1, 1, 2, 3][index as usize % 5])
}

/// What a device says that is lost.
const LOST: &str = "the device is lost";

/// Bytes and changes of each frame.
fn film(encoder: &mut Encoder, frame: impl Fn(u64) -> Frame) -> Vec<(Vec<u8>, Option<Vec<bool>>, Outcome)> {
    let one = |index| {
        let units = encode(encoder, &frame(index), index).unwrap();
        let bytes = units.iter().flat_map(|unit| unit.data.to_vec()).collect();
        (bytes, encoder.last_changes().map(|changes| changes.flags().to_vec()), encoder.last_outcome())
    };
    (0..10).map(one).collect()
}

/// How many blocks the backend was told to have changed in each picture, and the picture's format.
fn told(script: &Script) -> Vec<(Option<usize>, PixelFormat)> {
    let entries = script.diary.entries();
    let told = entries.iter().filter_map(|entry| match entry {
        Entry::Encoded { changed, format, .. } => Some((*changed, *format)),
        _ => None,
    });
    told.collect()
}

fn conversion_fell_back(notices: &[Fallback], from: &str, why: &str) {
    let [notice] = notices else { panic!("one notice, not {notices:?}") };
    assert_eq!((notice.part, notice.from.as_str(), notice.why.as_str()), (Part::Conversion, from, why));
    assert_eq!(notice.to, "conversion on the processor");
}

#[test]
fn units_and_changes_are_those_of_the_same_frames_in_host_memory() {
    for input in [&[PixelFormat::I420][..], &[PixelFormat::Bgra8, PixelFormat::Nv12, PixelFormat::I420]] {
        for color in [Color::default(), Color { range: Range::Full, ..Color::default() }] {
            for sides in ["64x48", "61x47", "1x1"] {
                for repetitions in [None, Some(0)] {
                    let device = TestDevice::default();
                    let [on_host, on_device] = [false, true].map(|on_device| {
                        // Held against a backend that has no packed format, so that both are converted.
                        let input: &'static [PixelFormat] =
                            if on_device { input } else { &input[input.len() - 1..] };
                        let script = Script { input, uses_changes: true, ..Script::new("a") };
                        let mut encoder = open(&script);
                        encoder.leave_out_repetitions(repetitions);
                        film(&mut encoder, |index| {
                            let picture = pictures::rgba(size(sides), [0, 1, 1, 2, 3][index as usize % 5]);
                            let frame = if on_device { device.frame(picture) } else { picture.into() };
                            Frame { color, ..frame }
                        })
                    });
                    assert_eq!(on_device, on_host, "{input:?} {color:?} {sides}");
                    let left_out = on_device.iter().filter(|(bytes, ..)| bytes.is_empty()).count();
                    assert_eq!(left_out > 0, repetitions.is_some());
                    let expected = DeviceCounts { converter: 1, convert: 10, ..DeviceCounts::default() };
                    assert_eq!(device.counts(), expected, "nothing is downloaded");
                }
            }
        }
    }
}

#[test]
fn the_first_format_of_4_2_0_is_asked_for() {
    let script =
        Script { input: &[PixelFormat::Bgra8, PixelFormat::Nv12, PixelFormat::I420], ..Script::new("a") };
    let device = TestDevice::default();
    encode(&mut open(&script), &device.frame(picture(0)), 0).unwrap();
    assert_eq!(told(&script), [(Some(12), PixelFormat::Nv12)]);
    let script = Script { input: &[PixelFormat::Rgba8], ..Script::new("a") };
    let mut encoder = open(&script);
    encode(&mut encoder, &device.frame(picture(0)), 0).unwrap();
    assert_eq!((device.counts().converter, device.counts().download), (1, 1), "there is none to ask for");
    assert!(encoder.take_notices().is_empty(), "nothing was replaced");
}

#[test]
fn changes_are_said_only_where_pictures_are_compared() {
    let (script, device) = (Script::new("a"), TestDevice::default());
    let mut encoder = open(&script);
    for (index, on) in (0..).zip([false, false, true, true, false, true]) {
        encoder.track_changes(on);
        encode(&mut encoder, &device.frame(picture(0)), index).unwrap();
    }
    let counts: Vec<_> = told(&script).iter().map(|(changed, _)| *changed).collect();
    assert_eq!(counts, [None, None, Some(12), Some(0), None, Some(12)]);
}

#[test]
fn the_differences_of_a_dropped_frame_are_in_the_next_map() {
    let script = Script::new("a").with(Fault::Drop(2)).with(Fault::Drop(3));
    let (mut encoder, device) = (open(&script), TestDevice::default());
    let half = |dark: bool| {
        let mut data = vec![200; 64 * 48 * 4];
        data[..64 * 16 * 4].fill(if dark { 100 } else { 200 });
        device.frame(Picture::packed(PixelFormat::Rgba8, size("64x48"), data).unwrap())
    };
    for (index, dark) in (0..).zip([false, false, true, true, true, true]) {
        encode(&mut encoder, &half(dark), index).unwrap();
    }
    let counts: Vec<_> = told(&script).iter().map(|(changed, _)| changed.unwrap()).collect();
    assert_eq!(counts, [12, 0, 4, 4, 4, 0], "an unmarked change would fail the backend");
    assert!(encoder.take_notices().is_empty());
}

#[test]
fn a_picture_from_elsewhere_in_between_makes_all_new() {
    let (script, device) = (Script::new("a"), TestDevice::default());
    let mut encoder = open(&script);
    let other = TestDevice::default();
    let places: [&dyn Fn(Picture) -> Frame; 8] = [
        &|picture| picture.into(),
        &|picture| device.frame(picture),
        &|picture| device.frame(picture),
        &|picture| picture.into(),
        &|picture| picture.into(),
        &|picture| device.frame(picture),
        &|picture| other.frame(picture),
        &|picture| TestSurface::frame(picture),
    ];
    for (index, place) in (0..).zip(places) {
        encode(&mut encoder, &place(picture(0)), index).unwrap();
    }
    let counts: Vec<_> = told(&script).iter().map(|(changed, _)| changed.unwrap()).collect();
    assert_eq!(counts, [12, 12, 0, 12, 0, 12, 12, 12]);
    assert_eq!((device.counts().converter, other.counts().converter), (1, 1));
    assert_eq!(script.diary.sessions(), (1, 1));
}

#[test]
fn another_size_or_format_opens_another_converter() {
    let (script, device) = (Script::new("a"), TestDevice::default());
    let mut encoder = open(&script);
    assert!(encoder.device_converter().is_none());
    let shapes =
        [("64x48", PixelFormat::Rgba8), ("33x17", PixelFormat::Rgba8), ("33x17", PixelFormat::Bgra8)];
    for (index, (sides, format)) in (0..).zip(shapes) {
        let frame = device.frame(pictures::picture(format, size(sides), index));
        let units = encode(&mut encoder, &frame, index).unwrap();
        assert_eq!(units[0].size, size(sides).padded_to_even());
        let Surface::Device(surface) = &frame.surface else { panic!("it is on a device") };
        assert!(encoder.device_converter().unwrap().fits(surface.as_ref()));
        let changes = encoder.last_changes().unwrap();
        assert_eq!(changes.count(), changes.flags().len(), "all is new");
    }
    assert_eq!(device.counts().converter, 3);
}

#[test]
fn a_backend_that_takes_surfaces_gets_them_as_they_are() {
    let script = Script { takes_surfaces: true, ..Script::new("a") };
    let (mut encoder, device) = (open(&script), TestDevice::default());
    encode(&mut encoder, &device.frame(picture(0)), 0).unwrap();
    assert_eq!((device.counts().converter, told(&script)), (0, vec![(None, PixelFormat::Rgba8)]));
}

#[test]
fn a_device_that_does_not_convert_is_downloaded_from_without_a_word() {
    let (script, device) = (Script::new("a"), TestDevice::default());
    device.fail(DeviceFault::LackConverter);
    let mut encoder = open(&script);
    film(&mut encoder, |index| device.frame(picture(index)));
    assert_eq!((device.counts().convert, device.counts().download), (0, 10));
    assert!(encoder.take_notices().is_empty() && encoder.device_converter().is_none());
}

#[test]
fn a_converter_that_refuses_is_said_once_and_not_asked_again_before_the_next_session() {
    let (script, device) = (Script::new("a"), TestDevice::default());
    device.fail(DeviceFault::RefuseConverter);
    let mut encoder = open(&script);
    let (films, warnings) = warnings(|| film(&mut encoder, |index| device.frame(picture(index))));
    assert_eq!(films, film(&mut open(&Script::new("b")), |index| picture(index).into()));
    assert_eq!((device.counts().converter, device.counts().download), (1, 10));
    conversion_fell_back(&encoder.take_notices(), "conversion on the device", "it converts nothing");
    assert_eq!(warnings.matches("WARN").count(), 1, "{warnings}");
    let text = "conversion on the processor takes the place of conversion on the device: it converts nothing";
    assert!(warnings.contains(text), "{warnings}");
    for index in 10..13 {
        encode(&mut encoder, &device.frame(pictures::rgba(size("32x32"), index)), index).unwrap();
    }
    assert_eq!(device.counts().converter, 2, "another session asks again");
    assert!(encoder.take_notices().is_empty(), "and says nothing that is not known");
}

#[test]
fn a_converter_that_fails_costs_no_frame() {
    for (fault, why) in [
        (DeviceFault::FailConvert(4), "it does not convert this one"),
        (DeviceFault::StrayPicture(4), "a 64x48 picture of rgba came where a 64x48 picture of i420 was due"),
        (DeviceFault::StrayChanges(4), "the changes of a 64x48 picture came for pictures of another size"),
    ] {
        let (script, device) = (Script { uses_changes: true, ..Script::new("a") }, TestDevice::default());
        device.fail(fault);
        let mut encoder = open(&script);
        let on_device = film(&mut encoder, |index| device.frame(picture(index)));
        let on_host = film(&mut open(&Script::new("b")), |index| picture(index).into());
        let bytes =
            |film: &[(Vec<u8>, _, _)]| film.iter().map(|(bytes, ..)| bytes.clone()).collect::<Vec<_>>();
        assert_eq!(bytes(&on_device), bytes(&on_host), "{fault:?}");
        assert_eq!(on_device[4].1, Some(vec![true; 12]), "of the one before nothing is known");
        assert_eq!(on_device[6].1, on_host[6].1);
        assert_eq!((device.counts().converter, device.counts().download), (1, 6));
        conversion_fell_back(&encoder.take_notices(), "conversion on a test device", why);
        assert!(encoder.device_converter().is_none());
        assert_eq!(script.diary.sessions(), (1, 1));
    }
}

#[test]
fn a_lost_device_costs_its_frames_and_the_next_one_is_asked_anew() {
    let (script, device) = (Script::new("a"), TestDevice::default());
    let mut encoder = open(&script);
    encode(&mut encoder, &device.frame(picture(0)), 0).unwrap();
    device.fail(DeviceFault::Lost);
    for index in 1..4 {
        let (result, log) =
            logged(tracing::Level::DEBUG, || encode(&mut encoder, &device.frame(picture(0)), index));
        let error = result.unwrap_err();
        assert!(matches!(error, EncodeError::Device(_)), "{error}");
        assert_eq!((error.to_string(), error.in_full()), (LOST.to_owned(), LOST.to_owned()));
        let both = format!("conversion on a test device has failed: {LOST}; and so has the download: {LOST}");
        assert!(log.contains(&both) && !log.contains("WARN"), "{log}");
    }
    let next = TestDevice::default();
    encode(&mut encoder, &next.frame(picture(0)), 4).unwrap();
    encode(&mut encoder, &picture(0).into(), 5).unwrap();
    assert_eq!((next.counts().convert, next.counts().download), (1, 0));
    assert!(encoder.take_notices().is_empty(), "nothing has taken the device's place");
    let counts: Vec<_> = told(&script).iter().map(|(changed, _)| changed.unwrap()).collect();
    assert_eq!((counts, script.diary.sessions()), (vec![12; 3], (1, 1)));
}

#[test]
fn what_is_fetched_follows_what_is_wanted() {
    let device = TestDevice::default();
    let mut fetch = Fetch::default();
    let mut fetched = |format| {
        let frame = device.frame(picture(0));
        let Surface::Device(surface) = &frame.surface else { panic!("it is on a device") };
        let wanted = Wanted { size: size("64x48"), format, color: frame.color };
        let format = match fetch.fetch(surface.as_ref(), wanted).unwrap() {
            Fetched::Converted(made) => {
                assert_eq!(made.changes.count(), 12, "what came before was made otherwise");
                made.picture.format()
            }
            Fetched::Downloaded(picture) => picture.format(),
        };
        (format, fetch.converter().is_some(), fetch.take_fallback().is_some())
    };
    assert_eq!(fetched(Some(PixelFormat::I420)), (PixelFormat::I420, true, false));
    assert_eq!(fetched(Some(PixelFormat::Nv12)), (PixelFormat::Nv12, true, false));
    assert_eq!(fetched(None), (PixelFormat::Rgba8, false, false));
    device.fail(DeviceFault::FailConvert(2));
    assert_eq!(fetched(Some(PixelFormat::I420)), (PixelFormat::Rgba8, false, true));
    assert_eq!(fetched(Some(PixelFormat::I420)), (PixelFormat::Rgba8, false, false), "it is not asked again");
    assert_eq!(fetched(Some(PixelFormat::Nv12)), (PixelFormat::Nv12, true, false));
    device.fail(DeviceFault::FailConvert(4));
    assert_eq!(fetched(Some(PixelFormat::I420)), (PixelFormat::Rgba8, false, true), "it had recovered");
    device.fail(DeviceFault::FailConvert(5));
    assert_eq!(fetched(Some(PixelFormat::Nv12)), (PixelFormat::Rgba8, false, false), "that is known");
    assert_eq!(device.counts(), DeviceCounts { converter: 6, convert: 6, download: 5, ..Default::default() });
}
