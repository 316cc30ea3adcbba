use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
};

/// Bytes that are asked of a file at a time.
const BUFFER_BYTES: usize = 1 << 18;

/// A buffered file that keeps its buffer when it is moved to a place nearby, as from one sample of a track to the next,
/// over those of other tracks. [`BufReader`] forgets everything with every [`Seek::seek`].
#[derive(Debug)]
pub(crate) struct Nearby {
    file: BufReader<File>,
    position: u64,
}

impl Nearby {
    /// A file, from its beginning.
    pub(crate) fn new(mut file: File) -> io::Result<Self> {
        file.rewind()?;
        Ok(Self { file: BufReader::with_capacity(BUFFER_BYTES, file), position: 0 })
    }
}

impl Read for Nearby {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Nearby {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let distance = match to {
            SeekFrom::Start(place) => i64::try_from(i128::from(place) - i128::from(self.position)).ok(),
            SeekFrom::Current(distance) => Some(distance),
            SeekFrom::End(_) => None,
        };
        match distance {
            Some(distance) => {
                self.file.seek_relative(distance)?;
                self.position = self.position.saturating_add_signed(distance);
            }
            None => self.position = self.file.seek(to)?,
        }
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn every_way_to_a_place_reads_what_lies_there() {
        let path = std::env::temp_dir().join(format!("framewire-nearby-{}", std::process::id()));
        let bytes: Vec<u8> = (0..3 * BUFFER_BYTES).map(|at| (at / 251 + at) as u8).collect();
        File::create(&path).unwrap().write_all(&bytes).unwrap();
        let mut file = Nearby::new(File::open(&path).unwrap()).unwrap();
        std::fs::remove_file(&path).unwrap();
        let end = bytes.len() as u64;
        let steps = [
            SeekFrom::Start(7),
            SeekFrom::Start(3),
            SeekFrom::Current(100),
            SeekFrom::Start(2 * BUFFER_BYTES as u64 + 5),
            SeekFrom::Current(-(BUFFER_BYTES as i64)),
            SeekFrom::End(-4),
            SeekFrom::Start(0),
        ];
        let mut place: u64 = 0;
        for step in steps {
            place = match step {
                SeekFrom::Start(at) => at,
                SeekFrom::Current(by) => place.saturating_add_signed(by),
                SeekFrom::End(by) => end.saturating_add_signed(by),
            };
            assert_eq!(file.seek(step).unwrap(), place);
            let mut read = [0; 4];
            file.read_exact(&mut read).unwrap();
            assert_eq!(read, bytes[place as usize..][..4], "{step:?}");
            place += 4;
        }
        assert!(file.seek(SeekFrom::Current(-(end as i64) * 2)).is_err());
    }
}
