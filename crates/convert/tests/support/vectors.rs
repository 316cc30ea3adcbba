//! `fixtures/convert/vectors.json`, read.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test file uses a part")]

use framewire_frame::{Color, Matrix, Range, Size};
use serde_json::Value;

pub struct Conversion {
    pub size: Size,
    pub color: Color,
    pub rgba: Vec<u8>,
    /// Both padded to even sides.
    pub nv12: Vec<u8>,
    pub i420: Vec<u8>,
}

pub struct Scaling {
    pub size: Size,
    pub target: Size,
    pub rgba: Vec<u8>,
    pub i420: Vec<u8>,
}

/// One byte of the pixels is changed, and with it these blocks.
pub struct Step {
    pub byte: usize,
    pub xor: u8,
    pub blocks: Vec<usize>,
}

pub fn conversions() -> Vec<Conversion> {
    let read = |vector: &Value| Conversion {
        size: size(vector, "width", "height"),
        color: Color {
            matrix: if vector["matrix"] == "bt601" { Matrix::Bt601 } else { Matrix::Bt709 },
            range: if vector["range"] == "limited" { Range::Limited } else { Range::Full },
            ..Color::default()
        },
        rgba: bytes(&vector["rgba"]),
        nv12: bytes(&vector["nv12"]),
        i420: bytes(&vector["i420"]),
    };
    all()["conversions"].as_array().unwrap().iter().map(read).collect()
}

pub fn scalings() -> Vec<Scaling> {
    let read = |vector: &Value| Scaling {
        size: size(vector, "width", "height"),
        target: size(vector, "to_width", "to_height"),
        rgba: bytes(&vector["rgba"]),
        i420: bytes(&vector["i420"]),
    };
    all()["scalings"].as_array().unwrap().iter().map(read).collect()
}

pub fn changes() -> (Size, Vec<u8>, Vec<Step>) {
    let all = all();
    let vector = &all["changes"];
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let steps = vector["steps"].as_array().unwrap().iter().map(|step| Step {
        byte: number(&step["byte"]),
        xor: u8::try_from(number(&step["xor"])).unwrap(),
        blocks: step["blocks"].as_array().unwrap().iter().map(number).collect(),
    });
    (size(vector, "width", "height"), bytes(&vector["rgba"]), steps.collect())
}

fn all() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/convert/vectors.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn size(vector: &Value, width: &str, height: &str) -> Size {
    let side = |name| u32::try_from(vector[name].as_u64().unwrap()).unwrap();
    Size::new(side(width), side(height)).unwrap()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap().as_bytes();
    hex.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
