//! The `hvcC` record: the parameter sets of HEVC as MP4 carries them beside length-prefixed samples
//! (see [`avcc`](crate::avcc) for those).

use crate::{
    CodecString, Error, annexb,
    avcc::LengthSize,
    bits::{BitReader, BitWriter},
    hevc::{self, NalType, Pps, ProfileTierLevel, Sps},
    limits::MAX_RECORD_NALS,
    record::{RecordReader, check_count, write_sets},
};

/// `HEVCDecoderConfigurationRecord`: the contents of an `hvcC` box (ISO/IEC 14496-15, 8.3.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HevcDecoderConfig {
    /// Profile, tier and level.
    pub profile: ProfileTierLevel,
    /// `min_spatial_segmentation_idc`, 12 bits; zero says nothing.
    pub min_spatial_segmentation_idc: u16,
    /// `parallelismType`: 0 unknown or mixed, 1 slices, 2 tiles, 3 wavefronts.
    pub parallelism_type: u8,
    /// `chroma_format_idc`: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    pub chroma_format: u8,
    /// Bits per luma sample, 8 to 15.
    pub bit_depth_luma: u8,
    /// Bits per chroma sample, 8 to 15.
    pub bit_depth_chroma: u8,
    /// `avgFrameRate`: frames in 256 seconds; zero is unknown.
    pub average_frame_rate: u16,
    /// `constantFrameRate`: 0 unknown, 1 constant, 2 constant in each temporal layer.
    pub constant_frame_rate: u8,
    /// `numTemporalLayers`, 0 to 7; zero is unknown.
    pub temporal_layers: u8,
    /// `temporalIdNested`: every change to a higher temporal layer is allowed.
    pub temporal_id_nested: bool,
    /// Of the lengths before the NAL units.
    pub length_size: LengthSize,
    /// The parameter sets, and messages that hold for the whole stream.
    pub arrays: Vec<NalArray>,
}

/// NAL units of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NalArray {
    /// `array_completeness`: the samples carry no further units of this type.
    pub complete: bool,
    /// `NAL_unit_type`.
    pub kind: NalType,
    /// The units.
    pub nals: Vec<Vec<u8>>,
}

impl HevcDecoderConfig {
    /// The record for parameter sets, all of them complete; profile, level and formats are those of the first SPS.
    pub fn from_parameter_sets(vps: &[&[u8]], sps: &[&[u8]], pps: &[&[u8]]) -> Result<Self, Error> {
        let first = Sps::parse(sps.first().ok_or(Error::NoParameterSets)?)?;
        check_count("parameter sets", vps.len() + sps.len() + pps.len(), MAX_RECORD_NALS)?;
        let array = |kind: NalType, nals: &[&[u8]]| {
            for nal in nals {
                hevc::payload(nal, kind, "hvcC")?;
            }
            Ok(NalArray { complete: true, kind, nals: nals.iter().map(|nal| nal.to_vec()).collect() })
        };
        let arrays = vec![array(NalType::Vps, vps)?, array(NalType::Sps, sps)?, array(NalType::Pps, pps)?];
        let min_spatial_segmentation_idc = first.min_spatial_segmentation_idc();
        Ok(Self {
            profile: first.profile,
            min_spatial_segmentation_idc,
            parallelism_type: if min_spatial_segmentation_idc == 0 { 0 } else { parallelism(pps)? },
            chroma_format: first.chroma_format_idc,
            bit_depth_luma: first.bit_depth_luma,
            bit_depth_chroma: first.bit_depth_chroma,
            average_frame_rate: 0,
            constant_frame_rate: 0,
            temporal_layers: first.max_sub_layers,
            temporal_id_nested: first.temporal_id_nesting,
            length_size: LengthSize::Four,
            arrays,
        })
    }

