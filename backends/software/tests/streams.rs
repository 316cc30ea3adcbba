//! Streams of many kinds through the decoder that programs use, with FFmpeg as the judge.
#![cfg(feature = "openh264")]
#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is to stop the test")]

mod common;

use common::{Temporary, annex_b_of, encoded_by_ffmpeg, ffmpeg_decode_to, has_ffmpeg, psnr};
use framewire_bitstream::annexb;
use framewire_codec::{
    Choice, Codec, DecodeError, Decoded, Decoder, Encoder, EncoderConfig, Roster, quality,
    testing::{clip, pictures},
};
use framewire_frame::{Color, FrameId, Matrix, PictureRef, PixelFormat, Range, Size, Timestamp, Transfer};
use std::fs;

/// Arguments of libx264 whose streams OpenH264 decodes to the bits.
const EXACT: [(&str, &[&str]); 14] = [
    ("Baseline, slices", &["-profile:v", "baseline", "-x264-params", "slices=3"]),
    ("Main, CABAC", &["-profile:v", "main", "-bf", "0"]),
    ("High, 8x8 transform", &["-profile:v", "high", "-bf", "0"]),
    ("High, CAVLC", &["-profile:v", "high", "-bf", "0", "-x264-params", "cabac=0"]),
    ("many slices", &["-bf", "0", "-x264-params", "slices=7"]),
    ("several references", &["-bf", "0", "-x264-params", "ref=8"]),
    ("weighted prediction", &["-bf", "0", "-x264-params", "weightp=2"]),
    ("intra refresh", &["-bf", "0", "-x264-params", "intra-refresh=1:keyint=20"]),
    ("zero latency", &["-tune", "zerolatency", "-preset", "ultrafast"]),
    ("B pictures, CABAC", &["-bf", "2", "-x264-params", "direct=none:weightb=0"]),
    ("B pictures, CAVLC", &["-bf", "2", "-x264-params", "direct=none:cabac=0:weightb=0"]),
    ("many B pictures", &["-bf", "8", "-x264-params", "b-adapt=0:b-pyramid=normal:direct=none:weightb=0"]),
    ("short groups", &["-bf", "3", "-x264-params", "keyint=5:min-keyint=1:direct=none:weightb=0"]),
    (
        "delimiters and HRD",
        &["-bf", "0", "-b:v", "1M", "-x264-params", "aud=1:nal-hrd=vbr:vbv-maxrate=1000:vbv-bufsize=500"],
    ),
];

/// The same where B pictures take their motion from their neighbours: the library's arithmetic for that is another one in
/// single macroblocks, so that likeness is asked for.
const ALIKE: [(&str, &[&str]); 4] = [
    ("spatial", &["-bf", "2", "-x264-params", "direct=spatial"]),
    ("temporal", &["-bf", "2", "-x264-params", "direct=temporal"]),
    ("pyramid", &["-bf", "3", "-x264-params", "b-pyramid=normal:ref=4"]),
    ("open groups", &["-bf", "2", "-x264-params", "open-gop=1:keyint=10"]),
];
const LEAST_PSNR: f64 = 60.0;

/// What came out of a decoder.
#[derive(Default)]
struct Film {
    pictures: Vec<Vec<u8>>,
    sizes: Vec<Size>,
    colors: Vec<Color>,
    timestamps: Vec<u64>,
}

fn decoder(output: PixelFormat) -> Decoder {
    let roster = Roster { decoders: vec![framewire_software::openh264::decoder()], ..Roster::default() };
    Decoder::new(&roster, &Choice::Auto, Codec::H264).with_output(output)
}

/// Decodes `stream`, of which no unit may be an error.
fn play(stream: &[u8], output: PixelFormat) -> Film {
    let mut decoder = decoder(output);
    let mut film = Film::default();
    let mut keep = |decoded: Decoded<'_>| {
        assert_eq!(decoded.picture.format(), output);
        let size = decoded.picture.size();
        let mut picture = vec![0; output.packed_len(size)];
        decoded.picture.copy_packed_to(&mut picture);
        film.pictures.push(picture);
        film.sizes.push(size);
        film.colors.push(decoded.color);
        film.timestamps.push(decoded.timestamp.as_micros());
    };
    for (index, unit) in annexb::access_units(stream).enumerate() {
        decoder.decode(unit, Timestamp::from_micros(index as u64), &mut keep).unwrap();
    }
    decoder.flush(&mut keep).unwrap();
    film
}

