//! Stretches of the host's memory, as Metal takes them.

/// A stretch of memory: where it begins, and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) address: usize,
    pub(crate) len: usize,
}

/// Bytes of a page of memory, 4,096 or 16,384.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageLen(usize);

impl Span {
    /// Whether all of `other` lies in it.
    pub(super) fn contains(self, other: Self) -> bool {
        let before = other.address.checked_sub(self.address);
        before.and_then(|before| before.checked_add(other.len)).is_some_and(|end| end <= self.len)
    }

    /// The same up to the end of its last page; `None` where it does not begin with a page.
    pub(super) fn in_whole_pages(self, PageLen(page): PageLen) -> Option<Self> {
        if !self.address.is_multiple_of(page) {
            return None;
        }
        Some(Self { len: self.len.checked_next_multiple_of(page)?, ..self })
    }
}

impl PageLen {
    /// `None` for zero.
    pub(super) fn new(bytes: usize) -> Option<Self> {
        (bytes > 0).then_some(Self(bytes))
    }

    /// Of this system; `None` where it does not say.
    #[cfg(target_os = "macos")]
    pub(super) fn of_system() -> Option<Self> {
        // SAFETY: it is a question about a number, which has no conditions.
        let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        Self::new(usize::try_from(bytes).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(address: usize, len: usize) -> Span {
        Span { address, len }
    }

    #[test]
    fn memory_is_taken_in_whole_pages_that_begin_with_it() {
        let page = PageLen::new(0x4000).expect("it is not zero");
        let pages = |address, len| span(address, len).in_whole_pages(page);
        assert_eq!(pages(0x8000, 1), Some(span(0x8000, 0x4000)));
        assert_eq!(pages(0x8000, 0x4000), Some(span(0x8000, 0x4000)));
        assert_eq!(pages(0x8000, 0x4001), Some(span(0x8000, 0x8000)));
        assert_eq!(pages(0x8040, 1), None);
        assert_eq!(pages(0x8000, usize::MAX), None);
        assert_eq!(PageLen::new(0), None);
    }

    #[test]
    fn a_part_begins_and_ends_within_the_whole() {
        let surface = span(0x8000, 0x3000);
        assert!(surface.contains(surface));
        assert!(surface.contains(span(0x9000, 0x2000)), "luma need not begin with the surface");
        assert!(!surface.contains(span(0x9000, 0x2001)));
        assert!(!surface.contains(span(0x7fff, 1)));
        assert!(!surface.contains(span(0x9000, usize::MAX)));
    }
}
