//! Which encoder is used, without any hardware: hardware opens, refuses, is not asked, and nothing works.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod log;

use framewire_codec::{
    BackendError, Choice, DecoderCandidate, DecoderConfig, Encoder, EncoderConfig, ImageCandidate,
    ImageFormat, OpenError, Roster, Tier,
    testing::{ConverterScript, DecoderScript, Fault, Script},
};
use framewire_frame::{PixelFormat, Size};
use log::warnings;
use std::sync::Arc;

fn config() -> EncoderConfig {
    EncoderConfig::new(Size::new(64, 48).unwrap())
}

fn roster(scripts: &[Script]) -> Roster {
    Roster { encoders: scripts.iter().map(Script::candidate).collect(), ..Roster::default() }
}

fn software() -> Script {
    Script::new("software")
}

fn hardware() -> Script {
    Script::new("hardware").in_tier(Tier::Preferred)
}

fn named(name: &str) -> Choice {
    Choice::Named(name.to_owned())
}

#[test]
fn hardware_that_opens_is_used_although_software_comes_first_in_the_roster() {
    let software = software();
    let (encoder, warnings) =
        warnings(|| Encoder::open(&roster(&[software.clone(), hardware()]), &Choice::Auto, config()));
    assert_eq!(encoder.unwrap().name(), "hardware");
    assert_eq!(warnings, "");
    assert_eq!(software.diary.sessions(), (0, 0), "software was not even tried");
}

#[test]
fn hardware_that_refuses_is_replaced_with_a_warning_that_names_it_and_its_reason() {
    let hardware = hardware().with(Fault::Unavailable("libdevice.so.1 is not on this machine"));
    let (encoder, warnings) =
        warnings(|| Encoder::open(&roster(&[hardware, software()]), &Choice::Auto, config()));
    let mut encoder = encoder.unwrap();
    assert_eq!(encoder.name(), "software");
    assert!(warnings.contains("WARN"), "{warnings}");
    assert!(
        warnings.contains(
            "software is used for h264, because hardware refused (libdevice.so.1 is not on this machine)"
        ),
        "{warnings}"
    );
    let notices = encoder.take_notices();
    assert_eq!(notices.len(), 1);
    assert_eq!((notices[0].from.as_str(), notices[0].to.as_str()), ("hardware", "software"));
    assert_eq!(notices[0].why, "hardware refused (libdevice.so.1 is not on this machine)");
    assert_eq!(encoder.take_notices(), []);
}

#[test]
fn software_that_is_asked_for_is_used_without_a_word() {
    let hardware = hardware();
    let (encoder, warnings) =
        warnings(|| Encoder::open(&roster(&[hardware.clone(), software()]), &named("Software"), config()));
    assert_eq!(encoder.unwrap().name(), "software");
    assert_eq!(warnings, "");
    assert_eq!(hardware.diary.sessions(), (0, 0));
}

#[test]
fn when_nothing_works_the_error_names_everything_that_was_tried() {
    let least = Size::new(160, 64).unwrap();
    let scripts =
        [software().with(Fault::Unavailable("it was not built")), hardware().with(Fault::RefuseBelow(least))];
    let error = Encoder::open(&roster(&scripts), &Choice::Auto, config()).err().unwrap();
    assert_eq!(
        error.to_string(),
        "no encoder of h264 works: hardware refused (a picture of 64x48 is not supported); \
         software refused (it was not built)"
    );
}

#[test]
fn an_empty_roster_says_that_there_is_nothing() {
    let error = Encoder::open(&Roster::default(), &Choice::Auto, config()).err().unwrap();
    assert_eq!(error.to_string(), "no encoder of h264 works: there is none in this program");
}

#[test]
fn a_name_that_is_not_known_falls_back_and_says_which_names_are() {
    let roster = roster(&[software(), hardware()]);
    let (encoder, warnings) = warnings(|| Encoder::open(&roster, &named("typo"), config()));
    assert_eq!(encoder.unwrap().name(), "hardware");
    assert!(warnings.contains("typo refused"), "{warnings}");
    assert!(warnings.contains("hardware, software can be named"), "{warnings}");
}

