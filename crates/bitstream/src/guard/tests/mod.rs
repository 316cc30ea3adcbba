use proptest::{collection::vec, prelude::*};

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

/// Access units of NAL units, each with a first byte and what follows.
fn any_units() -> impl Strategy<Value = Vec<Vec<(u8, Vec<u8>)>>> {
    vec(vec((any::<u8>(), vec(any::<u8>(), 0..40)), 1..6), 1..8)
}

/// Whatever the guard is given: what it refuses leaves the output as it was.
fn assert_errors_leave_the_output_alone(mut guard: Guard, units: impl IntoIterator<Item = Vec<Vec<u8>>>) {
    let mut out = vec![7];
    for nals in units {
        let before = out.clone();
        let nals: Vec<&[u8]> = nals.iter().map(Vec::as_slice).collect();
        if guard.process(&unit(&nals), &mut out).is_err() {
            assert_eq!(before, out);
        }
    }
}
