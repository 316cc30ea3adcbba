//! Access units into an MP4 file with exact times, and out of it again.
//!
//! ```text
//! cargo run -p framewire --example mp4_file -- out.mp4
//! ```

use framewire::{
    PixelFormat, Size,
    codec::{Choice, Codec, Encoder, EncoderConfig},
    engine::roster,
    frame::{FrameId, FrameRate},
    mp4::{AnnexBSamples, DescriptionId, MovieSettings, Mp4Reader, Mp4Writer, NewSample, TrackSettings},
    pattern::Pattern,
};
use std::{
    env,
    error::Error,
    fs::File,
    io::{BufReader, BufWriter},
    num::NonZeroU32,
};

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args_os().nth(1).unwrap_or_else(|| env::temp_dir().join("mp4_file.mp4").into());
    let size = Size::new(320, 240)?;
    let mut encoder = Encoder::open(&roster(), &Choice::Auto, EncoderConfig::new(size))?;
    let mut units = Vec::new();
    for index in 0..30 {
        let frame = Pattern::Gradient.picture(index, PixelFormat::Rgba8, size)?.into();
        units.extend(encoder.encode(&frame, FrameId(index), FrameRate::whole(30).due(index).into())?);
    }
    units.extend(encoder.flush());

    // Half as fast as they were made: the times are whatever the writer is told, in units of its clock.
    let (timescale, interval) = (NonZeroU32::new(30_000).ok_or("a clock")?, 2002);
    let mut writer = Mp4Writer::new(BufWriter::new(File::create(&path)?), MovieSettings::default())?;
    let mut samples = AnnexBSamples::new(Codec::H264);
    let (mut track, mut description) = (None, DescriptionId::default());
    for unit in &units {
        let sample = samples.convert(&unit.data)?;
        if let Some(entry) = sample.new_entry {
            match track {
                Some(track) => description = writer.add_description(track, entry)?,
                None => track = Some(writer.add_track(TrackSettings::video(timescale, entry))?),
            }
        }
        let mut new = NewSample::new(sample.data, unit.id.0 as i64 * interval);
        (new.sync, new.description) = (sample.sync, description);
        writer.write_sample(track.ok_or("a key frame comes first")?, new)?;
    }
    writer.finish()?;

    let mut reader = Mp4Reader::open(BufReader::new(File::open(&path)?))?;
    let track = reader.video_track()?.clone();
    let mut bytes = Vec::new();
    for index in 0..track.samples().len() {
        let sample = reader.read_sample(track.id(), index, &mut bytes)?;
        if sample.sync {
            println!("a key frame of {} bytes at {:?}", bytes.len(), track.presentation_time(&sample));
        }
    }
    println!("{}: {} frames, {:.3} s", path.display(), track.samples().len(), track.duration().as_secs_f64());
    Ok(())
}
