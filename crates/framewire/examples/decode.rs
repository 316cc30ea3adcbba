//! H.264 out of an encoder into pictures: the decoder opens on the first parameter sets and follows a change of size.
//!
//! ```text
//! cargo run -p framewire --example decode
//! ```

use framewire::{
    PixelFormat, Size,
    codec::{Choice, Codec, Decoder, Encoder, EncoderConfig},
    engine::roster,
    frame::{FrameId, FrameRate},
    pattern::Pattern,
};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut encoder = Encoder::open(&roster(), &Choice::Auto, EncoderConfig::new(Size::new(320, 240)?))?;
    let mut decoder = Decoder::new(&roster(), &Choice::Auto, Codec::H264).with_output(PixelFormat::Nv12);
    let mut shown = 0;
    for index in 0..20 {
        let size = if index < 10 { Size::new(320, 240)? } else { Size::new(640, 480)? };
        let frame = Pattern::Gradient.picture(index, PixelFormat::Rgba8, size)?.into();
        let moment = FrameRate::whole(30).due(index).into();
        for unit in encoder.encode(&frame, FrameId(index), moment)? {
            decoder.decode(&unit.data, unit.timestamp, &mut |decoded| {
                shown += 1;
                let picture = decoded.picture;
                println!(
                    "{}: {} {}, {:?}",
                    decoded.timestamp,
                    picture.size(),
                    picture.format(),
                    decoded.color.matrix
                );
            })?;
        }
    }
    for unit in encoder.flush() {
        decoder.decode(&unit.data, unit.timestamp, &mut |_| shown += 1)?;
    }
    decoder.flush(&mut |_| shown += 1)?;
    println!("{shown} of 20 frames came back");
    Ok(())
}
