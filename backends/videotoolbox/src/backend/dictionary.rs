//! CoreFoundation's values, built from Rust's.

use objc2_core_foundation::{CFArray, CFBoolean, CFDictionary, CFNumber, CFRetained, CFString, CFType, Type};

/// A dictionary from names to anything.
pub(crate) type Dictionary = CFDictionary<CFString, CFType>;

/// A key or a value that is a name, with the text that messages say.
#[derive(Clone)]
pub(crate) struct Name {
    pub(crate) text: &'static str,
    pub(crate) string: CFRetained<CFString>,
}

/// What a key can stand for.
#[derive(Clone)]
pub(crate) enum Value {
    Bool(bool),
    Int(i32),
    Float(f64),
    Name(Name),
    /// Bytes and seconds.
    Limit(i32, f64),
    Numbers(Vec<i64>),
    Dictionary(CFRetained<Dictionary>),
}

impl Name {
    /// A constant of a framework.
    pub(crate) fn constant(text: &'static str, string: &'static CFString) -> Self {
        Self { text, string: string.retain() }
    }

    /// The name of a constant that systems older than this program's SDK lack: built from its text, since a constant that
    /// is linked and missing keeps the whole program from loading.
    pub(crate) fn literal(text: &'static str) -> Self {
        Self { text, string: CFString::from_static_str(text) }
    }
}

/// The constant `$prefix$text` of a framework, as a [`Name`].
macro_rules! constant {
    ($text:literal, $constant:path) => {
        $crate::backend::dictionary::Name::constant($text, {
            // SAFETY: the framework defines it since macOS 12 or before, and nobody writes to it.
            unsafe { $constant }
        })
    };
}
pub(crate) use constant;

impl Value {
    pub(crate) fn to_cf(&self) -> CFRetained<CFType> {
        match self {
            Self::Bool(value) => CFBoolean::new(*value).retain().into(),
            Self::Int(value) => CFNumber::new_i32(*value).into(),
            Self::Float(value) => CFNumber::new_f64(*value).into(),
            Self::Name(name) => name.string.clone().into(),
            Self::Limit(bytes, seconds) => {
                let (bytes, seconds) = (CFNumber::new_i32(*bytes), CFNumber::new_f64(*seconds));
                let array = CFArray::<CFNumber>::from_objects(&[&*bytes, &*seconds]);
                let array: &CFType = array.as_ref();
                array.retain()
            }
            Self::Numbers(numbers) => {
                let numbers: Vec<_> = numbers.iter().map(|number| CFNumber::new_i64(*number)).collect();
                let array = CFArray::from_retained_objects(&numbers);
                let array: &CFType = array.as_ref();
                array.retain()
            }
            Self::Dictionary(dictionary) => {
                let dictionary: &CFType = dictionary.as_ref();
                dictionary.retain()
            }
        }
    }
}

/// A dictionary of `entries`, whose keys differ.
pub(crate) fn dictionary(entries: &[(Name, Value)]) -> CFRetained<Dictionary> {
    let values: Vec<_> = entries.iter().map(|(_, value)| value.to_cf()).collect();
    let values: Vec<&CFType> = values.iter().map(|value| &**value).collect();
    let keys: Vec<&CFString> = entries.iter().map(|(key, _)| &*key.string).collect();
    Dictionary::from_slices(&keys, &values)
}
