//! A box that bounces through the browser, and says where it is clicked.

use framewire::{PixelFormat, ServeOptions, Size, pattern::Pattern, protocol::Event};
use std::{error::Error, thread, time::Duration};

fn main() -> Result<(), Box<dyn Error>> {
    let stream = framewire::serve(ServeOptions::new().port(8765))?;
    println!("open {}", stream.url());
    for seq in 0.. {
        for input in stream.poll_events() {
            if let Event::PointerDown(pointer) = input.event.event() {
                println!("clicked at {:.0}, {:.0}", pointer.x, pointer.y);
            }
        }
        stream.publish(Pattern::BouncingBox.picture(seq, PixelFormat::Rgba8, Size::new(1280, 720)?)?)?;
        thread::sleep(Duration::from_millis(33));
    }
    Ok(())
}
