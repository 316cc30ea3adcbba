use crate::{Error, FourCc};

/// The contents of one box, read from the front. Reading past the end is [`Error::Damaged`]: the box is there as a
/// whole, and too small for what it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    name: FourCc,
    rest: &'a [u8],
    /// Where `rest` begins in the file.
    offset: u64,
}

impl<'a> Cursor<'a> {
    /// The contents of a box, which begin at `offset` in the file.
    pub(crate) fn new(name: FourCc, contents: &'a [u8], offset: u64) -> Self {
        Self { name, rest: contents, offset }
    }

    /// The box that is read.
    pub(crate) fn name(&self) -> FourCc {
        self.name
    }

    /// Where the bytes that are left begin in the file.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes that are left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) =
            self.rest.split_at_checked(count).ok_or_else(|| self.damaged("a field is missing"))?;
        self.rest = rest;
        self.offset += count as u64;
        Ok(taken)
    }

    /// The next bytes as contents of the same box, without passing them. There must be as many.
    pub(crate) fn first(&self, count: usize) -> Self {
        Self { rest: self.rest.get(..count).unwrap_or(self.rest), ..*self }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N)?);
        Ok(bytes)
    }

    pub(crate) fn skip(&mut self, count: usize) -> Result<(), Error> {
        self.take(count).map(drop)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Error> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    pub(crate) fn four_cc(&mut self) -> Result<FourCc, Error> {
        Ok(FourCc(self.array()?))
    }

    /// The head of a full box: version and flags (4.2).
    pub(crate) fn version_and_flags(&mut self) -> Result<(u8, u32), Error> {
        let word = self.u32()?;
        Ok(((word >> 24) as u8, word & 0x00ff_ffff))
    }

    /// A time: 64 bits in version 1, else 32.
    pub(crate) fn time(&mut self, version: u8) -> Result<u64, Error> {
        if version == 1 { self.u64() } else { self.u32().map(u64::from) }
    }

    /// The count of a table whose entries of `entry_bytes` follow: never more than the box has bytes for.
    pub(crate) fn count(&mut self, entry_bytes: usize) -> Result<usize, Error> {
        let count = self.u32()? as usize;
        if count > self.rest.len() / entry_bytes {
            return Err(self.damaged("a table is larger than its box"));
        }
        Ok(count)
    }

    pub(crate) fn damaged(&self, reason: &'static str) -> Error {
        Error::Damaged { name: self.name, offset: self.offset, reason }
    }
}

/// The boxes inside a box.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Children<'a> {
    parent: Cursor<'a>,
    rest: Cursor<'a>,
}

impl<'a> Children<'a> {
    pub(crate) fn of(parent: Cursor<'a>) -> Self {
        Self { parent, rest: parent }
    }

    /// The first child of a name.
    pub(crate) fn find(self, name: &[u8; 4]) -> Result<Option<Cursor<'a>>, Error> {
        for child in self {
            let child = child?;
            if child.name.0 == *name {
                return Ok(Some(child));
            }
        }
        Ok(None)
    }

    /// The first child of a name, without which the file cannot be read.
    pub(crate) fn require(self, name: &[u8; 4]) -> Result<Cursor<'a>, Error> {
        let Cursor { name: parent, offset, .. } = self.parent;
        self.find(name)?.ok_or(Error::MissingChild { name: FourCc(*name), parent, offset })
    }

    fn split(&mut self) -> Result<Cursor<'a>, Error> {
        let start = self.rest.offset;
        let mut head = self.rest;
        let size = head.u32()?;
        let name = head.four_cc()?;
        // A size of one is followed by the real one; a size of zero reaches to the end (4.2).
        let size = match size {
            0 => self.rest.rest.len() as u64,
            1 => head.u64()?,
            size => size.into(),
        };
        let damaged = || Error::Damaged { name, offset: start, reason: "an impossible size" };
        let size = usize::try_from(size).map_err(|_| damaged())?;
        let head_bytes = self.rest.rest.len() - head.rest.len();
        let contents = self.rest.rest.get(head_bytes..size).ok_or_else(damaged)?;
        self.rest.skip(size)?;
        Ok(Cursor::new(name, contents, head.offset))
    }
}

impl<'a> Iterator for Children<'a> {
    type Item = Result<Cursor<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        // Some writers end a container with four zero bytes.
        if self.rest.rest.len() < 8 {
            return None;
        }
        let child = self.split();
        if child.is_err() {
            self.rest.rest = &[];
        }
        Some(child)
    }
}
