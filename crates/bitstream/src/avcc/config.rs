use super::LengthSize;
use crate::{
    CodecString, Error,
    h264::Sps,
    limits::{MAX_PARAMETER_SET_BYTES, MAX_PPS, MAX_SPS},
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
        let mut r = Bytes { record, rest: record };
        let version = r.u8()?;
        if version != 1 {
            return Err(invalid("configurationVersion", version));
        }
        let (profile_idc, constraint_flags, level_idc) = (r.u8()?, r.u8()?, r.u8()?);
        let length_size = LengthSize::from_minus_one(r.u8()? & 3)?;
        let count = r.u8()? & 0x1f;
        let sps = r.sets(count)?;
        let count = r.u8()?;
        let pps = r.sets(count)?;
        let mut config = Self { profile_idc, constraint_flags, level_idc, length_size, sps, pps, high: None };
        if has_extension(profile_idc) && !r.rest.is_empty() {
            config.high = Some(HighExtension {
                chroma_format: r.u8()? & 3,
                bit_depth_luma: (r.u8()? & 7) + 8,
                bit_depth_chroma: (r.u8()? & 7) + 8,
                sps_extensions: {
                    let count = r.u8()?;
                    r.sets(count)?
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
        write_sets(out, &self.sps, 31, 0xe0);
        write_sets(out, &self.pps, 255, 0);
        if let Some(high) = self.high.as_ref().filter(|_| has_extension(self.profile_idc)) {
            out.extend([
                0xfc | high.chroma_format & 3,
                0xf8 | high.bit_depth_luma.saturating_sub(8) & 7,
                0xf8 | high.bit_depth_chroma.saturating_sub(8) & 7,
            ]);
            write_sets(out, &high.sps_extensions, 255, 0);
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

fn invalid(field: &'static str, value: u8) -> Error {
    Error::Invalid { unit: "avcC", field, value: value.into() }
}

fn check_count(what: &'static str, count: usize, limit: usize) -> Result<(), Error> {
    if count > limit {
        return Err(Error::Limit { what, value: count as u64, limit: limit as u64 });
    }
    Ok(())
}

fn write_sets(out: &mut Vec<u8>, sets: &[Vec<u8>], most: usize, reserved: u8) {
    let sets = &sets[..sets.len().min(most)];
    out.push(reserved | sets.len() as u8);
    for set in sets {
        let set = &set[..set.len().min(usize::from(u16::MAX))];
        out.extend((set.len() as u16).to_be_bytes());
        out.extend_from_slice(set);
    }
}

struct Bytes<'a> {
    record: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(Error::Truncated { unit: "avcC", bits: self.record.len() * 8 })?;
        self.rest = rest;
        Ok(taken)
    }

    fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?[0])
    }

    fn sets(&mut self, count: u8) -> Result<Vec<Vec<u8>>, Error> {
        let mut sets = Vec::new();
        for _ in 0..count {
            let len = usize::from(self.u8()?) << 8 | usize::from(self.u8()?);
            check_count("bytes of a parameter set", len, MAX_PARAMETER_SET_BYTES)?;
            sets.push(self.take(len)?.to_vec());
        }
        Ok(sets)
    }
}

#[cfg(test)]
mod tests;
