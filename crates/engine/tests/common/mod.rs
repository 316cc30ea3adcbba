//! A stream over scripted encoders, and viewers that wait for what they expect.
#![allow(dead_code, unreachable_pub, reason = "every test file has its own copy and uses a part")]
#![allow(clippy::unwrap_used, reason = "a test's helpers fail as its tests do")]

use framewire_codec::{
    BackendError, ImageBackend, ImageCandidate, ImageFormat, Roster, Tier,
    testing::{Entry, Script},
};
use framewire_engine::{RenditionKey, RenditionKind, Stream, StreamConfig, Subscription, Unit};
use framewire_frame::{Color, Frame, FrameId, Picture, PictureRef, PixelFormat, Size};
use framewire_pattern::Pattern;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::sync::watch;

pub const H264: RenditionKey = RenditionKey::full(RenditionKind::Video(framewire_codec::Codec::H264));
pub const JPEG: RenditionKey = RenditionKey::full(RenditionKind::Image(ImageFormat::Jpeg));

/// Long enough for any machine; nothing here waits for it when things work.
pub const LONG: Duration = Duration::from_secs(30);

pub fn stream(config: StreamConfig, scripts: &[&Script]) -> Stream {
    Stream::new("test", config, Arc::new(roster(scripts))).unwrap()
}

pub fn roster(scripts: &[&Script]) -> Roster {
    let image = |format: ImageFormat| ImageCandidate {
        name: "plain",
        format,
        tier: Tier::Standard,
        open: Arc::new(move || Ok(Box::new(PlainImages(format)))),
    };
    Roster {
        encoders: scripts.iter().map(|script| script.candidate()).collect(),
        images: vec![image(ImageFormat::Jpeg), image(ImageFormat::Png)],
        ..Roster::default()
    }
}

/// Writes the format, the quality, the size and the first bytes of each picture.
struct PlainImages(ImageFormat);

impl ImageBackend for PlainImages {
    fn encode(
        &mut self,
        picture: PictureRef<'_>,
        _: Color,
        quality: u8,
        out: &mut Vec<u8>,
    ) -> Result<(), BackendError> {
        let start = &picture.plane(0).row(0)[..3];
        out.extend_from_slice(format!("{} q{quality} {} {start:?}", self.0, picture.size()).as_bytes());
        Ok(())
    }
}

pub fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).unwrap()
}

pub fn picture(seq: u64) -> Picture {
    picture_of(seq, size(64, 32))
}

pub fn picture_of(seq: u64, size: Size) -> Picture {
    Pattern::Counter.picture(seq, PixelFormat::Rgb8, size).unwrap()
}

pub fn frame(seq: u64) -> Frame {
    picture(seq).into()
}

/// One viewer with a cursor.
pub struct Viewer {
    pub subscription: Subscription,
    head: watch::Receiver<u64>,
    next: u64,
}

impl Viewer {
    pub fn join(stream: &Stream, key: RenditionKey) -> Self {
        let subscription = stream.subscribe(key).unwrap();
        let next = subscription.log().positions().end;
        Self { head: subscription.changed(), subscription, next }
    }

    pub fn ready(stream: &Stream, key: RenditionKey) -> Self {
        let viewer = Self::join(stream, key);
        viewer.subscription.set_ready(true);
        viewer
    }

    /// The next unit in order; one that the log has given up is skipped.
    pub async fn next(&mut self) -> Arc<Unit> {
        soon("a unit", self.head.wait_for(|head| *head > self.next)).await.unwrap();
        let log = self.subscription.log();
        loop {
            // Units may go while they are looked for.
            self.next = self.next.max(log.positions().start);
            if let Some(unit) = log.get(self.next) {
                self.next += 1;
                return unit;
            }
        }
    }

    /// The next unit that meets a condition.
    pub async fn find(&mut self, what: &str, condition: impl Fn(&Unit) -> bool) -> Arc<Unit> {
        soon(what, async {
            loop {
                let unit = self.next().await;
                if condition(&unit) {
                    return unit;
                }
            }
        })
        .await
    }

    pub async fn find_frame(&mut self, id: FrameId) -> Arc<Unit> {
        self.find("the frame", |unit| unit.frame == id).await
    }
}

/// What a future gives, which has to be soon.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LONG, future).await {
        Ok(result) => result,
        Err(_) => panic!("{what} did not come within {LONG:?}"),
    }
}

pub fn encoded(script: &Script) -> Vec<FrameId> {
    entries(script, |entry| match entry {
        Entry::Encoded { id, .. } => Some(*id),
        _ => None,
    })
}

/// The frames of which a key frame was demanded.
pub fn demanded_keys(script: &Script) -> Vec<FrameId> {
    entries(script, |entry| match entry {
        Entry::Encoded { id, key: true, .. } => Some(*id),
        _ => None,
    })
}

pub fn entries<T>(script: &Script, pick: impl Fn(&Entry) -> Option<T>) -> Vec<T> {
    script.diary.entries().iter().filter_map(pick).collect()
}
