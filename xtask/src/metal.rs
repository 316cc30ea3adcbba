//! The kernels of `crates/shader` in Metal's language, for the backend that runs them without wgpu.

use crate::{
    report::{Outcome, StepResult},
    shell,
};
use framewire_shader::{BINDINGS, CONVERT, PACK, SCALE, WGSL};
use naga::{
    ResourceBinding,
    back::msl::{self, BindTarget, EntryPointResources},
    front::wgsl,
    proc::{BoundsCheckPolicies, BoundsCheckPolicy},
    valid::{Capabilities, ValidationFlags, Validator},
};
use std::fs;

const FILE: &str = "backends/videotoolbox/src/backend/metal/kernel.metal";
const HEADER: &str = "// Written by `cargo xtask metal` from crates/shader/src/kernel.wgsl. Do not edit.\n\n";

/// Metal 2.4, which macOS 12 has.
const LANGUAGE: (u8, u8) = (2, 4);

/// Writes it.
pub fn generate() -> StepResult {
    fs::write(shell::root().join(FILE), translate()?).map_err(|error| format!("{FILE}: {error}"))?;
    eprintln!("   {FILE}");
    Ok(Outcome::Passed)
}

/// Fails when it differs from what the kernels translate to.
pub fn check() -> StepResult {
    if fs::read_to_string(shell::root().join(FILE)).ok() == Some(translate()?) {
        return Ok(Outcome::Passed);
    }
    Err(format!("{FILE} differs from crates/shader; run `cargo xtask metal` and commit"))
}

fn translate() -> Result<String, String> {
    let module = wgsl::parse_str(WGSL).map_err(|error| error.emit_to_string(WGSL))?;
    let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
        .validate(&module)
        .map_err(|error| error.emit_to_string(WGSL))?;
    let (source, translated) =
        msl::write_string(&module, &info, &options(), &msl::PipelineOptions::default())
            .map_err(|error| error.to_string())?;
    // The backend looks them up by their names.
    for (name, entry) in translated.entry_point_names.iter().zip(&module.entry_points) {
        match name {
            Ok(name) if *name == entry.name => {}
            other => return Err(format!("the kernel {} became {other:?}", entry.name)),
        }
    }
    Ok(HEADER.to_owned() + &source)
}

/// The buffers have the numbers of their bindings, and behind them comes the one with the lengths of those that are arrays. An
/// index beyond an array stays within it, as in wgpu, with which the kernels are tested. All loops end, no divisor is zero, and
/// no memory is shared within a workgroup, so that nothing guards against these.
fn options() -> msl::Options {
    let slot = |binding: u32| u8::try_from(binding).expect("a handful of bindings");
    let resources = EntryPointResources {
        resources: (0..BINDINGS)
            .map(|binding| {
                let target = BindTarget {
                    buffer: Some(slot(binding)),
                    mutable: binding >= 3,
                    ..BindTarget::default()
                };
                (ResourceBinding { group: 0, binding }, target)
            })
            .collect(),
        immediates_buffer: None,
        sizes_buffer: Some(slot(BINDINGS)),
    };
    msl::Options {
        lang_version: LANGUAGE,
        per_entry_point_map: [CONVERT, SCALE, PACK].map(|name| (name.to_owned(), resources.clone())).into(),
        fake_missing_bindings: false,
        bounds_check_policies: BoundsCheckPolicies {
            index: BoundsCheckPolicy::Restrict,
            buffer: BoundsCheckPolicy::Restrict,
            image_load: BoundsCheckPolicy::Restrict,
            binding_array: BoundsCheckPolicy::Unchecked,
        },
        zero_initialize_workgroup_memory: false,
        force_loop_bounding: false,
        emit_int_div_checks: false,
        ..msl::Options::default()
    }
}
