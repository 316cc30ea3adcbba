//! Notices that OpenH264 will be built without its assembly, which the library's own build says nowhere.

use std::{env, process::Command};

fn main() {
    println!("cargo::rustc-check-cfg=cfg(openh264_assembly)");
    println!("cargo::rerun-if-env-changed=OPENH264_NO_ASM");
    println!("cargo::rerun-if-env-changed=NASM");
    println!("cargo::rerun-if-env-changed=PATH");
    if env::var_os("CARGO_FEATURE_OPENH264").is_none() {
        return;
    }
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let os = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let assembly = match arch.as_str() {
        "x86" | "x86_64" if env::var_os("OPENH264_NO_ASM").is_some() => false,
        "x86" | "x86_64" => {
            let found = nasm_runs();
            if !found {
                println!(
                    "cargo::warning=nasm is missing, so OpenH264 is built without its assembly and encodes at about \
                     half the speed. Install it and build again: {}",
                    install_command()
                );
            }
            found
        }
        // The library's NEON sources are assembled by the C compiler, on every system but Windows.
        "arm" | "aarch64" => os != "windows",
        _ => false,
    };
    if assembly {
        println!("cargo::rustc-cfg=openh264_assembly");
    }
}

fn nasm_runs() -> bool {
    let nasm = env::var_os("NASM").unwrap_or_else(|| "nasm".into());
    Command::new(nasm).arg("-v").output().is_ok_and(|output| output.status.success())
}

fn install_command() -> &'static str {
    match env::consts::OS {
        "macos" => "brew install nasm && cargo clean -p openh264-sys2 -p framewire-software",
        "windows" => {
            "winget install nasm (and add it to PATH), then cargo clean -p openh264-sys2 -p framewire-software"
        }
        _ => "sudo apt-get install nasm && cargo clean -p openh264-sys2 -p framewire-software",
    }
}
