use std::borrow::Cow;

/// The stream that a WebSocket's path leads to: its first segment, percent-decoded; `default` where there is none.
///
/// The query, repeated and trailing slashes and further segments have no meaning. An upgrade reaches the stream
/// whatever the segment is, also where a plain request for the same path gets a page or metrics. An escape that is
/// broken or does not decode to UTF-8 leaves the segment as it is written.
pub fn stream_from_path(path: &str) -> Cow<'_, str> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let segment = path.split('/').find(|segment| !segment.is_empty()).unwrap_or("default");
    match decoded(segment) {
        Some(name) => Cow::Owned(name),
        None => Cow::Borrowed(segment),
    }
}

fn decoded(segment: &str) -> Option<String> {
    if !segment.contains('%') {
        return None;
    }
    let mut out = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_segment_names_the_stream() {
        for (path, stream) in [
            ("/", "default"),
            ("", "default"),
            ("//", "default"),
            ("/?token=x", "default"),
            ("/cam", "cam"),
            ("//cam/", "cam"),
            ("/cam/extra?q=1", "cam"),
            ("/metrics", "metrics"),
            ("/default%20x", "default x"),
            ("/%C3%A9", "é"),
            ("/a%2Fb", "a/b"),
            ("/100%", "100%"),
            ("/%zz", "%zz"),
            ("/%ff", "%ff"),
        ] {
            assert_eq!(stream_from_path(path), stream, "{path}");
        }
    }
}