/// What FFmpeg makes of a file of pictures of one size.
fn judge(file: &Temporary, output: PixelFormat, picture_len: usize) -> Vec<Vec<u8>> {
    let name = match output {
        PixelFormat::I420 => "yuv420p",
        other => other.name(),
    };
    ffmpeg_decode_to(&file.0, name).chunks(picture_len).map(<[u8]>::to_vec).collect()
}

/// Each unit gave one picture.
fn check_complete(film: &Film, what: &str) {
    let mut stamps = film.timestamps.clone();
    stamps.sort_unstable();
    assert_eq!(stamps, (0..stamps.len() as u64).collect::<Vec<_>>(), "{what}");
}

/// How many pictures differ; none of them by much.
fn count_other(film: &Film, judge: &[Vec<u8>], what: &str) -> usize {
    assert_eq!(film.pictures.len(), judge.len(), "{what}");
    let others = film.pictures.iter().zip(judge).enumerate().filter(|(_, (ours, theirs))| ours != theirs);
    others
        .map(|(index, (ours, theirs))| {
            let psnr = psnr(ours, theirs);
            assert!(psnr > LEAST_PSNR, "{what}: picture {index} is not ffmpeg's: {psnr:.1} dB");
        })
        .count()
}

#[test]
fn streams_of_x264_decode_to_the_same_bytes_as_with_ffmpeg_in_both_formats() {
    for (what, arguments) in EXACT {
        let Some(file) = encoded_by_ffmpeg(&[&["-pix_fmt", "yuv420p"], arguments].concat()) else {
            println!(
                "SKIPPED streams_of_x264_decode_to_the_same_bytes_as_with_ffmpeg_in_both_formats: no ffmpeg with libx264"
            );
            return;
        };
        let stream = fs::read(&file.0).unwrap();
        for output in [PixelFormat::I420, PixelFormat::Nv12] {
            let film = play(&stream, output);
            check_complete(&film, what);
            assert_eq!(film.pictures.len(), 40, "{what}");
            let judge = judge(&file, output, film.pictures[0].len());
            assert!(film.pictures == judge, "{what}, {output}: other bytes than ffmpeg's");
        }
    }
}

#[test]
fn reordered_pictures_come_in_the_order_to_show_with_their_own_timestamps() {
    for (what, arguments) in ALIKE {
        let Some(file) = encoded_by_ffmpeg(&[&["-pix_fmt", "yuv420p"], arguments].concat()) else {
            println!(
                "SKIPPED reordered_pictures_come_in_the_order_to_show_with_their_own_timestamps: no ffmpeg with libx264"
            );
            return;
        };
        let film = play(&fs::read(&file.0).unwrap(), PixelFormat::I420);
        check_complete(&film, what);
        assert!(!film.timestamps.is_sorted(), "{what}: the stream has no reordered pictures");
        let judge = judge(&file, PixelFormat::I420, film.pictures[0].len());
        count_other(&film, &judge, what);
    }
}

#[test]
fn a_stream_that_changes_its_size_and_colour_loses_no_picture() {
    let parts: [&[&str]; 3] = [
        &["-bf", "2", "-x264-params", "direct=none:weightb=0:colormatrix=bt709"],
        &["-bf", "0", "-vf", "scale=142:98", "-x264-params", "sps-id=3:colormatrix=smpte170m"],
        &[
            "-bf",
            "3",
            "-x264-params",
            "direct=none:weightb=0:b-pyramid=normal:sps-id=3:transfer=smpte2084",
            "-vf",
            "scale=640:368",
        ],
    ];
    let files: Option<Vec<_>> = parts
        .iter()
        .map(|arguments| encoded_by_ffmpeg(&[&["-pix_fmt", "yuv420p"], *arguments].concat()))
        .collect();
    let Some(files) = files else {
        println!(
            "SKIPPED a_stream_that_changes_its_size_and_colour_loses_no_picture: no ffmpeg with libx264"
        );
        return;
    };
    let stream: Vec<u8> = files.iter().flat_map(|file| fs::read(&file.0).unwrap()).collect();
    for output in [PixelFormat::I420, PixelFormat::Nv12] {
        let film = play(&stream, output);
        check_complete(&film, output.name());
        let sizes = ["320x180", "142x98", "640x368"].map(|text| text.parse::<Size>().unwrap());
        let colors =
            [(Matrix::Bt709, Transfer::Srgb), (Matrix::Bt601, Transfer::Srgb), (Matrix::Bt601, Transfer::Pq)];
        let mut expected = Vec::new();
        for (part, file) in files.iter().enumerate() {
            expected.extend(judge(file, output, output.packed_len(sizes[part])));
            for index in part * 40..(part + 1) * 40 {
                assert_eq!(film.sizes[index], sizes[part], "picture {index}");
                let color = film.colors[index];
                assert_eq!((color.matrix, color.transfer), colors[part], "picture {index}");
            }
        }
        let other = film.pictures.iter().zip(&expected).position(|(ours, theirs)| ours != theirs);
        assert_eq!((other, film.pictures.len()), (None, expected.len()), "{output}");
    }
}

