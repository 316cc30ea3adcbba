use super::LengthSize;
use crate::{
    CodecString, Error,
    h264::Sps,
    limits::{MAX_PARAMETER_SET_BYTES, MAX_PPS, MAX_SPS},
    record::{RecordReader, check_count, write_sets},
};

/// `AVCDecoderConfigurationRecord`: the contents of an `avcC` box (ISO/IEC 14496-15, 5.3.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvcDecoderConfig {
    /// `AVCProfileIndication`.
    pub profile_idc: u8,
    /// `profile_compatibility`: the constraint flags.
    pub constraint_flags: u8,
    /// `AVCLevelIndication`.
    pub level_idc: u8,
    /// Of the lengths before the NAL units.
    pub length_size: LengthSize,
    /// NAL units of type 7, at most 31.
    pub sps: Vec<Vec<u8>>,
    /// NAL units of type 8, at most 255.
    pub pps: Vec<Vec<u8>>,
    /// What the High profiles add; many writers leave it out.
    pub high: Option<HighExtension>,
}

/// The end of the record in the High profiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HighExtension {
    /// `chroma_format`, as `chroma_format_idc`.
    pub chroma_format: u8,
    /// Bits per luma sample, 8 to 15.
    pub bit_depth_luma: u8,
    /// Bits per chroma sample, 8 to 15.
    pub bit_depth_chroma: u8,
    /// NAL units of type 13.
    pub sps_extensions: Vec<Vec<u8>>,
}

impl AvcDecoderConfig {
    /// The record for parameter sets; profile, level and formats are those of the first SPS.
    pub fn from_parameter_sets(sps: &[&[u8]], pps: &[&[u8]]) -> Result<Self, Error> {
        let first = Sps::parse(sps.first().ok_or(Error::NoParameterSets)?)?;
        check_count("sequence parameter sets", sps.len(), MAX_SPS - 1)?;
        check_count("picture parameter sets", pps.len(), MAX_PPS - 1)?;
        for set in sps.iter().chain(pps) {
            check_count("bytes of a parameter set", set.len(), MAX_PARAMETER_SET_BYTES)?;
        }
        let high = has_extension(first.profile_idc).then(|| HighExtension {
            chroma_format: first.chroma.format_idc,
            bit_depth_luma: first.chroma.bit_depth_luma,
            bit_depth_chroma: first.chroma.bit_depth_chroma,
            sps_extensions: Vec::new(),
        });
        Ok(Self {
            profile_idc: first.profile_idc,
            constraint_flags: first.constraint_flags,
            level_idc: first.level_idc,
            length_size: LengthSize::Four,
            sps: sps.iter().map(|nal| nal.to_vec()).collect(),
            pps: pps.iter().map(|nal| nal.to_vec()).collect(),
            high,
        })
    }

    /// Reads the contents of an `avcC` box.
    pub fn parse(record: &[u8]) -> Result<Self, Error> {
        let mut r = RecordReader::new("avcC", record);
        let version = r.u8()?;
        if version != 1 {
            return Err(r.invalid("configurationVersion", version));
        }
        let (profile_idc, constraint_flags, level_idc) = (r.u8()?, r.u8()?, r.u8()?);
        let length_size = LengthSize::from_minus_one(r.u8()? & 3)?;
        let count = r.u8()? & 0x1f;
        let sps = r.sets(count.into())?;
        let count = r.u8()?;
        let pps = r.sets(count.into())?;
        let mut config = Self { profile_idc, constraint_flags, level_idc, length_size, sps, pps, high: None };
        if has_extension(profile_idc) && !r.is_empty() {
            config.high = Some(HighExtension {
                chroma_format: r.u8()? & 3,
                bit_depth_luma: (r.u8()? & 7) + 8,
                bit_depth_chroma: (r.u8()? & 7) + 8,
                sps_extensions: {
                    let count = r.u8()?;
                    r.sets(count.into())?
                },
            });
        }
        Ok(config)
    }

    /// Appends the contents of an `avcC` box. Sets beyond what its counts can say are left out.
    pub fn write(&self, out: &mut Vec<u8>) {
        let length_size_minus_one = self.length_size.bytes() as u8 - 1;
        out.extend([
            1,
            self.profile_idc,
            self.constraint_flags,
            self.level_idc,
            0xfc | length_size_minus_one,
        ]);
        write_counted(out, &self.sps, 31, 0xe0);
        write_counted(out, &self.pps, 255, 0);
        if let Some(high) = self.high.as_ref().filter(|_| has_extension(self.profile_idc)) {
            out.extend([
                0xfc | high.chroma_format & 3,
                0xf8 | high.bit_depth_luma.saturating_sub(8) & 7,
                0xf8 | high.bit_depth_chroma.saturating_sub(8) & 7,
            ]);
            write_counted(out, &high.sps_extensions, 255, 0);
        }
    }

    /// `avc1.PPCCLL` of the record.
    pub fn codec_string(&self) -> CodecString {
        CodecString::avc1(self.profile_idc, self.constraint_flags, self.level_idc)
    }

    /// All parameter sets behind start codes: what a decoder needs before the first sample.
    pub fn to_annexb(&self, out: &mut Vec<u8>) {
        let extensions = self.high.iter().flat_map(|high| &high.sps_extensions);
        for nal in self.sps.iter().chain(extensions).chain(&self.pps) {
            crate::annexb::push_nal(out, nal);
        }
    }
}

/// The profiles whose record has the extension.
fn has_extension(profile_idc: u8) -> bool {
    crate::h264::has_chroma(profile_idc)
}

/// Appends a count below its reserved bits, and so many NAL units behind their lengths.
fn write_counted(out: &mut Vec<u8>, sets: &[Vec<u8>], most: usize, reserved: u8) {
    let sets = &sets[..sets.len().min(most)];
    out.push(reserved | sets.len() as u8);
    write_sets(out, sets);
}

#[cfg(test)]
mod tests;
