use super::{Hrd, HrdCommon, NalType, ProfileTierLevel, SubLayerOrdering, SubLayerProfile, Timing, payload};
use crate::{
    Error,
    bits::{BitReader, BitWriter, RawBits},
    limits::{MAX_LAYER_SETS, MAX_SUB_LAYERS},
    rbsp,
    vui::optional,
};

/// A video parameter set (7.3.2.1). Parsed, written and parsed again it is equal to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vps {
    /// `vps_video_parameter_set_id`, 0 to 15.
    pub id: u8,
    /// `vps_base_layer_internal_flag`: the base layer is in this stream.
    pub base_layer_internal: bool,
    /// `vps_base_layer_available_flag`.
    pub base_layer_available: bool,
    /// `vps_max_layers_minus1 + 1`, 1 to 64.
    pub max_layers: u8,
    /// `vps_max_sub_layers_minus1 + 1`: temporal sub-layers, 1 to 7.
    pub max_sub_layers: u8,
    /// `vps_temporal_id_nesting_flag`.
    pub temporal_id_nesting: bool,
    /// `vps_reserved_0xffff_16bits`.
    pub reserved: u16,
    /// Profile, tier and level.
    pub profile: ProfileTierLevel,
    /// The same of each temporal sub-layer but the highest.
    pub sub_layer_profiles: Vec<SubLayerProfile>,
    /// How much is buffered and reordered.
    pub ordering: SubLayerOrdering,
    /// `vps_max_layer_id`, 0 to 63.
    pub max_layer_id: u8,
    /// `layer_id_included_flag` of each layer set but the first, layer 0 in the lowest bit; at most 1023.
    pub layer_sets: Vec<u64>,
    /// The clock of the pictures and the buffer models.
    pub timing: Option<VpsTiming>,
    /// The extension with its flags, as it is.
    pub extension: Option<RawBits>,
}

/// The clock of the pictures and the buffer models of a VPS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpsTiming {
    /// The clock.
    pub clock: Timing,
    /// The buffer models.
    pub hrds: Vec<VpsHrd>,
}

/// The buffer model of a layer set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpsHrd {
    /// `hrd_layer_set_idx`.
    pub layer_set: u32,
    /// The parameters; the first have what is common, the others may.
    pub hrd: Hrd,
}

impl Vps {
    /// Reads a whole NAL unit of type 32, header and emulation prevention included.
    pub fn parse(nal: &[u8]) -> Result<Self, Error> {
        let rbsp = rbsp::unescape(payload(nal, NalType::Vps, UNIT)?);
        let mut reader = BitReader::new(UNIT, &rbsp);
        let r = &mut reader;
        let id = r.u8(4)?;
        let base_layer_internal = r.flag()?;
        let base_layer_available = r.flag()?;
        let max_layers = r.u8(6)? + 1;
        let max_sub_layers = r.u8(3)? + 1;
        if max_sub_layers > MAX_SUB_LAYERS {
            return Err(r.invalid("vps_max_sub_layers_minus1", i64::from(max_sub_layers) - 1));
        }
        let temporal_id_nesting = r.flag()?;
        let reserved = r.u16()?;
        let profile = ProfileTierLevel::read(r)?;
        let sub_layer_profiles = SubLayerProfile::read_all(r, usize::from(max_sub_layers) - 1)?;
        let ordering = SubLayerOrdering::read(r, max_sub_layers)?;
        let max_layer_id = r.u8(6)?;
        let layer_sets = read_layer_sets(r, max_layer_id)?;
        let timing =
            if r.flag()? { Some(VpsTiming::read(r, layer_sets.len(), max_sub_layers)?) } else { None };
        Ok(Self {
            id,
            base_layer_internal,
            base_layer_available,
            max_layers,
            max_sub_layers,
            temporal_id_nesting,
            reserved,
            profile,
            sub_layer_profiles,
            ordering,
            max_layer_id,
            layer_sets,
            timing,
            extension: if r.flag()? { Some(RawBits::read(r)?) } else { None },
        })
    }

    /// The identifier of a VPS, which needs no more than its first bytes.
    pub fn id_of(nal: &[u8]) -> Result<u8, Error> {
        BitReader::new(UNIT, payload(nal, NalType::Vps, UNIT)?).u8(4)
    }

    /// The NAL unit with emulation prevention, without a start code.
    ///
    /// Fields outside their documented range are written with their lower bits.
    pub fn to_nal(&self) -> Vec<u8> {
        let mut writer = BitWriter::new();
        let w = &mut writer;
        w.u(4, self.id.into());
        w.flag(self.base_layer_internal);
        w.flag(self.base_layer_available);
        w.u(6, u32::from(self.max_layers).saturating_sub(1));
        w.u(3, u32::from(self.max_sub_layers).saturating_sub(1));
        w.flag(self.temporal_id_nesting);
        w.u(16, self.reserved.into());
        self.profile.write(w);
        SubLayerProfile::write_all(&self.sub_layer_profiles, w);
        self.ordering.write(w);
        w.u(6, self.max_layer_id.into());
        w.ue(self.layer_sets.len() as u32);
        for set in &self.layer_sets {
            (0..=self.max_layer_id.min(63)).for_each(|layer| w.flag(set >> layer & 1 == 1));
        }
        optional(w, self.timing.as_ref(), |w, timing| timing.write(w));
        optional(w, self.extension.as_ref(), |w, bits| bits.write(w));
        let mut nal = vec![NalType::Vps.code() << 1, 1];
        rbsp::escape_into(&writer.finish_rbsp(), &mut nal);
        nal
    }
}

const UNIT: &str = "HEVC VPS";

fn read_layer_sets(r: &mut BitReader<'_>, max_layer_id: u8) -> Result<Vec<u64>, Error> {
    let count = r.ue_max("vps_num_layer_sets_minus1", MAX_LAYER_SETS - 1)?;
    let mut sets = Vec::new();
    for _ in 0..count {
        let mut set = 0;
        for layer in 0..=max_layer_id {
            set |= u64::from(r.flag()?) << layer;
        }
        sets.push(set);
    }
    Ok(sets)
}

impl VpsTiming {
    fn read(r: &mut BitReader<'_>, further_layer_sets: usize, sub_layers: u8) -> Result<Self, Error> {
        let clock = Timing::read(r)?;
        let count = r.ue_max("vps_num_hrd_parameters", further_layer_sets as u32 + 1)?;
        let mut hrds = Vec::new();
        let mut common = HrdCommon::default();
        for index in 0..count {
            let layer_set = r.ue_max("hrd_layer_set_idx", further_layer_sets as u32)?;
            let coded = index == 0 || r.flag()?;
            let hrd = Hrd::read(r, coded, common, sub_layers)?;
            common = hrd.common.unwrap_or(common);
            hrds.push(VpsHrd { layer_set, hrd });
        }
        Ok(Self { clock, hrds })
    }

    fn write(&self, w: &mut BitWriter) {
        self.clock.write(w);
        w.ue(self.hrds.len() as u32);
        for (index, VpsHrd { layer_set, hrd }) in self.hrds.iter().enumerate() {
            w.ue(*layer_set);
            if index > 0 {
                w.flag(hrd.common.is_some());
            }
            hrd.write(w);
        }
    }
}
