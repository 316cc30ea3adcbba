//! What decoders are told of streams of x265 before they open.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use framewire_bitstream::annexb;
use framewire_codec::{BackendError, Choice, Codec, Decoder, DecoderCandidate, Roster, Tier};
use framewire_frame::Timestamp;
use std::{process::Command, sync::Arc};

/// Pixel format, x265's parameters, and the features in words.
const STREAMS: [(&str, &str, &str); 7] = [
    ("yuv420p", "bframes=3", ""),
    ("yuv420p", "interlace=tff", "interlaced coding"),
    ("gray", "bframes=0", "no chroma"),
    (
        "yuv420p10le",
        "hdr10=1:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc",
        "10 bits a sample",
    ),
    ("yuv420p12le", "bframes=0", "12 bits a sample"),
    ("yuv422p10le", "bframes=0", "4:2:2 chroma and 10 bits a sample"),
    ("yuv444p", "bframes=0", "4:4:4 chroma"),
];

#[test]
fn a_decoder_of_hevc_is_told_the_features_of_the_stream() {
    let mut decoders = Vec::new();
    let open = |config: &framewire_codec::DecoderConfig| {
        Err(BackendError::unsupported(format!("[{}]", config.features)))
    };
    decoders.push(DecoderCandidate {
        name: "any",
        codecs: &[Codec::Hevc],
        tier: Tier::Standard,
        open: Arc::new(open),
    });
    let roster = Roster { decoders, ..Roster::default() };
    for (format, params, features) in STREAMS {
        let stream = match x265(format, params) {
            Ok(stream) => stream,
            Err(why) => {
                println!("SKIPPED a_decoder_of_hevc_is_told_the_features_of_the_stream with {format}: {why}");
                continue;
            }
        };
        let unit = annexb::access_units_of(Codec::Hevc, &stream).next().unwrap();
        let mut decoder = Decoder::new(&roster, &Choice::Auto, Codec::Hevc);
        let error = decoder.decode(unit, Timestamp::ZERO, &mut |_| ()).unwrap_err().to_string();
        assert!(error.contains(&format!("[{features}]")), "{format} with {params}: {error}");
    }
}

/// A stream of a few test pictures; why there is none, where this machine cannot make it.
fn x265(format: &str, params: &str) -> Result<Vec<u8>, String> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-frames:v", "4"])
        .args(["-pix_fmt", format, "-c:v", "libx265", "-preset", "ultrafast"])
        .args(["-x265-params", &format!("log-level=error:repeat-headers=1:{params}")])
        .args(["-f", "hevc", "-"])
        .output()
        .map_err(|error| format!("ffmpeg cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("ffmpeg says {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(output.stdout)
}
