//! `framewire demo`: scenes that are drawn here and now, and a page to choose and touch them.

mod api;
mod controls;
mod input;
mod studio;

use super::{listen, recording};
use crate::output::say;
use crate::{
    args,
    exit::Failure,
    player::Stop,
    scene::{SceneInfo, Scenes},
};
use controls::Controls;
use framewire::{
    codec::Rate,
    engine::{self, EncoderChoice, StreamConfig},
    server::Hub,
};
use std::{process::Command, sync::Arc, time::Duration};

/// Serves until the user ends it.
pub fn run(args: &args::Demo) -> Result<(), Failure> {
    let scenes = Scenes::of_this_machine();
    let scene = match &args.scene {
        None => scenes.first(),
        Some(key) => scenes.find(key).map_err(Failure::Input)?,
    };
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| Failure::Failed(format!("no runtime: {error}")))?;
    runtime.block_on(serve(args, scenes, scene))
}

async fn serve(args: &args::Demo, scenes: Scenes, scene: &'static SceneInfo) -> Result<(), Failure> {
    recording::check(args.record.as_deref(), None, args.force)?;
    let roster = engine::roster();
    let hub = Hub::new(roster.clone());
    let Ok(encoder) = args.encoder.parse::<EncoderChoice>();
    let mut config = StreamConfig::new();
    config.size = args.size;
    config.rate = Rate { bitrate: args.bitrate, frame_rate: args.fps };
    config.encoder = encoder;
    config.still_after = Some(Duration::from_millis(500));
    let stream = listen::add_stream(&hub, "default", config)?;
    let controls = Arc::new(Controls::new(stream.clone(), roster, scenes, scene, args));

    let server = listen::start(hub, &args.listen, Some(api::routes(Arc::clone(&controls)))).await?;
    // Only now: whoever finds the port taken leaves the file alone.
    let recording = recording::start(&stream, args.record.as_deref(), args.force)?;
    listen::announce(&server, &args.listen, Hub::DEFAULT_STREAM);
    say!("Open the address above in a browser; Ctrl-C ends the demo.");
    if args.open {
        open_browser(&server.url());
    }
    let stop = Stop::default();
    let studio = studio::start(stream, Arc::clone(&controls), stop.clone())
        .map_err(|error| Failure::Failed(format!("no thread for the scenes: {error}")))?;
    listen::shutdown_wish().await;
    listen::insist();
    stop.stop();
    let drawn = studio.join().map_err(|_| Failure::Failed("a scene has crashed".to_owned()));
    let result = recording::finish(recording, None, drawn).await;
    server.shutdown().await;
    result
}

fn open_browser(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if let Err(error) = Command::new(program).arg(url).spawn() {
        tracing::warn!("no browser could be opened with {program}: {error}");
    }
}
