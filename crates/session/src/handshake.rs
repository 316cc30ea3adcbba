use crate::{Limits, RenditionInfo, Time};
use framewire_frame::Timestamp;
use framewire_protocol::{
    Capabilities, ClientMessage, Config, ConfigExtension, Features, Hello, Role, Transport, TransportName,
    VERSION,
};

/// How far a connection is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Phase {
    /// The hello has not come.
    Greeting { until: Time },
    /// The hook is asked.
    Authenticating,
    /// A rendition is chosen.
    Selecting,
    /// Frames flow.
    Live,
    /// The close is said; nothing else is done.
    Closed,
}

/// What is known of the viewer since its hello.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Peer {
    pub(crate) capabilities: Capabilities,
    /// The additions that both sides use; `None` for clients that know none.
    pub(crate) features: Option<Features>,
    pub(crate) role: Role,
}

/// Messages between the hello and the first config, which are handled after it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Early {
    messages: Vec<ClientMessage>,
    bytes: usize,
}

impl Peer {
    pub(crate) fn of(hello: &Hello, offered: Features) -> Self {
        Self {
            capabilities: hello.supported,
            features: hello.framewire.map(|_| hello.features().intersection(offered)),
            role: Role::default(),
        }
    }

    pub(crate) fn has(&self, feature: framewire_protocol::Feature) -> bool {
        self.features.is_some_and(|features| features.has(feature))
    }
}

impl Early {
    /// Keeps a message; false if there are more than a client in its right mind sends.
    pub(crate) fn keep(&mut self, message: ClientMessage, bytes: usize, limits: &Limits) -> bool {
        self.bytes += bytes;
        if self.messages.len() >= limits.early_messages || self.bytes > limits.message_bytes {
            return false;
        }
        self.messages.push(message);
        true
    }

    pub(crate) fn take(&mut self) -> Vec<ClientMessage> {
        self.bytes = 0;
        std::mem::take(&mut self.messages)
    }
}

impl RenditionInfo {
    /// What this viewer is told of its rendition; the additions only to those that know them.
    pub(crate) fn to_config(&self, stream: &str, peer: &Peer, clock: Timestamp) -> Config {
        let (transport, codec, mime) = match self.transport {
            Transport::Video(video) => {
                let codec = self.codec.clone().unwrap_or_else(|| video.placeholder().to_owned());
                (TransportName::Webcodecs, Some(codec), None)
            }
            Transport::Image(format) => (TransportName::Image, None, Some(format)),
        };
        let framewire = peer.features.map(|features| ConfigExtension {
            version: VERSION,
            features,
            role: peer.role,
            stream: stream.to_owned(),
            encoder: self.encoder.clone(),
            server_us: clock.as_micros(),
        });
        Config {
            transport,
            width: self.size.width(),
            height: self.size.height(),
            coords: Config::COORDS.to_owned(),
            codec,
            pixel_ratio: self.pixel_ratio,
            color: self.color.clone(),
            mime: mime.filter(|_| framewire.is_some()),
            framewire,
        }
    }
}