#[test]
fn the_full_range_is_named_and_its_samples_are_left_as_they_are() {
    let arguments = ["-pix_fmt", "yuvj420p", "-bf", "0"];
    let Some(file) = encoded_by_ffmpeg(&arguments) else {
        println!(
            "SKIPPED the_full_range_is_named_and_its_samples_are_left_as_they_are: no ffmpeg with libx264"
        );
        return;
    };
    let film = play(&fs::read(&file.0).unwrap(), PixelFormat::I420);
    assert!(film.colors.iter().all(|color| color.range == Range::Full));
    assert!(film.pictures.concat() == ffmpeg_decode_to(&file.0, "yuvj420p"), "other bytes than ffmpeg's");
}

#[test]
fn what_openh264_cannot_decode_is_named_at_the_first_unit() {
    let beyond: [(&str, &[&str]); 8] = [
        ("interlaced coding", &["-pix_fmt", "yuv420p", "-flags", "+ilme+ildct"]),
        ("interlaced coding", &["-pix_fmt", "yuv420p", "-x264-params", "fake-interlaced=1"]),
        ("no chroma", &["-pix_fmt", "gray"]),
        ("4:2:2 chroma", &["-pix_fmt", "yuv422p"]),
        ("4:4:4 chroma and 10 bits a sample", &["-pix_fmt", "yuv444p10le"]),
        ("10 bits a sample", &["-pix_fmt", "yuv420p10le"]),
        ("lossless coding", &["-pix_fmt", "yuv420p", "-qp", "0"]),
        ("level 6.1", &["-pix_fmt", "yuv420p", "-level", "6.1"]),
    ];
    for (what, arguments) in beyond {
        let Some(file) = encoded_by_ffmpeg(arguments) else {
            println!(
                "SKIPPED what_openh264_cannot_decode_is_named_at_the_first_unit: no ffmpeg with libx264"
            );
            return;
        };
        let stream = fs::read(&file.0).unwrap();
        let mut decoder = decoder(PixelFormat::I420);
        for unit in annexb::access_units(&stream) {
            let error =
                decoder.decode(unit, Timestamp::ZERO, &mut |_| panic!("{what} is shown")).unwrap_err();
            assert!(matches!(error, DecodeError::Open(_)), "{what}: {error}");
            let expected =
                format!("no decoder of h264 works: openh264 refused (a stream with {what} is not supported)");
            assert_eq!(error.to_string(), expected);
        }
    }
}

