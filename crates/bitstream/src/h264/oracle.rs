//! Comparison with `h264-reader`, which was written by others.

use h264_reader::{
    nal::sps::{ChromaFormat, FrameMbsFlags, SeqParameterSet},
    rbsp::{BitReader, decode_nal},
};
use proptest::prelude::*;

use super::{AspectRatio, Sps, testing::any_sps};

/// `None` where the other parser refuses the set.
fn other(nal: &[u8]) -> Option<SeqParameterSet> {
    let rbsp = decode_nal(nal).ok()?;
    SeqParameterSet::from_bits(BitReader::new(&*rbsp)).ok()
}

fn assert_same(ours: &Sps, theirs: &SeqParameterSet) {
    assert_eq!(ours.profile_idc, u8::from(theirs.profile_idc));
    assert_eq!(ours.constraint_flags, u8::from(theirs.constraint_flags));
    assert_eq!(ours.level_idc, theirs.level_idc);
    assert_eq!(ours.id, theirs.id().id());
    assert_eq!(u32::from(ours.max_num_ref_frames), theirs.max_num_ref_frames);
    assert_eq!(ours.log2_max_frame_num, theirs.log2_max_frame_num_minus4 + 4);
    assert_eq!(ours.width_in_mbs, theirs.pic_width_in_mbs_minus1 + 1);
    assert_eq!(ours.height_in_map_units, theirs.pic_height_in_map_units_minus1 + 1);
    assert_eq!(ours.gaps_in_frame_num_allowed, theirs.gaps_in_frame_num_value_allowed_flag);
    assert_eq!(ours.frame_mbs_only, matches!(theirs.frame_mbs_flags, FrameMbsFlags::Frames));
    assert_eq!(ours.direct_8x8_inference, theirs.direct_8x8_inference_flag);
    let chroma = &theirs.chroma_info;
    let format = match chroma.chroma_format {
        ChromaFormat::Monochrome => 0,
        ChromaFormat::YUV420 => 1,
        ChromaFormat::YUV422 => 2,
        _ => 3,
    };
    assert_eq!(ours.chroma.format_idc, format);
    assert_eq!(ours.chroma.separate_planes, chroma.separate_colour_plane_flag);
    assert_eq!(ours.chroma.bit_depth_luma, chroma.bit_depth_luma_minus8 + 8);
    assert_eq!(ours.chroma.bit_depth_chroma, chroma.bit_depth_chroma_minus8 + 8);
    assert_eq!(ours.chroma.scaling.is_some(), chroma.scaling_matrix.is_some());
    if let Ok((width, height)) = theirs.pixel_dimensions() {
        assert_eq!((ours.display().width, ours.display().height), (width, height));
    }
    assert_eq!(ours.vui.is_some(), theirs.vui_parameters.is_some());
    let (Some(vui), Some(other)) = (&ours.vui, &theirs.vui_parameters) else { return };
    let timing = vui.timing.map(|t| (t.units_in_tick, t.time_scale, t.fixed_frame_rate));
    let other_timing = other.timing_info.as_ref();
    assert_eq!(timing, other_timing.map(|t| (t.num_units_in_tick, t.time_scale, t.fixed_frame_rate_flag)));
    assert_eq!(vui.pic_struct_present, other.pic_struct_present_flag);
    assert_eq!(
        vui.nal_hrd.as_ref().map(|h| h.cpbs.len()),
        other.nal_hrd_parameters.as_ref().map(|h| h.cpb_specs.len())
    );
    assert_eq!(vui.vcl_hrd.is_some(), other.vcl_hrd_parameters.is_some());
    if let Some(AspectRatio::Extended { width, height }) = vui.aspect_ratio {
        let ratio = other.aspect_ratio_info.as_ref().and_then(|ratio| ratio.get());
        assert!(ratio.is_none() || ratio == Some((width, height)));
    }
    let restriction =
        vui.bitstream_restriction.map(|r| (r.max_num_reorder_frames, r.max_dec_frame_buffering));
    let other_restriction = other.bitstream_restrictions.as_ref();
    assert_eq!(
        restriction.map(|(reorder, buffering)| (u32::from(reorder), u32::from(buffering))),
        other_restriction.map(|r| (r.max_num_reorder_frames, r.max_dec_frame_buffering))
    );
}

proptest! {
    #[test]
    fn another_parser_reads_what_is_written(sps in any_sps()) {
        let nal = sps.to_nal();
        // It refuses what breaks the limits of a level, which many of these do.
        if let Some(theirs) = other(&nal) {
            assert_same(&sps, &theirs);
        }
    }
}

#[test]
fn another_parser_agrees_on_published_streams() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/h264");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("SKIPPED another_parser_agrees_on_published_streams: {} is missing", folder.display());
        return;
    };
    let mut compared = 0;
    for file in files {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for nal in crate::annexb::nals(&bytes).filter(|nal| nal.h264_type() == super::NalType::Sps) {
            let ours = Sps::parse(nal.bytes()).unwrap();
            if let Some(theirs) = other(nal.bytes()) {
                assert_same(&ours, &theirs);
                compared += 1;
            }
        }
    }
    assert!(compared >= 10, "{compared} parameter sets");
}
