//! Who is let in.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use axum::{
    Router,
    routing::{get, post},
};
use common::{Answer, EVERYTHING, LONG, TestServer, config, picture, roster};
use framewire_codec::testing::Script;
use framewire_protocol::{Close, Event, Role};
use framewire_server::{AuthRequest, Hub, Principal, RouterOptions, TokenAuth, router};
use serde_json::json;
use std::{
    io::Write,
    net::{SocketAddr, TcpStream},
};
use tungstenite::client::IntoClientRequest;

fn guarded() -> TestServer {
    TestServer::with(|builder| {
        builder
            .auth(TokenAuth::new(Some("secret".into()), Some("look".into())))
            .routes(Router::new().route("/mine", get(async || "mine").post(async || "changed")))
    })
}

#[test]
fn without_the_token_a_viewer_is_closed_with_4401() {
    let server = guarded();
    for hello in [json!({}), json!({"token": "wrong"}), json!({"token": 5})] {
        let mut viewer = server.open("/");
        let mut message = json!({"type": "hello", "supported": EVERYTHING});
        message.as_object_mut().unwrap().extend(hello.as_object().unwrap().clone());
        viewer.send(message);
        viewer.closed_as(&Close::unauthorized());
    }
    assert_eq!(server.stream.viewers(), 0);
}

#[test]
fn the_token_may_come_in_hello_address_header_or_cookie() {
    let server = guarded();
    let mut viewer = server.open("/");
    viewer.send(json!({"type": "hello", "supported": EVERYTHING, "token": "secret"}));
    viewer.config();
    let bearer = [("authorization", "Bearer secret")];
    let cookie = [("cookie", "framewire_token=secret")];
    for (path, headers) in [("/?token=secret", &[][..]), ("/", &bearer[..]), ("/", &cookie[..])] {
        let mut viewer = server.try_open(path, headers).unwrap();
        viewer.hello(&EVERYTHING);
        viewer.config();
    }
    assert!(server.server().url().ends_with("/?token=secret"));
}

#[test]
fn a_right_that_is_taken_back_ends_its_connections_alone() {
    let server = TestServer::with(|builder| {
        builder.auth(|request: AuthRequest| async move {
            let mut principal = Principal::default();
            principal.name = request.token.map(Into::into);
            Some(principal)
        })
    });
    let join = |name: &str| {
        let mut viewer = server.open(&format!("/?token={name}"));
        viewer.hello(&EVERYTHING);
        viewer.config();
        viewer
    };
    let (mut ann, mut bob) = (join("ann"), join("bob"));
    assert_eq!(server.hub.revoke("nobody"), 0);
    assert_eq!(server.hub.revoke("ann"), 1);
    ann.closed_as(&Close::unauthorized());
    server.stream.publish(picture(0)).unwrap();
    bob.frame();
}

#[test]
fn whoever_may_only_watch_sends_no_input() {
    let server = guarded();
    let join = |token: &str| {
        let mut viewer = server.open(&format!("/?token={token}"));
        viewer.hello_framewire(&EVERYTHING);
        let config = viewer.config();
        (viewer, config.framewire.unwrap().role)
    };
    let (mut watcher, role) = join("look");
    assert_eq!(role, Role::View);
    watcher.send(json!({"type": "event", "event": {"type": "key_down", "key": "w"}}));
    watcher.send(json!({"type": "set_viewport", "width": 10, "height": 10}));
    // An answer shows that what came before was read.
    watcher.send(json!({"type": "ping", "id": 1, "client_us": 0}));
    while !matches!(watcher.next(), common::Sent::Text(framewire_protocol::ServerMessage::Pong(_))) {}
    let (mut controller, role) = join("secret");
    assert_eq!(role, Role::Control);
    controller.send(json!({"type": "event", "event": {"type": "key_down", "key": "c"}}));
    let mut events = Vec::new();
    server.wait_until("an event", || {
        events.extend(server.stream.poll_events());
        !events.is_empty()
    });
    assert!(matches!(events[0].event.event(), Event::KeyDown(key) if key.key == "c"));
}

#[test]
fn the_side_channel_and_further_routes_are_behind_the_same_guard() {
    let server = guarded();
    server.stream.publish(picture(0)).unwrap();
    let guarded = [
        "/streams",
        "/metrics",
        "/metrics/prometheus",
        "/streams/default/metrics",
        "/streams/none/metrics",
        "/streams/default/still.png",
        "/recorded-events",
        "/mine",
    ];
    for path in guarded {
        assert_eq!(server.get(path).status, 401, "{path}");
        assert_ne!(server.get(&format!("{path}?token=secret")).status, 401, "{path}");
    }
    for path in ["/", "/default", "/assets/app.js", "/health"] {
        assert_eq!(server.get(path).status, 200, "{path} holds no secret");
    }
}

