//! What happens while an encoder is in the middle of a frame.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use common::*;
use framewire_codec::{
    BackendError, Candidate, EncoderBackend, Rate, Roster,
    encode::{Capabilities, Encoded, Input},
    testing::{Entry, Script, TestDevice},
};
use framewire_engine::{EncoderChoice, KeyframeReason, Stream, StreamConfig};
use framewire_frame::{Bitrate, DeviceSurface, FrameId};
use std::{
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

/// Holds every encode until the test lets it go.
struct Gate {
    started: Receiver<FrameId>,
    permits: Sender<()>,
}

impl Gate {
    /// A roster of one scripted encoder behind a gate.
    fn before(script: &Script) -> (Self, Roster) {
        let (begin, started) = channel();
        let (permits, wait) = channel();
        let wait = Arc::new(Mutex::new(wait));
        let mut roster = roster(&[]);
        let inner = script.candidate();
        roster.encoders.push(Candidate {
            open: Arc::new(move |config| {
                let (inner, begin, wait) = ((inner.open)(config)?, begin.clone(), Arc::clone(&wait));
                Ok(Box::new(Gated { inner, begin, wait }))
            }),
            ..script.candidate()
        });
        (Self { started, permits }, roster)
    }

    /// Waits until a frame is being encoded.
    fn entered(&self) -> FrameId {
        self.started.recv_timeout(LONG).unwrap()
    }

    fn let_go(&self, frames: usize) {
        for _ in 0..frames {
            self.permits.send(()).unwrap();
        }
    }
}

struct Gated {
    inner: Box<dyn EncoderBackend>,
    begin: Sender<FrameId>,
    wait: Arc<Mutex<Receiver<()>>>,
}

impl EncoderBackend for Gated {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn takes(&self, surface: &dyn DeviceSurface) -> bool {
        self.inner.takes(surface)
    }

    fn encode(&mut self, input: Input<'_>, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        // Both fail only when the test is over.
        let _ = self.begin.send(input.id);
        let _ = self.wait.lock().unwrap().recv();
        self.inner.encode(input, emit)
    }

    fn flush(&mut self, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        self.inner.flush(emit)
    }

    fn set_rate(&mut self, rate: Rate) -> Result<(), BackendError> {
        self.inner.set_rate(rate)
    }
}

fn gated(script: &Script) -> (Gate, Stream) {
    let (gate, roster) = Gate::before(script);
    let mut config = StreamConfig::default();
    config.grace = Duration::ZERO;
    (gate, Stream::new("test", config, Arc::new(roster)).unwrap())
}

#[tokio::test]
async fn a_key_frame_that_is_asked_for_during_an_encode_comes_afterwards() {
    let (gate, stream) = gated(&Script::new("a"));
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(frame(0)).unwrap();
    gate.let_go(1);
    assert!(viewer.next().await.key);
    assert_eq!(gate.entered(), FrameId(0));
    let id = stream.publish(frame(1)).unwrap();
    assert_eq!(gate.entered(), id);
    viewer.subscription.request_keyframe(KeyframeReason::Join);
    gate.let_go(10);
    let unit = viewer.next().await;
    assert_eq!((unit.frame, unit.key), (id, false), "this one was under way");
    assert_eq!(viewer.find("a key frame", |unit| unit.key).await.frame, id);
}

#[tokio::test]
async fn viewers_that_leave_during_an_encode_leave_the_encoder_to_the_others() {
    let script = Script::new("a");
    let (gate, stream) = gated(&script);
    let leaving = Viewer::ready(&stream, H264);
    let mut staying = Viewer::ready(&stream, H264);
    let id = stream.publish(frame(0)).unwrap();
    gate.entered();
    drop(leaving);
    gate.let_go(1);
    assert_eq!(staying.next().await.frame, id);
    stream.publish(frame(1)).unwrap();
    gate.entered();
    drop(staying);
    assert_eq!(script.diary.sessions(), (1, 1), "nobody closes an encoder that is at work");
    gate.let_go(1);
    assert!(stream.wait_idle(LONG));
    assert_eq!(script.diary.sessions(), (1, 0));
}

#[tokio::test]
async fn publishing_never_waits_for_the_encoder_and_the_newest_frame_comes_next() {
    let script = Script::new("a");
    let (gate, stream) = gated(&script);
    let mut viewer = Viewer::ready(&stream, H264);
    let first = stream.publish(frame(0)).unwrap();
    assert_eq!(gate.entered(), first);
    // The encoder stands still all the while.
    let mut newest = first;
    for seq in 1..100 {
        newest = stream.publish(frame(seq)).unwrap();
    }
    gate.let_go(2);
    assert_eq!(viewer.next().await.frame, first);
    assert_eq!(viewer.next().await.frame, newest);
    assert_eq!(encoded(&script), [first, newest]);
}

#[tokio::test]
async fn the_device_begins_with_the_next_frame_while_the_encoder_is_at_work() {
    let (gate, stream) = gated(&Script::new("a"));
    let device = TestDevice::default();
    let mut viewer = Viewer::ready(&stream, H264);
    gate.let_go(1);
    stream.publish(device.frame(picture(0))).unwrap();
    viewer.next().await;
    stream.publish(device.frame(picture(1))).unwrap();
    assert_eq!([gate.entered(), gate.entered()], [FrameId(0), FrameId(1)]);
    // The encoder stands still in frame 1.
    let id = stream.publish(device.frame(picture(2))).unwrap();
    assert_eq!((device.counts().start, device.counts().convert), (2, 2));
    gate.let_go(2);
    viewer.find_frame(id).await;
    assert_eq!((device.counts().start, device.counts().convert), (2, 3));
}

#[tokio::test]
async fn another_encoder_and_another_rate_before_the_next_frame_both_take_effect() {
    let (one, two) = (Script::new("one"), Script::new("two"));
    let stream = stream(StreamConfig::default(), &[&one, &two]);
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(frame(0)).unwrap();
    viewer.next().await;
    let bitrate = Bitrate::from_bits_per_second(2_000_000);
    stream.set_encoder(EncoderChoice::Named("two".into())).unwrap();
    stream.set_rate(Rate { bitrate, ..Rate::default() });
    let id = stream.publish(frame(1)).unwrap();
    viewer.find_frame(id).await;
    assert_eq!(viewer.subscription.encoder().as_deref(), Some("two"));
    let rates = entries(&two, |entry| match entry {
        Entry::Opened { rate, .. } | Entry::Rate(rate) => Some(rate.bitrate),
        _ => None,
    });
    assert_eq!(rates.last(), Some(&bitrate));
}
