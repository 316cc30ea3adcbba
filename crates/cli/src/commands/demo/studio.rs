//! The thread that draws the scenes.

use super::{
    controls::{Controls, Settings},
    input::Pointers,
};
use crate::{
    player::Stop,
    scene::{Input, Moment, Scene, SceneInfo, Scenes},
};
use framewire::{
    engine::Stream,
    frame::{Frame, Size},
};
use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How often the studio looks whether somebody has come while nobody watches.
const IDLE: Duration = Duration::from_millis(50);

/// Starts drawing; ends when asked to, or when the stream is closed.
pub fn start(stream: Stream, controls: Arc<Controls>, stop: Stop) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("studio".to_owned()).spawn(move || run(&stream, &controls, &stop))
}

fn run(stream: &Stream, controls: &Controls, stop: &Stop) {
    let mut pointers = Pointers::default();
    let mut stage: Option<Stage> = None;
    let mut due = Instant::now();
    while stop.sleep_until(due) {
        let inputs: Vec<Input> =
            stream.poll_events().iter().filter_map(|event| pointers.read(event)).collect();
        let Some(frame) = next_frame(&mut stage, controls, &inputs) else { continue };
        if stream.publish(frame).is_err() {
            return;
        }
        while stream.viewers() == 0 {
            if !stop.sleep_until(Instant::now() + IDLE) {
                return;
            }
        }
        // A picture that took too long delays the next ones; they are not drawn in a burst.
        due = (due + controls.settings().frame_rate.interval()).max(Instant::now());
    }
}

/// The next picture of the scene that is set; `None` where that has just failed, and another one is set in its place.
fn next_frame(stage: &mut Option<Stage>, controls: &Controls, inputs: &[Input]) -> Option<Frame> {
    let Settings { scene, size, .. } = controls.settings();
    match on_stage(stage, scene).and_then(|stage| stage.frame(inputs, size)) {
        Ok(frame) => Some(frame),
        Err(why) => {
            let fallback = Scenes::fallback();
            tracing::warn!("the scene {} has ended, and {} goes on: {why}", scene.key, fallback.key);
            controls.replace_scene(scene, fallback);
            *stage = None;
            None
        }
    }
}

/// The stage with this scene on it, from its first picture on where another one was there.
fn on_stage<'a>(stage: &'a mut Option<Stage>, scene: &'static SceneInfo) -> Result<&'a mut Stage, String> {
    let current = match stage.take() {
        Some(current) if current.key == scene.key => current,
        _ => Stage::new(scene)?,
    };
    Ok(stage.insert(current))
}

/// A scene with its clock.
struct Stage {
    key: &'static str,
    scene: Box<dyn Scene>,
    began: Instant,
    index: u64,
}

impl Stage {
    fn new(info: &SceneInfo) -> Result<Self, String> {
        Ok(Self { key: info.key, scene: (info.make)()?, began: Instant::now(), index: 0 })
    }

    fn frame(&mut self, inputs: &[Input], size: Size) -> Result<Frame, String> {
        for input in inputs {
            self.scene.on_input(input);
        }
        let moment = Moment { index: self.index, time: self.began.elapsed() };
        self.index += 1;
        self.scene.frame(moment, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;
    use clap::Parser;
    use framewire::{engine, engine::StreamConfig, server::Hub};

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        demo: args::Demo,
    }

    /// Shows one picture, and then its device is lost.
    struct Lost;

    impl Scene for Lost {
        fn frame(&mut self, moment: Moment, size: Size) -> Result<Frame, String> {
            let mut galaxy = (Scenes::fallback().make)()?;
            if moment.index == 0 { galaxy.frame(moment, size) } else { Err("the device is lost".to_owned()) }
        }
    }

    const fn scene(key: &'static str, make: fn() -> Result<Box<dyn Scene>, String>) -> SceneInfo {
        SceneInfo { key, name: key, description: "", interactive: false, make }
    }

    static NEVER: SceneInfo = scene("never", || Err("no device".to_owned()));
    static LOST: SceneInfo = scene("lost", || Ok(Box::new(Lost)));

    #[test]
    fn a_scene_that_fails_makes_way_for_a_painted_one() {
        for failing in [&NEVER, &LOST] {
            let hub = Hub::new(engine::roster());
            let stream = hub.add_stream("default", StreamConfig::new()).unwrap();
            let args = Arguments::parse_from(["demo", "--size", "64x48", "--fps", "100"]).demo;
            let scenes = Scenes::of_this_machine();
            let controls = Controls::new(stream.clone(), engine::roster(), scenes, failing, &args);
            let mut stage = None;
            while controls.settings().scene.key == failing.key {
                next_frame(&mut stage, &controls, &[]);
            }
            assert_eq!(controls.settings().scene.key, Scenes::fallback().key);
            assert!(next_frame(&mut stage, &controls, &[]).is_some());
        }
    }
}
