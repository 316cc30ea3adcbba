//! Sample entries: what the samples of a track are (8.5.2, 12.1.3; ISO/IEC 14496-15, 5.4.2 and 8.4.1).

use std::ops::Range;

use framewire_bitstream::{
    Codec, CodecString, DecoderConfig, Dimensions,
    guard::ColorCodes,
    h264::{self, AspectRatio, VideoSignal},
    hevc,
};
use mp4_atom::{Colr, Encode, Pasp};

use crate::{
    Error, FourCc, TrackKind,
    boxes::{Children, Cursor},
    settings::FixedSize,
    write::boxes::{boxed, encode},
};

/// What the samples of a track are: a whole sample entry box, and what is known from it.
///
/// It is made from a decoder configuration, or taken from a file as it stands there, so that sound, subtitles and codecs
/// that nothing here knows are copied verbatim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleEntry {
    codec: FourCc,
    bytes: Vec<u8>,
    size: Dimensions,
    config: Option<DecoderConfig>,
    color: Option<ColorCodes>,
    pixel_aspect: Option<PixelAspect>,
}

/// The shape of a pixel, as `pasp` has it: relative width and height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PixelAspect {
    /// `hSpacing`.
    pub horizontal: u32,
    /// `vSpacing`.
    pub vertical: u32,
}

impl SampleEntry {
    /// `avc1` or `hvc1`: video whose parameter sets stand here and not in the samples. Size, colour (`colr`) and pixel ratio
    /// (`pasp`) are those of the first SPS, so that container and stream agree.
    pub fn video(config: &DecoderConfig) -> Result<Self, Error> {
        let sps = config.sps().ok_or(framewire_bitstream::Error::NoParameterSets)?;
        let picture = match config.codec() {
            Codec::H264 => Picture::of_h264(&h264::Sps::parse(sps)?),
            Codec::Hevc => Picture::of_hevc(&hevc::Sps::parse(sps)?),
        };
        let name = match config.codec() {
            Codec::H264 => FourCc(*b"avc1"),
            Codec::Hevc => FourCc(*b"hvc1"),
        };
        let mut record = Vec::new();
        config.write(&mut record);
        Self::visual(name, &picture, record_name(config.codec()), &record)
    }

    /// A whole sample entry box of a track of this kind, as it stands in a file.
    pub fn from_bytes(kind: TrackKind, bytes: &[u8]) -> Result<Self, Error> {
        let stsd = Cursor::new(FourCc(*b"stsd"), bytes, 0);
        let entry = Children::of(stsd).next().ok_or_else(|| stsd.damaged("no sample entry"))??;
        Self::read(kind, entry)
    }

    /// The name of the entry: `avc1`, `mp4a`.
    pub fn codec(&self) -> FourCc {
        self.codec
    }

    /// The whole box.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The size of its pictures; zero where there are none.
    pub fn size(&self) -> Dimensions {
        self.size
    }

    /// The `avcC` or `hvcC` record, where it is H.264 or HEVC.
    pub fn config(&self) -> Option<&DecoderConfig> {
        self.config.as_ref()
    }

    /// The codec string, where it is H.264 or HEVC.
    pub fn codec_string(&self) -> Option<CodecString> {
        self.config.as_ref().map(DecoderConfig::codec_string)
    }

    /// The colour that the container states (`colr` of type `nclx` or `nclc`).
    pub fn color(&self) -> Option<ColorCodes> {
        self.color
    }

    /// The shape of its pixels that the container states.
    pub fn pixel_aspect(&self) -> Option<PixelAspect> {
        self.pixel_aspect
    }

    /// The size at which it is shown: pixels that are not square make it wider or narrower.
    pub(crate) fn shown(&self) -> FixedSize {
        let fixed = |pixels: u64| u32::try_from(pixels << 16).unwrap_or(u32::MAX);
        let width = u64::from(self.size.width);
        let width = match self.pixel_aspect {
            Some(PixelAspect { horizontal, vertical: vertical @ 1.. }) => {
                let wide = (u128::from(width) << 16) * u128::from(horizontal) / u128::from(vertical);
                u32::try_from(wide).unwrap_or(u32::MAX)
            }
            _ => fixed(width),
        };
        FixedSize { width, height: fixed(self.size.height.into()) }
    }

    /// The entry for samples that carry parameter sets themselves (`avc3`, `hev1`); `None` where the codec has no such form.
    pub(crate) fn in_band(&self) -> Option<Self> {
        let mut entry = self.clone();
        entry.codec = match self.config.as_ref()?.codec() {
            Codec::H264 => FourCc(*b"avc3"),
            Codec::Hevc => FourCc(*b"hev1"),
        };
        entry.bytes.get_mut(4..8)?.copy_from_slice(&entry.codec.0);
        if let Some(DecoderConfig::Hevc(config)) = &mut entry.config {
            config.arrays.iter_mut().for_each(|array| array.complete = false);
            let mut record = Vec::new();
            config.write(&mut record);
            // A record with more in it than is known stays as it is.
            let place = record_place(&self.bytes)?;
            if place.len() == record.len() {
                entry.bytes.get_mut(place)?.copy_from_slice(&record);
            }
        }
        Some(entry)
    }

