//! What viewers send, as the scenes want it.

use crate::scene::{Input, Point};
use framewire::{
    engine::InputEvent,
    protocol::{Event, PointerEvent},
};
use std::collections::HashSet;

/// Which viewers hold a pointer down.
#[derive(Default)]
pub struct Pointers {
    pressed: HashSet<u64>,
}

/// Viewers that can hold a pointer down at a time; more than that are only looking.
const MAX_PRESSED: usize = 1024;

impl Pointers {
    /// The scene's view of an event; `None` for what no scene cares about.
    pub fn read(&mut self, event: &InputEvent) -> Option<Input> {
        let viewer = event.viewer.0;
        match event.event.event() {
            Event::PointerDown(pointer)
                if pointer.inside != Some(false) && self.pressed.len() < MAX_PRESSED =>
            {
                self.pressed.insert(viewer);
                Some(Input::Press { viewer, at: place(pointer) })
            }
            Event::PointerMove(pointer) => {
                // A button that went up outside of the window shows in the buttons of the next move.
                if pointer.buttons.is_empty() && self.pressed.remove(&viewer) {
                    return Some(Input::Release { viewer });
                }
                Some(Input::Move { viewer, at: place(pointer), pressed: self.pressed.contains(&viewer) })
            }
            Event::PointerUp(_) | Event::PointerCancel(_) | Event::Blur => {
                self.pressed.remove(&viewer).then_some(Input::Release { viewer })
            }
            Event::Wheel(wheel) => Some(Input::Wheel { amount: wheel.dy }),
            Event::KeyDown(key) if key.repeat != Some(true) => Some(Input::Key { key: key.key.clone() }),
            _ => None,
        }
    }
}

fn place(pointer: &PointerEvent) -> Point {
    Point { x: pointer.x, y: pointer.y }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire::{engine::ViewerId, frame::Timestamp, protocol};

    fn event(json: &str) -> InputEvent {
        let event = protocol::InputEvent::parse(json).unwrap();
        InputEvent { viewer: ViewerId(3), principal: None, received: Timestamp::ZERO, event }
    }

    #[test]
    fn a_drag_is_a_press_moves_and_a_release() {
        let mut pointers = Pointers::default();
        let at = Point { x: 4.0, y: 5.0 };
        let moved = event(r#"{"type":"pointer_move","x":4,"y":5,"buttons":[1]}"#);
        assert_eq!(pointers.read(&moved), Some(Input::Move { viewer: 3, at, pressed: false }));
        let down = event(r#"{"type":"pointer_down","x":4,"y":5,"button":1,"buttons":[1]}"#);
        assert_eq!(pointers.read(&down), Some(Input::Press { viewer: 3, at }));
        assert_eq!(pointers.read(&moved), Some(Input::Move { viewer: 3, at, pressed: true }));
        let lost_release = event(r#"{"type":"pointer_move","x":4,"y":5,"buttons":[]}"#);
        assert_eq!(pointers.read(&lost_release), Some(Input::Release { viewer: 3 }));
        assert_eq!(pointers.read(&event(r#"{"type":"pointer_up","x":4,"y":5}"#)), None);
    }

    #[test]
    fn what_begins_outside_of_the_picture_draws_nothing() {
        let mut pointers = Pointers::default();
        assert_eq!(pointers.read(&event(r#"{"type":"pointer_down","x":-4,"y":5,"inside":false}"#)), None);
        assert_eq!(pointers.read(&event(r#"{"type":"custom","x":1}"#)), None);
    }
}
