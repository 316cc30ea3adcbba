//! Files on disks that are full, and files of more than 4 GiB.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use std::{
    cell::Cell,
    collections::HashMap,
    io::{Cursor, Read, Seek, SeekFrom, Write},
    rc::Rc,
};

use framewire_mp4::*;
use support::written::{boxes, entry, read, scale};

/// A disk of a size, in memory.
#[derive(Debug)]
struct Disk {
    file: Cursor<Vec<u8>>,
    room: Rc<Cell<usize>>,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let left = self.room.get().saturating_sub(self.file.position() as usize);
        if left == 0 && !bytes.is_empty() {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.file.write(&bytes[..bytes.len().min(left)])
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Read for Disk {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.file.read(bytes)
    }
}

impl Seek for Disk {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}

#[test]
fn a_full_disk_leaves_what_is_whole() {
    let data = [&500_u32.to_be_bytes()[..], &[0x65; 500]].concat();
    let mut disk = Disk { file: Cursor::new(Vec::new()), room: Rc::new(Cell::new(2000)) };
    let mut settings = FragmentSettings::default();
    settings.seekable = true;
    let mut writer = FragmentedWriter::new(&mut disk, MovieSettings::default(), settings);
    let track = writer.add_track(TrackSettings::video(scale(100), entry(1))).unwrap();
    let failed = (0..9).find_map(|index| writer.write_sample(track, NewSample::new(&data, index * 10)).err());
    assert!(matches!(failed, Some(Error::Write(_))), "{failed:?}");
    let again = writer.write_sample(track, NewSample::new(&data, 990)).unwrap_err();
    assert_eq!(again.to_string(), "an earlier write to the file failed");
    drop(writer);
    let reader = Mp4Reader::open(Cursor::new(disk.file.get_ref().as_slice())).unwrap();
    assert!(reader.is_truncated());
    let fragments = reader.tracks()[0].samples().len();
    assert!(fragments >= 1, "{fragments}");

    for fast_start in [false, true] {
        let room = Rc::new(Cell::new(1400));
        let mut disk = Disk { file: Cursor::new(Vec::new()), room: room.clone() };
        let mut writer = Mp4Writer::new(&mut disk, MovieSettings::default()).unwrap();
        let track = writer.add_track(TrackSettings::video(scale(100), entry(1))).unwrap();
        let failed =
            (0..9).find_map(|index| writer.write_sample(track, NewSample::new(&data, index * 10)).err());
        assert!(matches!(failed, Some(Error::Write(_))), "{failed:?}");
        room.set(2000);
        if fast_start { writer.finish_fast_start().map(drop) } else { writer.finish().map(drop) }.unwrap();
        let file = disk.file.into_inner();
        let samples = &read(&file)[0].1;
        assert_eq!(samples.len(), 2);
        assert!(samples.iter().all(|sample| sample.data == data));
        boxes(&file);
    }
}

/// A file that can be written and not be read.
#[derive(Debug)]
struct Unreadable(Cursor<Vec<u8>>);

impl Write for Unreadable {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Read for Unreadable {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::PermissionDenied.into())
    }
}