    /// Reads the contents of an `hvcC` box.
    pub fn parse(record: &[u8]) -> Result<Self, Error> {
        let mut r = RecordReader::new("hvcC", record);
        let version = r.u8()?;
        // Writers from before the standard was final left a zero here.
        if version > 1 {
            return Err(r.invalid("configurationVersion", version));
        }
        let profile = ProfileTierLevel::read(&mut BitReader::new("hvcC", r.take(PROFILE_BYTES)?))?;
        let min_spatial_segmentation_idc = r.u16()? & 0xfff;
        let parallelism_type = r.u8()? & 3;
        let chroma_format = r.u8()? & 3;
        let bit_depth_luma = (r.u8()? & 7) + 8;
        let bit_depth_chroma = (r.u8()? & 7) + 8;
        let average_frame_rate = r.u16()?;
        let flags = r.u8()?;
        let mut left = MAX_RECORD_NALS;
        let mut arrays = Vec::new();
        for _ in 0..r.u8()? {
            let head = r.u8()?;
            let count = r.u16()?;
            left = left.checked_sub(count.into()).ok_or(Error::Limit {
                what: "NAL units of one type in an hvcC record",
                value: count.into(),
                limit: left as u64,
            })?;
            let kind = NalType::from_code(head);
            arrays.push(NalArray { complete: head & 0x80 != 0, kind, nals: r.sets(count)? });
        }
        Ok(Self {
            profile,
            min_spatial_segmentation_idc,
            parallelism_type,
            chroma_format,
            bit_depth_luma,
            bit_depth_chroma,
            average_frame_rate,
            constant_frame_rate: flags >> 6,
            temporal_layers: flags >> 3 & 7,
            temporal_id_nested: flags & 4 != 0,
            length_size: LengthSize::from_minus_one(flags & 3)?,
            arrays,
        })
    }

    /// Appends the contents of an `hvcC` box. Arrays and units beyond what its counts can say are left out.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut general = BitWriter::new();
        self.profile.write(&mut general);
        out.push(1);
        out.extend(general.into_bytes());
        out.extend((0xf000 | self.min_spatial_segmentation_idc & 0xfff).to_be_bytes());
        out.extend([
            0xfc | self.parallelism_type & 3,
            0xfc | self.chroma_format & 3,
            0xf8 | self.bit_depth_luma.saturating_sub(8) & 7,
            0xf8 | self.bit_depth_chroma.saturating_sub(8) & 7,
        ]);
        out.extend(self.average_frame_rate.to_be_bytes());
        out.push(
            (self.constant_frame_rate & 3) << 6
                | (self.temporal_layers & 7) << 3
                | u8::from(self.temporal_id_nested) << 2
                | (self.length_size.bytes() as u8 - 1),
        );
        let arrays = &self.arrays[..self.arrays.len().min(usize::from(u8::MAX))];
        out.push(arrays.len() as u8);
        for array in arrays {
            let nals = &array.nals[..array.nals.len().min(usize::from(u16::MAX))];
            out.push(u8::from(array.complete) << 7 | array.kind.code());
            out.extend((nals.len() as u16).to_be_bytes());
            write_sets(out, nals);
        }
    }

    /// The codec string: `hvc1` where the record has every parameter set, `hev1` where the samples have some too.
    pub fn codec_string(&self) -> CodecString {
        let is_set = |array: &&NalArray| matches!(array.kind, NalType::Vps | NalType::Sps | NalType::Pps);
        let complete = self.arrays.iter().filter(is_set).all(|array| array.complete);
        self.profile.codec_string_of(if complete { "hvc1" } else { "hev1" })
    }

    /// The units of one type, in their order.
    pub fn nals(&self, kind: NalType) -> impl Iterator<Item = &[u8]> {
        let arrays = self.arrays.iter().filter(move |array| array.kind == kind);
        arrays.flat_map(|array| array.nals.iter().map(Vec::as_slice))
    }

    /// All units behind start codes, parameter sets first: what a decoder needs before the first sample.
    pub fn to_annexb(&self, out: &mut Vec<u8>) {
        const FIRST: [NalType; 3] = [NalType::Vps, NalType::Sps, NalType::Pps];
        let sets = FIRST.into_iter().flat_map(|kind| self.nals(kind));
        let others = self.arrays.iter().filter(|array| !FIRST.contains(&array.kind));
        for nal in sets.chain(others.flat_map(|array| array.nals.iter().map(Vec::as_slice))) {
            annexb::push_nal(out, nal);
        }
    }
}

/// Bytes of the general part of `profile_tier_level`.
const PROFILE_BYTES: usize = 12;

/// What all PPS agree on: slices, tiles or wavefronts.
fn parallelism(pps: &[&[u8]]) -> Result<u8, Error> {
    let mut agreed = None;
    for nal in pps {
        let pps = Pps::parse(nal)?;
        let this = match (pps.tiles.is_some(), pps.entropy_coding_sync) {
            (true, true) => 0,
            (true, false) => 2,
            (false, true) => 3,
            (false, false) => 1,
        };
        if *agreed.get_or_insert(this) != this {
            return Ok(0);
        }
    }
    Ok(agreed.unwrap_or(0))
}

#[cfg(test)]
mod tests;
