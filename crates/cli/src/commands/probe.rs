//! `framewire probe`: what a file is.

use crate::{args, exit::Failure, output::say, progress};
use framewire::media::{
    probe::{self, FileFacts, TrackFacts, UnitFacts, VideoFacts},
    source::InputError,
};
use std::{fmt, ops::ControlFlow};

/// Prints what the file is, and its units where they are asked for.
pub fn run(args: &args::Probe) -> Result<(), Failure> {
    let failed = |error: InputError| {
        let text = format!("{}: {error}", args.file.display());
        if error.is_read_failure() { Failure::Failed(text) } else { Failure::Input(text) }
    };
    let facts = probe::probe(&args.file).map_err(failed)?;
    if !args.json {
        print(&facts);
        return if args.units { probe::units(&args.file, &mut print_unit).map_err(failed) } else { Ok(()) };
    }
    if !args.units {
        return crate::output::json(&facts);
    }
    let unprintable = |error: serde_json::Error| Failure::Failed(error.to_string());
    let text = serde_json::to_string_pretty(&facts).map_err(unprintable)?;
    // Units are printed as they come, so that a long file needs no memory for them.
    say!("{},\n  \"units\": [", text.trim_end_matches(['\n', '}']));
    let mut separator = " ";
    let mut each = |unit: &UnitFacts| {
        if let Ok(text) = serde_json::to_string(unit) {
            say!("   {separator}{text}");
            separator = ",";
        }
        ControlFlow::Continue(())
    };
    let result = probe::units(&args.file, &mut each);
    say!("  ]\n}}");
    result.map_err(failed)
}

fn print(facts: &FileFacts) {
    line("format", &facts.format);
    line("size", &progress::size(facts.bytes));
    optional("duration", facts.seconds.map(|seconds| format!("{seconds:.3} s")));
    optional("bitrate", facts.bitrate.map(rate));
    if let Some(layout) = &facts.layout {
        optional(
            "brands",
            layout.brand.as_ref().map(|brand| format!("{brand} ({})", layout.compatible_brands.join(", "))),
        );
        let index = if layout.index_first { "in front of the media" } else { "behind the media" };
        line("index", &index);
        optional("fragments", Some(layout.fragments).filter(|fragments| *fragments > 0));
    }
    if facts.is_cut_off {
        line("cut off", &"the file ends in the middle");
    }
    facts.tracks.iter().for_each(print_track);
}

fn print_track(track: &TrackFacts) {
    say!();
    let id = track.id.map_or_else(String::new, |id| format!("{id}, "));
    line("track", &format!("{id}{}", track.kind));
    match (&track.codec_string, &track.codec) {
        (Some(string), Some(codec)) if !string.starts_with(codec.as_str()) => {
            line("codec", &format!("{codec}, {string}"));
        }
        (Some(codec), _) | (None, Some(codec)) => line("codec", codec),
        (None, None) => {}
    }
    line("samples", &track.samples);
    optional("duration", track.seconds.map(|seconds| format!("{seconds:.3} s")));
    optional("timescale", track.timescale.map(|units| format!("{units} units a second")));
    optional("bitrate", track.bitrate.map(rate));
    optional("language", track.language.as_ref());
    optional("descriptions", Some(track.descriptions).filter(|count| *count > 1));
    for edit in &track.edits {
        let from = edit
            .media_time
            .map_or_else(|| "nothing is shown".to_owned(), |time| format!("the media from {time:.3} s on"));
        let length = if edit.seconds > 0.0 { format!(" for {:.3} s", edit.seconds) } else { String::new() };
        line("edit", &format!("{from}{length}"));
    }
    if let Some(video) = &track.video {
        print_video(video);
    }
}

fn print_video(video: &VideoFacts) {
    let profile = [video.profile.clone(), video.level.as_ref().map(|level| format!("level {level}"))];
    let profile: Vec<_> = profile.into_iter().flatten().collect();
    optional("profile", Some(profile.join(", ")).filter(|text| !text.is_empty()));
    let coded = video.coded_size.as_ref().filter(|coded| **coded != video.size);
    line(
        "picture",
        &format!("{}{}", video.size, coded.map_or_else(String::new, |coded| format!(", coded as {coded}"))),
    );
    optional("pixel shape", video.pixel_aspect.as_ref());
    optional(
        "rotation",
        Some(video.rotation).filter(|degrees| *degrees > 0).map(|degrees| format!("{degrees} degrees")),
    );
    optional(
        "samples of",
        video.chroma.as_ref().map(|chroma| match video.bit_depth {
            Some(bits) => format!("{chroma}, {bits} bits"),
            None => chroma.clone(),
        }),
    );
    optional("interlaced", video.interlaced.then_some("pictures may be fields"));
    optional(
        "color",
        video.color.as_ref().map(|color| {
            let names = [&color.primaries, &color.transfer, &color.matrix];
            let names: Vec<_> =
                names.into_iter().map(|name| name.as_deref().unwrap_or("unspecified")).collect();
            format!("{} range, {}", color.range, names.join("/"))
        }),
    );
    optional(
        "frame rate",
        video.frame_rate.map(|rate| {
            let kind = match video.constant_frame_rate {
                Some(true) => ", constant",
                Some(false) => ", variable",
                None => "",
            };
            format!("{rate:.3} a second{kind}")
        }),
    );
    let reordering = match (video.reordered, video.reorder_frames) {
        (true, Some(frames)) => format!("yes, at most {frames} frame(s)"),
        (true, None) => "yes".to_owned(),
        (false, _) => "no".to_owned(),
    };
    line("reordering", &reordering);
    let keys = video.key_frames;
    if keys.count > 0 {
        line(
            "key frames",
            &format!(
                "{}, every {:.1} frames, at most {}",
                keys.count, keys.mean_distance, keys.longest_distance
            ),
        );
    }
}

fn print_unit(unit: &UnitFacts) -> ControlFlow<()> {
    let nals: Vec<_> = unit.nals.iter().map(|nal| format!("{} {}", nal.kind, nal.bytes)).collect();
    let times = match (unit.dts, unit.pts) {
        (Some(dts), Some(pts)) => format!("  dts {dts:>9}  pts {pts:>9}"),
        _ => String::new(),
    };
    let key = if unit.key { "key" } else { "   " };
    say!("{:>7}{times}  {key}  {:>9} bytes  {}", unit.number, unit.bytes, nals.join(", "));
    ControlFlow::Continue(())
}

fn line(name: &str, value: &dyn fmt::Display) {
    say!("{name:<13} {value}");
}

fn optional(name: &str, value: Option<impl fmt::Display>) {
    if let Some(value) = value {
        line(name, &value);
    }
}

fn rate(bits: f64) -> String {
    if bits < 1e6 { format!("{:.1} kb/s", bits / 1e3) } else { format!("{:.2} Mb/s", bits / 1e6) }
}
