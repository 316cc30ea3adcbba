//! The project's own source files, as git sees them.

use crate::shell;

/// A source file with its path from the root.
pub struct Source {
    pub path: String,
    pub text: String,
}

/// All tracked and untracked (but not ignored) files that end in one of `endings`.
pub fn list(endings: &[&str]) -> Result<Vec<Source>, String> {
    let files = shell::output("git", &["ls-files", "--cached", "--others", "--exclude-standard"])?;
    files
        .lines()
        .filter(|path| endings.iter().any(|ending| path.ends_with(ending)))
        .filter(|path| shell::root().join(path).is_file())
        .map(|path| {
            let text =
                std::fs::read_to_string(shell::root().join(path)).map_err(|e| format!("{path}: {e}"))?;
            Ok(Source { path: path.to_owned(), text })
        })
        .collect()
}

impl Source {
    /// The lines before the file's own test module, numbered from 1.
    pub fn production_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let end = (0..lines.len())
            .find(|&i| {
                lines[i].trim() == "#[cfg(test)]"
                    && lines
                        .get(i + 1)
                        .is_some_and(|next| next.trim_start().starts_with("mod ") && next.contains('{'))
            })
            .unwrap_or(lines.len());
        lines.into_iter().take(end).enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The production lines without comments.
    pub fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.production_lines().filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Whether the file is a test, example or benchmark by its place or name.
    pub fn is_test(&self) -> bool {
        ["/tests/", "/examples/", "/benches/", "/testing/", "/e2e/", "/fuzz/"]
            .iter()
            .any(|f| self.path.contains(f))
            || ["tests.rs", ".test.ts", "build.rs"].iter().any(|name| self.path.ends_with(name))
            || self.path.starts_with("fuzz/")
    }

    /// The name of the crate under `crates/` that the file belongs to.
    pub fn crate_name(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }
}
