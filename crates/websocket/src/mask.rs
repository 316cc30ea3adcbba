/// The four bytes that a client's payload is masked with (RFC 6455, 5.3).
///
/// A client that sends what others chose (a browser, a proxy) takes a fresh key from a strong random source for every
/// frame. A program that sends its own messages may use any key.
pub type MaskKey = [u8; 4];

/// Masks a payload, or unmasks it: the operation is its own inverse (RFC 6455, 5.3).
pub fn mask_in_place(payload: &mut [u8], key: MaskKey) {
    let narrow = u32::from_ne_bytes(key);
    let wide = u64::from(narrow) << 32 | u64::from(narrow);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_is_byte_i_with_key_byte_i_modulo_four_at_every_length() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        for len in 0..64_u8 {
            let plain: Vec<u8> = (0..len).collect();
            let mut masked = plain.clone();
            mask_in_place(&mut masked, key);
            let expected: Vec<u8> = plain.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect();
            assert_eq!(masked, expected);
            mask_in_place(&mut masked, key);
            assert_eq!(masked, plain);
        }
    }
}