    /// Reads a child of `stsd`.
    pub(crate) fn read(kind: TrackKind, entry: Cursor<'_>) -> Result<Self, Error> {
        let codec = entry.name();
        let mut bytes = Vec::with_capacity(entry.rest().len() + 8);
        boxed(&mut bytes, &codec.0, |out| {
            out.extend_from_slice(entry.rest());
            Ok(())
        })?;
        // Reserved bytes, then the data reference: media lie in the file itself, which is the only one that is written.
        if let Some(reference) = bytes.get_mut(14..16) {
            reference.copy_from_slice(&[0, 1]);
        }
        let mut read =
            Self { codec, bytes, size: Dimensions::default(), config: None, color: None, pixel_aspect: None };
        if kind == TrackKind::Video {
            read.read_visual(entry)?;
        }
        Ok(read)
    }

    fn read_visual(&mut self, mut b: Cursor<'_>) -> Result<(), Error> {
        // Reserved, data reference index, then reserved fields of the visual entry.
        b.skip(VISUAL_HEAD - 4)?;
        self.size = Dimensions::new(b.u16()?.into(), b.u16()?.into());
        b.skip(VISUAL_TAIL)?;
        let children = Children::of(b);
        if let Some(codec) = self.codec.video_codec() {
            let record = children.require(record_name(codec))?;
            self.config = Some(DecoderConfig::parse(codec, record.rest())?);
        }
        // Colour and pixel ratio are told where they can be read; nothing depends on them.
        self.color = children.find(b"colr").ok().flatten().and_then(|colr| color(colr).ok().flatten());
        self.pixel_aspect = children.find(b"pasp").ok().flatten().and_then(|pasp| pixel_aspect(pasp).ok());
        Ok(())
    }

    fn visual(codec: FourCc, picture: &Picture, name: &[u8; 4], record: &[u8]) -> Result<Self, Error> {
        let side = |value: u32| {
            u16::try_from(value).map_err(|_| Error::Limit {
                what: "pixels of a side",
                value: value.into(),
                limit: u16::MAX.into(),
            })
        };
        let visual = mp4_atom::Visual {
            data_reference_index: 1,
            width: side(picture.size.width)?,
            height: side(picture.size.height)?,
            horizresolution: 72.into(),
            vertresolution: 72.into(),
            frame_count: 1,
            compressor: Default::default(),
            depth: 24,
        };
        let mut bytes = Vec::new();
        boxed(&mut bytes, &codec.0, |out| {
            visual.encode(out)?;
            boxed(out, name, |out| {
                out.extend_from_slice(record);
                Ok(())
            })?;
            if let Some(color) = picture.color {
                encode(out, &nclx(color))?;
            }
            if let Some(PixelAspect { horizontal, vertical }) = picture.pixel_aspect {
                encode(out, &Pasp { h_spacing: horizontal, v_spacing: vertical })?;
            }
            Ok(())
        })?;
        Self::from_bytes(TrackKind::Video, &bytes)
    }
}

/// Bytes of the contents of a visual sample entry before and with its size (12.1.3).
const VISUAL_HEAD: usize = 8 + 16 + 4;
/// Bytes of a visual sample entry between its size and its child boxes: compressor name, depth and the like.
const VISUAL_TAIL: usize = 50;

/// What a sequence parameter set says of the pictures.
struct Picture {
    size: Dimensions,
    color: Option<ColorCodes>,
    pixel_aspect: Option<PixelAspect>,
}

impl Picture {
    fn of_h264(sps: &h264::Sps) -> Self {
        let vui = sps.vui.as_ref();
        Self::new(
            sps.display(),
            vui.and_then(|vui| vui.video_signal.as_ref()),
            vui.and_then(|vui| vui.aspect_ratio.as_ref()),
        )
    }

    fn of_hevc(sps: &hevc::Sps) -> Self {
        let vui = sps.vui.as_ref();
        Self::new(
            sps.display(),
            vui.and_then(|vui| vui.video_signal.as_ref()),
            vui.and_then(|vui| vui.aspect_ratio.as_ref()),
        )
    }

    fn new(size: Dimensions, signal: Option<&VideoSignal>, aspect: Option<&AspectRatio>) -> Self {
        let color = signal.and_then(|signal| {
            let color = signal.color.as_ref()?;
            Some(ColorCodes {
                primaries: color.primaries,
                transfer: color.transfer,
                matrix: color.matrix,
                full_range: signal.full_range,
            })
        });
        Self { size, color, pixel_aspect: aspect.and_then(sample_aspect) }
    }
}

