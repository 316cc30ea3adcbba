//! `framewire decode`: a video file to pictures.

use super::files::{self, Names};
use crate::{
    args::{self, FileOrPipe},
    exit::Failure,
    interrupt,
    progress::Display,
};
use framewire::{
    engine,
    frame::{FrameRate, PixelFormat},
    media::{
        Cancel, export,
        sink::{Destination, OutputError, PictureFormat, check_pictures, open_pictures},
        source::{self, SourceOptions},
    },
    mp4::Rotation,
};

/// Decodes until the input ends or the user does.
pub fn run(args: &args::Decode) -> Result<(), Failure> {
    let output = files::destination(&args.output, args.said.force);
    let names = Names::of(&args.input, &output);
    files::check_json(args.said.json, &output)?;
    let format = format(args, &output).map_err(|error| names.output(&error))?;
    output.check(files::input_path(&args.input)).map_err(|error| names.output(&error))?;
    check_pictures(&output, format).map_err(|error| names.output(&error))?;
    let options = SourceOptions { frame_rate: args.fps, ..SourceOptions::default() };
    let roster = engine::roster();
    let source = match &args.input {
        FileOrPipe::File(path) => source::open_file(path, &options, &roster),
        FileOrPipe::Pipe => source::open_stream(std::io::stdin(), &options, &roster),
    }
    .map_err(|error| names.input(&error))?;
    let mut display = Display::new(args.said.quiet);
    display.say(&format!("{}: {}", names.input, source.describe()));
    if source.rotation() != Rotation::None {
        tracing::warn!("the file asks for a rotation of its pictures, which is not done");
    }
    let cancel = Cancel::default();
    let wish = cancel.clone();
    interrupt::on_interrupt(move || wish.cancel())?;

    let rate = args.fps.or(source.frame_rate()).unwrap_or(FrameRate::whole(30));
    let pixels = args.pixel_format.or_else(|| pixels_of_name(&output));
    let open = || open_pictures(&output, format, pixels, rate, &cancel);
    let observe = &mut |event: export::Event<'_>| display.observe(&event);
    let result = export::save_pictures(source, rate, open, &cancel, observe);
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

fn format(args: &args::Decode, output: &Destination) -> Result<PictureFormat, OutputError> {
    let named = match output {
        Destination::Stdout => None,
        Destination::Path { path, .. } => PictureFormat::of_path(path),
    };
    args.format.or(named).ok_or_else(|| {
        OutputError::Usage(
            "its name does not say what to write: end it in .y4m, .yuv or .png, or give --format".to_owned(),
        )
    })
}

/// The pixel format that a file name ends in.
fn pixels_of_name(output: &Destination) -> Option<PixelFormat> {
    match output {
        Destination::Stdout => None,
        Destination::Path { path, .. } => path.extension()?.to_str()?.parse().ok(),
    }
}
