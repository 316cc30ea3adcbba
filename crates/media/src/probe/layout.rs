//! The outer boxes of an MP4 file.

use super::LayoutFacts;
use std::io::{self, Read, Seek, SeekFrom};

/// Boxes that are walked over; a file with more of them says less of itself.
const MAX_BOXES: usize = 100_000;
/// Bytes of a file type box that are read.
const MAX_BRANDS_BYTES: u64 = 1024;

/// Walks over the outer boxes. Anything that is none ends the walk: the reader of the file has judged it already.
pub(super) fn read(file: &mut (impl Read + Seek), file_bytes: u64) -> io::Result<LayoutFacts> {
    let mut facts = LayoutFacts::default();
    let (mut position, mut media_seen, mut index_seen) = (0, false, false);
    for _ in 0..MAX_BOXES {
        let mut head = Vec::new();
        file.seek(SeekFrom::Start(position))?;
        file.by_ref().take(16).read_to_end(&mut head)?;
        let Some((name, size)) = parse(&head, file_bytes.saturating_sub(position)) else { break };
        match &name {
            b"ftyp" => {
                let mut brands = Vec::new();
                file.seek(SeekFrom::Start(position + 8))?;
                file.by_ref().take(size.saturating_sub(8).min(MAX_BRANDS_BYTES)).read_to_end(&mut brands)?;
                let mut words = brands.chunks_exact(4).map(|word| word.escape_ascii().to_string());
                facts.brand = words.next();
                facts.compatible_brands = words.skip(1).collect();
            }
            b"moov" => {
                facts.index_first |= !media_seen;
                index_seen = true;
            }
            b"mdat" => media_seen = true,
            b"moof" if index_seen => facts.fragments += 1,
            _ => {}
        }
        position += size;
    }
    Ok(facts)
}

/// Name and size of a box whose head begins with these bytes.
fn parse(head: &[u8], left: u64) -> Option<([u8; 4], u64)> {
    let (size, rest) = head.split_first_chunk::<4>()?;
    let (name, rest) = rest.split_first_chunk::<4>()?;
    let size = match u32::from_be_bytes(*size) {
        0 => left,
        1 => u64::from_be_bytes(*rest.first_chunk()?),
        size => size.into(),
    };
    (8..=left).contains(&size).then_some((*name, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn boxed(name: &[u8; 4], contents: &[u8]) -> Vec<u8> {
        [&(contents.len() as u32 + 8).to_be_bytes()[..], name, contents].concat()
    }

    #[test]
    fn brands_and_the_place_of_the_index_are_read() {
        let file = [boxed(b"ftyp", b"isom\0\0\x02\0avc1iso6"), boxed(b"moov", b""), boxed(b"mdat", &[7; 30])]
            .concat();
        let facts = read(&mut Cursor::new(&file), file.len() as u64).unwrap();
        assert_eq!(facts.brand.as_deref(), Some("isom"));
        assert_eq!(facts.compatible_brands, ["avc1", "iso6"]);
        assert!(facts.index_first && facts.fragments == 0);
    }

    #[test]
    fn any_rest_ends_the_walk() {
        let sizes = [0_u32, 1, 4, 7, 8, 9, u32::MAX];
        for size in sizes {
            let mut file = boxed(b"mdat", &[0; 20]);
            file.extend(size.to_be_bytes());
            file.extend(b"moov\0\0\0\0\0\0");
            let bytes = file.len() as u64;
            assert!(!read(&mut Cursor::new(file), bytes).unwrap().index_first, "{size}");
        }
    }
}
