//! The examples that draw with wgpu run, and a browser's mouse moves their camera.
#![cfg(all(feature = "server", feature = "images", feature = "wgpu-scene"))]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use framewire::protocol::Envelope;
use std::{
    io::{BufRead, BufReader, Cursor},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tungstenite::{Message, WebSocket};

/// Ends the program, however the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An example that needs an adapter.
fn example(test: &str, name: &str) -> Option<Command> {
    if framewire::gpu::adapters().is_empty() {
        println!("SKIPPED {test}: no adapter (Debian has a software one in mesa-vulkan-drivers)");
        return None;
    }
    common::example(test, name)
}

#[test]
fn a_spinning_scene_is_served_until_its_last_picture() {
    let Some(mut program) = example("a_spinning_scene_is_served_until_its_last_picture", "wgpu_spinning")
    else {
        return;
    };
    let output = program.arg("5").output().unwrap();
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{errors}");
    assert!(text.contains("open http://127.0.0.1:") && text.contains("5 pictures by"), "{text}");
}

#[test]
fn a_drag_in_the_browser_orbits_the_camera_and_the_wheel_moves_it() {
    let test = "a_drag_in_the_browser_orbits_the_camera_and_the_wheel_moves_it";
    let Some((_running, mut viewer)) = watch(test, "wgpu_orbit") else { return };
    let first = next_picture(&mut viewer);
    send(&mut viewer, r#"{"type":"pointer_down","x":600,"y":300,"button":1,"buttons":[1]}"#);
    send(&mut viewer, r#"{"type":"pointer_move","x":800,"y":260,"buttons":[1]}"#);
    let turned = other_picture(&mut viewer, &first);
    send(&mut viewer, r#"{"type":"pointer_up","x":800,"y":260,"button":1,"buttons":[]}"#);
    send(&mut viewer, r#"{"type":"wheel","x":800,"y":260,"dx":0,"dy":-300}"#);
    other_picture(&mut viewer, &turned);
}

#[test]
fn a_triangle_follows_the_mouse() {
    let Some((_running, mut viewer)) = watch("a_triangle_follows_the_mouse", "wgpu_triangle") else { return };
    let first = next_picture(&mut viewer);
    send(&mut viewer, r#"{"type":"pointer_move","x":1279,"y":719,"buttons":[]}"#);
    other_picture(&mut viewer, &first);
}

/// A viewer who shows PNG of an example that serves until it is ended.
fn watch(test: &str, name: &str) -> Option<(Running, WebSocket<TcpStream>)> {
    let mut running = Running(example(test, name)?.stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("open http://").unwrap().trim_end_matches('/');
    let tcp = TcpStream::connect(address).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let (mut viewer, _) = tungstenite::client(format!("ws://{address}/"), tcp).unwrap();
    viewer.send(Message::text(r#"{"type":"hello","supported":["image/png"]}"#)).unwrap();
    Some((running, viewer))
}

fn send(viewer: &mut WebSocket<TcpStream>, event: &str) {
    viewer.send(Message::text(format!(r#"{{"type":"event","event":{event}}}"#))).unwrap();
}

/// The next picture that differs from `before` in a tenth of its bytes.
fn other_picture(socket: &mut WebSocket<TcpStream>, before: &[u8]) -> Vec<u8> {
    loop {
        let picture = next_picture(socket);
        let different = picture.iter().zip(before).filter(|(a, b)| a != b).count();
        if different > before.len() / 10 {
            return picture;
        }
    }
}

/// The bytes of the next picture. Fails when none comes within the socket's patience.
fn next_picture(socket: &mut WebSocket<TcpStream>) -> Vec<u8> {
    loop {
        let Message::Binary(message) = socket.read().unwrap() else { continue };
        let envelope = Envelope::parse(&message).unwrap();
        socket.send(Message::text(format!(r#"{{"type":"ack","seq":{}}}"#, envelope.header.seq))).unwrap();
        let mut reader = png::Decoder::new(Cursor::new(envelope.payload)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut bytes).unwrap();
        return bytes;
    }
}
