//! Declares the cfg of the crate, so that the compiler knows its name.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(framewire_videotoolbox_double)");
    println!("cargo::rerun-if-changed=build.rs");
}
