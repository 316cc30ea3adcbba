//! A call over a network that loses units: the sender hears what was shown, and repairs a loss with the next frame.
//!
//! ```text
//! cargo run -p framewire --example call
//! ```
//!
//! Where the encoder keeps long-term references, the repair is a small picture that refers to one that was shown; where it
//! does not, it is a key frame. The receiver need not know which.

use framewire::{
    PixelFormat, Size,
    codec::{Choice, Codec, Decoder, Encoder, EncoderConfig},
    engine::roster,
    frame::{FrameId, FrameRate},
    pattern::Pattern,
};
use std::error::Error;

const FRAMES: u64 = 60;
/// Units that the network loses.
const LOST: [u64; 3] = [17, 18, 41];

fn main() -> Result<(), Box<dyn Error>> {
    let (size, frame_rate) = (Size::new(640, 360)?, FrameRate::whole(30));
    let config = EncoderConfig::new(size).with_long_term_references(true);
    let mut encoder = Encoder::open(&roster(), &Choice::Auto, config)?;
    let mut decoder = Decoder::new(&roster(), &Choice::Auto, Codec::H264);
    let (mut shown, mut is_broken) = (0, false);
    for index in 0..FRAMES {
        let frame = Pattern::BouncingBox.picture(index, PixelFormat::Rgba8, size)?.into();
        for unit in encoder.encode(&frame, FrameId(index), frame_rate.due(index).into())? {
            if LOST.contains(&unit.id.0) {
                println!("frame {} is lost", unit.id.0);
                is_broken = true;
                encoder.request_recovery();
                continue;
            }
            if is_broken && !unit.recovers {
                continue;
            }
            if is_broken {
                let how = if unit.key { "a key frame" } else { "a long-term reference" };
                println!("frame {} repairs it by {how}, {} bytes", unit.id.0, unit.data.len());
                is_broken = false;
            }
            decoder.decode(&unit.data, unit.timestamp, &mut |_| shown += 1)?;
            encoder.acknowledge(unit.id);
        }
    }
    println!("{shown} of {FRAMES} frames were shown");
    Ok(())
}
