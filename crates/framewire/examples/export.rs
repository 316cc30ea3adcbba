//! A video file into another one: decoded, encoded and written at the speed of the slowest of these.
//!
//! ```text
//! cargo run -p framewire --example export -- in.y4m out.mp4
//! ```

use framewire::{
    codec::{Choice, EncoderConfig, Preset, Quality, Rate},
    engine::roster,
    frame::{FrameRate, Size},
    media::{
        Cancel,
        export::{Conversion, Event, ExportOptions, export},
        sink::{Destination, VideoFormat, open_video},
        source::{SourceOptions, open_file},
    },
};
use std::{env, error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [input, output] = arguments.as_slice() else { return Err("usage: export IN OUT.mp4".into()) };
    let source = open_file(Path::new(input), &SourceOptions::default(), &roster())?;
    let frame_rate = source.frame_rate().unwrap_or(FrameRate::whole(30));
    let config = EncoderConfig::new(Size::new(2, 2)?)
        .with_rate(Rate { frame_rate, ..Rate::default() })
        .with_preset(Preset::Fast)
        .with_quality(Quality::new(75));
    let options = ExportOptions { choice: Choice::Auto, config, bitrate: None, conversion: Conversion::Auto };
    let destination = Destination::Path { path: output.into(), overwrite: false };
    let cancel = Cancel::default();
    let report = export(
        source,
        &roster(),
        &options,
        |facts| open_video(&destination, VideoFormat::Mp4, facts, &cancel),
        &cancel,
        &mut |event| {
            if let Event::Progress(progress) = event
                && progress.frames % 100 == 0
            {
                println!("{} frames, {:.0} fps", progress.frames, progress.fps);
            }
        },
    )?;
    println!("{} frames by {:?} in {:.2} s", report.frames, report.encoder, report.seconds);
    Ok(())
}