#[test]
fn after_what_cannot_be_decoded_the_next_stream_plays() {
    let kinds: [&[&str]; 3] = [&["-pix_fmt", "yuv420p"], &["-pix_fmt", "yuv444p"], &["-pix_fmt", "yuv420p"]];
    let files: Option<Vec<_>> = kinds.iter().map(|arguments| encoded_by_ffmpeg(arguments)).collect();
    let Some(files) = files else {
        println!("SKIPPED after_what_cannot_be_decoded_the_next_stream_plays: no ffmpeg with libx264");
        return;
    };
    let stream: Vec<u8> = files.iter().flat_map(|file| fs::read(&file.0).unwrap()).collect();
    let mut decoder = decoder(PixelFormat::I420);
    let (mut shown, mut refused) = (0, 0);
    for unit in annexb::access_units(&stream) {
        match decoder.decode(unit, Timestamp::ZERO, &mut |_| shown += 1) {
            Ok(()) => {}
            Err(DecodeError::Open(_)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    decoder.flush(&mut |_| shown += 1).unwrap();
    assert_eq!((shown, refused), (80, 40));
}

#[test]
fn a_feature_that_comes_without_a_key_frame_breaks_its_unit_alone() {
    let plain = encoded_by_ffmpeg(&["-pix_fmt", "yuv420p", "-bf", "0"]);
    let other = encoded_by_ffmpeg(&["-pix_fmt", "yuv444p", "-bf", "0", "-x264-params", "sps-id=3"]);
    let (Some(plain), Some(other)) = (plain, other) else {
        println!(
            "SKIPPED a_feature_that_comes_without_a_key_frame_breaks_its_unit_alone: no ffmpeg with libx264"
        );
        return;
    };
    let (plain, other) = (fs::read(&plain.0).unwrap(), fs::read(&other.0).unwrap());
    let mut strange = Vec::new();
    for nal in annexb::nals(&other).filter(|nal| matches!(nal.header() & 31, 1 | 7 | 8)).take(3) {
        annexb::push_nal(&mut strange, nal.bytes());
    }
    let mut units: Vec<&[u8]> = annexb::access_units(&plain).collect();
    units.insert(20, &strange);
    let mut decoder = decoder(PixelFormat::I420);
    let (mut shown, mut faults) = (0, Vec::new());
    for (index, unit) in units.into_iter().enumerate() {
        if let Err(error) = decoder.decode(unit, Timestamp::ZERO, &mut |_| shown += 1) {
            faults.push((index, error.to_string()));
        }
    }
    decoder.flush(&mut |_| shown += 1).unwrap();
    let said = "the unit cannot be decoded: it uses 4:4:4 chroma, and no key frame did";
    assert_eq!(faults, [(20, said.to_owned())]);
    assert_eq!(shown, 40);
}

#[test]
fn what_was_encoded_comes_back_in_both_formats() {
    let size = Size::new(161, 91).unwrap();
    let roster = Roster { encoders: vec![framewire_software::openh264::encoder()], ..Roster::default() };
    let mut encoder = Encoder::open(&roster, &Choice::Auto, EncoderConfig::new(size)).unwrap();
    let (mut stream, mut sources) = (Vec::new(), Vec::new());
    for index in 0..30 {
        let source = pictures::picture(PixelFormat::I420, size, index);
        let coded = pictures::coded(source.as_ref(), Color::default());
        for unit in encoder.encode(&source.into(), FrameId(index), Timestamp::from_micros(index)).unwrap() {
            stream.extend_from_slice(&unit.data);
        }
        sources.push(coded);
    }
    let [i420, nv12] = [PixelFormat::I420, PixelFormat::Nv12].map(|output| play(&stream, output));
    assert_eq!((i420.pictures.len(), nv12.pictures.len()), (30, 30));
    for (index, source) in sources.iter().enumerate() {
        let size = source.size();
        assert_eq!((i420.sizes[index], nv12.sizes[index]), (size, size));
        let shown = PictureRef::packed(PixelFormat::I420, size, &i420.pictures[index]).unwrap();
        let likeness = quality::psnr(shown, source.as_ref()).unwrap();
        assert!(likeness.all > 36.0, "picture {index}: {:.1} dB", likeness.all);
        let (luma, chroma) = i420.pictures[index].split_at(size.pixels());
        let (u, v) = chroma.split_at(chroma.len() / 2);
        let pairs = u.iter().zip(v).flat_map(|(&u, &v)| [u, v]);
        assert!(
            luma.iter().copied().chain(pairs).eq(nv12.pictures[index].iter().copied()),
            "picture {index}"
        );
    }
}

#[test]
fn real_clips_decode_as_with_ffmpeg() {
    let clips = [
        ("bigbuckbunny.mp4", 132, 0),
        ("carphone_pristine.mp4", 120, 0),
        ("carphone_distorted.mp4", 120, 0),
        // B pictures with direct prediction.
        ("bikes.mp4", 250, 50),
    ];
    for (name, count, most_others) in clips {
        let (Some(file), true) = (clip(name), has_ffmpeg()) else {
            println!(
                "SKIPPED real_clips_decode_as_with_ffmpeg: no ffmpeg, or no {name}: run cargo xtask clips"
            );
            return;
        };
        let stream = annex_b_of(&file);
        let film = play(&fs::read(&stream.0).unwrap(), PixelFormat::I420);
        check_complete(&film, name);
        assert_eq!(film.pictures.len(), count, "{name}");
        let judge = judge(&stream, PixelFormat::I420, film.pictures[0].len());
        let others = count_other(&film, &judge, name);
        assert!(others <= most_others, "{name}: {others} pictures are not ffmpeg's");
    }
}
