use super::{Moment, Scene};
use framewire::frame::PictureMut;
use framewire_pattern::Pattern;

struct PatternScene(Pattern);

/// A test pattern as a scene.
pub fn scene(pattern: Pattern) -> Box<dyn Scene> {
    Box::new(PatternScene(pattern))
}

impl Scene for PatternScene {
    fn draw(&mut self, moment: Moment, target: &mut PictureMut<'_>) {
        self.0.draw(moment.index, target).expect("RGBA can be drawn into");
    }
}
