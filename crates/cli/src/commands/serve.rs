//! `framewire serve`: a file, standard input or a pattern, live.

use super::{listen, recording};
use crate::{
    args::{self, Content, Input},
    exit::Failure,
    pattern_source::PatternSource,
    player::{self, End, PlayError, Stop},
};
use framewire::{
    codec::{self, Rate},
    engine::{self, EncoderChoice, Keep, ResizePolicy, StreamConfig},
    frame::{Color, FrameRate, Size},
    media::source::{self, InputError, RawShape, Source, SourceOptions},
    mp4::Rotation,
    server::Hub,
};
use std::{thread, time::Duration};
use tokio::sync::oneshot;

/// How long the player waits for a viewer before it looks whether it is to end.
const PATIENCE: Duration = Duration::from_millis(200);
/// Where a pattern begins when nothing else is said.
const PATTERN_SIZE: (u32, u32) = (1280, 720);

/// Serves until the input ends or the user does.
pub fn run(args: &args::Serve) -> Result<(), Failure> {
    let name = match &args.input {
        Input::Stdin => "standard input".to_owned(),
        Input::File(path) => path.display().to_string(),
        Input::Pattern(pattern) => format!("pattern:{pattern}"),
    };
    let input = match &args.input {
        Input::File(path) => Some(path.as_path()),
        Input::Stdin | Input::Pattern(_) => None,
    };
    recording::check(args.record.as_deref(), input, args.force)?;
    let source = open(args).map_err(|error| Failure::Input(format!("{name}: {error}")))?;
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| Failure::Failed(format!("no runtime: {error}")))?;
    let result = runtime.block_on(serve(args, &name, source));
    // A thread that waits for standard input cannot be woken; the process ends without it.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

async fn serve(args: &args::Serve, name: &str, mut source: Box<dyn Source>) -> Result<(), Failure> {
    let hub = Hub::new(engine::roster());
    let stream = listen::add_stream(&hub, &args.name, config(args, &*source))?;
    tracing::info!("{name}: {}", source.describe());
    if source.rotation() != Rotation::None {
        tracing::warn!("the file asks for a rotation of its pictures, which is not done");
    }
    let server = listen::start(hub.clone(), &args.listen, None).await?;
    // Only now: whoever finds the port taken leaves the file alone.
    let recording = recording::start(&stream, args.record.as_deref(), args.force)?;
    listen::announce(&server, &args.listen, &args.name);

    let stop = Stop::default();
    let waits = matches!(args.input, Input::File(_)) && !args.repeat && !args.no_wait && recording.is_none();
    if waits {
        tracing::info!("playing begins with the first viewer");
    }
    let (done, mut ended) = oneshot::channel();
    let player = {
        let (stream, stop, repeat) = (stream.clone(), stop.clone(), args.repeat);
        thread::Builder::new().name("player".to_owned()).spawn(move || {
            while waits && !stream.wait_for_viewer(PATIENCE) && !stream.is_closed() && stop.goes_on() {}
            // Nobody listens any more once the user has ended the program.
            let _ = done.send(player::play(&mut *source, &stream, repeat, &stop));
        })
    };
    player.map_err(|error| Failure::Failed(format!("no thread for the input: {error}")))?;
    let result = tokio::select! {
        result = &mut ended => result.unwrap_or(Ok(End::Stopped)),
        () = listen::shutdown_wish() => Ok(End::Stopped),
    };
    listen::insist();
    stop.stop();
    let over = matches!(result, Ok(End::OfSource));
    let stopped = matches!(result, Ok(End::Stopped));
    let result = result.map(|_| ()).map_err(|error| match error {
        PlayError::Input(error) => Failure::Input(format!("{name}: {error}")),
        PlayError::Stream(error) => Failure::Input(error.to_string()),
    });
    let result = recording::finish(recording, (!stopped).then_some(&stream), result).await;
    if over {
        tracing::info!("{name} has ended{}", if waits { "; --loop starts over" } else { "" });
        // Viewers are told that the stream is over, and not that a server will come back.
        hub.remove_stream(&args.name);
    }
    server.shutdown().await;
    result
}

fn config(args: &args::Serve, source: &dyn Source) -> StreamConfig {
    let Ok(encoder) = args.encoder.parse::<EncoderChoice>();
    let mut config = StreamConfig::new();
    config.rate =
        Rate { bitrate: args.bitrate, frame_rate: source.frame_rate().unwrap_or(FrameRate::whole(30)) };
    config.encoder = encoder;
    config.content = match args.content {
        Content::Camera => codec::Content::Camera,
        Content::Screen => codec::Content::Screen,
    };
    config.threads = args.threads;
    config.intra_refresh = args.intra_refresh;
    config.still_after = args.still_after.map(Duration::from_secs_f64);
    if args.match_viewer {
        config.resize = ResizePolicy::MatchClient;
        config.max_render_dimension = args.max_side;
    }
    config.keep = args.keep.map(|duration| {
        let mut keep = match &args.keep_on_disk {
            Some(folder) => Keep::on_disk(duration, folder),
            None => Keep::in_memory(duration),
        };
        keep.bytes = args.keep_bytes.unwrap_or(keep.bytes);
        keep
    });
    config.record_events = args.record_events;
    config.event_log.clone_from(&args.event_log);
    config.size = args.size.unwrap_or(config.size);
    config
}

fn open(args: &args::Serve) -> Result<Box<dyn Source>, InputError> {
    let color = Color { matrix: args.matrix, range: args.range, ..Color::default() };
    let options = SourceOptions { frame_rate: args.fps, color, ..SourceOptions::default() };
    match &args.input {
        Input::Pattern(pattern) => {
            let size =
                args.size.unwrap_or(Size::new(PATTERN_SIZE.0, PATTERN_SIZE.1).expect("a possible size"));
            let frame_rate = args.fps.unwrap_or(FrameRate::whole(30));
            Ok(Box::new(PatternSource::new(*pattern, size, frame_rate, color)))
        }
        Input::File(path) => source::open_file(path, &options, &engine::roster()),
        Input::Stdin if args.repeat => {
            Err(InputError::Usage("standard input cannot start over: leave --loop out".to_owned()))
        }
        Input::Stdin => {
            let raw = match (args.size, args.pixel_format) {
                (Some(size), Some(format)) => Some(RawShape { size, format }),
                (None, None) => None,
                _ => {
                    let what = "raw frames need both --size and --pixel-format".to_owned();
                    return Err(InputError::Usage(what));
                }
            };
            source::open_stream(std::io::stdin(), &SourceOptions { raw, ..options }, &engine::roster())
        }
    }
}
