//! What is made from this crate: the TypeScript types of the client and the golden vectors that both sides assert.

mod typescript;
mod vectors;

use std::path::PathBuf;

/// A file, relative to the repository's root, with its contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What is in it.
    pub contents: String,
}

/// Every generated file. Equal sources give equal bytes.
pub fn outputs() -> Vec<OutputFile> {
    let mut outputs = vec![OutputFile {
        path: PathBuf::from("web/src/protocol/generated.ts"),
        contents: typescript::module(),
    }];
    outputs.extend(vectors::files());
    outputs
}
