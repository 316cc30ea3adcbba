//! Frames into H.264: the best encoder of this machine, a key frame on demand, another rate in place.
//!
//! ```text
//! cargo run -p framewire --example encode -- out.h264
//! ```

use framewire::{
    PixelFormat, Size,
    codec::{Choice, Encoder, EncoderConfig, Preset, Rate},
    engine::roster,
    frame::{Bitrate, FrameId, FrameRate},
    pattern::Pattern,
};
use std::{env, error::Error, fs::File, io::Write as _};

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args_os().nth(1).unwrap_or_else(|| env::temp_dir().join("encode.h264").into());
    let mut file = File::create(&path)?;
    let (size, frame_rate) = (Size::new(640, 360)?, FrameRate::whole(30));
    let rate = Rate { bitrate: Bitrate::from_bits_per_second(2_000_000), frame_rate };
    let config = EncoderConfig::new(size).with_rate(rate).with_preset(Preset::LowLatency);
    let mut encoder = Encoder::open(&roster(), &Choice::Auto, config)?;
    println!("{} likes {:?} best", encoder.name(), encoder.preferred_format());
    for index in 0..60 {
        match index {
            // Stays wished for until a key frame has come out.
            20 => encoder.request_keyframe(),
            // The same session, and no key frame.
            40 => encoder.set_rate(Rate { bitrate: Bitrate::from_bits_per_second(500_000), frame_rate }),
            _ => {}
        }
        let frame = Pattern::BouncingBox.picture(index, PixelFormat::Rgba8, size)?.into();
        for unit in encoder.encode(&frame, FrameId(index), frame_rate.due(index).into())? {
            if unit.key {
                println!("frame {} is a key frame of {} bytes, {}", unit.id.0, unit.data.len(), unit.codec);
            }
            file.write_all(&unit.data)?;
        }
    }
    for unit in encoder.flush() {
        file.write_all(&unit.data)?;
    }
    println!("{} is written", path.display());
    Ok(())
}
