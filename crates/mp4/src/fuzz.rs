//! The body of the fuzz target. It takes any bytes and must not panic.

use std::io::Cursor;

use crate::Mp4Reader;

/// Opens the bytes as a file and reads every sample of its video.
pub fn file(bytes: &[u8]) {
    let Ok(mut reader) = Mp4Reader::open(Cursor::new(bytes)) else { return };
    let Ok(track) = reader.video_track().cloned() else { return };
    let (mut sample_bytes, mut annexb) = (Vec::new(), Vec::new());
    for index in 0..track.samples().len().min(1000) {
        if let Ok(sample) = reader.read_sample(track.id(), index, &mut sample_bytes) {
            annexb.clear();
            let _ = track.to_annexb(&sample, &sample_bytes, &mut annexb);
            let _ = track.presentation_time(&sample);
        }
    }
    let _ = (track.duration(), track.codec_string());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_body_does_not_fail_on_random_boxes(
            boxes in prop::collection::vec((0usize..8, prop::collection::vec(any::<u8>(), 0..60)), 0..6),
        ) {
            let names = [b"ftyp", b"moov", b"trak", b"moof", b"mdat", b"mdia", b"traf", b"mvex"];
            let mut file = Vec::new();
            for (name, contents) in boxes {
                file.extend((contents.len() as u32 + 8).to_be_bytes());
                file.extend(names[name]);
                file.extend(contents);
            }
            super::file(&file);
        }
    }
}
