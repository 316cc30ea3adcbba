//! The kernels for Metal give the processor's bytes: their translation, run as C++, since Metal's language is a dialect of it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../../crates/convert/tests/support/vectors.rs"]
mod vectors;

use framewire_frame::{ChangeMap, Color, Picture, PixelFormat, Size};
use framewire_shader::{CONVERT, Light, PACK, Params, SCALE, Scaling, SourceLayout, Texel, YuvLayout};
use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/metal");
const TRANSLATION: &str = include_str!("../src/backend/metal/kernel.metal");

/// The kernels as a program.
struct Kernels {
    program: PathBuf,
}

/// What a kernel has left in its buffers.
struct Left {
    yuv: Vec<u8>,
    changes: Vec<u8>,
}

impl Kernels {
    /// `None`, and said, where there is no C++ compiler.
    fn compiled(test: &str) -> Option<Self> {
        let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
        fs::create_dir_all(&folder).unwrap();
        // C++ has no parts of vectors by their names, and may take an array of one element at its word.
        let source = TRANSLATION
            .replace("#include <metal_stdlib>", "#include \"metal_stdlib.h\"")
            .replace("#include <simd/simd.h>", "")
            .replace(".xy", ".xy()")
            .replace(".zw", ".zw()")
            .replace("[1];", "[1 << 26];");
        fs::write(folder.join("kernel.cpp"), source).unwrap();
        let program = folder.join("kernels");
        let arguments = ["-std=c++17", "-O1", "-fwrapv", "-fno-strict-aliasing", "-w", "-I", FOLDER, "-I"];
        let mut command = Command::new(&compiler);
        command.args(arguments).arg(&folder).arg(format!("{FOLDER}/run.cpp")).arg("-o").arg(&program);
        match command.output() {
            Ok(output) => {
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                Some(Self { program })
            }
            Err(error) => {
                println!("SKIPPED {test}: {compiler}: {error}");
                None
            }
        }
    }

    fn run(
        &self,
        kernel: &str,
        params: &Params,
        source: &[u8],
        codes: &[u8],
        left: &Left,
        grid: [u32; 2],
    ) -> Left {
        let number = [CONVERT, SCALE, PACK].iter().position(|name| *name == kernel).unwrap();
        let mut input: Vec<u8> = [number as u32, grid[0], grid[1]].map(u32::to_ne_bytes).concat();
        for buffer in [&params.bytes(), source, codes, &left.yuv, &left.changes] {
            input.extend((buffer.len() as u32).to_ne_bytes());
            input.extend(buffer);
        }
        let mut command = Command::new(&self.program);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // It reads all before it writes.
        child.stdin.take().unwrap().write_all(&input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{kernel}: {}", output.status);
        let (yuv, changes) = output.stdout.split_at(left.yuv.len());
        assert_eq!(changes.len(), left.changes.len());
        Left { yuv: yuv.to_vec(), changes: changes.to_vec() }
    }

    /// 4:2:0 of pixels, over the picture before.
    fn convert(
        &self,
        source: &SourceLayout,
        pixels: &[u8],
        layout: &YuvLayout,
        color: Color,
        left: &Left,
    ) -> Left {
        let params = layout.params(source.params().with_color(color));
        self.run(CONVERT, &params, pixels, &source.codes().table(), left, layout.groups())
    }
}

impl Left {
    fn blank(layout: &YuvLayout) -> Self {
        Self { yuv: vec![0; layout.len()], changes: vec![0; layout.changes_len()] }
    }

    /// The samples, without what lies between rows.
    fn packed(&self, layout: &YuvLayout) -> Vec<u8> {
        let picture =
            Picture::new(layout.format(), layout.size(), self.yuv.clone(), &layout.planes()).unwrap();
        let mut bytes = vec![0; layout.format().packed_len(layout.size())];
        picture.as_ref().copy_packed_to(&mut bytes);
        bytes
    }

