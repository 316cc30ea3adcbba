//! The easy way in: `framewire::serve`.
#![cfg(all(feature = "server", feature = "images"))]
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use framewire::{PixelFormat, ServeOptions, Size, pattern::Pattern, protocol::Event};
use std::{
    net::TcpStream,
    time::{Duration, Instant},
};
use tungstenite::Message;

#[test]
fn a_published_frame_is_seen_input_comes_back_and_a_drop_ends_everything() {
    let stream = framewire::serve(ServeOptions::new().port(0)).unwrap();
    let url = stream.url();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let picture = Pattern::TestCard.picture(0, PixelFormat::Rgba8, Size::new(64, 48).unwrap()).unwrap();
    stream.publish(picture).unwrap();

    let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let tcp = TcpStream::connect(&address).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let (mut socket, _) = tungstenite::client(format!("ws://{address}/"), tcp).unwrap();
    socket.send(Message::text(r#"{"type":"hello","supported":["image/jpeg"]}"#)).unwrap();
    while !socket.read().unwrap().is_binary() {}
    socket.send(Message::text(r#"{"type":"event","event":{"type":"key_down","key":"a"}}"#)).unwrap();
    let start = Instant::now();
    let event = loop {
        assert!(start.elapsed() < Duration::from_secs(30), "no event");
        if let Some(event) = stream.poll_events().pop() {
            break event;
        }
        std::thread::yield_now();
    };
    assert!(matches!(event.event.event(), Event::KeyDown(key) if key.key == "a"));

    drop(stream);
    while socket.read().is_ok() {}
    while TcpStream::connect(&address).is_ok() {
        assert!(start.elapsed() < Duration::from_secs(30), "the port is still served");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn it_can_be_called_and_stopped_inside_of_a_runtime() {
    let stream = framewire::serve(ServeOptions::new().port(0).name("cam")).unwrap();
    assert!(stream.url().ends_with("/cam"));
    stream.stop();
}

#[test]
fn a_taken_port_is_an_error() {
    let first = framewire::serve(ServeOptions::new().port(0)).unwrap();
    let port = first.url().trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
    let error = framewire::serve(ServeOptions::new().port(port)).unwrap_err();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}
