//! `framewire encode`: frames to a video file.

use super::files::{self, Names};
use crate::{
    args::{self, FileOrPipe},
    exit::Failure,
    interrupt,
    progress::Display,
};
use framewire::{
    codec::{Choice, Codec, EncodeError, EncoderConfig, Quality, Rate, Roster},
    engine,
    frame::{Color, FrameRate, Size},
    media::{
        Cancel, Error, Failed,
        export::{self, ExportOptions, Report},
        sink::{VideoFormat, open_video},
        source::{self, RawShape, Source, SourceOptions},
    },
};
use std::num::NonZeroU32;

/// What is made where neither a quality nor a bitrate is given.
const DEFAULT_QUALITY: u8 = 70;
/// Seconds from one key frame to the next.
const KEY_SECONDS: f64 = 2.0;

/// Encodes until the input ends or the user does.
pub fn run(args: &args::Encode) -> Result<(), Failure> {
    let output = files::destination(&args.output, args.said.force);
    let names = Names::of(&args.input, &output);
    files::check_json(args.said.json, &output)?;
    let format = args.format.as_ref().map(|named| named.format);
    let format =
        files::video_format(&output, format, args.fast_start).map_err(|error| names.output(&error))?;
    let codec = codec(args)?;
    check_encoder(&engine::roster(), &args.encoder, codec)?;
    output.check(files::input_path(&args.input)).map_err(|error| names.output(&error))?;
    let source = open(args).map_err(|error| names.input(&error))?;
    let mut display = Display::new(args.said.quiet);
    let options = options(args, codec, &*source);
    let counted = match source.frame_rate() {
        Some(_) => String::new(),
        None => format!(", counted at {} fps", options.config.rate.frame_rate),
    };
    display.say(&format!("{}: {}{counted}", names.input, source.describe()));
    let cancel = Cancel::default();
    let wish = cancel.clone();
    interrupt::on_interrupt(move || wish.cancel())?;

    let open = |facts| open_video(&output, format, facts, &cancel);
    let observe = &mut |event: export::Event<'_>| display.observe(&event);
    let result = export::export(source, &engine::roster(), &options, open, &cancel, observe);
    display.finish();
    let report = result.map_err(|failed| failure(&names, failed, &options.choice))?;
    files::warn_of_losses(&names, &report);
    files::say_left_out(&display, &report.left_out);
    display.say(&files::summary(&names, &report));
    if args.said.json {
        crate::output::json(&report)?;
    }
    if report.cancelled { Err(Failure::Interrupted) } else { Ok(()) }
}

/// The codec that the option, the format or the name of the output says; they have to agree.
fn codec(args: &args::Encode) -> Result<Codec, Failure> {
    let option = args.codec.map(|codec| (codec, format!("--codec {codec}")));
    let format = args.format.as_ref().and_then(|format| Some((format.codec?, format!("--format {format}"))));
    let name = codec_of_name(&args.output).map(|codec| (codec, format!("the name {}", args.output)));
    let mut said = [option, format, name].into_iter().flatten();
    let Some((codec, by)) = said.next() else { return Ok(Codec::H264) };
    match said.find(|(other, _)| *other != codec) {
        None => Ok(codec),
        Some((other, by_other)) => Err(Failure::Input(format!(
            "{by} says {codec}, and {by_other} says {other}: leave one of them out"
        ))),
    }
}

fn codec_of_name(output: &FileOrPipe) -> Option<Codec> {
    VideoFormat::codec_of(files::input_path(output)?.extension()?.to_str()?)
}

/// A name that no encoder has is a slip of the pen, not an encoder that fails; nor is a codec that it does not make.
fn check_encoder(roster: &Roster, name: &str, codec: Codec) -> Result<(), Failure> {
    let makers = roster.encoders.iter().filter(|candidate| candidate.codecs.contains(&codec));
    let makers: Vec<_> = makers.map(|candidate| candidate.name).collect();
    if makers.is_empty() {
        let what = format!("no encoder of this program makes {codec}");
        let who = if codec == Codec::Hevc { ": encoders in hardware do, such as a Mac's" } else { "" };
        return Err(Failure::Input(format!("{what}{who}")));
    }
    let is_name = |known: &&str| known.eq_ignore_ascii_case(name);
    // Hardware that is missing has a reason to tell, which opening it gives.
    if [Choice::AUTO, Choice::HARDWARE].iter().chain(&makers).any(is_name) {
        return Ok(());
    }
    Err(Failure::Input(match roster.encoders.iter().map(|candidate| candidate.name).find(is_name) {
        Some(other) => format!("{other} makes no {codec}: {} can be named", makers.join(", ")),
        None => {
            let known = roster.encoder_choices().join(", ");
            engine::Error::UnknownEncoder { name: name.to_owned(), known }.to_string()
        }
    }))
}

