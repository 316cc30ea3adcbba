//! Bits of an RBSP with the descriptors of H.264 7.2: `u(n)`, `ue(v)`, `se(v)`.

mod raw;
mod reader;
mod writer;

pub use raw::RawBits;
pub(crate) use reader::BitReader;
pub(crate) use writer::BitWriter;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BitReader, BitWriter};
    use crate::Error;

    #[derive(Clone, Debug)]
    enum Value {
        Fixed(u32, u32),
        Unsigned(u32),
        Signed(i32),
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            (1u32..=32, any::<u32>()).prop_map(|(n, v)| Value::Fixed(n, v >> (32 - n))),
            (0..u32::MAX).prop_map(Value::Unsigned),
            (0..40u32).prop_map(Value::Unsigned),
            (-i32::MAX..=i32::MAX).prop_map(Value::Signed),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(values in prop::collection::vec(value(), 0..60)) {
            let mut w = BitWriter::new();
            for value in &values {
                match *value {
                    Value::Fixed(n, v) => w.u(n, v),
                    Value::Unsigned(v) => w.ue(v),
                    Value::Signed(v) => w.se(v),
                }
            }
            let bytes = w.finish_rbsp();
            let mut r = BitReader::new("test", &bytes);
            for value in values {
                prop_assert!(r.more_rbsp_data());
                match value {
                    Value::Fixed(n, v) => prop_assert_eq!(r.u(n)?, v),
                    Value::Unsigned(v) => prop_assert_eq!(r.ue()?, v),
                    Value::Signed(v) => prop_assert_eq!(r.se()?, v),
                }
            }
            prop_assert!(!r.more_rbsp_data());
        }
    }

    #[test]
    fn reading_past_the_end_is_an_error() {
        let mut r = BitReader::new("test", &[0xff]);
        assert_eq!(r.u(8), Ok(0xff));
        assert_eq!(r.u(1), Err(Error::Truncated { unit: "test", bits: 8 }));
        assert_eq!(BitReader::new("test", &[]).ue(), Err(Error::Truncated { unit: "test", bits: 0 }));
    }

    #[test]
    fn an_exp_golomb_code_of_more_than_32_zeros_is_an_error() {
        let mut r = BitReader::new("test", &[0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0xff]);
        assert!(matches!(r.ue(), Err(Error::Invalid { .. })));
    }
}