/// The box that holds the decoder configuration.
fn record_name(codec: Codec) -> &'static [u8; 4] {
    match codec {
        Codec::H264 => b"avcC",
        Codec::Hevc => b"hvcC",
    }
}

/// Where the contents of `hvcC` lie in a visual sample entry.
fn record_place(entry: &[u8]) -> Option<Range<usize>> {
    let mut b = Cursor::new(FourCc(*b"hvc1"), entry, 0);
    b.skip(8 + VISUAL_HEAD + VISUAL_TAIL).ok()?;
    let record = Children::of(b).find(b"hvcC").ok()??;
    let start = record.offset() as usize;
    Some(start..start + record.rest().len())
}

/// The shape of pixels that are not square.
fn sample_aspect(ratio: &AspectRatio) -> Option<PixelAspect> {
    let pixel = ratio.pixel().filter(|pixel| pixel.width != pixel.height)?;
    Some(PixelAspect { horizontal: pixel.width.into(), vertical: pixel.height.into() })
}

fn nclx(color: ColorCodes) -> Colr {
    Colr::Nclx {
        colour_primaries: color.primaries.into(),
        transfer_characteristics: color.transfer.into(),
        matrix_coefficients: color.matrix.into(),
        full_range_flag: color.full_range,
    }
}

/// `colr` (12.1.5), where it has code points.
fn color(mut b: Cursor<'_>) -> Result<Option<ColorCodes>, Error> {
    let kind = b.four_cc()?;
    if !matches!(&kind.0, b"nclx" | b"nclc") {
        return Ok(None);
    }
    let [primaries, transfer, matrix] = [b.u16()?, b.u16()?, b.u16()?].map(u8::try_from);
    let full_range = kind.0 == *b"nclx" && b.u8()? & 0x80 != 0;
    let (Ok(primaries), Ok(transfer), Ok(matrix)) = (primaries, transfer, matrix) else { return Ok(None) };
    Ok(Some(ColorCodes { primaries, transfer, matrix, full_range }))
}

/// `pasp` (12.1.4).
fn pixel_aspect(mut b: Cursor<'_>) -> Result<PixelAspect, Error> {
    Ok(PixelAspect { horizontal: b.u32()?, vertical: b.u32()? })
}

#[cfg(test)]
mod tests {
    use framewire_bitstream::{avcc::AvcDecoderConfig, h264::Vui};

    use super::*;

    const SPS: [u8; 9] = [0x67, 0x42, 0xc0, 0x0a, 0x8c, 0x8d, 0x44, 0xb2, 0x01];

    #[test]
    fn size_colour_and_pixel_ratio_are_those_of_the_sps() {
        let mut sps = h264::Sps::parse(&SPS).unwrap();
        let color = ColorCodes { primaries: 1, transfer: 13, matrix: 6, full_range: true };
        sps.vui = Some(Vui {
            aspect_ratio: Some(AspectRatio::Indexed(14)),
            video_signal: Some(VideoSignal {
                format: 5,
                full_range: true,
                color: Some(h264::ColorDescription { primaries: 1, transfer: 13, matrix: 6 }),
            }),
            ..Vui::default()
        });
        let pps = [0x68, 0xce, 0x3c, 0x80];
        let config = AvcDecoderConfig::from_parameter_sets(&[&sps.to_nal()], &[&pps]).unwrap();
        let config = DecoderConfig::Avc(config);
        let entry = SampleEntry::video(&config).unwrap();
        assert_eq!(entry.size(), sps.display());
        assert_eq!(entry.color(), Some(color));
        assert_eq!(entry.pixel_aspect(), Some(PixelAspect { horizontal: 4, vertical: 3 }));
        assert_eq!(entry.shown().width, (sps.display().width << 16) * 4 / 3);
        assert_eq!(entry.config(), Some(&config));
        assert_eq!(SampleEntry::from_bytes(TrackKind::Video, entry.bytes()).unwrap(), entry);
        let in_band = entry.in_band().unwrap();
        assert_eq!(in_band.bytes()[8..], entry.bytes()[8..]);
        assert_eq!(SampleEntry::from_bytes(TrackKind::Video, in_band.bytes()).unwrap(), in_band);
    }

    #[test]
    fn entries_of_other_tracks_are_kept_as_they_are() {
        let bytes = [&[0, 0, 0, 20][..], b"mp4a", &[0, 0, 0, 0, 0, 0, 0, 1], b"esds"].concat();
        let entry = SampleEntry::from_bytes(TrackKind::Audio, &bytes).unwrap();
        assert_eq!((entry.codec().0, entry.bytes()), (*b"mp4a", &bytes[..]));
        assert_eq!(entry.in_band(), None);
        for len in 0..bytes.len() {
            assert!(SampleEntry::from_bytes(TrackKind::Audio, &bytes[..len]).is_err(), "{len}");
        }
    }
}
