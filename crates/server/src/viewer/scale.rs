use framewire_frame::Size;
use framewire_protocol::InputEvent;
use serde_json::Value;

/// Maps the point of an event from the pixels of a smaller rendition to those of the published frame.
pub(crate) fn to_frame(event: InputEvent, shown: Size, frame: Size) -> InputEvent {
    if shown == frame {
        return event;
    }
    let Ok(Value::Object(mut fields)) = serde_json::from_str(event.as_json()) else { return event };
    let factors = [
        ("x", f64::from(frame.width()) / f64::from(shown.width())),
        ("y", f64::from(frame.height()) / f64::from(shown.height())),
    ];
    let mut scaled = false;
    for (name, factor) in factors {
        if let Some(field) = fields.get_mut(name)
            && let Some(number) = field.as_f64()
        {
            *field = Value::from(number * factor);
            scaled = true;
        }
    }
    if !scaled {
        return event;
    }
    InputEvent::parse(&Value::Object(fields).to_string()).unwrap_or(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_protocol::Event;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).unwrap()
    }

    #[test]
    fn points_are_mapped_and_all_else_is_kept() {
        let event =
            InputEvent::parse(r#"{"type":"pointer_move","x":100,"y":50.5,"buttons":[1],"mine":{"x":1}}"#)
                .unwrap();
        let mapped = to_frame(event, size(640, 360), size(1280, 720));
        let Event::PointerMove(pointer) = mapped.event() else { panic!("{mapped:?}") };
        assert_eq!((pointer.x, pointer.y), (200.0, 101.0));
        assert!(pointer.buttons.has(1));
        assert!(mapped.as_json().contains(r#""mine":{"x":1}"#));
    }

    #[test]
    fn events_without_a_point_and_of_the_full_size_stay_to_the_byte() {
        let key = InputEvent::parse(r#"{"type":"key_down", "key":"a"}"#).unwrap();
        assert_eq!(to_frame(key.clone(), size(640, 360), size(1280, 720)), key);
        let odd = InputEvent::parse(r#"{"type":"x","x":"text"}"#).unwrap();
        assert_eq!(to_frame(odd.clone(), size(640, 360), size(1280, 720)), odd);
        let pointer = InputEvent::parse(r#"{"type":"pointer_up", "x":1,"y":2}"#).unwrap();
        assert_eq!(to_frame(pointer.clone(), size(640, 360), size(640, 360)), pointer);
    }
}
