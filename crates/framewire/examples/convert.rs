//! Raw RGBA with a stride into the planes of I420.
//!
//! ```text
//! cargo run -p framewire --example convert
//! ```

use framewire::{
    PixelFormat, Size,
    convert::Converter,
    frame::{Color, PictureMut, PictureRef},
};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    // A window of 100x50 pixels inside of rows of 512 bytes.
    let (size, stride) = (Size::new(100, 50)?, 512);
    let pixels: Vec<u8> = (0..stride * 50).map(|at| (at % stride) as u8).collect();

    let converter = Converter::new(PixelFormat::Rgba8, PixelFormat::I420, size, Color::default())?;
    let (mut y, mut u, mut v) = (vec![0; 100 * 50], vec![0; 50 * 25], vec![0; 50 * 25]);
    let planes = vec![(&mut y[..], 100), (&mut u[..], 50), (&mut v[..], 50)];
    converter.convert(
        &PictureRef::new(PixelFormat::Rgba8, size, &[(&pixels, stride)])?,
        &mut PictureMut::new(PixelFormat::I420, size, planes)?,
    )?;
    println!(
        "converted by {}: Y begins with {:?}, U with {:?}, V with {:?}",
        converter.level().name(),
        &y[..4],
        &u[..4],
        &v[..4]
    );
    Ok(())
}
