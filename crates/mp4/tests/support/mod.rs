//! A small writer of MP4 files for tests.
#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod shape;
pub(crate) mod written;

use framewire_bitstream::avcc::AvcDecoderConfig;

pub(crate) const SPS: [u8; 9] = [0x67, 0x42, 0xc0, 0x0a, 0x8c, 0x8d, 0x44, 0xb2, 0x01];
pub(crate) const PPS: [u8; 4] = [0x68, 0xce, 0x3c, 0x80];

pub(crate) fn boxed(name: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let mut out = (contents.len() as u32 + 8).to_be_bytes().to_vec();
    out.extend_from_slice(name);
    out.extend(contents);
    out
}

pub(crate) fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

pub(crate) fn table(name: &[u8; 4], count: u32, values: &[u32]) -> Vec<u8> {
    boxed(name, &[&words(&[0, count]), &words(values)])
}

pub(crate) fn ftyp() -> Vec<u8> {
    boxed(b"ftyp", &[b"isom", &words(&[512]), b"isomavc1"])
}

pub(crate) fn mdhd(timescale: u32) -> Vec<u8> {
    boxed(b"mdhd", &[&words(&[0, 0, 0, timescale, 90, 0])])
}

pub(crate) fn hdlr(kind: &[u8; 4]) -> Vec<u8> {
    boxed(b"hdlr", &[&words(&[0, 0]), kind, &[0; 13]])
}

pub(crate) fn tkhd(id: u32, matrix: [i32; 4]) -> Vec<u8> {
    let [a, b, c, d] = matrix.map(|value| (value * 65_536) as u32);
    let matrix = words(&[a, b, 0, c, d, 0, 0, 0, 0x4000_0000]);
    boxed(b"tkhd", &[&words(&[7, 0, 0, id, 0, 90]), &[0; 16], &matrix, &words(&[16 << 16, 16 << 16])])
}

pub(crate) fn visual_entry(codec: &[u8; 4], children: &[u8]) -> Vec<u8> {
    let size = [0, 16, 0, 16];
    boxed(codec, &[&[0; 6], &[0, 1], &[0; 16], &size, &[0; 50], children])
}

pub(crate) fn avc1() -> Vec<u8> {
    let config = AvcDecoderConfig {
        profile_idc: SPS[1],
        constraint_flags: SPS[2],
        level_idc: SPS[3],
        length_size: framewire_bitstream::avcc::LengthSize::Four,
        sps: vec![SPS.to_vec()],
        pps: vec![PPS.to_vec()],
        high: None,
    };
    let mut record = Vec::new();
    config.write(&mut record);
    visual_entry(b"avc1", &boxed(b"avcC", &[&record]))
}

pub(crate) fn stsd(entry: &[u8]) -> Vec<u8> {
    boxed(b"stsd", &[&words(&[0, 1]), entry])
}

pub(crate) fn trak(id: u32, kind: &[u8; 4], extra: &[u8], stbl: &[u8]) -> Vec<u8> {
    let minf = boxed(b"minf", &[&boxed(b"stbl", &[stbl])]);
    let mdia = boxed(b"mdia", &[&mdhd(90), &hdlr(kind), &minf]);
    boxed(b"trak", &[&tkhd(id, [1, 0, 0, 1]), extra, &mdia])
}

pub(crate) fn mvhd() -> Vec<u8> {
    boxed(b"mvhd", &[&words(&[0, 0, 0, 1000, 0])])
}

/// Three samples of five bytes in two chunks, the second and third swapped in output order.
pub(crate) fn plain() -> Vec<u8> {
    plain_with(&[])
}

/// The same with further boxes in the track.
pub(crate) fn plain_with(extra: &[u8]) -> Vec<u8> {
    let sample = |n: u8| [0, 0, 0, 1, 0x60 | n];
    let mdat = boxed(b"mdat", &[&sample(5), &sample(1), &sample(2)]);
    let first = (ftyp().len() + 8) as u32;
    let stbl = [
        stsd(&avc1()),
        table(b"stts", 2, &[1, 30, 2, 20]),
        table(b"ctts", 3, &[1, 30, 1, 70, 1, 20]),
        table(b"stss", 1, &[1]),
        table(b"stsc", 2, &[1, 2, 1, 2, 1, 1]),
        boxed(b"stsz", &[&words(&[0, 0, 3, 5, 5, 5])]),
        table(b"stco", 2, &[first, first + 10]),
    ];
    let moov = boxed(b"moov", &[&mvhd(), &trak(1, b"vide", extra, &stbl.concat())]);
    [ftyp(), mdat, moov].concat()
}

pub(crate) fn empty_tables(entry: &[u8]) -> Vec<u8> {
    [
        stsd(entry),
        table(b"stts", 0, &[]),
        table(b"stsc", 0, &[]),
        boxed(b"stsz", &[&words(&[0, 0, 0])]),
        table(b"stco", 0, &[]),
    ]
    .concat()
}

/// Two fragments of two samples; the second does not say its time.
pub(crate) fn fragmented() -> Vec<u8> {
    let trex = boxed(b"trex", &[&words(&[0, 1, 1, 10, 5, 0x1_0000])]);
    let track = trak(1, b"vide", &[], &empty_tables(&avc1()));
    let moov = boxed(b"moov", &[&mvhd(), &track, &boxed(b"mvex", &[&trex])]);
    let mut file = [ftyp(), moov].concat();
    for number in 0..2u32 {
        let tfhd = boxed(b"tfhd", &[&words(&[0x2_0000, 1])]);
        let tfdt = if number == 0 { boxed(b"tfdt", &[&words(&[0x0100_0000, 0, 100])]) } else { Vec::new() };
        // Data offset, flags of the first sample, composition offsets.
        let trun = |offset: u32| boxed(b"trun", &[&words(&[0x0000_0805, 2, offset, 0, 10, 20])]);
        let moof = |offset: u32| boxed(b"moof", &[&boxed(b"traf", &[&tfhd, &tfdt, &trun(offset)])]);
        let offset = moof(0).len() as u32 + 8;
        file.extend(moof(offset));
        file.extend(boxed(b"mdat", &[&[0, 0, 0, 1, 0x65], &[0, 0, 0, 1, 0x41]]));
    }
    file
}
