//! The end of a server, and TLS.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use common::{Answer, EVERYTHING, LONG, TestServer, Viewer, picture};
use framewire_protocol::Close;
use framewire_server::{Error, Hub, Limits, Server, Tls};
use rustls::pki_types::{CertificateDer, ServerName};
use std::{
    io::Write,
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

#[test]
fn a_shutdown_closes_every_viewer_with_1001_and_frees_the_port() {
    let mut server = TestServer::new();
    server.stream.publish(picture(0)).unwrap();
    let mut viewers: Vec<Viewer> = (0..5).map(|_| server.join("/").0).collect();
    let before_hello = server.open("/");
    let viewers = std::thread::spawn(move || {
        for viewer in &mut viewers {
            viewer.closed_as(&Close::going_away());
        }
        before_hello
    });
    server.shutdown();
    viewers.join().unwrap().closed_as(&Close::going_away());
    assert_eq!(server.stream.viewers(), 0);
    assert!(TcpStream::connect(server.address).is_err());
}

#[test]
fn a_shutdown_does_not_wait_for_those_who_do_not_listen() {
    let limits = Limits { drain: Duration::from_millis(100), ..Limits::default() };
    let mut server = TestServer::with(|builder| builder.limits(limits));
    let deaf = server.join("/").0;
    let idle = server.tcp();
    let start = Instant::now();
    server.shutdown();
    assert!(start.elapsed() < LONG);
    assert_eq!(server.stream.viewers(), 0);
    drop((deaf, idle));
}

#[test]
fn a_port_that_is_taken_is_named_in_the_error() {
    let server = TestServer::new();
    let start = Server::builder().bind(server.address).start(Hub::new(common::roster(&[])));
    let error = server.runtime.block_on(start).unwrap_err();
    assert!(matches!(error, Error::Bind { .. }));
    assert!(error.to_string().contains(&server.address.to_string()), "{error}");
}

#[test]
fn a_self_signed_certificate_serves_pages_and_viewers() {
    let tls = Tls::self_signed(&["studio.local"]).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from(tls.certificate().to_vec())).unwrap();
    let server = TestServer::with(|builder| builder.tls(tls));
    assert!(server.server().url().starts_with("https://127.0.0.1:"));
    server.stream.publish(picture(0)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = Arc::new(client);
    let connect = |name: &str| {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let session = rustls::ClientConnection::new(Arc::clone(&client), name).unwrap();
        rustls::StreamOwned::new(session, server.tcp())
    };
    for name in ["localhost", "127.0.0.1", "studio.local"] {
        let mut tls = connect(name);
        let request =
            format!("GET /health HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.address);
        tls.write_all(request.as_bytes()).unwrap();
        assert_eq!(Answer::read(&mut tls).text(), "ok\n");
    }
    let url = format!("wss://{}/", server.address);
    let (mut socket, _) = tungstenite::client(url, connect("localhost")).unwrap();
    let hello = serde_json::json!({"type": "hello", "supported": EVERYTHING}).to_string();
    socket.send(tungstenite::Message::text(hello)).unwrap();
    assert!(socket.read().unwrap().is_text());
    while !socket.read().unwrap().is_binary() {}
    // Who speaks plain HTTP to it gets no answer, and harms nobody.
    let mut plain = server.tcp();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(server.server().viewers(), 1);
}
