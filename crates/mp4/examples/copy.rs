//! Copies every track of an MP4 file into a new one, sample by sample:
//!
//! ```text
//! cargo run -p framewire-mp4 --example copy -- in.mp4 out.mp4
//! ```

use std::{
    env,
    error::Error,
    fs::File,
    io::{BufReader, BufWriter},
};

use framewire_mp4::{Mp4Reader, Mp4Writer};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [input, output] = arguments.as_slice() else {
        return Err("usage: copy IN.mp4 OUT.mp4".into());
    };
    let mut reader = Mp4Reader::open(BufReader::new(File::open(input)?))?;
    let mut writer = Mp4Writer::new(BufWriter::new(File::create_new(output)?), *reader.movie())?;

    let tracks = reader.tracks().to_vec();
    for track in &tracks {
        let copy = writer.add_track(track.settings())?;
        println!("track {}: {:?}, {} samples", copy.0, track.kind(), track.samples().len());
    }
    let ids: Vec<_> = tracks.iter().map(|track| track.id()).collect();
    let mut order = reader.interleaved(&ids);
    let mut data = Vec::new();
    while let Some((id, index)) = order.next(&reader) {
        let sample = reader.read_sample(id, index, &mut data)?;
        // The tracks of the copy are numbered in the order in which they were added.
        let position = ids.iter().position(|known| *known == id).ok_or("a track of the file")?;
        let copy = framewire_mp4::TrackId(position as u32 + 1);
        writer.write_sample(copy, tracks[position].copy(&sample, &data))?;
    }
    writer.finish()?;
    Ok(())
}
