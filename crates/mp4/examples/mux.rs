//! Makes an MP4 file of an H.264 stream in Annex B without reordered pictures, as framewire's encoders write it:
//!
//! ```text
//! cargo run -p framewire-mp4 --example mux -- clip.h264 clip.mp4 30
//! ```

use std::{env, error::Error, fs::File, num::NonZeroU32};

use framewire_bitstream::{Codec, annexb};
use framewire_mp4::{AnnexBSamples, DescriptionId, MovieSettings, Mp4Writer, NewSample, TrackSettings};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [input, output, frames_per_second] = arguments.as_slice() else {
        return Err("usage: mux IN.h264 OUT.mp4 FRAMES-PER-SECOND".into());
    };
    let stream = std::fs::read(input)?;
    let timescale: NonZeroU32 = frames_per_second.parse()?;
    let file = File::options().read(true).write(true).create_new(true).open(output)?;

    let mut writer = Mp4Writer::new(file, MovieSettings::default())?;
    let mut samples = AnnexBSamples::new(Codec::H264);
    let (mut track, mut description) = (None, DescriptionId::default());
    let mut time = 0;
    for unit in annexb::access_units(&stream) {
        let sample = samples.convert(unit)?;
        if let Some(entry) = sample.new_entry {
            match track {
                Some(track) => description = writer.add_description(track, entry)?,
                None => track = Some(writer.add_track(TrackSettings::video(timescale, entry))?),
            }
        }
        let Some(track) = track.filter(|_| !sample.data.is_empty()) else { continue };
        let mut new = NewSample::new(sample.data, time);
        (new.duration, new.sync, new.description) = (Some(1), sample.sync, description);
        writer.write_sample(track, new)?;
        time += 1;
    }
    writer.finish_fast_start()?;
    println!("{output}: {time} pictures");
    Ok(())
}
