//! An encoder that is not what it should be, over the double. What is found holds for the process: one test alone stands here.
#![cfg(framewire_videotoolbox_double)]

use framewire_codec::EncoderConfig;
use framewire_frame::Size;
use framewire_videotoolbox::VideoToolboxEncoder;
use framewire_videotoolbox_double::exclusive;

#[test]
fn an_encoder_of_key_frames_alone_is_used_and_said_to_be_one() {
    let double = exclusive();
    double.faults(|faults| faults.all_keys = true);
    let config = EncoderConfig::new(Size::new(160, 96).expect("a size"));
    for _ in 0..2 {
        let encoder = VideoToolboxEncoder::open(&config).expect("a session");
        let said = encoder.notes().iter().any(|note| note.contains("key frames that nobody asked for"));
        assert!(said, "{:?}", encoder.notes());
    }
    double.assert_no_leaks();
}
