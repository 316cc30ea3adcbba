//! `framewire encode`: frames to a video file.

use super::files::{self, Names};
use crate::{
    args::{self, FileOrPipe},
    exit::Failure,
    interrupt,
    progress::Display,
};
use framewire::{
    codec::{Choice, Codec, EncoderConfig, Quality, Rate},
    engine,
    frame::{Color, FrameRate, Size},
    media::{
        Cancel,
        export::{self, ExportOptions},
        sink::open_video,
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
    let format =
        files::video_format(&output, args.format, args.fast_start).map_err(|error| names.output(&error))?;
    check_encoder(&args.encoder, args.codec)?;
    output.check(files::input_path(&args.input)).map_err(|error| names.output(&error))?;
    let source = open(args).map_err(|error| names.input(&error))?;
    let mut display = Display::new(args.said.quiet);
    let options = options(args, &*source);
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
    let report = result.map_err(|failed| names.failed(&failed))?;
    files::warn_of_losses(&names, &report);
    files::say_left_out(&display, &report.left_out);
    display.say(&files::summary(&names, &report));
    if args.said.json {
        crate::output::json(&report)?;
    }
    if report.cancelled { Err(Failure::Interrupted) } else { Ok(()) }
}

/// A name that no encoder has is a slip of the pen, not an encoder that fails; nor is a codec that none makes.
fn check_encoder(name: &str, codec: Codec) -> Result<(), Failure> {
    if engine::roster().encoders.iter().all(|candidate| !candidate.codecs.contains(&codec)) {
        return Err(Failure::Input(format!("no encoder of this program makes {codec}")));
    }
    let names: Vec<_> = engine::roster().encoders.iter().map(|candidate| candidate.name).collect();
    // Hardware that is missing has a reason to tell, which opening it gives.
    if [Choice::AUTO, Choice::HARDWARE].iter().chain(&names).any(|known| known.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    let known = match names.is_empty() {
        true => "none is".to_owned(),
        false => format!("{}, {} and {} are", Choice::AUTO, Choice::HARDWARE, names.join(", ")),
    };
    Err(Failure::Input(format!("\"{name}\" is no encoder of this program: {known}")))
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

fn options(args: &args::Encode, source: &dyn Source) -> ExportOptions {
    let frame_rate = args.fps.or(source.frame_rate()).unwrap_or(FrameRate::whole(30));
    let quality = args.quality.or(Quality::new(DEFAULT_QUALITY)).filter(|_| args.bitrate.is_none());
    // The size is that of the frames; what stands here is not looked at.
    let size = args.size.unwrap_or(Size::new(2, 2).expect("a possible size"));
    let frames = (frame_rate.as_f64() * KEY_SECONDS).round().max(1.0) as u32;
    let config = EncoderConfig::new(size)
        .with_codec(args.codec)
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
