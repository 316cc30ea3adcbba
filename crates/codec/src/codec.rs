/// What an H.264 or HEVC stream may use; a decoder of a profile plays the ones before it as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Constrained Baseline in H.264, Main in HEVC: what every decoder plays.
    #[default]
    Baseline,
    /// Main: CABAC in H.264.
    Main,
    /// High in H.264, Main in HEVC.
    High,
}

/// What the pictures show, for the encoder's own choices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Content {
    /// Rendered scenes and films: noise, gradients, motion.
    #[default]
    Camera,
    /// Text, diagrams, windows: sharp edges and long rests.
    Screen,
}
