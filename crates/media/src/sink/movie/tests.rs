use super::*;
use crate::sink::Stream;
use framewire_bitstream::{DecoderConfig, avcc::AvcDecoderConfig};
use framewire_mp4::{Mp4Reader, TrackKind};
use std::{cell::Cell, env, fs, io, num::NonZeroU32, path::PathBuf, process, rc::Rc};

const SPS: &[u8] = &[0x67, 0x42, 0xc0, 0x0a, 0x8c, 0x8d, 0x44, 0xb2, 0x01];
const PPS: &[u8] = &[0x68, 0xce, 0x3c, 0x80];

/// A file on a disk of a size.
struct Disk {
    file: File,
    room: Rc<Cell<u64>>,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.room.get().saturating_sub(self.file.stream_position()?);
        if left == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.write(&bytes[..bytes.len().min(left as usize)])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Read for Disk {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.file.read(bytes)
    }
}

impl Seek for Disk {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Three samples in a file of their own, of which the last one waits for its fragment; the disk has so much room for that
/// and the index. What completing it says, the bytes of the file before and after, and how many samples it has then.
fn completed(name: &str, layout: Layout, room: u64) -> (Result<u64, Error>, [u64; 2], usize) {
    let path: PathBuf = env::temp_dir().join(format!("framewire-movie-{}-{name}", process::id()));
    let file = File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
    let disk = Disk { file: file.try_clone().unwrap(), room: Rc::new(Cell::new(u64::MAX)) };
    let full = disk.room.clone();
    let mut movie = Box::new(in_file(disk, Some(file), layout, MovieSettings::default()));
    let config = AvcDecoderConfig::from_parameter_sets(&[SPS], &[PPS]).unwrap();
    let entry = SampleEntry::video(&DecoderConfig::Avc(config)).unwrap();
    let track = movie.add_track(TrackSettings::video(NonZeroU32::new(10).unwrap(), entry)).unwrap();
    let data = [&500_u32.to_be_bytes()[..], &[0x65; 500]].concat();
    for time in 0..3 {
        movie.write_sample(track, NewSample::new(&data, time * 10)).unwrap();
    }
    let before = movie.bytes();
    full.set(before.saturating_add(room));
    let completed = movie.finish();
    let after = fs::metadata(&path).unwrap().len();
    let reader = Mp4Reader::open(File::open(&path).unwrap()).unwrap();
    assert!(!reader.is_truncated());
    let samples = reader.tracks()[0].samples().len();
    fs::remove_file(&path).unwrap();
    (completed, [before, after], samples)
}

#[test]
fn a_file_that_has_room_is_completed() {
    for layout in [Layout::Plain, Layout::FastStart, Layout::Fragmented] {
        let (completed, [_, after], samples) = completed(&format!("room-{layout:?}"), layout, u64::MAX);
        assert_eq!((completed.unwrap(), samples), (after, 3), "{layout:?}");
    }
}

#[test]
fn a_disk_that_is_full_before_the_index_costs_no_sample_and_leaves_nothing_half() {
    for layout in [Layout::Plain, Layout::FastStart] {
        // Room for the last fragment of one sample, and some bytes of the index.
        let (completed, [before, after], samples) = completed(&format!("index-{layout:?}"), layout, 700);
        assert!(matches!(completed, Err(Error::Write(_))), "{completed:?}");
        assert_eq!(samples, 3, "{layout:?}");
        assert!((before + 504..before + 700).contains(&after), "{before} bytes, then {after}");
    }
}

#[test]
fn a_disk_that_is_full_before_the_last_fragment_is_told_of_and_leaves_the_others() {
    for layout in [Layout::Plain, Layout::FastStart, Layout::Fragmented] {
        let (completed, [before, after], samples) = completed(&format!("fragment-{layout:?}"), layout, 200);
        assert!(matches!(completed, Err(Error::Write(_))), "{completed:?}");
        assert_eq!((samples, after), (2, before), "{layout:?}");
    }
}

/// Takes so many bytes.
struct Room(usize);

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Samples that play where the disk takes so many bytes, of five seconds with four samples in each.
fn whole(room: usize) -> u64 {
    let entry = [&[0, 0, 0, 48][..], b"mp4a", &[7; 40]].concat();
    let entry = SampleEntry::from_bytes(TrackKind::Audio, &entry).unwrap();
    let opened = Opened::Stream(Stream::of(Room(room)));
    let mut movie = open_movie(opened, Layout::Fragmented, MovieSettings::default());
    let track =
        movie.add_track(TrackSettings::new(TrackKind::Audio, NonZeroU32::new(4).unwrap(), entry)).unwrap();
    for dts in 0..20 {
        if movie.write_sample(track, NewSample::new(&[1; 1000], dts)).is_err() {
            break;
        }
    }
    // A full disk says so here as well.
    let _ = movie.flush();
    movie.whole()
}

#[test]
fn what_plays_on_a_full_disk_is_counted_in_whole_fragments() {
    assert_eq!(whole(100), 0, "not even the index");
    assert_eq!(whole(3000), 0);
    assert_eq!(whole(6000), 4);
    assert_eq!(whole(15_000), 12);
    assert_eq!(whole(1_000_000), 20);
}
