//! The kernels translate to what other backends need: Metal takes them from here.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use naga::{
    back::{hlsl, msl, spv},
    front::wgsl,
    valid::{Capabilities, ModuleInfo, ValidationFlags, Validator},
};

fn module() -> (naga::Module, ModuleInfo) {
    let module = wgsl::parse_str(framewire_shader::WGSL).unwrap();
    // No capability beyond the core of WebGPU.
    let info = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module).unwrap();
    (module, info)
}

#[test]
fn the_kernels_are_wgsl_without_extensions() {
    let (module, _) = module();
    let names: Vec<&str> = module.entry_points.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["convert", "scale", "pack"]);
    // The arithmetic is in integers: drivers round floats as they like.
    assert!(module.types.iter().all(|(_, of)| !is_float(&of.inner)));
}

#[test]
fn the_kernels_translate_to_metal() {
    let (module, info) = module();
    let options =
        msl::Options { lang_version: (2, 0), fake_missing_bindings: true, ..msl::Options::default() };
    let (source, translation) =
        msl::write_string(&module, &info, &options, &msl::PipelineOptions::default()).unwrap();
    assert_eq!(source.matches("kernel void").count(), 3, "{source}");
    assert!(translation.entry_point_names.iter().all(Result::is_ok));
}

#[test]
fn the_kernels_translate_to_spirv_and_hlsl() {
    let (module, info) = module();
    let words = spv::write_vec(&module, &info, &spv::Options::default(), None).unwrap();
    assert!(words.len() > 100);
    let options = hlsl::Options { fake_missing_bindings: true, ..hlsl::Options::default() };
    let mut source = String::new();
    hlsl::Writer::new(&mut source, &options, &hlsl::PipelineOptions::default())
        .write(&module, &info, None)
        .unwrap();
    assert!(source.contains("numthreads(8, 8, 1)"), "{source}");
}

fn is_float(inner: &naga::TypeInner) -> bool {
    inner.scalar().is_some_and(|scalar| scalar.kind == naga::ScalarKind::Float)
}
