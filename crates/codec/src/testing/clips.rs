use std::path::PathBuf;

/// The real clip of this name, where `cargo xtask clips` has fetched it: `clips/` in the build's target folder.
///
/// | name | what it is |
/// |---|---|
/// | `bigbuckbunny.mp4` | 1280x720, 25 fps, 132 pictures, Main profile without B pictures, with sound |
/// | `bikes.mp4` | 640x272, 25 fps, 250 pictures, High profile with B pictures |
/// | `carphone_pristine.mp4`, `carphone_distorted.mp4` | 176x144, 29.97 fps, 120 pictures, High profile with B pictures |
///
/// A test that finds none prints `SKIPPED name: reason` and returns.
pub fn clip(name: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    // Tests are built in a folder of the target folder, wherever Cargo is told to have that.
    program.ancestors().map(|folder| folder.join("clips").join(name)).find(|file| file.is_file())
}