#[test]
fn a_name_that_must_be_met_is_used_or_nothing_is() {
    let software = software();
    let roster = roster(&[software.clone(), hardware().with(Fault::Unavailable("no device"))]);
    let only = |name: &str| Encoder::open(&roster, &Choice::Only(name.to_owned()), config());
    assert_eq!(only("software").unwrap().name(), "software");
    assert_eq!(
        only("hardware").err().unwrap().to_string(),
        "no encoder of h264 works: hardware refused (no device)"
    );
    assert!(only("typo").err().unwrap().to_string().contains("typo refused (it is no encoder of h264"));
    assert_eq!(software.diary.sessions().0, 1);
}

#[test]
fn hardware_that_must_be_is_used_or_nothing_is() {
    let software = software();
    let open = |scripts: &[Script]| Encoder::open(&roster(scripts), &Choice::Hardware, config());
    let lost = Script::new("chip").in_tier(Tier::Preferred).with(Fault::Unavailable("no device"));
    assert_eq!(open(&[software.clone(), lost.clone(), hardware()]).unwrap().name(), "hardware");
    assert_eq!(
        open(&[software.clone(), lost]).err().unwrap().to_string(),
        "no encoder of h264 works: chip refused (no device)"
    );
    assert_eq!(
        open(std::slice::from_ref(&software)).err().unwrap().to_string(),
        "no encoder of h264 works: hardware refused (there is no encoder of h264 in hardware in this program)"
    );
    assert_eq!(software.diary.sessions().0, 0, "software was not even tried");
}

#[test]
fn a_choice_is_read_as_it_is_written() {
    for choice in [Choice::Auto, Choice::Hardware, named("openh264")] {
        assert_eq!(choice.to_string().parse(), Ok(choice));
    }
    assert_eq!("HARDWARE".parse(), Ok(Choice::Hardware));
}

#[test]
fn a_candidate_of_another_codec_is_not_tried() {
    let config = config().with_codec(framewire_codec::Codec::Hevc);
    let error = Encoder::open(&roster(&[software()]), &named("software"), config).err().unwrap();
    assert_eq!(
        error.to_string(),
        "no encoder of hevc works: software refused (there is no encoder of hevc in this program)"
    );
}

#[test]
fn decoders_and_images_are_selected_by_the_same_rules() {
    let refusing = DecoderCandidate {
        tier: Tier::Preferred,
        open: Arc::new(|_: &DecoderConfig| Err(BackendError::unavailable("no decoder chip"))),
        ..DecoderScript::default().candidate("hardware")
    };
    let image = ImageCandidate {
        name: "images",
        format: ImageFormat::Png,
        tier: Tier::Standard,
        open: Arc::new(|| Err(BackendError::failed("no memory"))),
    };
    let roster = Roster {
        decoders: vec![DecoderScript::default().candidate("software"), refusing],
        images: vec![image],
        ..Roster::default()
    };
    let config = DecoderConfig::new(framewire_codec::Codec::H264, Size::new(2, 2).unwrap());
    let selected = roster.open_decoder(&Choice::Auto, &config, &[]).map_err(|error| error.to_string());
    let selected = selected.map(|selected| (selected.name, selected.refused[0].to_string()));
    assert_eq!(selected, Ok(("software", "hardware refused (no decoder chip)".to_owned())));

    let Err(OpenError::NoneWorks { tried, .. }) = roster.open_image(ImageFormat::Png) else { panic!() };
    assert_eq!(tried[0].to_string(), "images refused (no memory)");
    assert!(roster.open_image(ImageFormat::Jpeg).is_err());
}

#[test]
fn a_converter_is_of_use_to_its_encoder_and_for_its_formats_alone() {
    let converters = ["first", "second"].map(|encoder| ConverterScript::new(encoder).candidate());
    let roster = Roster { converters: converters.to_vec(), ..Roster::default() };
    let of = |encoder, from| roster.converter(encoder, from).map(|candidate| candidate.encoder);
    assert_eq!(of("second", PixelFormat::Rgba8), Some("second"));
    assert_eq!(of("second", PixelFormat::I420), None);
    assert_eq!(of("third", PixelFormat::Rgba8), None);
}
