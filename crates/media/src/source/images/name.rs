use super::super::InputError;
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

/// The longest number that a place can be padded to.
const MAX_DIGITS: usize = 18;

/// A file name with a place for a number: `%d`, or `%04d` for one of at least four digits. `%%` is a percent sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamePattern {
    folder: PathBuf,
    before: String,
    digits: usize,
    after: String,
}

impl NamePattern {
    /// The pattern in the last part of `path`; `None` where there is none.
    pub(crate) fn parse(path: &Path) -> Result<Option<Self>, InputError> {
        let Some(name) = path.file_name().and_then(OsStr::to_str) else { return Ok(None) };
        let Some((before, digits, after)) = split(name) else { return Ok(None) };
        if split(&after).is_some() {
            return Err(InputError::Usage(format!("{name} has two places for a number; leave one")));
        }
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let unescaped = |part: &str| part.replace("%%", "%");
        Ok(Some(Self { folder, before: unescaped(&before), digits, after: unescaped(&after) }))
    }

    /// The file of a number.
    pub(crate) fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{}{number:0width$}{}", self.before, self.after, width = self.digits))
    }

    /// The first number and how many there are without a gap, from `start` or the lowest on.
    pub(super) fn numbers(&self, start: Option<u64>) -> Result<(u64, u64), InputError> {
        let folder = if self.folder.as_os_str().is_empty() { Path::new(".") } else { &self.folder };
        let (mut lowest, mut highest, mut count) = (u64::MAX, 0, 0_u64);
        for entry in fs::read_dir(folder).map_err(InputError::Open)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| self.number(name));
            let Some(number) = number.filter(|number| start.is_none_or(|start| *number >= start)) else {
                continue;
            };
            (lowest, highest, count) = (lowest.min(number), highest.max(number), count + 1);
        }
        if count == 0 {
            return Err(InputError::Usage(match start {
                None => "there is no file of that name with a number in its place".to_owned(),
                Some(start) => {
                    format!("there is no {} nor one with a higher number", self.path(start).display())
                }
            }));
        }
        let first = start.unwrap_or(lowest);
        if highest - first != count - 1 {
            let gap = (first..=highest).find(|number| !self.path(*number).exists()).unwrap_or(first);
            return Err(InputError::Usage(format!(
                "{} is missing, and {} is there",
                self.path(gap).display(),
                self.path(highest).display()
            )));
        }
        Ok((first, count))
    }

    /// The number in `name`, where it is one of these files.
    fn number(&self, name: &str) -> Option<u64> {
        let digits = name.strip_prefix(&self.before)?.strip_suffix(&self.after)?;
        let canonical = digits.len() == self.digits || digits.len() > self.digits && !digits.starts_with('0');
        let is_number = canonical && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { digits.parse().ok() } else { None }
    }
}

/// What stands before and behind the first place for a number, and its least digits.
fn split(name: &str) -> Option<(String, usize, String)> {
    let bytes = name.as_bytes();
    let mut at = 0;
    while let Some(found) = name.get(at..)?.find('%') {
        let percent = at + found;
        let rest = &bytes[percent + 1..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if rest.get(digits) == Some(&b'd') {
            let width = if digits == 0 { 1 } else { name[percent + 1..][..digits].parse().ok()? };
            let after = name[percent + digits + 2..].to_owned();
            return (width <= MAX_DIGITS).then(|| (name[..percent].to_owned(), width.max(1), after));
        }
        at = percent + if rest.first() == Some(&b'%') { 2 } else { 1 };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(name: &str) -> NamePattern {
        NamePattern::parse(Path::new(name)).unwrap().unwrap()
    }

    #[test]
    fn names_are_made_as_printf_does() {
        assert_eq!(pattern("out/a%04d.png").path(7), Path::new("out/a0007.png"));
        assert_eq!(pattern("%d.jpg").path(12345), Path::new("12345.jpg"));
        assert_eq!(pattern("100%%_%2d.jpg").path(3), Path::new("100%_03.jpg"));
        assert_eq!(NamePattern::parse(Path::new("clip.mp4")).unwrap(), None);
        assert_eq!(NamePattern::parse(Path::new("50%.png")).unwrap(), None);
        assert!(NamePattern::parse(Path::new("%d-%d.png")).is_err());
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let padded = pattern("a%03d.png");
        assert_eq!(padded.number("a007.png"), Some(7));
        assert_eq!(padded.number("a1234.png"), Some(1234));
        for other in ["a0.png", "a7.png", "a0007.png", "b007.png", "a007.jpg", "a.png", "a-07.png"] {
            assert_eq!(padded.number(other), None, "{other}");
        }
        assert_eq!(pattern("%d.png").number("0.png"), Some(0));
        assert_eq!(pattern("%d.png").number("07.png"), None);
    }
}
