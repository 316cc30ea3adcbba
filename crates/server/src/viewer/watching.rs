use framewire_codec::Rate;
use framewire_engine::{
    Error, RenditionKey, RenditionKind, Stream, Subscription, Unit, UnitKind, ViewerEstimate,
};
use framewire_frame::{Bitrate, PixelRatio, Size};
use framewire_protocol::{Capabilities, ImageFormat, SetQuality};
use framewire_session::{Moves, RenditionInfo};

/// A viewer's place in a rendition, and what it was told of it.
pub(super) struct Watching {
    pub(super) subscription: Subscription,
    info: RenditionInfo,
    /// The size of the frames as published, to which the coordinates of events belong.
    frame_size: Size,
    /// Whether `info` was compared with a unit.
    confirmed: bool,
}

impl Watching {
    pub(super) fn join(stream: &Stream, key: RenditionKey, viewer: Capabilities) -> Result<Self, Error> {
        let subscription = stream.subscribe(key)?;
        if !viewer.has_image(ImageFormat::Png) && matches!(key.kind, RenditionKind::Image(_)) {
            subscription.refuse_png();
        }
        let newest = subscription.log().newest();
        let info = describe(stream, &subscription, newest.as_deref());
        let frame_size = newest.map_or_else(|| stream.size(), |unit| unit.frame_size);
        Ok(Self { subscription, info, frame_size, confirmed: false })
    }

    pub(super) fn key(&self) -> RenditionKey {
        self.subscription.key()
    }

    pub(super) fn info(&self) -> &RenditionInfo {
        &self.info
    }

    pub(super) fn frame_size(&self) -> Size {
        self.frame_size
    }

    /// What the viewer has to be told before it gets this unit.
    pub(super) fn news_before(&mut self, stream: &Stream, unit: &Unit) -> Option<&RenditionInfo> {
        if self.confirmed && unit.size == self.info.size && unit.frame_size == self.frame_size {
            return None;
        }
        self.frame_size = unit.frame_size;
        self.confirmed = true;
        self.news(stream, Some(unit))
    }

    /// What the viewer has to be told after the stream's policy has changed.
    pub(super) fn news_of_policy(&mut self, stream: &Stream) -> Option<&RenditionInfo> {
        let newest = self.subscription.log().newest();
        // Before the first unit, and between a resize and its first unit, the next unit tells.
        newest.as_deref().filter(|_| self.confirmed)?;
        self.news(stream, newest.as_deref())
    }

    /// Says how fast the viewer's path is.
    pub(super) fn report(&self, delivery: Option<Bitrate>) {
        self.subscription.report(ViewerEstimate { delivery });
    }

    fn news(&mut self, stream: &Stream, unit: Option<&Unit>) -> Option<&RenditionInfo> {
        let mut info = describe(stream, &self.subscription, unit);
        info.quality = self.info.quality;
        if self.info.codec.is_none() {
            // Every chunk names its codec itself; to learn it is no reason to be told everything again.
            self.info.codec.clone_from(&info.codec);
        }
        let changed = info != self.info;
        self.info = info;
        changed.then_some(&self.info)
    }
}

pub(super) fn quality(rate: Rate) -> SetQuality {
    SetQuality { bitrate: rate.bitrate.bits_per_second().into(), fps: rate.frame_rate.as_f64() }
}

fn describe(stream: &Stream, subscription: &Subscription, unit: Option<&Unit>) -> RenditionInfo {
    let key = subscription.key();
    let latest = || stream.latest().map(|frame| (frame.pixel_ratio, frame.color_space));
    let (ratio, color) =
        unit.map(|unit| (unit.pixel_ratio, unit.color_space)).or_else(latest).unwrap_or_default();
    RenditionInfo {
        transport: key.kind.transport(),
        codec: unit.and_then(|unit| match &unit.kind {
            UnitKind::Video(codec) => Some(codec.to_string()),
            UnitKind::Image(_) => None,
        }),
        size: unit.map_or_else(|| key.size_of(stream.size()), |unit| unit.size),
        pixel_ratio: (ratio != PixelRatio::ONE).then(|| ratio.get()),
        color: color.map(Into::into),
        encoder: subscription.encoder().unwrap_or_else(|| key.to_string()),
        quality: quality(*subscription.rate().borrow()),
        moves: Moves { smaller: key.smaller().is_some(), larger: key.larger().is_some() },
    }
}
