//! Prints the golden vectors of the canonical arithmetic, which every backend is held to; `cargo xtask vectors` puts them
//! into `fixtures/convert/vectors.json`.

use framewire_convert::{ChangeMap, Converter, Level, Scaler};
use framewire_frame::{Color, Matrix, PictureMut, PictureRef, PixelFormat, Range, Size};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const COLORS: [(&str, Matrix, &str, Range); 4] = [
    ("bt601", Matrix::Bt601, "limited", Range::Limited),
    ("bt601", Matrix::Bt601, "full", Range::Full),
    ("bt709", Matrix::Bt709, "limited", Range::Limited),
    ("bt709", Matrix::Bt709, "full", Range::Full),
];
/// Odd ones, ones that end within a block, and one of several blocks.
const SIZES: [(u32, u32); 7] = [(1, 1), (2, 2), (3, 1), (1, 4), (5, 3), (18, 6), (33, 17)];
const SCALINGS: [((u32, u32), (u32, u32)); 4] =
    [((4, 4), (2, 2)), ((17, 9), (10, 6)), ((21, 13), (6, 4)), ((7, 1), (2, 1))];

fn main() -> Outcome<()> {
    let mut seed = 1;
    let mut conversions = Vec::new();
    for (matrix_name, matrix, range_name, range) in COLORS {
        let color = Color { matrix, range, ..Color::default() };
        for (width, height) in SIZES {
            let size = Size::new(width, height)?;
            let rgba = pixels(size, &mut seed);
            conversions.push(json!({
                "matrix": matrix_name, "range": range_name, "width": width, "height": height,
                "rgba": hex(&rgba),
                "nv12": hex(&convert(&rgba, size, size.padded_to_even(), PixelFormat::Nv12, color)?),
                "i420": hex(&convert(&rgba, size, size.padded_to_even(), PixelFormat::I420, color)?),
            }));
        }
    }
    let scalings: Outcome<Vec<Value>> = SCALINGS
        .into_iter()
        .map(|((width, height), (to_width, to_height))| {
            let (size, target) = (Size::new(width, height)?, Size::new(to_width, to_height)?);
            let rgba = pixels(size, &mut seed);
            let full = convert(&rgba, size, size, PixelFormat::I420, Color::default())?;
            Ok(json!({
                "width": width, "height": height, "to_width": to_width, "to_height": to_height,
                "rgba": hex(&rgba), "i420": hex(&scale(&full, size, target)?),
            }))
        })
        .collect();
    let all = json!({
        "about": "RGBA to 4:2:0 padded to even sides; the same, unpadded, scaled down (BT.601, limited range); \
                  and which 16x16 blocks differ from the picture before. Made by cargo xtask vectors.",
        "conversions": conversions,
        "scalings": scalings?,
        "changes": changes(&mut seed)?,
    });
    println!("{}", serde_json::to_string_pretty(&all)?);
    Ok(())
}

/// Random bytes, and stretches of the extremes, where sums are cut off.
fn pixels(size: Size, seed: &mut u64) -> Vec<u8> {
    let mut bytes = vec![0; PixelFormat::Rgba8.packed_len(size)];
    for chunk in bytes.chunks_mut(8) {
        match random(seed) % 4 {
            0 => chunk.fill_with(|| if random(seed).is_multiple_of(2) { 0 } else { 255 }),
            _ => chunk.fill_with(|| random(seed) as u8),
        }
    }
    bytes
}

/// xorshift64*
fn random(state: &mut u64) -> u64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 56
}

fn convert(rgba: &[u8], size: Size, target: Size, to: PixelFormat, color: Color) -> Outcome<Vec<u8>> {
    let converter = scalar(size, to, color)?;
    let mut bytes = vec![0; to.packed_len(target)];
    converter.convert(
        &PictureRef::packed(PixelFormat::Rgba8, size, rgba)?,
        &mut PictureMut::packed(to, target, &mut bytes)?,
    )?;
    Ok(bytes)
}

fn scalar(size: Size, to: PixelFormat, color: Color) -> Outcome<Converter> {
    let converter = Converter::new(PixelFormat::Rgba8, to, size, color)?;
    Ok(converter.with_level(Level::Scalar).ok_or("every machine has the scalar level")?)
}

fn scale(full: &[u8], size: Size, target: Size) -> Outcome<Vec<u8>> {
    let format = PixelFormat::I420;
    let mut bytes = vec![0; format.packed_len(target)];
    Scaler::new(format, size, target)?.scale(
        &PictureRef::packed(format, size, full)?,
        &mut PictureMut::packed(format, target, &mut bytes)?,
    )?;
    Ok(bytes)
}

/// Pictures that follow each other, each with the blocks that differ in it.
fn changes(seed: &mut u64) -> Outcome<Value> {
    let size = Size::new(50, 35)?;
    let padded = size.padded_to_even();
    let converter = scalar(size, PixelFormat::Nv12, Color::default())?;
    let mut rgba = pixels(size, seed);
    let mut nv12 = convert(&rgba, size, padded, PixelFormat::Nv12, Color::default())?;
    let first = hex(&rgba);
    let mut steps = Vec::new();
    // A pixel inside, alpha alone, the last column, the last row, a difference that rounding may hide.
    for (index, bits) in
        [(4 * (20 * 50 + 20), 0xff), (4 * 7 + 3, 0xff), (4 * 49 + 1, 0x80), (4 * (34 * 50 + 3), 0x80), (0, 1)]
    {
        rgba[index] ^= bits;
        let mut map = ChangeMap::new(padded);
        converter.convert_tracking(
            &PictureRef::packed(PixelFormat::Rgba8, size, &rgba)?,
            &mut PictureMut::packed(PixelFormat::Nv12, padded, &mut nv12)?,
            &mut map,
        )?;
        let blocks: Vec<usize> = (0..map.flags().len()).filter(|block| map.flags()[*block]).collect();
        steps.push(json!({ "byte": index, "xor": bits, "blocks": blocks }));
    }
    Ok(json!({ "width": size.width(), "height": size.height(), "rgba": first, "steps": steps }))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
