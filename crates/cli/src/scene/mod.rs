//! What the demo shows: pictures that move by themselves and, where they are interactive, answer mouse and keys.

mod drags;
mod galaxy;
#[cfg(feature = "wgpu")]
mod knot;
mod list;
mod paint;
mod painted;
mod pattern;
mod plasma;
mod ripples;

pub use list::{SceneInfo, Scenes};

use framewire::frame::{Frame, Size};
use std::time::Duration;

/// A scene that is being shown.
pub trait Scene: Send {
    /// One picture. `size` may differ from one call to the next. The error says, in a sentence, why there will be no more
    /// pictures of this scene.
    fn frame(&mut self, moment: Moment, size: Size) -> Result<Frame, String>;

    /// Something that a viewer did. Ignored where a scene is only looked at.
    fn on_input(&mut self, _input: &Input) {}
}

/// When a picture is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Pictures drawn before this one.
    pub index: u64,
    /// Time since the scene began.
    pub time: Duration,
}

/// A place in the picture, in its pixels; may lie outside of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// What viewers do, as far as scenes care. Each viewer has a pointer of its own.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A pointer moved; `pressed` while a button is down.
    Move { viewer: u64, at: Point, pressed: bool },
    /// A button went down.
    Press { viewer: u64, at: Point },
    /// The last button went up, or the viewer left.
    Release { viewer: u64 },
    /// The wheel turned; positive away from the picture's top.
    Wheel { amount: f64 },
    /// A key went down.
    Key { key: String },
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire::frame::PixelFormat;

    fn pixels(scene: &mut dyn Scene, index: u64, size: Size) -> Vec<[u8; 4]> {
        let moment = Moment { index, time: Duration::from_millis(40 * index) };
        let picture = scene.frame(moment, size).unwrap().surface.to_host().unwrap();
        let mut bytes = vec![0; PixelFormat::Rgba8.packed_len(size)];
        picture.as_ref().copy_packed_to(&mut bytes);
        bytes.as_chunks().0.to_vec()
    }

    #[test]
    fn every_scene_draws_any_size_and_survives_any_input() {
        let scenes = Scenes::of_this_machine();
        if let Err(reason) = scenes.find("knot") {
            println!("SKIPPED every_scene_draws_any_size_and_survives_any_input (knot): {reason}");
        }
        for info in scenes.iter() {
            let mut scene = (info.make)().unwrap();
            for (index, (width, height)) in [(320, 180), (1, 1), (33, 7), (64, 64)].into_iter().enumerate() {
                let size = Size::new(width, height).unwrap();
                let index = index as u64;
                pixels(&mut *scene, index, size);
                for at in
                    [Point { x: -1e9, y: f64::NAN }, Point { x: 10.0, y: 5.0 }, Point { x: 1e300, y: 2.0 }]
                {
                    scene.on_input(&Input::Press { viewer: 1, at });
                    scene.on_input(&Input::Move { viewer: 1, at, pressed: true });
                    scene.on_input(&Input::Wheel { amount: at.x });
                    scene.on_input(&Input::Wheel { amount: at.y });
                }
                scene.on_input(&Input::Release { viewer: 1 });
                let drawn = pixels(&mut *scene, index, size);
                assert!(drawn.iter().all(|pixel| pixel[3] == 255), "{} {size}", info.key);
            }
            scene.on_input(&Input::Key { key: "c".to_owned() });
        }
    }

    #[test]
    fn a_drag_turns_what_can_be_turned() {
        let scenes = Scenes::of_this_machine();
        if let Err(reason) = scenes.find("knot") {
            println!("SKIPPED a_drag_turns_what_can_be_turned (knot): {reason}");
        }
        let size = Size::new(160, 90).unwrap();
        for info in scenes.iter().filter(|info| ["knot", "galaxy"].contains(&info.key)) {
            let mut scene = (info.make)().unwrap();
            let before = pixels(&mut *scene, 0, size);
            scene.on_input(&Input::Press { viewer: 7, at: Point { x: 20.0, y: 50.0 } });
            scene.on_input(&Input::Move { viewer: 7, at: Point { x: 120.0, y: 50.0 }, pressed: true });
            let turned = pixels(&mut *scene, 0, size);
            assert_ne!(turned, before, "{}", info.key);
            scene.on_input(&Input::Wheel { amount: 200.0 });
            assert_ne!(pixels(&mut *scene, 0, size), turned, "{}", info.key);
        }
    }

    #[test]
    fn a_stroke_leaves_colour_where_it_went() {
        let mut scene = (Scenes::of_this_machine().find("paint").unwrap().make)().unwrap();
        let size = Size::new(200, 100).unwrap();
        let draw = |scene: &mut dyn Scene| pixels(scene, 0, size)[50 * 200 + 100];
        let paper = draw(&mut *scene);
        scene.on_input(&Input::Press { viewer: 7, at: Point { x: 20.0, y: 50.0 } });
        scene.on_input(&Input::Move { viewer: 7, at: Point { x: 180.0, y: 50.0 }, pressed: true });
        assert_ne!(draw(&mut *scene), paper, "the middle of the line is drawn, too");
        scene.on_input(&Input::Key { key: "Escape".to_owned() });
        assert_eq!(draw(&mut *scene), paper);
    }
}