    fn blocks(&self, layout: &YuvLayout) -> Vec<usize> {
        let mut changes = ChangeMap::new(layout.size());
        layout.mark(&self.changes, &mut changes);
        (0..changes.flags().len()).filter(|block| changes.flags()[*block]).collect()
    }
}

/// RGBA in the order of bytes of another texel, in whole words.
fn as_texel(rgba: &[u8], texel: Texel) -> Vec<u8> {
    let of = |pixel: &[u8]| match texel {
        Texel::Rgba8 => pixel.to_vec(),
        Texel::Bgra8 => vec![pixel[2], pixel[1], pixel[0], pixel[3]],
        Texel::Rgb8 => pixel[..3].to_vec(),
        Texel::Rgba16Float => pixel.iter().flat_map(|_| [0, 0]).collect(),
    };
    let mut bytes: Vec<u8> = rgba.chunks(4).flat_map(of).collect();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

#[test]
fn pictures_are_converted_as_the_vectors_say() {
    let Some(kernels) = Kernels::compiled("pictures_are_converted_as_the_vectors_say") else { return };
    for vector in vectors::conversions() {
        for texel in [Texel::Rgba8, Texel::Bgra8, Texel::Rgb8] {
            for (to, expected) in [(PixelFormat::Nv12, &vector.nv12), (PixelFormat::I420, &vector.i420)] {
                let (source, layout) =
                    (SourceLayout::packed(vector.size, texel), YuvLayout::of(to, vector.size).unwrap());
                let pixels = as_texel(&vector.rgba, texel);
                let left = kernels.convert(&source, &pixels, &layout, vector.color, &Left::blank(&layout));
                assert_eq!(left.packed(&layout), *expected, "{texel:?} {} to {to}", vector.size);
            }
        }
    }
}

#[test]
fn pictures_are_scaled_as_the_vectors_say() {
    let Some(kernels) = Kernels::compiled("pictures_are_scaled_as_the_vectors_say") else { return };
    for vector in vectors::scalings().into_iter().filter(|vector| vector.target.is_even()) {
        let pass = Scaling::new(vector.size, vector.target);
        let (full, source) = (pass.full(), SourceLayout::packed(vector.size, Texel::Rgba8));
        let planar = kernels.convert(&source, &vector.rgba, &full, Color::default(), &Left::blank(&full));
        let layout = YuvLayout::i420(vector.target);
        let params = layout.params(pass.params());
        let left = kernels.run(SCALE, &params, &planar.yuv, &[0; 4], &Left::blank(&layout), layout.groups());
        assert_eq!(left.packed(&layout), vector.i420, "{} to {}", vector.size, vector.target);
    }
}

#[test]
fn blocks_change_as_the_vectors_say() {
    let Some(kernels) = Kernels::compiled("blocks_change_as_the_vectors_say") else { return };
    let (size, mut rgba, steps) = vectors::changes();
    let (source, layout) = (SourceLayout::packed(size, Texel::Rgba8), YuvLayout::nv12(size));
    let mut left = kernels.convert(&source, &rgba, &layout, Color::default(), &Left::blank(&layout));
    for step in steps {
        rgba[step.byte] ^= step.xor;
        let before = Left { changes: vec![0; layout.changes_len()], ..left };
        left = kernels.convert(&source, &rgba, &layout, Color::default(), &before);
        assert_eq!(left.blocks(&layout), step.blocks);
    }
}

#[test]
fn half_floats_become_the_code_values_of_the_table() {
    let Some(kernels) = Kernels::compiled("half_floats_become_the_code_values_of_the_table") else { return };
    let size = Size::new(256, 64).unwrap();
    for light in [Light::Encoded, Light::Linear] {
        let source = SourceLayout { light, ..SourceLayout::packed(size, Texel::Rgba16Float) };
        let pixels: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_ne_bytes).collect();
        let table = source.codes().table();
        let left = Left { yuv: vec![0; size.pixels() * 4], changes: vec![0; 4] };
        let grid = [size.width(), size.height()];
        let left = kernels.run(PACK, &source.params(), &pixels, &table, &left, grid);
        let code = |bits: u16| match bits {
            0..=0x3c00 => table[usize::from(bits)],
            0x3c01..=0x7c00 => 255,
            _ => 0,
        };
        for (pixel, first) in left.yuv.chunks(4).zip((0..=u16::MAX).step_by(4)) {
            assert_eq!(*pixel, [code(first), code(first + 1), code(first + 2), 255], "{first:#x} {light:?}");
        }
    }
}