/// What ended the export. Hardware is named as the wish that it was, in the words of a stream that asks for it.
fn failure(names: &Names, failed: Failed<Report>, choice: &Choice) -> Failure {
    let written = names.written(&failed);
    let failure = match failed.error {
        Error::Open(error) | Error::Encode(EncodeError::Open(error)) if *choice == Choice::Hardware => {
            Failure::Failed(engine::Error::NoHardware(error).to_string())
        }
        error => names.error(&error),
    };
    failure.with(written)
}

fn open(args: &args::Encode) -> Result<Box<dyn Source>, source::InputError> {
    let options = SourceOptions {
        frame_rate: args.fps,
        color: Color { matrix: args.matrix, range: args.range, ..Color::default() },
        raw: args.size.zip(args.pixel_format).map(|(size, format)| RawShape { size, format }),
        start: args.start,
    };
    let roster = engine::roster();
    match &args.input {
        FileOrPipe::File(path) => source::open_file(path, &options, &roster),
        FileOrPipe::Pipe => source::open_stream(std::io::stdin(), &options, &roster),
    }
}

fn options(args: &args::Encode, codec: Codec, source: &dyn Source) -> ExportOptions {
    let frame_rate = args.fps.or(source.frame_rate()).unwrap_or(FrameRate::whole(30));
    let quality = args.quality.or(Quality::new(DEFAULT_QUALITY)).filter(|_| args.bitrate.is_none());
    // The size is that of the frames; what stands here is not looked at.
    let size = args.size.unwrap_or(Size::new(2, 2).expect("a possible size"));
    let frames = (frame_rate.as_f64() * KEY_SECONDS).round().max(1.0) as u32;
    let config = EncoderConfig::new(size)
        .with_codec(codec)
        .with_rate(Rate { frame_rate, ..Rate::default() })
        .with_threads(args.threads)
        .with_profile(args.profile)
        .with_preset(args.preset)
        .with_quality(quality)
        .with_gop(args.gop.or(NonZeroU32::new(frames).filter(|_| args.gop_duration.is_none())))
        .with_gop_duration(args.gop_duration);
    let Ok(choice) = args.encoder.parse::<Choice>();
    ExportOptions { choice, config, bitrate: args.bitrate, conversion: args.convert }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire::codec::{BackendError, Candidate, Tier};
    use std::sync::Arc;

    fn candidate(name: &'static str, codecs: &'static [Codec], tier: Tier) -> Candidate {
        let open = Arc::new(|_: &EncoderConfig| Err(BackendError::failed("it is a name alone")));
        Candidate { name, codecs, tier, open }
    }

    #[test]
    fn an_encoder_that_does_not_make_the_codec_is_answered_with_those_that_do() {
        let encoders = vec![
            candidate("chip", &[Codec::H264, Codec::Hevc], Tier::Preferred),
            candidate("soft", &[Codec::H264], Tier::Standard),
        ];
        let roster = Roster { encoders, ..Roster::default() };
        for (name, codec) in [("auto", Codec::Hevc), ("hardware", Codec::Hevc), ("SOFT", Codec::H264)] {
            assert!(check_encoder(&roster, name, codec).is_ok(), "{name} {codec}");
        }
        let said = |name, codec| match check_encoder(&roster, name, codec) {
            Err(Failure::Input(said)) => said,
            other => panic!("{other:?}"),
        };
        assert_eq!(said("soft", Codec::Hevc), "soft makes no hevc: chip can be named");
        assert_eq!(
            said("typo", Codec::Hevc),
            "no encoder is named \"typo\"; known are auto, hardware, chip, soft"
        );
    }
}
