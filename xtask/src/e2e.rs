//! The program in a real headless Chromium: the tests in `web/e2e` start it, open its page and read pixels back.

use crate::{
    report::{Outcome, Report},
    shell, web,
};
use std::process::Command;

pub fn run(report: &mut Report) {
    report.step("end to end: build", || {
        web::install()?;
        shell::run("cargo", &["build", "--quiet", "-p", "framewire-cli"])?;
        Ok(Outcome::Passed)
    });
    report.step("end to end: Chromium", || {
        let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
        let program = shell::root().join(target).join("debug/framewire");
        let mut command = Command::new("npm");
        command.args(["run", "e2e"]).current_dir(shell::root().join("web")).env("FRAMEWIRE", program);
        shell::status(&mut command)?;
        Ok(Outcome::Passed)
    });
}
