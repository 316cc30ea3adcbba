use super::{Nal, SHORT_START_CODE, nals};
use crate::{Codec, h264, hevc};

/// NAL units that are looked at: parameter sets stand at the beginning, behind at most a few messages.
const MOST_NALS: usize = 64;

/// Which codec a stream in Annex B has, from its first bytes; `None` where they are no such stream or say too little.
///
/// The bytes must begin with a start code, and an SPS and a PPS that names it must be among the first units. A few
/// kilobytes from the beginning of a file are enough.
pub fn detect(bytes: &[u8]) -> Option<Codec> {
    let zeros = bytes.iter().position(|&byte| byte != 0)?;
    if zeros < 2 || bytes[zeros - 2..].get(..3) != Some(&SHORT_START_CODE) {
        return None;
    }
    let (mut h264_sps, mut hevc_sps) = (Vec::new(), Vec::new());
    for nal in nals(bytes).take(MOST_NALS) {
        if is_forbidden(nal) {
            return None;
        }
        if nal.h264_type() == h264::NalType::Sps
            && let Ok(sps) = h264::Sps::parse(nal.bytes())
        {
            h264_sps.push(sps.id);
        }
        if nal.hevc_type() == hevc::NalType::Sps
            && let Ok(sps) = hevc::Sps::parse(nal.bytes())
        {
            hevc_sps.push(sps.id);
        }
        if nal.h264_type() == h264::NalType::Pps
            && h264::Pps::ids(nal.bytes()).is_ok_and(|(_, sps)| h264_sps.contains(&sps))
        {
            return Some(Codec::H264);
        }
        if nal.hevc_type() == hevc::NalType::Pps
            && hevc::Pps::parse(nal.bytes()).is_ok_and(|pps| hevc_sps.contains(&pps.sps_id))
        {
            return Some(Codec::Hevc);
        }
    }
    None
}

/// `forbidden_zero_bit`: MPEG program streams and MPEG-2 video have start codes too, and set it.
fn is_forbidden(nal: Nal<'_>) -> bool {
    nal.header() & 0x80 != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annexb::push_nal;

    fn stream(nals: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        nals.iter().for_each(|nal| push_nal(&mut bytes, nal));
        bytes
    }

    fn h264_sets() -> (Vec<u8>, Vec<u8>) {
        let sps = h264::testing::plain_sps(64, 64);
        (sps.to_nal(), h264::testing::plain_pps(0, 0).to_nal(&sps))
    }

    fn hevc_sets() -> (Vec<u8>, Vec<u8>) {
        (hevc::testing::plain_sps(64, 64).to_nal(), hevc::testing::plain_pps(0, 0).to_nal())
    }

    #[test]
    fn parameter_sets_that_belong_together_tell_the_codec() {
        let (sps, pps) = h264_sets();
        assert_eq!(detect(&stream(&[&[0x09, 0xf0], &sps, &pps])), Some(Codec::H264));
        assert_eq!(detect(&[&[0, 0, 0], &stream(&[&sps, &pps])[..]].concat()), Some(Codec::H264));
        assert_eq!(detect(&stream(&[&sps])), None);
        assert_eq!(detect(&stream(&[&pps, &[0x65, 0x88]])), None);
        let (sps, pps) = hevc_sets();
        assert_eq!(detect(&stream(&[&[0x46, 1, 0x50], &[0x40, 1, 2], &sps, &pps])), Some(Codec::Hevc));
        assert_eq!(detect(&stream(&[&sps, &hevc::testing::plain_pps(0, 1).to_nal()])), None);
    }

    #[test]
    fn other_bytes_are_no_stream() {
        let (sps, pps) = h264_sets();
        let good = stream(&[&sps, &pps]);
        for bytes in [&[][..], &[0], &[0, 0, 0], &[0, 0, 1], &[1, 2, 3], &[&[0x47], &good[..]].concat()] {
            assert_eq!(detect(bytes), None, "{bytes:?}");
        }
        let pack = [&[0, 0, 1, 0xba, 0x44], &good[..]].concat();
        assert_eq!(detect(&pack), None);
    }
}
