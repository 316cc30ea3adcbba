//! Everything that CI runs, cheapest first, so that a mistake shows early.

use crate::{
    apple, cargo, clips, e2e, licences, protocol, report::Report, structure, tools, vectors, videotoolbox,
    web,
};

pub fn run(report: &mut Report) {
    tools::install_all(report);
    report.step("clips", clips::fetch);
    structure::check(report);
    report.step("licences, and the Rust that dependencies need", licences::check);
    report.step("minimum Rust version", licences::check_minimum_rust);
    report.step("protocol: drift", protocol::check);
    report.step("vectors: drift", vectors::check);
    web::check(report);
    cargo::check(report);
    videotoolbox::check(report);
    apple::check(report);
    e2e::run(report);
}
