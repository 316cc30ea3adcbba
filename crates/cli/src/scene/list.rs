use super::{Scene, galaxy, paint, painted::painted, pattern, plasma, ripples};
use framewire_pattern::Pattern;

/// An entry of the demo's list.
#[derive(Debug)]
pub struct SceneInfo {
    pub key: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub interactive: bool,
    /// Makes the scene from its first picture on; the error is a sentence for the user.
    pub make: fn() -> Result<Box<dyn Scene>, String>,
}

/// The scenes that this machine can show.
pub struct Scenes {
    listed: Vec<&'static SceneInfo>,
    /// Why [`KNOT`] is not listed, where it is not.
    no_knot: Option<String>,
}

static KNOT: SceneInfo = SceneInfo {
    key: "knot",
    name: "Knot",
    description: "A lit scene, drawn by the GPU. Drag to look around, wheel to come closer.",
    interactive: true,
    make: make_knot,
};

/// What is drawn on the processor; the first takes the place of a scene that fails.
static PAINTED: [SceneInfo; 9] = [
    SceneInfo {
        key: "galaxy",
        name: "Galaxy",
        description: "Sixteen thousand stars. Drag to turn them, wheel to come closer.",
        interactive: true,
        make: || Ok(painted(galaxy::Galaxy::new())),
    },
    SceneInfo {
        key: "paint",
        name: "Paint",
        description: "A shared canvas: draw with mouse, pen or finger. Any key wipes it.",
        interactive: true,
        make: || Ok(painted(paint::Paint::default())),
    },
    SceneInfo {
        key: "ripples",
        name: "Ripples",
        description: "Rain on a pond. Touch the water to make waves of your own.",
        interactive: true,
        make: || Ok(painted(ripples::Ripples::default())),
    },
    SceneInfo {
        key: "plasma",
        name: "Plasma",
        description: "A sum of sines in slow colours: every pixel changes in every picture.",
        interactive: false,
        make: || Ok(painted(plasma::Plasma)),
    },
    pattern_scene("bouncing-box", "Bouncing box", "One small thing moves, the rest stands still.", || {
        Ok(pattern::scene(Pattern::BouncingBox))
    }),
    pattern_scene("test-card", "Test card", "Four flat colours that change places.", || {
        Ok(pattern::scene(Pattern::TestCard))
    }),
    pattern_scene("gradient", "Gradient", "Fine steps of colour that move sideways.", || {
        Ok(pattern::scene(Pattern::Gradient))
    }),
    pattern_scene("checkerboard", "Checkerboard", "Hard edges that scroll.", || {
        Ok(pattern::scene(Pattern::Checkerboard))
    }),
    pattern_scene("noise", "Noise", "The worst case: nothing can be predicted.", || {
        Ok(pattern::scene(Pattern::Noise))
    }),
];

const fn pattern_scene(
    key: &'static str,
    name: &'static str,
    description: &'static str,
    make: fn() -> Result<Box<dyn Scene>, String>,
) -> SceneInfo {
    SceneInfo { key, name, description, interactive: false, make }
}

impl Scenes {
    /// Looks for adapters, and opens none.
    pub fn of_this_machine() -> Self {
        Self::with(adapter())
    }

    /// `adapter` is as [`adapter()`] says. One that is emulated on the processor is good enough: two cores hold 30 pictures
    /// a second of 1280x720 beside the encoder, with 0.8 cores in use (Mesa's lavapipe).
    fn with(adapter: Result<(), String>) -> Self {
        let knot = adapter.is_ok().then_some(&KNOT);
        Self { listed: knot.into_iter().chain(&PAINTED).collect(), no_knot: adapter.err() }
    }

    /// All, the one to begin with first.
    pub fn iter(&self) -> impl Iterator<Item = &'static SceneInfo> {
        self.listed.iter().copied()
    }

    /// The one to begin with.
    pub fn first(&self) -> &'static SceneInfo {
        self.listed[0]
    }

    /// The one that takes the place of a scene that fails. It never does.
    pub fn fallback() -> &'static SceneInfo {
        &PAINTED[0]
    }

    /// The scene of this key; the error says why there is none.
    pub fn find(&self, key: &str) -> Result<&'static SceneInfo, String> {
        if let Some(scene) = self.iter().find(|scene| scene.key == key) {
            return Ok(scene);
        }
        match &self.no_knot {
            Some(why) if key == KNOT.key => Err(format!("the scene \"{key}\" needs a GPU: {why}")),
            _ => {
                let keys: Vec<&str> = self.iter().map(|scene| scene.key).collect();
                Err(format!("\"{key}\" is no scene: {} are", keys.join(", ")))
            }
        }
    }
}

/// Whether there is an adapter; the error says why there is none.
#[cfg(feature = "wgpu")]
fn adapter() -> Result<(), String> {
    if framewire::gpu::adapters().is_empty() {
        return Err("Vulkan, Metal and DirectX 12 know none on this machine".to_owned());
    }
    Ok(())
}

#[cfg(not(feature = "wgpu"))]
fn adapter() -> Result<(), String> {
    Err(WITHOUT_WGPU.to_owned())
}

#[cfg(feature = "wgpu")]
fn make_knot() -> Result<Box<dyn Scene>, String> {
    Ok(Box::new(super::knot::Knot::open().map_err(|error| error.to_string())?))
}

#[cfg(not(feature = "wgpu"))]
fn make_knot() -> Result<Box<dyn Scene>, String> {
    Err(WITHOUT_WGPU.to_owned())
}

#[cfg(not(feature = "wgpu"))]
const WITHOUT_WGPU: &str = "this program was built without the feature wgpu";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_begins_with_what_a_gpu_draws_where_there_is_one() {
        assert_eq!(Scenes::with(Ok(())).first().key, "knot");
        let without = Scenes::with(Err("no driver".to_owned()));
        assert_eq!(without.first().key, Scenes::fallback().key);
        assert!(without.iter().all(|scene| scene.key != "knot"));
    }

    #[test]
    fn a_scene_that_cannot_be_shown_is_refused_with_the_reason() {
        let scenes = Scenes::with(Err("no driver".to_owned()));
        assert_eq!(scenes.find("knot").err().unwrap(), "the scene \"knot\" needs a GPU: no driver");
        let unknown = scenes.find("opera").err().unwrap();
        assert!(unknown.starts_with("\"opera\" is no scene: galaxy, paint"), "{unknown}");
    }
}
