use super::{Moment, Scene, painted::Painted, painted::painted};
use framewire::frame::PictureMut;
use framewire_pattern::Pattern;

struct PatternScene(Pattern);

/// A test pattern as a scene.
pub fn scene(pattern: Pattern) -> Box<dyn Scene> {
    painted(PatternScene(pattern))
}

impl Painted for PatternScene {
    fn draw(&mut self, moment: Moment, target: &mut PictureMut<'_>) {
        self.0.draw(moment.index, target).expect("RGBA can be drawn into");
    }
}
