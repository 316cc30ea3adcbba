//! What several tests need.
#![allow(dead_code, reason = "each test binary uses its own part")]

use framewire_bitstream::annexb;
use framewire_codec::{
    BackendError, Codec, DecodedPicture, DecoderBackend, EncoderBackend, EncoderConfig, Input, InputPicture,
};
use framewire_frame::{FrameId, Picture, PictureRef, PixelFormat, Size, Timestamp};

/// Access units with their moments.
pub(crate) type Film = Vec<(u64, Vec<u8>)>;

/// A picture that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) moment: u64,
    pub(crate) size: Size,
    /// Without padding.
    pub(crate) planes: Vec<u8>,
}

/// The units of a stream, whose moments are counted in the order of decoding.
pub(crate) fn units_of(codec: Codec, stream: &[u8]) -> Film {
    (0..).zip(annexb::access_units_of(codec, stream).map(<[u8]>::to_vec)).collect()
}

/// `count` pictures, 32 of which are each brighter than the one before, in the encoder's units.
pub(crate) fn film<E: EncoderBackend>(
    open: impl Fn(&EncoderConfig) -> Result<E, BackendError>,
    size: Size,
    count: u64,
) -> Film {
    let mut encoder = open(&EncoderConfig::new(size)).expect("a session");
    let mut film = Film::new();
    for index in 0..count {
        encode(&mut encoder, size, index, index == 0, &mut film);
    }
    encoder.flush(&mut |unit| film.push((unit.id.0, unit.data.to_vec()))).expect("the rest comes");
    film
}

/// Encodes picture `index` of the film.
pub(crate) fn encode(encoder: &mut dyn EncoderBackend, size: Size, index: u64, key: bool, film: &mut Film) {
    let mut data = vec![128; PixelFormat::I420.packed_len(size)];
    data[..size.pixels()].fill(40 + (index % 32) as u8 * 6);
    let picture = Picture::packed(PixelFormat::I420, size, data).expect("the bytes were made for this size");
    let input = Input {
        picture: InputPicture::Host(picture.as_ref()),
        id: FrameId(index),
        timestamp: Timestamp::from_micros(index * 40_000),
        key,
        changes: None,
    };
    let mut keep = |unit: framewire_codec::Encoded<'_>| film.push((unit.id.0, unit.data.to_vec()));
    encoder.encode(input, &mut keep).expect("the frame is encoded");
}

/// Decodes all of `film` for the host.
pub(crate) fn decode_all(decoder: &mut dyn DecoderBackend, film: &Film) -> Vec<Shown> {
    let mut shown = Vec::new();
    let mut keep = |decoded: DecodedPicture<'_>| {
        let picture = decoded.picture.host().expect("no surface was asked for");
        let moment = decoded.timestamp.as_micros();
        shown.push(Shown { moment, size: picture.size(), planes: bytes(picture) });
    };
    for (moment, unit) in film {
        decoder.decode(unit, Timestamp::from_micros(*moment), &mut keep).expect("an intact unit");
    }
    decoder.flush(&mut keep).expect("an intact stream");
    shown
}

/// The samples of `picture` without padding.
pub(crate) fn bytes(picture: PictureRef<'_>) -> Vec<u8> {
    let mut data = vec![0; picture.format().packed_len(picture.size())];
    picture.copy_packed_to(&mut data);
    data
}
