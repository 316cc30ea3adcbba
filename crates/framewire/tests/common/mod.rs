//! The examples that `cargo test` has built.
#![allow(unreachable_pub, reason = "each test file has its own copy")]

use std::{env, path::PathBuf, process::Command};

/// An example, to be run; `None`, with the reason printed, where it was not built.
pub fn example(test: &str, name: &str) -> Option<Command> {
    let program = env::current_exe().unwrap();
    let built: PathBuf = program.parent().unwrap().parent().unwrap().join("examples").join(name);
    if !built.exists() {
        println!(
            "SKIPPED {test}: the example {name} is not built; cargo test -p framewire --all-features builds it"
        );
        return None;
    }
    Some(Command::new(built))
}