impl Seek for Unreadable {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_move_that_breaks_off_is_told_from_an_index_without_room() {
    let out = Unreadable(Cursor::new(Vec::new()));
    let mut settings = FragmentSettings::default();
    settings.seekable = true;
    let mut writer = FragmentedWriter::new(out, MovieSettings::default(), settings);
    let track = writer.add_track(TrackSettings::video(scale(100), entry(1))).unwrap();
    writer.write_sample(track, NewSample::new(&[0, 0, 0, 1, 0x65], 0)).unwrap();
    let error = writer.finish_fast_start().unwrap_err();
    assert!(matches!(error, Error::Move(_)), "{error}");
}

/// A file of which only the pages that are not zero are kept.
#[derive(Debug, Default)]
struct Sparse {
    pages: HashMap<u64, Vec<u8>>,
    len: u64,
    position: u64,
}

const PAGE: u64 = 1 << 16;

impl Sparse {
    /// The page, the place in it, and how much of a buffer lies there.
    fn part(&self, bytes: usize) -> (u64, usize, usize) {
        let at = (self.position % PAGE) as usize;
        (self.position / PAGE, at, bytes.min(PAGE as usize - at))
    }
}

impl Write for Sparse {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        static ZEROS: [u8; PAGE as usize] = [0; PAGE as usize];
        let (page, at, count) = self.part(bytes.len());
        let bytes = &bytes[..count];
        if self.pages.contains_key(&page) || *bytes != ZEROS[..count] {
            let page = self.pages.entry(page).or_insert_with(|| ZEROS.to_vec());
            page[at..at + count].copy_from_slice(bytes);
        }
        self.position += count as u64;
        self.len = self.len.max(self.position);
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Read for Sparse {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(self.position)).unwrap();
        let (page, at, count) = self.part(bytes.len().min(left));
        match self.pages.get(&page) {
            Some(page) => bytes[..count].copy_from_slice(&page[at..at + count]),
            None => bytes[..count].fill(0),
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(position) => position,
            SeekFrom::End(offset) => self.len.checked_add_signed(offset).unwrap(),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset).unwrap(),
        };
        Ok(self.position)
    }
}

#[test]
fn files_of_more_than_four_gib_are_written_and_read() {
    let mut data = vec![0; 160 << 20];
    let settings = || TrackSettings::video(scale(10), entry(1));
    let samples = 27;
    let mut fragments = FragmentSettings::default();
    fragments.seekable = true;
    let mut plain = Mp4Writer::new(Sparse::default(), MovieSettings::default()).unwrap();
    let mut hybrid = FragmentedWriter::new(Sparse::default(), MovieSettings::default(), fragments);
    plain.add_track(settings()).unwrap();
    hybrid.add_track(settings()).unwrap();
    for index in 0..samples {
        data[0] = index as u8 + 1;
        let sample = NewSample::new(&data, index);
        plain.write_sample(TrackId(1), sample).unwrap();
        hybrid.write_sample(TrackId(1), sample).unwrap();
    }
    // What lies behind the media has positions of 64 bits, and so has what is moved in front of it.
    let files = [plain.finish_fast_start().unwrap(), hybrid.finish_seekable().unwrap()];
    for file in files {
        assert!(file.len > u64::from(u32::MAX));
        let mut reader = Mp4Reader::open(file).unwrap();
        let track = reader.tracks()[0].clone();
        assert_eq!(track.samples().len(), samples as usize);
        assert!(track.samples().iter().any(|sample| sample.offset > u64::from(u32::MAX)));
        for index in [0, 1, samples - 1] {
            let sample = reader.read_sample(TrackId(1), index as usize, &mut data).unwrap();
            assert_eq!((data[0], data.len()), (index as u8 + 1, 160 << 20));
            assert_eq!(sample.dts, index);
        }
    }
}

#[test]
fn the_last_samples_give_way_to_the_index_of_a_full_disk() {
    let data = [&96_u32.to_be_bytes()[..], &[0x65; 96]].concat();
    for fast_start in [false, true] {
        // The disk is full when the samples come, or only when the index does.
        for (room, samples) in [(3000, 90), (6000, 59)] {
            let mut disk = Disk { file: Cursor::new(Vec::new()), room: Rc::new(Cell::new(room)) };
            let mut writer = Mp4Writer::new(&mut disk, MovieSettings::default()).unwrap();
            let track = writer.add_track(TrackSettings::video(scale(100), entry(1))).unwrap();
            let failed = (0..samples)
                .find_map(|index| writer.write_sample(track, NewSample::new(&data, index * 10)).err());
            assert_eq!(failed.is_some(), room == 3000);
            let error = if fast_start {
                writer.finish_fast_start().map(drop).unwrap_err()
            } else {
                writer.finish().map(drop).unwrap_err()
            };
            assert!(matches!(error, Error::Write(_)), "{error}");
            let file = disk.file.into_inner();
            assert!(file.len() <= room);
            let kept = &read(&file)[0].1;
            assert!(kept.len() * 100 > room - 1000, "{} samples", kept.len());
            for (index, sample) in kept.iter().enumerate() {
                assert_eq!((sample.dts, &sample.data), (index as i64 * 10, &data));
            }
        }
    }
}
