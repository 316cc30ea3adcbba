//! Whatever comes in whatever order: no panic, bounded memory, and a clear state in the end.
mod net;

use framewire_protocol::Role;
use framewire_session::{Input, Output, Session, SessionConfig, UnitInfo};
use net::{HELLO, Log, OLD_HELLO, at, info};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Text(String),
    Binary(Vec<u8>),
    Answer(u8),
    Written(usize),
    Wait(u64),
    Encode { bytes: usize, key: bool, disposable: bool },
    Next,
}

fn step() -> impl Strategy<Value = Step> {
    let known = prop_oneof![
        Just(HELLO.to_owned()),
        Just(OLD_HELLO.to_owned()),
        (0..400_u64)
            .prop_map(|seq| format!(r#"{{"type":"ack","seq":{seq},"decode_queue_size":{}}}"#, seq % 9)),
        (0..400_u64).prop_map(|seq| format!(r#"{{"type":"arrived","seq":{seq}}}"#)),
        Just(r#"{"type":"decoder_reset"}"#.to_owned()),
        Just(r#"{"type":"request_keyframe"}"#.to_owned()),
        Just(r#"{"type":"ping","id":1,"client_us":2}"#.to_owned()),
        Just(r#"{"type":"event","event":{"type":"blur"}}"#.to_owned()),
        Just(r#"{"type":"set_viewport","width":1e300,"height":0}"#.to_owned()),
    ];
    prop_oneof![
        8 => known.prop_map(Step::Text),
        1 => ".{0,12}".prop_map(Step::Text),
        1 => proptest::collection::vec(any::<u8>(), 0..8).prop_map(Step::Binary),
        2 => (0..8_u8).prop_map(Step::Answer),
        6 => prop_oneof![3 => Just(0), 1 => 1..100_000_usize].prop_map(Step::Written),
        4 => (0..3_000_u64).prop_map(Step::Wait),
        6 => (0..2_000_000_usize, any::<bool>(), any::<bool>())
            .prop_map(|(bytes, key, disposable)| Step::Encode { bytes, key, disposable }),
        8 => Just(Step::Next),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_inputs_in_any_order(steps in proptest::collection::vec(step(), 0..400), greeted: bool) {
        let mut session = Session::new(SessionConfig::new("default"), at(0));
        let (mut now, mut log, mut closed, mut next_seq) = (0, Log::default(), false, 0);
        if greeted {
            session = net::live(HELLO);
        }
        for step in steps {
            match step {
                Step::Text(text) => session.handle(Input::Text(&text), at(now)),
                Step::Binary(bytes) => session.handle(Input::Binary(&bytes), at(now)),
                Step::Answer(0) => session.handle(Input::Rejected, at(now)),
                Step::Answer(1) => session.handle(Input::NoTransport, at(now)),
                Step::Answer(2..5) => session.handle(Input::Admitted(Role::Control), at(now)),
                Step::Answer(_) => session.handle(Input::Rendition(info()), at(now)),
                Step::Written(remaining) => session.handle(Input::Written { remaining }, at(now)),
                Step::Wait(millis) => now += millis,
                Step::Encode { bytes, key, disposable } => log.push(UnitInfo {
                    bytes, key, disposable, timestamp: framewire_frame::Timestamp::from_micros(now * 1000), ..UnitInfo::default()
                }),
                Step::Next => {
                    let before = session.stats(at(now)).inflight_bytes;
                    if let Some(send) = session.next_unit(&log, at(now)) {
                        prop_assert!(!closed);
                        prop_assert_eq!(send.seq, next_seq);
                        next_seq += 1;
                        prop_assert!(log.unit(send.position).is_some());
                        prop_assert!(before < 8 << 20 || session.stats(at(now)).inflight <= 2);
                    }
                }
            }
            if session.deadline().is_some_and(|deadline| deadline <= at(now)) {
                session.handle(Input::Timeout, at(now));
                if session.next_unit(&log, at(now)).is_some() {
                    next_seq += 1;
                    session.handle(Input::Written { remaining: 0 }, at(now));
                }
                prop_assert!(session.deadline().is_none_or(|deadline| deadline > at(now)));
            }
            let mut said = 0;
            while let Some(output) = session.poll() {
                prop_assert!(!closed, "{output:?} after the close");
                closed |= matches!(output, Output::Close(_));
                said += 1;
            }
            prop_assert!(said <= 200);
            prop_assert!(session.stats(at(now)).inflight <= 256);
        }
        prop_assert_eq!(closed, session.is_closed());
        prop_assert!(!session.is_closed() || session.deadline().is_none());
    }
}

use framewire_session::UnitLog;

#[test]
fn a_session_is_small_and_can_move_between_threads() {
    fn is_send<T: Send>() {}
    is_send::<Session>();
    assert!(size_of::<Session>() < 2048, "{}", size_of::<Session>());
    assert!(size_of::<Output>() <= 256, "{}", size_of::<Output>());
}
