use serde::Serialize;

/// What a file is.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FileFacts {
    /// `mp4`, `h264`, `hevc` (Annex B) or `yuv4mpeg2`.
    pub format: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// How long it plays, in seconds; `None` where nothing says it.
    pub seconds: Option<f64>,
    /// Bits per second of the whole file.
    pub bitrate: Option<f64>,
    /// How the boxes lie; for MP4.
    pub layout: Option<LayoutFacts>,
    /// The file ends in the middle; what is said is of what is there.
    pub is_cut_off: bool,
    /// Its tracks.
    pub tracks: Vec<TrackFacts>,
}

/// The outer boxes of an MP4 file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LayoutFacts {
    /// `major_brand`.
    pub brand: Option<String>,
    /// `compatible_brands`.
    pub compatible_brands: Vec<String>,
    /// The index lies before the media, so that it plays while it is loaded.
    pub index_first: bool,
    /// How many fragments there are.
    pub fragments: u64,
}

/// One track.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TrackFacts {
    /// Its number; `None` without a container.
    pub id: Option<u32>,
    /// `video`, `audio` or the name of its handler.
    pub kind: String,
    /// The name of its sample entry, or of the codec.
    pub codec: Option<String>,
    /// What a player has to be.
    pub codec_string: Option<String>,
    /// The language, where it is stated.
    pub language: Option<String>,
    /// Units per second of its times.
    pub timescale: Option<u32>,
    /// How many samples it has: frames, for video.
    pub samples: u64,
    /// How long it plays, in seconds.
    pub seconds: Option<f64>,
    /// Bytes of its samples.
    pub bytes: u64,
    /// Bits per second of its samples.
    pub bitrate: Option<f64>,
    /// Its sample descriptions: more than one where size or parameter sets change.
    pub descriptions: usize,
    /// Its edit list.
    pub edits: Vec<EditFacts>,
    /// What its pictures are.
    pub video: Option<VideoFacts>,
}

/// One entry of an edit list.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EditFacts {
    /// How long it lasts, in seconds; zero up to the end.
    pub seconds: f64,
    /// Where it begins in the media, in seconds; `None` while nothing is shown.
    pub media_time: Option<f64>,
}

/// What the pictures of a track are, as the parameter sets and the times say.
#[derive(Clone, Debug, Default, Serialize)]
pub struct VideoFacts {
    /// `High`, `Main 10`.
    pub profile: Option<String>,
    /// `4.1`.
    pub level: Option<String>,
    /// The size to show, `1920x1080`.
    pub size: String,
    /// The coded size.
    pub coded_size: Option<String>,
    /// The shape of a pixel, `4:3`; square where it is not stated.
    pub pixel_aspect: Option<String>,
    /// Degrees by which pictures are to be turned clockwise.
    pub rotation: u16,
    /// `4:2:0`.
    pub chroma: Option<String>,
    /// Bits per sample.
    pub bit_depth: Option<u8>,
    /// Whether pictures may be fields.
    pub interlaced: bool,
    /// What the samples mean, where it is stated.
    pub color: Option<ColorFacts>,
    /// Frames per second on average.
    pub frame_rate: Option<f64>,
    /// Whether every frame lasts as long; `None` where no times are stored.
    pub constant_frame_rate: Option<bool>,
    /// The most pictures that others overtake, as the parameter sets say.
    pub reorder_frames: Option<u8>,
    /// Whether pictures are shown in another order than they are decoded.
    pub reordered: bool,
    /// Where decoding can begin.
    pub key_frames: KeyFrames,
}

/// Colour, in the words of H.273 or its code points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColorFacts {
    /// `limited` or `full`.
    pub range: String,
    /// `bt709`.
    pub primaries: Option<String>,
    /// `iec61966-2-1`.
    pub transfer: Option<String>,
    /// `smpte170m`.
    pub matrix: Option<String>,
}

/// The pattern of key frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct KeyFrames {
    /// How many there are.
    pub count: u64,
    /// The most frames from one to the next, or to the end.
    pub longest_distance: u64,
    /// Frames from one to the next on average.
    pub mean_distance: f64,
}

/// One access unit.
#[derive(Clone, Debug, Serialize)]
pub struct UnitFacts {
    /// Its place in decoding order, from 0.
    pub number: u64,
    /// When it is decoded, in units of the track's clock; `None` without a container.
    pub dts: Option<i64>,
    /// When it is shown; negative where the edit list cuts it off.
    pub pts: Option<i64>,
    /// Whether decoding can begin here.
    pub key: bool,
    /// Its bytes.
    pub bytes: u64,
    /// What it is made of.
    pub nals: Vec<NalFacts>,
}

/// One NAL unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NalFacts {
    /// The short name of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its bytes, without start code or length.
    pub bytes: u64,
}
