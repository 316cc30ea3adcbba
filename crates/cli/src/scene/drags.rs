use super::{Input, Point};
use std::collections::HashMap;

/// Pointers that are held down and moved, each viewer's by itself.
#[derive(Default)]
pub struct Drags {
    last: HashMap<u64, Point>,
}

/// Drags that are remembered at a time.
const MAX_DRAGS: usize = 256;
/// What no pointer moves by, in pixels.
const FAR: f32 = 1e5;

impl Drags {
    /// By how many pixels an input drags, to the right and down; `None` where it does not.
    pub fn read(&mut self, input: &Input) -> Option<(f32, f32)> {
        match *input {
            Input::Press { viewer, at } => {
                if self.last.len() < MAX_DRAGS {
                    self.last.insert(viewer, at);
                }
                None
            }
            Input::Release { viewer } => {
                self.last.remove(&viewer);
                None
            }
            Input::Move { viewer, at, pressed: true } => {
                let last = self.last.get_mut(&viewer)?;
                let (dx, dy) = ((at.x - last.x) as f32, (at.y - last.y) as f32);
                *last = at;
                (dx.abs() < FAR && dy.abs() < FAR).then_some((dx, dy))
            }
            Input::Move { .. } | Input::Wheel { .. } | Input::Key { .. } => None,
        }
    }
}

/// How many times farther away a turn of the wheel goes; 1 for what is no number.
pub fn wheel_factor(amount: f64) -> f32 {
    if amount.is_nan() { 1.0 } else { (amount.clamp(-500.0, 500.0) as f32 * 0.001).exp() }
}