#[test]
fn what_changes_something_needs_control_and_json() {
    let server = guarded();
    let json = [("content-type", "application/json; charset=utf-8")];
    for path in ["/mine", "/recorded-events/reset"] {
        let post = |query: &str, headers: &[(&str, &str)]| {
            server.request("POST", &format!("{path}{query}"), headers, "{}").status
        };
        assert_eq!(post("", &json), 401, "{path}");
        assert_eq!(post("?token=look", &json), 403, "{path}");
        assert_eq!(post("?token=secret", &[]), 415, "{path}");
        assert_eq!(post("?token=secret", &[("content-type", "text/plain")]), 415, "{path}");
        assert_eq!(post("?token=secret", &json), 200, "{path}");
    }
    assert_eq!(server.get("/recorded-events?token=look").status, 403, "it holds what was typed");
    assert_eq!(server.get("/recorded-events/reset?token=secret").status, 405, "a GET changes nothing");
}

#[test]
fn pages_of_foreign_origins_are_turned_away() {
    let server = TestServer::with(|builder| {
        builder
            .allow_origin("https://friend.example")
            .routes(Router::new().route("/mine", post(async || "done")))
    });
    let own = format!("http://{}", server.address);
    for (origin, status) in [
        (own.as_str(), None),
        ("https://friend.example", None),
        ("https://evil.example", Some(403)),
        ("http://127.0.0.1:1", Some(403)),
        ("null", Some(403)),
    ] {
        let upgrade = server.try_open("/", &[("origin", origin)]);
        assert_eq!(upgrade.err(), status, "{origin}");
        let headers = [("origin", origin), ("content-type", "application/json")];
        for path in ["/mine", "/recorded-events/reset"] {
            let answer = server.request("POST", path, &headers, "{}");
            assert_eq!(answer.status, status.unwrap_or(200), "{origin} {path}");
        }
        assert_eq!(server.request("GET", "/streams", &headers, "").status, status.unwrap_or(200), "{origin}");
    }
    server.try_open("/", &[]).unwrap();
}

#[test]
fn a_name_that_somebody_pointed_at_this_machine_gets_nothing() {
    let server = TestServer::new();
    let evil = [("host", "evil.example:80"), ("origin", "http://evil.example:80")];
    assert_eq!(server.request("GET", "/streams", &evil, "").status, 403);
    assert_eq!(server.request("GET", "/streams", &[("host", "localhost")], "").status, 200);
}

#[test]
fn what_is_no_origin_is_an_error_at_the_start() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let builder = framewire_server::Server::builder().bind(([127, 0, 0, 1], 0)).allow_origin("example.org");
    let error = runtime.block_on(builder.start(Hub::new(roster(&[])))).unwrap_err();
    assert!(error.to_string().starts_with("\"example.org\" is no web origin"));
}

#[test]
fn mounted_in_an_application_it_keeps_the_base_path_and_gets_the_cookies() {
    mounted("/view", |view| Router::new().nest_service("/view", view));
    mounted("/app/view", |view| Router::new().nest("/app", Router::new().nest_service("/view", view)));
}

fn mounted(base: &'static str, mount: impl FnOnce(Router) -> Router) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let hub = Hub::new(roster(&[&Script::new("scripted")]));
    let stream = hub.add_stream("default", config()).unwrap();
    hub.add_stream("cam", config()).unwrap();
    stream.publish(picture(0)).unwrap();
    let options = RouterOptions::new().auth(move |request: AuthRequest| async move {
        assert!(request.path.starts_with(&format!("{base}/")), "{}", request.path);
        assert!(request.remote.unwrap().is_loopback());
        (request.cookie("session")? == "7").then(|| Principal::new(Role::Control))
    });
    let app = mount(router(hub.clone(), options)).route("/other", get(async || "other"));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move {
        axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();
    });
    let get = |path: &str| {
        let mut tcp = TcpStream::connect(address).unwrap();
        tcp.set_read_timeout(Some(LONG)).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncookie: session=7\r\n\r\n"
        );
        tcp.write_all(request.as_bytes()).unwrap();
        Answer::read(&mut tcp)
    };
    let redirect = get(&format!("{base}?token=x"));
    assert_eq!((redirect.status, redirect.header("location")), (307, Some("view/?token=x")));
    assert_eq!(get("/other").text(), "other");
    for path in ["/", "/cam", "/assets/app.js", "/streams"] {
        assert_eq!(get(&format!("{base}{path}")).status, 200, "{path}");
    }
    assert_eq!(get(&format!("{base}/none")).status, 404);
    for (path, cookie, served) in
        [("/", "session=7", true), ("/cam", "session=7", true), ("/", "session=8", false)]
    {
        let mut request = format!("ws://{address}{base}{path}").into_client_request().unwrap();
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        let (socket, _) = tungstenite::client(request, TcpStream::connect(address).unwrap()).unwrap();
        let mut viewer = common::Viewer { socket };
        viewer.hello(&EVERYTHING);
        if served {
            viewer.config();
        } else {
            viewer.closed_as(&Close::unauthorized());
        }
    }
    hub.clear();
}
