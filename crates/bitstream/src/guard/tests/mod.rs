use super::*;

mod h264;
mod hevc;

const BT709: ColorCodes = ColorCodes { primaries: 1, transfer: 1, matrix: 1, full_range: false };

fn unit(nals: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for nal in nals {
        annexb::push_nal(&mut bytes, nal);
    }
    bytes
}

fn process(guard: &mut Guard, nals: &[&[u8]]) -> (UnitFacts, Vec<Vec<u8>>) {
    let mut out = Vec::new();
    let facts = guard.process(&unit(nals), &mut out).unwrap();
    (facts, annexb::nals(&out).map(|nal| nal.bytes().to_vec()).collect())
}
