//! What the demo shows: pictures that move by themselves and, where they are interactive, answer mouse and keys.

mod galaxy;
mod paint;
mod pattern;
mod plasma;
mod ripples;

use framewire::frame::{PictureMut, Size};
use framewire_pattern::Pattern;
use std::time::Duration;

/// A scene that is being shown.
pub trait Scene: Send {
    /// Draws one picture, in RGBA. `size` may differ from one call to the next.
    fn draw(&mut self, moment: Moment, target: &mut PictureMut<'_>);

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

/// An entry of the demo's list.
pub struct SceneInfo {
    pub key: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub interactive: bool,
    /// Makes the scene from its first picture on.
    pub make: fn() -> Box<dyn Scene>,
}

/// Every scene, the one to begin with first.
pub const SCENES: [SceneInfo; 9] = [
    SceneInfo {
        key: "galaxy",
        name: "Galaxy",
        description: "Sixteen thousand stars. Drag to turn them, wheel to come closer.",
        interactive: true,
        make: || Box::new(galaxy::Galaxy::new()),
    },
    SceneInfo {
        key: "paint",
        name: "Paint",
        description: "A shared canvas: draw with mouse, pen or finger. Any key wipes it.",
        interactive: true,
        make: || Box::new(paint::Paint::default()),
    },
    SceneInfo {
        key: "ripples",
        name: "Ripples",
        description: "Rain on a pond. Touch the water to make waves of your own.",
        interactive: true,
        make: || Box::new(ripples::Ripples::default()),
    },
    SceneInfo {
        key: "plasma",
        name: "Plasma",
        description: "A sum of sines in slow colours: every pixel changes in every picture.",
        interactive: false,
        make: || Box::new(plasma::Plasma),
    },
    pattern_scene("bouncing-box", "Bouncing box", "One small thing moves, the rest stands still.", || {
        pattern::scene(Pattern::BouncingBox)
    }),
    pattern_scene("test-card", "Test card", "Four flat colours that change places.", || {
        pattern::scene(Pattern::TestCard)
    }),
    pattern_scene("gradient", "Gradient", "Fine steps of colour that move sideways.", || {
        pattern::scene(Pattern::Gradient)
    }),
    pattern_scene("checkerboard", "Checkerboard", "Hard edges that scroll.", || {
        pattern::scene(Pattern::Checkerboard)
    }),
    pattern_scene("noise", "Noise", "The worst case: nothing can be predicted.", || {
        pattern::scene(Pattern::Noise)
    }),
];

const fn pattern_scene(
    key: &'static str,
    name: &'static str,
    description: &'static str,
    make: fn() -> Box<dyn Scene>,
) -> SceneInfo {
    SceneInfo { key, name, description, interactive: false, make }
}

/// The scene of this key.
pub fn find(key: &str) -> Option<&'static SceneInfo> {
    SCENES.iter().find(|scene| scene.key == key)
}

/// One RGBA pixel that hides what is behind it.
const fn rgb(red: u8, green: u8, blue: u8) -> [u8; 4] {
    [red, green, blue, 255]
}

/// The rows of a packed or padded RGBA picture, each as whole pixels.
fn rows<'a>(target: &'a mut PictureMut<'_>) -> (Size, impl Iterator<Item = &'a mut [[u8; 4]]>) {
    let size = target.size();
    let plane = &mut target.planes_mut()[0];
    let (stride, width) = (plane.stride(), size.width() as usize);
    let rows = plane.data_mut().chunks_mut(stride).take(size.height() as usize);
    (size, rows.map(move |row| &mut row.as_chunks_mut::<4>().0[..width]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire::frame::PixelFormat;

    #[test]
    fn every_scene_draws_any_size_and_survives_any_input() {
        for info in &SCENES {
            let mut scene = (info.make)();
            for (index, (width, height)) in [(320, 180), (1, 1), (33, 7), (64, 64)].into_iter().enumerate() {
                let size = Size::new(width, height).unwrap();
                let mut bytes = vec![0; PixelFormat::Rgba8.packed_len(size)];
                let mut target = PictureMut::packed(PixelFormat::Rgba8, size, &mut bytes).unwrap();
                let moment = Moment { index: index as u64, time: Duration::from_millis(40 * index as u64) };
                scene.draw(moment, &mut target);
                for at in
                    [Point { x: -1e9, y: f64::NAN }, Point { x: 10.0, y: 5.0 }, Point { x: 1e300, y: 2.0 }]
                {
                    scene.on_input(&Input::Press { viewer: 1, at });
                    scene.on_input(&Input::Move { viewer: 1, at, pressed: true });
                    scene.on_input(&Input::Wheel { amount: at.x });
                }
                scene.on_input(&Input::Release { viewer: 1 });
                scene.draw(moment, &mut target);
                assert!(bytes.as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 255), "{} {size}", info.key);
            }
            scene.on_input(&Input::Key { key: "c".to_owned() });
        }
    }

    #[test]
    fn a_stroke_leaves_colour_where_it_went() {
        let mut scene = (find("paint").unwrap().make)();
        let size = Size::new(200, 100).unwrap();
        let mut bytes = vec![0; PixelFormat::Rgba8.packed_len(size)];
        let mut draw = |scene: &mut Box<dyn Scene>| {
            let mut target = PictureMut::packed(PixelFormat::Rgba8, size, &mut bytes).unwrap();
            scene.draw(Moment { index: 0, time: Duration::ZERO }, &mut target);
            <[u8; 4]>::try_from(&bytes[(50 * 200 + 100) * 4..][..4]).unwrap()
        };
        let paper = draw(&mut scene);
        scene.on_input(&Input::Press { viewer: 7, at: Point { x: 20.0, y: 50.0 } });
        scene.on_input(&Input::Move { viewer: 7, at: Point { x: 180.0, y: 50.0 }, pressed: true });
        assert_ne!(draw(&mut scene), paper, "the middle of the line is drawn, too");
        scene.on_input(&Input::Key { key: "Escape".to_owned() });
        assert_eq!(draw(&mut scene), paper);
    }
}
