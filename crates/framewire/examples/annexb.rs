//! Access units from start codes to lengths and back, and the parameter sets in them.
//!
//! ```text
//! cargo run -p framewire --example annexb
//! ```

use framewire::{
    PixelFormat, Size,
    bitstream::{
        Codec, DecoderConfig, annexb_to_avcc, avcc::LengthSize, avcc_to_annexb, parameter_sets, split_annex_b,
    },
    codec::{Choice, Encoder, EncoderConfig},
    engine::roster,
    frame::{FrameId, Timestamp},
    pattern::Pattern,
};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let size = Size::new(320, 240)?;
    let mut encoder = Encoder::open(&roster(), &Choice::Auto, EncoderConfig::new(size))?;
    let frame = Pattern::TestCard.picture(0, PixelFormat::Rgba8, size)?.into();
    let mut units = encoder.encode(&frame, FrameId(0), Timestamp::ZERO)?;
    units.extend(encoder.flush());
    let unit = &units.first().ok_or("an encoder gives a unit")?.data;

    for nal in split_annex_b(unit) {
        println!("{}: {} bytes", nal.type_name(Codec::H264), nal.bytes().len());
    }
    let sets = parameter_sets(Codec::H264, unit);
    println!("{} SPS and {} PPS", sets.sps.len(), sets.pps.len());
    println!("{}", DecoderConfig::from_annexb(Codec::H264, unit)?.codec_string());

    let (mut prefixed, mut back) = (Vec::new(), Vec::new());
    annexb_to_avcc(unit, LengthSize::Four, &mut prefixed)?;
    avcc_to_annexb(&prefixed, LengthSize::Four, &mut back)?;
    println!("the same there and back: {}", back == unit[..]);
    Ok(())
}
