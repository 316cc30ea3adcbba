//! The thread that draws the scenes.

use super::{controls::Controls, input::Pointers};
use crate::{
    player::Stop,
    scene::{self, Moment, Scene},
};
use framewire::{
    engine::Stream,
    frame::{Frame, Picture, PictureMut, PixelFormat, Pool},
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
    let pool = Pool::new(4);
    let mut pointers = Pointers::default();
    let mut stage: Option<Stage> = None;
    let mut due = Instant::now();
    while stop.sleep_until(due) {
        let settings = controls.settings();
        if stage.as_ref().is_none_or(|stage| stage.key != settings.scene) {
            stage = Stage::new(settings.scene);
        }
        let Some(stage) = &mut stage else { return };
        for event in stream.poll_events() {
            if let Some(input) = pointers.read(&event) {
                stage.scene.on_input(&input);
            }
        }
        let mut buffer = pool.take(PixelFormat::Rgba8.packed_len(settings.size));
        let mut target = PictureMut::packed(PixelFormat::Rgba8, settings.size, &mut buffer)
            .expect("the buffer has the packed length");
        stage.draw(&mut target);
        let picture = Picture::packed(PixelFormat::Rgba8, settings.size, buffer.freeze())
            .expect("the buffer has the packed length");
        if stream.publish(Frame::new(picture)).is_err() {
            return;
        }
        while stream.viewers() == 0 {
            if !stop.sleep_until(Instant::now() + IDLE) {
                return;
            }
        }
        // A picture that took too long delays the next ones; they are not drawn in a burst.
        due = (due + settings.frame_rate.interval()).max(Instant::now());
    }
}

/// A scene with its clock.
struct Stage {
    key: &'static str,
    scene: Box<dyn Scene>,
    began: Instant,
    index: u64,
}

impl Stage {
    fn new(key: &'static str) -> Option<Self> {
        Some(Self { key, scene: (scene::find(key)?.make)(), began: Instant::now(), index: 0 })
    }

    fn draw(&mut self, target: &mut PictureMut<'_>) {
        self.scene.draw(Moment { index: self.index, time: self.began.elapsed() }, target);
        self.index += 1;
    }
}
