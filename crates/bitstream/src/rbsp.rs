//! Emulation prevention (H.264 7.3.1 and 7.4.1; HEVC 7.3.1.1 is the same): no `00 00 00`, `00 00 01` or `00 00 02`
//! inside a NAL unit, by a `03` after every two zeros that a byte of 3 or less follows.

use std::borrow::Cow;

use memchr::memmem;

/// Appends `rbsp` with emulation prevention bytes.
///
/// Give it the payload alone; a header byte that precedes it is never zero and needs no care.
pub fn escape_into(rbsp: &[u8], out: &mut Vec<u8>) {
    out.reserve(rbsp.len() + rbsp.len() / 64 + 2);
    let mut zeros = 0;
    for &byte in rbsp {
        if zeros >= 2 && byte <= 3 {
            out.push(3);
            zeros = 0;
        }
        out.push(byte);
        zeros = if byte == 0 { zeros + 1 } else { 0 };
    }
    // A NAL unit never ends in zero: only cabac_zero_words do that, and they get a final 03 (H.264 7.4.1).
    if zeros > 0 {
        out.push(3);
    }
}

/// The RBSP of a NAL unit or of a part of it that starts outside a run of zeros; borrowed where nothing is escaped.
pub fn unescape(payload: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memmem::find(payload, &[0, 0, 3]) else { return Cow::Borrowed(payload) };
    let mut rbsp = Vec::with_capacity(payload.len());
    rbsp.extend_from_slice(&payload[..first]);
    let mut zeros = 0;
    for &byte in &payload[first..] {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        rbsp.push(byte);
    }
    Cow::Owned(rbsp)
}

/// The first bytes of the RBSP, as many as fit in `buffer`: enough for a slice header, without touching the slice.
pub fn unescape_prefix<'b>(payload: &[u8], buffer: &'b mut [u8]) -> &'b [u8] {
    let mut zeros = 0;
    let mut len = 0;
    for &byte in payload {
        if len == buffer.len() {
            break;
        }
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        buffer[len] = byte;
        len += 1;
    }
    &buffer[..len]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escape(rbsp: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        escape_into(rbsp, &mut out);
        out
    }

    fn assert_round_trip(rbsp: &[u8]) {
        let escaped = escape(rbsp);
        for forbidden in [[0, 0, 0], [0, 0, 1], [0, 0, 2]] {
            assert_eq!(memmem::find(&escaped, &forbidden), None, "{rbsp:x?} became {escaped:x?}");
        }
        assert_ne!(escaped.last(), Some(&0), "{escaped:x?}");
        assert_eq!(unescape(&escaped).as_ref(), rbsp, "{escaped:x?}");
        let mut buffer = [0; 9];
        let prefix = unescape_prefix(&escaped, &mut buffer);
        assert_eq!(prefix, &rbsp[..rbsp.len().min(9)]);
    }

    #[test]
    fn every_run_of_zeros_before_every_small_byte_round_trips_without_a_start_code() {
        for zeros in 1..=12 {
            for tail in 0..=4 {
                for before in 0..2 {
                    let mut rbsp = vec![0x55; before];
                    rbsp.resize(before + zeros, 0);
                    rbsp.extend([tail, 0x80]);
                    assert_round_trip(&rbsp);
                }
            }
        }
    }

    #[test]
    fn four_zeros_and_a_one_are_escaped_twice() {
        assert_eq!(escape(&[0, 0, 0, 0, 1]), [0, 0, 3, 0, 0, 3, 1]);
    }

    #[test]
    fn cabac_zero_words_get_a_final_three() {
        assert_eq!(escape(&[0x80, 0, 0]), [0x80, 0, 0, 3]);
        assert_round_trip(&[0x80, 0, 0, 0, 0]);
    }

    #[test]
    fn bytes_without_escapes_are_borrowed() {
        assert!(matches!(unescape(&[0, 0, 4, 1, 0, 3]), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn small_bytes_round_trip(mut rbsp in prop::collection::vec(0u8..5, 0..80)) {
            rbsp.push(0x80);
            assert_round_trip(&rbsp);
        }

        #[test]
        fn any_bytes_unescape_to_no_more_bytes(bytes in prop::collection::vec(0u8..5, 0..80)) {
            prop_assert!(unescape(&bytes).len() <= bytes.len());
        }
    }
}
