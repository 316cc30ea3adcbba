//! JSON as the wire writes it: compact, and ASCII only.

use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;
use std::io;

/// The compact ASCII text of a value of this crate.
pub(crate) fn to_text<T: Serialize + ?Sized>(value: &T) -> String {
    let mut out = Vec::with_capacity(192);
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Ascii);
    value.serialize(&mut serializer).expect("the wire's types have text keys, and a Vec takes every byte");
    String::from_utf8(out).expect("the formatter writes ASCII only")
}

/// Writes a whole number without a fraction, as JavaScript does.
#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
pub(crate) fn number<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        serializer.serialize_i64(*number as i64)
    } else {
        serializer.serialize_f64(*number)
    }
}

/// Escapes everything outside of printable ASCII, as Python's `json` does by default.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|c: char| !(' '..='~').contains(&c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            let c = rest[at..].chars().next().expect("find gives the place of a character");
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_outside_of_ascii_is_escaped_as_python_does() {
        assert_eq!(to_text("é😀\u{7f}\n\u{1}\"\\/"), r#""\u00e9\ud83d\ude00\u007f\n\u0001\"\\/""#);
    }

    #[test]
    fn escaped_text_reads_back() {
        let text = "a\u{0}ß\u{ffff}\u{10ffff}z";
        assert_eq!(serde_json::from_str::<String>(&to_text(text)).unwrap(), text);
    }
}
