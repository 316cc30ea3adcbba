//! From the first byte to the config.
mod net;

use framewire_protocol::{Close, Role};
use framewire_session::{Input, Output, Session, SessionConfig};
use net::{HELLO, OLD_HELLO, at, close_code, info, outputs};

fn session() -> Session {
    Session::new(SessionConfig::new("default"), at(0))
}

#[test]
fn hello_authentication_selection_config_in_this_order() {
    let mut session = session();
    assert_eq!(outputs(&mut session), []);
    session.handle(Input::Text(HELLO), at(1));
    assert!(matches!(&outputs(&mut session)[..], [Output::Authenticate(hello)] if hello.token.is_none()));
    session.handle(Input::Admitted(Role::View), at(2));
    assert!(matches!(&outputs(&mut session)[..], [Output::Select(_)]));
    assert!(!session.is_live());
    session.handle(Input::Rendition(info()), at(3));
    let said = outputs(&mut session);
    let [Output::Send(config), Output::Ready(true)] = &said[..] else { panic!("{said:?}") };
    assert_eq!(
        config,
        r#"{"type":"config","transport":"webcodecs","width":1280,"height":720,"coords":"frame-pixels","codec":"avc1.42E01F","framewire":{"version":1,"features":["clock","publish_time","arrival","notice"],"role":"view","stream":"default","encoder":"scripted","server_us":3000}}"#
    );
}

#[test]
fn a_hello_may_come_as_binary() {
    let mut session = session();
    session.handle(Input::Binary(HELLO.as_bytes()), at(0));
    assert!(matches!(&outputs(&mut session)[..], [Output::Authenticate(_)]));
}

#[test]
fn a_bad_hello_closes() {
    for (hello, code) in [("nonsense", 1007), ("[]", 1007), ("7", 1007), (r#"{"type":"ack","seq":0}"#, 1008)]
    {
        let mut session = session();
        session.handle(Input::Text(hello), at(0));
        assert_eq!(close_code(&outputs(&mut session)), Some(code), "{hello}");
        assert!(session.is_closed() && session.deadline().is_none());
    }
}

#[test]
fn no_hello_in_ten_seconds_closes() {
    let mut session = session();
    assert_eq!(session.deadline(), Some(at(10_000)));
    session.handle(Input::Alive, at(9_000));
    session.handle(Input::Timeout, at(9_999));
    assert_eq!(outputs(&mut session), []);
    session.handle(Input::Timeout, at(10_000));
    assert_eq!(close_code(&outputs(&mut session)), Some(1008));
}

#[test]
fn the_hook_refuses() {
    let mut session = session();
    session.handle(Input::Text(HELLO), at(0));
    session.handle(Input::Rejected, at(1));
    assert_eq!(outputs(&mut session).last(), Some(&Output::Close(Close::unauthorized())));
}

#[test]
fn no_transport_in_common() {
    let mut session = session();
    session.handle(Input::Text("{}"), at(0));
    session.handle(Input::Admitted(Role::Control), at(0));
    session.handle(Input::NoTransport, at(0));
    assert_eq!(close_code(&outputs(&mut session)), Some(1003));
}

#[test]
fn a_viewport_before_the_config_is_handled_after_it() {
    let mut session = session();
    session.handle(Input::Text(OLD_HELLO), at(0));
    session.handle(Input::Text(r#"{"type":"set_viewport","width":640,"height":480}"#), at(0));
    session.handle(Input::Admitted(Role::Control), at(0));
    outputs(&mut session);
    session.handle(Input::Rendition(info()), at(0));
    let said = outputs(&mut session);
    assert!(
        matches!(&said[..], [Output::Send(_), Output::Event(event), Output::Viewport(_), Output::Ready(true)]
            if event.as_json() == r#"{"type":"resize","width":640,"height":480,"pwidth":640,"pheight":480,"ratio":1}"#),
        "{said:?}"
    );
}

#[test]
fn too_much_before_the_config_closes() {
    let mut session = session();
    session.handle(Input::Text(HELLO), at(0));
    for _ in 0..65 {
        session.handle(Input::Text(r#"{"type":"event","event":{}}"#), at(0));
    }
    assert_eq!(close_code(&outputs(&mut session)), Some(1008));
}

#[test]
fn a_second_hello_closes() {
    let mut session = net::live(HELLO);
    session.handle(Input::Text(HELLO), at(5));
    assert_eq!(close_code(&outputs(&mut session)), Some(1008));
}

#[test]
fn answers_that_nobody_asked_for_change_nothing() {
    let mut session = session();
    session.handle(Input::Admitted(Role::Control), at(0));
    session.handle(Input::Rendition(info()), at(0));
    session.handle(Input::Reconfigured(info()), at(0));
    assert_eq!(outputs(&mut session), []);
    session.handle(Input::Shutdown, at(0));
    assert_eq!(outputs(&mut session), [Output::Close(Close::going_away())]);
    session.handle(Input::Text(HELLO), at(0));
    session.handle(Input::StreamEnded, at(0));
    assert_eq!(outputs(&mut session), [], "nothing comes after the close");
}
